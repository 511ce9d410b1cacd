/*
 * finishing.h - the finishing tools (finish/finish.h) between the network and the encoder, as a sink of rows. The rows
 * that come have samples of 32 bits, so that a result is rounded once, at its end. Where a tool needs the whole result,
 * that is kept; where one needs the input, that is kept, too.
 */
#ifndef ANEW_PIPELINE_FINISHING_H
#define ANEW_PIPELINE_FINISHING_H

#include "finish/finish.h"
#include "pipeline/enhance.h"

typedef struct anew_finishing anew_finishing;

/* `input` may be NULL where anew_finish_needs_input says so; it is not needed after the call. `channels` and `depth` are those of the
 * rows that are handed on; `enhance` says level and threads, and must have a depth of 32 when the network runs. */
ANEW_NODISCARD anew_status anew_finishing_create(anew_finishing **finishing,
                                                 const anew_finish_options *options,
                                                 const anew_image *input, int channels, int depth,
                                                 const anew_enhance_options *enhance,
                                                 anew_error *error);
void anew_finishing_free(anew_finishing **finishing);

/* For one picture; `to` must live as long. */
anew_row_sink anew_finishing_sink(anew_finishing *finishing, const anew_row_sink *to);

/* After the last row; borrowed. */
const anew_finish_report *anew_finishing_report(const anew_finishing *finishing);

#endif
