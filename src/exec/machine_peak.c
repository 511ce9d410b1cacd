/* machine_peak.c - measures what a machine can do; the loops themselves stand in kernels/. */
#include "exec/machine_peak.h"

#include <string.h>
#include <time.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "exec/report.h"

#define ROUND_SECONDS 1e-3

/* What all threads do at once. */
typedef struct load {
    const anew_peak *peak;
    anew_load_function read;
    anew_copy_function copy;
    float *buffers[ANEW_MAX_THREADS]; /* of `floats`, twice as many to copy */
    size_t floats;
    long turns;
    double done[ANEW_MAX_THREADS]; /* operations or bytes, by part */
    double used[ANEW_MAX_THREADS]; /* seconds that the part had a processor */
} load;

static double processor_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
        return 0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void run_parts(void *context, int first, int last, int worker)
{
    load *l = context;
    (void)worker;
    for (int part = first; part < last; part++) {
        const double started = processor_seconds();
        if (l->peak != NULL)
            l->done[part] = l->peak->run(l->turns);
        else if (l->read != NULL)
            l->done[part] = l->read(l->buffers[part], l->floats, l->turns);
        else
            l->done[part] =
                l->copy(l->buffers[part] + l->floats, l->buffers[part], l->floats, l->turns);
        l->used[part] = processor_seconds() - started;
    }
}

/* The rate of one round; *used is what the busiest thread had of a processor. Arithmetic: what each thread did in that
 * time, so that other programs do not count. Memory that several threads share: by the clock on the wall. */
static double run_round(load *l, int threads, double *used)
{
    double done = 0, rates = 0;
    const double started = anew_seconds();
    anew_parallel_for(threads, threads, 1, run_parts, l);
    const double seconds = anew_seconds() - started;
    *used = 0;
    for (int i = 0; i < threads; i++) {
        done += l->done[i];
        rates += l->used[i] > 0 ? l->done[i] / l->used[i] : 0;
        *used = l->used[i] > *used ? l->used[i] : *used;
    }
    if (l->peak != NULL || threads == 1)
        return rates;
    return seconds > 0 ? done / seconds : 0;
}

typedef struct measurement {
    load *work;
    int threads;
    double seconds, best;
} measurement;

static void measure(void *context)
{
    measurement *m = context;
    const double started = anew_seconds();
    double used = 0;
    for (m->work->turns = 1; m->work->turns < 1L << 28; m->work->turns *= 2) {
        (void)run_round(m->work, m->threads, &used);
        if (used >= ROUND_SECONDS / 2)
            break;
    }
    do {
        const double rate = run_round(m->work, m->threads, &used);
        m->best = rate > m->best ? rate : m->best;
    } while (anew_seconds() - started < m->seconds);
}

static int bounded(int threads)
{
    return threads < 1 ? 1 : threads > ANEW_MAX_THREADS ? ANEW_MAX_THREADS : threads;
}

double anew_measure_peak(const anew_peak *peak, int threads, double seconds)
{
    load work = {.peak = peak};
    measurement m = {&work, bounded(threads), seconds, 0};
    if (peak->missing() != NULL)
        return 0;
    anew_team_run(m.threads, measure, &m);
    return m.best;
}

static double measure_memory(anew_load_function read, anew_copy_function copy, size_t bytes,
                             int threads, double seconds)
{
    load work = {.read = read, .copy = copy, .floats = bytes / sizeof(float) / 256 * 256};
    measurement m = {&work, bounded(threads), seconds, 0};
    const size_t each = work.floats * sizeof(float) * (copy != NULL ? 2 : 1);
    bool all = true;
    for (int i = 0; i < m.threads && all; i++) {
        work.buffers[i] = anew_alloc(each);
        all = work.buffers[i] != NULL;
        if (all)
            memset(work.buffers[i], 0,
                   each); /* memory of its own, not the system's one page of zeros */
    }
    if (all)
        anew_team_run(m.threads, measure, &m);
    for (int i = 0; i < m.threads; i++)
        anew_free(work.buffers[i]);
    return m.best;
}

double anew_measure_load(anew_isa isa, size_t bytes, int threads, double seconds)
{
    return measure_memory(anew_load_of(isa), NULL, bytes, threads, seconds);
}

double anew_measure_copy(anew_isa isa, size_t bytes, int threads, double seconds)
{
    return measure_memory(NULL, anew_copy_of(isa), bytes, threads, seconds);
}
