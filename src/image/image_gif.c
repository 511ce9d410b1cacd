/*
 * image_gif.c - GIF in (CompuServe, GIF89a), without a library: frames composed upon a canvas, and the first as a still.
 *
 *     header, screen, [palette], { extension | frame: area, [palette], LZW in blocks of up to 255 bytes }, trailer
 *
 * As browsers do it: the canvas begins transparent, the background colour is not looked at, and a first frame that is larger
 * than the screen makes that larger. What does not end by its trailer has been cut.
 *
 * giflib was looked at (5.2) and left: it would spare the 80 lines of unpack() and next_code(), while the canvas, disposal,
 * transparency, delays, metadata and the messages with the place would stay here. DGifGetImageDesc appends each frame's
 * description and palette to SavedImages, also where frames are read one by one, so memory grows with the animation; its
 * allocations are malloc's, out of reach of what makes ours fail in tests; and a build without libraries would lose GIF.
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

#define MOST_CODES 4096
#define MOST_BLOCK ((size_t)16 << 20)

/* From where the file is read, one byte behind the other. */
typedef struct gif_bytes {
    anew_input *input;
    const char *label;
    uint64_t at;
} gif_bytes;

typedef struct gif_control { /* of the frame that comes next */
    anew_delay delay;
    int dispose;     /* 0 .. 7 as it stands */
    int transparent; /* index of a colour; -1: none */
} gif_control;

typedef struct gif_lzw {
    uint16_t prefix[MOST_CODES];
    uint8_t suffix[MOST_CODES], stack[MOST_CODES + 1];
} gif_lzw;

typedef struct gif_frames {
    gif_bytes bytes;
    uint8_t palette[3 * 256]; /* of the screen */
    int colours;
    gif_control control;
    anew_composer composer;
    gif_lzw lzw;
} gif_frames;

static anew_status damaged(const gif_bytes *b, const char *what, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged GIF: %s, at byte %llu", b->label, what,
                     (unsigned long long)b->at);
}

static anew_status take(gif_bytes *b, void *to, size_t bytes, anew_error *error)
{
    if (anew_input_some(b->input, b->at, to, bytes) != bytes)
        return damaged(b, "the file is cut", error);
    b->at += bytes;
    return ANEW_OK;
}

static int get16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

/* Over the blocks of data to the empty one that ends them. */
static anew_status pass_blocks(gif_bytes *b, anew_error *error)
{
    for (uint8_t length = 1; length != 0;) {
        ANEW_TRY(take(b, &length, 1, error));
        b->at += length;
        if (b->at > anew_input_size(b->input))
            return damaged(b, "the file is cut", error);
    }
    return ANEW_OK;
}

/* ---- a frame's pixels --------------------------------------------------------------------------------- */

/* Codes of up to 12 bits, lowest bits first, across the blocks. */
typedef struct gif_codes {
    gif_bytes *bytes;
    uint8_t block[255];
    int length, next; /* of the block */
    uint32_t bits;
    int count;
} gif_codes;

/* *code is -1 behind the last block. */
static anew_status next_code(gif_codes *c, int width, int *code, anew_error *error)
{
    while (c->count < width) {
        if (c->next == c->length) {
            uint8_t length = 0;
            ANEW_TRY(take(c->bytes, &length, 1, error));
            c->length = length;
            c->next = 0;
            if (length == 0) {
                c->bytes->at--; /* where pass_blocks will see it */
                *code = -1;
                return ANEW_OK;
            }
            ANEW_TRY(take(c->bytes, c->block, length, error));
        }
        c->bits |= (uint32_t)c->block[c->next++] << c->count;
        c->count += 8;
    }
    *code = (int)(c->bits & ((1u << width) - 1));
    c->bits >>= width;
    c->count -= width;
    return ANEW_OK;
}

