/*
 * image_bmp.c - Windows and OS/2 bitmaps, in only.
 *
 * 1, 2, 4 and 8 bits with a palette, 16, 24 and 32 bits with or without masks, rows bottom up or top down, run
 * lengths of 8 and 4 bits, an embedded colour profile. Numbers are little-endian. (Layout: the BITMAP*HEADER
 * structures of the Windows documentation.)
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

enum compression { PLAIN = 0, RUNS_8 = 1, RUNS_4 = 2, MASKS = 3, MASKS_WITH_ALPHA = 6 };

#define MAX_RUN_BYTES ((size_t)1 << 30)
#define MAX_PROFILE   (16u << 20)

typedef struct bmp_header {
    uint32_t header_bytes, pixels_at, compression, colours;
    int width, height, bits;
    bool top_down;
    uint32_t masks[4]; /* red, green, blue, alpha; alpha 0: none */
} bmp_header;

typedef struct bmp_decoder {
    anew_input *input;
    bmp_header header;
    int channels;
    size_t stride; /* bytes of a stored row */
    uint8_t palette[256][3];
    int y; /* next row from the top */
    uint8_t *row;
} bmp_decoder;

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p + 2) << 16 | get16(p);
}

/* ---- the header -------------------------------------------------------------------------------------- */

static bool is_supported(const bmp_header *h)
{
    switch (h->compression) {
    case PLAIN:
        return h->bits == 1 || h->bits == 2 || h->bits == 4 || h->bits == 8 || h->bits == 16 ||
               h->bits == 24 || h->bits == 32;
    case RUNS_8:
        return h->bits == 8 && !h->top_down;
    case RUNS_4:
        return h->bits == 4 && !h->top_down;
    default:
        return (h->compression == MASKS || h->compression == MASKS_WITH_ALPHA) &&
               (h->bits == 16 || h->bits == 32);
    }
}

/* Widths of the header's fields are those of the 40 bytes that all but the oldest begin with. */
static void read_fields(bmp_header *h, const uint8_t *b)
{
    static const uint32_t usual_16[4] = {0x7c00, 0x03e0, 0x001f, 0},
                          usual_32[4] = {0xff0000, 0x00ff00, 0x0000ff, 0};
    h->pixels_at = get32(b + 10);
    h->header_bytes = get32(b + 14);
    if (h->header_bytes < 16) { /* OS/2, first version */
        h->width = (int)get16(b + 18);
        h->height = (int)get16(b + 20);
        h->bits = (int)get16(b + 24);
    } else {
        const int64_t height = (int32_t)get32(b + 22);
        h->width = (int32_t)get32(b + 18);
        h->top_down = height < 0;
        h->height = height < -INT32_MAX ? 0 : (int)(height < 0 ? -height : height);
        h->bits = (int)get16(b + 28);
        h->compression = get32(b + 30);
        h->colours = h->header_bytes >= 36 ? get32(b + 46) : 0;
    }
    memcpy(h->masks, h->bits == 16 ? usual_16 : usual_32, sizeof h->masks);
    if (h->compression == MASKS || h->compression == MASKS_WITH_ALPHA)
        for (int c = 0; c < 3; c++)
            h->masks[c] = get32(b + 54 + 4 * c);
    if (h->compression == MASKS_WITH_ALPHA || (h->header_bytes >= 56 && h->compression == MASKS))
        h->masks[3] = get32(b + 66);
}

/* Into a palette of 256, black where the file has fewer; true if all are gray. */
static anew_status read_palette(bmp_decoder *d, bool *gray, anew_error *error)
{
    const bmp_header *h = &d->header;
    const uint32_t most = 1u << h->bits, entry = h->header_bytes < 16 ? 3 : 4;
    const uint32_t count = h->colours > 0 && h->colours < most ? h->colours : most;
    uint8_t bytes[256 * 4];
    const size_t there =
        anew_input_some(d->input, 14 + (uint64_t)h->header_bytes, bytes, count * entry);
    if (there < entry)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged BMP: no palette",
                         anew_input_label(d->input));
    *gray = true;
    for (uint32_t i = 0; i < there / entry; i++) {
        const uint8_t *p = bytes + (size_t)(i * entry);
        for (int c = 0; c < 3; c++)
            d->palette[i][c] = p[2 - c];
        *gray = *gray && p[0] == p[1] && p[1] == p[2];
    }
    return ANEW_OK;
}

