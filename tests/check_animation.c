/*
 * check_animation.c - frames: drawn upon a canvas as a slow composition in floating point draws them; APNGs with one
 * thing wrong each are refused with the reason; animations cut at every byte; GIF's codes and palettes; equal frames
 * joined; the n-th allocation failing. What whole files show is tests/cli/animation.sh's.
 *
 * Seen to fail by: what shows through not made less by what covers it (compose.c), an fcTL's checksum not looked at, an area
 * that wraps around (animation_png.c), codes of 13 bits, rows of two passes exchanged, an allocation not checked (image_gif.c),
 * delays of more than ten minutes joined (animation_writer.c), boxes cut at their beginning (palette.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if ANEW_PNG
#include <zlib.h>
#endif

#include "common/suite.h"
#include "core/memory.h"
#include "image/formats.h"
#include "image/palette.h"

static char path[64];
static uint32_t seed = 1;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

static size_t bytes_of(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels *
           (size_t)(image->depth / 8);
}

static anew_image create(int width, int height, int channels, int depth)
{
    anew_image image;
    anew_error error;
    ck_assert_int_eq(anew_image_create(&image, width, height, channels, depth, &error), ANEW_OK);
    memset(image.pixels, 0, bytes_of(&image));
    return image;
}

static void write_file(const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static uint8_t *read_file(size_t *size)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    *size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    return data;
}

/* ---- drawing ---------------------------------------------------------------------------------------------- */

/* A canvas of doubles, 0 .. 1, as the specification's formulas have it; rounded where ours is. */
typedef struct slow {
    double now[12 * 9][4], before[12 * 9][4];
} slow;

static double value_of(const anew_image *image, size_t i)
{
    return image->depth == 8 ? ((const uint8_t *)image->pixels)[i] / 255.0
                             : ((const uint16_t *)image->pixels)[i] / 65535.0;
}

static void draw_slowly(slow *s, const anew_image *part, int channels, int left, int top, bool over)
{
    const double most = part->depth == 8 ? 255 : 65535;
    const int colours = channels - 1;
    for (int y = 0; y < part->height; y++)
        for (int x = 0; x < part->width; x++) {
            double *to = s->now[(top + y) * 12 + left + x], from[4];
            const size_t at = (size_t)(y * part->width + x) * (size_t)part->channels;
            for (int c = 0; c < channels; c++)
                from[c] = c < part->channels ? value_of(part, at + (size_t)c) : 1;
            const double alpha = from[colours] + to[colours] * (1 - from[colours]);
            for (int c = 0; c < channels && over && from[colours] > 0; c++)
                to[c] =
                    c == colours
                        ? alpha
                        : (from[c] * from[colours] + to[c] * to[colours] * (1 - from[colours])) /
                              alpha;
            if (!over)
                memcpy(to, from, sizeof from);
            for (int c = 0; c < channels; c++)
                to[c] = round(to[c] * most) / most;
        }
}

static double furthest(const slow *s, const anew_image *canvas)
{
    double most = 0;
    for (int i = 0; i < 12 * 9; i++)
        for (int c = 0; c < canvas->channels; c++)
            most = fmax(most,
                        fabs(s->now[i][c] - value_of(canvas, (size_t)(i * canvas->channels + c))));
    return most * (canvas->depth == 8 ? 255 : 65535);
}

