/*
 * check_parallel.c - the workers: every index exactly once, however many short jobs follow one another,
 * however few processors there are, with several teams at a time and after fork(); and how many processors
 * a process may use.
 *
 * Seen to fail by: leaving the ticket open while a job's fields change; not counting leaders as active; a
 * child that believes in its parent's workers; reading the quota of the process's own group only.
 */
#define _GNU_SOURCE /* sched_setaffinity */
#include <check.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/suite.h"
#include "core/parallel.h"
#include "core/processors.h"
#include "core/threads.h"

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

static _Thread_local unsigned int state = 1;

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

/* ---- several leaders --------------------------------------------------------------------------------- */

#define LEADERS 6

static atomic_int working, most_working;

static void count_workers(void *context, int first, int last, int worker)
{
    const int now = atomic_fetch_add(&working, 1) + 1;
    int most = atomic_load(&most_working);
    while (most < now && !atomic_compare_exchange_weak(&most_working, &most, now)) {
    }
    visit(context, first, last, worker);
    (void)sched_yield();
    atomic_fetch_sub(&working, 1);
}

static pthread_barrier_t all_lead;

/* Counted when all leaders are there and the workers that were too many have had the time to leave. */
static void count_many(void *context)
{
    job *j = context;
    j->count = MOST;
    (void)pthread_barrier_wait(&all_lead);
    for (int i = 0; i < 500; i++)
        anew_parallel_for(j->threads, j->count, 1, visit, j);
    (void)pthread_barrier_wait(&all_lead);
    for (int i = 0; i < 1000; i++)
        anew_parallel_for(j->threads, j->count, 1, count_workers, j);
    (void)pthread_barrier_wait(&all_lead);
}

static void *lead_many(void *context)
{
    job *j = context;
    anew_team_run(j->threads, run_many, j);
    return NULL;
}

static void *lead_counted(void *context)
{
    job *j = context;
    anew_team_run(j->threads, count_many, j);
    return NULL;
}

static void lead_all(void *(*leader)(void *), int leaders, int most_threads)
{
    static job jobs[LEADERS];
    pthread_t threads[LEADERS];
    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < leaders; i++) {
        jobs[i].threads = most_threads - i % 3;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, leader, &jobs[i]), 0);
    }
    for (int i = 0; i < leaders; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(atomic_load(&jobs[i].wrong), 0);
    }
}

START_TEST(several_leaders)
{
    lead_all(lead_many, LEADERS, 4);
}
END_TEST

/* As many leaders as the machine has processors, or as the largest team wants: no worker may help them. */
START_TEST(no_more_workers_than_offered)
{
    const int offered = anew_parallel_threads() > 4 ? anew_parallel_threads() : 4;
    const int leaders = offered < LEADERS ? offered : LEADERS;
    ck_assert_int_eq(pthread_barrier_init(&all_lead, NULL, (unsigned int)leaders), 0);
    lead_all(lead_counted, leaders, 4);
    ck_assert_int_eq(pthread_barrier_destroy(&all_lead), 0);
    ck_assert_msg(atomic_load(&most_working) <= offered, "%d workers at a time, %d offered",
                  atomic_load(&most_working), offered);
}
END_TEST

/* ---- fork -------------------------------------------------------------------------------------------- */

