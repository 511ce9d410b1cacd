/*
 * check_session.c - the sessions of anew.h: pixels of any stride and sample, rows in and rows out, models from
 * memory, cancelling, and many sessions at a time. Only anew.h is used.
 *
 * Seen to fail by: strides mixed up in move_row; a result of the input's samples whatever was asked; a callback's
 * status that is not handed on; one executor for all sessions.
 */
#include <anew.h>

#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"

#define WIDTH  23
#define HEIGHT 17
#define SCALE  4

static anew_model *model;
static anew_error error;

static void setup(void)
{
    ck_assert_msg(anew_model_open_named(&model, NULL, &error) == ANEW_OK, "%s", error.text);
}

static void teardown(void)
{
    anew_model_close(&model);
}

static unsigned int noise(unsigned int *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 24;
}

/* ---- buffers of every kind ------------------------------------------------------------------------------- */

static const size_t sample_bytes[] = {1, 2, 4};

typedef struct arrangement {
    const char *name;
    bool planar, padded, upside_down;
} arrangement;

static const arrangement arrangements[] = {{"interleaved", false, false, false},
                                           {"padded", false, true, false},
                                           {"planar", true, false, false},
                                           {"planar, padded, upside down", true, true, true}};

typedef struct buffer {
    uint8_t *memory;
    size_t bytes;
    anew_pixels pixels;
} buffer;

/* Filled with 0xa5, so that it shows what is written beside the pixels. */
static buffer make_buffer(const arrangement *a, anew_sample sample, int width, int height,
                          int channels)
{
    buffer b = {0};
    const ptrdiff_t size = (ptrdiff_t)sample_bytes[sample], gap = a->padded ? 3 : 0;
    anew_pixels *p = &b.pixels;
    *p = (anew_pixels){.sample = sample, .width = width, .height = height, .channels = channels};
    if (a->planar) {
        p->pixel_stride = size + gap;
        p->row_stride = p->pixel_stride * width + gap;
        p->channel_stride = p->row_stride * height + gap;
        b.bytes = (size_t)(p->channel_stride * channels);
    } else {
        p->channel_stride = size;
        p->pixel_stride = size * channels + gap;
        p->row_stride = p->pixel_stride * width + 2 * gap;
        b.bytes = (size_t)(p->row_stride * height);
    }
    b.memory = malloc(b.bytes);
    ck_assert_ptr_nonnull(b.memory);
    memset(b.memory, 0xa5, b.bytes);
    p->data = b.memory;
    if (a->upside_down) {
        p->data = b.memory + p->row_stride * (height - 1);
        p->row_stride = -p->row_stride;
    } else if (!a->planar && !a->padded) {
        p->row_stride = p->pixel_stride = p->channel_stride = 0; /* unsaid */
    }
    return b;
}

static uint8_t *sample_at(const buffer *b, int x, int y, int c)
{
    const anew_pixels *p = &b->pixels;
    const ptrdiff_t size = (ptrdiff_t)sample_bytes[p->sample];
    const bool unsaid = p->row_stride == 0;
    const ptrdiff_t pixel = unsaid ? size * p->channels : p->pixel_stride;
    return (uint8_t *)p->data + y * (unsaid ? pixel * p->width : p->row_stride) + x * pixel +
           c * (unsaid ? size : p->channel_stride);
}

/* 0 .. 1 */
static double value_at(const buffer *b, int x, int y, int c)
{
    uint16_t wide;
    float real;
    const uint8_t *at = sample_at(b, x, y, c);
    switch (b->pixels.sample) {
    case ANEW_SAMPLE_U8:
        return *at / 255.0;
    case ANEW_SAMPLE_U16:
        memcpy(&wide, at, 2);
        return wide / 65535.0;
    default:
        memcpy(&real, at, 4);
        return (double)real;
    }
}

