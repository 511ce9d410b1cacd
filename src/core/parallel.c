/*
 * parallel.c - one set of worker threads for the whole process, behind two functions.
 *
 *     leader (a caller) --posts--> job --pieces off a ticket--> leader and workers
 *
 * A team is led by the thread that calls. Workers are started when the first team wants them, and then stay:
 * a worker that finds a team with pieces to take joins it, works as long as there are any, waits a little for
 * the next job, and when none comes leaves the team and looks for another, or sleeps. Nobody ever waits for a
 * worker that holds no piece: what no worker takes, the leader does. So it is no harm that several teams share
 * the workers, nor that a worker is put aside by the system.
 *
 * Leaders and working workers together are no more than the machine offers (or the largest team asks for, if
 * that is more): when a leader comes, a worker leaves at its next piece.
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
#include <stdlib.h>
#include <string.h>

#include "core/affinity.h"
#include "core/processors.h"
#include "core/threads.h"

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

static void run_pieces(int count, int grain, anew_range_function function, void *context)
{
    float_environment environment;
    enter(&environment);
    for (int first = 0; first < count; first += grain)
        function(context, first, count - first < grain ? count : first + grain, 0);
    leave(&environment);
}

/* On this thread, which has a processor of its own meanwhile where that was asked for. */
static void run_here(void (*body)(void *context), void *context)
{
    anew_affinity_take();
    body(context);
    anew_affinity_give_back();
}

#if !ANEW_SERIAL

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

/* ---- a team and its job ------------------------------------------------------------------------------ */

#define LINE 64 /* bytes */

typedef struct team {
    /* Each on a cache line of its own: what is claimed and what the leader posts, what it waits for, and the rest,
     * which idle workers read. */
    _Alignas(LINE) _Atomic uint64_t ticket; /* generation << 32 | next piece */
    /* The job of this generation. */
    _Atomic(anew_range_function) function;
    _Atomic(void *) context;
    atomic_int count, grain, pieces;
    _Alignas(LINE) atomic_int done; /* pieces */
    _Alignas(LINE) atomic_bool over;
    int threads;
    /* Changed under the mutex of the set. */
    struct team *next;
    atomic_int present;           /* workers */
    bool taken[ANEW_MAX_THREADS]; /* worker indices; 0 is the leader */
} team;

#define CLOSED UINT32_MAX /* as next piece: there is none to take */

static _Thread_local team *current;   /* the team whose leader this thread is */
static _Thread_local bool in_a_piece; /* of any team: what it starts runs on this thread alone */

static bool has_pieces(team *t)
{
    return (uint32_t)atomic_load(&t->ticket) < (uint32_t)atomic_load(&t->pieces);
}

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
        in_a_piece = true;
        function(context, first, count - first < grain ? count : first + grain, worker);
        in_a_piece = false;
        (void)atomic_fetch_add_explicit(&t->done, 1, memory_order_release);
        return true;
    }
}

/* ---- the set of workers ------------------------------------------------------------------------------ */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t wanted; /* a team has pieces and room */
    pthread_cond_t left;   /* the last worker left a team that is over */
    team *teams;
    int started;
    atomic_int idle;     /* workers that sleep, or are about to */
    atomic_int active;   /* leaders, and workers in teams */
    atomic_int capacity; /* what `active` may be, but for leaders */
    atomic_uint posted;  /* jobs so far */
    atomic_bool lost;    /* the workers, by a fork in a team */
    bool forks_watched;
} set = {.mutex = PTHREAD_MUTEX_INITIALIZER,
         .wanted = PTHREAD_COND_INITIALIZER,
         .left = PTHREAD_COND_INITIALIZER};

static atomic_int machine; /* processors, as last asked for; 0: never */

static void set_capacity(void)
{
    int most = atomic_load(&machine);
    if (most == 0)
        atomic_store(&machine, most = anew_processors());
    for (const team *t = set.teams; t != NULL; t = t->next)
        most = t->threads > most ? t->threads : most;
    atomic_store(&set.capacity, most);
}

/* The team that needs a worker most; NULL where none does. */
static team *neediest(void)
{
    team *best = NULL;
    if (atomic_load(&set.active) >= atomic_load(&set.capacity))
        return NULL;
    for (team *t = set.teams; t != NULL; t = t->next)
        if (atomic_load(&t->present) < t->threads - 1 && has_pieces(t) &&
            (best == NULL || atomic_load(&t->present) < atomic_load(&best->present)))
            best = t;
    return best;
}

