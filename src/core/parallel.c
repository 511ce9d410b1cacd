/*
 * parallel.c - OpenMP behind two functions.
 *
 * Inside a team the workers stay in one parallel region and take pieces of work off a ticket, instead of
 * passing through OpenMP's barriers between steps that last microseconds. On a machine that others use
 * too, a barrier waits for the thread that was put aside; here nobody waits for a worker that holds no
 * piece, and who waits long goes to sleep.
 *
 * The ticket holds the generation of the job and its next piece in one 64-bit word. A worker reads the
 * ticket, then the job's fields, then claims the piece by compare-and-swap: it succeeds only if the ticket
 * is unchanged, and the ticket changes before any field does. No job is posted before all claimed pieces of
 * the last one are done.
 */
#include "core/parallel.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* A host program may have set flush-to-zero or another rounding; the exact class is defined for
 * IEEE defaults. Restores what it found in leave(). */
typedef struct float_environment {
    fenv_t saved;
#if defined(__SSE2__)
    unsigned int control;
#endif
} float_environment;

static void enter(float_environment *environment)
{
    (void)fegetenv(&environment->saved);
    (void)fesetround(FE_TONEAREST);
#if defined(__SSE2__)
    environment->control = _mm_getcsr();
    _mm_setcsr(environment->control & ~0x8040u); /* clear flush-to-zero and denormals-are-zero */
#endif
}

static void leave(const float_environment *environment)
{
#if defined(__SSE2__)
    _mm_setcsr(environment->control);
#endif
    (void)fesetenv(&environment->saved);
}

int anew_parallel_threads(void)
{
#ifdef _OPENMP
    const int threads = omp_get_max_threads();
    return threads < 1 ? 1 : threads > ANEW_MAX_THREADS ? ANEW_MAX_THREADS : threads;
#else
    return 1;
#endif
}

static void run_pieces(int count, int grain, anew_range_function function, void *context)
{
    float_environment environment;
    enter(&environment);
    for (int first = 0; first < count; first += grain)
        function(context, first, count - first < grain ? count : first + grain, 0);
    leave(&environment);
}

#ifdef _OPENMP

/* ---- waiting ---------------------------------------------------------------------------------------- */

#define SPINS  2000 /* some 20 to 50 microseconds: the usual gap between two steps */
#define YIELDS 50

static void pause_briefly(void)
{
#if defined(__SSE2__)
    _mm_pause();
#endif
}

/* One turn of waiting: first busy, then giving way. False when it is time to sleep. */
static bool wait_turn(int *turns)
{
    const int turn = (*turns)++;
    if (turn < SPINS)
        pause_briefly();
    else if (turn < SPINS + YIELDS)
        (void)sched_yield();
    else
        return false;
    return true;
}

/* ---- the team --------------------------------------------------------------------------------------- */

typedef struct team {
    int threads;
    _Atomic uint64_t ticket; /* generation << 32 | next piece */
    /* The job of this generation. */
    _Atomic(anew_range_function) function;
    _Atomic(void *) context;
    atomic_int count, grain, pieces;
    atomic_int done; /* pieces */
    atomic_bool over;
    /* Sleepers; guarded by the mutex, which the fast path does not touch. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    atomic_int sleepers;
} team;

#define CLOSED UINT32_MAX /* as next piece: there is none to take */

static _Thread_local team *current; /* the team whose leader this thread is */

/* Claims and runs one piece of the present job; false when none is left. */
static bool run_piece(team *t, int worker)
{
    uint64_t ticket = atomic_load_explicit(&t->ticket, memory_order_acquire);
    for (;;) {
        const uint32_t piece = (uint32_t)ticket;
        const anew_range_function function =
            atomic_load_explicit(&t->function, memory_order_acquire);
        void *context = atomic_load_explicit(&t->context, memory_order_acquire);
        const int count = atomic_load_explicit(&t->count, memory_order_acquire);
        const int grain = atomic_load_explicit(&t->grain, memory_order_acquire);
        if (piece >= (uint32_t)atomic_load_explicit(&t->pieces, memory_order_acquire))
            return false;
        if (!atomic_compare_exchange_weak_explicit(&t->ticket, &ticket, ticket + 1,
                                                   memory_order_acq_rel, memory_order_acquire))
            continue;
        const int first = (int)piece * grain;
        function(context, first, count - first < grain ? count : first + grain, worker);
        (void)atomic_fetch_add_explicit(&t->done, 1, memory_order_release);
        return true;
    }
}

static void sleep_until_changed(team *t, uint64_t seen)
{
    (void)pthread_mutex_lock(&t->mutex);
    (void)atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->ticket) >> 32 == seen >> 32 && !atomic_load(&t->over))
        (void)pthread_cond_wait(&t->changed, &t->mutex);
    (void)atomic_fetch_sub(&t->sleepers, 1);
    (void)pthread_mutex_unlock(&t->mutex);
}

