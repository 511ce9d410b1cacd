/*
 * animation_png.c - the frames of an APNG (PNG third edition, W3C 2023, sections 11.3.6 and 4.9), without libpng's help,
 * which knows none: each frame's chunks are made a PNG of its own, and that is decoded as a still.
 *
 *     signature IHDR acTL [fcTL] IDAT ... fcTL fdAT ... fdAT fcTL fdAT ... IEND
 *
 * The picture that others see (IDAT) is the first frame where an fcTL stands before it. Numbers of sequence, checksums,
 * areas and the count of frames must be right.
 */
#include <string.h>
#include <zlib.h>

#include "core/memory.h"
#include "image/formats.h"

#define MOST_FRAME_BYTES ((size_t)1 << 30)
#define CHUNK_BYTES      12 /* of length, name and checksum */

typedef struct frame_control {
    uint32_t width, height, x, y;
    anew_delay delay;
    uint8_t dispose, blend;
} frame_control;

typedef struct apng {
    anew_input *input;
    const char *label;
    uint64_t at; /* of the next chunk */
    uint8_t header[13];
    uint8_t palette[3 * 256], transparency[256];
    size_t palette_bytes, transparency_bytes;
    uint32_t frames, sequence; /* acTL's count; the number that comes next */
    uint32_t seen;             /* frames so far */
    bool pending;              /* `control` is of the frame that comes next */
    bool ended, past_picture;  /* IEND; the first IDAT */
    frame_control control;
    uint8_t *png; /* the frame's own stream */
    size_t size, capacity;
    anew_composer composer;
} apng;

typedef struct chunk {
    uint64_t at; /* of its data */
    uint32_t length;
    uint8_t name[4];
} chunk;

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static anew_status damaged(const apng *a, const char *what, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged APNG: %s, after %u frames", a->label,
                     what, (unsigned int)a->seen);
}

static bool is_named(const chunk *c, const char *name)
{
    return memcmp(c->name, name, 4) == 0;
}

/* The chunk at a->at, behind which that then is. */
static anew_status next_chunk(apng *a, chunk *c, anew_error *error)
{
    uint8_t head[8];
    if (anew_input_some(a->input, a->at, head, sizeof head) != sizeof head)
        return damaged(a, "the file is cut", error);
    c->at = a->at + 8;
    c->length = get32(head);
    memcpy(c->name, head + 4, 4);
    if (c->length > 0x7fffffff)
        return damaged(a, "a chunk is longer than any can be", error);
    a->at += CHUNK_BYTES + (uint64_t)c->length;
    if (a->at > anew_input_size(a->input))
        return damaged(a, "the file is cut", error);
    return ANEW_OK;
}

/* A short chunk's bytes, with its checksum looked at. */
static anew_status read_chunk(apng *a, const chunk *c, uint8_t *to, size_t most, anew_error *error)
{
    uint8_t sum[4];
    if (c->length > most)
        return damaged(a, "a chunk is too long", error);
    if (anew_input_some(a->input, c->at, to, c->length) != c->length ||
        anew_input_some(a->input, c->at + c->length, sum, 4) != 4)
        return damaged(a, "the file is cut", error);
    const uLong crc = crc32(crc32(0, c->name, 4), to, (uInt)c->length);
    return crc == get32(sum) ? ANEW_OK : damaged(a, "a chunk's checksum is wrong", error);
}

/* ---- a frame as a PNG ------------------------------------------------------------------------------------ */