/* The same 8-bit noise in every kind of sample: 257 times a byte is the same share of 65535. */
static void fill(const buffer *b)
{
    unsigned int state = 7;
    for (int y = 0; y < b->pixels.height; y++)
        for (int x = 0; x < b->pixels.width; x++)
            for (int c = 0; c < b->pixels.channels; c++) {
                const unsigned int byte = noise(&state);
                const uint16_t wide = (uint16_t)(byte * 257);
                const float real = (float)byte / 255.0f;
                uint8_t *at = sample_at(b, x, y, c);
                if (b->pixels.sample == ANEW_SAMPLE_U8)
                    *at = (uint8_t)byte;
                else
                    memcpy(at, b->pixels.sample == ANEW_SAMPLE_U16 ? (const void *)&wide : &real,
                           sample_bytes[b->pixels.sample]);
            }
}

/* Bytes beside the pixels are as they were. */
static void check_gaps(const buffer *b)
{
    uint8_t *touched = calloc(b->bytes, 1);
    ck_assert_ptr_nonnull(touched);
    for (int y = 0; y < b->pixels.height; y++)
        for (int x = 0; x < b->pixels.width; x++)
            for (int c = 0; c < b->pixels.channels; c++)
                memset(touched + (sample_at(b, x, y, c) - b->memory), 1,
                       sample_bytes[b->pixels.sample]);
    for (size_t i = 0; i < b->bytes; i++)
        ck_assert_msg(touched[i] || b->memory[i] == 0xa5, "byte %zu beside the pixels was written",
                      i);
    free(touched);
}

START_TEST(every_kind_of_pixels)
{
    const int channels = _i;
    anew_session *session = NULL;
    ck_assert_int_eq(anew_session_open(&session, model, &error), ANEW_OK);
    anew_session_set_threads(session, 2);
    /* The shortest way, from 8 bits to floats, is what all are compared with. */
    buffer in = make_buffer(&arrangements[0], ANEW_SAMPLE_U8, WIDTH, HEIGHT, channels);
    buffer want =
        make_buffer(&arrangements[0], ANEW_SAMPLE_F32, WIDTH * SCALE, HEIGHT * SCALE, channels);
    fill(&in);
    ck_assert_msg(anew_session_run(session, &want.pixels, &in.pixels, &error) == ANEW_OK, "%s",
                  error.text);
    free(in.memory);
    for (int kind = 0; kind < 36; kind++) {
        const arrangement *from = &arrangements[kind % 4], *to = &arrangements[kind / 9];
        const anew_sample in_sample = (anew_sample)(kind % 3);
        const anew_sample out_sample = (anew_sample)(kind / 3 % 3);
        in = make_buffer(from, in_sample, WIDTH, HEIGHT, channels);
        buffer out = make_buffer(to, out_sample, WIDTH * SCALE, HEIGHT * SCALE, channels);
        fill(&in);
        ck_assert_msg(anew_session_run(session, &out.pixels, &in.pixels, &error) == ANEW_OK, "%s",
                      error.text);
        /* Half of the last place, and what sums over transparency, in units of the samples, differ by. */
        const double most = out_sample == ANEW_SAMPLE_U8    ? 0.501 / 255
                            : out_sample == ANEW_SAMPLE_U16 ? 0.6 / 65535
                            : channels % 2 == 0             ? 1e-5
                                                            : 0;
        for (int y = 0; y < HEIGHT * SCALE; y++)
            for (int x = 0; x < WIDTH * SCALE; x++)
                for (int c = 0; c < channels; c++) {
                    const double w = value_at(&want, x, y, c), g = value_at(&out, x, y, c);
                    const double off = fabs(w - g);
                    ck_assert_msg(
                        off <= most,
                        "%s to %s, samples %d to %d, %d channels: %d,%d,%d is %.9g, not %.9g",
                        from->name, to->name, in_sample, out_sample, channels, x, y, c, g, w);
                }
        check_gaps(&out);
        free(in.memory);
        free(out.memory);
    }
    free(want.memory);
    anew_session_close(&session);
    ck_assert_ptr_null(session);
}
END_TEST

/* ---- rows ------------------------------------------------------------------------------------------------- */

typedef struct row_context {
    const uint8_t *in;
    uint8_t *out;
    int channels, next_in, next_out, fail_at_in, fail_at_out;
} row_context;

