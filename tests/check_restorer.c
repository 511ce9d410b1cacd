/*
 * check_restorer.c - anew_restorer of anew.h, as a program sees it, with a restorer and parsers whose weights are set by
 * hand (common/tiny_faces.h): nothing changes where nothing is restored, whatever the side of the network's square;
 * changes lie where the faces are; every kind of picture; decisions and their reasons; what is refused.
 *
 * Seen to fail by: crops of 512 whatever the network takes; faces looked for in the enlargement's pixels; strides left
 * out on the way back; a strength that is read once; a parser that is opened and not used; a mask by a parser that has
 * seen no face; the least size of a face taken for the largest; alpha treated as a colour; a gray face that takes colour.
 */
#include <anew.h>

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "common/tiny_detector.h"
#include "common/tiny_faces.h"
#include "core/memory.h"

enum { WIDE = 420, HIGH = 380 };

/* Landmarks of an upright face whose eyes are so far from each other, around a middle. */
static anew_face face_at(float x, float y, float eyes)
{
    const float u = eyes / 126;
    return (anew_face){.box = {x - 100 * u, y - 130 * u, x + 100 * u, y + 130 * u},
                       .landmarks = {{x - 63 * u, y - 66 * u},
                                     {x + 63 * u, y - 66 * u},
                                     {x, y + 8 * u},
                                     {x - 55 * u, y + 65 * u},
                                     {x + 56 * u, y + 65 * u}},
                       .score = 0.9f};
}

/* Waves of a few dozen pixels, of which the tint leaves one colour the largest: 0 red, 1 green, 2 none. */
static double sample(int c, int y, int x, int tint)
{
    const double wave = 0.18 * sin(0.26 * x + c) * cos(0.21 * y - 0.5 * c);
    return (tint == 2 ? 0.45 : c == tint ? 0.75 : 0.25) + wave;
}

typedef struct picture {
    anew_pixels pixels;
    size_t bytes;
} picture;

static size_t bytes_of(anew_sample kind)
{
    return kind == ANEW_SAMPLE_U8 ? 1 : kind == ANEW_SAMPLE_U16 ? 2 : 4;
}

static void put(uint8_t *to, anew_sample kind, double value)
{
    const uint16_t u16 = (uint16_t)(value * 65535);
    const float f32 = (float)value;
    if (kind == ANEW_SAMPLE_U8)
        *to = (uint8_t)(value * 255);
    else
        memcpy(to, kind == ANEW_SAMPLE_U16 ? (const void *)&u16 : (const void *)&f32,
               bytes_of(kind));
}

static double get(const picture *p, int c, int y, int x)
{
    const uint8_t *at = (const uint8_t *)p->pixels.data + y * p->pixels.row_stride +
                        x * p->pixels.pixel_stride + c * p->pixels.channel_stride;
    uint16_t u16;
    float f32;
    if (p->pixels.sample == ANEW_SAMPLE_U8)
        return *at / 255.0;
    memcpy(p->pixels.sample == ANEW_SAMPLE_U16 ? (void *)&u16 : (void *)&f32, at,
           bytes_of(p->pixels.sample));
    return p->pixels.sample == ANEW_SAMPLE_U16 ? u16 / 65535.0 : (double)f32;
}

/* Interleaved, or planar with a gap behind each row and the rows from the bottom up. Colours left of `split` are of
 * the first tint. */