START_TEST(frames_upon_a_canvas)
{
    const int depth = _i % 2 == 0 ? 8 : 16, channels = _i / 2 % 2 == 0 ? 4 : 2;
    const anew_image shape = {12, 9, channels, depth, NULL};
    anew_composer composer;
    anew_error error;
    static slow s;
    memset(&s, 0, sizeof s);
    seed = (uint32_t)_i + 1;
    ck_assert_int_eq(anew_composer_begin(&composer, &shape, &error), ANEW_OK);
    for (int frame = 0; frame < 300; frame++) {
        const int x = (int)chance(12), y = (int)chance(9);
        const bool alpha = chance(4) > 0, over = chance(2) == 0;
        const anew_dispose dispose = (anew_dispose)chance(3);
        anew_image part =
            create(1 + (int)chance((uint32_t)(12 - x)), 1 + (int)chance((uint32_t)(9 - y)),
                   alpha ? channels : channels - 1, depth);
        for (size_t i = 0; i < bytes_of(&part); i++)
            ((uint8_t *)part.pixels)[i] = (uint8_t)(chance(3) == 0 ? chance(2) * 255 : chance(256));
        if (depth == 16) /* both bytes of a sample at an end, sometimes */
            for (size_t i = 0; i < bytes_of(&part) / 2; i++)
                if (chance(3) == 0)
                    ((uint16_t *)part.pixels)[i] = (uint16_t)(chance(2) * 65535);
        memcpy(s.before, s.now, sizeof s.now);
        ck_assert_int_eq(anew_compose(&composer, &part, x, y, over, dispose, &error), ANEW_OK);
        draw_slowly(&s, &part, channels, x, y, over && alpha);
        ck_assert_double_le(furthest(&s, &composer.canvas), 1.001);
        /* The next one begins from what ours has, so that half a step does not add up. */
        for (int i = 0; i < 12 * 9; i++)
            for (int c = 0; c < channels; c++)
                s.now[i][c] = value_of(&composer.canvas, (size_t)(i * channels + c));
        for (int row = y; row < y + part.height; row++)
            for (int column = x; column < x + part.width; column++) {
                double *to = s.now[row * 12 + column];
                if (dispose == ANEW_DISPOSE_BACKGROUND)
                    memset(to, 0, sizeof s.now[0]);
                if (dispose == ANEW_DISPOSE_PREVIOUS)
                    memcpy(to, s.before[row * 12 + column], sizeof s.now[0]);
            }
        anew_image_free(&part);
    }
    anew_composer_free(&composer);
}
END_TEST

/* ---- reading all ----------------------------------------------------------------------------------------- */

/* All frames of the file; how many, or -1 after a failure. */
static int read_all(anew_animation_facts *facts, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_animation *animation = NULL;
    anew_image shape, frame = {0};
    anew_delay delay;
    int frames = 0;
    anew_status status = anew_image_reader_open(&reader, &shape, path, NULL, error);
    if (status == ANEW_OK)
        status = anew_animation_open(&animation, facts, reader, NULL, error);
    if (status == ANEW_OK && animation == NULL)
        frames = 1;
    while (status == ANEW_OK && animation != NULL) {
        status = anew_animation_next(animation, &frame, &delay, error);
        if (frame.pixels == NULL)
            break;
        ck_assert_int_eq(frame.width, facts->shape.width);
        ck_assert_int_eq(frame.channels, facts->shape.channels);
        anew_image_free(&frame);
        frames++;
    }
    anew_animation_close(&animation);
    anew_image_reader_close(&reader);
    if (status != ANEW_OK)
        ck_assert_ptr_nonnull(strstr(error->text, path));
    return status == ANEW_OK ? frames : -1;
}

/* A picture of so many frames, in which a little changes from each to the next. */
static anew_status write_frames(anew_format format, int frames, int channels, anew_error *error)
{
    const anew_animation_facts facts = {
        .shape = {19, 13, channels, 8, NULL}, .frames = frames, .plays = 5};
    const anew_image_options options = {.png_compression = -1, .lossless = true};
    anew_animation_writer *writer = NULL;
    anew_image frame = create(19, 13, channels, 8);
    uint8_t *pixels = frame.pixels;
    anew_status status = anew_animation_writer_open(&writer, path, format, &facts, &options, error);
    for (size_t i = 0; i < bytes_of(&frame); i++)
        pixels[i] = (uint8_t)(i % (size_t)channels == 3 ? 255 : i * 7 % 12 * 20);
    for (int i = 0; i < frames && status == ANEW_OK; i++) {
        pixels[(size_t)(i * 31 % (19 * 13)) * (size_t)channels] ^= 255;
        status = anew_animation_writer_frame(writer, &frame, (anew_delay){(uint32_t)i, 20}, error);
    }
    anew_image_free(&frame);
    if (status == ANEW_OK)
        return anew_animation_writer_commit(&writer, error);
    anew_animation_writer_discard(&writer);
    return status;
}

static const anew_format formats[] = {ANEW_FORMAT_GIF, ANEW_FORMAT_PNG, ANEW_FORMAT_WEBP};

/* The format of a loop's test; UNKNOWN where this build lacks it. */
static anew_format format_of(int i)
{
    return anew_format_frames(formats[i]) != NULL ? formats[i] : ANEW_FORMAT_UNKNOWN;
}

