/*
 * conv_direct_avx2.c - direct convolution, 8 floats a vector, 16 registers:
 *
 *     12  sums: 6 pixels x 16 outputs
 *      2  weights of 16 outputs
 *      1  the pixel's value
 */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx2.h"

#define NAME         anew_conv_direct_avx2
#define TILE_BLOCKS  1
#define TILE_PIXELS  6
#define SMALL_PIXELS 4
#include "kernels/x86/conv_direct_body.h"