static bool read_metadata(anew_metadata *m, anew_input *input, const uint8_t *b,
                          const bmp_header *h)
{
    if (h->header_bytes < 40)
        return true;
    const uint32_t x = get32(b + 38), y = get32(b + 42);
    if (x > 0 && y > 0 && x < INT32_MAX && y < INT32_MAX) {
        m->density = ANEW_DENSITY_METRE;
        m->density_x = x;
        m->density_y = y;
    }
    if (h->header_bytes < 124 || memcmp(b + 70, "DEBM", 4) != 0)
        return true;
    const uint32_t offset = get32(b + 126), bytes = get32(b + 130);
    if (bytes == 0 || bytes > MAX_PROFILE)
        return true;
    uint8_t *profile = anew_alloc(bytes);
    if (profile == NULL)
        return false;
    const bool memory = anew_input_some(input, 14 + (uint64_t)offset, profile, bytes) != bytes ||
                        anew_block_set(&m->icc, profile, bytes);
    anew_free(profile);
    return memory;
}

/* ---- pixels ------------------------------------------------------------------------------------------ */

/* The bits under a mask, stretched to 0 .. 255. */
static uint8_t under_mask(uint32_t value, uint32_t mask)
{
    if (mask == 0)
        return 0;
    while ((mask & 1) == 0) {
        mask >>= 1;
        value >>= 1;
    }
    return (uint8_t)(((uint64_t)(value & mask) * 255 + mask / 2) / mask);
}

static void put_colour(const bmp_decoder *d, uint8_t *to, unsigned int index)
{
    memcpy(to, d->palette[index], (size_t)d->channels);
}

static void convert_row(const bmp_decoder *d, uint8_t *to)
{
    const bmp_header *h = &d->header;
    const uint8_t *from = d->row;
    for (int x = 0; x < h->width; x++, to += d->channels) {
        if (h->bits <= 8) {
            const int bit = x * h->bits, shift = 8 - h->bits - bit % 8;
            put_colour(d, to, (from[bit / 8] >> shift) & ((1u << h->bits) - 1));
        } else if (h->bits == 24) {
            for (int c = 0; c < 3; c++)
                to[c] = from[3 * x + 2 - c];
        } else {
            const uint32_t value =
                h->bits == 16 ? get16(from + 2 * (size_t)x) : get32(from + 4 * (size_t)x);
            for (int c = 0; c < d->channels; c++)
                to[c] = under_mask(value, h->masks[c]);
        }
    }
}

static anew_status bmp_next_rows(void *state, void *pixels, int rows, anew_error *error)
{
    bmp_decoder *d = state;
    const bmp_header *h = &d->header;
    uint8_t *to = pixels;
    for (int i = 0; i < rows; i++, d->y++) {
        const int stored = h->top_down ? d->y : h->height - 1 - d->y;
        ANEW_TRY(anew_input_exactly(d->input, h->pixels_at + (uint64_t)stored * d->stride, d->row,
                                    d->stride, error));
        convert_row(d, to);
        to += (size_t)h->width * (size_t)d->channels;
    }
    return ANEW_OK;
}

static void bmp_release(void *state)
{
    bmp_decoder *d = state;
    anew_free(d->row);
    anew_free(d);
}

/* Pairs (count, colours); a count of 0 begins an escape: 0 end of the row, 1 end of the picture, 2 a move, n
 * that many colours as they are, padded to 16 bits. Pixels that are not named are black. Rows that lie outside
 * are an error; a missing end is not. */
