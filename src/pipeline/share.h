/*
 * share.h - a share of what a network does, the rest of the picture as resampling alone makes it:
 *
 *     result = plain + strength * (network - plain), in float, then to the result's samples
 *
 * or, where the network knows only brightness, the network's luma with colour differences that resampling alone
 * enlarges:
 *
 *     Y = network(Y of the picture), Cb and Cr by bicubic interpolation (ITU-R BT.601, all of the range)
 *
 * Rows of the picture are read once and kept until both have had them.
 */
#ifndef ANEW_PIPELINE_SHARE_H
#define ANEW_PIPELINE_SHARE_H

#include "pipeline/enhance.h"

typedef struct anew_share anew_share;

/* For a picture of the shape `in` that comes from `source`, both borrowed, to a result of the shape `out` (its depth
 * the result's) that goes to `to`. */
ANEW_NODISCARD anew_status anew_share_create(anew_share **share, double strength,
                                             const anew_image *in, const anew_row_source *source,
                                             const anew_image *out, const anew_row_sink *to,
                                             const anew_enhance_options *options,
                                             anew_error *error);
/* The same for a network of luma; `in` and `out` have three channels, or four with alpha. */
ANEW_NODISCARD anew_status anew_share_create_luma(anew_share **share, const anew_image *in,
                                                  const anew_row_source *source,
                                                  const anew_image *out, const anew_row_sink *to,
                                                  const anew_enhance_options *options,
                                                  anew_error *error);
void anew_share_free(anew_share **share);

/* The shape of the picture that the network gets. */
anew_image anew_share_shape(const anew_share *share);

/* What the network reads from and, in floats (depth 32), writes to. */
anew_row_source anew_share_source(anew_share *share);
anew_row_sink anew_share_sink(anew_share *share);

#endif
