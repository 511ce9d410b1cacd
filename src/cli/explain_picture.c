/*
 * explain_picture.c - what a look at a picture saw, the passes that the options make of it, with their models, sizes,
 * memory and work, and why they come in that order.
 *
 * The plan is made by the functions that make it for a run (look_first.h, pipeline/passes.h); nothing is decided here.
 */
#include "cli/explain_picture.h"

#include <stdio.h>
#include <string.h>

#include "cli/auto_faces.h"
#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/json.h"
#include "cli/look_first.h"
#include "cli/model_choice.h"
#include "core/memory.h"
#include "look/look.h"
#include "look/look_choice.h"
#include "pipeline/explain.h"
#include "pipeline/model_path.h"

typedef struct explained {
    anew_model *model, *restore, *drawing; /* owned */
    char *restore_name, *drawing_name;     /* owned */
    anew_image in;
    anew_findings findings;
    anew_choice choice;
    anew_pass_wish wish;
    anew_pass_list passes;
    int width, height; /* of the result */
    struct {
        double flops, seconds;
        size_t bytes;
    } of[ANEW_MOST_PASSES];
    char why_order[320];
    char why_size[160]; /* "": the options name it in pixels, or the model does */
    char tools[320];    /* beside the network; "": none */
    char faces[240];    /* what --auto does to them; "": the options say it */
} explained;

bool cli_is_picture(const char *word, const cli_options *options)
{
    anew_image_reader *reader = NULL;
    anew_image shape;
    anew_error ignored;
    const size_t length = strlen(word);
    if (length > 5 && strcmp(word + length - 5, ".anew") == 0)
        return false;
    if (anew_image_reader_open(&reader, &shape, word, &options->limits, &ignored) != ANEW_OK)
        return false;
    anew_image_reader_close(&reader);
    return true;
}

static anew_status look(explained *e, const char *path, const cli_options *options,
                        anew_error *error)
{
    anew_image_reader *reader = NULL;
    ANEW_TRY(anew_image_reader_open(&reader, &e->in, path, &options->limits, error));
    const anew_status status = anew_look_reader(&e->findings, reader, &e->in, error);
    anew_image_reader_close(&reader);
    anew_choose(&e->choice, &e->findings);
    return status;
}

/* Work and memory of each pass; the first is tried on this machine, and tells the time of all. */
static anew_status reckon(explained *e, const anew_enhance_options *options, anew_error *error)
{
    double seconds_per_flop = 0;
    int width = e->in.width, height = e->in.height;
    for (int i = 0; i < e->passes.count; i++) {
        const anew_pass *pass = &e->passes.passes[i];
        if (pass->model != NULL && pass->strength > 0) {
            anew_enhance_options own;
            anew_explanation x;
            ANEW_TRY(anew_pass_options(&own, &e->passes, i, &e->in, options, error));
            ANEW_TRY(
                anew_explain(&x, pass->model, width, height, &own, seconds_per_flop <= 0, error));
            if (seconds_per_flop <= 0 && x.flops > 0)
                seconds_per_flop = x.seconds / x.flops;
            e->of[i].flops = x.flops;
            e->of[i].seconds = x.flops * seconds_per_flop;
            e->of[i].bytes = x.bytes;
            anew_explanation_free(&x);
        }
        width = pass->width;
        height = pass->height;
    }
    return ANEW_OK;
}

/* Where restoring comes, against the other way. */
static void explain_order(explained *e)
{
    char *why = e->why_order;
    const size_t size = sizeof e->why_order;
    const double larger = (double)e->width * e->height / ((double)e->in.width * e->in.height);
    const double shrunk = e->wish.shrink_first > 1 ? e->wish.shrink_first : 1;
    if (e->wish.restore == NULL)
        (void)snprintf(why, size, "no restoring pass, so that --order changes nothing");
    else if (!e->wish.upscale_first)
        (void)snprintf(why, size,
                       "restored first, at the size at which the faults were made: what is "
                       "enlarged is clean, and the restoring pass has %.1f times fewer pixels than "
                       "after enlarging",
                       larger * shrunk * shrunk);
    else
        (void)snprintf(why, size,
                       "restored after enlarging, as --order says: better where the enlarging "
                       "model has itself learnt to remove JPEG's blocks and noise, or the "
                       "restoring one was trained on sharp, large pictures; the restoring pass has "
                       "%.1f times as many pixels",
                       larger * shrunk * shrunk);
}

