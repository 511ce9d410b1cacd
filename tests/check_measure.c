/*
 * check_measure.c - measures of pictures: CIEDE2000 against its published pairs, all others against values that an
 * independent program in numpy made of the same pictures (scripts/measures.py, which prints them).
 *
 * Seen to fail by: a mean hue without its turn of 360 degrees (colour_difference.c), MS-SSIM's exponents in another
 * order, halves that take every second pixel, a percentile of 90, a blur of 7 taps, blocks counted from pixel 4,
 * places of crops that overlap, a caption with the other picture's name, a sheet without its difference, letters that run
 * over the edge, two question marks for one character, and an end of a name that is a letter too short.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/suite.h"
#include "core/memory.h"
#include "finish/sheet.h"
#include "image/colour_difference.h"
#include "image/letters.h"
#include "image/measure.h"

/* ---- CIEDE2000: Sharma, Wu and Dalal 2005, table 1 ---------------------------------------------------- */

static const double pairs[34][7] = {
    {50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425},
    {50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615},
    {50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412},
    {50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000},
    {50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000},
    {50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000},
    {50, 0, 0, 50, -1, 2, 2.3669},
    {50, -1, 2, 50, 0, 0, 2.3669},
    {50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792},
    {50, 2.49, -0.001, 50, -2.49, 0.0010, 7.1792},
    {50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195},
    {50, 2.49, -0.001, 50, -2.49, 0.0012, 7.2195},
    {50, -0.001, 2.49, 50, 0.0009, -2.49, 4.8045},
    {50, -0.001, 2.49, 50, 0.0010, -2.49, 4.8045},
    {50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461},
    {50, 2.5, 0, 50, 0, -2.5, 4.3065},
    {50, 2.5, 0, 73, 25, -18, 27.1492},
    {50, 2.5, 0, 61, -5, 29, 22.8977},
    {50, 2.5, 0, 56, -27, -3, 31.9030},
    {50, 2.5, 0, 58, 24, 15, 19.4535},
    {50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000},
    {50, 2.5, 0, 50, 3.2972, 0, 1.0000},
    {50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000},
    {50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000},
    {60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644},
    {63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630},
    {61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731},
    {35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645},
    {22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373},
    {36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146},
    {90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441},
    {90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381},
    {6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377},
    {2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082},
};

START_TEST(ciede2000_is_the_published_one)
{
    const double *p = pairs[_i];
    const anew_lab a = {p[0], p[1], p[2]}, b = {p[3], p[4], p[5]};
    ck_assert_double_eq_tol(anew_ciede2000(&a, &b), p[6], 5e-5);
    ck_assert_double_eq_tol(anew_ciede2000(&b, &a), p[6], 5e-5);
}
END_TEST

START_TEST(white_and_black)
{
    const anew_lab white = anew_lab_of_linear(1, 1, 1), black = anew_lab_of_linear(0, 0, 0);
    ck_assert_double_eq_tol(white.l, 100, 1e-4);
    ck_assert_double_eq_tol(white.a, 0, 1e-2);
    ck_assert_double_eq_tol(white.b, 0, 1e-2);
    ck_assert_double_eq_tol(black.l, 0, 1e-9);
}
END_TEST

/* ---- two pictures that a formula makes ------------------------------------------------------------------ */

static uint32_t mixed(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x7feb352du;
    v ^= v >> 15;
    v *= 0x846ca68bu;
    return v ^ v >> 16;
}

/* Squares of 23 pixels, slopes and noise; `which` 1 is the first one blurred along the rows, with other noise. */
static int first_sample(int x, int y, int c)
{
    const int square = ((x / 23 + y / 23) & 1) * 60, slope = (x * (c + 1) + y * (3 - c)) / 6;
    const uint32_t noise = mixed((uint32_t)(x + 1000 * y + 1000000 * c)) % 17;
    return 30 + square + slope % 120 + (int)noise;
}

