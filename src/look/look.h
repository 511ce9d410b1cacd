/* look.h - anew_look for a picture that is being read: rows in, findings out. */
#ifndef ANEW_LOOK_LOOK_H
#define ANEW_LOOK_LOOK_H

#include "image/image.h"
#include "look/look_samples.h"

/* Looks at a picture that a reader has just opened; all rows that are wanted are read from it. `shape` is what
 * anew_image_reader_open gave. */
ANEW_NODISCARD anew_status anew_look_reader(anew_findings *findings, anew_image_reader *reader,
                                            const anew_image *shape, anew_error *error);

#endif
