/*
 * pool_body.h - the largest value of a window, written once; an including file brings the vector vocabulary and
 * MAX_POOL. The window is cut at the picture's sides first, so that borders of zeros take no part.
 */
#include "kernels/implementations.h"

void MAX_POOL(const anew_pool_row *row)
{
    for (int x = 0; x < row->width; x++) {
        const int left = x * row->stride - row->pad;
        const int first = left < 0 ? 0 : left;
        const int end =
            left + row->kernel < row->source_width ? left + row->kernel : row->source_width;
        for (int lane = 0; lane < ANEW_BLOCK; lane += LANES) {
            vector largest = vector_load(row->sources[0] + first * ANEW_BLOCK + lane);
            for (int i = 0; i < row->rows; i++)
                for (int k = first; k < end; k++) {
                    const vector v = vector_load(row->sources[i] + k * ANEW_BLOCK + lane);
                    largest = vector_less(largest, v, v, largest);
                }
            vector_store(row->destination + x * ANEW_BLOCK + lane, largest);
        }
    }
}
