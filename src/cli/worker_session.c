/* worker_session.c - lines in, answers out. */
#include "cli/worker_session.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/memory.h"

#define PORTION 4096 /* what a pipe that poll calls writable takes at once (PIPE_BUF) */

/* Answers that wait to be taken; beyond that no request is read. */
#define MOST_ANSWERS ((size_t)1 << 20)

worker_session *worker_session_open(worker *w, int in, int out, bool is_socket)
{
    worker_session *session =
        w->session_count < WORKER_MOST_SESSIONS ? anew_alloc_zero(sizeof *session) : NULL;
    if (session == NULL)
        return NULL;
    session->in = in;
    session->out = out;
    session->is_socket = is_socket;
    w->sessions[w->session_count++] = session;
    return session;
}

void worker_session_close(worker *w, worker_session *session)
{
    int at = 0;
    while (w->sessions[at] != session)
        at++;
    memmove((void *)&w->sessions[at], (void *)&w->sessions[at + 1],
            (size_t)(w->session_count - at - 1) * sizeof(worker_session *));
    w->session_count--;
    w->turn = 0;
    if (session->is_socket)
        (void)close(session->in);
    anew_free(session->line.bytes);
    anew_free(session->answers.bytes);
    anew_free(session);
}

/* ---- in ------------------------------------------------------------------------------------------------ */

static void end_line(worker *w, worker_session *session)
{
    worker_text *line = &session->line;
    if (session->too_long)
        worker_refuse(w, session, NULL, "request: a line of more than 65536 bytes");
    else if (line->size > 0)
        worker_request(w, session, line->bytes, line->size);
    line->size = 0;
    session->too_long = false;
}

static void add_to_line(worker_session *session, const char *bytes, size_t size)
{
    worker_text *line = &session->line;
    if (session->too_long || size == 0)
        return;
    /* One byte more, so that what is read of it has an end. */
    char *larger = line->size + size > WORKER_LONGEST_LINE
                       ? NULL
                       : anew_grow(line->bytes, &line->capacity, line->size + size + 1, 1);
    if (larger == NULL) {
        session->too_long = true;
        return;
    }
    line->bytes = larger;
    memcpy(larger + line->size, bytes, size);
    line->size += size;
    larger[line->size] = '\0';
}

void worker_session_read(worker *w, worker_session *session)
{
    char bytes[PORTION];
    const ssize_t got = read(session->in, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        end_line(w, session);
        session->ended = true;
        session->broken = session->broken || got < 0;
        return;
    }
    const char *at = bytes, *stop = NULL;
    const char *end = bytes + got;
    while ((stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        add_to_line(session, at, (size_t)(stop - at));
        end_line(w, session);
        at = stop + 1;
    }
    add_to_line(session, at, (size_t)(end - at));
}

bool worker_session_wants_in(const worker *w, const worker_session *session)
{
    return !session->ended && !session->broken && !w->draining &&
           session->job_count < WORKER_MOST_JOBS &&
           session->answers.size - session->answers.start < MOST_ANSWERS;
}

/* ---- out ----------------------------------------------------------------------------------------------- */

bool worker_session_wants_out(const worker_session *session)
{
    return !session->broken && session->answers.start < session->answers.size;
}

void worker_session_write(worker_session *session)
{
    worker_text *answers = &session->answers;
    const size_t left = answers->size - answers->start;
    const char *bytes = answers->bytes + answers->start;
    const ssize_t written = session->is_socket
                                ? send(session->out, bytes, left, MSG_DONTWAIT | MSG_NOSIGNAL)
                                : write(session->out, bytes, left < PORTION ? left : PORTION);
    if (written >= 0)
        answers->start += (size_t)written;
    else if (errno != EINTR && errno != EAGAIN)
        session->broken = true;
    /* What is taken is not kept. */
    if (answers->start >= MOST_ANSWERS) {
        memmove(answers->bytes, answers->bytes + answers->start, answers->size - answers->start);
        answers->size -= answers->start;
        answers->start = 0;
    }
}

/* ---- the end ------------------------------------------------------------------------------------------- */

void worker_session_give_up(worker *w, worker_session *session)
{
    worker_job *next = NULL;
    for (worker_job *job = session->jobs; job != NULL; job = next) {
        next = job->next;
        worker_cancel(w, job);
    }
}

bool worker_session_is_over(const worker *w, const worker_session *session)
{
    return session->job_count == 0 && !worker_session_wants_out(session) &&
           (session->ended || session->broken || w->draining);
}
