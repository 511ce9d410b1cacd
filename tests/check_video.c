/*
 * check_video.c - frames of a video: headers, sizes, YCbCr against the formulas in double, chroma's places, and frames that
 * come back sample by sample where nothing is lost.
 *
 * NUT's heads are read back, with what their checksums leave over: nothing.
 *
 * Seen to fail by: a checksum of other bytes, a time without its shift, numbers of more than 7 bits in the wrong order;
 * chroma a quarter of its step off; BT.601's factors for 709; interlaced streams let through.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "image/nut.h"
#include "image/video.h"

static anew_video stream_of(const char *header)
{
    anew_video v;
    anew_error error = {0};
    ck_assert_msg(anew_video_read_header(&v, header, "x", &error) == ANEW_OK, "%s", error.text);
    return v;
}

START_TEST(headers)
{
    static const struct {
        const char *line;
        int bits, sub_x, sub_y;
        bool left, full;
        anew_video_kind kind;
        size_t bytes;
    } good[] = {{"YUV4MPEG2 W6 H4", 8, 2, 2, false, false, ANEW_VIDEO_YUV, 36},
                {"YUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C420mpeg2 XCOLORRANGE=FULL", 8, 2, 2, true,
                 true, ANEW_VIDEO_YUV, 15 + 2 * 6},
                {"YUV4MPEG2 H4 W6 C422 XYSCSS=422", 8, 2, 1, true, false, ANEW_VIDEO_YUV, 48},
                {"YUV4MPEG2 W6 H4 I? C444p10", 10, 1, 1, false, false, ANEW_VIDEO_YUV, 144},
                {"YUV4MPEG2 W6 H4 C420p12", 12, 2, 2, true, false, ANEW_VIDEO_YUV, 72},
                {"YUV4MPEG2 W6 H4 Cmono", 8, 1, 1, false, false, ANEW_VIDEO_MONO, 24},
                {"YUV4MPEG2 W6 H4 Cmono16", 16, 1, 1, false, false, ANEW_VIDEO_MONO, 48}};
    static const char *const bad[][2] = {{"YUV4MPEG W6 H4", "is no Y4M"},
                                         {"YUV4MPEG2 W6", "no size"},
                                         {"YUV4MPEG2 W0 H4", "size W0"},
                                         {"YUV4MPEG2 W6x H4", "size W6x"},
                                         {"YUV4MPEG2 W-6 H4", "size W-6"},
                                         {"YUV4MPEG2 W99999999999999999999 H4", "size W"},
                                         {"YUV4MPEG2 W6 H4 It", "interlaced"},
                                         {"YUV4MPEG2 W6 H4 Im", "interlaced"},
                                         {"YUV4MPEG2 W6 H4 C420paldv", "420paldv are not read"},
                                         {"YUV4MPEG2 W6 H4 C444alpha", "444alpha"},
                                         {"YUV4MPEG2 W6 H4 C420p7", "420p7"},
                                         {"YUV4MPEG2 W6 H4 Cmono17", "mono17"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char line[256], again[256];
        const anew_video v = stream_of(good[i].line);
        ck_assert_msg(v.bits == good[i].bits && v.sub_x == good[i].sub_x &&
                          v.sub_y == good[i].sub_y && v.left == good[i].left &&
                          v.full_range == good[i].full && v.kind == good[i].kind,
                      "%s", good[i].line);
        ck_assert_uint_eq(anew_video_frame_bytes(&v), good[i].bytes);
        anew_video_write_header(&v, line, sizeof line);
        ck_assert_int_eq(line[strlen(line) - 1], '\n');
        line[strlen(line) - 1] = '\0';
        const anew_video back = stream_of(line);
        anew_video_write_header(&back, again, sizeof again);
        ck_assert_int_eq(strncmp(again, line, strlen(line)), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        anew_video v;
        anew_error error = {0};
        ck_assert_msg(anew_video_read_header(&v, bad[i][0], "x", &error) != ANEW_OK, "%s was read",
                      bad[i][0]);
        ck_assert_msg(strstr(error.text, bad[i][1]) != NULL, "%s: %s", bad[i][0], error.text);
    }
    ck_assert_int_eq(stream_of("YUV4MPEG2 W640 H480").matrix, ANEW_MATRIX_601);
    ck_assert_int_eq(stream_of("YUV4MPEG2 W1280 H720").matrix, ANEW_MATRIX_709);
}
END_TEST

START_TEST(raw_words)
{
    anew_video v;
    anew_error error = {0};
    static const char *const bad[] = {"",          "640x480",       "640x480:rgb", "640:rgb24",
                                      "0x4:gray8", "6x4:rgb24junk", "x:rgb24",     "6x4x2:rgb24"};
    ck_assert_int_eq(anew_video_read_raw(&v, "6x4:rgb24", &error), ANEW_OK);
    ck_assert_uint_eq(anew_video_frame_bytes(&v), 72);
    ck_assert_int_eq(anew_video_read_raw(&v, "5x3:yuv420p", &error), ANEW_OK);
    ck_assert_uint_eq(anew_video_frame_bytes(&v), 27);
    ck_assert(!v.full_range);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(anew_video_read_raw(&v, bad[i], &error) == ANEW_ERROR_ARGUMENT, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(error.text, "640x480:yuv420p"));
    }
}
END_TEST

/* A frame of one colour, to RGB in 0 .. 1. */
static void colour_of(double rgb[3], const char *header, const unsigned int sample[3])
{
    const anew_video v = stream_of(header);
    anew_error error;
    anew_image image;
    const size_t bytes = anew_video_frame_bytes(&v), wide = v.bits > 8 ? 2 : 1;
    const size_t luma = (size_t)v.width * (size_t)v.height, rest = (bytes / wide - luma) / 2;
    uint8_t *frame = malloc(bytes), *back = malloc(bytes);
    ck_assert(frame != NULL && back != NULL);
    for (size_t i = 0; i < bytes / wide; i++) {
        const unsigned int value = sample[i < luma ? 0 : i < luma + rest ? 1 : 2];
        frame[i * wide] = (uint8_t)value;
        if (wide == 2)
            frame[i * wide + 1] = (uint8_t)(value >> 8);
    }
    ck_assert_int_eq(anew_video_picture(&image, &v, &error), ANEW_OK);
    anew_video_to_picture(&image, &v, frame);
    for (int c = 0; c < 3; c++)
        rgb[c] = ((const float *)image.pixels)[image.channels == 3 ? c : 0];
    anew_video_from_picture(back, &v, &image);
    ck_assert_msg(memcmp(frame, back, bytes) == 0, "%s: other samples came back", header);
    anew_image_free(&image);
    free(frame);
    free(back);
}

