/* picture.c - one picture read in both ways, for the picture targets. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/memory.h"
#include "fuzz.h"

static const anew_image_limits limits = {.max_pixels = FUZZ_MAX_PIXELS};

static anew_status decode(const uint8_t *data, size_t size, anew_error *error)
{
    anew_image image = {0};
    anew_format format;
    uint8_t *copy = fuzz_copy(data, size);
    const anew_status status =
        anew_image_decode(&image, copy, size, FUZZ_LABEL, &limits, &format, error);
    if (status == ANEW_OK) {
        const size_t bytes = (size_t)image.width * (size_t)image.height * (size_t)image.channels *
                             (size_t)(image.depth / 8);
        const uint8_t *pixels = image.pixels;
        unsigned int sum = 0; /* every byte is there to be read */
        for (size_t i = 0; i < bytes; i++)
            sum += pixels[i];
        if (sum == 1 && bytes > FUZZ_MAX_PIXELS * 8)
            abort();
    } else if (image.pixels != NULL) {
        abort();
    }
    anew_image_free(&image);
    free(copy);
    return status;
}

static anew_status read_by_rows(const char *path, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_image shape = {0};
    void *rows = NULL;
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(anew_image_reader_open(&reader, &shape, path, &limits, error), out);
    const size_t row = (size_t)shape.width * (size_t)shape.channels * (size_t)(shape.depth / 8);
    rows = malloc(row * 3);
    if (rows == NULL)
        abort();
    for (int y = 0; status == ANEW_OK && y < shape.height; y += 3)
        status = anew_image_reader_rows(reader, rows, shape.height - y < 3 ? shape.height - y : 3,
                                        error);
out:
    free(rows);
    anew_image_reader_close(&reader);
    return status;
}

/* A file of these bytes that no folder shows. */
static int file_of(const uint8_t *data, size_t size, char path[32])
{
    const int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0)
        abort();
    for (size_t at = 0; at < size;) {
        const ssize_t written = write(file, data + at, size - at);
        if (written <= 0)
            abort();
        at += (size_t)written;
    }
    (void)snprintf(path, 32, "/proc/self/fd/%d", file);
    return file;
}

void fuzz_picture(anew_format format, const uint8_t *data, size_t size)
{
    char path[32];
    anew_error error = {0}, error_by_rows = {0};
    if (anew_image_sniff(data, size) != format)
        return;
    fuzz_twice(decode, data, size);
    const anew_status whole = decode(data, size, &error);
    const int file = file_of(data, size, path);
    const anew_status by_rows = read_by_rows(path, &error_by_rows);
    (void)close(file);
    fuzz_check(by_rows, path, &error_by_rows);
    if (by_rows != whole)
        abort();
}
