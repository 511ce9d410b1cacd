/*
 * worker_options.c - a request's members to the options of its job. What stands further up counts, as with a command line
 * and a preset (settings.h):
 *
 *     the request's members: any option that the table marks so, by its name with _ for -
 *     what the worker was started with: its command line, preset, environment and config file
 */
#include <stdio.h>
#include <string.h>

#include "cli/worker.h"
#include "core/memory.h"

/* Of messages: where a member's value stands, and its name. */
#define PLACE_BYTES 128

static bool is_number(const cli_option *o)
{
    return o->kind == OPTION_INTEGER || o->kind == OPTION_REAL || o->kind == OPTION_BYTES ||
           o->kind == OPTION_FILE_BYTES;
}

/* ---- a member's option ---------------------------------------------------------------------------------- */

static bool is_named(const cli_option *o, const char *member)
{
    size_t i = 0;
    while (o->name[i] != '\0' && cli_request_letter(o->name[i]) == member[i])
        i++;
    return o->name[i] == '\0' && member[i] == '\0';
}

/* OPT_COUNT: there is none of that name. */
static option_id find_option(const char *member)
{
    int id = 0;
    while (id < OPT_COUNT && !is_named(&cli_option_table[id], member))
        id++;
    return (option_id)id;
}

static anew_status refuse_member(const json_document *document, const json_value *member,
                                 option_id id, anew_error *error)
{
    if (id < OPT_COUNT && cli_option_is_for(&cli_option_table[id], COMMAND_WORKER))
        return json_refuse(document, member, error,
                           "\"%s\" is for all of a worker's pictures: anew worker --%s",
                           member->name, cli_option_table[id].name);
    return json_refuse(document, member, error,
                       "there is no member \"%s\"; anew worker --help lists them", member->name);
}

/* ---- its value ------------------------------------------------------------------------------------------ */

static anew_status refuse_kind(const json_document *document, const json_value *value,
                               const cli_option *o, anew_error *error)
{
    const bool bare = o->may_be_bare;
    if (o->kind == OPTION_FLAG)
        return json_refuse(document, value, error, "\"%s\" must be true or false", value->name);
    if (o->kind == OPTION_CHOICE)
        return json_refuse(document, value, error, "\"%s\" must be one of %s%s", value->name,
                           o->values, bare ? ", true or false" : "");
    if (is_number(o))
        return json_refuse(document, value, error,
                           "\"%s\" must be a %snumber from %.15g to %.15g%s%s%s%s", value->name,
                           o->kind == OPTION_INTEGER ? "whole " : "", o->minimum, o->maximum,
                           o->values != NULL ? ", or \"" : "", o->values != NULL ? o->values : "",
                           o->values != NULL ? "\"" : "", bare ? ", true or false" : "");
    return json_refuse(document, value, error, "\"%s\" must be a string, %s", value->name,
                       o->argument);
}

/* Whether a string says it: numbers are said by numbers but for a word that stands for one, and sizes of files. */
static bool may_be_string(const cli_option *o, const char *text)
{
    if (o->kind == OPTION_FLAG || text[0] == '\0')
        return false;
    if (o->kind == OPTION_FILE)
        return strcmp(text, "-") != 0; /* the requests themselves may come in there */
    return !is_number(o) || o->kind == OPTION_FILE_BYTES ||
           (o->values != NULL && strcmp(text, o->values) == 0);
}

/* As a command line or a preset would have it; owned by the job. */
static anew_status text_of(const char **text, worker_job *job, const json_document *document,
                           const json_value *value, const cli_option *o, anew_error *error)
{
    char number[32];
    const char *said = number;
    if (value->kind == JSON_STRING && may_be_string(o, value->text))
        said = value->text;
    else if (value->kind == JSON_BOOLEAN && (o->kind == OPTION_FLAG || o->may_be_bare))
        said = value->number > 0 ? "yes" : "no";
    else if (value->kind != JSON_NUMBER || !(is_number(o) || o->kind == OPTION_CHOICE))
        return refuse_kind(document, value, o, error);
    (void)snprintf(number, sizeof number, "%.15g", value->number);
    char *copy = anew_text_copy(said);
    if (copy == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "request: no memory for \"%s\"", value->name);
    *text = job->texts[job->text_count++] = copy;
    return ANEW_OK;
}

static anew_status take_member(worker_job *job, const json_document *document,
                               const json_value *member, anew_error *error)
{
    char place[PLACE_BYTES];
    const char *text = NULL;
    const option_id id = find_option(member->name);
    if (id == OPT_COUNT || !cli_option_is_in_requests(&cli_option_table[id]))
        return refuse_member(document, member, id, error);
    ANEW_TRY(text_of(&text, job, document, member, &cli_option_table[id], error));
    (void)snprintf(place, sizeof place, "request: line %d, column %d: \"%s\" ", member->line,
                   member->column, member->name);
    return cli_take(&job->options, id, text, CLI_FROM_REQUEST, place, error);
}

/* ---- what the worker was started with --------------------------------------------------------------------- */

static anew_status inherit(cli_options *to, const cli_options *from, option_id id,
                           anew_error *error)
{
    const cli_source source = from->source[id];
    if (source == CLI_FROM_NOWHERE || cli_is_decided(to, id, source))
        return ANEW_OK;
    return from->given[id] ? cli_set(to, id, from->texts[id], source, NULL, error)
                           : cli_take(to, id, "off", source, NULL, error);
}

static anew_status inherit_all(cli_options *to, const cli_options *from, anew_error *error)
{
    for (int id = 0; id < OPT_COUNT; id++)
        ANEW_TRY(inherit(to, from, (option_id)id, error));
    to->faces = from->faces; /* of --face-exclude only the last text is kept */
    to->enhance.cpu = from->enhance.cpu;
    to->enhance.engine = from->enhance.engine;
    return ANEW_OK;
}

anew_status worker_read_options(worker_job *job, const cli_options *workers,
                                const json_document *document, const json_value *request,
                                const char *others, anew_error *error)
{
    cli_options_start(&job->options);
    job->options.command = COMMAND_WORKER;
    for (const json_value *member = request->first; member != NULL; member = member->next)
        if (!json_is_listed(member->name, others))
            ANEW_TRY(take_member(job, document, member, error));
    ANEW_TRY(inherit_all(&job->options, workers, error));
    if (cli_agree(&job->options, error) == ANEW_OK)
        return ANEW_OK;
    anew_error_name(error, "request");
    return error->status;
}
