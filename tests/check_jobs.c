/*
 * check_jobs.c - what jobs side by side rest on: a run's part of the memory, and files that several threads write when
 * a signal ends the process.
 *
 * Seen to fail by: memory_part left out in src/pipeline/setup.c; no wait for `naming` in the handler of
 * src/core/file.c.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/suite.h"
#include "core/file.h"
#include "core/threads.h"
#include "pipeline/enhance.h"
#include "pipeline/explain.h"

/* ---- memory -------------------------------------------------------------------------------------------- */

#define MIB ((size_t)1 << 20)

static anew_explanation explained(const anew_model *model, const anew_enhance_options *options)
{
    anew_explanation e;
    anew_error error = {0};
    ck_assert_msg(anew_explain(&e, model, 1500, 900, options, false, &error) == ANEW_OK, "%s",
                  error.text);
    anew_explanation_free(&e);
    return e;
}

/* All parts together, and the weights once, are the budget; each is kept. */
START_TEST(parts_of_the_memory)
{
    anew_model *model = NULL;
    anew_error error = {0};
    ck_assert_int_eq(anew_model_open_embedded(&model, NULL, &error), ANEW_OK);
    const anew_enhance_options alone = {.threads = 2, .memory = 60 * MIB};
    const anew_explanation whole = explained(model, &alone);
    ck_assert_uint_eq(whole.budget_bytes, alone.memory);
    const size_t shared = whole.weight_bytes + anew_model_bytes(model);
    for (int parts = 2; parts <= 4; parts++) {
        size_t own = 0;
        for (int part = 1; part < parts; part++) {
            anew_enhance_options options = alone;
            options.memory_part = part;
            options.memory_parts = parts;
            const anew_explanation e = explained(model, &options);
            ck_assert_uint_le(e.bytes, e.budget_bytes);
            ck_assert_uint_lt(e.budget_bytes, whole.budget_bytes);
            ck_assert_uint_gt(e.budget_bytes, shared);
            if (part == 1)
                own = e.budget_bytes - shared;
            else
                ck_assert_uint_le(e.budget_bytes - shared, (size_t)part * own + (size_t)part);
        }
        ck_assert_uint_le(shared + (size_t)parts * own, alone.memory);
        ck_assert_uint_ge(shared + (size_t)parts * own + 8, alone.memory);
    }
    anew_model_close(&model);
}
END_TEST

/* ---- signals ------------------------------------------------------------------------------------------- */

#define WRITERS 3

static char folder[64];

/* For ever: a file is made, written and given its name. */
static void *write_files(void *context)
{
    char path[128];
    anew_error error;
    (void)snprintf(path, sizeof path, "%s/%c", folder, *(const char *)context);
    for (;;) {
        anew_output *output = NULL;
        if (anew_output_open(&output, path, &error) != ANEW_OK ||
            anew_output_write(output, "whole", 5, &error) != ANEW_OK ||
            anew_output_commit(&output, &error) != ANEW_OK)
            _exit(99);
    }
    return NULL;
}

static void write_until_stopped(bool named, const sigset_t *before)
{
    static const char names[] = "abc";
    pthread_t threads[WRITERS];
    anew_output_discard_on_signals();
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
    anew_output_always_named(named);
    for (int i = 1; i < WRITERS; i++)
        if (!anew_thread_start(&threads[i], write_files, (void *)(uintptr_t)&names[i]))
            _exit(98);
    (void)write_files((void *)(uintptr_t)names);
}

static int names_of_others(void)
{
    int others = 0;
    DIR *open = opendir(folder);
    ck_assert_ptr_nonnull(open);
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;)
        others += entry->d_name[0] != '.' && strlen(entry->d_name) > 1;
    (void)closedir(open);
    return others;
}

START_TEST(a_signal_leaves_no_temporary)
{
    (void)snprintf(folder, sizeof folder, "/tmp/check_jobs.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    /* Until the child has its own handler the signal waits: Check's would end the whole group. */
    sigset_t all, before;
    ck_assert_int_eq(sigfillset(&all), 0);
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
    for (int round = 0; round < 60 && anew_threads_possible(); round++) {
        const struct timespec pause = {.tv_nsec = 1000000L * (3 + round % 20)};
        const pid_t child = fork();
        if (child == 0)
            write_until_stopped(_i != 0, &before);
        int status = 0;
        ck_assert_int_gt(child, 0);
        (void)nanosleep(&pause, NULL);
        ck_assert_int_eq(kill(child, SIGTERM), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM, "status %d",
                      status);
        ck_assert_msg(names_of_others() == 0, "round %d: %d temporary files stay", round,
                      names_of_others());
    }
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    for (char name = 'a'; name <= 'c'; name++) {
        char path[128];
        anew_bytes bytes;
        anew_error error;
        (void)snprintf(path, sizeof path, "%s/%c", folder, name);
        if (access(path, F_OK) != 0)
            continue;
        ck_assert_int_eq(anew_file_read(&bytes, path, 100, &error), ANEW_OK);
        ck_assert(bytes.size == 5 && memcmp(bytes.data, "whole", 5) == 0);
        anew_bytes_free(&bytes);
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jobs");
    TCase *memory = add_case(suite, "memory", 60);
    tcase_add_test(memory, parts_of_the_memory);
    TCase *signals = add_case(suite, "signals", 120);
    tcase_add_loop_test(signals, a_signal_leaves_no_temporary, 0, 2);
    return run_suite(suite);
}
