/*
 * check_parallel.c - the workers: every index exactly once, however many short jobs follow one another, and
 * however few processors there are for the workers.
 */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/parallel.h"

#define MOST 64
#define JOBS 60000

typedef struct job {
    atomic_int runs[MOST];
    atomic_int worker_in[8]; /* how many run as this worker at the moment */
    atomic_int wrong;
    int count, threads;
} job;

static void visit(void *context, int first, int last, int worker)
{
    job *j = context;
    if (worker < 0 || worker >= j->threads || first < 0 || last > j->count || first >= last ||
        atomic_fetch_add(&j->worker_in[worker], 1) != 0) {
        atomic_fetch_add(&j->wrong, 1);
        return;
    }
    for (int i = first; i < last; i++)
        atomic_fetch_add_explicit(&j->runs[i], 1, memory_order_relaxed);
    atomic_fetch_sub(&j->worker_in[worker], 1);
}

static unsigned int state = 1;

static int below(int bound)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 8) % (unsigned int)bound);
}

static void run_one(job *j)
{
    j->count = 1 + below(MOST);
    for (int i = 0; i < MOST; i++)
        atomic_store_explicit(&j->runs[i], 0, memory_order_relaxed);
    anew_parallel_for(j->threads, j->count, 1 + below(5), visit, j);
    for (int i = 0; i < MOST; i++)
        if (atomic_load_explicit(&j->runs[i], memory_order_relaxed) != (i < j->count))
            atomic_fetch_add(&j->wrong, 1);
}

static void run_many(void *context)
{
    for (int i = 0; i < JOBS; i++)
        run_one(context);
}

START_TEST(each_index_once)
{
    job j = {.threads = _i};
    anew_team_run(j.threads, run_many, &j);
    ck_assert_int_eq(atomic_load(&j.wrong), 0);
}
END_TEST

START_TEST(without_a_team)
{
    job j = {.threads = _i};
    for (int i = 0; i < 200; i++)
        run_one(&j);
    ck_assert_int_eq(atomic_load(&j.wrong), 0);
}
END_TEST

/* A team inside a team, and a job for fewer workers than the team has, run on the leader. */
static void nested(void *context)
{
    job *j = context;
    for (int i = 0; i < 100; i++) {
        anew_team_run(4, run_many, &(job){.threads = 2});
        j->threads = 2;
        run_one(j);
        if (i == 2)
            break;
    }
}

START_TEST(nesting)
{
    job j = {.threads = 4};
    anew_team_run(4, nested, &j);
    ck_assert_int_eq(atomic_load(&j.wrong), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parallel");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, each_index_once, 1, 6);
    tcase_add_loop_test(all, without_a_team, 1, 5);
    tcase_add_test(all, nesting);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
