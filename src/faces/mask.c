/* mask.c - masks in crop pixels, as products of a shape and a fall towards the crop's border. */
#include "faces/mask.h"

#include <math.h>

#include "faces/blur.h"
#include "image/resize.h"

/* From 0 to 1 with two continuous derivatives (Perlin 2002). */
static double smooth(double t)
{
    t = fmin(fmax(t, 0), 1);
    return t * t * t * (t * (6 * t - 15) + 10);
}

double anew_mask_feather(double pixels, const anew_affine *to_crop, int size)
{
    const double(*m)[3] = to_crop->m;
    const double crop_pixels = sqrt(fabs(m[0][0] * m[1][1] - m[0][1] * m[1][0]));
    const double wanted = pixels > 0 ? pixels * crop_pixels : fmax(size / 16.0, 4 * crop_pixels);
    return fmin(wanted, size / 4.0);
}

/* Multiplied by the fall towards the border. The outermost pixels are 0: there a kernel sees beyond the crop. */
static void frame(anew_planes *mask, double feather)
{
    const double fall = fmax(feather, 1);
    for (int y = 0; y < mask->height; y++)
        for (int x = 0; x < mask->width; x++) {
            const int across = x < mask->width - 1 - x ? x : mask->width - 1 - x;
            const int down = y < mask->height - 1 - y ? y : mask->height - 1 - y;
            const int nearest = across < down ? across : down;
            float *at = &mask->data[(size_t)y * (size_t)mask->width + (size_t)x];
            *at *= (float)smooth((nearest - 2) / fall);
        }
}

/* ---- from landmarks ------------------------------------------------------------------------------------- */

/* The shape is a superellipse (Lame 1818) between an ellipse and a rectangle. Sizes in units of the larger of the
 * eyes' distance and that from between the eyes to between the mouth's corners, measured on aligned portraits. */
#define EXPONENT   2.5
#define HALF_TALL  1.42
#define HALF_WIDE  1.15
#define CENTRE     0.36 /* of the way from the eyes to the mouth */
#define TURNED_OFF 0.5  /* of the nose's way to a side: there is less of the face there */

void anew_mask_from_landmarks(anew_planes *mask, const anew_point landmarks[ANEW_LANDMARKS],
                              double feather)
{
    const anew_point *p = landmarks;
    const anew_point eyes = {(p[0].x + p[1].x) / 2, (p[0].y + p[1].y) / 2};
    const anew_point mouth = {(p[3].x + p[4].x) / 2, (p[3].y + p[4].y) / 2};
    const double tall = hypot(mouth.x - eyes.x, mouth.y - eyes.y);
    const double unit = fmax(fmax(tall, hypot(p[1].x - p[0].x, p[1].y - p[0].y)), 1);
    /* Down the face, and to its side. */
    const anew_point down = tall > 0
                                ? (anew_point){(mouth.x - eyes.x) / tall, (mouth.y - eyes.y) / tall}
                                : (anew_point){0, 1};
    const anew_point side = {down.y, -down.x};
    const double nose = (p[2].x - eyes.x) * side.x + (p[2].y - eyes.y) * side.y;
    const double shift = -TURNED_OFF * nose;
    const anew_point centre = {eyes.x + CENTRE * tall * down.x + shift * side.x,
                               eyes.y + CENTRE * tall * down.y + shift * side.y};
    const double fall = fmin(fmax(feather, 1), HALF_WIDE * unit);
    for (int y = 0; y < mask->height; y++)
        for (int x = 0; x < mask->width; x++) {
            const double dx = x - centre.x, dy = y - centre.y;
            const double across = fabs(dx * side.x + dy * side.y) / (HALF_WIDE * unit);
            const double along = fabs(dx * down.x + dy * down.y) / (HALF_TALL * unit);
            const double r = pow(pow(across, EXPONENT) + pow(along, EXPONENT), 1 / EXPONENT);
            /* The edge, r = 1, is the middle of the fall. */
            mask->data[(size_t)y * (size_t)mask->width + (size_t)x] =
                (float)smooth(0.5 + (1 - r) * HALF_WIDE * unit / fall);
        }
    frame(mask, feather);
}

/* ---- from classes --------------------------------------------------------------------------------------- */

anew_status anew_mask_from_classes(anew_planes *mask, const uint8_t *classes, int height, int width,
                                   const float weights[256], double feather,
                                   const anew_row_kernels *kernels, anew_error *error)
{
    anew_planes hard;
    anew_status status = ANEW_OK;
    const size_t pixels = (size_t)height * (size_t)width;
    ANEW_TRY(anew_planes_create(&hard, 1, height, width, error));
    for (size_t i = 0; i < pixels; i++)
        hard.data[i] = weights[classes[i]];
    ANEW_TRY_GOTO(anew_planes_resize(mask, &hard, ANEW_FILTER_TRIANGLE, kernels, 1, error), done);
    /* A blurred edge falls from 0.98 to 0.02 within 4 standard deviations. */
    ANEW_TRY_GOTO(anew_blur(mask->data, mask->height, mask->width, fmax(feather, 1) / 4, error),
                  done);
    /* Exactly 0 and 1 from there on. */
    for (size_t i = 0; i < (size_t)mask->height * (size_t)mask->width; i++)
        mask->data[i] = fminf(fmaxf((mask->data[i] - 0.02f) / 0.96f, 0), 1);
    frame(mask, feather);
done:
    anew_planes_free(&hard);
    return status;
}
