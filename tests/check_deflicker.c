/*
 * check_deflicker.c - smoothing of flicker against scenes that are known: what rests and flickers becomes steady, what moves
 * is found to a fraction of a pixel and leaves no ghost, cuts are not blended, fades are followed, and what is saved goes on
 * as it was.
 *
 * Seen to fail by: blending whatever the sources say; cuts that are not told; fades that are not followed; vectors left
 * unused, or whole, or taken where nothing but noise moves; a scene's first frames weighed as later ones; what was made last
 * not taken up; a state of another strength taken up.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "image/deflicker.h"
#include "image/motion.h"

#define W 96
#define H 64

static unsigned int state = 1;

/* -1 .. 1 */
static double noise(void)
{
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / (1 << 23) - 1;
}

/* A texture without end, 60 to 190; `scene` chooses another. */
static double texture(double x, double y, int scene)
{
    return 125 + 25 * sin(0.31 * x + 0.17 * y + scene) + 20 * sin(0.11 * x - 0.37 * y + 2 * scene) +
           12 * sin(0.83 * x + 0.05 * y) + 8 * sin(0.2 * x + 0.71 * y + scene);
}

/* A disk of another texture before a background that rests. */
static double with_disk(double x, double y, double at)
{
    const double dx = x - at, dy = y - H / 2.0;
    return dx * dx + dy * dy < 14 * 14 ? texture(x - at + 40, y + 13, 7) + 20 : texture(x, y, 1);
}

static anew_video stream_of(const char *format, int width, int height)
{
    char line[128];
    anew_video v;
    anew_error error = {0};
    (void)snprintf(line, sizeof line, "YUV4MPEG2 W%d H%d %s", width, height, format);
    ck_assert_int_eq(anew_video_read_header(&v, line, "x", &error), ANEW_OK);
    return v;
}

static anew_deflicker *open_one(const anew_video *source, const anew_video *made, double strength)
{
    anew_deflicker *d = NULL;
    anew_error error = {0};
    ck_assert_msg(anew_deflicker_create(&d, source, made, strength, 1, &error) == ANEW_OK, "%s",
                  error.text);
    return d;
}

typedef double scene_at(double x, double y, int frame);

static double resting(double x, double y, int frame)
{
    (void)frame;
    return texture(x, y, 1);
}

static double disk(double x, double y, int frame)
{
    return with_disk(x, y, 18 + 3.3 * frame);
}

static double panning(double x, double y, int frame)
{
    return texture(x + 2.25 * frame, y - 1.5 * frame, 1);
}

static double two_scenes(double x, double y, int frame)
{
    return texture(x, y, frame < 5 ? 1 : 4) + (frame < 5 ? 0 : 25);
}

static double fading(double x, double y, int frame)
{
    return texture(x, y, 1) * (1 - 0.02 * frame);
}

static double blinking(double x, double y, int frame)
{
    return texture(x, y, 1) + (frame % 2 == 0 ? 4 : -4);
}

