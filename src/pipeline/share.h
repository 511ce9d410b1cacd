/*
 * share.h - a share of what a network does, the rest of the picture as resampling alone makes it:
 *
 *     result = plain + strength * (network - plain), in float, then to the result's samples
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
void anew_share_free(anew_share **share);

/* What the network reads from and, in floats (depth 32), writes to. */
anew_row_source anew_share_source(anew_share *share);
anew_row_sink anew_share_sink(anew_share *share);

#endif
