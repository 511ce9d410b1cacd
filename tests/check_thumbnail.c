/*
 * check_thumbnail.c - the small picture that a result's rows make: its pixels against averages in floating point, for any
 * size, kind and portions; and its way into EXIF and out of it.
 *
 * Seen to fail by: a pixel's share left out where two pixels of the thumbnail divide it, across or down; rounding down;
 * alpha's white left out; rows counted by portion; a room of the block's size whatever the JPEG's; strips left in the
 * block; our own directory left behind; a JPEG that is cut to its room; an allocation that is not looked at.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "core/memory.h"
#include "image/thumbnail.h"

static unsigned int state = 1;

static unsigned int next(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 16;
}

/* A first directory without entries of interest, a second one with a picture of four bytes. */
static const uint8_t old_exif[] = "II*\0\x08\0\0\0"
                                  "\1\0\x12\1\3\0\1\0\0\0\1\0\0\0\x1a\0\0\0"
                                  "\2\0\1\2\4\0\1\0\0\0\x38\0\0\0\2\2\4\0\1\0\0\0\4\0\0\0\0\0\0\0"
                                  "tiny";
#define LEFT_BYTES 56

static void source(anew_metadata *m, anew_block *left)
{
    *m = (anew_metadata){0};
    *left = (anew_block){0};
    ck_assert(anew_block_set(&m->exif, old_exif, sizeof old_exif - 1));
    ck_assert(anew_block_set(left, old_exif, sizeof old_exif - 1));
    ck_assert(anew_exif_has_thumbnail(left));
    anew_exif_remove_thumbnail(left);
    ck_assert(!anew_exif_has_thumbnail(left));
    ck_assert_uint_eq(left->size, LEFT_BYTES);
}

static anew_thumbnail *open_thumbnail(const anew_image *shape, anew_format format,
                                      const anew_metadata *m, const anew_block *left)
{
    const anew_image_options options = {.png_compression = -1, .metadata = m};
    anew_thumbnail *t = NULL;
    anew_error error = {0};
    ck_assert_int_eq(anew_thumbnail_open(&t, format, shape, left, "it", &options, &error), ANEW_OK);
    return t;
}

static void make_noise(anew_image *image, int width, int height, int channels, int depth)
{
    anew_error error = {0};
    ck_assert_int_eq(anew_image_create(image, width, height, channels, depth, &error), ANEW_OK);
    const size_t samples = (size_t)width * (size_t)height * (size_t)channels;
    for (size_t i = 0; i < samples; i++)
        if (depth == 16)
            ((uint16_t *)image->pixels)[i] = (uint16_t)next();
        else
            ((uint8_t *)image->pixels)[i] = (uint8_t)next();
}

static double value_of(const anew_image *image, int x, int y, int c)
{
    const size_t i =
        ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels + (size_t)c;
    return image->depth == 16 ? round(((const uint16_t *)image->pixels)[i] * 255.0 / 65535)
                              : ((const uint8_t *)image->pixels)[i];
}

static double overlap(double a, double b, double c, double d)
{
    return fmax(0, fmin(b, d) - fmax(a, c));
}

/* The average of the area that a pixel shows, over white. */
static double average(const anew_image *image, const anew_image *small, int sx, int sy, int c)
{
    const double across = (double)image->width / small->width;
    const double down = (double)image->height / small->height;
    const int colour = image->channels <= 2 ? 0 : c, alpha = image->channels - 1;
    double sum = 0;
    for (int y = (int)(sy * down); y < image->height && y < (sy + 1) * down; y++)
        for (int x = (int)(sx * across); x < image->width && x < (sx + 1) * across; x++) {
            const double seen = image->channels % 2 == 0 ? value_of(image, x, y, alpha) / 255 : 1;
            const double value = value_of(image, x, y, colour) * seen + 255 * (1 - seen);
            sum += value * overlap(x, x + 1, sx * across, (sx + 1) * across) *
                   overlap(y, y + 1, sy * down, (sy + 1) * down);
        }
    return sum / (across * down);
}

static void pass(anew_thumbnail *t, const anew_image *image, int portion)
{
    const size_t row = (size_t)image->width * (size_t)image->channels * (size_t)(image->depth / 8);
    for (int y = 0; y < image->height; y += portion) {
        anew_image part = *image;
        part.height = image->height - y < portion ? image->height - y : portion;
        part.pixels = (uint8_t *)image->pixels + (size_t)y * row;
        anew_thumbnail_rows(t, &part);
    }
}

