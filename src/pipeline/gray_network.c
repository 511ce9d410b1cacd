/* gray_network.c - a picture's brightness, or its channels one by one, through a network of one channel. */
#include "pipeline/gray_network.h"

#include <string.h>

#include "pipeline/share.h"

static size_t row_bytes(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->channels * (size_t)(image->depth / 8);
}

/* ---- brightness -------------------------------------------------------------------------------------- */

static anew_status run_luma(const anew_row_sink *sink, const anew_row_source *source,
                            const anew_image *shape, const anew_image *result,
                            const anew_model *model, const anew_enhance_options *options,
                            anew_report *report, anew_error *error)
{
    anew_enhance_options own = *options;
    anew_share *share = NULL;
    own.width = result->width;
    own.height = result->height;
    own.depth = 32;
    ANEW_TRY(anew_share_create_luma(&share, shape, source, result, sink, options, error));
    const anew_row_source shared_source = anew_share_source(share);
    const anew_row_sink shared_sink = anew_share_sink(share);
    const anew_image gray = anew_share_shape(share);
    const anew_status status =
        anew_enhance_rows(&shared_sink, &shared_source, &gray, model, &own, report, error);
    anew_share_free(&share);
    return status;
}

/* ---- each channel ------------------------------------------------------------------------------------ */

typedef struct each {
    const anew_enhance_options *options;
    int done; /* channels */
} each;

static bool tell(void *context, int64_t done, int64_t total)
{
    const each *e = context;
    return e->options->progress(e->options->progress_context, e->done * total + done, 3 * total);
}

/* Copies one channel of a picture into one of another, of the same size and depth. */
static void copy_channel(anew_image *to, int to_channel, const anew_image *from, int from_channel)
{
    const size_t bytes = (size_t)(from->depth / 8);
    const size_t to_step = (size_t)to->channels * bytes, from_step = (size_t)from->channels * bytes;
    unsigned char *t = (unsigned char *)to->pixels + (size_t)to_channel * bytes;
    const unsigned char *f = (const unsigned char *)from->pixels + (size_t)from_channel * bytes;
    for (size_t i = (size_t)to->width * (size_t)to->height; i > 0; i--) {
        memcpy(t, f, bytes);
        t += to_step;
        f += from_step;
    }
}

static anew_status run_each(const anew_row_sink *sink, const anew_row_source *source,
                            const anew_image *result, const anew_model *model,
                            const anew_enhance_options *options, anew_report *report,
                            anew_error *error)
{
    anew_enhance_options own = *options;
    each e = {.options = options};
    anew_image in = {0}, gray = {0}, part = {0}, out = {0};
    anew_status status = ANEW_OK;
    own.width = result->width;
    own.height = result->height;
    own.depth = result->depth;
    if (options->progress != NULL) {
        own.progress = tell;
        own.progress_context = &e;
    }
    ANEW_TRY_GOTO(source->all(source->context, &in, error), out);
    const bool alpha = in.channels == 4;
    ANEW_TRY_GOTO(anew_image_create(&gray, in.width, in.height, alpha ? 2 : 1, in.depth, error),
                  out);
    ANEW_TRY_GOTO(anew_image_create(&out, result->width, result->height, result->channels,
                                    result->depth, error),
                  out);
    ANEW_TRY_GOTO(sink->begin(sink->context, &out, error), out);
    if (alpha)
        copy_channel(&gray, 1, &in, 3);
    for (; e.done < 3; e.done++) {
        copy_channel(&gray, 0, &in, e.done);
        ANEW_TRY_GOTO(anew_enhance(&part, &gray, model, &own, report, error), out);
        copy_channel(&out, e.done, &part, 0);
        if (alpha)
            copy_channel(&out, 3, &part, 1);
        anew_image_free(&part);
    }
    status = sink->rows(sink->context, &out, error);
out:
    anew_image_free(&in);
    anew_image_free(&gray);
    anew_image_free(&part);
    anew_image_free(&out);
    return status;
}

/* ---- either ------------------------------------------------------------------------------------------ */

anew_status anew_gray_network_rows(const anew_row_sink *sink, const anew_row_source *source,
                                   const anew_image *shape, const anew_model *model, int scale,
                                   const anew_enhance_options *options, anew_report *report,
                                   anew_error *error)
{
    anew_image result = {.channels = shape->channels,
                         .depth = options->depth > 0 ? options->depth : shape->depth};
    const char *colours = scale > 1 ? "luma" : "each";
    ANEW_TRY(anew_enhance_size(&result.width, &result.height, scale, shape->width, shape->height,
                               options, error));
    (void)anew_model_text(model, "colours", &colours);
    if (strcmp(colours, "luma") == 0)
        return run_luma(sink, source, shape, &result, model, options, report, error);
    if (strcmp(colours, "each") == 0)
        return run_each(sink, source, &result, model, options, report, error);
    return anew_fail(error, ANEW_ERROR_FORMAT,
                     "%s: hyper-parameter 'colours' is '%s' where a network of one channel needs "
                     "luma or each",
                     anew_model_label(model), colours);
}

/* ---- pictures in memory ------------------------------------------------------------------------------ */

typedef struct pictures {
    const anew_image *in;
    anew_image *out;
    int read, written; /* rows */
} pictures;

static anew_status read_rows(void *context, void *pixels, int rows, anew_error *error)
{
    pictures *p = context;
    const size_t bytes = row_bytes(p->in);
    (void)error;
    memcpy(pixels, (const unsigned char *)p->in->pixels + (size_t)p->read * bytes,
           (size_t)rows * bytes);
    p->read += rows;
    return ANEW_OK;
}

static anew_status read_all(void *context, anew_image *image, anew_error *error)
{
    pictures *p = context;
    ANEW_TRY(anew_image_create(image, p->in->width, p->in->height, p->in->channels, p->in->depth,
                               error));
    return read_rows(context, image->pixels, p->in->height, error);
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    pictures *p = context;
    return anew_image_create(p->out, shape->width, shape->height, shape->channels, shape->depth,
                             error);
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    pictures *p = context;
    const size_t bytes = row_bytes(p->out);
    (void)error;
    memcpy((unsigned char *)p->out->pixels + (size_t)p->written * bytes, part->pixels,
           (size_t)part->height * bytes);
    p->written += part->height;
    return ANEW_OK;
}

anew_status anew_gray_network(anew_image *out, const anew_image *in, const anew_model *model,
                              int scale, const anew_enhance_options *options, anew_report *report,
                              anew_error *error)
{
    pictures p = {.in = in, .out = out};
    const anew_row_source source = {&p, read_rows, read_all};
    const anew_row_sink sink = {&p, begin, write_rows};
    const anew_image shape = {in->width, in->height, in->channels, in->depth, NULL};
    *out = (anew_image){0};
    const anew_status status =
        anew_gray_network_rows(&sink, &source, &shape, model, scale, options, report, error);
    if (status != ANEW_OK)
        anew_image_free(out);
    return status;
}