START_TEST(colours_by_the_formulas)
{
    static const struct {
        const char *header;
        double kr, kb, black, luma, middle, chroma;
    } cases[] = {
        {"YUV4MPEG2 W6 H4 C444", 0.299, 0.114, 16, 219, 128, 224},
        {"YUV4MPEG2 W6 H4 C420jpeg XCOLORRANGE=FULL", 0.299, 0.114, 0, 255, 128, 255},
        {"YUV4MPEG2 W1280 H6 C420mpeg2", 0.2126, 0.0722, 16, 219, 128, 224},
        {"YUV4MPEG2 W6 H4 C422p10", 0.299, 0.114, 64, 876, 512, 896},
        {"YUV4MPEG2 W6 H720 C444p12 XCOLORRANGE=FULL", 0.2126, 0.0722, 0, 4095, 2048, 4095},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int way = 0; way < 8; way++) {
            const double kr = cases[i].kr, kb = cases[i].kb, kg = 1 - kr - kb;
            /* Inside the cube, so that nothing is clamped. */
            const unsigned int sample[3] = {
                (unsigned int)(cases[i].black + cases[i].luma * (0.4 + 0.02 * way)),
                (unsigned int)(cases[i].middle + cases[i].chroma * (way % 2 == 0 ? 0.1 : -0.1)),
                (unsigned int)(cases[i].middle + cases[i].chroma * (way < 4 ? 0.12 : -0.12))};
            const double y = (sample[0] - cases[i].black) / cases[i].luma;
            const double cb = (sample[1] - cases[i].middle) / cases[i].chroma;
            const double cr = (sample[2] - cases[i].middle) / cases[i].chroma;
            const double r = y + 2 * (1 - kr) * cr, b = y + 2 * (1 - kb) * cb;
            const double want[3] = {r, (y - kr * r - kb * b) / kg, b};
            double rgb[3];
            colour_of(rgb, cases[i].header, sample);
            for (int c = 0; c < 3; c++)
                ck_assert_msg(fabs(rgb[c] - want[c]) < 1e-5, "%s: channel %d is %f, not %f",
                              cases[i].header, c, rgb[c], want[c]);
        }
}
END_TEST