static int sample(int which, int x, int y, int c)
{
    if (which == 0)
        return first_sample(x, y, c);
    const int left = x > 0 ? x - 1 : 0;
    const uint32_t noise = mixed((uint32_t)(7 + x + 1000 * y + 1000000 * c)) % 9;
    return (first_sample(left, y, c) + first_sample(x, y, c)) / 2 + (int)noise - 2 * c;
}

static anew_image picture(int which, int width, int height, int channels, int depth)
{
    anew_image image;
    anew_error error;
    ck_assert_int_eq(anew_image_create(&image, width, height, channels, depth, &error), ANEW_OK);
    for (int i = 0; i < width * height * channels; i++) {
        const int pixel = i / channels, c = i % channels;
        const int v = sample(which, pixel % width, pixel / width, c);
        if (depth == 16)
            ((uint16_t *)image.pixels)[i] = (uint16_t)(v * 257);
        else
            ((uint8_t *)image.pixels)[i] = (uint8_t)v;
    }
    return image;
}

/* What scripts/measures.py says of picture(0) and picture(1) of 200x180 pixels: colour, gray. */
static const struct {
    int channels;
    double psnr, psnr_luma, ssim, ms_ssim, delta_e, delta_e_95;
    double blur[2], noise[2], blocking[2];
} wanted[] = {
#include "data/measures.inc"
};

START_TEST(measures_are_those_of_another_program)
{
    anew_error error;
    anew_difference d, again;
    for (int depth = 8; depth <= 16; depth += 8) {
        anew_image a = picture(0, 200, 180, wanted[_i].channels, depth);
        anew_image b = picture(1, 200, 180, wanted[_i].channels, depth);
        ck_assert_int_eq(anew_image_measure(&d, &a, &b, 1, &error), ANEW_OK);
        ck_assert_double_eq_tol(d.psnr, wanted[_i].psnr, 1e-6);
        ck_assert_double_eq_tol(d.psnr_luma, wanted[_i].psnr_luma, 1e-6);
        ck_assert_double_eq_tol(d.ssim, wanted[_i].ssim, 1e-8);
        ck_assert_double_eq_tol(d.ms_ssim, wanted[_i].ms_ssim, 1e-8);
        ck_assert_double_eq_tol(d.delta_e, wanted[_i].delta_e, 1e-5);
        ck_assert_double_eq_tol(d.delta_e_95, wanted[_i].delta_e_95, 2e-3);
        for (int threads = 2; threads < 6; threads++) {
            ck_assert_int_eq(anew_image_measure(&again, &a, &b, threads, &error), ANEW_OK);
            ck_assert_double_eq(again.delta_e, d.delta_e);
            ck_assert_double_eq(again.delta_e_95, d.delta_e_95);
        }
        for (int which = 0; which < 2; which++) {
            anew_quality q;
            ck_assert_int_eq(anew_image_quality(&q, which == 0 ? &a : &b, &error), ANEW_OK);
            ck_assert_double_eq_tol(q.blur, wanted[_i].blur[which], 1e-5);
            ck_assert_double_eq_tol(q.noise, wanted[_i].noise[which], 1e-4);
            ck_assert_double_eq_tol(q.blocking, wanted[_i].blocking[which], 1e-5);
        }
        anew_image_free(&a);
        anew_image_free(&b);
    }
}
END_TEST

START_TEST(equal_and_small_pictures)
{
    anew_error error;
    anew_difference d;
    anew_quality q;
    for (int size = 1; size <= 176; size += size < 20 ? 3 : 156) {
        anew_image a = picture(0, size, size, 3, 8);
        ck_assert_int_eq(anew_image_measure(&d, &a, &a, 2, &error), ANEW_OK);
        ck_assert_int_eq(d.differing, 0);
        ck_assert(isinf(d.psnr));
        ck_assert_double_eq(d.delta_e, 0);
        ck_assert_double_eq(d.delta_e_95, 0);
        ck_assert(size < 11 ? isnan(d.ssim) : fabs(d.ssim - 1) < 1e-12);
        ck_assert(size < 176 ? isnan(d.ms_ssim) : fabs(d.ms_ssim - 1) < 1e-12);
        ck_assert_int_eq(anew_image_quality(&q, &a, &error), ANEW_OK);
        ck_assert(size < 16 ? isnan(q.noise) : q.noise > 0);
        anew_image_free(&a);
    }
}
END_TEST

