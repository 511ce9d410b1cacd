/*
 * face_detail.c - the octaves of an aligned face, from the coarsest down to the first that is missing.
 *
 * Aligned faces are alike: from octave to octave the energy of a sharp one falls by a factor of 1 to 2.6 (measured over the
 * eyes, the nose and the mouth of 24 sharp faces of photos), whoever it is; of one that is blurred, or was enlarged, from where
 * its detail ends by 5 to 10. So the energies of a Laplacian pyramid (Burt, Adelson 1983) tell where it ends,
 * and nothing has to be known of the picture but its noise, which is subtracted.
 */
#include "faces/face_detail.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "faces/crop.h"
#include "faces/similarity.h"

/* Octaves: that of wavelengths of 2 to 4 pixels, 4 to 8, ..., 32 to 64. */
#define OCTAVES 5

/* The part of the square that is looked at, in its pixels: eyes, nose and mouth. */
#define LEFT   150
#define RIGHT  362
#define TOP    190
#define BOTTOM 400

/* An octave is there where its energy is no less than 2^KEPT of that of the next coarser one, and missing from 2^LOST on. */
#define KEPT (-1.5)
#define LOST (-2.3)

/* Variance that rounding to 8 bits leaves, twice, and the least energy. */
#define ROUNDING 0.08
#define NOTHING  1e-4

#define PI 3.14159265358979323846

/* ---- the pyramid ------------------------------------------------------------------------------------------ */

static int mirrored(int i, int size)
{
    return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
}

/* 1 4 6 4 1 along both axes; `lines` has the size of both. */
static void smooth(float *to, const float *from, float *lines, int side)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const float *row = from + (size_t)y * (size_t)side;
            lines[(size_t)y * (size_t)side + (size_t)x] =
                (row[mirrored(x - 2, side)] + row[mirrored(x + 2, side)] +
                 4 * (row[mirrored(x - 1, side)] + row[mirrored(x + 1, side)]) + 6 * row[x]) /
                16;
        }
    for (int y = 0; y < side; y++) {
        const float *rows[5];
        for (int k = 0; k < 5; k++)
            rows[k] = lines + (size_t)mirrored(y + k - 2, side) * (size_t)side;
        for (int x = 0; x < side; x++)
            to[(size_t)y * (size_t)side + (size_t)x] =
                (rows[0][x] + rows[4][x] + 4 * (rows[1][x] + rows[3][x]) + 6 * rows[2][x]) / 16;
    }
}

/* The mean square of what smoothing takes away, within the part that is looked at. */
static double energy_of(const float *from, const float *smoothed, int side)
{
    const int shrink = ANEW_FACE_DETAIL_SIDE / side;
    double sum = 0;
    int64_t count = 0;
    for (int y = TOP / shrink; y < BOTTOM / shrink; y++)
        for (int x = LEFT / shrink; x < RIGHT / shrink; x++) {
            const size_t at = (size_t)y * (size_t)side + (size_t)x;
            const double d = (double)from[at] - (double)smoothed[at];
            sum += d * d;
            count++;
        }
    return sum / (double)count;
}

/* ---- noise --------------------------------------------------------------------------------------------------- */

/* Frequency response of 1 4 6 4 1. */
static double response(double frequency)
{
    const double c = cos(PI * frequency);
    return c * c * c * c;
}

/* What white noise of variance 1 in the picture leaves in each octave of a crop in which its pixels are enlarged: its power,
 * even up to the picture's own limit, through the pyramid's filters (what folds back is left out, since it is little). */
static void noise_energies(double energies[OCTAVES], double enlarged)
{
    enum { STEPS = 32 };
    const double limit = 0.5 / fmax(enlarged, 1), step = limit / STEPS;
    for (int k = 0; k < OCTAVES; k++)
        energies[k] = 0;
    for (int i = 0; i < STEPS; i++)
        for (int j = 0; j < STEPS; j++) {
            double u = (i + 0.5) * step, v = (j + 0.5) * step, left = 1;
            for (int k = 0; k < OCTAVES && u <= 0.5 && v <= 0.5; k++) {
                const double passed = response(u) * response(v);
                energies[k] += left * (1 - passed) * (1 - passed);
                left *= passed * passed;
                u *= 2;
                v *= 2;
            }
        }
    for (int k = 0; k < OCTAVES; k++) /* both signs of both frequencies */
        energies[k] *= 4 * step * step * enlarged * enlarged;
}

/* ---- a crop --------------------------------------------------------------------------------------------------- */

double anew_face_detail_of_crop(anew_planes *crop, double noise, double enlarged)
{
    const size_t plane = (size_t)ANEW_FACE_DETAIL_SIDE * ANEW_FACE_DETAIL_SIDE;
    float *luma = crop->data, *smoothed = luma + plane, *lines = smoothed + plane;
    const double variance = noise * noise + ROUNDING;
    double energies[OCTAVES], of_noise[OCTAVES], share = 1, lost = 0;
    int side = ANEW_FACE_DETAIL_SIDE;
    for (size_t i = 0; i < plane; i++)
        luma[i] = 255 * (0.299f * luma[i] + 0.587f * smoothed[i] + 0.114f * lines[i]);
    noise_energies(of_noise, enlarged);
    for (int k = 0; k < OCTAVES; k++) {
        smooth(smoothed, luma, lines, side);
        energies[k] = fmax(energy_of(luma, smoothed, side) - variance * of_noise[k], NOTHING);
        for (int y = 0; y < side / 2; y++)
            for (int x = 0; x < side / 2; x++)
                luma[(size_t)y * (size_t)(side / 2) + (size_t)x] =
                    smoothed[2 * ((size_t)y * (size_t)side + (size_t)x)];
        side /= 2;
    }
    /* Nothing is finer than what is missing. */
    for (int k = OCTAVES - 2; k >= 0; k--) {
        const double fall = log2(energies[k] / energies[k + 1]);
        share = fmin(share, fmax(0, fmin(1, (fall - LOST) / (KEPT - LOST))));
        lost += 1 - share;
    }
    return ANEW_FACE_DETAIL_SIDE * exp2(-lost);
}

anew_status anew_face_detail_measure(anew_face_detail *detail, const anew_image *picture,
                                     const anew_face *face, double noise,
                                     const anew_row_kernels *kernels, int threads,
                                     anew_error *error)
{
    static const anew_warp_options edges = {.border = ANEW_BORDER_REFLECT};
    anew_affine to_crop;
    anew_planes crop = {0};
    anew_error unclear;
    *detail = (anew_face_detail){0};
    if (anew_face_align(&to_crop, face, ANEW_FACE_DETAIL_SIDE, &unclear) != ANEW_OK)
        return ANEW_OK;
    const double enlarged = hypot(to_crop.m[0][0], to_crop.m[1][0]);
    ANEW_TRY(anew_planes_create(&crop, 3, ANEW_FACE_DETAIL_SIDE, ANEW_FACE_DETAIL_SIDE, error));
    const anew_status status =
        anew_face_crop(&crop, picture, &to_crop, &edges, kernels, threads, error);
    if (status == ANEW_OK) {
        detail->square = ANEW_FACE_DETAIL_SIDE / enlarged;
        detail->shown = fmin(detail->square, anew_face_detail_of_crop(&crop, noise, enlarged));
    }
    anew_planes_free(&crop);
    return status;
}
