/*
 * bench_parallel.c - what one parallel region costs: microseconds of an anew_parallel_for whose pieces do nothing, and
 * of one whose pieces take some microseconds each, beside the time of the same work on one thread.
 *
 * bench_parallel [THREADS [ROUNDS]]. With several threads the regions are told apart by whether others than the leader
 * took pieces: where another program has the other processors, few are, and only those say what a region costs. What
 * it costs is the time beyond the work's share of a thread.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/parallel.h"
#include "exec/report.h"

#define REGIONS     400 /* timed one by one, in one team, as the steps of a network are */
#define MOST_ROUNDS 500

typedef struct bench {
    int threads, pieces, turns; /* turns of the loop in each piece */
    atomic_int by_others;       /* pieces of this region */
    double shared[REGIONS * MOST_ROUNDS], alone[REGIONS * MOST_ROUNDS]; /* seconds */
    int shared_count, alone_count;
} bench;

/* A chain of multiply-adds, which no compiler can leave out. */
static void spend(void *context, int first, int last, int worker)
{
    bench *b = context;
    static _Thread_local volatile double kept;
    double x = kept + first;
    for (int i = first; i < last; i++)
        for (int turn = 0; turn < b->turns; turn++)
            x = x * 0.75 + 0.125;
    kept = x;
    if (worker != 0)
        (void)atomic_fetch_add_explicit(&b->by_others, last - first, memory_order_relaxed);
}

static void run_regions(void *context)
{
    bench *b = context;
    for (int i = 0; i < 50; i++) /* until the workers are there */
        anew_parallel_for(b->threads, b->pieces, 1, spend, b);
    for (int i = 0; i < REGIONS; i++) {
        atomic_store_explicit(&b->by_others, 0, memory_order_relaxed);
        const double started = anew_seconds();
        anew_parallel_for(b->threads, b->pieces, 1, spend, b);
        const double seconds = anew_seconds() - started;
        if (atomic_load_explicit(&b->by_others, memory_order_relaxed) > 0)
            b->shared[b->shared_count++] = seconds;
        else
            b->alone[b->alone_count++] = seconds;
    }
}

static int ascending(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void print(const bench *b, const char *which, double *seconds, int count)
{
    if (count == 0)
        return;
    qsort(seconds, (size_t)count, sizeof *seconds, ascending);
    printf("%7d %6d %9.2f %9.2f %9.2f %9.2f %8d  %s\n", b->threads, b->pieces, 1e6 * seconds[0],
           1e6 * seconds[count / 4], 1e6 * seconds[count / 2], 1e6 * seconds[count / 10 * 9], count,
           which);
}

int main(int count, char **arguments)
{
    static bench b;
    static const int turns[] = {0, 500, 2000, 10000};
    const int threads = count > 1 ? atoi(arguments[1]) : anew_parallel_threads();
    int rounds = count > 2 ? atoi(arguments[2]) : 50;
    rounds = rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
    printf("threads pieces      best   quarter    middle   9 of 10  regions  (microseconds)\n");
    for (int i = 0; i < 16; i++) {
        b.turns = turns[i / 4];
        b.threads = i % 2 == 0 ? 1 : threads;
        b.pieces = threads * (i / 2 % 2 == 0 ? 1 : 4);
        b.shared_count = b.alone_count = 0;
        for (int round = 0; round < rounds; round++)
            anew_team_run(b.threads, run_regions, &b);
        print(&b, "by the leader alone", b.alone, b.alone_count);
        print(&b, "with others", b.shared, b.shared_count);
    }
    return 0;
}
