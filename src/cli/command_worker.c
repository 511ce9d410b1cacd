/*
 * command_worker.c - `anew worker`: stays, with its models loaded, and takes jobs as lines of JSON from standard input
 * or from a Unix socket (docs/worker.md). This is the poll loop and its surroundings; worker.h has the picture.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/face_options.h"
#include "cli/model_choice.h"
#include "cli/worker_session.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernels/kernels.h"
#include "pipeline/model_path.h"

/* ---- the socket ---------------------------------------------------------------------------------------- */

/* A socket that a worker left behind that was killed may go; one that somebody listens at, or another file, may not. */
static anew_status take_place(const struct sockaddr_un *address, anew_error *error)
{
    struct stat facts;
    if (lstat(address->sun_path, &facts) != 0)
        return ANEW_OK;
    if (!S_ISSOCK(facts.st_mode))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "--socket %s: exists and is no socket",
                         address->sun_path);
    const int trial = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool used =
        trial >= 0 && connect(trial, (const struct sockaddr *)address, sizeof *address) == 0;
    if (trial >= 0)
        (void)close(trial);
    if (used)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "--socket %s: another worker listens there",
                         address->sun_path);
    (void)unlink(address->sun_path);
    return ANEW_OK;
}

/* Only the owner may connect: whoever does may have files read and written. */
static anew_status listen_at(int *listener, const char *path, anew_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--socket %s: must be shorter than %zu bytes, as the system wants it",
                         path, sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    ANEW_TRY(take_place(&address, error));
    *listener = socket(AF_UNIX, SOCK_STREAM, 0);
    const mode_t before = umask(0177);
    const bool fine = *listener >= 0 && fcntl(*listener, F_SETFD, FD_CLOEXEC) == 0 &&
                      fcntl(*listener, F_SETFL, O_NONBLOCK) == 0 &&
                      bind(*listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
                      listen(*listener, 16) == 0;
    const int code = errno;
    (void)umask(before);
    return fine ? ANEW_OK
                : anew_fail_system(error, code, "--socket %s: cannot listen: %s", path,
                                   strerror(code));
}

static void take_session(worker *w, int listener)
{
    const int descriptor = accept(listener, NULL, NULL);
    if (descriptor < 0)
        return;
    (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (worker_session_open(w, descriptor, descriptor, true) == NULL)
        (void)close(descriptor);
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

/* What poll is asked about: the pipe that wakes it, the listener, and each session's two descriptors. */
typedef struct watch {
    struct pollfd list[2 + 2 * WORKER_MOST_SESSIONS];
    int count;
} watch;

/* Index of its entry, -1 where nothing is wanted. */
static int add_watch(watch *all, int descriptor, short events, bool wanted)
{
    if (!wanted)
        return -1;
    all->list[all->count] = (struct pollfd){.fd = descriptor, .events = events};
    return all->count++;
}

static bool is_ready(const watch *all, int index)
{
    return index >= 0 && all->list[index].revents != 0;
}

static void empty_pipe(int descriptor)
{
    char bytes[64];
    while (read(descriptor, bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        ;
}

/* Sessions that are over go; those that nobody reads are given up first. */
static void tidy(worker *w)
{
    for (int i = w->session_count - 1; i >= 0; i--) {
        worker_session *session = w->sessions[i];
        if (session->broken)
            worker_session_give_up(w, session);
        if (worker_session_is_over(w, session))
            worker_session_close(w, session);
    }
}

/* SIGTERM: no more requests, those that were taken are done. SIGINT: they are cancelled. */
static void mind_signals(worker *w)
{
    const int number = anew_interrupted();
    if (number == 0 || w->draining)
        return;
    w->draining = true;
    for (int i = 0; i < w->session_count && number == SIGINT; i++)
        worker_session_give_up(w, w->sessions[i]);
}

/* With the mutex held but while it waits, until all is over. */
static void serve(worker *w, int wake, int listener)
{
    for (;;) {
        mind_signals(w);
        tidy(w);
        if (w->session_count == 0 && (listener < 0 || w->draining))
            return;
        watch all = {.count = 0};
        int in[WORKER_MOST_SESSIONS], out[WORKER_MOST_SESSIONS];
        const int count = w->session_count;
        const int woken = add_watch(&all, wake, POLLIN, true);
        const int called = add_watch(&all, listener, POLLIN,
                                     listener >= 0 && !w->draining && count < WORKER_MOST_SESSIONS);
        for (int i = 0; i < count; i++) {
            const worker_session *session = w->sessions[i];
            in[i] = add_watch(&all, session->in, POLLIN, worker_session_wants_in(w, session));
            out[i] = add_watch(&all, session->out, POLLOUT, worker_session_wants_out(session));
        }
        (void)pthread_mutex_unlock(&w->mutex);
        const int ready = poll(all.list, (nfds_t)all.count, -1);
        (void)pthread_mutex_lock(&w->mutex);
        if (ready <= 0)
            continue;
        if (is_ready(&all, woken))
            empty_pipe(wake);
        for (int i = 0; i < count; i++) {
            if (is_ready(&all, in[i]))
                worker_session_read(w, w->sessions[i]);
            if (is_ready(&all, out[i]) && worker_session_wants_out(w->sessions[i]))
                worker_session_write(w->sessions[i]);
        }
        if (is_ready(&all, called))
            take_session(w, listener);
    }
}

/* ---- surroundings -------------------------------------------------------------------------------------- */

/* Threads for the jobs, the loop, and the threads' end. */
static anew_status work_and_serve(worker *w, int wake, int listener, anew_error *error)
{
    pthread_t threads[CLI_MOST_JOBS];
    int started = 0;
    while (started < w->batch.jobs && anew_thread_start(&threads[started], worker_work, w))
        started++;
    (void)pthread_mutex_lock(&w->mutex);
    if (started > 0)
        serve(w, wake, listener);
    w->closing = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->mutex);
    for (int i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    return started > 0 ? ANEW_OK
                       : anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                                   "a worker needs threads, which cannot be started here");
}

/* A pipe whose ends never wait. */
static anew_status open_pipe(int ends[2], anew_error *error)
{
    if (pipe(ends) != 0)
        return anew_fail_system(error, errno, "a worker's pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    return ANEW_OK;
}

static anew_status run_worker(worker *w, int *listener, int ends[2], anew_error *error)
{
    const char *path = w->options->socket;
    ANEW_TRY(open_pipe(ends, error));
    w->wake = ends[1];
    if (path != NULL) {
        ANEW_TRY(listen_at(listener, path, error));
    } else if (worker_session_open(w, STDIN_FILENO, STDOUT_FILENO, false) == NULL) {
        return anew_fail(error, ANEW_ERROR_MEMORY, "a worker: no memory");
    }
    anew_interrupt_catch();
    anew_interrupt_wake(ends[1]);
    const anew_status status = work_and_serve(w, ends[0], *listener, error);
    anew_interrupt_wake(-1);
    if (path != NULL)
        (void)unlink(path);
    return status;
}

int command_worker(const cli_options *options)
{
    worker w = {.options = options,
                .started = anew_seconds(),
                .mutex = PTHREAD_MUTEX_INITIALIZER,
                .changed = PTHREAD_COND_INITIALIZER};
    cli_mender mender = {0};
    anew_model *model = NULL, *restore = NULL, *drawing = NULL;
    char *restore_name = NULL, *drawing_name = NULL;
    anew_model_facts facts;
    anew_error error = {0};
    anew_isa isa;
    int ends[2] = {-1, -1}, listener = -1, code = EXIT_DONE;
    if (options->list_faces) {
        fprintf(stderr, "anew: a worker lists no faces; see anew faces\n");
        return EXIT_USAGE;
    }
    if (!cli_faces_are_usable(options))
        return EXIT_USAGE;
    if (!anew_isa_detect(&isa, options->enhance.cpu)) {
        cli_complain("ANEW_CPU=%s: must be %s", options->enhance.cpu, anew_isa_names());
        return EXIT_USAGE;
    }
    cli_options asked = *options; /* for what a request may ask for by "auto": "on" */
    asked.look_first = asked.given[OPT_AUTO] = true;
    if (anew_models_open(&model, options->model, &options->mixing, &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK ||
        cli_restorer_open(&restore, &restore_name, &asked, &error) != ANEW_OK ||
        cli_drawing_model_open(&drawing, &drawing_name, &asked, facts.scale, &error) != ANEW_OK ||
        cli_mender_open(&mender, options, &error) != ANEW_OK) {
        code = EXIT_FAILED;
    } else {
        w.model = model;
        w.restore = restore;
        w.drawing = drawing;
        w.restore_name = restore_name;
        w.drawing_name = drawing_name;
        w.model_scale = facts.scale;
        w.mender = &mender;
        cli_digests_of(&w.digests, model, restore, drawing, &mender);
        w.isa = isa;
        cli_batch_open(&w.batch, options);
        if (run_worker(&w, &listener, ends, &error) != ANEW_OK)
            code = error.status == ANEW_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    }
    if (code != EXIT_DONE)
        cli_complain_error(&error);
    else if (anew_interrupted() == SIGINT)
        code = 128 + SIGINT;
    while (w.session_count > 0)
        worker_session_close(&w, w.sessions[0]);
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    if (listener >= 0)
        (void)close(listener);
    cli_batch_free(&w.batch);
    cli_mender_close(&mender);
    anew_model_close(&model);
    anew_model_close(&restore);
    anew_model_close(&drawing);
    anew_free(restore_name);
    anew_free(drawing_name);
    return code;
}
