/*
 * windows.h - the kernel of attention in windows (graph/ops.def, WINDOW_ATTENTION), in the exact class; rows and blocks as in
 * kernels.h. One call computes windows of one row of them, cut or whole, without any memory but its scratch: no matrix of
 * scores is larger than a few pixels' rows of one window.
 */
#ifndef ANEW_KERNELS_WINDOWS_H
#define ANEW_KERNELS_WINDOWS_H

#include "kernels/kernels.h"

/* Keys of a window in scratch: the pixels that it sees, and up to a multiple of this nothing. */
#define ANEW_WINDOW_KEYS 32

typedef struct anew_window_row {
    /* [above + rows + below][blocks of 3 * channels] and [rows][blocks of channels]: pixel 0 of each row of each block. */
    const float *const *sources;
    float *const *destinations;
    int rows,
        first_row; /* of the picture that the windows have, and which row of the windows the first of them is */
    int overlap; /* pixels around a window whose keys and values it sees, too; above 0 only where no window is cut */
    int above, below; /* rows of the picture there, of `overlap` ones */
    int width;        /* of the picture */
    int x0, x1;       /* pixels; windows begin at x0 and end at x1 */
    int window, shift;
    int channels, heads; /* of the destination */
    const float *biases; /* of anew_window_spread_bias */
    float *scratch;      /* [anew_window_scratch_floats()] */
} anew_window_row;

size_t anew_window_scratch_floats(int window, int overlap, int channels, int heads);

/* [heads][pixels][pixels seen, rounded up to ANEW_WINDOW_KEYS] of the table [(2 * (window + overlap) - 1)^2][heads]: what is
 * added to the score of each pair. */
size_t anew_window_bias_floats(int window, int overlap, int heads);
void anew_window_spread_bias(float *biases, const float *table, int window, int overlap, int heads);

typedef void anew_window_kernel(const anew_window_row *row);

anew_window_kernel *anew_window_kernel_for(anew_isa isa);

#endif