/* A gray frame of W x H times `scale`; `flicker` is noise of the frame's own, in patches of 3x3. */
static void draw(uint8_t *to, scene_at *scene, int frame, int scale, double flicker)
{
    static double patches[2 * H / 3 + 1][2 * W / 3 + 1];
    for (int y = 0; y < 2 * H / 3 + 1; y++)
        for (int x = 0; x < 2 * W / 3 + 1; x++)
            patches[y][x] = flicker * noise();
    for (int y = 0; y < H * scale; y++)
        for (int x = 0; x < W * scale; x++) {
            const double value = scene((x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5, frame) +
                                 patches[y / 3][x / 3];
            to[y * W * scale + x] = (uint8_t)lrint(value < 0 ? 0 : value > 255 ? 255 : value);
        }
}

typedef struct outcome {
    anew_flicker flicker;
    double error_made, error_result; /* mean against the scene, from frame 2 on */
    double worst;                    /* of a 4x4 mean of the result's errors */
    bool same[16];                   /* the frame is as it was made */
} outcome;

static outcome run(scene_at *scene, int frames, double strength, double flicker, double grain)
{
    static uint8_t source[W * H], made[4 * W * H], result[4 * W * H], truth[4 * W * H];
    const anew_video small = stream_of("Cmono", W, H), large = stream_of("Cmono", 2 * W, 2 * H);
    anew_deflicker *d = open_one(&small, &large, strength);
    outcome o = {0};
    double count = 0;
    state = 1;
    for (int f = 0; f < frames; f++) {
        draw(source, scene, f, 1, 0);
        for (int i = 0; i < W * H; i++)
            source[i] = (uint8_t)lrint(source[i] + grain * noise());
        draw(made, scene, f, 2, flicker);
        draw(truth, scene, f, 2, 0);
        memcpy(result, made, sizeof made);
        anew_deflicker_frame(d, source, result);
        o.same[f] = memcmp(result, made, sizeof made) == 0;
        for (int y = 0; y + 4 <= 2 * H; y += 4)
            for (int x = 0; x + 4 <= 2 * W; x += 4) {
                double sum = 0;
                for (int i = 0; i < 16; i++) {
                    const int at = (y + i / 4) * 2 * W + x + i % 4;
                    sum += abs(result[at] - truth[at]) / 16.0;
                    if (f >= 2) {
                        o.error_made += abs(made[at] - truth[at]);
                        o.error_result += abs(result[at] - truth[at]);
                        count++;
                    }
                }
                o.worst = sum > o.worst ? sum : o.worst;
            }
    }
    o.error_made /= count;
    o.error_result /= count;
    o.flicker = anew_deflicker_measure(d);
    anew_deflicker_free(&d);
    return o;
}

START_TEST(flicker_of_a_scene_at_rest)
{
    double last = 1e9;
    for (int step = 0; step <= 4; step++) {
        const outcome o = run(resting, 12, step / 4.0, 8, 3);
        printf("  at rest, strength %.2f: %.2f -> %.2f, error %.2f -> %.2f\n", step / 4.0,
               o.flicker.before, o.flicker.after, o.error_made, o.error_result);
        ck_assert_int_eq(o.flicker.cuts, 0);
        ck_assert_int_eq(o.flicker.frames, 12);
        ck_assert_msg(o.flicker.after < last, "no less at %d", step);
        last = o.flicker.after;
        if (step == 0) {
            ck_assert_double_eq(o.flicker.after, o.flicker.before);
            for (int f = 0; f < 12; f++)
                ck_assert_msg(o.same[f], "strength 0 changes frame %d", f);
        }
        if (step == 3) {
            ck_assert(o.flicker.after < 0.4 * o.flicker.before);
            ck_assert(o.error_result < 0.65 * o.error_made);
        }
    }
}
END_TEST

START_TEST(no_ghost_of_what_moves)
{
    const outcome clean = run(disk, 16, 1, 0, 0), flickering = run(disk, 16, 1, 8, 3);
    printf("  a disk: error %.2f -> %.2f, worst 4x4 %.2f; with flicker %.2f -> %.2f, worst %.2f; "
           "%.2f -> %.2f\n",
           clean.error_made, clean.error_result, clean.worst, flickering.error_made,
           flickering.error_result, flickering.worst, flickering.flicker.before,
           flickering.flicker.after);
    ck_assert_int_eq(clean.flicker.cuts, 0);
    ck_assert(clean.error_result < 0.5);
    ck_assert(clean.worst < 5); /* a ghost of the disk has 20 and more */
    ck_assert(flickering.error_result < 0.6 * flickering.error_made);
    ck_assert(flickering.worst < 12);
    ck_assert(flickering.flicker.after < 0.4 * flickering.flicker.before);
}
END_TEST

START_TEST(a_pan_is_followed)
{
    const outcome clean = run(panning, 12, 1, 0, 0), flickering = run(panning, 12, 1, 8, 0);
    printf("  a pan: error %.2f -> %.2f; with flicker %.2f -> %.2f; %.2f -> %.2f\n",
           clean.error_made, clean.error_result, flickering.error_made, flickering.error_result,
           flickering.flicker.before, flickering.flicker.after);
    ck_assert(clean.error_result < 1);
    ck_assert(flickering.error_result < 0.65 * flickering.error_made);
    ck_assert(flickering.flicker.after < 0.45 * flickering.flicker.before);
}
END_TEST

START_TEST(vectors)
{
    static float now[W * H], before[W * H];
    anew_motion m;
    anew_error error;
    double off = 0, most = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            now[y * W + x] = (float)texture(x, y, 1);
            before[y * W + x] = (float)texture(x - 6.25, y + 3.5, 1) + 6; /* brighter, too */
        }
    ck_assert_int_eq(anew_motion_create(&m, W, H, &error), ANEW_OK);
    anew_motion_find(&m, now, before, 2);
    for (int r = 1; r < m.rows - 1; r++)
        for (int c = 1; c < m.columns - 2; c++) {
            const anew_vector v = m.vectors[r * m.columns + c];
            const double far = hypot(v.x - 6.25, v.y + 3.5);
            off += far / ((m.rows - 2) * (m.columns - 3));
            most = far > most ? far : most;
        }
    printf("  vectors: off by %.3f, at most %.3f\n", off, most);
    ck_assert(off < 0.1);
    anew_motion_free(&m);
    /* What rests has no vector at all, whatever the noise. */
    state = 3;
    for (int i = 0; i < W * H; i++) {
        now[i] = (float)(texture(i % W, i / W, 1) + 5 * noise());
        before[i] = (float)(texture(i % W, i / W, 1) + 5 * noise());
    }
    ck_assert_int_eq(anew_motion_create(&m, W, H, &error), ANEW_OK);
    anew_motion_find(&m, now, before, 1);
    int moved = 0;
    for (int i = 0; i < m.rows * m.columns; i++)
        moved += fabsf(m.vectors[i].x) > 0 || fabsf(m.vectors[i].y) > 0;
    printf("  %d of %d blocks at rest are moved by noise\n", moved, m.rows * m.columns);
    ck_assert(moved * 10 < m.rows * m.columns);
    anew_motion_free(&m);
}
END_TEST