/* The box, the megapixels or the paper; and the dots an inch. */
static void explain_size(explained *e, const cli_options *options)
{
    const cli_targets *t = &options->targets;
    char *why = e->why_size;
    const size_t size = sizeof e->why_size;
    if (t->fit_width > 0)
        (void)snprintf(why, size, "the largest of its aspect that fits into %dx%d", t->fit_width,
                       t->fit_height);
    else if (t->megapixels > 0)
        (void)snprintf(why, size, "the one of its aspect that is nearest to %g megapixels",
                       t->megapixels);
    else if (t->paper_width > 0)
        (void)snprintf(why, size, "the largest of its aspect that fits onto %s at %g dots an inch",
                       options->texts[OPT_PRINT], cli_targets_dpi(t));
    else if (t->dpi > 0)
        (void)snprintf(why, size, "the result says %g dots an inch", t->dpi);
}

/* What is done beside the network, in the order in which it is (finish/finish.h). */
static void explain_tools(explained *e, const cli_options *options)
{
    static const option_id ids[] = {
        OPT_SCRATCHES, OPT_ERASE,      OPT_GUARD,     OPT_COLOUR_LOCK,  OPT_SHARPEN,
        OPT_GRAIN,     OPT_GRAIN_SEED, OPT_FAITHFUL,  OPT_RESTORE_TONE, OPT_WHITE_BALANCE,
        OPT_LEVELS,    OPT_CONTRAST,   OPT_SATURATION};
    size_t at = 0;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0] && at < sizeof e->tools; i++) {
        const char *text = options->texts[ids[i]];
        if (options->given[ids[i]])
            at += (size_t)snprintf(e->tools + at, sizeof e->tools - at, "%s%s%s%s",
                                   at > 0 ? ", " : "", cli_option_table[ids[i]].name,
                                   text != NULL ? " " : "", text != NULL ? text : "");
    }
}

/* The faces that a run would mend by itself. */
static anew_status look_for_faces(explained *e, const char *path, const cli_options *options,
                                  anew_error *error)
{
    const cli_auto_picture picture = {path, &e->findings, e->width, e->height};
    cli_auto_faces *faces = NULL;
    cli_face_wish wish = {.mender = NULL};
    if (!cli_mends_by_itself(options))
        return ANEW_OK;
    ANEW_TRY(cli_auto_faces_open(&faces, options, error));
    (void)snprintf(e->faces, sizeof e->faces,
                   "not looked for: a model that finds them or one that restores them is missing");
    if (faces == NULL)
        return ANEW_OK;
    anew_status status =
        cli_auto_faces_choose(&wish, e->faces, sizeof e->faces, faces, &picture, error);
    if (status == ANEW_OK && e->faces[0] == '\0')
        (void)snprintf(e->faces, sizeof e->faces, "%s",
                       e->findings.drawing ? "not looked for in a drawing"
                                           : "none that would gain");
    else if (status == ANEW_OK) /* without the "; " that joins it to a line */
        memmove(e->faces, e->faces + 2, strlen(e->faces) - 1);
    cli_face_wish_free(&wish);
    cli_auto_faces_close(&faces);
    return status;
}

static anew_status plan(explained *e, const char *path, const cli_options *options,
                        anew_error *error)
{
    anew_model_facts facts;
    anew_enhance_options enhance = options->enhance;
    ANEW_TRY(look(e, path, options, error));
    ANEW_TRY(anew_models_open(&e->model, options->model, &options->mixing, error));
    ANEW_TRY(anew_model_facts_of(&facts, e->model, error));
    ANEW_TRY(cli_restorer_open(&e->restore, &e->restore_name, options, error));
    ANEW_TRY(cli_drawing_model_open(&e->drawing, &e->drawing_name, options, facts.scale, error));
    e->wish = cli_wish_of(options, e->model, e->restore);
    if (cli_looks_first(options))
        cli_wish_by_findings(&e->wish, &e->findings, options, e->drawing);
    cli_targets_resolve(&enhance, &options->targets, e->in.width, e->in.height);
    ANEW_TRY(anew_enhance_size(&e->width, &e->height, facts.scale, e->in.width, e->in.height,
                               &enhance, error));
    explain_size(e, options);
    explain_tools(e, options);
    ANEW_TRY(anew_passes_plan(&e->passes, &e->wish, e->in.width, e->in.height, e->width, e->height,
                              error));
    explain_order(e);
    ANEW_TRY(look_for_faces(e, path, options, error));
    return reckon(e, &enhance, error);
}

/* ---- in words ------------------------------------------------------------------------------------------ */

static const char *kind_of(const explained *e, const anew_pass *pass)
{
    return pass->model == NULL ? "made smaller"
           : pass->model == e->wish.restore && pass->model != NULL && pass->model != e->wish.upscale
               ? "restored"
           : pass->strength <= 0 ? "resampled"
                                 : "enlarged";
}

