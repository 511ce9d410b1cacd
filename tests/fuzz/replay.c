/*
 * replay.c - runs a fuzz target on files, without a fuzzer:
 *
 *     fuzz_NAME FILE_OR_FOLDER...              each file as it is
 *     fuzz_NAME --every N FILE_OR_FOLDER...    also cut at every byte, with every number among its first N and
 *                                              last N bytes at its extremes, and with the n-th allocation
 *                                              failing, for every n
 *
 * A crash says which input it was, and leaves it in the file that the environment variable FUZZ_FAILED names.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "fuzz.h"

/* Longer files are not cut at every byte, but that near to both ends. */
#define CUT_BYTES ((size_t)2000)
/* No run takes that long, not even under valgrind. */
#define MAX_SECONDS 120

static long runs, files;
static size_t every; /* 0: each file as it is */

/* The input at work, for the handler. */
static const char *running;
static char what[64];
static const uint8_t *running_data;
static size_t running_size;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static void on_crash(int number)
{
    const char *path = getenv("FUZZ_FAILED");
    say("failed: ");
    say(running == NULL ? "" : running);
    say(what);
    say(number == SIGALRM ? ": does not end\n" : "\n");
    const int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file >= 0 && write(file, running_data, running_size) >= 0)
        (void)close(file);
    _exit(1);
}

static void run(const uint8_t *data, size_t size)
{
    running_data = data;
    running_size = size;
    (void)alarm(MAX_SECONDS);
    (void)LLVMFuzzerTestOneInput(data, size);
    runs++;
}

static bool is_near_an_end(size_t at, size_t size, size_t near)
{
    return at < near || size - at <= near;
}

/* Every 1, 2, 4 and 8 bytes as the smallest and largest numbers that they can hold, in both byte orders. */
static void run_extremes(uint8_t *data, size_t size)
{
    static const uint8_t first[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint8_t kept[8];
    for (size_t at = 0; at < size; at++) {
        for (size_t bytes = 1; bytes <= 8 && bytes <= size - at && is_near_an_end(at, size, every);
             bytes *= 2) {
            memcpy(kept, data + at, bytes);
            for (size_t i = 0; i < sizeof first; i++) {
                const uint8_t rest = first[i] == 0x7f || first[i] == 0xff ? 0xff : 0;
                (void)snprintf(what, sizeof what, ", %zu bytes at %zu as 0x%02x", bytes, at,
                               first[i]);
                memset(data + at, rest, bytes);
                data[at] = first[i];
                run(data, size);
                if (bytes > 1) {
                    data[at] = rest;
                    data[at + bytes - 1] = first[i];
                    run(data, size);
                }
            }
            memcpy(data + at, kept, bytes);
        }
    }
}

static void run_every(uint8_t *data, size_t size)
{
    for (size_t cut = 0; cut < size; cut++) {
        (void)snprintf(what, sizeof what, ", cut to %zu bytes", cut);
        if (is_near_an_end(cut, size, CUT_BYTES))
            run(data, cut);
    }
    run_extremes(data, size);
    fuzz_was_short = true;
    for (fuzz_allocations = 0; fuzz_was_short; fuzz_allocations++) {
        (void)snprintf(what, sizeof what, ", %ld allocations", fuzz_allocations);
        fuzz_was_short = false;
        run(data, size);
    }
    fuzz_allocations = -1;
}

static int run_file(const char *path)
{
    anew_bytes bytes = {0};
    anew_error error = {0};
    if (anew_file_read(&bytes, path, (size_t)64 << 20, &error) != ANEW_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    uint8_t *data = fuzz_copy(bytes.data, bytes.size);
    running = path;
    what[0] = '\0';
    files++;
    run(data, bytes.size);
    if (every > 0)
        run_every(data, bytes.size);
    free(data);
    anew_bytes_free(&bytes);
    return 0;
}

static int run_path(const char *path)
{
    char inside[1024];
    int failed = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return run_file(path);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        failed |= run_file(inside);
    }
    (void)closedir(folder);
    return failed;
}

int main(int count, char **arguments)
{
    static const int signals[] = {SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    const bool harder = count > 2 && strcmp(arguments[1], "--every") == 0;
    int failed = 0;
    every = harder ? strtoul(arguments[2], NULL, 10) : 0;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)signal(signals[i], on_crash);
    for (int i = harder ? 3 : 1; i < count; i++)
        failed |= run_path(arguments[i]);
    (void)alarm(0);
    printf("%ld runs of %ld files\n", runs, files);
    return failed || files == 0;
}