START_TEST(pixels_are_averages)
{
    static const struct {
        int width, height, small_width, small_height;
    } sizes[] = {{1, 1, 1, 1},         {160, 7, 160, 7}, {161, 3, 160, 3},  {200, 300, 107, 160},
                 {320, 160, 160, 80},  {7, 999, 1, 160}, {1000, 2, 160, 1}, {159, 160, 159, 160},
                 {401, 299, 160, 119}, {3, 321, 1, 160}};
    anew_metadata m;
    anew_block left;
    if (!ANEW_JPEG) {
        printf("SKIP JPEG was left out of this build\n");
        return;
    }
    source(&m, &left);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int kind = 0; kind < 8; kind++) {
            anew_image image;
            make_noise(&image, sizes[i].width, sizes[i].height, 1 + kind % 4, kind < 4 ? 8 : 16);
            anew_thumbnail *t = open_thumbnail(&image, ANEW_FORMAT_WEBP, &m, &left);
            anew_thumbnail *portions = open_thumbnail(&image, ANEW_FORMAT_WEBP, &m, &left);
            pass(t, &image, image.height);
            pass(portions, &image, 1 + kind * 2);
            const anew_image *small = anew_thumbnail_picture(t);
            const anew_image *other = anew_thumbnail_picture(portions);
            ck_assert_int_eq(small->width, sizes[i].small_width);
            ck_assert_int_eq(small->height, sizes[i].small_height);
            for (int y = 0; y < small->height; y++)
                for (int x = 0; x < small->width; x++)
                    for (int c = 0; c < 3; c++) {
                        const double want = average(&image, small, x, y, c);
                        ck_assert_double_le(fabs(value_of(small, x, y, c) - want), 0.500001);
                        ck_assert(value_of(other, x, y, c) == value_of(small, x, y, c));
                    }
            anew_thumbnail_close(&t);
            anew_thumbnail_close(&portions);
            anew_image_free(&image);
        }
    anew_free(left.data);
    anew_metadata_free(&m);
}
END_TEST

/* Room that was reserved stays as large; else the block ends with the JPEG. Taken out again, nothing stays. */
START_TEST(goes_in_and_out)
{
    anew_image image;
    anew_error error = {0};
    anew_metadata m;
    anew_block left;
    if (!ANEW_JPEG) {
        printf("SKIP JPEG was left out of this build\n");
        return;
    }
    make_noise(&image, 300, 200, 3, 8);
    source(&m, &left);
    for (int reserved = 0; reserved <= 1; reserved++) {
        anew_block exif = {0};
        ck_assert(anew_block_set(&exif, left.data, left.size));
        anew_thumbnail *t = open_thumbnail(&image, ANEW_FORMAT_PNG, &m, &exif);
        if (reserved)
            ck_assert_int_eq(anew_thumbnail_reserve(t, &exif, &error), ANEW_OK);
        const size_t before = exif.size;
        pass(t, &image, 9);
        ck_assert_int_eq(anew_thumbnail_finish(t, &exif, &error), ANEW_OK);
        ck_assert(anew_exif_has_thumbnail(&exif));
        ck_assert_uint_gt(exif.size, LEFT_BYTES + 94 + 600);
        if (reserved)
            ck_assert_uint_eq(exif.size, before);
        else
            ck_assert(memcmp(exif.data + exif.size - 2, "\xff\xd9", 2) == 0);
        anew_exif_remove_thumbnail(&exif);
        ck_assert_uint_eq(exif.size, LEFT_BYTES);
        ck_assert(memcmp(exif.data, left.data, LEFT_BYTES) == 0);
        anew_free(exif.data);
        anew_thumbnail_close(&t);
    }
    anew_image_free(&image);
    anew_free(left.data);
    anew_metadata_free(&m);
}
END_TEST

/* Noise takes more than what a JPEG's marker has left: its place stays empty, and what was written stays as long. */
START_TEST(what_does_not_fit_is_left_out)
{
    anew_image image;
    anew_error error = {0};
    anew_metadata m;
    anew_block left;
    if (!ANEW_JPEG) {
        printf("SKIP JPEG was left out of this build\n");
        return;
    }
    make_noise(&image, 160, 160, 3, 8);
    for (size_t i = 0; i < (size_t)160 * 160 * 3; i++) /* as much of it as can be */
        ((uint8_t *)image.pixels)[i] = next() % 2 == 0 ? 0 : 255;
    source(&m, &left);
    for (size_t room = 1900; room <= 16000; room += 564) {
        uint8_t *large = calloc(65527 - 96 - room, 1);
        anew_block exif = {0};
        ck_assert_ptr_nonnull(large);
        memcpy(large, left.data, left.size);
        ck_assert(anew_block_set(&exif, large, 65527 - 96 - room));
        anew_thumbnail *t = open_thumbnail(&image, ANEW_FORMAT_JPEG, &m, &exif);
        ck_assert_int_eq(t != NULL, room >= 2048);
        ck_assert_int_eq(anew_thumbnail_reserve(t, &exif, &error), ANEW_OK);
        const size_t before = exif.size;
        ck_assert_uint_le(before, 65527);
        anew_thumbnail_rows(t, &image);
        ck_assert_int_eq(anew_thumbnail_finish(t, &exif, &error), ANEW_OK);
        ck_assert_uint_eq(exif.size, before);
        if (room < 2500)
            ck_assert(!anew_exif_has_thumbnail(&exif));
        if (room > 14000)
            ck_assert(anew_exif_has_thumbnail(&exif));
        for (size_t i = 65527 - 96 - room; i < exif.size && !anew_exif_has_thumbnail(&exif); i++)
            ck_assert_int_eq(exif.data[i], 0);
        anew_thumbnail_close(&t);
        anew_free(exif.data);
        free(large);
    }
    anew_image_free(&image);
    anew_free(left.data);
    anew_metadata_free(&m);
}
END_TEST

