/* worker_request.c - lines of JSON to jobs, cancellings and answers. docs/worker.md says what they may hold. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/worker.h"
#include "core/memory.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

void worker_answer(worker_session *session, const char *text, size_t size)
{
    worker_text *answers = &session->answers;
    if (session->broken)
        return;
    if (answers->start > 0 && answers->start == answers->size)
        answers->start = answers->size = 0;
    char *larger =
        anew_grow(answers->bytes, &answers->capacity, anew_size_add(answers->size, size), 1);
    if (larger == NULL) {
        session->broken = true;
        return;
    }
    answers->bytes = larger;
    memcpy(larger + answers->size, text, size);
    answers->size += size;
}

/* What has been printed, as an answer. */
static void answer_stream(worker_session *session, FILE *stream, char *const *text,
                          const size_t *size)
{
    if (stream != NULL && fclose(stream) == 0 && *text != NULL)
        worker_answer(session, *text, *size);
    else
        session->broken = true;
    free(*text);
}

void worker_refuse(worker *w, worker_session *session, const char *id, const char *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    w->refused++;
    if (to != NULL) {
        fputs("{\"schema\":1,\"event\":\"refused\"", to);
        if (id != NULL)
            fprintf(to, ",\"id\":%s", id);
        fputs(",\"error\":", to);
        json_string(to, error);
        fputs("}\n", to);
    }
    answer_stream(session, to, &text, &size);
}

static void tell_health(const worker *w, worker_session *session)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL) {
        fprintf(to, "{\"schema\":1,\"event\":\"health\",\"state\":\"%s\",\"version\":",
                w->draining ? "draining" : "ready");
        json_string(to, anew_version());
        fputs(",\"model\":", to);
        json_string(to, anew_model_name(w->model));
        fprintf(to,
                ",\"sessions\":%d,\"waiting\":%d,\"running\":%d,\"done\":%zu,\"failed\":%zu,"
                "\"cancelled\":%zu,\"refused\":%zu,\"seconds\":%.3f}\n",
                w->session_count, w->waiting, w->running, w->done, w->failed, w->cancelled,
                w->refused, anew_seconds() - w->started);
    }
    answer_stream(session, to, &text, &size);
}

static void tell_cancelled(worker *w, const worker_job *job)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    w->cancelled++;
    if (to != NULL) {
        fprintf(to, "{\"schema\":1,\"event\":\"cancelled\",\"id\":%s,\"input\":", job->id);
        json_string(to, job->input);
        fputs("}\n", to);
    }
    answer_stream(job->session, to, &text, &size);
}

/* ---- jobs ---------------------------------------------------------------------------------------------- */

static void free_job(worker_job *job)
{
    if (job == NULL)
        return;
    anew_free(job->id);
    anew_free(job->input);
    anew_free(job->output);
    for (int i = 0; i < job->text_count; i++)
        anew_free(job->texts[i]);
    anew_free(job);
}

void worker_forget(worker_job *job)
{
    worker_job **link = &job->session->jobs;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    job->session->job_count--;
    free_job(job);
}

void worker_cancel(worker *w, worker_job *job)
{
    atomic_store(&job->cancelled, true);
    if (job->running)
        return;
    w->waiting--;
    tell_cancelled(w, job);
    worker_forget(job);
}

