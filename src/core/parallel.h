/*
 * parallel.h - the one door to threads. The only `#pragma omp` of the engine stands in parallel.c.
 */
#ifndef ANEW_CORE_PARALLEL_H
#define ANEW_CORE_PARALLEL_H

/* Work on the indices first <= i < last; `worker` is 0 .. threads - 1, so that each worker can own
 * scratch memory. Runs concurrently with itself. */
typedef void (*anew_range_function)(void *context, int first, int last, int worker);

/* Shares the indices 0 .. count - 1 out in pieces of at most `grain` (>= 1), to as many workers as
 * `threads` says (>= 1), and returns when all are done. Which worker gets which piece is not
 * fixed, so a result must not depend on it. With one thread no OpenMP region is entered. Sets
 * round-to-nearest and keeps denormals in each worker (the exact class needs both). */
void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context);

/* Calls body(context) on this thread while threads - 1 others stand by for every anew_parallel_for in it:
 * to be put around many short ones. Inside another team, or with one thread, it only calls. */
void anew_team_run(int threads, void (*body)(void *context), void *context);

/* How many workers this machine offers to this process: OMP_NUM_THREADS where set, else the
 * processors that the process may run on. At least 1, at most ANEW_MAX_THREADS. */
int anew_parallel_threads(void);

#define ANEW_MAX_THREADS 256

#endif
