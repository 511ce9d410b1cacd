/*
 * whole.h - kernels of operations on whole values: sums of rows, a factor and an offset for each channel, attention;
 * and resampling of rows of blocks. All in the exact class; rows and blocks as in kernels.h.
 */
#ifndef ANEW_KERNELS_WHOLE_H
#define ANEW_KERNELS_WHOLE_H

#include "kernels/kernels.h"

/* Every pixel of one row as a query, against all keys: graph/ops.def has the sums. `padded` is the number of pixels
 * rounded up to whole blocks; what of keys lies between is 0. */
typedef struct anew_attention_row {
    const float *queries; /* [width][channels] */
    const float *keys;    /* [channels][padded] */
    const float *values;  /* [blocks][pixels][16] */
    float *scores;        /* [padded], scratch */
    float *const *destinations;
    int width, channels, heads, pixels, padded;
} anew_attention_row;

typedef struct anew_bilinear_row {
    float *destination;
    const float *above, *below; /* rows of source_width pixels */
    float *between;             /* scratch for such a row */
    float weight;               /* of `below` */
    const int32_t
        *first; /* [width]: the left source pixel; the right one is the next, or the last */
    const float *weights; /* [width]: of the right one */
    int source_width, width;
} anew_bilinear_row;

typedef struct anew_whole_kernels {
    /* sums[lane] and sums[16 + lane]: of a lane's values in the row, and of their squares. */
    void (*sums)(double *sums, const float *row, int width);
    /* destination = fma(source, factors[lane], offsets[lane]). In place allowed. */
    void (*affine)(float *destination, const float *source, const float *factors,
                   const float *offsets, int width);
    void (*bilinear)(const anew_bilinear_row *row);
    /* Means of squares of r x r pixels of rows[r]. */
    void (*average)(float *destination, const float *const *rows, int r, int width);
    void (*attend)(const anew_attention_row *row);
    /* Lanes of a row of blocks: of each pixel `head` ones from lane `first` of a's on, the others up to `lanes` from b's
     * first on, zeros behind. The row of a begins and ends where it says, and so does b's. */
    void (*take_lanes)(float *destination, const float *a, const float *b, int first, int head,
                       int lanes, int width);
    /* destination pixel x = source pixel places[x]. */
    void (*take_pixels)(float *destination, const float *source, const int32_t *places, int width);
} anew_whole_kernels;

const anew_whole_kernels *anew_whole_kernels_for(anew_isa isa);

#define ANEW_DECLARE_WHOLE_KERNELS(suffix)                                                         \
    void anew_row_sums_##suffix(double *sums, const float *row, int width);                        \
    void anew_affine_##suffix(float *destination, const float *source, const float *factors,       \
                              const float *offsets, int width);                                    \
    void anew_bilinear_##suffix(const anew_bilinear_row *row);                                     \
    void anew_average_##suffix(float *destination, const float *const *rows, int r, int width);    \
    void anew_attend_##suffix(const anew_attention_row *row);                                      \
    void anew_take_lanes_##suffix(float *destination, const float *a, const float *b, int first,   \
                                  int head, int lanes, int width);                                 \
    void anew_take_pixels_##suffix(float *destination, const float *source, const int32_t *places, \
                                   int width);

#endif
