/* fold.h - makes the layers that run of those that were trained: batch normalisation goes into the convolution before
 * it, heads side by side and branches become one. */
#ifndef ANEW_CONVERT_FOLD_H
#define ANEW_CONVERT_FOLD_H

#include "checkpoint.h"

/* The convolution `conv` (CONV.weight, and CONV.bias where it has one) with the batch normalisation `norm` behind it
 * becomes the convolution `to`, with a bias. Where `norm` is NULL or not there, CONV is only renamed, and a missing
 * bias becomes zeros. Both may be `to`. */
ANEW_NODISCARD anew_status fold_norm(checkpoint *c, const char *label, const char *conv,
                                     const char *norm, const char *to, anew_error *error);

/* The same with another epsilon than PyTorch's 1e-5. */
ANEW_NODISCARD anew_status fold_norm_with(checkpoint *c, const char *label, const char *conv,
                                          const char *norm, const char *to, double epsilon,
                                          anew_error *error);

/* Convolutions of the same input (or depthwise ones of inputs that are joined themselves), each with a bias, become
 * the convolution `to` that has their outputs one after the other. */
ANEW_NODISCARD anew_status fold_join(checkpoint *c, const char *label, const char *const *convs,
                                     int count, const char *to, anew_error *error);

/* The transposed convolution `layer` with the stride 2 whose kernel is [in][out][2][2] (no padding) or [in][out][4][4] (a
 * padding of 3) becomes the convolution of 1x1 or 3x3 (without padding) whose outputs 4 o + 2 i + j are pixel (i, j) of
 * the four that a pixel makes; a missing bias becomes zeros. */
ANEW_NODISCARD anew_status fold_transposed(checkpoint *c, const char *label, const char *layer,
                                           anew_error *error);

/* The convolution `layer` of 2x2 becomes one of 3x3 whose last row and column are zeros. */
ANEW_NODISCARD anew_status fold_even(checkpoint *c, const char *label, const char *layer,
                                     anew_error *error);

/* Every convolution of a SPAN that stands there as the branches that it was trained as (LAYER.sk, LAYER.conv.0 to .2)
 * becomes LAYER, with a bias. A LAYER.eval_conv beside them is dropped: the published network makes it anew of them
 * whenever it is evaluated, and what stands in the file may be older. */
ANEW_NODISCARD anew_status fold_branches(checkpoint *c, const char *label, anew_error *error);

/* Takes a tensor out; whether it was there. */
bool fold_drop(checkpoint *c, const char *name);

#endif
