/* worker_jobs.c - the threads that do a worker's jobs: each takes the next job, of one session after another, and does
 * it as `anew PICTURE` would (one_picture.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/model_choice.h"
#include "cli/worker.h"
#include "core/memory.h"
#include "kernels/kernels.h"

void worker_wake(const worker *w)
{
    static const char byte = 0;
    /* A pipe that is full wakes, too. */
    if (write(w->wake, &byte, 1) != 1)
        return;
}

/* The first waiting job of the session whose turn it is, or of the ones after it; NULL where none waits. */
static worker_job *take(worker *w)
{
    for (int i = 0; i < w->session_count; i++) {
        const int at = (w->turn + i) % w->session_count;
        worker_job *job = w->sessions[at]->jobs;
        while (job != NULL && job->running)
            job = job->next;
        if (job != NULL) {
            w->turn = (at + 1) % w->session_count;
            w->waiting--;
            w->running++;
            job->running = true;
            return job;
        }
    }
    return NULL;
}

static bool is_late(const worker_job *job)
{
    return job->timeout > 0 && anew_seconds() > job->deadline;
}

static bool goes_on(void *context)
{
    const worker_job *job = context;
    return !atomic_load(&job->cancelled) && !is_late(job);
}

/* A pipe or a device could keep everybody waiting. */
static anew_status want_regular(const char *path, anew_error *error)
{
    struct stat facts;
    if (path != NULL && stat(path, &facts) == 0 && !S_ISREG(facts.st_mode))
        return anew_fail(error, ANEW_ERROR_IO, "%s: is no regular file", path);
    return ANEW_OK;
}

/* All files that the job reads, and that what it writes beside the result is not one of them. */
static anew_status look_at_files(const worker_job *job, anew_error *error)
{
    const cli_options *o = &job->options;
    const bool found = o->scratches != NULL && strcmp(o->scratches, "auto") == 0;
    ANEW_TRY(want_regular(job->input, error));
    ANEW_TRY(want_regular(found ? NULL : o->scratches, error));
    ANEW_TRY(want_regular(o->erase, error));
    if (o->scratch_mask != NULL && cli_same_file(job->input, o->scratch_mask))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: is the picture itself; name another file for the mask",
                         o->scratch_mask);
    return ANEW_OK;
}

/* The worker has models for any request; these are those that `anew PICTURE` would open (model_choice.h). */
static bool wants_restorer(const cli_options *options)
{
    return options->given[OPT_RESTORE] || cli_restores_by_itself(options);
}

static bool wants_drawing_model(const cli_options *options)
{
    return cli_auto_is_on(options) && options->model == NULL;
}

/* The picture, and its events of JSON as a text to free(); NULL without memory. */
static anew_status run_job(char **text, size_t *size, worker *w, worker_job *job)
{
    cli_input input = {.path = job->input};
    const cli_inputs inputs = {.list = &input, .count = 1};
    anew_error error = {0};
    cli_run run = {.options = &job->options,
                   .cpu = anew_isa_name(w->isa),
                   .digests = w->digests,
                   .model = w->model,
                   .restore = wants_restorer(&job->options) ? w->restore : NULL,
                   .drawing = wants_drawing_model(&job->options) ? w->drawing : NULL,
                   .restore_name = w->restore_name,
                   .drawing_name = w->drawing_name,
                   .model_scale = w->model_scale,
                   .inputs = &inputs,
                   .batch = &w->batch,
                   .go_on = goes_on,
                   .go_on_context = job,
                   .mender = *w->mender};
    *text = NULL;
    run.events = (cli_events){.options = &job->options,
                              .to = open_memstream(text, size),
                              .screen = {.mutex = PTHREAD_MUTEX_INITIALIZER},
                              .pictures = 1,
                              .started = anew_seconds(),
                              .id = job->id};
    if (run.events.to == NULL)
        return ANEW_ERROR_MEMORY;
    const bool alone = w->batch.parts == 1;
    anew_status status = look_at_files(job, &error);
    if (status == ANEW_OK)
        status = cli_one_picture(&run, 0, alone, &error);
    if (!alone && cli_wants_all(status))
        status = cli_one_picture(&run, 0, true, &error);
    if (status == ANEW_ERROR_CANCELLED && !atomic_load(&job->cancelled))
        anew_error_set(&error, status, "%s: given up after %g seconds", job->input, job->timeout);
    if (status != ANEW_OK && (status != ANEW_ERROR_CANCELLED || !atomic_load(&job->cancelled)))
        cli_event_failed(&run.events, job->input, &error);
    if (fclose(run.events.to) != 0 && status == ANEW_OK)
        status = ANEW_ERROR_MEMORY;
    return status;
}

/* With the mutex held, which is given back while the job runs. */
static void do_job(worker *w, worker_job *job)
{
    char *text = NULL;
    size_t size = 0;
    (void)pthread_mutex_unlock(&w->mutex);
    job->deadline = anew_seconds() + job->timeout;
    const anew_status status = run_job(&text, &size, w, job);
    (void)pthread_mutex_lock(&w->mutex);
    w->running--;
    job->running = false;
    if (status == ANEW_ERROR_CANCELLED && atomic_load(&job->cancelled)) {
        w->waiting++; /* as worker_cancel counts it */
        worker_cancel(w, job);
    } else {
        *(status == ANEW_OK ? &w->done : &w->failed) += 1;
        if (text != NULL)
            worker_answer(job->session, text, size);
        else
            job->session->broken = true;
        worker_forget(job);
    }
    free(text);
    worker_wake(w);
}

void *worker_work(void *context)
{
    worker *w = context;
    (void)pthread_mutex_lock(&w->mutex);
    for (;;) {
        worker_job *job = take(w);
        if (job != NULL)
            do_job(w, job);
        else if (w->closing)
            break;
        else
            (void)pthread_cond_wait(&w->changed, &w->mutex);
    }
    (void)pthread_mutex_unlock(&w->mutex);
    return NULL;
}
