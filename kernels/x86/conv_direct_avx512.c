/*
 * conv_direct_avx512.c - direct convolution, 16 floats a vector, 32 registers:
 *
 *     28  sums: 14 pixels x 32 outputs (or 24: 24 pixels x 16 outputs for a last single block)
 *      2  weights of 32 outputs
 *      1  the pixel's value
 */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx512.h"

#define NAME         anew_conv_direct_avx512
#define TILE_BLOCKS  2
#define TILE_PIXELS  14
#define LAST_PIXELS  24
#define SMALL_PIXELS 8
#include "kernels/x86/conv_direct_body.h"