static picture made(int width, int height, int channels, anew_sample kind, bool odd, int split,
                    int left, int right)
{
    const ptrdiff_t size = (ptrdiff_t)bytes_of(kind),
                    row = odd ? size * width + 7 : size * width * channels;
    picture p = {{.width = width, .height = height, .channels = channels, .sample = kind}, 0};
    p.bytes = (size_t)row * (size_t)height * (size_t)(odd ? channels : 1) + 8;
    uint8_t *data = malloc(p.bytes);
    memset(data, 0xee, p.bytes);
    p.pixels.row_stride = odd ? -row : row;
    p.pixels.pixel_stride = odd ? size : size * channels;
    p.pixels.channel_stride = odd ? row * height : size;
    p.pixels.data = odd ? data + row * (height - 1) : data;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                put((uint8_t *)p.pixels.data + y * p.pixels.row_stride + x * p.pixels.pixel_stride +
                        c * p.pixels.channel_stride,
                    kind,
                    channels % 2 == 0 && c == channels - 1
                        ? 0.5 + 0.4 * sin(0.3 * x)
                        : sample(c, y, x, x < split ? left : right));
    return p;
}

static void drop(picture *p)
{
    free(p->pixels.row_stride < 0
             ? (uint8_t *)p->pixels.data + p->pixels.row_stride * (p->pixels.height - 1)
             : (uint8_t *)p->pixels.data);
}

typedef struct opened {
    anew_model *model;
    anew_restorer *restorer;
} opened;

static opened open_tinting(int side, float gain, float red)
{
    opened o = {0};
    anew_error error = {0};
    ck_assert_msg(tiny_restorer_model(&o.model, side, gain, red, &error) == ANEW_OK, "%s",
                  error.text);
    ck_assert_msg(anew_restorer_open(&o.restorer, o.model, &error) == ANEW_OK, "%s", error.text);
    ck_assert_int_eq(anew_restorer_side(o.restorer), side);
    anew_restorer_set_threads(o.restorer, 2);
    return o;
}

static opened open_restorer(int side, float gain)
{
    return open_tinting(side, gain, 1);
}

static void close_restorer(opened *o)
{
    anew_restorer_close(&o->restorer);
    ck_assert_ptr_null(o->restorer);
    anew_model_close(&o->model);
}

static anew_restored_face run(const opened *o, const picture *p, const anew_face *face)
{
    anew_restored_face result = {.share = -1};
    anew_error error = {0};
    ck_assert_msg(anew_restorer_run(o->restorer, &p->pixels, 0, 0, face, 1, &result, &error) ==
                      ANEW_OK,
                  "%s", error.text);
    ck_assert_mem_eq(&result.face, face, sizeof *face);
    return result;
}

/* The largest change inside and outside a box that reaches half of the face's size beyond it; alpha apart. */
typedef struct change {
    double inside, outside, alpha;
} change;

static change changes(const picture *is, const picture *was, const anew_face *f)
{
    const double w = (double)(f->box[2] - f->box[0]) / 2, h = (double)(f->box[3] - f->box[1]) / 2;
    const int channels = is->pixels.channels;
    change d = {0, 0, 0};
    for (int y = 0; y < is->pixels.height; y++)
        for (int x = 0; x < is->pixels.width; x++)
            for (int c = 0; c < channels; c++) {
                const double moved = fabs(get(is, c, y, x) - get(was, c, y, x));
                const bool in = x > (double)f->box[0] - w && x < (double)f->box[2] + w &&
                                y > (double)f->box[1] - h && y < (double)f->box[3] + h;
                double *to = channels % 2 == 0 && c == channels - 1 ? &d.alpha
                             : in                                   ? &d.inside
                                                                    : &d.outside;
                *to = fmax(*to, moved);
            }
    return d;
}

