/* gray.c - sums in double, and in two passes, for a variance of 0 must be one. */
#include "faces/gray.h"

#include <math.h>

double anew_gray_spread(const anew_planes *picture)
{
    const size_t pixels = (size_t)picture->height * (size_t)picture->width;
    double spread = 0;
    for (int c = 0; c < 3; c++) {
        const float *one = picture->data + (size_t)c * pixels;
        const float *other = picture->data + (size_t)((c + 1) % 3) * pixels;
        double mean = 0, squares = 0;
        for (size_t i = 0; i < pixels; i++)
            mean += (double)one[i] - (double)other[i];
        mean /= (double)pixels;
        for (size_t i = 0; i < pixels; i++) {
            const double d = (double)one[i] - (double)other[i] - mean;
            squares += d * d;
        }
        spread += squares / (double)pixels;
    }
    return spread / 3 * (255.0 * 255.0);
}

void anew_gray_difference(anew_planes *difference)
{
    const size_t pixels = (size_t)difference->height * (size_t)difference->width;
    float *d = difference->data;
    for (size_t i = 0; i < pixels; i++)
        d[i] = d[pixels + i] = d[2 * pixels + i] =
            0.299f * d[i] + 0.587f * d[pixels + i] + 0.114f * d[2 * pixels + i];
}

/* A deviation of 0 would divide by 0. */
#define VARIANCE_LEAST 1e-5

void anew_reference_gray_adain(double *gray, const uint8_t *restored, const uint8_t *crop,
                               size_t pixels)
{
    double mean = 0, variance = 0, to_mean = 0, to_variance = 0;
    for (size_t i = 0; i < pixels; i++) {
        gray[i] =
            0.2989 * restored[3 * i] + 0.5870 * restored[3 * i + 1] + 0.1140 * restored[3 * i + 2];
        mean += gray[i];
        to_mean += crop[3 * i];
    }
    mean /= (double)pixels;
    to_mean /= (double)pixels;
    for (size_t i = 0; i < pixels; i++) {
        variance += (gray[i] - mean) * (gray[i] - mean);
        to_variance += (crop[3 * i] - to_mean) * (crop[3 * i] - to_mean);
    }
    const double deviation = sqrt(variance / (double)pixels + VARIANCE_LEAST);
    const double to_deviation = sqrt(to_variance / (double)pixels + VARIANCE_LEAST);
    for (size_t i = 0; i < pixels; i++)
        gray[i] = (gray[i] - mean) / deviation * to_deviation + to_mean;
}
