/*
 * image_gif_write.c - GIF out (CompuServe, GIF89a), without a library: frames, each with a palette of its own, or one.
 *
 * Where something is transparent every frame is the whole picture and is cleared after it, since a frame cannot make
 * transparent what another one drew. Else frames stay, and the next one draws what changed.
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"
#include "image/palette.h"

#define MOST_CODES 4096
#define SLOTS      8192  /* of the table of strings; twice as many as there are */
#define LONGEST    65535 /* of a delay, in 1/100 s */

typedef struct gif_out {
    anew_animation_facts facts;
    const anew_metadata *metadata;
    anew_output *output;
    const char *label;
    double at; /* seconds */
    bool begun;
    anew_image still; /* of anew_gif_encoder */
    int rows;
} gif_out;

static void put16(uint8_t *to, int value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

/* ---- LZW ------------------------------------------------------------------------------------------------ */

/* Codes, lowest bits first, in blocks of 255 bytes. */
typedef struct gif_pack {
    anew_output *output;
    uint8_t block[256]; /* its length in front */
    uint32_t bits;
    int count;
    uint32_t keys[SLOTS]; /* code of a string << 8 | what follows it, and 1; 0: free */
    uint16_t codes[SLOTS];
} gif_pack;

static anew_status flush(gif_pack *p, anew_error *error)
{
    const size_t bytes = (size_t)p->block[0] + 1;
    if (bytes == 1)
        return ANEW_OK;
    p->block[0] = (uint8_t)(bytes - 1);
    ANEW_TRY(anew_output_write(p->output, p->block, bytes, error));
    p->block[0] = 0;
    return ANEW_OK;
}

static anew_status put_code(gif_pack *p, int code, int width, anew_error *error)
{
    p->bits |= (uint32_t)code << p->count;
    p->count += width;
    while (p->count >= 8) {
        p->block[++p->block[0]] = (uint8_t)p->bits;
        p->bits >>= 8;
        p->count -= 8;
        if (p->block[0] == 255)
            ANEW_TRY(flush(p, error));
    }
    return ANEW_OK;
}

/* Where the string is, or would be. */
static size_t slot_of(const gif_pack *p, uint32_t key)
{
    size_t slot = (key * 2654435761u) >> 19;
    while (p->keys[slot] != 0 && p->keys[slot] != key)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static anew_status pack(gif_pack *p, const uint8_t *indices, size_t count, int least,
                        anew_error *error)
{
    const int clear = 1 << least;
    int width = least + 1, next = clear + 2, string = indices[0];
    ANEW_TRY(put_code(p, clear, width, error));
    for (size_t i = 1; i < count; i++) {
        const uint32_t key = ((uint32_t)string << 8 | indices[i]) + 1;
        const size_t slot = slot_of(p, key);
        if (p->keys[slot] != 0) {
            string = p->codes[slot];
            continue;
        }
        ANEW_TRY(put_code(p, string, width, error));
        string = indices[i];
        if (next < MOST_CODES) {
            /* The reader has this one only after the next code, which so long is as wide as before. */
            if (next == 1 << width)
                width++;
            p->keys[slot] = key;
            p->codes[slot] = (uint16_t)next++;
        } else {
            ANEW_TRY(put_code(p, clear, width, error));
            memset(p->keys, 0, sizeof p->keys);
            width = least + 1;
            next = clear + 2;
        }
    }
    ANEW_TRY(put_code(p, string, width, error));
    if (next == 1 << width && width < 12)
        width++;
    ANEW_TRY(put_code(p, clear + 1, width, error));
    ANEW_TRY(put_code(p, 0, 7, error)); /* the last bits */
    ANEW_TRY(flush(p, error));
    const uint8_t end = 0;
    return anew_output_write(p->output, &end, 1, error);
}

/* ---- parts of the file ------------------------------------------------------------------------------------- */

static anew_status write_bytes(gif_out *g, const void *data, size_t size, anew_error *error)
{
    return anew_output_write(g->output, data, size, error);
}

static anew_status write_blocks(gif_out *g, const anew_block *block, anew_error *error)
{
    const uint8_t end = 0;
    for (size_t at = 0; at < block->size;) {
        const size_t left = block->size - at;
        const uint8_t bytes = (uint8_t)(left < 255 ? left : 255);
        ANEW_TRY(write_bytes(g, &bytes, 1, error));
        ANEW_TRY(write_bytes(g, block->data + at, bytes, error));
        at += bytes;
    }
    return write_bytes(g, &end, 1, error);
}

/* As it is, and what leads whoever takes its bytes for lengths to the end (image_gif.c). */
static anew_status write_xmp(gif_out *g, const anew_block *xmp, anew_error *error)
{
    uint8_t trailer[258] = {1};
    for (int i = 0; i < 256; i++)
        trailer[1 + i] = (uint8_t)(255 - i);
    ANEW_TRY(write_bytes(g, xmp->data, xmp->size, error));
    return write_bytes(g, trailer, sizeof trailer, error);
}

static anew_status write_head(gif_out *g, anew_error *error)
{
    static const char netscape[] = "\x21\xff\x0bNETSCAPE2.0\x03\x01";
    static const char icc[] = "\x21\xff\x0bICCRGBG1012";
    static const char xmp[] = "\x21\xff\x0bXMP DataXMP";
    uint8_t screen[13] = "GIF89a", loop[3] = {0};
    const anew_metadata *m = g->metadata;
    put16(screen + 6, g->facts.shape.width);
    put16(screen + 8, g->facts.shape.height);
    screen[10] = 0x70; /* colours of 8 bits, no palette */
    ANEW_TRY(write_bytes(g, screen, sizeof screen, error));
    if (g->facts.frames > 1 && g->facts.plays != 1) {
        /* How many times more; 0: for ever. */
        const int more = g->facts.plays == 0      ? 0
                         : g->facts.plays > 65536 ? 65535
                                                  : g->facts.plays - 1;
        put16(loop, more);
        ANEW_TRY(write_bytes(g, netscape, sizeof netscape - 1, error));
        ANEW_TRY(write_bytes(g, loop, sizeof loop, error));
    }
    if (m->icc.data != NULL) {
        ANEW_TRY(write_bytes(g, icc, sizeof icc - 1, error));
        ANEW_TRY(write_blocks(g, &m->icc, error));
    }
    if (m->xmp.data != NULL) {
        ANEW_TRY(write_bytes(g, xmp, sizeof xmp - 1, error));
        ANEW_TRY(write_xmp(g, &m->xmp, error));
    }
    return ANEW_OK;
}

static anew_status write_control(gif_out *g, anew_delay delay, const anew_palette *palette,
                                 anew_error *error)
{
    uint8_t control[8] = {0x21, 0xf9, 4};
    const int64_t hundredths = anew_delay_units(&g->at, delay, 100);
    if (hundredths > LONGEST)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a frame lasts longer than GIF can say, 655 seconds", g->label);
    const bool alpha = palette->transparent >= 0;
    const int dispose = g->facts.frames < 2 ? 0 : alpha ? 2 : 1;
    control[3] = (uint8_t)(dispose << 2 | (alpha ? 1 : 0));
    put16(control + 4, (int)hundredths);
    control[6] = (uint8_t)(alpha ? palette->transparent : 0);
    return write_bytes(g, control, sizeof control, error);
}

static anew_status write_area(gif_out *g, const anew_rectangle *area, const anew_palette *palette,
                              int bits, anew_error *error)
{
    uint8_t head[10] = {0x2c};
    put16(head + 1, area->x);
    put16(head + 3, area->y);
    put16(head + 5, area->width);
    put16(head + 7, area->height);
    head[9] = (uint8_t)(0x80 | (bits - 1)); /* a palette of its own */
    ANEW_TRY(write_bytes(g, head, sizeof head, error));
    return write_bytes(g, palette->colours, (size_t)3 << bits, error);
}

static anew_status write_picture(gif_out *g, const anew_image *part, const anew_rectangle *area,
                                 anew_delay delay, anew_error *error)
{
    const size_t pixels = (size_t)part->width * (size_t)part->height;
    uint8_t *indices = anew_alloc(pixels);
    gif_pack *p = anew_alloc_zero(sizeof *p);
    anew_palette palette = {0};
    anew_status status = ANEW_OK;
    int bits = 1;
    if (indices == NULL || p == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", g->label);
        goto out;
    }
    p->output = g->output;
    ANEW_TRY_GOTO(anew_palette_make(&palette, indices, part, area->x, area->y, error), out);
    while (1 << bits < palette.count)
        bits++;
    if (!g->begun)
        ANEW_TRY_GOTO(write_head(g, error), out);
    g->begun = true;
    ANEW_TRY_GOTO(write_control(g, delay, &palette, error), out);
    ANEW_TRY_GOTO(write_area(g, area, &palette, bits, error), out);
    const uint8_t least = (uint8_t)(bits < 2 ? 2 : bits);
    ANEW_TRY_GOTO(write_bytes(g, &least, 1, error), out);
    status = pack(p, indices, pixels, least, error);
out:
    anew_free(indices);
    anew_free(p);
    return status;
}

static anew_status write_trailer(gif_out *g, anew_error *error)
{
    return write_bytes(g, "\x3b", 1, error);
}

/* ---- frames ------------------------------------------------------------------------------------------------ */

static anew_status gif_frame(void *state, const anew_image *canvas, const anew_rectangle *changed,
                             anew_delay delay, anew_error *error)
{
    gif_out *g = state;
    const anew_rectangle all = {0, 0, canvas->width, canvas->height};
    const anew_rectangle *area = canvas->channels % 2 == 0 ? &all : changed;
    anew_image part = {0};
    ANEW_TRY(anew_image_cut(&part, canvas, area, error));
    const anew_status status = write_picture(g, &part, area, delay, error);
    anew_image_free(&part);
    return status;
}

static anew_status gif_finish_frames(void *state, anew_error *error)
{
    return write_trailer(state, error);
}

static void gif_release(void *state)
{
    gif_out *g = state;
    anew_image_free(&g->still);
    anew_free(g);
}

static gif_out *create(const anew_animation_facts *facts, const anew_metadata *metadata,
                       anew_output *output, const char *label, anew_error *error)
{
    gif_out *g = anew_alloc_zero(sizeof *g);
    if (g == NULL) {
        anew_error_set(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
        return NULL;
    }
    *g = (gif_out){.facts = *facts, .metadata = metadata, .output = output, .label = label};
    return g;
}

anew_status anew_gif_frames_encoder(anew_frames_encoder *encoder, const anew_animation_facts *facts,
                                    const anew_metadata *metadata, anew_output *output,
                                    const char *label, const anew_image_options *options,
                                    anew_error *error)
{
    (void)options;
    *encoder = (anew_frames_encoder){create(facts, metadata, output, label, error), gif_frame,
                                     gif_finish_frames, gif_release};
    return encoder->state != NULL ? ANEW_OK : ANEW_ERROR_MEMORY;
}

/* ---- a still ----------------------------------------------------------------------------------------------- */

static anew_status gif_rows(void *state, const anew_image *part, anew_error *error)
{
    gif_out *g = state;
    (void)error;
    const size_t row = (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    memcpy((uint8_t *)g->still.pixels + (size_t)g->rows * row, part->pixels,
           (size_t)part->height * row);
    g->rows += part->height;
    return ANEW_OK;
}

static anew_status gif_finish(void *state, anew_error *error)
{
    gif_out *g = state;
    const anew_rectangle all = {0, 0, g->still.width, g->still.height};
    ANEW_TRY(write_picture(g, &g->still, &all, (anew_delay){0, 100}, error));
    return write_trailer(g, error);
}

anew_status anew_gif_encoder(anew_encoder *encoder, const anew_image *shape,
                             const anew_metadata *metadata, anew_output *output, const char *label,
                             const anew_image_options *options, anew_error *error)
{
    const anew_animation_facts facts = {.shape = *shape, .frames = 1};
    (void)options;
    gif_out *g = create(&facts, metadata, output, label, error);
    *encoder = (anew_encoder){NULL, gif_rows, gif_finish, gif_release, NULL};
    if (g == NULL)
        return ANEW_ERROR_MEMORY;
    const anew_status status = anew_image_create(&g->still, shape->width, shape->height,
                                                 shape->channels, shape->depth, error);
    if (status == ANEW_OK)
        encoder->state = g;
    else
        gif_release(g);
    return status;
}