/* Room for so many bytes more. */
static anew_status reserve(apng *a, size_t bytes, anew_error *error)
{
    if (a->size + bytes > MOST_FRAME_BYTES)
        return damaged(a, "a frame takes more than 1 GB", error);
    uint8_t *more = anew_grow(a->png, &a->capacity, a->size + bytes, 1);
    if (more == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", a->label);
    a->png = more;
    return ANEW_OK;
}

static anew_status add_chunk(apng *a, const char *name, const uint8_t *data, size_t length,
                             anew_error *error)
{
    ANEW_TRY(reserve(a, CHUNK_BYTES + length, error));
    uint8_t *to = a->png + a->size;
    put32(to, (uint32_t)length);
    memcpy(to + 4, name, 4);
    if (length > 0)
        memcpy(to + 8, data, length);
    put32(to + 8 + length, (uint32_t)crc32(0, to + 4, (uInt)(length + 4)));
    a->size += CHUNK_BYTES + length;
    return ANEW_OK;
}

static anew_status begin_png(apng *a, anew_error *error)
{
    uint8_t header[13];
    memcpy(header, a->header, sizeof header);
    put32(header, a->control.width);
    put32(header + 4, a->control.height);
    a->size = 0;
    ANEW_TRY(reserve(a, 8, error));
    memcpy(a->png, "\x89PNG\r\n\x1a\n", 8);
    a->size = 8;
    ANEW_TRY(add_chunk(a, "IHDR", header, sizeof header, error));
    if (a->palette_bytes > 0)
        ANEW_TRY(add_chunk(a, "PLTE", a->palette, a->palette_bytes, error));
    if (a->transparency_bytes > 0)
        ANEW_TRY(add_chunk(a, "tRNS", a->transparency, a->transparency_bytes, error));
    return ANEW_OK;
}

/* The data of an IDAT or, behind its number, an fdAT as an IDAT. */
static anew_status add_data(apng *a, const chunk *c, anew_error *error)
{
    const bool numbered = is_named(c, "fdAT");
    const size_t skip = numbered ? 4 : 0;
    if (c->length < skip)
        return damaged(a, "an fdAT without a number", error);
    ANEW_TRY(reserve(a, CHUNK_BYTES + c->length, error));
    /* As it stands in the file, so that the checksum can be looked at; then over it as an IDAT. */
    uint8_t *to = a->png + a->size;
    memcpy(to + 4, c->name, 4);
    if (anew_input_some(a->input, c->at, to + 8, (size_t)c->length + 4) != (size_t)c->length + 4)
        return damaged(a, "the file is cut", error);
    if (crc32(0, to + 4, c->length + 4) != get32(to + 8 + c->length))
        return damaged(a, "a chunk's checksum is wrong", error);
    if (!numbered) {
        put32(to, c->length);
        a->size += CHUNK_BYTES + c->length;
        return ANEW_OK;
    }
    if (get32(to + 8) != a->sequence)
        return damaged(a, "its chunks are not numbered one by one", error);
    a->sequence++;
    const size_t length = c->length - skip;
    memmove(to + 8, to + 8 + skip, length);
    put32(to + 4, 0x49444154); /* IDAT */
    put32(to, (uint32_t)length);
    put32(to + 8 + length, (uint32_t)crc32(0, to + 4, (uInt)(length + 4)));
    a->size += CHUNK_BYTES + length;
    return ANEW_OK;
}

static anew_status read_control(apng *a, const chunk *c, anew_error *error)
{
    uint8_t b[26];
    frame_control *f = &a->control;
    if (c->length != sizeof b)
        return damaged(a, "an fcTL of another length", error);
    ANEW_TRY(read_chunk(a, c, b, sizeof b, error));
    if (get32(b) != a->sequence)
        return damaged(a, "its chunks are not numbered one by one", error);
    a->sequence++;
    if (a->seen == a->frames)
        return damaged(a, "there are more than it says", error);
    *f = (frame_control){get32(b + 4), get32(b + 8), get32(b + 12), get32(b + 16),
                         {0},          b[24],        b[25]};
    f->delay.numerator = (uint32_t)(b[20] << 8 | b[21]);
    f->delay.denominator = (uint32_t)(b[22] << 8 | b[23]);
    if (f->delay.denominator == 0)
        f->delay.denominator = 100;
    const uint32_t width = get32(a->header), height = get32(a->header + 4);
    if (f->width == 0 || f->height == 0 || f->width > width || f->height > height ||
        f->x > width - f->width || f->y > height - f->height)
        return damaged(a, "a frame lies outside of the picture", error);
    if (!a->past_picture && (f->width != width || f->height != height))
        return damaged(a, "the first frame is smaller than the picture", error);
    if (f->dispose > 2 || f->blend > 1)
        return damaged(a, "a frame is to be drawn in a way that nobody knows", error);
    a->pending = true;
    return ANEW_OK;
}

/* ---- frame by frame ---------------------------------------------------------------------------------------- */

/* Chunks up to the next frame's fcTL, or the end. */
static anew_status find_frame(apng *a, anew_error *error)
{
    chunk c;
    while (!a->pending && !a->ended) {
        ANEW_TRY(next_chunk(a, &c, error));
        if (is_named(&c, "fcTL"))
            ANEW_TRY(read_control(a, &c, error));
        else if (is_named(&c, "IDAT"))
            a->past_picture = true;
        else if (is_named(&c, "IEND"))
            a->ended = true;
        else if (is_named(&c, "fdAT"))
            return damaged(a, "pixels of no frame", error);
    }
    return ANEW_OK;
}

/* Its data, up to the next fcTL or the end. */
static anew_status gather(apng *a, anew_error *error)
{
    bool any = false;
    ANEW_TRY(begin_png(a, error));
    a->pending = false;
    const bool in_picture = !a->past_picture;
    while (!a->ended) {
        chunk c;
        const uint64_t here = a->at;
        ANEW_TRY(next_chunk(a, &c, error));
        if (is_named(&c, "fcTL")) {
            a->at = here;
            break;
        }
        if (is_named(&c, "IDAT"))
            a->past_picture = true;
        if (is_named(&c, in_picture ? "IDAT" : "fdAT")) {
            ANEW_TRY(add_data(a, &c, error));
            any = true;
        } else if (is_named(&c, "IDAT") || is_named(&c, "fdAT")) {
            return damaged(a, "pixels of no frame", error);
        }
        a->ended = is_named(&c, "IEND");
    }
    return any ? add_chunk(a, "IEND", NULL, 0, error) : damaged(a, "a frame has no pixels", error);
}

static anew_status png_next_frame(void *state, const anew_image **canvas, anew_delay *delay,
                                  anew_error *error)
{
    apng *a = state;
    anew_image part = {0};
    *canvas = NULL;
    ANEW_TRY(find_frame(a, error));
    if (a->ended)
        return a->seen == a->frames ? ANEW_OK : damaged(a, "there are fewer than it says", error);
    const frame_control f = a->control;
    const anew_image_limits whole = {.max_pixels = (int64_t)f.width * f.height};
    ANEW_TRY(gather(a, error));
    ANEW_TRY(anew_image_decode(&part, a->png, a->size, a->label, &whole, NULL, error));
    anew_dispose dispose = (anew_dispose)f.dispose;
    if (a->seen == 0 && dispose == ANEW_DISPOSE_PREVIOUS)
        dispose = ANEW_DISPOSE_BACKGROUND; /* there is nothing before the first */
    const anew_status status =
        anew_compose(&a->composer, &part, (int)f.x, (int)f.y, f.blend == 1, dispose, error);
    anew_image_free(&part);
    ANEW_TRY(status);
    a->seen++;
    *canvas = &a->composer.canvas;
    *delay = f.delay;
    return ANEW_OK;
}

static void png_release_frames(void *state)
{
    apng *a = state;
    anew_composer_free(&a->composer);
    anew_free(a->png);
    anew_free(a);
}

/* Up to the first IDAT or fcTL. */
static anew_status read_head(apng *a, int *plays, anew_error *error)
{
    chunk c;
    uint8_t control[8];
    a->at = 8;
    ANEW_TRY(next_chunk(a, &c, error));
    if (!is_named(&c, "IHDR") || c.length != sizeof a->header)
        return damaged(a, "it begins without IHDR", error);
    ANEW_TRY(read_chunk(a, &c, a->header, sizeof a->header, error));
    for (;;) {
        const uint64_t here = a->at;
        ANEW_TRY(next_chunk(a, &c, error));
        if (is_named(&c, "IDAT") || is_named(&c, "fcTL") || is_named(&c, "IEND")) {
            a->at = here;
            return ANEW_OK;
        }
        if (is_named(&c, "PLTE")) {
            ANEW_TRY(read_chunk(a, &c, a->palette, sizeof a->palette, error));
            a->palette_bytes = c.length;
        } else if (is_named(&c, "tRNS")) {
            ANEW_TRY(read_chunk(a, &c, a->transparency, sizeof a->transparency, error));
            a->transparency_bytes = c.length;
        } else if (is_named(&c, "acTL")) {
            if (c.length != sizeof control)
                return damaged(a, "an acTL of another length", error);
            ANEW_TRY(read_chunk(a, &c, control, sizeof control, error));
            a->frames = get32(control);
            *plays = get32(control + 4) > 0x7fffffff ? 0x7fffffff : (int)get32(control + 4);
        }
    }
}

/* Whether acTL stands before the pixels. What is wrong with a still is for libpng to say. */
static bool is_animated(anew_input *input)
{
    uint8_t head[12];
    for (uint64_t at = 8; anew_input_some(input, at, head, sizeof head) == sizeof head;) {
        if (memcmp(head + 4, "acTL", 4) == 0)
            return get32(head + 8) > 1;
        if (memcmp(head + 4, "IDAT", 4) == 0)
            return false;
        at += CHUNK_BYTES + (uint64_t)get32(head);
    }
    return false;
}

anew_status anew_png_frames(anew_frames_decoder *decoder, anew_input *input,
                            const anew_image_limits *limits, anew_error *error)
{
    anew_status status = ANEW_OK;
    *decoder =
        (anew_frames_decoder){.plays = 1, .next = png_next_frame, .release = png_release_frames};
    if (!is_animated(input))
        return ANEW_OK;
    apng *a = anew_alloc_zero(sizeof *a);
    if (a == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it",
                         anew_input_label(input));
    a->input = input;
    a->label = anew_input_label(input);
    ANEW_TRY_GOTO(read_head(a, &decoder->plays, error), fail);
    ANEW_TRY_GOTO(
        anew_image_check_size(get32(a->header), get32(a->header + 4), a->label, limits, error),
        fail);
    const bool gray = a->header[9] == 0 || a->header[9] == 4; /* colour types */
    decoder->shape = (anew_image){(int)get32(a->header), (int)get32(a->header + 4), gray ? 2 : 4,
                                  a->header[8] == 16 ? 16 : 8, NULL};
    ANEW_TRY_GOTO(anew_composer_begin(&a->composer, &decoder->shape, error), fail);
    decoder->state = a;
    return ANEW_OK;
fail:
    png_release_frames(a);
    return status;
}
