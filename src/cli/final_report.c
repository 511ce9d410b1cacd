/* final_report.c - the two forms of a report. */
#include "cli/final_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/json.h"
#include "core/file.h"
#include "core/memory.h"

static const char json_start[] = "{\"schema\":1,\"report\":\"anew\"",
                  text_start[] = "anew report\n";

static bool is_json_name(const char *path)
{
    const size_t length = strlen(path);
    return length >= 5 && strcmp(path + length - 5, ".json") == 0;
}

/* Whether a file of that name can be made at the end of the work. A pipe or a device is not opened: whoever reads it would take
 * that for the report. */
static anew_status check_place(const char *path, bool is_there, const struct stat *facts,
                               anew_error *error)
{
    anew_output *trial = NULL;
    anew_error cause = {0};
    if (is_there && S_ISDIR(facts->st_mode))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "--report %s: is a folder", path);
    if (is_there && !S_ISREG(facts->st_mode))
        return access(path, W_OK) == 0
                   ? ANEW_OK
                   : anew_fail(error, ANEW_ERROR_ARGUMENT, "--report %s: cannot write: %s", path,
                               strerror(errno));
    if (anew_output_open(&trial, path, &cause) != ANEW_OK)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "--report %s", cause.text);
    anew_output_discard(&trial);
    return ANEW_OK;
}

anew_status cli_final_report_check(const char *path, bool force, anew_error *error)
{
    char start[sizeof json_start] = "";
    struct stat facts = {0};
    FILE *file = NULL;
    if (strcmp(path, "-") == 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--report -: must be a file; standard output has the pictures' lines");
    const bool is_there = stat(path, &facts) == 0;
    ANEW_TRY(check_place(path, is_there, &facts, error));
    if (force || !is_there || !S_ISREG(facts.st_mode) || (file = fopen(path, "r")) == NULL)
        return ANEW_OK;
    const size_t bytes = fread(start, 1, sizeof start - 1, file);
    (void)fclose(file);
    if (bytes == 0 || strncmp(start, json_start, sizeof json_start - 1) == 0 ||
        strncmp(start, text_start, sizeof text_start - 1) == 0)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "--report %s: exists and is no report of anew; --force overwrites it", path);
}

void cli_final_report_add(cli_final_report *report, const char *input, const anew_error *failure,
                          bool named)
{
    const cli_cause cause = cli_cause_of(failure);
    report->failed++;
    report->causes[cause]++;
    if (!named)
        return;
    cli_failure *more = anew_grow(report->failures, &report->failure_capacity,
                                  report->failure_count + 1, sizeof *more);
    if (more == NULL)
        return;
    report->failures = more;
    cli_failure *f = &more[report->failure_count];
    *f = (cli_failure){anew_text_copy(input), anew_text_copy(failure->text), cause};
    if (f->input != NULL && f->error != NULL) {
        report->failure_count++;
        return;
    }
    anew_free(f->input);
    anew_free(f->error);
}

static double speed(const cli_final_report *r)
{
    return r->seconds > 0 ? (double)r->done / r->seconds : 0;
}

static void print_json(FILE *to, const cli_final_report *r)
{
    fprintf(to,
            "%s,\"pictures\":%zu,\"done\":%zu,\"failed\":%zu,\"skipped\":%zu,\"undone\":%zu,"
            "\"retries\":%zu,\"interrupted\":%s,\"seconds\":%.3f,\"pictures_per_second\":%.3f,"
            "\"causes\":{",
            json_start, r->pictures, r->done, r->failed, r->skipped, r->undone, r->retries,
            r->interrupted != 0 ? "true" : "false", r->seconds, speed(r));
    const char *separator = "";
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (r->causes[cause] > 0) {
            fprintf(to, "%s\"%s\":%zu", separator, cli_cause_name((cli_cause)cause),
                    r->causes[cause]);
            separator = ",";
        }
    fputs("},\"failures\":[", to);
    for (size_t i = 0; i < r->failure_count; i++) {
        fputs(i > 0 ? ",{\"input\":" : "{\"input\":", to);
        json_string(to, r->failures[i].input);
        fprintf(to, ",\"cause\":\"%s\",\"error\":", cli_cause_name(r->failures[i].cause));
        json_string(to, r->failures[i].error);
        fputc('}', to);
    }
    fputs("]}\n", to);
}

static void print_text(FILE *to, const cli_final_report *r)
{
    fprintf(to, "%s%-20s %zu\n%-20s %zu\n%-20s %zu\n%-20s %zu\n", text_start, "pictures",
            r->pictures, "done", r->done, "failed", r->failed, "left out", r->skipped);
    if (r->interrupted != 0)
        fprintf(to, "%-20s %zu (interrupted)\n", "not done", r->undone);
    if (r->retries > 0)
        fprintf(to, "%-20s %zu\n", "tried again", r->retries);
    fprintf(to, "%-20s %.1f\n%-20s %.2f\n", "seconds", r->seconds, "pictures per second", speed(r));
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (r->causes[cause] > 0)
            fprintf(to, "failed by %-10s %zu\n", cli_cause_name((cli_cause)cause),
                    r->causes[cause]);
    /* As in messages: one line each, whatever is in a name. */
    for (size_t i = 0; i < r->failure_count; i++) {
        anew_error line;
        anew_error_set(&line, ANEW_ERROR_IO, "%s", r->failures[i].error);
        anew_error_name(&line, r->failures[i].input);
        fprintf(to, "failed: %s\n", line.text);
    }
}

anew_status cli_final_report_write(const cli_final_report *report, const char *path,
                                   anew_error *error)
{
    char *text = NULL;
    size_t size = 0;
    anew_output *output = NULL;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the report", path);
    (is_json_name(path) ? print_json : print_text)(to, report);
    const bool whole = ferror(to) == 0;
    anew_status status = ANEW_OK;
    if (fclose(to) != 0 || !whole || text == NULL)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the report", path);
    if (status == ANEW_OK)
        status = anew_output_open(&output, path, error);
    if (status == ANEW_OK)
        status = anew_output_write(output, text, size, error);
    if (status == ANEW_OK)
        status = anew_output_commit(&output, error);
    anew_output_discard(&output);
    free(text);
    return status;
}

void cli_final_report_free(cli_final_report *report)
{
    for (size_t i = 0; i < report->failure_count; i++) {
        anew_free(report->failures[i].input);
        anew_free(report->failures[i].error);
    }
    anew_free(report->failures);
    report->failures = NULL;
    report->failure_count = 0;
}
