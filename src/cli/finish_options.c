/* finish_options.c - see finish_options.h. */
#include "cli/finish_options.h"

/* Of --faithful alone: a standard deviation of 1.4 of 255. */
#define FAITHFUL 45.0

bool cli_store_finish(cli_options *to, option_id id, const char *value, double number)
{
    anew_finish_options *o = &to->finish;
    if (id == OPT_FAITHFUL)
        o->faithful = value == NULL ? FAITHFUL : number;
    else if (id == OPT_COLOUR_LOCK)
        o->colour_lock = number;
    return true;
}
