/*
 * thumbnail.c - rows of any size to a small picture, and that into EXIF.
 *
 * Every pixel of it is the average of the area that it shows. Areas are counted in whole numbers, a pixel of a result
 * W wide being w units wide for a thumbnail of w, whose own are W: sums are exact, whatever portions rows come in. Values
 * are averaged as they are stored, so that the thumbnail has the result's colour space; 16 bits are rounded to 8 before,
 * as for a JPEG; what is transparent lets white through, a page's colour; gray becomes three equal colours, since EXIF
 * knows thumbnails in YCbCr alone (Exif 2.3, section 4.5.5).
 */
#include "image/thumbnail.h"

#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

#define LONG_SIDE 160

#define BEST_QUALITY  85
#define LEAST_QUALITY 5
#define QUALITY_STEP  10

/* Bytes for tables and headers; a pixel has half a byte more, which a photo at the best quality hardly takes. */
#define ROOM_HEAD  1024
#define LEAST_ROOM 2048

/* Of a JPEG's marker, without its length and "Exif". */
#define JPEG_EXIF_BYTES (65533 - 6)

/* For what THUMBNAIL_HEAD in exif.c counts, and a byte to an even place. */
#define DIRECTORY_BYTES 96

/* Of a file with options->max_bytes, the thumbnail may take so small a part. */
#define PART_OF_MOST 8

/* JFIF's marker, which stands in no thumbnail (Exif 2.3, section 4.5.5), behind the picture's own first one. */
#define SOI_BYTES  2
#define JFIF_BYTES 18

struct anew_thumbnail {
    anew_image shape;   /* of the result; no pixels */
    anew_image picture; /* RGB, 8 bits */
    uint64_t *across;   /* [w][4]: one row of the result: colours (times alpha), alpha */
    uint64_t *sums;     /* [w][4]: the thumbnail's row at work */
    int64_t y;          /* rows of the result that are in it */
    size_t room;
    bool reserved;
    const char *label;
};

/* ---- the pixels ---------------------------------------------------------------------------------------- */

static inline unsigned int sample(const void *row, int depth, size_t i)
{
    return depth == 16 ? (((const uint16_t *)row)[i] * 255u + 32767u) / 65535u
                       : ((const uint8_t *)row)[i];
}

/* Pixels from .. to - 1, each of so many units, to the sums; inline, so that the usual kind of pixels has a loop of its
 * own. */
static inline void add_kind(uint64_t sum[4], const void *row, int64_t from, int64_t to,
                            uint64_t units, int channels, int depth)
{
    const bool has_alpha = channels % 2 == 0;
    const int colours = channels <= 2 ? 1 : 3;
    uint64_t run[4] = {0};
    for (int64_t x = from; x < to; x++) {
        const size_t i = (size_t)x * (size_t)channels;
        const unsigned int alpha = has_alpha ? sample(row, depth, i + (size_t)channels - 1) : 255;
        for (int c = 0; c < colours; c++)
            run[c] += sample(row, depth, i + (size_t)c) * (has_alpha ? alpha : 1);
        run[3] += alpha;
    }
    for (int c = 0; c < 4; c++)
        sum[c] += run[c] * units;
}

static void add(uint64_t sum[4], const anew_image *kind, const void *row, int64_t from, int64_t to,
                int64_t units)
{
    if (kind->channels == 3 && kind->depth == 8)
        add_kind(sum, row, from, to, (uint64_t)units, 3, 8);
    else
        add_kind(sum, row, from, to, (uint64_t)units, kind->channels, kind->depth);
}

/* A row of the result into columns as wide as the thumbnail's: W units each, of which a pixel of the result is w. */
static void add_across(anew_thumbnail *t, const void *row)
{
    const int64_t w = t->picture.width, wide = t->shape.width;
    memset(t->across, 0, (size_t)w * 4 * sizeof *t->across);
    for (int64_t x = 0; x < w; x++) {
        const int64_t from = x * wide, to = from + wide;
        const int64_t first = from / w, last = (to - 1) / w; /* pixels that it shares in */
        uint64_t *sum = t->across + x * 4;
        if (first == last) {
            add(sum, &t->shape, row, first, first + 1, wide);
            continue;
        }
        add(sum, &t->shape, row, first, first + 1, (first + 1) * w - from);
        add(sum, &t->shape, row, first + 1, last, w);
        add(sum, &t->shape, row, last, last + 1, to - last * w);
    }
}

