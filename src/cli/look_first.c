/* look_first.c - from anew_look's findings to the passes of one picture. */
#include "cli/look_first.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "look/look_choice.h"
#include "look/look_samples.h"

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
    return cli_auto_is_on(options) || cli_restores_by_itself(options);
}

void cli_wish_by_findings(anew_pass_wish *wish, const anew_findings *findings,
                          const cli_options *options, const anew_model *drawing)
{
    anew_choice choice;
    anew_choose(&choice, findings);
    const bool on = cli_auto_is_on(options);
    const bool itself = cli_restores_by_itself(options);
    if (on && !options->given[OPT_SHRINK_FIRST])
        wish->shrink_first = choice.shrink_first;
    /* A model that was named, and no word of --auto: then it is wanted as it is. */
    if (!options->given[OPT_RESTORE_STRENGTH] && (itself || options->given[OPT_AUTO]))
        wish->restore_strength = choice.restore_strength;
    /* Left alone is what nobody asked to be restored, whatever the share would be. */
    if (wish->restore_strength <= 0 || (itself && choice.restore_strength <= 0))
        wish->restore = NULL;
    if (on && choice.is_drawing && drawing != NULL)
        wish->upscale = drawing;
}

static bool can_be_read_twice(const char *path)
{
    struct stat facts;
    return strcmp(path, "-") != 0 && stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

void cli_look_line(char text[CLI_LOOK_LINE], const anew_findings *findings,
                   const anew_pass_wish *wish, const anew_model *usual, bool none_found)
{
    char seen[200], shrink[48] = "", restore[48] = "", model[96] = "";
    anew_look_words(seen, sizeof seen, findings);
    if (wish->shrink_first > 1)
        (void)snprintf(shrink, sizeof shrink, "; made %.2g times smaller first",
                       wish->shrink_first);
    if (wish->restore != NULL)
        (void)snprintf(restore, sizeof restore, "; restored with strength %.2f",
                       wish->restore_strength);
    else if (none_found)
        (void)snprintf(restore, sizeof restore, "; no model that restores is found");
    if (wish->upscale != usual)
        (void)snprintf(model, sizeof model, "; enlarged by %s", anew_model_name(wish->upscale));
    const bool as_it_is = shrink[0] == '\0' && restore[0] == '\0' && model[0] == '\0';
    (void)snprintf(text, CLI_LOOK_LINE, "%s%s%s%s%s", seen, shrink, restore, model,
                   as_it_is ? "; enlarged as it is" : "");
}

anew_status cli_look_fits(const cli_run *run, const anew_image *in, anew_error *error)
{
    const size_t most = run->options->enhance.memory,
                 bytes = anew_look_bytes(in->width, in->height);
    if (run->events.id == NULL || most == 0 || bytes <= most)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_LIMIT,
                     "looking at %dx%d pixels takes %zu bytes, and memory_bytes are %zu; \"auto\": "
                     "\"off\" does without",
                     in->width, in->height, bytes, most);
}

anew_status cli_look_first(anew_pass_wish *wish, cli_run *run, const char *path, anew_error *error)
{
    anew_findings findings;
    char text[CLI_LOOK_LINE];
    if (!can_be_read_twice(path)) {
        if (!run->options->given[OPT_RESTORE])
            wish->restore = NULL; /* nothing asks for it */
        return ANEW_OK;
    }
    const anew_model *usual = wish->upscale;
    ANEW_TRY(anew_look_file(&findings, path, error));
    cli_wish_by_findings(wish, &findings, run->options, run->drawing);
    const bool none =
        run->restore == NULL && cli_restores_by_itself(run->options) && wish->restore_strength > 0;
    cli_look_line(text, &findings, wish, usual, none);
    cli_event_looked(&run->events, path, text, wish->shrink_first,
                     wish->restore == NULL ? 0 : wish->restore_strength);
    return ANEW_OK;
}

/* As if it had been given; `text` is kept by the caller. */
static void give(cli_options *options, option_id id, const char *text)
{
    options->given[id] = true;
    options->texts[id] = text;
}

void cli_look_record(cli_provenance *line, const anew_pass_wish *wish, const cli_run *run)
{
    cli_options options = *run->options;
    cli_digests digests = run->digests;
    char shrink[32], strength[32];
    if (wish->shrink_first > 1 && !options.given[OPT_SHRINK_FIRST]) {
        (void)snprintf(shrink, sizeof shrink, "%.3f", wish->shrink_first);
        give(&options, OPT_SHRINK_FIRST, shrink);
    }
    if (wish->restore == NULL) {
        options.given[OPT_RESTORE] = options.given[OPT_RESTORE_STRENGTH] = false;
        digests.restore[0] = '\0';
    } else if (cli_looks_first(&options)) {
        give(&options, OPT_RESTORE, run->restore_name);
        if (!options.given[OPT_RESTORE_STRENGTH] && wish->restore_strength < 1) {
            (void)snprintf(strength, sizeof strength, "%.2f", wish->restore_strength);
            give(&options, OPT_RESTORE_STRENGTH, strength);
        }
    }
    if (run->drawing != NULL && wish->upscale == run->drawing) {
        options.model = run->drawing_name;
        memcpy(digests.model, digests.drawing, sizeof digests.model);
    }
    cli_provenance_of(line, &options, run->cpu, &digests);
}