/* A restorer that changes nothing changes nothing; one that changes something, what lies around the face. */
START_TEST(squares_of_any_side)
{
    static const int sides[] = {256, 512, 1024};
    static const float eyes[] = {34, 50, 63}; /* pixels, for a square of 512 */
    for (int e = 0; e < 3; e++)
        for (int gain = 0; gain < 2; gain++) {
            if (sides[_i] == 1024 && e != 2)
                continue; /* takes long */
            opened o = open_restorer(sides[_i], gain == 0 ? 1.0f : 1.6f);
            picture was = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
            picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
            const float apart = eyes[e] * (float)sides[_i] / 512;
            const anew_face face = face_at(210.3f, 190.7f, apart);
            const anew_restored_face r = run(&o, &is, &face);
            const change d = changes(&is, &was, &face);
            printf("square of %d, eyes %g apart, gain %d: changes %.4f, outside %.4f\n", sides[_i],
                   (double)apart, gain, d.inside, d.outside);
            ck_assert_str_eq(r.decision, "restored");
            ck_assert_str_eq(r.mask, "landmarks");
            ck_assert(r.changed == 1 && r.share == 1);
            ck_assert(d.outside == 0);
            if (gain == 0)
                ck_assert_msg(d.inside <= 1.001 / 255, "%g", d.inside);
            else
                ck_assert_msg(d.inside > 0.05, "%g", d.inside);
            drop(&was);
            drop(&is);
            close_restorer(&o);
        }
}
END_TEST

/* Every kind of picture; rows with gaps as those without; alpha as it was. */
START_TEST(pictures_of_every_kind)
{
    opened o = open_restorer(128, 1.6f);
    const anew_face face = face_at(210.3f, 190.7f, 63);
    for (int channels = 1; channels <= 4; channels++)
        for (anew_sample kind = ANEW_SAMPLE_U8; kind <= ANEW_SAMPLE_F32; kind++) {
            picture was = made(WIDE, HIGH, channels, kind, false, 0, 2, 2);
            picture is = made(WIDE, HIGH, channels, kind, false, 0, 2, 2);
            picture odd = made(WIDE, HIGH, channels, kind, true, 0, 2, 2);
            (void)run(&o, &is, &face);
            (void)run(&o, &odd, &face);
            const change d = changes(&is, &was, &face), other = changes(&odd, &is, &face);
            ck_assert_msg(d.inside > 0.04 && d.outside == 0 && d.alpha == 0,
                          "%d channels, kind %d: %g, %g, %g", channels, (int)kind, d.inside,
                          d.outside, d.alpha);
            ck_assert_msg(other.inside == 0 && other.outside == 0 && other.alpha == 0,
                          "%d channels, kind %d: strides", channels, (int)kind);
            drop(&was);
            drop(&is);
            drop(&odd);
        }
    close_restorer(&o);
}
END_TEST

/* Pixels whose channels lie the other way round. */
START_TEST(channels_in_another_order)
{
    opened o = open_tinting(128, 1.6f, 1.4f);
    const anew_face face = face_at(210.3f, 190.7f, 63);
    picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    picture bgr = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    uint8_t *data = bgr.pixels.data;
    for (int i = 0; i < 3 * WIDE * HIGH; i += 3) {
        const uint8_t red = data[i];
        data[i] = data[i + 2];
        data[i + 2] = red;
    }
    bgr.pixels.data = data + 2;
    bgr.pixels.channel_stride = -1;
    (void)run(&o, &is, &face);
    (void)run(&o, &bgr, &face);
    const change d = changes(&bgr, &is, &face);
    ck_assert_msg(d.inside == 0 && d.outside == 0, "%g, %g", d.inside, d.outside);
    free(data);
    drop(&is);
    close_restorer(&o);
}
END_TEST

/* Faces of a picture, pasted into its enlargement. */
START_TEST(an_enlargement_is_changed_where_it_shows_them)
{
    opened o = open_restorer(128, 1.6f);
    anew_error error = {0};
    anew_restored_face result;
    const anew_face face = face_at(70, 60, 21),
                    there = face_at(3 * 70.5f - 0.5f, 3 * 60.5f - 0.5f, 63);
    picture was = made(WIDE, HIGH - 38, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    picture is = made(WIDE, HIGH - 38, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, WIDE / 3, (HIGH - 38) / 3, &face, 1,
                                       &result, &error),
                     ANEW_OK);
    const change d = changes(&is, &was, &there);
    ck_assert_str_eq(result.decision, "restored");
    ck_assert_msg(d.inside > 0.05 && d.outside == 0, "%g, %g", d.inside, d.outside);
    /* Its middle changes most. */
    double largest = 0;
    for (int y = 150; y < 210; y++)
        for (int x = 180; x < 240; x++)
            largest = fmax(largest, fabs(get(&is, 1, y, x) - get(&was, 1, y, x)));
    ck_assert_msg(largest > 0.05, "%g", largest);
    drop(&was);
    drop(&is);
    close_restorer(&o);
}
END_TEST

