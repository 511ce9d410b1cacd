/*
 * winograd_matrices.h - the matrix G of kernels/winograd.h, to more digits than a double holds.
 *
 * Printed by `scripts/winograd_matrices.py --header`, which derives it from the interpolation points;
 * the tests compare. Change the points there.
 */
#ifndef ANEW_KERNELS_WINOGRAD_MATRICES_H
#define ANEW_KERNELS_WINOGRAD_MATRICES_H

static const double anew_winograd_g[6][3] = {
    {1, 0, 0},
    {-0.66666666666666666667, -0.47140452079103168293, -0.33333333333333333333},
    {-0.66666666666666666667, 0.47140452079103168293, -0.33333333333333333333},
    {0.16666666666666666667, 0.23570226039551584147, 0.33333333333333333333},
    {0.16666666666666666667, -0.23570226039551584147, 0.33333333333333333333},
    {0, 0, 1},
};

#endif
