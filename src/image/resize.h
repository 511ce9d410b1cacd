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

/* Resizes src into dst (already created, any size >= 1, same number of channels). Equal sizes copy
 * exactly. Output pixel i takes its centre at (i + 0.5) * src / dst - 0.5. The result does not
 * depend on the number of threads or on the CPU. */
ANEW_NODISCARD anew_status anew_planes_resize(anew_planes *dst, const anew_planes *src,
                                              anew_filter filter, const anew_row_kernels *kernels,
                                              int threads, anew_error *error);

#endif
