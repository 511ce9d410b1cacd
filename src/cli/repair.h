/* repair.h - --scratches and --erase: what is filled in in a picture before the network sees it. */
#ifndef ANEW_CLI_REPAIR_H
#define ANEW_CLI_REPAIR_H

#include "cli/options.h"

typedef struct cli_repaired {
    int64_t pixels; /* filled in */
    int found;      /* scratches, where they were looked for */
} cli_repaired;

bool cli_repair_is_on(const cli_options *options);

/* --dry-run: whether the masks that are named are there and have the picture's size, without reading their pixels. */
ANEW_NODISCARD anew_status cli_repair_fits(const anew_image *picture, const cli_options *options,
                                           anew_error *error);

/* In place. Writes the mask where --scratch-mask asks for it. */
ANEW_NODISCARD anew_status cli_repair(anew_image *image, cli_repaired *repaired,
                                      const cli_options *options, anew_error *error);

#endif
