/*
 * tiles.h - the shape of the direct convolution in bfloat16, as AMX's tiles have it.
 *
 * A tile is 16 lines of 64 bytes. A source tile holds 16 neighbouring pixels of 32 channels (a line of the
 * kernel's scratch is one pixel), a weight tile 16 pairs of channels of 16 outputs, a tile of sums 16
 * pixels x 16 outputs in float32, which is one block of 16 pixels of a destination row:
 *
 *     sum[pixel][output] += source[pixel][2 k] * weight[k][output][0] + source[pixel][2 k + 1] * weight[k][output][1]
 *
 * For a tap of the kernel the source tile simply begins kx pixels further right, so nothing is repacked. Weights lie
 * [out block][ky][32 channels][kx][16 pairs][16 outputs][2], zeros past the channels.
 *
 * One call computes four rows, so that each row of the source is rounded to bfloat16 1.5 times instead of three
 * times; where memory is short, one row (conv_bf16_row).
 */
#ifndef ANEW_KERNELS_TILES_H
#define ANEW_KERNELS_TILES_H

#define ANEW_TILES_ROWS     4  /* output rows of a call */
#define ANEW_TILES_PIECE    64 /* pixels of a call; the rounded rows stay in a second-level cache */
#define ANEW_TILES_PIXELS   16 /* lines of a tile */
#define ANEW_TILES_CHANNELS 32 /* of one line */
#define ANEW_TILES_FLOATS   256 /* the place of one tile: 1 KiB */
#define ANEW_TILES_TALLEST  11  /* kernel height */

#endif
