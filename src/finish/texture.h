/*
 * texture.h - texture that a network invented where there was none, and grain that it took away.
 */
#ifndef ANEW_FINISH_TEXTURE_H
#define ANEW_FINISH_TEXTURE_H

#include "finish/finish.h"

/* Where the input is flat (sky, walls, what is out of focus), goes back to its plain resampling by that share. Flat is
 * where the standard deviation of the input's fine detail (its luma less its Gaussian of 1.5 pixels, within a Gaussian
 * of 3 pixels) is below ANEW_FLAT; from ANEW_TEXTURED on nothing is changed. Noise is no flatness: of a noisy input the
 * network's cleaning stays. */
ANEW_NODISCARD anew_status anew_guard_flat(anew_image *result, const anew_planes *input,
                                           double share, const anew_finish_machine *machine,
                                           anew_error *error);

#define ANEW_FLAT     (0.6 / 255)
#define ANEW_TEXTURED (2.0 / 255)

/* Adds a share of the input's own grain: what a filter by local statistics (Lee, "Digital image enhancement and noise
 * filtering by use of local statistics", 1980) takes off the input, at the result's size. */
ANEW_NODISCARD anew_status anew_keep_grain(anew_image *result, const anew_planes *input,
                                           double share, const anew_finish_machine *machine,
                                           anew_error *error);

/* Adds grain of its own to row y: samples of channel c at rows[c][x * step]. What it is depends on the seed and the
 * place alone. Gray, 3 pixels wide, strongest in middle tones: at full share a standard deviation of 0.05. */
void anew_grain_row(float *const *rows, size_t step, int channels, int y, int width, double share,
                    uint32_t seed);

#endif
