/* measure.h - how far two pictures are from each other. */
#ifndef ANEW_IMAGE_MEASURE_H
#define ANEW_IMAGE_MEASURE_H

#include "image/image.h"

typedef struct anew_difference {
    int64_t samples, differing;
    double largest;   /* in units of 1/255 of the range, also for 16 bits */
    double psnr;      /* decibels over all samples; infinite where nothing differs */
    double psnr_luma; /* of the luma of ITU-R BT.601 */
    double ssim;      /* of the luma; 1 where nothing differs */
} anew_difference;

/* Both of one size; gray and colour, 8 and 16 bits may meet (gray counts as colour then). Transparency
 * counts as a sample, and so must be in both or in none. PSNR of a range of 255; SSIM as Wang et al. 2004,
 * section III-C: Gaussian window of 11x11, sigma 1.5, K1 0.01, K2 0.03, only windows that lie inside; for
 * pictures smaller than the window it is NaN. */
ANEW_NODISCARD anew_status anew_image_measure(anew_difference *difference, const anew_image *a,
                                              const anew_image *b, anew_error *error);

#endif
