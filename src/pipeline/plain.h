/*
 * plain.h - a picture brought to another size by resampling alone: what stands beside a network's result where only a
 * share of it is wanted, and what makes a picture smaller before a network sees it.
 */
#ifndef ANEW_PIPELINE_PLAIN_H
#define ANEW_PIPELINE_PLAIN_H

#include "image/resize.h"
#include "pipeline/enhance.h"

typedef struct anew_plain anew_plain;

/* From one size and depth to the other, as many channels; filter, light, CPU level and threads as the options say.
 * Invisible pixels take their neighbours' colours first (image/bleed.h), as networks see them. */
ANEW_NODISCARD anew_status anew_plain_create(anew_plain **plain, const anew_image *in,
                                             const anew_image *out,
                                             const anew_enhance_options *options,
                                             anew_error *error);
void anew_plain_free(anew_plain **plain);

/* Those of its CPU level. */
const anew_row_kernels *anew_plain_kernels(const anew_plain *plain);

/* Takes the next row of the picture, which is row y of `image`; a picture with alpha must be there whole. Result rows
 * that it completes go to `rows`, some at a time, from the top. */
ANEW_NODISCARD anew_status anew_plain_push(anew_plain *plain, const anew_image *image, int y,
                                           anew_status (*rows)(void *context,
                                                               const anew_image *part,
                                                               anew_error *error),
                                           void *context, anew_error *error);

/* A whole picture's way without a network: like anew_enhance_rows. Equal sizes copy exactly. */
ANEW_NODISCARD anew_status anew_plain_rows(const anew_row_sink *sink, const anew_row_source *source,
                                           const anew_image *shape, int width, int height,
                                           const anew_enhance_options *options, anew_error *error);

#endif