static void wake_sleepers(team *t)
{
    if (atomic_load(&t->sleepers) == 0)
        return;
    (void)pthread_mutex_lock(&t->mutex);
    (void)pthread_cond_broadcast(&t->changed);
    (void)pthread_mutex_unlock(&t->mutex);
}

static void work_until_over(team *t, int worker)
{
    for (int turns = 0; !atomic_load_explicit(&t->over, memory_order_acquire);) {
        const uint64_t seen = atomic_load_explicit(&t->ticket, memory_order_acquire);
        if (run_piece(t, worker))
            turns = 0;
        else if (!wait_turn(&turns))
            sleep_until_changed(t, seen), turns = 0;
    }
}

/* The leader's part: posts the job, works on it, waits for the pieces that others have claimed. */
static void lead(team *t, int count, int grain, anew_range_function function, void *context)
{
    const int pieces = count / grain + (count % grain != 0);
    const uint64_t generation = (atomic_load_explicit(&t->ticket, memory_order_relaxed) >> 32) + 1;
    /* Closed while the fields change: a worker that still holds the last job's ticket must not claim
     * one of its pieces, all done, with this job's fields: who sees a new field (release, acquire) sees
     * the closed ticket, too. */
    atomic_store(&t->ticket, generation << 32 | CLOSED);
    atomic_store_explicit(&t->function, function, memory_order_release);
    atomic_store_explicit(&t->context, context, memory_order_release);
    atomic_store_explicit(&t->count, count, memory_order_release);
    atomic_store_explicit(&t->grain, grain, memory_order_release);
    atomic_store_explicit(&t->pieces, pieces, memory_order_release);
    atomic_store_explicit(&t->done, 0, memory_order_relaxed);
    atomic_store(&t->ticket, (generation + 1) << 32);
    wake_sleepers(t);
    while (run_piece(t, 0)) {
    }
    for (int turns = 0; atomic_load_explicit(&t->done, memory_order_acquire) < pieces;)
        if (!wait_turn(&turns))
            turns = SPINS; /* whoever holds the piece needs the processor: go on giving way */
}

void anew_team_run(int threads, void (*body)(void *context), void *context)
{
    if (threads <= 1 || current != NULL || omp_in_parallel()) {
        body(context);
        return;
    }
    team t = {.threads = threads};
    (void)pthread_mutex_init(&t.mutex, NULL);
    (void)pthread_cond_init(&t.changed, NULL);
#pragma omp parallel num_threads(threads)
    {
        float_environment environment;
        enter(&environment);
        const int worker = omp_get_thread_num();
        if (worker == 0) {
            current = &t;
            body(context);
            current = NULL;
            atomic_store(&t.over, true);
            wake_sleepers(&t);
        } else {
            work_until_over(&t, worker);
        }
        leave(&environment);
    }
    (void)pthread_cond_destroy(&t.changed);
    (void)pthread_mutex_destroy(&t.mutex);
}

typedef struct single_job {
    int threads, count, grain;
    anew_range_function function;
    void *context;
} single_job;

static void run_single_job(void *context)
{
    const single_job *job = context;
    if (current != NULL)
        lead(current, job->count, job->grain, job->function, job->context);
    else
        run_pieces(job->count, job->grain, job->function, job->context);
}

void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context)
{
    if (threads <= 1 || count <= grain) {
        run_pieces(count, grain, function, context);
        return;
    }
    single_job job = {threads, count, grain, function, context};
    if (current != NULL && current->threads <= threads)
        run_single_job(&job);
    else if (current !=
             NULL) /* fewer workers than the team has: the caller has memory for no more */
        run_pieces(count, grain, function, context);
    else
        anew_team_run(threads, run_single_job, &job);
}

#else

void anew_team_run(int threads, void (*body)(void *context), void *context)
{
    (void)threads;
    body(context);
}

void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context)
{
    (void)threads;
    run_pieces(count, grain, function, context);
}

#endif
