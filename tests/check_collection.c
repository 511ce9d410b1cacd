/*
 * check_collection.c - a collection of pictures of every kind against what other decoders made of it
 * (data/collection.tsv, written by make_collection.py): samples by their CRC-32, or, for lossy formats, within
 * 1.5 of 255 in the means of 16 cells; what is refused, with the reason given.
 *
 * Seen to fail by: leaving out png_set_swap; a BMP decoder that does not turn rows; orientation not applied.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "image/image.h"

/* CRC-32 as in PNG, bit by bit. */
static uint32_t crc_add(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    return crc;
}

static uint32_t crc_of(const anew_image *image)
{
    const size_t samples = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < samples; i++) {
        if (image->depth == 16) {
            const uint16_t value = ((const uint16_t *)image->pixels)[i];
            crc = crc_add(crc_add(crc, (uint8_t)(value >> 8)), (uint8_t)value);
        } else {
            crc = crc_add(crc, ((const uint8_t *)image->pixels)[i]);
        }
    }
    return crc ^ 0xffffffffu;
}

/* Mean of the colours in one cell of the 4 x 4 grid. */
static double mean_of(const anew_image *image, int row, int column)
{
    const int colours = image->channels - (image->channels % 2 == 0);
    int y1 = image->height * (row + 1) / 4, x1 = image->width * (column + 1) / 4;
    const int y0 = image->height * row / 4, x0 = image->width * column / 4;
    y1 = y1 > y0 ? y1 : y0 + 1;
    x1 = x1 > x0 ? x1 : x0 + 1;
    double sum = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            for (int c = 0; c < colours; c++) {
                const size_t i =
                    ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels +
                    (size_t)c;
                sum += image->depth == 16 ? ((const uint16_t *)image->pixels)[i]
                                          : ((const uint8_t *)image->pixels)[i];
            }
    return sum / ((double)(y1 - y0) * (x1 - x0) * colours);
}

static void compare(const anew_image *image, char *facts, const char *file)
{
    int width = 0, height = 0, channels = 0, depth = 0, used = 0;
    char digest[16];
    ck_assert_int_eq(
        sscanf(facts, "%d %d %d %d %15s %n", &width, &height, &channels, &depth, digest, &used), 5);
    ck_assert_msg(image->width == width && image->height == height && image->channels == channels &&
                      image->depth == depth,
                  "%s: %dx%d, %d channels of %d bits; elsewhere %dx%d, %d of %d", file,
                  image->width, image->height, image->channels, image->depth, width, height,
                  channels, depth);
    if (strcmp(digest, "-") != 0)
        ck_assert_msg(crc_of(image) == strtoul(digest, NULL, 16), "%s: other samples", file);
    const double most = depth == 16 ? 1.5 * 257 : 1.5;
    char *at = facts + used;
    for (int i = 0; i < 16; i++) {
        const double there = strtod(at, &at), here = mean_of(image, i / 4, i % 4);
        ck_assert_msg(fabs(there - here) <= most, "%s: cell %d has mean %.2f, elsewhere %.2f", file,
                      i, here, there);
    }
}

START_TEST(collection)
{
    char line[1024], path[2048];
    int read = 0, refused = 0, skipped = 0;
    (void)snprintf(path, sizeof path, "%s/collection.tsv", data_folder());
    FILE *table = fopen(path, "r");
    ck_assert_ptr_nonnull(table);
    while (fgets(line, sizeof line, table) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *facts = strchr(line, '\t');
        ck_assert_ptr_nonnull(facts);
        *facts++ = '\0';
        (void)snprintf(path, sizeof path, "%s/images/open/formats/%s", shared_folder(), line);
        if (!is_there(path, "the collection of pictures"))
            break;
        anew_image image;
        anew_error error = {0};
        const anew_status status = anew_image_read(&image, path, NULL, NULL, &error);
        if (status != ANEW_OK && strstr(error.text, "this build has no") != NULL) {
            skipped++;
        } else if (strncmp(facts, "refused\t", 8) == 0) {
            ck_assert_msg(status != ANEW_OK, "%s was read", line);
            ck_assert_msg(strstr(error.text, line) != NULL && strstr(error.text, facts + 8) != NULL,
                          "%s: refused by: %s", line, error.text);
            refused++;
        } else {
            ck_assert_msg(status == ANEW_OK, "%s", error.text);
            compare(&image, facts, line);
            read++;
        }
        anew_image_free(&image);
    }
    (void)fclose(table);
    printf("%d read as by others, %d refused, %d of formats that this build lacks\n", read, refused,
           skipped);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("collection");
    TCase *all = add_case(suite, "all", 300);
    tcase_add_test(all, collection);
    return run_suite(suite);
}