static anew_status read_row(void *context, int y, void *row)
{
    row_context *c = context;
    if (y != c->next_in++ || y == c->fail_at_in)
        return ANEW_ERROR_IO;
    memcpy(row, c->in + (size_t)y * WIDTH * (size_t)c->channels, WIDTH * (size_t)c->channels);
    return ANEW_OK;
}

static anew_status write_row(void *context, int y, const void *row)
{
    row_context *c = context;
    const size_t bytes = WIDTH * SCALE * (size_t)c->channels;
    if (y != c->next_out++ || y == c->fail_at_out)
        return ANEW_ERROR_LIMIT;
    memcpy(c->out + (size_t)y * bytes, row, bytes);
    return ANEW_OK;
}

START_TEST(rows_in_and_out)
{
    const int channels = _i;
    anew_session *session = NULL;
    const size_t bytes = (size_t)(WIDTH * HEIGHT * channels);
    uint8_t *in = malloc(bytes), *want = malloc(bytes * SCALE * SCALE),
            *got = malloc(bytes * SCALE * SCALE);
    unsigned int state = 3;
    for (size_t i = 0; i < bytes; i++)
        in[i] = (uint8_t)noise(&state);
    ck_assert_int_eq(anew_enhance_pixels(want, WIDTH * SCALE, HEIGHT * SCALE, in, WIDTH, HEIGHT,
                                         channels, model, 2, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_session_open(&session, model, &error), ANEW_OK);
    row_context context = {
        .in = in, .out = got, .channels = channels, .fail_at_in = -1, .fail_at_out = -1};
    anew_rows rows = {
        .context = &context,
        .in = {.width = WIDTH, .height = HEIGHT, .channels = channels},
        .out = {.width = WIDTH * SCALE, .height = HEIGHT * SCALE, .channels = channels},
        .read = read_row,
        .write = write_row};
    ck_assert_msg(anew_session_run_rows(session, &rows, &error) == ANEW_OK, "%s", error.text);
    ck_assert_int_eq(context.next_in, HEIGHT);
    ck_assert_int_eq(context.next_out, HEIGHT * SCALE);
    ck_assert_mem_eq(want, got, bytes * SCALE * SCALE);
    context.next_in = context.next_out = 0;
    context.fail_at_in = 5;
    ck_assert_int_eq(anew_session_run_rows(session, &rows, &error), ANEW_ERROR_IO);
    ck_assert_str_eq(error.text, "row 5 could not be read");
    context.next_in = context.next_out = 0;
    context.fail_at_in = -1;
    context.fail_at_out = 9;
    ck_assert_int_eq(anew_session_run_rows(session, &rows, &error), ANEW_ERROR_LIMIT);
    ck_assert_int_eq(error.status, ANEW_ERROR_LIMIT);
    anew_session_close(&session);
    free(in);
    free(want);
    free(got);
}
END_TEST

/* ---- models, plans, progress -------------------------------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is absent", path);
    uint8_t *bytes = malloc(1 << 24);
    ck_assert_ptr_nonnull(bytes);
    *size = fread(bytes, 1, 1 << 24, file);
    (void)fclose(file);
    return bytes;
}

START_TEST(model_from_memory)
{
    size_t size = 0;
    anew_model *other = NULL, *alone = NULL;
    uint8_t *bytes = read_file("weights/photo-x4.anew", &size);
    ck_assert_int_eq(anew_model_open_named(&alone, "photo-x4:1", &error), ANEW_OK);
    uint8_t in[WIDTH * HEIGHT] = {0}, *a = malloc(WIDTH * HEIGHT * 16),
                       *b = malloc(WIDTH * HEIGHT * 16);
    unsigned int state = 5;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)noise(&state);
    ck_assert_int_eq(anew_enhance_pixels(a, 92, 68, in, WIDTH, HEIGHT, 1, alone, 1, &error),
                     ANEW_OK);
    anew_model_close(&alone);
    for (size_t shift = 0; shift < 64; shift += 13) { /* aligned or not */
        uint8_t *place = malloc(size + 128);
        uint8_t *at = place + (64 - (uintptr_t)place % 64) + shift;
        memcpy(at, bytes, size);
        ck_assert_msg(anew_model_open_memory(&other, at, size, &error) == ANEW_OK, "%s",
                      error.text);
        ck_assert_str_eq(anew_model_name(other), "photo-x4");
        ck_assert_str_eq(anew_model_architecture(other), "srvgg");
        ck_assert_int_eq(anew_model_scale(other), SCALE);
        ck_assert_int_eq(anew_enhance_pixels(b, 92, 68, in, WIDTH, HEIGHT, 1, other, 1, &error),
                         ANEW_OK);
        ck_assert_mem_eq(a, b, 92 * 68);
        anew_model_close(&other);
        ck_assert_int_ne(anew_model_open_memory(&other, at, size - 1, &error), ANEW_OK);
        ck_assert_ptr_null(other);
        free(place);
    }
    ck_assert_int_eq(anew_model_open_memory(&other, NULL, 5, &error), ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_model_open_memory(&other, bytes, 0, &error), ANEW_ERROR_ARGUMENT);
    free(bytes);
    free(a);
    free(b);
}
END_TEST

