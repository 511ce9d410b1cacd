/* parts.h - the estimators that look.c calls, one file each; private to src/look/. */
#ifndef ANEW_LOOK_PARTS_H
#define ANEW_LOOK_PARTS_H

#include "look/look_samples.h"

/* All of them, in look.c. */
ANEW_NODISCARD anew_status anew_look_judge(anew_findings *findings,
                                           const anew_look_samples *samples, anew_error *error);

/* ---- jpeg_quality.c, jpeg_pixels.c ------------------------------------------------------------------ */

/* libjpeg's table of luma (or of chroma) for a quality of 1 .. 100, at v * 8 + u. */
void anew_look_jpeg_table(uint16_t table[64], int quality, bool chroma);

/* The quality whose table is nearest; *exact: it is that table. */
int anew_look_jpeg_table_quality(const uint16_t table[64], bool *exact);

/* Fills jpeg_quality, jpeg_grid_x and jpeg_grid_y. */
ANEW_NODISCARD anew_status anew_look_jpeg(anew_findings *findings, const anew_look_samples *samples,
                                          anew_error *error);

/* ---- noise.c ---------------------------------------------------------------------------------------- */

/* Fills noise_luma and noise_chroma. */
ANEW_NODISCARD anew_status anew_look_noise(anew_findings *findings,
                                           const anew_look_samples *samples, anew_error *error);

/* ---- spectrum.c, periods.c -------------------------------------------------------------------------- */

#define LOOK_RINGS 64

/* The mean power of the luma, ring by ring: power[i] of frequencies whose larger part is i / 128 of the sampling rate
 * (0 .. just below the half), in squared 8-bit steps a sample. False: the picture is too small for a tile. */
ANEW_NODISCARD anew_status anew_look_spectrum(bool *seen, double power[LOOK_RINGS],
                                              const anew_look_samples *samples, anew_error *error);

/* The amplitude of a period in how much neighbours differ, column by column and row by row; see periods.c. */
typedef struct anew_look_periods {
    int length[2];    /* frequencies 0 .. 0.5 in `length` - 1 steps; 0: too small */
    double *power[2]; /* owned; 1 is what chance gives */
    double *depth[2]; /* second differences: amplitude as a share of the mean; behind power[] */
    /* Of a JPEG: how much neighbours differ at each place within a block, of both directions together, against the mean of
     * the places whose neighbours are in the block, too: first differences (between i and i + 1: 0 .. 6), second ones
     * (around i: 1 .. 6); and of how many blocks that is. */
    double profile[2][8];
    int64_t blocks[2];
} anew_look_periods;

/* With jpeg_grid_x of the findings, by what is within the JPEG's blocks. */
ANEW_NODISCARD anew_status anew_look_periods_find(anew_look_periods *periods,
                                                  const anew_look_samples *samples,
                                                  const anew_findings *findings, anew_error *error);
void anew_look_periods_free(anew_look_periods *periods);

/* The least factor of enlarging that is called one. */
#define LOOK_LEAST_FACTOR 1.12

/* ---- repeats.c --------------------------------------------------------------------------------------- */

/* The factor by which a picture was enlarged by repeating pixels; 1: it was not. */
ANEW_NODISCARD anew_status anew_look_repeats(double *factor, const anew_look_samples *samples,
                                             anew_error *error);

/* ---- sharpness.c ------------------------------------------------------------------------------------- */

/* Fills enlarged, detail and blur from all three. */
ANEW_NODISCARD anew_status anew_look_sharpness(anew_findings *findings,
                                               const anew_look_samples *samples, anew_error *error);

/* ---- fft.c ------------------------------------------------------------------------------------------- */

/* In place, of `size` complex numbers (a power of two): real and imaginary parts at 2 i and 2 i + 1. `cosines` are
 * cos(2 pi k / size) for k of 0 .. size - 1. */
void anew_look_fft(double *data, int size, const double *cosines);
void anew_look_cosines(double *cosines, int size);

/* ---- look_tone.c ------------------------------------------------------------------------------------------ */

/* Fills gray, sepia, drawing, black, white, faded, yellowing, yellowed, shadows, highlights; reads noise_chroma. */
ANEW_NODISCARD anew_status anew_look_tone(anew_findings *findings, const anew_look_samples *samples,
                                          anew_error *error);

#endif
