/* names.h - what recognisers do with tensors' names and with shapes. */
#ifndef ANEW_CONVERT_NAMES_H
#define ANEW_CONVERT_NAMES_H

#include "checkpoint.h"

/* Blocks PREFIX0., PREFIX1. ...: one more than the highest number. */
int names_count(const checkpoint *c, const char *prefix);

/* In every name the first `from` becomes `to`; with `whole`, only where the name begins with it. */
ANEW_NODISCARD anew_status names_replace(checkpoint *c, const char *label, const char *from,
                                         const char *to, bool whole, anew_error *error);

/* s where channels = colours * s * s, up to 8, or 0. */
int64_t names_scale(int64_t channels, int64_t colours);

/* Turns the sign of a layer's weights and bias. */
void names_negate(checkpoint *c, const char *layer);

#endif
