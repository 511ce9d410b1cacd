/*
 * behind.h - a row sink that works behind the network's back: rows are copied, and a thread of its own hands them to
 * the sink they are for, while the network computes the next ones. For one picture that has all threads; where there
 * are as many pictures as threads, one picture's encoder works beside another one's network anyway.
 *
 *     run  --rows--> copy in one of two blocks --thread--> the encoder
 */
#ifndef ANEW_PIPELINE_BEHIND_H
#define ANEW_PIPELINE_BEHIND_H

#include "pipeline/enhance.h"

typedef struct anew_behind anew_behind;

/* `to` is handed everything, `begin` by the caller's thread. Where there is no memory or no thread, the rows go there
 * at once. NULL without memory for the struct itself. */
anew_behind *anew_behind_create(const anew_row_sink *to);

/* What the run is given. */
anew_row_sink anew_behind_sink(anew_behind *behind);

/* Waits until all rows are handed on, and frees. The first failure of `to` is returned in place of `status`, what the
 * run returned: without the thread the run would have ended with it earlier. */
ANEW_NODISCARD anew_status anew_behind_finish(anew_behind **behind, anew_status status,
                                              anew_error *error);

#endif