static int join(team *t)
{
    int index = 1;
    while (t->taken[index])
        index++;
    t->taken[index] = true;
    (void)atomic_fetch_add(&t->present, 1);
    (void)atomic_fetch_add(&set.active, 1);
    return index;
}

static void leave_team(team *t, int index)
{
    const bool over = atomic_load(&t->over);
    t->taken[index] = false;
    (void)atomic_fetch_sub(&set.active, 1);
    if (atomic_fetch_sub(&t->present, 1) == 1 && over)
        (void)pthread_cond_broadcast(&set.left);
}

/* More are active than should be; true for as many workers as must leave. */
static bool leave_if_surplus(team *t, int index)
{
    if (atomic_load_explicit(&set.active, memory_order_relaxed) <=
        atomic_load_explicit(&set.capacity, memory_order_relaxed))
        return false;
    (void)pthread_mutex_lock(&set.mutex);
    const bool surplus = atomic_load(&set.active) > atomic_load(&set.capacity);
    if (surplus)
        leave_team(t, index);
    (void)pthread_mutex_unlock(&set.mutex);
    return surplus;
}

/* Until the team is over, has had nothing to do for a while, or has a worker too many. */
static void work_in(team *t, int index)
{
    for (int turns = 0; !atomic_load_explicit(&t->over, memory_order_acquire);) {
        if (leave_if_surplus(t, index))
            return;
        if (run_piece(t, index))
            turns = 0;
        else if (!wait_turn(&turns))
            break;
    }
    (void)pthread_mutex_lock(&set.mutex);
    leave_team(t, index);
    (void)pthread_mutex_unlock(&set.mutex);
}

static void *work(void *unused)
{
    float_environment ours;
    (void)unused;
    enter(&ours);
    for (;;) {
        /* A leader whom it just served may post again at once. */
        const unsigned int seen = atomic_load(&set.posted);
        for (int turns = 0; atomic_load(&set.posted) == seen && wait_turn(&turns);) {
        }
        (void)pthread_mutex_lock(&set.mutex);
        /* Counted as idle before it looks: a leader posts before it looks for idle ones. */
        (void)atomic_fetch_add(&set.idle, 1);
        team *t = neediest();
        for (; t == NULL; t = neediest())
            (void)pthread_cond_wait(&set.wanted, &set.mutex);
        (void)atomic_fetch_sub(&set.idle, 1);
        const int index = join(t);
        (void)pthread_mutex_unlock(&set.mutex);
        anew_affinity_take();
        work_in(t, index);
        anew_affinity_give_back();
    }
    return NULL;
}

/* Wakes as many as can be of use. */
static void call_workers(int most)
{
    if (atomic_load(&set.idle) == 0 || atomic_load(&set.active) >= atomic_load(&set.capacity))
        return;
    (void)pthread_mutex_lock(&set.mutex);
    const int room = atomic_load(&set.capacity) - atomic_load(&set.active);
    const int idle = atomic_load(&set.idle);
    for (int i = 0; i < most && i < room && i < idle; i++)
        (void)pthread_cond_signal(&set.wanted);
    (void)pthread_mutex_unlock(&set.mutex);
}

static void start_workers(int wanted)
{
    for (pthread_t thread; set.started < wanted; set.started++)
        if (!anew_thread_start(&thread, work, NULL) || pthread_detach(thread) != 0)
            break;
}

/* A forked child has one thread, perhaps a leader between two jobs, and starts workers of its own. */
static void before_fork(void)
{
    (void)pthread_mutex_lock(&set.mutex);
}

static void in_parent(void)
{
    (void)pthread_mutex_unlock(&set.mutex);
}

static void in_child(void)
{
    set.wanted = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    set.left = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    set.started = 0;
    atomic_store(&set.idle, 0);
    atomic_store(&set.active, current != NULL ? 1 : 0);
    set.teams = current;
    if (current != NULL) {
        current->next = NULL;
        atomic_store(&current->present, 0);
        memset(current->taken, 0, sizeof current->taken);
        atomic_store(&set.lost, true); /* no thread may be started here; lead() does */
    }
    (void)pthread_mutex_unlock(&set.mutex);
}

static void replace_workers(int wanted)
{
    (void)pthread_mutex_lock(&set.mutex);
    atomic_store(&set.lost, false);
    start_workers(wanted);
    (void)pthread_mutex_unlock(&set.mutex);
}

