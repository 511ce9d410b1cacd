/*
 * winograd.h - F(4x4, 3x3): sixteen outputs of a 3x3 convolution from 36 multiplications instead of 144.
 *
 * Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4: a tile of
 * 4 x 4 outputs Y from 6 x 6 inputs d and the kernel g is
 *
 *     Y = A^T [ (G g G^T) * (B^T d B) ] A        (* element by element)
 *
 * and over channels the element-wise products become 36 matrix products. The matrices are those of the
 * Toom-Cook scheme with the interpolation points 0, +a, -a, +b, -b, infinity: for a point p the row of
 * B^T holds the coefficients of M(x) / (x - p), where M(x) = x (x^2 - a^2) (x^2 - b^2), the row of G is
 * (1, p, p^2) / (M / (x - p))(p), and the column of A^T is (1, p, p^2, p^3). With a = sqrt(1/2) and
 * b = sqrt(2) the entries stay near 1, which costs less accuracy than the customary 1 and 2
 * (scripts/winograd_matrices.py derives them and proves the identity; it prints winograd_matrices.h):
 *
 *           | 1    0     -5/2  0     1  0 |          | 1   1    1    1    1   0 |
 *           | 0   -ab^2  -b^2  a     1  0 |    A^T = | 0   a   -a    b   -b   0 |
 *     B^T = | 0    ab^2  -b^2 -a     1  0 |          | 0   a^2  a^2  b^2  b^2 0 |
 *           | 0   -a^2b  -a^2  b     1  0 |          | 0   a^3 -a^3  b^3 -b^3 1 |
 *           | 0    a^2b  -a^2 -b     1  0 |
 *           | 0    1      0   -5/2   0  1 |
 *
 * Tiles are anchored to the picture (row and column 0), never to a band or a piece, so that a pixel's
 * value does not depend on how the picture was cut. In its tile an output depends, by rounding, on
 * inputs that its exact value does not depend on: plans count that into the halo.
 */
#ifndef ANEW_KERNELS_WINOGRAD_H
#define ANEW_KERNELS_WINOGRAD_H

#define ANEW_WINOGRAD_TILE     4  /* outputs along a side */
#define ANEW_WINOGRAD_WINDOW   6  /* inputs along a side */
#define ANEW_WINOGRAD_PRODUCTS 36 /* matrix products */
#define ANEW_WINOGRAD_PIECE_TILES                                                                  \
    28 /* of one call: two tiles of 14 "pixels" of the direct kernel */

#define ANEW_WINOGRAD_A 0.70710678118654752440 /* sqrt(1/2) */
#define ANEW_WINOGRAD_B 1.41421356237309504880 /* sqrt(2) */

#endif