/* Chroma that grows from left to right grows evenly in the picture: from where its samples stand. */
START_TEST(chroma_stands_where_it_is)
{
    static const struct {
        const char *header;
        double first; /* where the first sample stands, in pixels */
    } cases[] = {{"YUV4MPEG2 W16 H2 C420jpeg", 0.5},
                 {"YUV4MPEG2 W16 H2 C420mpeg2", 0},
                 {"YUV4MPEG2 W16 H2 C422", 0}};
    for (size_t i = 0; i < 3; i++) {
        const anew_video v = stream_of(cases[i].header);
        anew_error error;
        anew_image image;
        uint8_t frame[96], back[96];
        const size_t rows = v.sub_y == 2 ? 1 : 2;
        memset(frame, 126, sizeof frame);
        for (size_t y = 0; y < 2 * rows; y++)
            for (size_t x = 0; x < 8; x++)
                frame[32 + y * 8 + x] = (uint8_t)(y < rows ? 100 + 8 * x : 128);
        ck_assert_int_eq(anew_video_picture(&image, &v, &error), ANEW_OK);
        anew_video_to_picture(&image, &v, frame);
        for (int x = 1; x < 14; x++) { /* beyond, edges are repeated */
            const float *p = (const float *)image.pixels + 3 * x;
            const double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
            const double cb = 128 + 224 * (p[2] - luma) / (2 * (1 - 0.114));
            ck_assert_msg(fabs(cb - (100 + 4 * (x - cases[i].first))) < 0.01, "%s: %d has %f",
                          cases[i].header, x, cb);
        }
        /* And back: a straight line is its own average. */
        anew_video_from_picture(back, &v, &image);
        for (size_t x = 1; x < 7; x++)
            ck_assert_int_eq(back[32 + x], frame[32 + x]);
        anew_image_free(&image);
    }
}
END_TEST

/* What division by NUT's polynomial leaves of bytes, bit by bit. */
static uint32_t remainder_of(const uint8_t *bytes, size_t count)
{
    uint64_t rest = 0;
    for (size_t bit = 0; bit < 8 * count + 32; bit++) {
        const unsigned int next =
            bit < 8 * count ? (unsigned int)bytes[bit / 8] >> (7 - bit % 8) & 1u : 0;
        rest = rest << 1 | next;
        if (rest >> 32 != 0)
            rest ^= UINT64_C(0x104C11DB7);
    }
    return (uint32_t)rest;
}

static uint64_t take_number(const uint8_t **at)
{
    uint64_t value = 0;
    do
        value = value << 7 | (**at & 0x7f);
    while ((*(*at)++ & 0x80) != 0);
    return value;
}

/* The body of a packet that begins there, with its checksum; its bytes. */
static size_t take_packet(const uint8_t **body, const uint8_t **at, const char *letters)
{
    ck_assert_msg(memcmp(*at, letters, 2) == 0, "no packet %s", letters);
    *at += 8;
    const size_t bytes = (size_t)take_number(at);
    *body = *at;
    *at += bytes;
    ck_assert_uint_eq(remainder_of(*body, bytes), 0);
    return bytes;
}

START_TEST(nut)
{
    uint8_t head[ANEW_NUT_HEADER_BYTES], frame[ANEW_NUT_FRAME_BYTES];
    const uint8_t *at = head + ANEW_NUT_FILE_ID, *body = NULL;
    const anew_video v = stream_of("YUV4MPEG2 W640 H48 F25:1 A4:3 C422p10");
    const size_t bytes = anew_nut_header(head, &v, (anew_time_base){1001, 30000});
    ck_assert_int_eq(memcmp(head, "nut/multimedia container", ANEW_NUT_FILE_ID), 0);
    (void)take_packet(&body, &at, "NM");
    static const uint64_t first[] = {3, 1, 65536, 1, 1001, 30000};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        ck_assert_uint_eq(take_number(&body), first[i]);
    (void)take_packet(&body, &at, "NS");
    ck_assert_uint_eq((size_t)(at - head), bytes);
    ck_assert_int_eq(memcmp(body, "\0\0\4Y3\n\n", 7), 0);
    body += 7;
    static const uint64_t then[] = {0, 14, 1, 0, 0, 0, 640, 48, 4, 3, 0};
    for (size_t i = 0; i < sizeof then / sizeof then[0]; i++)
        ck_assert_uint_eq(take_number(&body), then[i]);
    static const uint64_t times[] = {0, 127, 128, 16384, UINT64_C(1) << 40};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        const size_t all = anew_nut_frame(frame, times[i], 1234567);
        at = frame;
        (void)take_packet(&body, &at, "NK");
        ck_assert_uint_eq(take_number(&body), times[i]);
        ck_assert_uint_eq(remainder_of(at, (size_t)(frame + all - at)), 0);
        ck_assert_uint_eq(*at++, 1);
        ck_assert_uint_eq(take_number(&at), times[i] + 16384);
        ck_assert_uint_eq(take_number(&at), 1234567);
        ck_assert_uint_eq((size_t)(frame + all - at), 4);
    }
    const anew_video odd = stream_of("YUV4MPEG2 W6 H4 C420p11");
    ck_assert_uint_eq(anew_nut_header(head, &odd, (anew_time_base){1, 25}), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("video");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_test(all, headers);
    tcase_add_test(all, raw_words);
    tcase_add_test(all, colours_by_the_formulas);
    tcase_add_test(all, chroma_stands_where_it_is);
    tcase_add_test(all, nut);
    return run_suite(suite);
}
