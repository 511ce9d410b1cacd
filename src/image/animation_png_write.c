/*
 * animation_png_write.c - frames into an APNG (PNG third edition, section 11.3.6): libpng encodes each as a still into
 * memory, of which the chunks are taken.
 *
 * What stands before the first frame's pixels (colours, EXIF, texts) stands there in the result, with acTL behind IHDR.
 * How many frames there are is known at the end only, and written over at the beginning then.
 */
#include <string.h>
#include <zlib.h>

#include "core/memory.h"
#include "image/formats.h"

#define SIGNATURE_BYTES 8
#define HEADER_BYTES    25 /* of the chunk IHDR, whole */

typedef struct png_frames {
    anew_animation_facts facts;
    const anew_metadata *metadata;
    anew_output *output;
    const char *label;
    anew_image_options options;
    uint32_t written, sequence;
} png_frames;

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* A short chunk with its checksum; returns its length. */
static size_t make_chunk(uint8_t to[64], const char *name, const uint8_t *data, size_t length)
{
    put32(to, (uint32_t)length);
    memcpy(to + 4, name, 4);
    memcpy(to + 8, data, length);
    put32(to + 8 + length, (uint32_t)crc32(0, to + 4, (uInt)(length + 4)));
    return length + 12;
}

static anew_status write_chunk(png_frames *f, const char *name, const uint8_t *data, size_t length,
                               anew_error *error)
{
    uint8_t whole[64];
    return anew_output_write(f->output, whole, make_chunk(whole, name, data, length), error);
}

static void make_count(uint8_t data[8], const png_frames *f, uint32_t frames)
{
    put32(data, frames);
    put32(data + 4, (uint32_t)f->facts.plays);
}

/* Both numbers have 16 bits; what has more becomes coarser. False where it lasts longer than they can say. */
static bool fit(anew_delay *delay)
{
    uint64_t a = delay->numerator, b = delay->denominator;
    for (uint64_t rest; b != 0; a = b, b = rest)
        rest = a % b;
    if (a > 1)
        *delay = (anew_delay){(uint32_t)(delay->numerator / a), (uint32_t)(delay->denominator / a)};
    while (delay->denominator > 65535 || (delay->numerator > 65535 && delay->denominator > 1)) {
        delay->numerator = delay->numerator / 2 + delay->numerator % 2;
        delay->denominator = delay->denominator / 2 + delay->denominator % 2;
    }
    return delay->numerator <= 65535;
}

static anew_status write_control(png_frames *f, const anew_rectangle *area, anew_delay delay,
                                 anew_error *error)
{
    uint8_t data[26] = {0};
    if (!fit(&delay))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a frame lasts longer than PNG can say, 65535 seconds", f->label);
    put32(data, f->sequence++);
    put32(data + 4, (uint32_t)area->width);
    put32(data + 8, (uint32_t)area->height);
    put32(data + 12, (uint32_t)area->x);
    put32(data + 16, (uint32_t)area->y);
    put16(data + 20, delay.numerator);
    put16(data + 22, delay.denominator);
    return write_chunk(f, "fcTL", data, sizeof data, error); /* it stays, and replaces */
}

/* One IDAT's data behind a number. */
static anew_status write_numbered(png_frames *f, const uint8_t *data, uint32_t length,
                                  anew_error *error)
{
    uint8_t head[12], sum[4];
    put32(head, length + 4);
    put32(head + 4, 0x66644154); /* fdAT */
    put32(head + 8, f->sequence++);
    put32(sum, (uint32_t)crc32(crc32(0, head + 4, 8), data, length));
    ANEW_TRY(anew_output_write(f->output, head, sizeof head, error));
    ANEW_TRY(anew_output_write(f->output, data, length, error));
    return anew_output_write(f->output, sum, sizeof sum, error);
}

/* All but IEND, with what is an APNG's own in between. */
static anew_status write_first(png_frames *f, const uint8_t *png, size_t size,
                               const anew_rectangle *area, anew_delay delay, anew_error *error)
{
    uint8_t count[8];
    make_count(count, f, (uint32_t)f->facts.frames);
    ANEW_TRY(anew_output_write(f->output, png, SIGNATURE_BYTES + HEADER_BYTES, error));
    ANEW_TRY(write_chunk(f, "acTL", count, sizeof count, error));
    bool controlled = false;
    for (size_t at = SIGNATURE_BYTES + HEADER_BYTES; at + 12 <= size;) {
        const size_t bytes = 12 + (size_t)get32(png + at);
        if (memcmp(png + at + 4, "IDAT", 4) == 0 && !controlled) {
            ANEW_TRY(write_control(f, area, delay, error));
            controlled = true;
        }
        if (memcmp(png + at + 4, "IEND", 4) != 0)
            ANEW_TRY(anew_output_write(f->output, png + at, bytes, error));
        at += bytes;
    }
    return ANEW_OK;
}

static anew_status write_other(png_frames *f, const uint8_t *png, size_t size,
                               const anew_rectangle *area, anew_delay delay, anew_error *error)
{
    ANEW_TRY(write_control(f, area, delay, error));
    for (size_t at = SIGNATURE_BYTES; at + 12 <= size;) {
        const uint32_t length = get32(png + at);
        if (memcmp(png + at + 4, "IDAT", 4) == 0)
            ANEW_TRY(write_numbered(f, png + at + 8, length, error));
        at += 12 + (size_t)length;
    }
    return ANEW_OK;
}

static anew_status png_frame(void *state, const anew_image *canvas, const anew_rectangle *changed,
                             anew_delay delay, anew_error *error)
{
    static const anew_metadata none = {0};
    png_frames *f = state;
    anew_bytes png = {0};
    const bool first = f->written == 0;
    ANEW_TRY(anew_encode_part(&png, canvas, changed, ANEW_FORMAT_PNG, first ? f->metadata : &none,
                              f->label, &f->options, error));
    const anew_status status =
        (first ? write_first : write_other)(f, png.data, png.size, changed, delay, error);
    anew_bytes_free(&png);
    f->written++;
    return status;
}

static anew_status png_finish_frames(void *state, anew_error *error)
{
    png_frames *f = state;
    uint8_t count[8], whole[64];
    ANEW_TRY(write_chunk(f, "IEND", (const uint8_t *)"", 0, error));
    if (f->written == (uint32_t)f->facts.frames)
        return ANEW_OK;
    make_count(count, f, f->written);
    const size_t bytes = make_chunk(whole, "acTL", count, sizeof count);
    return anew_output_rewrite(f->output, SIGNATURE_BYTES + HEADER_BYTES, whole, bytes, error);
}

static void png_release_frames(void *state)
{
    anew_free(state);
}

anew_status anew_png_frames_encoder(anew_frames_encoder *encoder, const anew_animation_facts *facts,
                                    const anew_metadata *metadata, anew_output *output,
                                    const char *label, const anew_image_options *options,
                                    anew_error *error)
{
    png_frames *f = anew_alloc_zero(sizeof *f);
    *encoder = (anew_frames_encoder){f, png_frame, png_finish_frames, png_release_frames};
    if (f == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *f = (png_frames){.facts = *facts,
                      .metadata = metadata,
                      .output = output,
                      .label = label,
                      .options = *options};
    return ANEW_OK;
}
