/*
 * tone.h - brightness and colour of a result: a curve for each channel, made once, and saturation.
 *
 *     faded paper -> white balance -> levels -> contrast (one curve) -> saturation
 *
 * All of it works on encoded values of sRGB, 0 .. 1, but for the gains of white balance, which are of linear light. What
 * is automatic is measured on the input, so that the rows of the result can come and go.
 */
#ifndef ANEW_FINISH_TONE_H
#define ANEW_FINISH_TONE_H

#include "image/planes.h"

typedef struct anew_tone_options {
    bool white_balance;
    double restore;              /* 0 .. 1 */
    bool levels;                 /* the three below are set */
    double black, white, gamma;  /* of levels: 0 <= black < white <= 1 */
    double contrast, saturation; /* -1 .. 1; 0: none */
} anew_tone_options;

#define ANEW_CURVE_NODES 4096

typedef struct anew_tone {
    int channels;                          /* 1 or 3 */
    float curves[3][ANEW_CURVE_NODES + 1]; /* at i / ANEW_CURVE_NODES, linear between */
    float saturation;                      /* -1 .. 1 */
    double black[3], white[3], gain[3];    /* what was found: of fading, of white balance */
} anew_tone;

bool anew_tone_is_on(const anew_tone_options *options);

/* Whether something is measured on the input. */
bool anew_tone_needs_input(const anew_tone_options *options);

/* Decides on the curves for pictures of so many channels, 1 to 4; `input` is looked at where something is measured. */
void anew_tone_create(anew_tone *tone, const anew_planes *input, int channels,
                      const anew_tone_options *options);

/* A row in place: rows[c] of `width` samples for each channel. */
void anew_tone_row(float *const *rows, int width, const anew_tone *tone);

#endif
