/* worker_session.h - who sends requests to a worker: bytes in and out of descriptors that the poll loop says are
 * ready. All with the worker's mutex held. */
#ifndef ANEW_CLI_WORKER_SESSION_H
#define ANEW_CLI_WORKER_SESSION_H

#include "cli/worker.h"

/* NULL where there is no memory or there are too many; the descriptors stay the caller's then. */
worker_session *worker_session_open(worker *w, int in, int out, bool is_socket);

/* Its jobs must be gone. Closes a socket. */
void worker_session_close(worker *w, worker_session *session);

/* Reads what is there and takes whole lines as requests; at the end also the last one, without a line's end. */
void worker_session_read(worker *w, worker_session *session);

/* Writes answers, as many as go without waiting. */
void worker_session_write(worker_session *session);

bool worker_session_wants_in(const worker *w, const worker_session *session);
bool worker_session_wants_out(const worker_session *session);

/* Nobody takes answers any more: what runs is stopped, what waits is forgotten. */
void worker_session_give_up(worker *w, worker_session *session);

/* Nothing more will happen in it. */
bool worker_session_is_over(const worker *w, const worker_session *session);

#endif