START_TEST(cut_at_every_byte)
{
    static uint8_t data[1 << 16];
    const anew_format format = format_of(_i);
    anew_animation_facts facts;
    anew_error error = {0};
    size_t size = 0;
    if (format == ANEW_FORMAT_UNKNOWN)
        return;
    ck_assert_int_eq(write_frames(format, 4, 4, &error), ANEW_OK);
    ck_assert_int_eq(read_all(&facts, &error), 4);
    ck_assert_int_eq(facts.plays, 5);
    ck_assert_double_eq_tol(facts.seconds, 0.3, 1e-9);
    const uint8_t *whole = read_file(&size);
    ck_assert_uint_lt(size, sizeof data);
    memcpy(data, whole, size);
    for (size_t length = 1; length < size; length++) {
        write_file(data, length);
        ck_assert_msg(read_all(&facts, &error) < 0, "%zu of %zu bytes were read", length, size);
    }
}
END_TEST

START_TEST(equal_frames_are_joined)
{
    const anew_format format = format_of(_i);
    const anew_image_options options = {.png_compression = -1, .lossless = true};
    static const anew_delay delays[] = {{1, 3}, {1, 7}, {600, 1}, {0, 1}, {1, 65535}, {1, 65534}};
    const anew_animation_facts facts = {.shape = {5, 4, 3, 8, NULL}, .frames = 7};
    anew_animation_writer *writer = NULL;
    anew_animation_facts back;
    anew_error error = {0};
    if (format == ANEW_FORMAT_UNKNOWN)
        return;
    anew_image frame = create(5, 4, 3, 8);
    ck_assert_int_eq(anew_animation_writer_open(&writer, path, format, &facts, &options, &error),
                     ANEW_OK);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(anew_animation_writer_frame(writer, &frame, delays[i], &error), ANEW_OK);
    ((uint8_t *)frame.pixels)[30] = 9;
    ck_assert_int_eq(anew_animation_writer_frame(writer, &frame, (anew_delay){1, 2}, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_animation_writer_commit(&writer, &error), ANEW_OK);
    /* 1/3 + 1/7; 600; 600 and 0 are joined, and no more; 1/65535; 1/65534, which have no fraction together. */
    ck_assert_int_eq(read_all(&back, &error), 5);
    ck_assert_int_eq(back.plays, 0);
    const double exact = 600 + 10.0 / 21 + 0.5 + 1.0 / 65535 + 1.0 / 65534;
    ck_assert_double_eq_tol(back.seconds, exact,
                            format == ANEW_FORMAT_GIF    ? 0.005
                            : format == ANEW_FORMAT_WEBP ? 0.0005
                                                         : 1e-9);
    anew_image_free(&frame);
}
END_TEST

START_TEST(short_of_memory)
{
    const anew_format format = format_of(_i);
    anew_animation_facts facts;
    anew_error error = {0};
    if (format == ANEW_FORMAT_UNKNOWN)
        return;
    (void)unlink(path);
    for (long allowed = 0;; allowed++) {
        ck_assert_int_lt(allowed, 500);
        error = (anew_error){0};
        seed = 1;
        anew_alloc_limit(allowed + 1); /* the test's own picture */
        const anew_status status = write_frames(format, 3, 4, &error);
        anew_alloc_limit(-1);
        if (status == ANEW_OK)
            break;
        ck_assert_int_eq(status, ANEW_ERROR_MEMORY);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    for (long allowed = 0, frames = 0; frames != 3; allowed++) {
        ck_assert_int_lt(allowed, 500);
        anew_alloc_limit(allowed);
        anew_image_reader *reader = NULL;
        anew_animation *animation = NULL;
        anew_image shape, frame = {0};
        anew_delay delay;
        anew_status status = anew_image_reader_open(&reader, &shape, path, NULL, &error);
        if (status == ANEW_OK)
            status = anew_animation_open(&animation, &facts, reader, NULL, &error);
        for (frames = 0; status == ANEW_OK && frames < 3; frames++) {
            ck_assert_ptr_nonnull(animation);
            status = anew_animation_next(animation, &frame, &delay, &error);
            anew_image_free(&frame);
        }
        anew_alloc_limit(-1);
        anew_animation_close(&animation);
        anew_image_reader_close(&reader);
        if (status != ANEW_OK) {
            ck_assert_int_eq(status, ANEW_ERROR_MEMORY);
            frames = 0;
        }
    }
}
END_TEST

/* ---- APNG with something wrong --------------------------------------------------------------------------- */

#if ANEW_PNG
typedef struct bytes {
    uint8_t data[8192];
    size_t size;
} bytes;

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_chunk(bytes *b, const char *name, const void *body, size_t length)
{
    uint8_t *to = b->data + b->size;
    put32(to, (uint32_t)length);
    memcpy(to + 4, name, 4);
    if (length > 0)
        memcpy(to + 8, body, length);
    put32(to + 8 + length, (uint32_t)crc32(0, to + 4, (uInt)(length + 4)));
    b->size += length + 12;
}

static void add_control(bytes *b, const uint32_t numbers[5], uint8_t dispose, uint8_t blend)
{
    uint8_t body[26] = {0};
    for (int i = 0; i < 5; i++) /* sequence, width, height, x, y */
        put32(body + 4 * i, numbers[i]);
    body[21] = body[23] = 1;
    body[24] = dispose;
    body[25] = blend;
    add_chunk(b, "fcTL", body, sizeof body);
}

static void add_pixels(bytes *b, int sequence, int width, int height)
{
    uint8_t rows[256] = {0}, body[512];
    uLongf length = sizeof body - 4;
    ck_assert_int_eq(compress(body + 4, &length, rows, (uLong)((width + 1) * height)), Z_OK);
    put32(body, (uint32_t)sequence);
    if (sequence < 0)
        add_chunk(b, "IDAT", body + 4, length);
    else
        add_chunk(b, "fdAT", body, length + 4);
}

enum {
    SOUND,
    SEQUENCE,
    SEQUENCE_TWICE,
    OUTSIDE,
    FAR_OUTSIDE,
    EMPTY,
    NO_DATA,
    ONE_MORE,
    ONE_LESS,
    HUGE_COUNT,
    DISPOSE,
    BLEND,
    FIRST_SMALLER,
    DATA_WITHOUT_FRAME,
    CHECKSUM,
    CHECKSUM_OF_CONTROL,
    SHORT_CONTROL,
    SHORT_DATA,
    DAMAGED_DATA,
    TWO_PALETTES,
    WRONG_COUNT
};

static const char *const reasons[WRONG_COUNT] = {[SEQUENCE] = "not numbered",
                                                 [SEQUENCE_TWICE] = "not numbered",
                                                 [OUTSIDE] = "outside",
                                                 [FAR_OUTSIDE] = "outside",
                                                 [EMPTY] = "outside",
                                                 [NO_DATA] = "no pixels",
                                                 [ONE_MORE] = "fewer than it says",
                                                 [ONE_LESS] = "more than it says",
                                                 [HUGE_COUNT] = "fewer than",
                                                 [DISPOSE] = "nobody knows",
                                                 [BLEND] = "nobody knows",
                                                 [FIRST_SMALLER] = "smaller than the picture",
                                                 [DATA_WITHOUT_FRAME] = "no frame",
                                                 [CHECKSUM] = "checksum",
                                                 [CHECKSUM_OF_CONTROL] = "checksum",
                                                 [SHORT_CONTROL] = "fcTL",
                                                 [SHORT_DATA] = "without a number",
                                                 [DAMAGED_DATA] = "damaged PNG",
                                                 [TWO_PALETTES] = "too long"};

START_TEST(one_thing_wrong)
{
    static bytes b;
    const int wrong = _i;
    uint8_t header[13] = {0}, count[8] = {0}, palette[900] = {0};
    anew_animation_facts facts;
    anew_error error = {0};
    b.size = 8;
    memcpy(b.data, "\x89PNG\r\n\x1a\n", 8);
    put32(header, 8);
    put32(header + 4, 6);
    header[8] = 8; /* gray */
    add_chunk(&b, "IHDR", header, sizeof header);
    put32(count, wrong == ONE_MORE     ? 4
                 : wrong == ONE_LESS   ? 2
                 : wrong == HUGE_COUNT ? 0xffffffff
                                       : 3);
    add_chunk(&b, "acTL", count, sizeof count);
    if (wrong == TWO_PALETTES)
        add_chunk(&b, "tRNS", palette, sizeof palette);
    const uint32_t first[5] = {0, wrong == FIRST_SMALLER ? 7 : 8, 6, 0, 0};
    add_control(&b, first, 0, 0);
    add_pixels(&b, -1, 8, 6);
    if (wrong == DATA_WITHOUT_FRAME)
        add_pixels(&b, 1, 8, 6);
    const uint32_t second[5] = {wrong == SEQUENCE ? 2 : 1, wrong == EMPTY ? 0 : 4, 3,
                                wrong == OUTSIDE       ? 5
                                : wrong == FAR_OUTSIDE ? 0xfffffffe
                                                       : 4,
                                3};
    add_control(&b, second, wrong == DISPOSE ? 3 : 2, wrong == BLEND ? 2 : 1);
    if (wrong == SHORT_DATA)
        add_chunk(&b, "fdAT", palette, 3);
    if (wrong == DAMAGED_DATA)
        add_chunk(&b, "fdAT", "\0\0\0\2nonsense", 12);
    else if (wrong != NO_DATA)
        add_pixels(&b, 2, 4, 3);
    if (wrong == SHORT_CONTROL)
        add_chunk(&b, "fcTL", palette, 25);
    if (wrong == CHECKSUM)
        b.data[b.size - 1] ^= 1;
    const uint32_t third[5] = {wrong == SEQUENCE_TWICE || wrong == NO_DATA ? 2 : 3, 8, 6, 0, 0};
    add_control(&b, third, 1, 0);
    if (wrong == CHECKSUM_OF_CONTROL)
        b.data[b.size - 1] ^= 1;
    add_pixels(&b, wrong == NO_DATA ? 3 : 4, 8, 6);
    add_chunk(&b, "IEND", NULL, 0);
    write_file(b.data, b.size);
    const int frames = read_all(&facts, &error);
    if (wrong == SOUND)
        ck_assert_int_eq(frames, 3);
    else
        ck_assert_msg(frames < 0 && strstr(error.text, reasons[wrong]) != NULL, "%d: %s", wrong,
                      error.text);
}
END_TEST
#endif

/* ---- GIF ------------------------------------------------------------------------------------------------- */

/* Pictures of so few colours come back exactly, whatever their size, so that all lengths of codes are met. */
START_TEST(codes_come_back)
{
    static const int sizes[][2] = {{1, 1}, {1, 300}, {7, 5}, {64, 64}, {257, 131}, {400, 300}};
    static const uint32_t colours[] = {1, 2, 3, 4, 17, 255, 256};
    const int width = sizes[_i][0], height = sizes[_i][1];
    anew_error error = {0};
    for (size_t c = 0; c < sizeof colours / sizeof colours[0]; c++) {
        anew_image out = create(width, height, 3, 8), in;
        anew_format format;
        seed = (uint32_t)_i + 1;
        for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
            const uint32_t run = i / 40 % 3 == 0 ? 0 : chance(colours[c]);
            const uint8_t colour[3] = {(uint8_t)run, (uint8_t)(run * 7), (uint8_t)(255 - run)};
            memcpy((uint8_t *)out.pixels + i * 3, colour, 3);
        }
        ck_assert_int_eq(anew_image_write(&out, path, ANEW_FORMAT_GIF, NULL, &error), ANEW_OK);
        ck_assert_int_eq(anew_image_read(&in, path, NULL, &format, &error), ANEW_OK);
        ck_assert_int_eq(format, ANEW_FORMAT_GIF);
        ck_assert_int_eq(in.channels, 3);
        ck_assert_mem_eq(in.pixels, out.pixels, bytes_of(&out));
        anew_image_free(&in);
        anew_image_free(&out);
    }
}
END_TEST

START_TEST(many_colours)
{
    anew_image image = create(200, 150, 4, 8);
    anew_palette palette;
    anew_error error = {0};
    static uint8_t indices[200 * 150];
    double sum = 0;
    for (int y = 0; y < 150; y++)
        for (int x = 0; x < 200; x++) {
            uint8_t *p = (uint8_t *)image.pixels + (y * 200 + x) * 4;
            p[0] = (uint8_t)(x * 255 / 199);
            p[1] = (uint8_t)(y * 255 / 149);
            p[2] = (uint8_t)((x + y) / 3);
            p[3] = x < 10 ? 127 : 128;
        }
    ck_assert_int_eq(anew_palette_make(&palette, indices, &image, 3, 5, &error), ANEW_OK);
    ck_assert_int_eq(palette.count, 256);
    for (int i = 0; i < 200 * 150; i++) {
        const uint8_t *p = (const uint8_t *)image.pixels + i * 4;
        if (i % 200 < 10) {
            ck_assert_int_eq(indices[i], palette.transparent);
            continue;
        }
        ck_assert_int_ne(indices[i], palette.transparent);
        for (int c = 0; c < 3; c++)
            sum += pow(p[c] - palette.colours[indices[i]][c], 2);
    }
    const double psnr = 10 * log10(255 * 255 / (sum / (190 * 150 * 3)));
    ck_assert_double_gt(psnr, 30); /* a fixed cube of 6 x 6 x 6 has 24 */
    anew_image_free(&image);
}
END_TEST

/* Rows in four passes; a screen that is smaller than its frame; one without pixels; what is too large. */
START_TEST(screens_and_rows)
{
    /* 1x10: codes of 3 bits, a new start before each pair, so that they stay so long. Stored rows are their numbers. */
    static const uint8_t order[10] = {0, 2, 1, 3, 0,
                                      1, 2, 3, 0, 1}; /* colours as they are stored */
    static const int rows[10] = {0, 8, 4, 2, 6, 1, 3, 5, 7, 9};
    uint8_t gif[128] = "GIF89a\1\0\1\0\xf1\0", colours[12] = {10, 0, 0, 20, 0, 0, 30, 0, 0, 40};
    anew_image in;
    anew_error error = {0};
    size_t size = 13;
    uint64_t bits = 0;
    int count = 0;
    memcpy(gif + size, colours, 12);
    size += 12;
    memcpy(gif + size, "\x2c\0\0\0\0\1\0\12\0\x40\2", 11);
    size += 11;
    const size_t length_at = size++;
    for (int i = 0; i < 10; i++)
        for (int k = i % 2; k < 2; k++, count += 3)
            bits |= (uint64_t)(k == 0 ? 4 : order[i]) << count;
    bits |= (uint64_t)5 << count;
    count += 3;
    for (; count > 0; count -= 8, bits >>= 8)
        gif[size++] = (uint8_t)bits;
    gif[length_at] = (uint8_t)(size - length_at - 1);
    gif[size++] = 0;
    gif[size++] = 0x3b;
    ck_assert_int_eq(anew_image_decode(&in, gif, size, "a.gif", NULL, NULL, &error), ANEW_OK);
    ck_assert_int_eq(in.height, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(((uint8_t *)in.pixels)[rows[i] * 3], colours[order[i] * 3]);
    anew_image_free(&in);
    uint8_t other[128];
    memcpy(other, gif, size);
    other[30] = other[31] = 0; /* the frame's width */
    ck_assert_int_eq(anew_image_decode(&in, other, size, "a.gif", NULL, NULL, &error),
                     ANEW_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.text, "without pixels"));
    memset(other + 6, 0xff, 4); /* the screen */
    ck_assert_int_eq(anew_image_decode(&in, other, size, "a.gif", NULL, NULL, &error),
                     ANEW_ERROR_LIMIT);
    memcpy(other, gif, size);
    other[35] = 12; /* the codes' length */
    ck_assert_int_eq(anew_image_decode(&in, other, size, "a.gif", NULL, NULL, &error),
                     ANEW_ERROR_FORMAT);
    memcpy(other, gif, size);
    other[37] = 0xff; /* a code beyond all */
    ck_assert_int_eq(anew_image_decode(&in, other, size, "a.gif", NULL, NULL, &error),
                     ANEW_ERROR_FORMAT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("animation");
    TCase *all = add_case(suite, "all", 60);
    (void)snprintf(path, sizeof path, "/tmp/check_animation.XXXXXX");
    const int made = mkstemp(path);
    if (made < 0)
        return 1;
    (void)close(made);
    tcase_add_loop_test(all, frames_upon_a_canvas, 0, 8);
    tcase_add_loop_test(all, cut_at_every_byte, 0, 3);
    tcase_add_loop_test(all, equal_frames_are_joined, 0, 3);
    tcase_add_loop_test(all, short_of_memory, 0, 3);
#if ANEW_PNG
    tcase_add_loop_test(all, one_thing_wrong, 0, WRONG_COUNT);
#else
    printf("SKIP APNG: libpng was left out of this build\n");
#endif
    tcase_add_loop_test(all, codes_come_back, 0, 6);
    tcase_add_test(all, many_colours);
    tcase_add_test(all, screens_and_rows);
    const int code = run_suite(suite);
    (void)unlink(path);
    return code;
}
