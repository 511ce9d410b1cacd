/* image_writer.c - the door to the encoders: pictures row by row into a file that is complete or not there. */
#include "core/memory.h"
#include "image/formats.h"
#include "image/thumbnail.h"

struct anew_image_writer {
    anew_output *output;
    anew_encoder encoder;
    anew_metadata metadata;
    anew_thumbnail *thumbnail; /* NULL: none */
};

/* Where a format has no words of its own for how a picture was made, XMP has. */
anew_status anew_choose_metadata(anew_metadata *to, anew_format format, const anew_image *shape,
                                 const char *path, const anew_image_options *o, anew_error *error)
{
    static const anew_metadata none = {0};
    const anew_metadata_wish wish = {o->strip, o->drop_icc, o->provenance};
    ANEW_TRY(anew_metadata_for_result(to, o->metadata == NULL ? &none : o->metadata, shape->width,
                                      shape->height, shape->channels, wish, path, error));
    const bool only_exif =
        format == ANEW_FORMAT_WEBP || format == ANEW_FORMAT_AVIF || format == ANEW_FORMAT_JXL;
    if (o->dpi > 0 && !anew_metadata_set_density(to, o->dpi, only_exif))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", path);
    const bool own_words = format == ANEW_FORMAT_PNG || format == ANEW_FORMAT_JPEG ||
                           format == ANEW_FORMAT_TIFF || format == ANEW_FORMAT_PNM;
    if (to->provenance.data != NULL && !own_words &&
        !anew_xmp_set_provenance(&to->xmp, (const char *)to->provenance.data))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", path);
    return ANEW_OK;
}

/* PNG and JPEG have EXIF before the rows: room for the thumbnail is left there, unless the picture is kept whole, and
 * nothing can be filled in where nothing can be rewritten. */
static anew_status open_thumbnail(anew_image_writer *w, anew_format format, const anew_image *shape,
                                  const char *path, const anew_image_options *options,
                                  anew_error *error)
{
    const bool exif_first =
        (format == ANEW_FORMAT_PNG || format == ANEW_FORMAT_JPEG) && options->max_bytes == 0;
    if (exif_first && !anew_output_can_rewrite(w->output))
        return ANEW_OK;
    ANEW_TRY(
        anew_thumbnail_open(&w->thumbnail, format, shape, &w->metadata.exif, path, options, error));
    return exif_first ? anew_thumbnail_reserve(w->thumbnail, &w->metadata.exif, error) : ANEW_OK;
}

static anew_status open_encoder(anew_image_writer *w, anew_format format, const anew_image *shape,
                                const char *path, const anew_image_options *options,
                                anew_error *error)
{
    if (options->max_bytes > 0)
        return anew_within_encoder(&w->encoder, format, shape, &w->metadata, w->output, path,
                                   options, error);
    return anew_format_encoder(format)(&w->encoder, shape, &w->metadata, w->output, path, options,
                                       error);
}

anew_status anew_image_writer_open(anew_image_writer **writer, const char *path, anew_format format,
                                   const anew_image *shape, const anew_image_options *options,
                                   anew_error *error)
{
    static const anew_image_options defaults = {.png_compression = -1};
    const anew_image_options *o = options == NULL ? &defaults : options;
    anew_status status = ANEW_OK;
    *writer = NULL;
    if (format == ANEW_FORMAT_UNKNOWN)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: no picture format is named", path);
    ANEW_TRY(anew_format_accepts(format, shape->width, shape->height, shape->channels, shape->depth,
                                 path, error));
    anew_image_writer *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", path);
    ANEW_TRY_GOTO(anew_output_open(&w->output, path, error), fail);
    if (o->keep_existing)
        anew_output_keep_existing(w->output);
    ANEW_TRY_GOTO(anew_choose_metadata(&w->metadata, format, shape, path, o, error), fail);
    ANEW_TRY_GOTO(open_thumbnail(w, format, shape, path, o, error), fail);
    ANEW_TRY_GOTO(open_encoder(w, format, shape, path, o, error), fail);
    *writer = w;
    return ANEW_OK;
fail:
    anew_image_writer_discard(&w);
    return status;
}

anew_status anew_image_writer_rows(anew_image_writer *writer, const anew_image *part,
                                   anew_error *error)
{
    anew_thumbnail_rows(writer->thumbnail, part);
    return writer->encoder.rows(writer->encoder.state, part, error);
}

/* The thumbnail goes into the metadata before an encoder that looks at them last, behind one that has written them. */
static anew_status finish(anew_image_writer *w, anew_error *error)
{
    anew_encoder *e = &w->encoder;
    const bool behind = w->thumbnail != NULL && e->rewrite_exif != NULL;
    if (!behind)
        ANEW_TRY(anew_thumbnail_finish(w->thumbnail, &w->metadata.exif, error));
    ANEW_TRY(e->finish(e->state, error));
    if (!behind)
        return ANEW_OK;
    ANEW_TRY(anew_thumbnail_finish(w->thumbnail, &w->metadata.exif, error));
    return e->rewrite_exif(e->state, error);
}

anew_status anew_image_writer_commit(anew_image_writer **writer, anew_error *error)
{
    anew_image_writer *w = *writer;
    anew_status status = finish(w, error);
    if (status == ANEW_OK)
        status = anew_output_commit(&w->output, error);
    anew_image_writer_discard(writer);
    return status;
}

void anew_image_writer_discard(anew_image_writer **writer)
{
    anew_image_writer *w = *writer;
    if (w == NULL)
        return;
    if (w->encoder.state != NULL)
        w->encoder.release(w->encoder.state);
    anew_output_discard(&w->output);
    anew_thumbnail_close(&w->thumbnail);
    anew_metadata_free(&w->metadata);
    anew_free(w);
    *writer = NULL;
}

anew_status anew_image_write(const anew_image *image, const char *path, anew_format format,
                             const anew_image_options *options, anew_error *error)
{
    anew_image_writer *writer = NULL;
    ANEW_TRY(anew_image_writer_open(&writer, path, format, image, options, error));
    const anew_status status = anew_image_writer_rows(writer, image, error);
    if (status != ANEW_OK) {
        anew_image_writer_discard(&writer);
        return status;
    }
    return anew_image_writer_commit(&writer, error);
}