/* ---- sheets ----------------------------------------------------------------------------------------------- */

static anew_finish_machine machine(int threads)
{
    anew_isa isa;
    ck_assert(anew_isa_detect(&isa, NULL));
    return (anew_finish_machine){anew_row_kernels_for(isa), threads};
}

static const anew_sheet_caption captions[2] = {{"photo.jpg", 2000, 900}, {"b.png", 1000, 450}};

/* Whether the text, and nothing else, stands there in the sheet: words on its gray, in a line of the column's width. */
static bool says(const anew_image *sheet, int left, int top, int width, int scale,
                 const uint8_t colour[3], const char *text)
{
    anew_image line;
    anew_error error;
    ck_assert_int_eq(anew_image_create(&line, width, ANEW_LETTER_HEIGHT * scale, 3, 8, &error),
                     ANEW_OK);
    const size_t bytes = (size_t)width * 3;
    memset(line.pixels, 48, bytes * (size_t)line.height);
    anew_letters_draw(&line, 0, 0, scale, colour, text);
    bool equal = true;
    for (int y = 0; y < line.height; y++)
        equal = equal && memcmp((uint8_t *)line.pixels + (size_t)y * bytes,
                                (uint8_t *)sheet->pixels +
                                    ((size_t)(top + y) * (size_t)sheet->width + (size_t)left) * 3,
                                bytes) == 0;
    anew_image_free(&line);
    return equal;
}

/* Two places of a picture of 2000x900 are changed, one of them more: they are found in this order, and shown pixel by
 * pixel on both sides. */
START_TEST(sheets_show_where_pictures_differ_most)
{
    anew_error error;
    const anew_finish_machine m = machine(2);
    const int at[2][2] = {{1500, 700}, {300, 100}};
    anew_image a = picture(0, 2000, 900, 3, 8), b = picture(0, 2000, 900, 3, 8), sheet, difference;
    for (int place = 0; place < 2; place++)
        for (int y = 0; y < 20; y++)
            for (int x = 0; x < 20 * 3; x++) {
                uint8_t *v =
                    (uint8_t *)b.pixels + ((at[place][1] + y) * 2000 + at[place][0]) * 3 + x;
                *v = (uint8_t)(*v + (place == 0 ? 20 : 10));
            }
    anew_sheet_places p;
    ck_assert_int_eq(anew_contact_sheet(&sheet, &p, &a, &b, captions, &m, &error), ANEW_OK);
    ck_assert_int_eq(p.count, 2);
    for (int k = 0; k < 2; k++) {
        ck_assert(p.x[k] <= at[k][0] && at[k][0] + 20 <= p.x[k] + p.width);
        ck_assert(p.y[k] <= at[k][1] && at[k][1] + 20 <= p.y[k] + p.height);
    }
    /* Columns of 646 pixels, 8 between; b's last crop ends 3 + 8 pixels before the sheet's lower end. */
    ck_assert_int_eq(sheet.width, 3 * 646 + 4 * 8);
    for (int i = 0; i < p.width * 3; i++) {
        const size_t row = (size_t)sheet.width * (size_t)(sheet.height - 12) * 3;
        const size_t from = ((size_t)(p.y[1] + p.height - 1) * 2000 + (size_t)p.x[1]) * 3;
        const uint8_t *middle = (uint8_t *)sheet.pixels + row + (size_t)(8 + 646 + 8 + 3) * 3;
        ck_assert_int_eq(middle[i], ((uint8_t *)b.pixels)[from + (size_t)i]);
    }
    static const uint8_t words[3] = {224, 224, 224}, first[3] = {255, 96, 32};
    ck_assert(says(&sheet, 8, 8, 646, 2, words, "a: photo.jpg, 2000x900 at 32 %"));
    ck_assert(says(&sheet, 662, 8, 646, 2, words, "b: b.png, 1000x450 as 2000x900 at 32 %"));
    ck_assert(says(&sheet, 1316, 8, 646, 2, words, "difference: gray + 4 (b - a) at 32 %"));
    char crop[64];
    snprintf(crop, sizeof crop, "b, crop 1: 640x240 at %d,%d (100 %%)", p.x[0], p.y[0]);
    const int below = 8 + 21 + 288 + 8; /* caption, panel */
    ck_assert(says(&sheet, 662, below, 646, 2, first, crop));
    /* The difference's column shows the changed spot of its first crop. */
    const int spot[2] = {1316 + 3 + at[0][0] - p.x[0], below + 21 + 3 + at[0][1] - p.y[0]};
    ck_assert_int_eq(((uint8_t *)sheet.pixels)[(spot[1] * sheet.width + spot[0]) * 3], 128 + 80);
    ck_assert_int_eq(anew_difference_picture(&difference, &a, &b, &error), ANEW_OK);
    ck_assert_int_eq(((uint8_t *)difference.pixels)[(700 * 2000 + 1500) * 3], 128 + 80);
    ck_assert_int_eq(((uint8_t *)difference.pixels)[(699 * 2000 + 1500) * 3], 128);
    anew_image_free(&difference);
    anew_image_free(&sheet);
    /* Nothing differs: no crop. */
    ck_assert_int_eq(anew_contact_sheet(&sheet, &p, &a, &a, captions, &m, &error), ANEW_OK);
    ck_assert_int_eq(p.count, 0);
    anew_image_free(&sheet);
    anew_image_free(&a);
    anew_image_free(&b);
}
END_TEST

