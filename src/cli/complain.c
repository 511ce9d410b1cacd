/* complain.c - how a message looks on standard error. */
#include "cli/complain.h"

#include <stdio.h>

void cli_complain_error(const anew_error *error)
{
    fprintf(stderr, "anew: %s\n", error->text);
}
