/* look_first.c - from anew_look's findings to the passes of one picture. */
#include "cli/look_first.h"

#include <stdio.h>
#include <string.h>

#include "look/look_choice.h"

anew_status cli_look_first(anew_pass_wish *wish, cli_events *events, const char *path,
                           const cli_options *options, anew_error *error)
{
    anew_findings findings;
    anew_choice choice;
    char seen[200], text[320];
    if (strcmp(path, "-") == 0)
        return ANEW_OK;
    ANEW_TRY(anew_look_file(&findings, path, error));
    anew_choose(&choice, &findings);
    if (!options->given[OPT_SHRINK_FIRST])
        wish->shrink_first = choice.shrink_first;
    if (!options->given[OPT_RESTORE_STRENGTH])
        wish->restore_strength = choice.restore_strength;
    if (wish->restore_strength <= 0)
        wish->restore = NULL;
    anew_look_words(seen, sizeof seen, &findings);
    char shrink[48] = "", restore[48] = "";
    if (wish->shrink_first > 1)
        (void)snprintf(shrink, sizeof shrink, "; made %.2g times smaller first",
                       wish->shrink_first);
    if (wish->restore != NULL)
        (void)snprintf(restore, sizeof restore, "; restored with strength %.2f",
                       wish->restore_strength);
    (void)snprintf(text, sizeof text, "%s%s%s", seen, shrink, restore);
    cli_event_looked(events, path, text, wish->shrink_first,
                     wish->restore == NULL ? 0 : wish->restore_strength);
    return ANEW_OK;
}