static void begin_team(team *t)
{
    (void)pthread_mutex_lock(&set.mutex);
    if (!set.forks_watched)
        set.forks_watched = pthread_atfork(before_fork, in_parent, in_child) == 0;
    t->next = set.teams;
    set.teams = t;
    (void)atomic_fetch_add(&set.active, 1);
    set_capacity();
    start_workers(t->threads - 1);
    (void)pthread_mutex_unlock(&set.mutex);
}

static void end_team(team *t)
{
    team **link = &set.teams;
    (void)pthread_mutex_lock(&set.mutex);
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    (void)atomic_fetch_sub(&set.active, 1);
    set_capacity();
    const bool others = set.teams != NULL;
    atomic_store(&t->over, true);
    (void)pthread_mutex_unlock(&set.mutex);
    for (int turns = 0; atomic_load(&t->present) > 0 && wait_turn(&turns);) {
    }
    (void)pthread_mutex_lock(&set.mutex);
    while (atomic_load(&t->present) > 0)
        (void)pthread_cond_wait(&set.left, &set.mutex);
    (void)pthread_mutex_unlock(&set.mutex);
    if (others)
        call_workers(t->threads);
}

/* ---- leading ----------------------------------------------------------------------------------------- */

/* Posts the job, works on it, waits for the pieces that others have claimed. */
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
    const int present = atomic_load(&t->present), room = t->threads - 1 - present;
    if (room > 0) {
        (void)atomic_fetch_add(&set.posted, 1);
        if (atomic_load(&set.lost))
            replace_workers(t->threads - 1);
        call_workers(pieces - 1 - present < room ? pieces - 1 - present : room);
    }
    while (run_piece(t, 0)) {
    }
    for (int turns = 0; atomic_load_explicit(&t->done, memory_order_acquire) < pieces;)
        if (!wait_turn(&turns))
            turns = SPINS; /* whoever holds the piece needs the processor: go on giving way */
}

void anew_team_run(int threads, void (*body)(void *context), void *context)
{
    if (current != NULL || in_a_piece) {
        body(context);
        return;
    }
    if (threads <= 1) {
        run_here(body, context);
        return;
    }
    team t = {.threads = threads < ANEW_MAX_THREADS ? threads : ANEW_MAX_THREADS};
    float_environment environment;
    begin_team(&t);
    enter(&environment);
    current = &t;
    run_here(body, context);
    current = NULL;
    leave(&environment);
    end_team(&t);
}

void anew_leader_rests(void)
{
    if (current == NULL)
        return;
    (void)atomic_fetch_sub(&set.active, 1);
    call_workers(1);
}

void anew_leader_goes_on(void)
{
    if (current != NULL)
        (void)atomic_fetch_add(&set.active, 1);
}

typedef struct single_job {
    int count, grain;
    anew_range_function function;
    void *context;
} single_job;

static void run_single_job(void *context)
{
    const single_job *job = context;
    lead(current, job->count, job->grain, job->function, job->context);
}

void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context)
{
    single_job job = {count, grain, function, context};
    /* In a team of more workers than `threads`, the caller has memory for no more than itself. */
    if (threads <= 1 || count <= grain || in_a_piece ||
        (current != NULL && current->threads > threads))
        run_pieces(count, grain, function, context);
    else if (current != NULL)
        run_single_job(&job);
    else
        anew_team_run(threads, run_single_job, &job);
}

/* OpenMP's variable, which may be a list with a number for each level. */
static int threads_of_environment(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    char *end = NULL;
    const long threads = text == NULL ? 0 : strtol(text, &end, 10);
    if (threads < 1 || (*end != '\0' && *end != ',' && *end != ' '))
        return 0;
    return threads < ANEW_MAX_THREADS ? (int)threads : ANEW_MAX_THREADS;
}

int anew_parallel_threads(void)
{
    const int processors = anew_processors(), wished = threads_of_environment();
    const int most = processors < ANEW_MAX_THREADS ? processors : ANEW_MAX_THREADS;
    atomic_store(&machine, most);
    return wished > 0 ? wished : most;
}

#else

void anew_team_run(int threads, void (*body)(void *context), void *context)
{
    (void)threads;
    run_here(body, context);
}

void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context)
{
    (void)threads;
    run_pieces(count, grain, function, context);
}

void anew_leader_rests(void)
{
}

void anew_leader_goes_on(void)
{
}

int anew_parallel_threads(void)
{
    return 1;
}

#endif