/* Runs jobs in a child that has the leader's thread only; true if all went right there. */
static bool child_works(void (*body)(void *), job *j)
{
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        body(j);
        _exit(atomic_load(&j->wrong) == 0 ? 0 : 1);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static void run_some(void *context)
{
    job *j = context;
    for (int i = 0; i < 2000; i++)
        run_one(j);
}

static void fork_and_run(void *context)
{
    job *j = context;
    run_some(j);
    if (!child_works(run_some, j))
        atomic_fetch_add(&j->wrong, 1);
    run_some(j);
}

START_TEST(forked)
{
    job j = {.threads = 3};
    for (int i = 0; i < 20; i++) {
        anew_team_run(j.threads, fork_and_run, &j);
        ck_assert(child_works(run_some, &j));
    }
    ck_assert_int_eq(atomic_load(&j.wrong), 0);
}
END_TEST

/* The child's workers come back, too: with two processors, two pieces that wait for one another end. */
static void meet(void *context, int first, int last, int worker)
{
    (void)first, (void)last, (void)worker;
    atomic_int *here = context;
    atomic_fetch_add(here, 1);
    while (atomic_load(here) < 2)
        (void)sched_yield();
}

static void run_meeting(void *unused)
{
    (void)unused;
    atomic_int here = 0;
    anew_parallel_for(2, 2, 1, meet, &here);
}

static void fork_and_meet(void *context)
{
    run_meeting(context);
    if (!child_works(run_meeting, context))
        atomic_fetch_add(&((job *)context)->wrong, 1);
}

START_TEST(forked_child_has_workers)
{
    job j = {.threads = 2};
    if (anew_threads_possible())
        anew_team_run(2, fork_and_meet, &j);
    ck_assert_int_eq(atomic_load(&j.wrong), 0);
}
END_TEST

/* ---- processors -------------------------------------------------------------------------------------- */

static char folder[64];

static void write_file(const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* The files of a process in /box/app of a hierarchy that is mounted at folder/mount with the root `root`. */
static int quota(const char *root, const char *kind, const char *options, const char *group)
{
    char text[512], process[128];
    (void)snprintf(text, sizeof text,
                   "22 1 0:20 / /proc rw shared:5 - proc proc rw\n"
                   "30 23 0:26 %s %s/mount rw,nosuid shared:9 - %s cgroup rw,%s\n",
                   root, folder, kind, options);
    write_file("proc/mountinfo", text);
    write_file("proc/cgroup", group);
    (void)snprintf(process, sizeof process, "%s/proc", folder);
    return anew_quota_processors(process);
}

START_TEST(quotas)
{
    (void)snprintf(folder, sizeof folder, "/tmp/check_parallel.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *own = "1:cpu,cpuacct:/box/app\n0::/box/app\n", *two = "cgroup2";
    ck_assert_int_eq(quota("/", two, "x", own), INT_MAX);
    write_file("mount/box/app/cpu.max", "max 100000\n");
    ck_assert_int_eq(quota("/", two, "x", own), INT_MAX);
    write_file("mount/box/cpu.max", "250000 100000\n"); /* of the group above */
    ck_assert_int_eq(quota("/", two, "x", own), 3);
    write_file("mount/box/app/cpu.max", "100000 100000\n");
    ck_assert_int_eq(quota("/", two, "x", own), 1);
    write_file("mount/box/app/cpu.max", "nonsense");
    ck_assert_int_eq(quota("/", two, "x", own), 3);
    /* A container sees its own group as the root. */
    write_file("mount/cpu.max", "150000 100000\n");
    ck_assert_int_eq(quota("/box/app", two, "x", own), 2);
    ck_assert_int_eq(quota("/elsewhere", two, "x", own), 2);
    /* Version 1. */
    write_file("mount/box/app/cpu.cfs_quota_us", "400000\n");
    write_file("mount/box/app/cpu.cfs_period_us", "100000\n");
    ck_assert_int_eq(quota("/", "cgroup", "cpu,cpuacct", own), 4);
    write_file("mount/box/app/cpu.cfs_quota_us", "-1\n");
    ck_assert_int_eq(quota("/", "cgroup", "cpu,cpuacct", own), INT_MAX);
    ck_assert_int_eq(quota("/", "cgroup", "memory", own), INT_MAX);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(anew_quota_processors("/none"), INT_MAX);
}
END_TEST

START_TEST(affinity)
{
    cpu_set_t all, one;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    size_t processor = 0;
    while (!CPU_ISSET(processor, &all))
        processor++;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_int_eq(anew_processors(), 1);
    ck_assert_int_eq(sched_setaffinity(0, sizeof all, &all), 0);
    ck_assert_int_ge(anew_processors(), 1);
    ck_assert_int_le(anew_processors(), CPU_COUNT(&all));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parallel");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_loop_test(all, each_index_once, 1, 6);
    tcase_add_loop_test(all, without_a_team, 1, 5);
    tcase_add_test(all, nesting);
    tcase_add_test(all, several_leaders);
    tcase_add_test(all, no_more_workers_than_offered);
    tcase_add_test(all, forked);
    tcase_add_test(all, forked_child_has_workers);
    tcase_add_test(all, quotas);
    tcase_add_test(all, affinity);
    return run_suite(suite);
}
