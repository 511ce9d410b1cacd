/*
 * conv_direct_neon.c - direct convolution, 4 floats a vector.
 *
 * AArch64 has 32 registers and a fused multiply-add with a lane. In each turn of the inner loop four source channels meet
 * their 16 outputs' weights, 22 loads for 96 multiply-adds:
 *
 *     24  sums: 6 pixels x 16 outputs
 *      6  four channels of each pixel
 *      2  weights of 4 outputs
 *
 * A core that takes instructions in order waits for these loads: conv_direct_inorder_neon.c is for such.
 *
 * 32-bit Arm has 16 registers, of which a lane can be taken of the first 4 alone, and with a lane only the multiply-add
 * that rounds twice; it flushes denormals, too: fast class. Two channels in a turn, 10 loads for 16 multiply-adds
 * (gcc 12 keeps no wider tile in registers):
 *
 *      8  sums: 2 pixels x 16 outputs
 *      1  two channels of each pixel
 *      2  weights of 4 outputs
 */
#include "kernels/arm/vector_neon.h"

#define NAME anew_conv_direct_neon
#ifdef __aarch64__
#define TILE_PIXELS            6
#define SMALL_PIXELS           4 /* 16 sums hide the latency of a multiply-add */
#define TILE_VECTORS           4
#define TOGETHER               2
#define CHANNELS               4
#define channels_load(p)       vector_load(p)
#define channels_repeat(value) vector_repeat(value)
#define multiply_lane(sum, weights, channels_of, lane)                                             \
    vfmaq_laneq_f32(sum, weights, channels_of, lane)
#ifdef ANEW_EMBEDDED /* where nobody can be asked */
#define IN_ORDER(row) false
#else
#define IN_ORDER(row) (anew_cpu_is_in_order() && anew_conv_direct_inorder_neon(row))
#endif
typedef vector channels;
#else
#define TILE_PIXELS            2
#define SMALL_PIXELS           1
#define TILE_VECTORS           4
#define TOGETHER               2
#define CHANNELS               2
#define channels_load(p)       vld1_f32(p)
#define channels_repeat(value) vdup_n_f32(value)
#define multiply_lane(sum, weights, channels_of, lane)                                             \
    vmlaq_lane_f32(sum, weights, channels_of, lane)
#define IN_ORDER(row) false
typedef float32x2_t channels;
#endif
#include "kernels/arm/conv_direct_lanes_body.h"