/* Why this pass is there. */
static void explain_pass(char *text, size_t size, const explained *e, int index,
                         const cli_options *options)
{
    const anew_pass *pass = &e->passes.passes[index];
    const bool looked = cli_looks_first(options);
    if (pass->model == NULL)
        (void)snprintf(text, size, "%s",
                       options->given[OPT_SHRINK_FIRST]
                           ? "by --shrink-first"
                           : "it was enlarged before, and holds no more than this");
    else if (pass->model == e->wish.restore && pass->model != e->wish.upscale)
        (void)snprintf(text, size, "%s",
                       options->given[OPT_RESTORE_STRENGTH] || !looked
                           ? "by --restore"
                           : "the faults that were seen ask for this strength");
    else if (pass->model == e->drawing)
        (void)snprintf(text, size, "it is a drawing, and this model is for drawings");
    else
        (void)snprintf(text, size, "%s",
                       options->given[OPT_MODEL] ? "by --model" : "the model for photos");
}

static void print_words(const explained *e, const char *path, const cli_options *options)
{
    char seen[200], why[128];
    int width = e->in.width, height = e->in.height;
    double seconds = 0;
    anew_look_words(seen, sizeof seen, &e->findings);
    printf("%s: %dx%d -> %dx%d\n", path, width, height, e->width, e->height);
    printf("seen:      %s\n", seen);
    if (e->why_size[0] != '\0')
        printf("size:      %s\n", e->why_size);
    for (int i = 0; i < e->passes.count; i++) {
        const anew_pass *pass = &e->passes.passes[i];
        explain_pass(why, sizeof why, e, i, options);
        printf("pass %d:    %s %dx%d -> %dx%d", i + 1, kind_of(e, pass), width, height, pass->width,
               pass->height);
        if (pass->model != NULL && pass->strength > 0)
            printf(" by %s, strength %.2f; %.1f GFLOP, %.1f MiB", anew_model_name(pass->model),
                   pass->strength, e->of[i].flops * 1e-9, (double)e->of[i].bytes / 1048576);
        printf(": %s\n", why);
        seconds += e->of[i].seconds;
        width = pass->width;
        height = pass->height;
    }
    printf("order:     %s\n", e->why_order);
    if (e->faces[0] != '\0')
        printf("faces:     %s\n", e->faces);
    if (e->tools[0] != '\0')
        printf("tools:     %s\n", e->tools);
    printf("time:      about %.2f s (from a trial on this machine)\n", seconds);
    if (!cli_looks_first(options)) {
        printf("--auto:    would do this: %s%s\n", e->choice.reason,
               options->restore == NULL && e->choice.restore_strength > 0
                   ? " (by --restore auto, where a model for it is here)"
                   : "");
    }
}

/* A member of a text that may be none. */
static void print_or_null(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    if (text[0] != '\0')
        json_string(stdout, text);
    else
        printf("null");
}

static void print_json(const explained *e, const char *path, const cli_options *options)
{
    char seen[200], why[128];
    int width = e->in.width, height = e->in.height;
    anew_look_words(seen, sizeof seen, &e->findings);
    printf("{\"schema\":1,\"path\":");
    json_string(stdout, path);
    printf(",\"input_size\":[%d,%d],\"output_size\":[%d,%d],\"seen\":", width, height, e->width,
           e->height);
    json_string(stdout, seen);
    printf(",\"auto\":%s,\"choice\":", cli_looks_first(options) ? "true" : "false");
    json_string(stdout, e->choice.reason);
    printf(",\"order\":\"%s\",\"why_order\":",
           e->wish.upscale_first ? "upscale-first" : "restore-first");
    json_string(stdout, e->why_order);
    print_or_null("why_size", e->why_size);
    print_or_null("tools", e->tools);
    print_or_null("faces", e->faces);
    printf(",\"passes\":[");
    for (int i = 0; i < e->passes.count; i++) {
        const anew_pass *pass = &e->passes.passes[i];
        explain_pass(why, sizeof why, e, i, options);
        printf("%s{\"what\":\"%s\",\"model\":", i > 0 ? "," : "", kind_of(e, pass));
        if (pass->model == NULL)
            printf("null");
        else
            json_string(stdout, anew_model_name(pass->model));
        printf(",\"strength\":%.3f,\"input_size\":[%d,%d],\"output_size\":[%d,%d],\"flops\":%.0f,"
               "\"memory_bytes\":%zu,\"seconds\":%.3f,\"why\":",
               pass->strength, width, height, pass->width, pass->height, e->of[i].flops,
               e->of[i].bytes, e->of[i].seconds);
        json_string(stdout, why);
        printf("}");
        width = pass->width;
        height = pass->height;
    }
    printf("]}\n");
}

int cli_explain_picture(const char *path, const cli_options *options)
{
    explained e = {.width = 0};
    anew_error error = {0};
    const anew_status status = plan(&e, path, options, &error);
    if (status == ANEW_OK)
        (options->json ? print_json : print_words)(&e, path, options);
    else
        cli_complain_error(&error);
    anew_model_close(&e.model);
    anew_model_close(&e.restore);
    anew_model_close(&e.drawing);
    anew_free(e.restore_name);
    anew_free(e.drawing_name);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