/* Any size and kind, and any allocation may fail. */
START_TEST(sheets_of_any_picture)
{
    static const int sizes[][2] = {{1, 1}, {15, 700}, {700, 3}, {641, 241}};
    anew_error error;
    const anew_finish_machine m = machine(1);
    for (int i = 0; i < 4; i++)
        for (int channels = 1; channels <= 4; channels++) {
            anew_image a = picture(0, sizes[i][0], sizes[i][1], channels, 8);
            anew_image b = picture(1, sizes[i][0], sizes[i][1], channels, 16), sheet;
            ck_assert_int_eq(anew_contact_sheet(&sheet, NULL, &a, &b, captions, &m, &error),
                             ANEW_OK);
            anew_image_free(&sheet);
            long n = 0;
            for (anew_status status = ANEW_ERROR_MEMORY; status != ANEW_OK; n++) {
                anew_alloc_limit(n);
                status = anew_contact_sheet(&sheet, NULL, &a, &b, captions, &m, &error);
                anew_alloc_limit(-1);
                ck_assert(status == ANEW_OK || status == ANEW_ERROR_MEMORY);
                ck_assert(status == ANEW_OK || sheet.pixels == NULL);
                anew_image_free(&sheet);
            }
            ck_assert_int_gt(n, 3);
            anew_image_free(&a);
            anew_image_free(&b);
        }
}
END_TEST

/* ---- letters ---------------------------------------------------------------------------------------------- */

static void drawn(uint8_t dots[24][24], int left, int top, int scale, const char *text)
{
    static const uint8_t white[3] = {255, 255, 255};
    anew_image image;
    anew_error error;
    ck_assert_int_eq(anew_image_create(&image, 24, 24, 3, 8, &error), ANEW_OK);
    memset(image.pixels, 0, 24 * 24 * 3);
    anew_letters_draw(&image, left, top, scale, white, text);
    for (int i = 0; i < 24 * 24; i++)
        dots[i / 24][i % 24] = ((uint8_t *)image.pixels)[i * 3];
    anew_image_free(&image);
}

