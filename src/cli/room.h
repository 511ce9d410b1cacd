/* room.h - whether a result will fit onto the disk, asked before work starts. */
#ifndef ANEW_CLI_ROOM_H
#define ANEW_CLI_ROOM_H

#include "image/image.h"

/* Bytes that the file of a picture of this size and kind will take. *exact: that of a format without compression, to a
 * few hundred bytes; else a guess, rather too low than too high (room.c says how). */
double cli_result_bytes(anew_format format, const anew_image *shape,
                        const anew_image_options *options, bool *exact);

/* Refuses a result for which the file system of `path`, whose folder need not be there yet, has less room left, and one
 * that must be larger than options->max_bytes. */
ANEW_NODISCARD anew_status cli_check_room(const char *path, anew_format format,
                                          const anew_image *shape,
                                          const anew_image_options *options, anew_error *error);

#endif
