/*
 * worker.h - what the parts of `anew worker` share: sessions, which are whoever sends requests, their jobs, and the
 * threads that do them.
 *
 *     poll loop (command_worker.c)       requests (worker_request.c)     threads (worker_jobs.c)
 *     bytes in -> lines  ------------->  a line -> a job in its        -> a job, one session after another
 *     bytes out <- session's answers <-  session's queue, or an answer <- its answer
 *
 * One mutex guards all of it but what a running job computes. The loop alone opens, reads, writes and frees sessions.
 */
#ifndef ANEW_CLI_WORKER_H
#define ANEW_CLI_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/json_read.h"
#include "cli/one_picture.h"
#include "kernels/kernels.h"

/* Requests of a session that wait or run: while there are so many, its next ones are not read. */
#define WORKER_MOST_JOBS 1000
/* Bytes of a request's line. */
#define WORKER_LONGEST_LINE ((size_t)1 << 16)

typedef struct worker_session worker_session;

typedef struct worker_job {
    struct worker_job *next;
    worker_session *session;
    char *id; /* as JSON; owned, like the next two */
    char *input, *output;
    cli_options options;    /* the request's, and the worker's */
    char *texts[OPT_COUNT]; /* what the options borrow of the request; owned */
    int text_count;
    double timeout;  /* seconds from the beginning of the work; 0: none */
    double deadline; /* set when it begins */
    bool running;
    atomic_bool cancelled;
} worker_job;

/* Text that grows; `start` is what has been taken away in front. */
typedef struct worker_text {
    char *bytes;
    size_t size, capacity, start;
} worker_text;

struct worker_session {
    int in, out; /* descriptors */
    bool is_socket;
    worker_text line; /* what has come in without a line's end; the loop's */
    bool too_long;    /* ... and is left out up to that end */
    bool ended;       /* nothing more comes in */
    bool broken;      /* nobody takes answers */
    worker_text answers;
    worker_job *jobs; /* in the order of their requests: waiting and running ones */
    int job_count;
};

#define WORKER_MOST_SESSIONS 64

typedef struct worker {
    const cli_options *options;
    const anew_model *model, *restore,
        *drawing; /* as of a cli_run; jobs take what their options want */
    const char *restore_name, *drawing_name;
    int model_scale;
    const cli_mender *mender;
    cli_digests digests;
    anew_isa isa;
    cli_batch batch;
    int wake; /* a byte there wakes the loop */
    double started;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    worker_session *sessions[WORKER_MOST_SESSIONS];
    int session_count, turn; /* whose job is next */
    int waiting, running;
    size_t done, failed, cancelled, refused;
    bool draining; /* no further request is taken */
    bool closing;  /* threads end when nothing waits */
} worker;

/* ---- worker_request.c: with the mutex held ---- */

/* One line, without its end: a job is queued, or there is an answer. */
void worker_request(worker *w, worker_session *session, const char *line, size_t size);

/* An answer to a line that is none. */
void worker_refuse(worker *w, worker_session *session, const char *id, const char *error);

/* Adds bytes to a session's answers; without memory, the session is broken. */
void worker_answer(worker_session *session, const char *text, size_t size);

/* Takes a job out of its session and frees it. */
void worker_forget(worker_job *job);

/* Answers that a waiting job is cancelled and forgets it; a running one is told to stop. */
void worker_cancel(worker *w, worker_job *job);

/* ---- worker_options.c ---- */

/* The options of a job: what the request's members say, but for those that `others` lists ("a|b"), then what the worker
 * was started with. */
ANEW_NODISCARD anew_status worker_read_options(worker_job *job, const cli_options *workers,
                                               const json_document *document,
                                               const json_value *request, const char *others,
                                               anew_error *error);

/* ---- worker_jobs.c ---- */

/* A thread's body: jobs until `closing`. */
void *worker_work(void *context);

/* Wakes the loop. */
void worker_wake(const worker *w);

#endif
