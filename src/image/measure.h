/* measure.h - how far two pictures are from each other, and what can be said of one alone. */
#ifndef ANEW_IMAGE_MEASURE_H
#define ANEW_IMAGE_MEASURE_H

#include "image/image.h"

typedef struct anew_difference {
    int64_t samples, differing;
    double largest;   /* in units of 1/255 of the range, also for 16 bits */
    double psnr;      /* decibels over all samples; infinite where nothing differs */
    double psnr_luma; /* of the luma of ITU-R BT.601 */
    double ssim;      /* of the luma; 1 where nothing differs */
    double ms_ssim;   /* the same over five scales */
    double
        delta_e; /* mean of CIEDE2000 over the pixels, samples taken as sRGB; transparency not counted */
    double delta_e_95; /* 95 % of the pixels differ by no more, to 0.001 */
} anew_difference;

/* Both of one size; gray and colour, 8 and 16 bits may meet (gray counts as colour then). Transparency
 * counts as a sample, and so must be in both or in none. PSNR of a range of 255; SSIM as Wang et al. 2004,
 * section III-C: Gaussian window of 11x11, sigma 1.5, K1 0.01, K2 0.03, only windows that lie inside; for
 * pictures smaller than the window it is NaN. MS-SSIM as Wang, Simoncelli and Bovik 2003: five scales, each the means
 * of 2x2 pixels of the one before; NaN below 176 pixels, where the smallest is smaller than the window. The result
 * does not depend on `threads`. */
ANEW_NODISCARD anew_status anew_image_measure(anew_difference *difference, const anew_image *a,
                                              const anew_image *b, int threads, anew_error *error);

/* What can be said of the luma of a picture that nothing is compared with. Each of the first measures one fault, none of
 * them is a grade: a drawing is sharp and without noise, and a flat picture, too. The last is one, of photos. */
typedef struct anew_quality {
    /* Crete, Dolmiere, Ladret and Nicolas, "The blur effect", 2007: how little another blur by 9 pixels takes away,
     * the larger of both directions. 0 is sharp, 1 is blurred; 1 also where there is nothing to blur. */
    double blur;
    /* Standard deviation of white noise, in units of 1/255: Immerkaer, "Fast noise variance estimation", 1996, of
     * squares of 16 pixels; the first quartile of these, for texture counts as noise. NaN below 16 pixels. */
    double noise;
    /* Mean step between pixels across the lines of JPEG's squares of 8 pixels, by that of all others (after Wang,
     * Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed images", 2002): 1 is none. NaN
     * below 16 pixels. */
    double blocking;
    /* Mittal, Soundararajan and Bovik, "Making a completely blind image quality analyzer" (NIQE), 2013: how far the
     * statistics of the luma are from those of good photos; less is better, and figures compare with each other only. NaN
     * below 96 pixels. */
    double naturalness;
} anew_quality;

ANEW_NODISCARD anew_status anew_image_quality(anew_quality *quality, const anew_image *image,
                                              anew_error *error);

#endif