/* Gray in three channels stays gray, whatever colour the restorer adds; a colour picture takes it. */
START_TEST(gray_in_three_channels_stays_gray)
{
    opened o = open_tinting(128, 1.6f, 1.4f);
    const anew_face face = face_at(210.3f, 190.7f, 63);
    for (int colour = 0; colour < 2; colour++) {
        picture was = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
        picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
        for (int i = 0; colour == 0 && i < WIDE * HIGH; i++)
            for (int p = 0; p < 2; p++) {
                uint8_t *pixel = (uint8_t *)(p == 0 ? was : is).pixels.data + 3 * i;
                pixel[1] = pixel[2] = pixel[0];
            }
        (void)run(&o, &is, &face);
        double apart = 0;
        for (int y = 0; y < HIGH; y++)
            for (int x = 0; x < WIDE; x++)
                apart = fmax(apart, fabs((get(&is, 0, y, x) - get(&was, 0, y, x)) -
                                         (get(&is, 1, y, x) - get(&was, 1, y, x))));
        ck_assert_msg(changes(&is, &was, &face).inside > 0.04, "nothing changes");
        ck_assert_msg(colour == 0 ? apart == 0 : apart > 0.04, "%d: %g", colour, apart);
        drop(&was);
        drop(&is);
    }
    close_restorer(&o);
}
END_TEST

START_TEST(the_stronger_the_more)
{
    opened o = open_restorer(128, 1.6f);
    const anew_face face = face_at(210, 190, 63);
    double before = -1;
    for (int s = 0; s <= 4; s++) {
        picture was = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
        picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
        anew_restorer_set_strength(o.restorer, s / 4.0);
        const anew_restored_face r = run(&o, &is, &face);
        const change d = changes(&is, &was, &face);
        ck_assert_int_eq(r.changed, s > 0);
        ck_assert_msg(s == 0 ? d.inside == 0 : d.inside > before + 0.01, "%d: %g", s, d.inside);
        before = d.inside;
        drop(&was);
        drop(&is);
    }
    close_restorer(&o);
}
END_TEST

/* Skin on the left, clothes on the right; then no skin at all. */
START_TEST(a_parser_narrows)
{
    static const char *const kinds[] = {"parsenet", "bisenet"};
    const int of_colour[] = {1, _i == 0 ? 18 : 16, 0};
    opened o = open_restorer(128, 1.6f);
    anew_model *model = NULL;
    anew_error error = {0};
    const anew_face face = face_at(210, 190, 63);
    ck_assert_int_eq(tiny_parser_model(&model, kinds[_i], of_colour, 19, &error), ANEW_OK);
    for (int skin = 0; skin < 2; skin++) {
        picture was = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 205, skin ? 0 : 1, 1);
        picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 205, skin ? 0 : 1, 1);
        anew_restorer_set_parser(o.restorer, model);
        const anew_restored_face r = run(&o, &is, &face);
        double left = 0, right = 0;
        for (int y = 120; y < 260; y++)
            for (int x = 130; x < 290; x++) {
                const double d = fabs(get(&is, 2, y, x) - get(&was, 2, y, x));
                if (x < 185)
                    left = fmax(left, d);
                else if (x > 235)
                    right = fmax(right, d);
            }
        ck_assert_str_eq(r.mask, skin ? "parsed" : "no face parsed");
        ck_assert_str_eq(r.decision, "restored");
        ck_assert_msg(left > 0.04, "%g", left);
        ck_assert_msg(skin ? right == 0 : right > 0.04, "%g", right);
        drop(&was);
        drop(&is);
    }
    /* Taken away again. */
    anew_restorer_set_parser(o.restorer, NULL);
    picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 205, 1, 1);
    ck_assert_str_eq(run(&o, &is, &face).mask, "landmarks");
    drop(&is);
    anew_model_close(&model);
    close_restorer(&o);
}
END_TEST

