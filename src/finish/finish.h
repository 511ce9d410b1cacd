/*
 * finish.h - what is done to a result after the network, by classic methods without a network:
 *
 *     network -> faces -> [guard -> colour lock] -> sharpening -> [grain of the input] -> synthetic grain ->
 *     [back-projection] -> tone -> result
 *
 * Those in brackets need the whole result; the others take rows, where none in brackets is on. Tools work on encoded values (sRGB in the usual case) of pictures of floats, 0 .. 1, and colours only: transparency
 * passes by. A tool whose strength is 0 changes nothing. Results do not depend on the number of threads.
 */
#ifndef ANEW_FINISH_FINISH_H
#define ANEW_FINISH_FINISH_H

#include "finish/tone.h"
#include "image/planes.h"
#include "kernels/kernels.h"

typedef struct anew_finish_options {
    double
        faithful; /* decibels that the result, downscaled, agrees with the input by at least; 0: off */
    double colour_lock; /* 0 .. 1: how much of the input's low frequencies the result takes over */
    double guard;   /* 0 .. 1: how far flat areas of the input go back to its plain resampling */
    double sharpen; /* 0 .. 1 */
    double grain;   /* 0 .. 1: share of the input's grain, or with a seed of synthetic grain */
    bool grain_seeded;
    uint32_t grain_seed;
    anew_tone_options tone; /* row by row, after all others */
} anew_finish_options;

/* What the tools found; NaN where a tool was off. */
typedef struct anew_finish_report {
    double faithful_before, faithful; /* decibels */
    int rounds;                       /* of back-projection */
} anew_finish_report;

/* By what the tools compute. */
typedef struct anew_finish_machine {
    const anew_row_kernels *kernels;
    int threads;
} anew_finish_machine;

/* Whether any tool is on; whether one of them needs the input, the whole result. */
bool anew_finish_is_on(const anew_finish_options *options);
bool anew_finish_needs_input(const anew_finish_options *options);
bool anew_finish_needs_result(const anew_finish_options *options);

/* The colours of an input as the network saw them: one plane for gray, else three, invisible pixels in the colours of
 * the visible ones beside them. */
ANEW_NODISCARD anew_status anew_finish_reference(anew_planes *reference, const anew_image *input,
                                                 anew_error *error);

/* All tools but tone, in their order. `result` has samples of 32 bits. `depth` is that of the file to come, so that what is measured is what will be read. */
ANEW_NODISCARD anew_status anew_finish_whole(anew_image *result, anew_finish_report *report,
                                             const anew_planes *reference, int depth,
                                             const anew_finish_options *options,
                                             const anew_finish_machine *machine, anew_error *error);

#endif
