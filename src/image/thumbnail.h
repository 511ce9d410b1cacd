/*
 * thumbnail.h - the small picture in a result's EXIF, made anew from the result's rows as they pass.
 *
 * Where the source's EXIF had one, of whatever kind, the result's gets a JPEG of at most 160 pixels a side. What stands
 * behind the rows in a file gets it as it is; what stands before them gets room for it, which is filled in at the end.
 */
#ifndef ANEW_IMAGE_THUMBNAIL_H
#define ANEW_IMAGE_THUMBNAIL_H

#include "image/image.h"

typedef struct anew_thumbnail anew_thumbnail; /* opaque */

/* For a result of `shape` whose file will hold `exif` (metadata.h) and the thumbnail. *thumbnail stays NULL, and nothing
 * below then does anything, where there is to be none: the source has none, the options say so, the format does not hold
 * EXIF as one block, or this build writes no JPEG. What is pointed to must stay. */
ANEW_NODISCARD anew_status anew_thumbnail_open(anew_thumbnail **thumbnail, anew_format format,
                                               const anew_image *shape, const anew_block *exif,
                                               const char *label, const anew_image_options *options,
                                               anew_error *error);

/* Makes room in a block that is written before the rows. */
ANEW_NODISCARD anew_status anew_thumbnail_reserve(anew_thumbnail *thumbnail, anew_block *exif,
                                                  anew_error *error);

/* The next rows of the result, in any portions; 8 or 16 bits. */
void anew_thumbnail_rows(anew_thumbnail *thumbnail, const anew_image *part);

/* The small picture that the rows make, RGB in 8 bits; whole after the last one. */
const anew_image *anew_thumbnail_picture(const anew_thumbnail *thumbnail);

/* After the last row: the JPEG into the room, where some was reserved (the block then keeps its size), else behind the
 * block's end. In a room that is too small for any quality there is none. */
ANEW_NODISCARD anew_status anew_thumbnail_finish(anew_thumbnail *thumbnail, anew_block *exif,
                                                 anew_error *error);

/* NULL contents are allowed. */
void anew_thumbnail_close(anew_thumbnail **thumbnail);

#endif