START_TEST(decisions_have_reasons)
{
    opened o = open_restorer(128, 1.6f);
    anew_error error = {0};
    anew_model *model = NULL;
    anew_detector *detector = NULL;
    anew_restored_face results[4];
    anew_face faces[4] = {face_at(60, 60, 12), face_at(210, 190, 63), face_at(300, 120, 40),
                          face_at(300, 300, 20)};
    for (int k = 0; k < 5; k++) /* all in one place */
        faces[2].landmarks[k][0] = faces[2].landmarks[k][1] = 200;
    picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, faces, 4, results, &error),
                     ANEW_OK);
    ck_assert_str_eq(results[0].decision, "too small");
    ck_assert_ptr_nonnull(strstr(results[0].reason, "19x25 pixels, a side needs 24"));
    ck_assert(results[0].changed == 0 && results[0].share == 0);
    ck_assert_str_eq(results[1].decision, "restored");
    ck_assert_ptr_nonnull(strstr(results[1].reason, "no guard"));
    ck_assert_str_eq(results[2].decision, "turned away");
    ck_assert_ptr_nonnull(strstr(results[2].reason, "from the side"));
    ck_assert(results[2].changed == 0);
    ck_assert_str_eq(results[3].decision, "restored");
    anew_restorer_set_min_size(o.restorer, 15);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, faces, 4, results, &error),
                     ANEW_OK);
    ck_assert_str_eq(results[0].decision, "restored");
    /* A detector that sees nothing at all guards nothing, but it is asked. */
    ck_assert_int_eq(tiny_detector_model(&model, true, -20, &error), ANEW_OK);
    ck_assert_int_eq(anew_detector_open(&detector, model, &error), ANEW_OK);
    anew_restorer_set_guard(o.restorer, detector);
    const anew_restored_face guarded = run(&o, &is, &faces[1]);
    ck_assert_ptr_nonnull(strstr(guarded.reason, "features moved by"));
    /* One that sees a face everywhere else than before holds all of it back, or a part. */
    drop(&is);
    anew_detector_close(&detector);
    anew_model_close(&model);
    close_restorer(&o);
}
END_TEST

START_TEST(what_is_refused)
{
    opened o = open_restorer(128, 1.6f);
    anew_error error = {0};
    anew_model *model = NULL;
    anew_restorer *restorer = NULL;
    anew_restored_face result;
    const anew_face face = face_at(210, 190, 63);
    picture was = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, false, 0, 2, 2);
    anew_pixels bad = is.pixels;
    ck_assert_int_eq(anew_restorer_open(&restorer, NULL, &error), ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(tiny_detector_model(&model, true, 0, &error), ANEW_OK);
    ck_assert_int_eq(anew_restorer_open(&restorer, model, &error), ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "restores no faces"));
    ck_assert_ptr_null(restorer);
    bad.channels = 5;
    ck_assert_int_eq(anew_restorer_run(o.restorer, &bad, 0, 0, &face, 1, &result, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, &face, -1, &result, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, NULL, 1, &result, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, NULL, 0, NULL, &error),
                     ANEW_OK);
    anew_restorer_set_strength(o.restorer, 1.5);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, &face, 1, &result, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_restorer_set_strength(o.restorer, 1);
    anew_restorer_set_parser(o.restorer, model);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, &face, 1, &result, &error),
                     ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "parts of a face"));
    anew_restorer_set_parser(o.restorer, NULL);
    anew_restorer_set_memory(o.restorer, 100000);
    ck_assert_int_eq(anew_restorer_run(o.restorer, &is.pixels, 0, 0, &face, 1, &result, &error),
                     ANEW_ERROR_LIMIT);
    const change none = changes(&is, &was, &face);
    ck_assert(none.inside == 0 && none.outside == 0);
    anew_restorer_set_memory(o.restorer, 0);
    /* After all that it still works. */
    (void)run(&o, &is, &face);
    ck_assert(changes(&is, &was, &face).inside > 0.05);
    drop(&was);
    drop(&is);
    anew_model_close(&model);
    close_restorer(&o);
}
END_TEST