/* Fills `indices` with so many of the stream's; fewer are an error, what comes behind them is passed over. */
static anew_status unpack(gif_lzw *l, gif_bytes *bytes, uint8_t *indices, size_t wanted,
                          anew_error *error)
{
    gif_codes codes = {.bytes = bytes};
    uint8_t least = 0;
    ANEW_TRY(take(bytes, &least, 1, error));
    if (least < 1 || least > 8)
        return damaged(bytes, "codes of a length that cannot be", error);
    const int clear = 1 << least, end = clear + 1;
    int width = least + 1, known = end + 1, last = -1;
    uint8_t first = 0; /* of the last code's string */
    size_t done = 0;
    for (int i = 0; i < clear; i++)
        l->suffix[i] = (uint8_t)i;
    while (done < wanted) {
        int code = 0, depth = 0;
        ANEW_TRY(next_code(&codes, width, &code, error));
        if (code < 0 || code == end)
            return damaged(bytes, "a frame has too few pixels", error);
        if (code == clear) {
            width = least + 1;
            known = end + 1;
            last = -1;
            continue;
        }
        if (code > known || (code == known && last < 0) || (last < 0 && code > end))
            return damaged(bytes, "a code that nothing stands for", error);
        int at = code;
        if (code == known) { /* the last string and its own first */
            l->stack[depth++] = first;
            at = last;
        }
        for (; at > end; at = l->prefix[at])
            l->stack[depth++] = l->suffix[at];
        first = l->suffix[at];
        l->stack[depth++] = first;
        while (depth > 0 && done < wanted)
            indices[done++] = l->stack[--depth];
        if (last >= 0 && known < MOST_CODES) {
            l->prefix[known] = (uint16_t)last;
            l->suffix[known] = first;
            known++;
            if (known == 1 << width && width < 12)
                width++;
        }
        last = code;
    }
    return pass_blocks(bytes, error);
}

