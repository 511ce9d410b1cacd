/*
 * check_naturalness.c - the distance from good photos (NIQE): of a picture of dead leaves against what
 * bench/quality/naturalness.py makes of it, which shares no line with the program; and that what spoils a picture makes
 * it larger, the more the larger.
 *
 * Dead leaves (Lee, Mumford, Huang 2001): discs of random grays whose radii are spread as r^-3, one upon the other, have
 * the statistics of photos.
 */
#include "common/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "image/measure.h"

#define WIDTH  300
#define HEIGHT 210
#define LEAVES 9000

static uint32_t dice;

static double draw(void)
{
    dice = dice * 1664525u + 1013904223u;
    return (double)(dice >> 8) / 16777216.0;
}

static void blur(anew_image *image, int amount);
static void add_noise(anew_image *image, double amount);

static anew_image dead_leaves(void)
{
    anew_image image = {0};
    ck_assert_int_eq(anew_image_create(&image, WIDTH, HEIGHT, 1, 8, NULL), ANEW_OK);
    uint8_t *pixels = image.pixels;
    dice = 7;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = 128;
    for (int leaf = 0; leaf < LEAVES; leaf++) {
        const double radius = 1.5 / sqrt(draw() + 0.0005), cx = draw() * WIDTH,
                     cy = draw() * HEIGHT;
        const int gray = (int)(20 + 215 * draw());
        for (int y = (int)(cy - radius); y <= (int)(cy + radius); y++)
            for (int x = (int)(cx - radius); x <= (int)(cx + radius); x++)
                if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT &&
                    (x - cx) * (x - cx) + (y - cy) * (y - cy) < radius * radius)
                    pixels[y * WIDTH + x] = (uint8_t)gray;
    }
    blur(&image, 1); /* a lens, and a sensor */
    add_noise(&image, 0.5);
    return image;
}

static double score_of(const anew_image *image)
{
    anew_quality quality;
    anew_error error = {0};
    ck_assert_msg(anew_image_quality(&quality, image, &error) == ANEW_OK, "%s", error.text);
    return quality.naturalness;
}

/* `amount` times: each pixel the mean of 3x3. */
static void blur(anew_image *image, int amount)
{
    uint8_t *pixels = image->pixels;
    for (int k = 0; k < amount; k++) {
        uint8_t *from = anew_alloc(WIDTH * HEIGHT);
        ck_assert_ptr_nonnull(from);
        for (int i = 0; i < WIDTH * HEIGHT; i++)
            from[i] = pixels[i];
        for (int y = 1; y < HEIGHT - 1; y++)
            for (int x = 1; x < WIDTH - 1; x++) {
                int sum = 4;
                for (int v = -1; v <= 1; v++)
                    for (int u = -1; u <= 1; u++)
                        sum += from[(y + v) * WIDTH + x + u];
                pixels[y * WIDTH + x] = (uint8_t)(sum / 9);
            }
        anew_free(from);
    }
}

static void add_noise(anew_image *image, double amount)
{
    uint8_t *pixels = image->pixels;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const double v = pixels[i] + 12.0 * amount * (draw() + draw() + draw() + draw() - 2);
        pixels[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static void add_more_noise(anew_image *image, int amount)
{
    add_noise(image, amount);
}

/* Squares of 8 pixels go so far to their mean. */
static void add_blocks(anew_image *image, int amount)
{
    uint8_t *pixels = image->pixels;
    for (int y = 0; y + 8 <= HEIGHT; y += 8)
        for (int x = 0; x + 8 <= WIDTH; x += 8) {
            int sum = 32;
            for (int i = 0; i < 64; i++)
                sum += pixels[(y + i / 8) * WIDTH + x + i % 8];
            for (int i = 0; i < 64; i++) {
                uint8_t *at = &pixels[(y + i / 8) * WIDTH + x + i % 8];
                *at = (uint8_t)((*at * (4 - amount) + sum / 64 * amount) / 4);
            }
        }
}

START_TEST(as_the_script_has_it)
{
    anew_image image = dead_leaves();
    const char *folder = getenv("ANEW_KEEP"); /* to make the figure again */
    char path[1024];
    if (folder != NULL) {
        (void)snprintf(path, sizeof path, "%s/leaves.pgm", folder);
        const anew_image_options plain = {.png_compression = -1};
        ck_assert_int_eq(anew_image_write(&image, path, ANEW_FORMAT_PNM, &plain, NULL), ANEW_OK);
    }
    ck_assert_double_eq_tol(score_of(&image), 5.839, 0.01);
    anew_image_free(&image);
}
END_TEST

START_TEST(what_spoils_a_picture_is_told)
{
    static void (*const spoil[])(anew_image *, int) = {blur, add_more_noise, add_blocks};
    for (size_t kind = 0; kind < sizeof spoil / sizeof spoil[0]; kind++) {
        anew_image clean = dead_leaves();
        double before = score_of(&clean);
        anew_image_free(&clean);
        for (int amount = kind == 2 ? 4 : 2; amount <= 4; amount += 2) { /* weak blocks smooth */
            anew_image image = dead_leaves();
            spoil[kind](&image, amount);
            const double score = score_of(&image);
            ck_assert_msg(score > before, "kind %zu, %d times: %g after %g", kind, amount, score,
                          before);
            before = score;
            anew_image_free(&image);
        }
    }
}
END_TEST

START_TEST(small_pictures_have_none)
{
    anew_image image = dead_leaves();
    image.height = 95;
    ck_assert(isnan(score_of(&image)));
    image.height = 96;
    ck_assert(!isnan(score_of(&image)));
    anew_image_free(&image);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("naturalness");
    TCase *all = add_case(suite, "naturalness", 60);
    tcase_add_test(all, as_the_script_has_it);
    tcase_add_test(all, what_spoils_a_picture_is_told);
    tcase_add_test(all, small_pictures_have_none);
    return run_suite(suite);
}