static worker_job *find_job(const worker_session *session, const char *id)
{
    worker_job *job = id == NULL ? NULL : session->jobs;
    while (job != NULL && strcmp(job->id, id) != 0)
        job = job->next;
    return job;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* What a request is read from, and where its message goes. */
typedef struct request {
    json_document *document;
    const json_value *object;
    anew_error *error;
} request;

/* An id as it is answered: a string or a whole number. */
static anew_status read_id(char **id, const request *r, const json_value *value)
{
    char *text = NULL;
    size_t size = 0;
    const bool whole = value != NULL && value->kind == JSON_NUMBER &&
                       value->number == floor(value->number) && fabs(value->number) <= 0x1p53;
    *id = NULL;
    if (value == NULL || (value->kind != JSON_STRING && !whole))
        return json_refuse(r->document, value == NULL ? r->object : value, r->error,
                           "\"id\" must be a string or a whole number");
    FILE *to = open_memstream(&text, &size);
    if (to != NULL && whole)
        fprintf(to, "%.0f", value->number);
    else if (to != NULL)
        json_string(to, value->text);
    if (to != NULL && fclose(to) == 0)
        *id = anew_text_copy(text);
    free(text);
    return *id != NULL ? ANEW_OK
                       : anew_fail(r->error, ANEW_ERROR_MEMORY, "request: no memory for its id");
}

static anew_status read_path(char **path, const request *r, const char *name)
{
    const json_value *value = json_member(r->object, name);
    if (value == NULL || value->kind != JSON_STRING || value->text[0] == '\0' ||
        strcmp(value->text, "-") == 0)
        return json_refuse(r->document, value == NULL ? r->object : value, r->error,
                           "\"%s\" must be a file's path", name);
    *path = anew_text_copy(value->text);
    return *path != NULL
               ? ANEW_OK
               : anew_fail(r->error, ANEW_ERROR_MEMORY, "request: no memory for \"%s\"", name);
}

/* A number that may be left out. */
static anew_status read_number(double *number, const request *r, const char *name, double minimum,
                               double maximum, bool whole)
{
    const json_value *value = json_member(r->object, name);
    if (value == NULL)
        return ANEW_OK;
    ANEW_TRY(json_want_number(number, r->document, value, minimum, maximum, name, r->error));
    if (whole && *number != floor(*number))
        return json_refuse(r->document, value, r->error, "\"%s\" must be a whole number", name);
    return ANEW_OK;
}

static anew_status read_job(worker_job *job, const worker *w, const request *r)
{
    cli_options *o = &job->options;
    ANEW_TRY(read_path(&job->input, r, "input"));
    ANEW_TRY(read_path(&job->output, r, "output"));
    ANEW_TRY(worker_read_options(job, w->options, r->document, r->object,
                                 "id|input|output|timeout_s|memory_bytes", r->error));
    double memory = (double)o->enhance.memory;
    ANEW_TRY(read_number(&memory, r, "memory_bytes", 1, 1e15, true));
    ANEW_TRY(read_number(&job->timeout, r, "timeout_s", 0.001, 1e9, false));
    o->enhance.memory = memory < (double)SIZE_MAX ? (size_t)memory : SIZE_MAX;
    o->json = true;
    o->output = job->output;
    return ANEW_OK;
}

static void request_job(worker *w, worker_session *session, const request *r)
{
    char *id = NULL;
    worker_job *job = anew_alloc_zero(sizeof *job);
    anew_status status = read_id(&id, r, json_member(r->object, "id"));
    if (status == ANEW_OK && job == NULL)
        status = anew_fail(r->error, ANEW_ERROR_MEMORY, "request: no memory");
    if (status == ANEW_OK && find_job(session, id) != NULL)
        status =
            anew_fail(r->error, ANEW_ERROR_ARGUMENT, "request: a job of id %s is not yet done", id);
    if (status == ANEW_OK && w->draining)
        status = anew_fail(r->error, ANEW_ERROR_CANCELLED, "request: the worker is ending");
    if (status == ANEW_OK)
        status = read_job(job, w, r);
    if (status != ANEW_OK) {
        worker_refuse(w, session, id, r->error->text);
        free_job(job);
        anew_free(id);
        return;
    }
    job->id = id;
    job->session = session;
    worker_job **last = &session->jobs;
    while (*last != NULL)
        last = &(*last)->next;
    *last = job;
    session->job_count++;
    w->waiting++;
    (void)pthread_cond_signal(&w->changed);
}

static void request_cancel(worker *w, worker_session *session, const request *r)
{
    char *id = NULL;
    anew_status status = json_want_members(r->document, r->object, "cancel", r->error);
    if (status == ANEW_OK)
        status = read_id(&id, r, json_member(r->object, "cancel"));
    worker_job *job = status == ANEW_OK ? find_job(session, id) : NULL;
    if (job != NULL)
        worker_cancel(w, job);
    else
        worker_refuse(w, session, id,
                      status != ANEW_OK ? r->error->text
                                        : "request: no job of this id is under way");
    anew_free(id);
}

void worker_request(worker *w, worker_session *session, const char *line, size_t size)
{
    anew_error error = {0};
    request r = {.error = &error};
    int count = 0;
    while (size > 0 && strchr(" \t\r", line[size - 1]) != NULL)
        size--;
    if (size == 0)
        return;
    if (json_read(&r.document, line, size, "request", &error) != ANEW_OK) {
        worker_refuse(w, session, NULL, error.text);
        return;
    }
    r.object = json_first(r.document, &count);
    if (count != 1 || r.object->kind != JSON_OBJECT) {
        worker_refuse(w, session, NULL, "request: must be one object a line");
    } else if (json_member(r.object, "health") != NULL) {
        if (json_want_members(r.document, r.object, "health", &error) == ANEW_OK &&
            json_want(r.document, json_member(r.object, "health"), JSON_BOOLEAN, "\"health\"",
                      &error) == ANEW_OK)
            tell_health(w, session);
        else
            worker_refuse(w, session, NULL, error.text);
    } else if (json_member(r.object, "cancel") != NULL) {
        request_cancel(w, session, &r);
    } else {
        request_job(w, session, &r);
    }
    json_free(&r.document);
}
