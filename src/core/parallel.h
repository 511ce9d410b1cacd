/*
 * parallel.h - the one door to threads. All runs of all threads of the process share one set of workers.
 */
#ifndef ANEW_CORE_PARALLEL_H
#define ANEW_CORE_PARALLEL_H

/* Work on the indices first <= i < last; `worker` is 0 .. threads - 1, so that each worker can own
 * scratch memory. Runs concurrently with itself. */
typedef void (*anew_range_function)(void *context, int first, int last, int worker);

/* Shares the indices 0 .. count - 1 out in pieces of at most `grain` (>= 1), to as many workers as
 * `threads` says (>= 1), and returns when all are done. Which worker gets which piece, and how many come,
 * is not fixed, so a result must not depend on it. With one thread no other is started or woken. Sets
 * round-to-nearest and keeps denormals in each worker (the exact class needs both). */
void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context);

/* Calls body(context) on this thread while up to threads - 1 others stand by for every anew_parallel_for in
 * it: to be put around many short ones. Inside another team, or with one thread, it only calls. Several
 * threads may do so at once: their workers together are no more than the machine offers, or the largest of
 * their `threads` where that is more. A fork() in body leaves the child a team without workers, which it
 * gets anew. */
void anew_team_run(int threads, void (*body)(void *context), void *context);

/* Around a wait of this thread for another one that leads a team, too: meanwhile its place, and soon its workers, are
 * the other's. Nothing where this thread leads no team. */
void anew_leader_rests(void);
void anew_leader_goes_on(void);

/* How many workers this machine offers to this process: OMP_NUM_THREADS where set, else the processors that
 * affinity and quotas leave it (core/processors.h). At least 1, at most ANEW_MAX_THREADS. */
int anew_parallel_threads(void);

#define ANEW_MAX_THREADS 256

#endif