/* Every printable character has dots, no two the same ones, and none outside of its cell less the gap. */
START_TEST(letters_are_told_apart)
{
    uint8_t all['~' - ' ' + 1][24][24];
    for (int c = ' '; c <= '~'; c++) {
        const char text[2] = {(char)c, 0};
        drawn(all[c - ' '], 7, 7, 1, text);
        int dots = 0;
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 24; x++)
                if (all[c - ' '][y][x] != 0) {
                    ck_assert(x >= 7 && x < 7 + ANEW_LETTER_WIDTH - 1);
                    ck_assert(y >= 7 && y < 7 + ANEW_LETTER_HEIGHT);
                    dots++;
                }
        ck_assert_msg((dots > 0) == (c != ' '), "%c has %d dots", c, dots);
        for (int other = ' '; other < c; other++)
            ck_assert_msg(memcmp(all[other - ' '], all[c - ' '], sizeof *all) != 0, "%c is %c", c,
                          other);
    }
}
END_TEST

/* Doubled dots; what is beyond an edge is left out, wherever the text begins; one mark for one foreign character. */
START_TEST(letters_anywhere)
{
    uint8_t one[24][24], other[24][24];
    drawn(one, 0, 0, 1, "Rj");
    drawn(other, 1, 2, 2, "Rj");
    for (int y = 0; y < 2 * ANEW_LETTER_HEIGHT; y++)
        for (int x = 0; x < 4 * ANEW_LETTER_WIDTH - 2; x++)
            ck_assert_int_eq(other[2 + y][1 + x], one[y / 2][x / 2]);
    drawn(other, -6, -2, 1, "Rj");
    for (int y = 0; y < ANEW_LETTER_HEIGHT - 2; y++)
        for (int x = 0; x < 6; x++)
            ck_assert_int_eq(other[y][x], one[y + 2][x + 6]);
    drawn(one, 20, 20, 1, "#");
    for (int i = 0; i < 4; i++) { /* of its third row, which is full, what fits */
        ck_assert_int_eq(one[22][20 + i], 255);
        ck_assert_int_eq(one[23][i], 0);
    }
    drawn(one, 0, 0, 1, "a?c");
    drawn(other, 0, 0, 1,
          "a\xE2\x82\xAC"
          "c");
    ck_assert_mem_eq(one, other, sizeof one);
    drawn(other, 0, 0, 1, "a\nc");
    ck_assert_mem_eq(one, other, sizeof one);
}
END_TEST

START_TEST(long_names_are_shortened_in_the_middle)
{
    static const struct {
        const char *text, *line;
        int most;
        size_t room;
    } cases[] = {
        {"photo.jpg", "photo.jpg", 9, 64},
        {"photo.jpg", "pho...pg", 8, 64},
        {"photo.jpg", "...", 3, 64},
        {"photo.jpg", "..", 2, 64},
        {"photo.jpg", "", 0, 64},
        {"photo.jpg", "", -5, 64},
        {"photo.jpg", "ph...g", 64, 7},
        {"photo.jpg", "", 64, 1},
        {"", "", 10, 64},
        {"\xC3\xA4\xC3\xB6"
         "b.png",
         "??b.png", 7, 64},
        {"\xC3\xA4\xC3\xB6\xC3\xBC"
         "b.png",
         "??...ng", 7, 64},
        {"a\xFF\x80\xBF", "a?", 2, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[64];
        memset(line, 'x', sizeof line);
        anew_letters_fit(line, cases[i].room, cases[i].text, cases[i].most);
        ck_assert_str_eq(line, cases[i].line);
        ck_assert_uint_le(strlen(line), cases[i].room - 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure");
    TCase *colours = add_case(suite, "colours", 30);
    tcase_add_loop_test(colours, ciede2000_is_the_published_one, 0, 34);
    tcase_add_test(colours, white_and_black);
    TCase *pictures = add_case(suite, "pictures", 60);
    tcase_add_loop_test(pictures, measures_are_those_of_another_program, 0, 2);
    tcase_add_test(pictures, equal_and_small_pictures);
    TCase *sheets = add_case(suite, "sheets", 60);
    tcase_add_test(sheets, sheets_show_where_pictures_differ_most);
    tcase_add_test(sheets, sheets_of_any_picture);
    TCase *letters = add_case(suite, "letters", 30);
    tcase_add_test(letters, letters_are_told_apart);
    tcase_add_test(letters, letters_anywhere);
    tcase_add_test(letters, long_names_are_shortened_in_the_middle);
    return run_suite(suite);
}