static void add_down(anew_thumbnail *t, int64_t units)
{
    for (int i = 0; i < t->picture.width * 4; i++)
        t->sums[i] += t->across[i] * (uint64_t)units;
}

/* A row of the thumbnail is complete: rounded to the nearest. */
static void end_row(anew_thumbnail *t, int64_t row)
{
    const int w = t->picture.width;
    const bool has_alpha = t->shape.channels % 2 == 0, gray = t->shape.channels <= 2;
    const uint64_t area = (uint64_t)t->shape.width * (uint64_t)t->shape.height;
    const uint64_t all = has_alpha ? area * 255 : area; /* what one unit of a colour counts */
    uint8_t *to = (uint8_t *)t->picture.pixels + (size_t)row * (size_t)w * 3;
    for (int x = 0; x < w; x++, to += 3) {
        const uint64_t *sum = t->sums + (size_t)x * 4;
        const uint64_t white = has_alpha ? (area * 255 - sum[3]) * 255 : 0;
        for (int c = 0; c < 3; c++)
            to[c] = (uint8_t)((sum[gray ? 0 : c] + white + all / 2) / all);
    }
    memset(t->sums, 0, (size_t)w * 4 * sizeof *t->sums);
}

void anew_thumbnail_rows(anew_thumbnail *thumbnail, const anew_image *part)
{
    anew_thumbnail *t = thumbnail;
    if (t == NULL)
        return;
    const int64_t h = t->picture.height, high = t->shape.height;
    const size_t row_bytes =
        (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    const uint8_t *row = part->pixels;
    for (int y = 0; y < part->height; y++, row += row_bytes, t->y++) {
        int64_t from = t->y * h; /* in units of which a row of the thumbnail has `high` */
        add_across(t, row);
        for (const int64_t to = from + h; from < to;) {
            const int64_t line = from / high, end = (line + 1) * high;
            add_down(t, (end < to ? end : to) - from);
            if (end <= to)
                end_row(t, line);
            from = end;
        }
    }
}

const anew_image *anew_thumbnail_picture(const anew_thumbnail *thumbnail)
{
    return &thumbnail->picture;
}

/* ---- its place in the file --------------------------------------------------------------------------- */

static bool holds_exif(anew_format format)
{
    return format == ANEW_FORMAT_PNG || format == ANEW_FORMAT_JPEG || format == ANEW_FORMAT_WEBP ||
           format == ANEW_FORMAT_AVIF || format == ANEW_FORMAT_JXL;
}

/* At most so many bytes of JPEG. */
static size_t room_for(const anew_image *picture, anew_format format, const anew_block *exif,
                       int64_t max_bytes)
{
    size_t room = ROOM_HEAD + (size_t)picture->width * (size_t)picture->height / 2;
    room = room < LEAST_ROOM ? LEAST_ROOM : room;
    if (format == ANEW_FORMAT_JPEG) {
        const size_t taken = exif->size + DIRECTORY_BYTES;
        const size_t left = taken < JPEG_EXIF_BYTES ? JPEG_EXIF_BYTES - taken : 0;
        room = room < left ? room : left;
    }
    if (max_bytes > 0 && (uint64_t)max_bytes / PART_OF_MOST < room)
        room = (size_t)max_bytes / PART_OF_MOST;
    return room;
}

anew_status anew_thumbnail_open(anew_thumbnail **thumbnail, anew_format format,
                                const anew_image *shape, const anew_block *exif, const char *label,
                                const anew_image_options *options, anew_error *error)
{
    const int64_t longest = shape->width > shape->height ? shape->width : shape->height;
    const int64_t side = longest < LONG_SIDE ? longest : LONG_SIDE;
    const int w = (int)((shape->width * side + longest / 2) / longest);
    const int h = (int)((shape->height * side + longest / 2) / longest);
    anew_status status = ANEW_OK;
    *thumbnail = NULL;
    if (options->drop_thumbnail || options->strip || options->metadata == NULL ||
        !anew_exif_has_thumbnail(&options->metadata->exif) || exif->data == NULL ||
        !holds_exif(format) || anew_format_encoder(ANEW_FORMAT_JPEG) == NULL)
        return ANEW_OK;
    anew_thumbnail *t = anew_alloc_zero(sizeof *t);
    if (t == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", label);
    t->label = label;
    t->shape = *shape;
    t->shape.pixels = NULL;
    ANEW_TRY_GOTO(anew_image_create(&t->picture, w < 1 ? 1 : w, h < 1 ? 1 : h, 3, 8, error), fail);
    t->room = room_for(&t->picture, format, exif, options->max_bytes);
    if (t->room < LEAST_ROOM) {
        anew_thumbnail_close(&t);
        return ANEW_OK;
    }
    const size_t bytes = (size_t)t->picture.width * 4 * sizeof *t->sums;
    t->across = anew_alloc_zero(bytes);
    t->sums = anew_alloc_zero(bytes);
    if (t->across == NULL || t->sums == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", label);
        goto fail;
    }
    *thumbnail = t;
    return ANEW_OK;
fail:
    anew_thumbnail_close(&t);
    return status;
}

static anew_status make_room(anew_block *exif, size_t bytes, const char *label, anew_error *error)
{
    return anew_exif_add_thumbnail(exif, bytes)
               ? ANEW_OK
               : anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", label);
}

anew_status anew_thumbnail_reserve(anew_thumbnail *thumbnail, anew_block *exif, anew_error *error)
{
    if (thumbnail == NULL)
        return ANEW_OK;
    thumbnail->reserved = true;
    return make_room(exif, thumbnail->room, thumbnail->label, error);
}

/* By the best quality that the room has place for; without data where there is none. */
static anew_status encode(anew_bytes *file, const anew_thumbnail *t, anew_error *error)
{
    static const anew_metadata none = {0};
    const anew_rectangle all = {0, 0, t->picture.width, t->picture.height};
    anew_image_options o = {.png_compression = -1, .jpeg_chroma = 420};
    for (o.quality = BEST_QUALITY; o.quality >= LEAST_QUALITY; o.quality -= QUALITY_STEP) {
        ANEW_TRY(anew_encode_part(file, &t->picture, &all, ANEW_FORMAT_JPEG, &none, t->label, &o,
                                  error));
        if (file->size <= t->room)
            return ANEW_OK;
        anew_bytes_free(file);
    }
    return ANEW_OK;
}

/* Without the marker of JFIF, where it is; the bytes are moved in place. */
static size_t leave_out_jfif(uint8_t *jpeg, size_t size)
{
    if (size < SOI_BYTES + JFIF_BYTES || memcmp(jpeg + SOI_BYTES, "\xff\xe0\0\x10JFIF", 8) != 0)
        return size;
    memmove(jpeg + SOI_BYTES, jpeg + SOI_BYTES + JFIF_BYTES, size - SOI_BYTES - JFIF_BYTES);
    return size - JFIF_BYTES;
}

anew_status anew_thumbnail_finish(anew_thumbnail *thumbnail, anew_block *exif, anew_error *error)
{
    const anew_thumbnail *t = thumbnail;
    anew_bytes file = {0};
    anew_block jpeg = {0};
    anew_status status = ANEW_OK;
    if (t == NULL)
        return ANEW_OK;
    ANEW_TRY(encode(&file, t, error));
    if (file.data == NULL) {
        const size_t size = exif->size;
        if (t->reserved) {
            anew_exif_remove_thumbnail(exif);
            exif->size = size; /* zeros: what has been written is as long */
        }
        return ANEW_OK;
    }
    if (anew_block_set(&jpeg, file.data, file.size)) {
        jpeg.size = leave_out_jfif(jpeg.data, jpeg.size);
        if (!t->reserved)
            status = make_room(exif, jpeg.size, t->label, error);
        if (status == ANEW_OK)
            anew_exif_set_thumbnail(exif, jpeg.data, jpeg.size);
    } else {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", t->label);
    }
    anew_free(jpeg.data);
    anew_bytes_free(&file);
    return status;
}

void anew_thumbnail_close(anew_thumbnail **thumbnail)
{
    anew_thumbnail *t = *thumbnail;
    if (t == NULL)
        return;
    anew_image_free(&t->picture);
    anew_free(t->across);
    anew_free(t->sums);
    anew_free(t);
    *thumbnail = NULL;
}
