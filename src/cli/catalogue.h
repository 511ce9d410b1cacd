/* catalogue.h - the models that can be fetched: weights/catalogue.txt, which is in the program, or another table. */
#ifndef ANEW_CLI_CATALOGUE_H
#define ANEW_CLI_CATALOGUE_H

#include <stdbool.h>

#include "core/status.h"

typedef struct cli_catalogue_row {
    const char *name, *sha256, *licence, *url; /* url NULL: the file is to be got by hand */
    bool commercial;                           /* the licence allows commercial use */
} cli_catalogue_row;

typedef struct cli_catalogue {
    char *text; /* owned: rows point into it */
    cli_catalogue_row *rows;
    size_t count, capacity;
} cli_catalogue;

/* The table of the file, or of the program where `path` is NULL. Freed with cli_catalogue_free, also after a failure. */
ANEW_NODISCARD anew_status cli_catalogue_read(cli_catalogue *catalogue, const char *path,
                                              anew_error *error);
/* The same of the file that ANEW_CATALOGUE names, or else of the program. */
ANEW_NODISCARD anew_status cli_catalogue_open(cli_catalogue *catalogue, anew_error *error);
void cli_catalogue_free(cli_catalogue *catalogue);

/* Prints a line for each row; `commercial_only` leaves out those whose licence forbids commercial use. */
void cli_catalogue_print(const cli_catalogue *catalogue, bool commercial_only);

/* The same as one line of JSON: docs/json.schema.json, definition catalogue. */
void cli_catalogue_print_json(const cli_catalogue *catalogue, bool commercial_only);

/* "name", "licence" and "commercial" of a row, as members of an object of JSON on standard output. */
void cli_catalogue_print_members(const cli_catalogue_row *row);

/* NULL: none has the name. */
const cli_catalogue_row *cli_catalogue_find(const cli_catalogue *catalogue, const char *name);

#endif
