/*
 * image_within.c - a file that may have so many bytes: the picture is kept, encoded into memory in several ways, and
 * the best of those that fit is written.
 *
 * A format with a quality: the highest up to that of the options that fits, by bisection, since files grow with it
 * (where they do not quite, it may be one that is lower by a little, but what is written has been measured). PNG: as
 * the options say, else with the highest compression. Others have one way only.
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

#define DEFAULT_QUALITY  92
#define LEAST_QUALITY    1
#define MOST_COMPRESSION 9

typedef struct within_encoder {
    anew_image picture;
    int rows; /* that are there */
    anew_format format;
    const anew_metadata *metadata;
    const anew_image_options *options;
    anew_output *output;
    const char *label;
} within_encoder;

static anew_status within_rows(void *state, const anew_image *part, anew_error *error)
{
    within_encoder *w = state;
    const size_t row_bytes =
        (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    (void)error;
    memcpy((uint8_t *)w->picture.pixels + (size_t)w->rows * row_bytes, part->pixels,
           (size_t)part->height * row_bytes);
    w->rows += part->height;
    return ANEW_OK;
}

/* The whole file as it is with these options; without data where it is too large. */
static anew_status encode(anew_bytes *file, const within_encoder *w,
                          const anew_image_options *options, anew_error *error)
{
    anew_output *memory = NULL;
    anew_encoder encoder = {0};
    anew_status status = ANEW_OK;
    *file = (anew_bytes){0};
    const uint64_t most = (uint64_t)w->options->max_bytes;
    ANEW_TRY(anew_output_open_memory(&memory, w->label, most < SIZE_MAX ? (size_t)most : SIZE_MAX,
                                     error));
    ANEW_TRY_GOTO(anew_format_encoder(w->format)(&encoder, &w->picture, w->metadata, memory,
                                                 w->label, options, error),
                  out);
    ANEW_TRY_GOTO(encoder.rows(encoder.state, &w->picture, error), out);
    status = encoder.finish(encoder.state, error);
out:
    if (encoder.state != NULL)
        encoder.release(encoder.state);
    anew_output_take(&memory, file);
    if (status != ANEW_OK)
        anew_bytes_free(file);
    return status;
}

/* Puts the file into the place of the best one so far, if it fits; else *smallest is its size. */
static bool take_fitting(anew_bytes *best, anew_bytes *file, int64_t *smallest)
{
    if (file->data == NULL) {
        *smallest = (int64_t)file->size;
        return false;
    }
    anew_bytes_free(best);
    *best = *file;
    return true;
}

/* *best stays without data where no quality is low enough; *smallest then is the size at the lowest. */
static anew_status search_quality(anew_bytes *best, anew_image_taken *taken, int64_t *smallest,
                                  const within_encoder *w, anew_error *error)
{
    anew_image_options o = *w->options;
    const int most = o.quality == 0 ? DEFAULT_QUALITY : o.quality;
    int fits = LEAST_QUALITY - 1, too_large = most + 1;
    while (too_large - fits > 1) {
        anew_bytes file;
        /* The highest first: it is the one that is wanted. */
        o.quality = too_large > most ? most : (fits + too_large) / 2;
        ANEW_TRY(encode(&file, w, &o, error));
        if (take_fitting(best, &file, smallest))
            fits = taken->quality = o.quality;
        else
            too_large = o.quality;
    }
    return ANEW_OK;
}

static anew_status search_compression(anew_bytes *best, anew_image_taken *taken, int64_t *smallest,
                                      const within_encoder *w, anew_error *error)
{
    anew_image_options o = *w->options;
    anew_bytes file;
    ANEW_TRY(encode(&file, w, &o, error));
    if (take_fitting(best, &file, smallest) || w->format != ANEW_FORMAT_PNG ||
        o.png_compression == MOST_COMPRESSION)
        return ANEW_OK;
    const int64_t first = *smallest;
    o.png_compression = MOST_COMPRESSION;
    ANEW_TRY(encode(&file, w, &o, error));
    if (take_fitting(best, &file, smallest))
        taken->png_compression = MOST_COMPRESSION;
    else if (first < *smallest)
        *smallest = first;
    return ANEW_OK;
}

static bool has_quality(const within_encoder *w)
{
    return w->format == ANEW_FORMAT_JPEG ||
           ((w->format == ANEW_FORMAT_WEBP || w->format == ANEW_FORMAT_AVIF ||
             w->format == ANEW_FORMAT_JXL) &&
            !w->options->lossless);
}

static anew_status search(anew_bytes *best, anew_image_taken *taken, int64_t *smallest,
                          const within_encoder *w, anew_error *error)
{
    return (has_quality(w) ? search_quality : search_compression)(best, taken, smallest, w, error);
}

/* A small picture beside it is not worth the picture. */
static anew_status search_without_thumbnail(anew_bytes *best, anew_image_taken *taken,
                                            int64_t *smallest, const within_encoder *w,
                                            anew_error *error)
{
    within_encoder other = *w;
    anew_metadata metadata = *w->metadata;
    const anew_block *exif = &w->metadata->exif;
    metadata.exif = (anew_block){0};
    if (!anew_block_set(&metadata.exif, exif->data, exif->size))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", w->label);
    anew_exif_remove_thumbnail(&metadata.exif);
    other.metadata = &metadata;
    const anew_status status = search(best, taken, smallest, &other, error);
    anew_free(metadata.exif.data);
    return status;
}

static anew_status within_finish(void *state, anew_error *error)
{
    const within_encoder *w = state;
    const bool by_quality = has_quality(w);
    anew_image_taken taken = {.png_compression = -1};
    anew_bytes best = {0};
    int64_t smallest = 0;
    anew_status status = search(&best, &taken, &smallest, w, error);
    if (status == ANEW_OK && best.data == NULL && anew_exif_has_thumbnail(&w->metadata->exif))
        status = search_without_thumbnail(&best, &taken, &smallest, w, error);
    if (status == ANEW_OK && best.data == NULL)
        status = anew_fail(error, ANEW_ERROR_ARGUMENT,
                           "%s: %lld bytes at the least%s, and it may have %lld; ask for fewer "
                           "pixels%s",
                           w->label, (long long)smallest, by_quality ? ", at quality 1" : "",
                           (long long)w->options->max_bytes, by_quality ? "" : ", or for a JPEG");
    if (status == ANEW_OK)
        status = anew_output_write(w->output, best.data, best.size, error);
    taken.bytes = (int64_t)best.size;
    if (status == ANEW_OK && w->options->taken != NULL)
        *w->options->taken = taken;
    anew_bytes_free(&best);
    return status;
}

static void within_release(void *state)
{
    within_encoder *w = state;
    anew_image_free(&w->picture);
    anew_free(w);
}

anew_status anew_within_encoder(anew_encoder *encoder, anew_format format, const anew_image *shape,
                                const anew_metadata *metadata, anew_output *output,
                                const char *label, const anew_image_options *options,
                                anew_error *error)
{
    within_encoder *w = anew_alloc_zero(sizeof *w);
    *encoder = (anew_encoder){NULL, within_rows, within_finish, within_release, NULL};
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *w = (within_encoder){.format = format,
                          .metadata = metadata,
                          .options = options,
                          .output = output,
                          .label = label};
    const anew_status status = anew_image_create(&w->picture, shape->width, shape->height,
                                                 shape->channels, shape->depth, error);
    if (status == ANEW_OK)
        encoder->state = w;
    else
        within_release(w);
    return status;
}