START_TEST(cuts_are_not_blended)
{
    const outcome o = run(two_scenes, 10, 1, 8, 3);
    ck_assert_int_eq(o.flicker.cuts, 1);
    ck_assert(o.same[0] && o.same[5]);
    for (int f = 1; f < 10; f++)
        ck_assert_msg(f == 5 || !o.same[f], "frame %d is not smoothed", f);
}
END_TEST

START_TEST(brightness)
{
    const outcome fade = run(fading, 16, 1, 0, 0), blink = run(blinking, 16, 1, 0, 0);
    printf("  a fade: error %.2f; blinking: %.2f -> %.2f\n", fade.error_result,
           blink.flicker.before, blink.flicker.after);
    ck_assert(fade.error_result < 1); /* of 2.5 a frame: one that is not followed lags by 20 */
    ck_assert(fade.flicker.cuts == 0 && blink.flicker.cuts == 0);
    ck_assert(blink.flicker.before > 7);
    ck_assert(blink.flicker.after < 0.35 * blink.flicker.before);
}
END_TEST

/* Every kind of frames and odd sizes; several threads; broken off and taken up. */
START_TEST(kinds_threads_and_breaks)
{
    static const char *const formats[] = {"C420jpeg", "C420p10", "C422",
                                          "C444p12",  "Cmono16", "raw"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        anew_video small, large;
        anew_error error;
        if (strcmp(formats[i], "raw") == 0) {
            ck_assert_int_eq(anew_video_read_raw(&small, "37x29:rgb24", &error), ANEW_OK);
            ck_assert_int_eq(anew_video_read_raw(&large, "83x61:rgb24", &error), ANEW_OK);
        } else {
            small = stream_of(formats[i], 37, 29);
            large = stream_of(formats[i], 83, 61);
        }
        const size_t in = anew_video_frame_bytes(&small), out = anew_video_frame_bytes(&large);
        const size_t most = large.bits > 8 ? 1 : 0; /* the upper bytes stay within the bits */
        uint8_t *source = malloc(in), *base = malloc(out), *a = malloc(out), *b = malloc(out);
        ck_assert(source != NULL && base != NULL && a != NULL && b != NULL);
        anew_deflicker *one = open_one(&small, &large, 0.8), *other = NULL, *again = NULL;
        ck_assert_int_eq(anew_deflicker_create(&other, &small, &large, 0.8, 3, &error), ANEW_OK);
        state = 9;
        for (size_t k = 0; k < out; k++)
            base[k] = (uint8_t)(120 + 40 * sin((double)k / 9));
        for (int f = 0; f < 6; f++) {
            for (size_t k = 0; k < in; k++)
                source[k] = (uint8_t)(most && k % 2 == 1 ? 1 : 120 + 30 * sin((double)k / 7));
            for (size_t k = 0; k < out; k++)
                a[k] = (uint8_t)(most && k % 2 == 1 ? 1 : base[k] + 10 * noise());
            memcpy(b, a, out);
            anew_deflicker_frame(one, source, a);
            anew_deflicker_frame(other, source, b);
            ck_assert_msg(memcmp(a, b, out) == 0, "%s: threads change frame %d", formats[i], f);
            if (f == 2) { /* a break */
                const size_t bytes = anew_deflicker_state_bytes(other);
                uint8_t *kept = malloc(bytes);
                ck_assert_ptr_nonnull(kept);
                anew_deflicker_save(other, kept);
                anew_deflicker_free(&other);
                other = open_one(&small, &large, 0.8);
                again = open_one(&small, &large, 0.7);
                ck_assert(!anew_deflicker_load(again, kept, bytes, source));
                ck_assert(!anew_deflicker_load(other, kept, bytes - 1, source));
                ck_assert(anew_deflicker_load(other, kept, bytes, source));
                anew_deflicker_free(&again);
                free(kept);
            }
        }
        const anew_flicker left = anew_deflicker_measure(one),
                           right = anew_deflicker_measure(other);
        ck_assert(left.frames == 6 && right.frames == 6);
        ck_assert(left.after < 0.6 * left.before);
        ck_assert_double_eq(left.after, right.after);
        ck_assert_double_eq(left.before, right.before);
        anew_deflicker_free(&one);
        anew_deflicker_free(&other);
        free(source);
        free(base);
        free(a);
        free(b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deflicker");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_test(all, flicker_of_a_scene_at_rest);
    tcase_add_test(all, no_ghost_of_what_moves);
    tcase_add_test(all, a_pan_is_followed);
    tcase_add_test(all, vectors);
    tcase_add_test(all, cuts_are_not_blended);
    tcase_add_test(all, brightness);
    tcase_add_test(all, kinds_threads_and_breaks);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    return run_suite(suite);
}