/* Two strips, their places in a list at 56, their lengths in the entry: nothing of them stays. */
START_TEST(strips_are_taken_out)
{
    static const uint8_t sound[] = "MM\0*\0\0\0\x08"
                                   "\0\1\x01\x12\0\3\0\0\0\1\0\1\0\0\0\0\0\x1a"
                                   "\0\2\x01\x11\0\4\0\0\0\2\0\0\0\x38"
                                   "\x01\x17\0\3\0\0\0\2\0\3\0\4\0\0\0\0"
                                   "\0\0\0\x40\0\0\0\x43"
                                   "abcdefg";
    const size_t size = sizeof sound - 1;
    anew_block block = {0};
    ck_assert(anew_block_set(&block, sound, size));
    ck_assert(anew_exif_has_thumbnail(&block));
    anew_exif_remove_thumbnail(&block);
    ck_assert(!anew_exif_has_thumbnail(&block));
    ck_assert_uint_eq(block.size, 64);
    for (size_t i = 64; i < size; i++)
        ck_assert_int_eq(block.data[i], 0);
    anew_free(block.data);
}
END_TEST

/* The n-th allocation fails, for every n: a message, and nothing is leaked (the sanitizers look). */
START_TEST(any_allocation_may_fail)
{
    anew_image image;
    anew_metadata m;
    anew_block left;
    if (!ANEW_JPEG) {
        printf("SKIP JPEG was left out of this build\n");
        return;
    }
    make_noise(&image, 200, 90, 4, 16);
    source(&m, &left);
    const anew_image_options options = {.png_compression = -1, .metadata = &m};
    for (int reserved = 0; reserved <= 1; reserved++) {
        anew_status status = ANEW_ERROR_MEMORY;
        int failures = 0;
        for (; status != ANEW_OK; failures++) {
            anew_error error = {0};
            anew_thumbnail *t = NULL;
            anew_block exif = {0};
            ck_assert(anew_block_set(&exif, left.data, left.size));
            anew_alloc_limit(failures);
            status =
                anew_thumbnail_open(&t, ANEW_FORMAT_PNG, &image, &exif, "it", &options, &error);
            if (status == ANEW_OK && reserved)
                status = anew_thumbnail_reserve(t, &exif, &error);
            anew_thumbnail_rows(t, &image);
            if (status == ANEW_OK)
                status = anew_thumbnail_finish(t, &exif, &error);
            anew_alloc_limit(-1);
            ck_assert(status == ANEW_OK || status == ANEW_ERROR_MEMORY);
            ck_assert(status == ANEW_OK || error.text[0] != '\0');
            ck_assert(status != ANEW_OK || anew_exif_has_thumbnail(&exif));
            anew_thumbnail_close(&t);
            anew_free(exif.data);
        }
        ck_assert_int_gt(failures, 6);
    }
    anew_image_free(&image);
    anew_free(left.data);
    anew_metadata_free(&m);
}
END_TEST

START_TEST(there_is_none_where_none_is_wanted)
{
    static const anew_format without[] = {ANEW_FORMAT_PNM, ANEW_FORMAT_TIFF, ANEW_FORMAT_GIF};
    const anew_image shape = {100, 80, 3, 8, NULL};
    anew_error error = {0};
    anew_metadata m;
    anew_block left;
    source(&m, &left);
    for (int i = 0; i < 7; i++) {
        const anew_format format = i < 3 ? without[i] : ANEW_FORMAT_PNG;
        const anew_metadata *from = &m, bare = {.exif = left};
        const anew_image_options options = {.metadata = i == 3 ? &bare : from,
                                            .strip = i == 4,
                                            .drop_thumbnail = i == 5,
                                            .max_bytes = i == 6 ? 16000 : 0};
        anew_thumbnail *t = NULL;
        ck_assert_int_eq(anew_thumbnail_open(&t, format, &shape, &left, "it", &options, &error),
                         ANEW_OK);
        ck_assert_ptr_null(t);
        const size_t size = left.size;
        anew_thumbnail_rows(t, &shape);
        ck_assert_int_eq(anew_thumbnail_finish(t, &left, &error), ANEW_OK);
        ck_assert_uint_eq(left.size, size);
    }
    anew_free(left.data);
    anew_metadata_free(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thumbnail");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_test(all, pixels_are_averages);
    tcase_add_test(all, goes_in_and_out);
    tcase_add_test(all, what_does_not_fit_is_left_out);
    tcase_add_test(all, strips_are_taken_out);
    tcase_add_test(all, any_allocation_may_fail);
    tcase_add_test(all, there_is_none_where_none_is_wanted);
    return run_suite(suite);
}
