/*
 * check_allocations.c - the program's main job with the n-th of our allocations failing, for every n: one line on
 * standard error, no result, nothing left in the folder; and with enough of them the result is as ever.
 * Seen to fail by an allocation that is not checked in src/pipeline/strips.c.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "common/suite.h"
#include "core/file.h"
#include "core/memory.h"

/* No picture here takes nearly as many. */
#define MOST 20000

static char folder[] = "/tmp/anew-allocations-XXXXXX";

static int entries_of(const char *path)
{
    DIR *open = opendir(path);
    int count = 0;
    ck_assert_ptr_nonnull(open);
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    (void)closedir(open);
    return count;
}

/* `anew ARGUMENTS` in this process; what it says on standard error is the caller's to free. */
static int run(char **said, long allowed, const char *const *arguments)
{
    FILE *const real = stderr;
    char *words[16];
    int count = 0;
    size_t bytes = 0;
    cli_options options;
    while (arguments[count] != NULL && count < 16) {
        words[count] = (char *)(uintptr_t)arguments[count];
        count++;
    }
    stderr = open_memstream(said, &bytes);
    ck_assert_ptr_nonnull(stderr);
    const bool parsed = cli_parse(&options, count, words);
    anew_alloc_limit(allowed);
    const int code = parsed ? command_enhance(&options) : EXIT_USAGE;
    anew_alloc_limit(-1);
    (void)fclose(stderr);
    stderr = real;
    return code;
}

static bool is_one_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return strncmp(text, "anew: ", 6) == 0 && end != NULL && end[1] == '\0';
}

static const struct {
    const char *input, *output, *more;
    bool png, jpeg;
} jobs[] = {
    {"tests/data/small.ppm", "x.ppm", "--threads=2", false, false},
    {"tests/data/small.ppm", "x.pam", "--strip-width=9", false, false},
    {"tests/data/small.ppm", "x.png", "--scale=2.5", true, false},
    {"tests/data/small.ppm", "x.jpg", "--threads=1", false, true},
    {"tests/data/small.ppm", "x.jpg", "--max-bytes=3000", false, true},
    {"tests/fuzz/seeds/jpeg/rgb_420_exif.jpg", "x.ppm", "--threads=1", false, true},
    {"tests/fuzz/seeds/jpeg/cmyk_progressive.jpg", "x.png", "--plan=ref", true, true},
};

static bool is_left_out(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && strcmp(value, "0") == 0;
}

START_TEST(any_allocation_may_fail)
{
    char output[64], model[256], *said = NULL;
    long allowed = 0;
    int code = EXIT_FAILED;
    if ((jobs[_i].png && is_left_out("ANEW_PNG")) || (jobs[_i].jpeg && is_left_out("ANEW_JPEG")))
        return;
    (void)snprintf(output, sizeof output, "%s/%s", folder, jobs[_i].output);
    (void)snprintf(model, sizeof model, "%s/srvgg_tiny_x4.anew", model_folder());
    const char *const arguments[] = {"--quiet", jobs[_i].more, "-m",           model,
                                     "-o",      output,        jobs[_i].input, NULL};
    code = run(&said, -1, arguments);
    ck_assert_msg(code == EXIT_DONE, "%s: %s", output, said);
    free(said);
    anew_bytes whole = {0}, again = {0};
    anew_error error;
    ck_assert_int_eq(anew_file_read(&whole, output, 1 << 24, &error), ANEW_OK);
    (void)unlink(output);
    for (code = EXIT_FAILED; code != EXIT_DONE && allowed < MOST; allowed++) {
        code = run(&said, allowed, arguments);
        if (code != EXIT_DONE) {
            ck_assert_msg(code == EXIT_FAILED && is_one_line(said), "%s, %ld: %d, %s", output,
                          allowed, code, said);
            ck_assert_msg(entries_of(folder) == 0, "%s, %ld: left behind", output, allowed);
        }
        free(said);
    }
    ck_assert_int_eq(code, EXIT_DONE);
    ck_assert_int_gt(allowed, 10);
    ck_assert_int_eq(anew_file_read(&again, output, 1 << 24, &error), ANEW_OK);
    ck_assert_uint_eq(again.size, whole.size);
    ck_assert_mem_eq(again.data, whole.data, whole.size);
    anew_bytes_free(&whole);
    anew_bytes_free(&again);
    (void)unlink(output);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocations");
    TCase *all = add_case(suite, "all", 0);
    if (mkdtemp(folder) == NULL)
        return 1;
    tcase_add_loop_test(all, any_allocation_may_fail, 0, (int)(sizeof jobs / sizeof jobs[0]));
    const int code = run_suite(suite);
    (void)rmdir(folder);
    return code;
}