START_TEST(plans)
{
    anew_session *session = NULL;
    int width = 0, height = 0;
    size_t large = 0, small = 0;
    ck_assert_int_eq(anew_session_open(&session, model, &error), ANEW_OK);
    ck_assert_int_eq(anew_session_plan(session, 2000, 1500, 3, &width, &height, &large, &error),
                     ANEW_OK);
    ck_assert_int_eq(width, 8000);
    ck_assert_int_eq(height, 6000);
    ck_assert_int_eq(anew_session_plan(session, 500, 1500, 3, NULL, NULL, &small, &error), ANEW_OK);
    ck_assert_uint_lt(small, large);
    anew_session_set_memory(session, large - 1);
    ck_assert_int_eq(anew_session_plan(session, 2000, 1500, 3, NULL, NULL, &small, &error),
                     ANEW_OK);
    ck_assert_uint_lt(small, large);
    anew_session_set_memory(session, 1000);
    ck_assert_int_eq(anew_session_plan(session, 2000, 1500, 3, NULL, NULL, NULL, &error),
                     ANEW_ERROR_LIMIT);
    ck_assert_int_eq(anew_session_plan(session, 0, 1500, 3, NULL, NULL, NULL, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_session_plan(session, 1, 1, 5, NULL, NULL, NULL, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_session_close(&session);
}
END_TEST

typedef struct told {
    int times, cancel_at;
    int64_t last, total;
    pthread_t thread;
    bool wrong;
} told;

static int hear(void *context, int64_t done, int64_t total)
{
    told *t = context;
    t->wrong =
        t->wrong || done < t->last || done > total || !pthread_equal(t->thread, pthread_self());
    t->last = done;
    t->total = total;
    return ++t->times != t->cancel_at;
}

START_TEST(progress_and_cancel)
{
    anew_session *session = NULL;
    static uint8_t in[64 * 200 * 3], out[256 * 800 * 3];
    const anew_pixels from = {.data = in, .width = 64, .height = 200, .channels = 3};
    const anew_pixels to = {.data = out, .width = 256, .height = 800, .channels = 3};
    told t = {.thread = pthread_self()};
    ck_assert_int_eq(anew_session_open(&session, model, &error), ANEW_OK);
    anew_session_set_progress(session, hear, &t);
    ck_assert_int_eq(anew_session_run(session, &to, &from, &error), ANEW_OK);
    ck_assert(!t.wrong && t.times > 1 && t.last == t.total && t.total > 0);
    t = (told){.thread = pthread_self(), .cancel_at = 2};
    ck_assert_int_eq(anew_session_run(session, &to, &from, &error), ANEW_ERROR_CANCELLED);
    ck_assert_int_eq(t.times, 2);
    anew_session_set_progress(session, NULL, NULL);
    ck_assert_int_eq(anew_session_run(session, &to, &from, &error), ANEW_OK);
    anew_session_close(&session);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    anew_session *session = NULL;
    uint8_t byte = 0;
    const anew_pixels good = {.data = &byte, .width = 1, .height = 1, .channels = 1};
    anew_pixels bad[] = {good, good, good, good, good, good};
    bad[0].data = NULL;
    bad[1].width = 0;
    bad[2].height = -3;
    bad[3].channels = 5;
    bad[4].sample = (anew_sample)3;
    bad[5].channels = 2; /* another number than the other's */
    ck_assert_int_eq(anew_session_open(&session, NULL, &error), ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_session_open(&session, model, &error), ANEW_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(anew_session_run(session, &good, &bad[i], &error), ANEW_ERROR_ARGUMENT);
        ck_assert_int_eq(anew_session_run(session, &bad[i], &good, NULL), ANEW_ERROR_ARGUMENT);
    }
    anew_session_close(&session);
    anew_session_close(&session);
}
END_TEST

/* ---- many at a time ------------------------------------------------------------------------------------------ */

#define SESSIONS 4
#define PICTURES 6

/* Pictures of different sizes and content, so that a session that got another's rows or memory would show. */
static void make_picture(uint8_t *in, anew_pixels *pixels, int number)
{
    unsigned int state = (unsigned int)number;
    *pixels = (anew_pixels){
        .data = in, .width = 20 + number % 5 * 9, .height = 30 - number % 3 * 8, .channels = 3};
    for (int i = 0; i < pixels->width * pixels->height * 3; i++)
        in[i] = (uint8_t)noise(&state);
}

static uint8_t results[2][SESSIONS * PICTURES][60 * 30 * 16 * 3];

typedef struct worker {
    int number, round, threads;
    bool failed;
} worker;

static void *run_pictures(void *context)
{
    worker *w = context;
    anew_session *session = NULL;
    anew_error own;
    uint8_t in[60 * 30 * 3];
    w->failed = anew_session_open(&session, model, &own) != ANEW_OK;
    if (!w->failed)
        anew_session_set_threads(session, w->threads);
    for (int i = 0; !w->failed && i < PICTURES; i++) {
        anew_pixels from, to;
        const int number = w->number * PICTURES + i;
        make_picture(in, &from, number);
        to = from;
        to.data = results[w->round][number];
        to.width *= SCALE;
        to.height *= SCALE;
        if (number % 2 == 0)
            anew_session_set_precision(session,
                                       number % 4 == 0 ? ANEW_PRECISION_EXACT : ANEW_PRECISION_F32);
        w->failed = anew_session_run(session, &to, &from, &own) != ANEW_OK;
    }
    anew_session_close(&session);
    return NULL;
}

START_TEST(sessions_do_not_disturb_one_another)
{
    pthread_t threads[SESSIONS];
    worker workers[SESSIONS];
    for (int i = 0; i < SESSIONS; i++) {
        workers[i] = (worker){.number = i, .round = 0, .threads = 1};
        run_pictures(&workers[i]);
        ck_assert(!workers[i].failed);
    }
    teardown();
    setup(); /* a model that nobody has used: its weights are packed by whoever comes first */
    for (int i = 0; i < SESSIONS; i++) {
        workers[i] = (worker){.number = i, .round = 1, .threads = 1 + i % 3};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_pictures, &workers[i]), 0);
    }
    for (int i = 0; i < SESSIONS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert(!workers[i].failed);
    }
    ck_assert_mem_eq(results[0], results[1], sizeof results[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *all = add_case(suite, "all", 300);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, every_kind_of_pixels, 1, 5);
    tcase_add_loop_test(all, rows_in_and_out, 1, 5);
    tcase_add_test(all, model_from_memory);
    tcase_add_test(all, plans);
    tcase_add_test(all, progress_and_cancel);
    tcase_add_test(all, what_cannot_be_is_refused);
    TCase *many = add_case(suite, "many", 300); /* what ThreadSanitizer is to see */
    tcase_add_checked_fixture(many, setup, teardown);
    tcase_add_test(many, sessions_do_not_disturb_one_another);
    return run_suite(suite);
}