static bool expand_runs(const bmp_decoder *d, uint8_t *pixels, const uint8_t *data, size_t size)
{
    const bmp_header *h = &d->header;
    const bool narrow = h->bits == 4;
    int x = 0, y = h->height - 1;
    for (size_t at = 0; at + 2 <= size;) {
        const int count = data[at], second = data[at + 1];
        at += 2;
        if (count == 0 && second == 1)
            return true;
        if (count == 0 && second == 0) {
            x = 0;
            y--;
            continue;
        }
        if (count == 0 && second == 2) {
            if (at + 2 > size)
                return false;
            x += data[at];
            y -= data[at + 1];
            at += 2;
            continue;
        }
        const int length = count == 0 ? second : count;
        const size_t bytes = count > 0 ? 0 : narrow ? ((size_t)length + 1) / 2 : (size_t)length;
        if (y < 0 || at + bytes > size)
            return false;
        for (int i = 0; i < length && x < h->width; i++, x++) {
            const uint8_t byte =
                count > 0 ? (uint8_t)second : data[at + (size_t)(narrow ? i / 2 : i)];
            const unsigned int index = !narrow ? byte : i % 2 == 0 ? byte >> 4 : byte & 15u;
            put_colour(d, pixels + ((size_t)y * (size_t)h->width + (size_t)x) * (size_t)d->channels,
                       index);
        }
        at += (bytes + 1) & ~(size_t)1;
    }
    return true;
}

static anew_status decode_runs(anew_image *whole, const bmp_decoder *d, anew_error *error)
{
    const bmp_header *h = &d->header;
    const uint8_t *data = NULL;
    size_t size = 0;
    ANEW_TRY(anew_input_whole(d->input, &data, &size, MAX_RUN_BYTES, error));
    ANEW_TRY(anew_image_create(whole, h->width, h->height, d->channels, 8, error));
    const size_t pixels = (size_t)h->width * (size_t)h->height;
    for (size_t i = 0; i < pixels; i++)
        put_colour(d, (uint8_t *)whole->pixels + i * (size_t)d->channels, 0);
    if (h->pixels_at > size ||
        !expand_runs(d, whole->pixels, data + h->pixels_at, size - h->pixels_at))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged BMP: the runs leave the picture",
                         anew_input_label(d->input));
    return ANEW_OK;
}

/* ---- the door ---------------------------------------------------------------------------------------- */

static anew_status open_bmp(anew_decoder *decoder, bmp_decoder *d, const anew_image_limits *limits,
                            anew_error *error)
{
    uint8_t head[14 + 124] = {0};
    bmp_header *h = &d->header;
    const char *label = anew_input_label(d->input);
    bool gray = false;
    (void)anew_input_some(d->input, 0, head, sizeof head);
    read_fields(h, head);
    if (!is_supported(h))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: BMP of %d bits, compression %u", label,
                         h->bits, (unsigned int)h->compression);
    ANEW_TRY(anew_image_check_size(h->width, h->height, label, limits, error));
    if (h->bits <= 8)
        ANEW_TRY(read_palette(d, &gray, error));
    d->channels = gray ? 1 : h->bits > 8 && h->masks[3] != 0 ? 4 : 3;
    decoder->shape = (anew_image){h->width, h->height, d->channels, 8, NULL};
    if (!read_metadata(&decoder->metadata, d->input, head, h))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    if (h->compression == RUNS_8 || h->compression == RUNS_4)
        return decode_runs(&decoder->whole, d, error);
    d->stride = ((size_t)h->bits * (size_t)h->width + 31) / 32 * 4;
    if (anew_input_size(d->input) < h->pixels_at + (uint64_t)d->stride * (uint64_t)h->height)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged BMP: the file is cut", label);
    d->row = anew_alloc(d->stride);
    if (d->row == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    return ANEW_OK;
}

anew_status anew_bmp_decoder(anew_decoder *decoder, anew_input *input,
                             const anew_image_limits *limits, anew_error *error)
{
    bmp_decoder *d = anew_alloc_zero(sizeof *d);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it",
                         anew_input_label(input));
    d->input = input;
    const anew_status status = open_bmp(decoder, d, limits, error);
    if (status == ANEW_OK && d->row != NULL) {
        decoder->state = d;
        decoder->rows = bmp_next_rows;
        decoder->release = bmp_release;
    } else {
        bmp_release(d);
    }
    return status;
}
