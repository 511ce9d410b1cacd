/* look_first.c - from anew_look's findings to the passes of one picture. */
#include "cli/look_first.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/model_choice.h"
#include "look/look_choice.h"

anew_pass_wish cli_wish_of(const cli_options *o, const anew_model *model, const anew_model *restore)
{
    return (anew_pass_wish){.upscale = model,
                            .strength = o->strength,
                            .restore = restore,
                            .restore_strength = o->restore_strength,
                            .upscale_first = o->upscale_first,
                            .shrink_first = o->shrink_first,
                            .most = o->passes};
}

bool cli_looks_first(const cli_options *options)
{
    return options->look_first || cli_restores_by_itself(options);
}

void cli_wish_by_findings(anew_pass_wish *wish, const anew_findings *findings,
                          const cli_options *options, const anew_model *drawing)
{
    anew_choice choice;
    anew_choose(&choice, findings);
    if (options->look_first && !options->given[OPT_SHRINK_FIRST])
        wish->shrink_first = choice.shrink_first;
    if (!options->given[OPT_RESTORE_STRENGTH])
        wish->restore_strength = choice.restore_strength;
    if (wish->restore_strength <= 0)
        wish->restore = NULL;
    if (options->look_first && choice.is_drawing && drawing != NULL)
        wish->upscale = drawing;
}

static bool can_be_read_twice(const char *path)
{
    struct stat facts;
    return strcmp(path, "-") != 0 && stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

anew_status cli_look_first(anew_pass_wish *wish, cli_run *run, const char *path, anew_error *error)
{
    anew_findings findings;
    char seen[200], text[400];
    if (!can_be_read_twice(path))
        return ANEW_OK;
    const anew_model *usual = wish->upscale;
    ANEW_TRY(anew_look_file(&findings, path, error));
    cli_wish_by_findings(wish, &findings, run->options, run->drawing);
    anew_look_words(seen, sizeof seen, &findings);
    char shrink[48] = "", restore[48] = "", model[96] = "";
    if (wish->shrink_first > 1)
        (void)snprintf(shrink, sizeof shrink, "; made %.2g times smaller first",
                       wish->shrink_first);
    if (wish->restore != NULL)
        (void)snprintf(restore, sizeof restore, "; restored with strength %.2f",
                       wish->restore_strength);
    else if (cli_restores_by_itself(run->options) && run->restore == NULL &&
             wish->restore_strength > 0)
        (void)snprintf(restore, sizeof restore, "; no model that restores is found");
    if (wish->upscale != usual)
        (void)snprintf(model, sizeof model, "; enlarged by %s", anew_model_name(wish->upscale));
    (void)snprintf(text, sizeof text, "%s%s%s%s", seen, shrink, restore, model);
    cli_event_looked(&run->events, path, text, wish->shrink_first,
                     wish->restore == NULL ? 0 : wish->restore_strength);
    return ANEW_OK;
}
