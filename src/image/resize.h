/*
 * resize.h - to an exact size: separable resampling with half-pixel centres, normalised weights,
 * edges replicated, the kernel widened by the factor when shrinking (so that nothing aliases).
 */
#ifndef ANEW_IMAGE_RESIZE_H
#define ANEW_IMAGE_RESIZE_H

#include "image/planes.h"
#include "kernels/kernels.h"

typedef enum anew_filter {
    ANEW_FILTER_LANCZOS3 = 0, /* Duchon 1979; support 3 */
    ANEW_FILTER_CUBIC,        /* Keys 1981, a = -0.5; support 2 */
    ANEW_FILTER_MITCHELL,     /* Mitchell and Netravali 1988, B = C = 1/3; support 2 */
    ANEW_FILTER_TRIANGLE,     /* linear; support 1 */
    ANEW_FILTER_AREA          /* box; support 1/2 */
} anew_filter;

/* ---- rows in, rows out -------------------------------------------------------------------------- */

/* A resize of the whole picture, or of a strip of its columns: the same values either way. */
typedef struct anew_resize_shape {
    int channels;
    int src_width, src_height, dst_width, dst_height; /* of the whole picture */
    int dst_first, dst_last;                          /* columns wanted: first <= x < last */
    int src_first, src_last; /* columns that will be pushed, at least anew_resize_reach */
    anew_filter filter;
} anew_resize_shape;

/* Source columns that the output columns dst_first <= x < dst_last are made of. */
void anew_resize_reach(int *src_first, int *src_last, int src, int dst, int dst_first, int dst_last,
                       anew_filter filter);

typedef struct anew_resizer anew_resizer;

ANEW_NODISCARD anew_status anew_resizer_create(anew_resizer **resizer,
                                               const anew_resize_shape *shape,
                                               const anew_row_kernels *kernels, int threads,
                                               anew_error *error);
void anew_resizer_free(anew_resizer **resizer);

/* Bytes that such a resizer takes. */
size_t anew_resizer_bytes(const anew_resize_shape *shape, int threads);

/* Takes output rows y .. y + rows->height - 1; they are gone when it returns. */
typedef anew_status (*anew_rows_function)(void *context, int y, const anew_plane_rows *rows,
                                          anew_error *error);

/* The next source rows from the top; delivers what can be made of them. Allocates nothing; fails only
 * when `deliver` does. */
ANEW_NODISCARD anew_status anew_resizer_push(anew_resizer *resizer, const anew_plane_rows *rows,
                                             anew_rows_function deliver, void *context,
                                             anew_error *error);

/* ---- whole pictures ------------------------------------------------------------------------------- */

/* Resizes src into dst (already created, any size >= 1, same number of channels). Equal sizes copy
 * exactly. Output pixel i takes its centre at (i + 0.5) * src / dst - 0.5. The result does not
 * depend on the number of threads or on the CPU. */
ANEW_NODISCARD anew_status anew_planes_resize(anew_planes *dst, const anew_planes *src,
                                              anew_filter filter, const anew_row_kernels *kernels,
                                              int threads, anew_error *error);

#endif