/* Row of the picture that the i-th stored one is: as they come, or every eighth, then those between, and so on. */
static int stored_row(int i, int height, bool interlaced)
{
    static const int begin[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
    if (!interlaced)
        return i;
    for (int pass = 0; pass < 4; pass++) {
        const int rows = (height - begin[pass] + step[pass] - 1) / step[pass];
        if (i < rows)
            return begin[pass] + i * step[pass];
        i -= rows > 0 ? rows : 0;
    }
    return height - 1; /* not reached */
}

static void colour_rows(anew_image *part, const uint8_t *indices, const uint8_t *palette,
                        int colours, int transparent, bool interlaced)
{
    const size_t width = (size_t)part->width;
    for (int y = 0; y < part->height; y++) {
        uint8_t *out =
            (uint8_t *)part->pixels + (size_t)stored_row(y, part->height, interlaced) * width * 4;
        for (size_t x = 0; x < width; x++, out += 4) {
            const int index = indices[(size_t)y * width + x];
            memset(out, 0, 4);
            if (index == transparent)
                continue;
            if (index < colours) /* else black, as in browsers */
                memcpy(out, palette + (size_t)index * 3, 3);
            out[3] = 255;
        }
    }
}

static anew_status read_palette(gif_bytes *b, uint8_t palette[3 * 256], int flags, int *colours,
                                anew_error *error)
{
    if ((flags & 0x80) == 0)
        return ANEW_OK;
    *colours = 2 << (flags & 7);
    return take(b, palette, (size_t)*colours * 3, error);
}

static anew_status draw_frame(gif_frames *g, const anew_rectangle *area, int flags,
                              anew_error *error)
{
    const size_t pixels = (size_t)area->width * (size_t)area->height;
    uint8_t palette[3 * 256];
    int colours = g->colours;
    anew_image part = {0};
    anew_status status = ANEW_OK;
    memcpy(palette, g->palette, sizeof palette);
    ANEW_TRY(read_palette(&g->bytes, palette, flags, &colours, error));
    uint8_t *indices = anew_alloc(pixels);
    if (indices == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", g->bytes.label);
    ANEW_TRY_GOTO(unpack(&g->lzw, &g->bytes, indices, pixels, error), out);
    ANEW_TRY_GOTO(anew_image_create(&part, area->width, area->height, 4, 8, error), out);
    colour_rows(&part, indices, palette, colours, g->control.transparent, (flags & 0x40) != 0);
    const anew_dispose dispose = g->control.dispose == 2   ? ANEW_DISPOSE_BACKGROUND
                                 : g->control.dispose == 3 ? ANEW_DISPOSE_PREVIOUS
                                                           : ANEW_DISPOSE_NONE;
    status = anew_compose(&g->composer, &part, area->x, area->y, true, dispose, error);
out:
    anew_image_free(&part);
    anew_free(indices);
    return status;
}

/* ---- frame by frame -------------------------------------------------------------------------------------- */

static void reset_control(gif_control *control)
{
    *control = (gif_control){{0, 100}, 0, -1};
}

static anew_status read_control(gif_frames *g, anew_error *error)
{
    uint8_t data[5];
    ANEW_TRY(take(&g->bytes, data, sizeof data, error));
    if (data[0] != 4)
        return damaged(&g->bytes, "a control block of another length", error);
    g->control.dispose = data[1] >> 2 & 7;
    g->control.delay = (anew_delay){(uint32_t)get16(data + 2), 100};
    g->control.transparent = (data[1] & 1) != 0 ? data[4] : -1;
    return pass_blocks(&g->bytes, error);
}

/* Up to the next frame's area, and its flags; *there false at the trailer. */
static anew_status find_frame(gif_frames *g, anew_rectangle *area, int *flags, bool *there,
                              anew_error *error)
{
    for (;;) {
        uint8_t kind = 0, label = 0, data[9];
        ANEW_TRY(take(&g->bytes, &kind, 1, error));
        *there = kind != 0x3b;
        if (kind == 0x3b)
            return ANEW_OK;
        if (kind == 0x2c) {
            ANEW_TRY(take(&g->bytes, data, sizeof data, error));
            *area =
                (anew_rectangle){get16(data), get16(data + 2), get16(data + 4), get16(data + 6)};
            *flags = data[8];
            return area->width > 0 && area->height > 0
                       ? ANEW_OK
                       : damaged(&g->bytes, "a frame without pixels", error);
        }
        if (kind != 0x21)
            return damaged(&g->bytes, "a block of a kind that is not known", error);
        ANEW_TRY(take(&g->bytes, &label, 1, error));
        ANEW_TRY(label == 0xf9 ? read_control(g, error) : pass_blocks(&g->bytes, error));
    }
}

static anew_status gif_next_frame(void *state, const anew_image **canvas, anew_delay *delay,
                                  anew_error *error)
{
    gif_frames *g = state;
    const anew_image *c = &g->composer.canvas;
    anew_rectangle area = {0};
    int flags = 0;
    bool there = false;
    *canvas = NULL;
    ANEW_TRY(find_frame(g, &area, &flags, &there, error));
    if (!there)
        return ANEW_OK;
    if (area.x + area.width > c->width || area.y + area.height > c->height)
        return damaged(&g->bytes, "a frame lies outside of the picture", error);
    ANEW_TRY(draw_frame(g, &area, flags, error));
    *delay = g->control.delay;
    *canvas = c;
    reset_control(&g->control);
    return ANEW_OK;
}

static void gif_release_frames(void *state)
{
    gif_frames *g = state;
    anew_composer_free(&g->composer);
    anew_free(g);
}

/* ---- what stands beside the frames ------------------------------------------------------------------------ */

/* The bytes of blocks one behind the other; *block stays empty where they are too many. */
static anew_status join_blocks(gif_bytes *b, anew_block *block, anew_error *error)
{
    size_t capacity = 0, size = 0;
    uint8_t *data = NULL;
    anew_status status = ANEW_OK;
    for (uint8_t length = 1; length != 0;) {
        ANEW_TRY_GOTO(take(b, &length, 1, error), fail);
        uint8_t *more = anew_grow(data, &capacity, size + length + 1, 1);
        if (more == NULL || size > MOST_BLOCK) {
            if (more != NULL)
                data = more;
            status = anew_fail(error, more == NULL ? ANEW_ERROR_MEMORY : ANEW_ERROR_FORMAT,
                               "%s: too much stands beside its pixels", b->label);
            goto fail;
        }
        data = more;
        ANEW_TRY_GOTO(take(b, data + size, length, error), fail);
        size += length;
    }
    data[size] = 0;
    anew_free(block->data);
    *block = (anew_block){data, size};
    return ANEW_OK;
fail:
    anew_free(data);
    return status;
}

/* XMP stands there as it is, and each of its bytes is taken for a length by who does not know it; 258 bytes behind it lead
 * all of them to the end (XMP specification, part 3, section 1.1.2). So it is what the blocks are, lengths included. */
static anew_status read_xmp(gif_bytes *b, anew_metadata *metadata, anew_error *error)
{
    const uint64_t from = b->at;
    ANEW_TRY(pass_blocks(b, error));
    const uint64_t bytes = b->at - from;
    if (bytes <= 258 || bytes > MOST_BLOCK)
        return ANEW_OK;
    const size_t size = (size_t)bytes - 258;
    uint8_t *data = anew_alloc_zero(size + 1);
    if (data == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", b->label);
    anew_free(metadata->xmp.data);
    metadata->xmp = (anew_block){data, anew_input_some(b->input, from, data, size)};
    return ANEW_OK;
}

/* NETSCAPE's loop: how many times more it is shown, 0 for ever. Browsers count so. */
static anew_status read_loop(gif_bytes *b, int *plays, anew_error *error)
{
    uint8_t data[4];
    if (anew_input_some(b->input, b->at, data, sizeof data) == sizeof data && data[0] == 3 &&
        data[1] == 1)
        *plays = get16(data + 2) == 0 ? 0 : get16(data + 2) + 1;
    return pass_blocks(b, error);
}

static anew_status read_application(gif_bytes *b, int *plays, anew_metadata *metadata,
                                    anew_error *error)
{
    uint8_t name[12];
    if (anew_input_some(b->input, b->at, name, sizeof name) != sizeof name || name[0] != 11)
        return pass_blocks(b, error);
    const uint64_t behind = b->at + sizeof name;
    if (memcmp(name + 1, "NETSCAPE2.0", 11) == 0 || memcmp(name + 1, "ANIMEXTS1.0", 11) == 0) {
        b->at = behind;
        return read_loop(b, plays, error);
    }
    if (metadata != NULL && memcmp(name + 1, "XMP DataXMP", 11) == 0) {
        b->at = behind;
        return read_xmp(b, metadata, error);
    }
    if (metadata != NULL && memcmp(name + 1, "ICCRGBG1012", 11) == 0) {
        b->at = behind;
        return join_blocks(b, &metadata->icc, error);
    }
    return pass_blocks(b, error);
}

/* Screen and palette, and what stands before the first frame, at which the bytes are then again. `metadata` may be
 * NULL. */
static anew_status read_head(gif_frames *g, int *width, int *height, int *plays,
                             anew_metadata *metadata, anew_error *error)
{
    uint8_t head[13], kind = 0, label = 0, data[8];
    gif_bytes *b = &g->bytes;
    reset_control(&g->control);
    ANEW_TRY(take(b, head, sizeof head, error));
    *width = get16(head + 6);
    *height = get16(head + 8);
    *plays = 1;
    ANEW_TRY(read_palette(b, g->palette, head[10], &g->colours, error));
    for (;;) {
        ANEW_TRY(take(b, &kind, 1, error));
        if (kind == 0x2c)
            break;
        if (kind != 0x21)
            return damaged(b, "there is no picture in it", error);
        ANEW_TRY(take(b, &label, 1, error));
        ANEW_TRY(label == 0xff   ? read_application(b, plays, metadata, error)
                 : label == 0xf9 ? read_control(g, error)
                                 : pass_blocks(b, error));
    }
    b->at--;
    if (anew_input_some(b->input, b->at + 1, data, sizeof data) != sizeof data)
        return damaged(b, "the file is cut", error);
    const int right = get16(data) + get16(data + 4), bottom = get16(data + 2) + get16(data + 6);
    *width = right > *width ? right : *width;
    *height = bottom > *height ? bottom : *height;
    return ANEW_OK;
}

static anew_status open_frames(anew_frames_decoder *decoder, anew_input *input,
                               const anew_image_limits *limits, anew_metadata *metadata,
                               anew_error *error)
{
    gif_frames *g = anew_alloc_zero(sizeof *g);
    const char *label = anew_input_label(input);
    anew_status status = ANEW_OK;
    int width = 0, height = 0;
    *decoder = (anew_frames_decoder){.next = gif_next_frame, .release = gif_release_frames};
    if (g == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    g->bytes = (gif_bytes){input, label, 0};
    ANEW_TRY_GOTO(read_head(g, &width, &height, &decoder->plays, metadata, error), fail);
    ANEW_TRY_GOTO(anew_image_check_size(width, height, label, limits, error), fail);
    decoder->shape = (anew_image){width, height, 4, 8, NULL};
    ANEW_TRY_GOTO(anew_composer_begin(&g->composer, &decoder->shape, error), fail);
    decoder->state = g;
    return ANEW_OK;
fail:
    gif_release_frames(g);
    return status;
}

anew_status anew_gif_frames(anew_frames_decoder *decoder, anew_input *input,
                            const anew_image_limits *limits, anew_error *error)
{
    return open_frames(decoder, input, limits, NULL, error);
}

/* The first frame; the metadata on the way to it. */
anew_status anew_gif_decoder(anew_decoder *decoder, anew_input *input,
                             const anew_image_limits *limits, anew_error *error)
{
    anew_frames_decoder frames = {0};
    ANEW_TRY(open_frames(&frames, input, limits, &decoder->metadata, error));
    frames.release(frames.state);
    return anew_first_frame(decoder, anew_gif_frames, input, false, limits, error);
}