/* Each allocation fails once (of the many small ones of the packing every 13th): a message, the picture as it was, and
 * at last the picture that a run with memory gives. */
START_TEST(any_allocation_may_fail)
{
    opened o = open_restorer(64, 1.6f);
    anew_model *model = NULL;
    anew_error error = {0};
    const anew_face face = face_at(210, 190, 63);
    ck_assert_int_eq(tiny_parser_model(&model, "parsenet", (const int[]){1, 18, 0}, 19, &error),
                     ANEW_OK);
    anew_restorer_set_threads(o.restorer, 1);
    picture want = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, true, 205, 0, 1);
    picture was = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, true, 205, 0, 1);
    picture is = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, true, 205, 0, 1);
    anew_restorer_set_parser(o.restorer, model);
    ck_assert_str_eq(run(&o, &want, &face).mask, "parsed");
    int failures = 0;
    anew_status status = ANEW_ERROR_MEMORY;
    for (long n = 0; n < 20000 && status != ANEW_OK; n += n < 40 ? 1 : 13) {
        anew_restorer_set_parser(o.restorer, model); /* all is made anew */
        error = (anew_error){0};
        anew_alloc_limit(n);
        status = anew_restorer_run(o.restorer, &is.pixels, 0, 0, &face, 1, NULL, &error);
        anew_alloc_limit(-1);
        if (status == ANEW_OK)
            break;
        failures++;
        ck_assert_msg(status == ANEW_ERROR_MEMORY && strstr(error.text, "memory") != NULL,
                      "%ld: %s", n, error.text);
        const change none = changes(&is, &was, &face);
        ck_assert(none.inside == 0 && none.outside == 0);
    }
    /* The run's own, after the packing, one after the other. */
    for (long n = 0; n < 200; n++) {
        picture again = made(WIDE, HIGH, 3, ANEW_SAMPLE_U8, true, 205, 0, 1);
        anew_alloc_limit(n);
        status = anew_restorer_run(o.restorer, &again.pixels, 0, 0, &face, 1, NULL, &error);
        anew_alloc_limit(-1);
        const change from = changes(&again, status == ANEW_OK ? &want : &was, &face);
        ck_assert(from.inside == 0 && from.outside == 0);
        failures += status != ANEW_OK;
        drop(&again);
        if (status == ANEW_OK)
            break;
    }
    printf("%d allocations failed\n", failures);
    ck_assert_int_eq(status, ANEW_OK);
    ck_assert_int_gt(failures, 60);
    drop(&want);
    drop(&was);
    drop(&is);
    anew_model_close(&model);
    close_restorer(&o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restorer");
    TCase *all = add_case(suite, "all", 240);
    tcase_add_loop_test(all, squares_of_any_side, 0, 3);
    tcase_add_test(all, pictures_of_every_kind);
    tcase_add_test(all, channels_in_another_order);
    tcase_add_test(all, an_enlargement_is_changed_where_it_shows_them);
    tcase_add_test(all, gray_in_three_channels_stays_gray);
    tcase_add_test(all, the_stronger_the_more);
    tcase_add_loop_test(all, a_parser_narrows, 0, 2);
    tcase_add_test(all, decisions_have_reasons);
    tcase_add_test(all, what_is_refused);
    tcase_add_test(all, any_allocation_may_fail);
    return run_suite(suite);
}
