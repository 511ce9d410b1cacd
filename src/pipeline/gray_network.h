/*
 * gray_network.h - networks of one channel on pictures with colours; private to src/pipeline/.
 *
 * The model's hyper-parameter `colours` says what the channel is:
 *
 *     luma    the picture's brightness; colours are enlarged by bicubic interpolation (share.h). What enlarges knows
 *             detail, and detail is in the brightness.
 *     each    any of red, green and blue: the network does each of them. What removes noise must see it as it was
 *             trained on, and the noise of colours is in all three.
 *
 * Without it: luma for networks that enlarge, each for those that do not.
 */
#ifndef ANEW_PIPELINE_GRAY_NETWORK_H
#define ANEW_PIPELINE_GRAY_NETWORK_H

#include "pipeline/enhance.h"

/* anew_enhance_rows of a picture of colours with such a network, whose enlargement is `scale`. For `each` both
 * pictures are in memory whole. */
ANEW_NODISCARD anew_status anew_gray_network_rows(const anew_row_sink *sink,
                                                  const anew_row_source *source,
                                                  const anew_image *shape, const anew_model *model,
                                                  int scale, const anew_enhance_options *options,
                                                  anew_report *report, anew_error *error);

/* The same for whole pictures. */
ANEW_NODISCARD anew_status anew_gray_network(anew_image *out, const anew_image *in,
                                             const anew_model *model, int scale,
                                             const anew_enhance_options *options,
                                             anew_report *report, anew_error *error);

#endif
