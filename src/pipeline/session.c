/*
 * session.c - the sessions of anew.h: how a model is run on pictures in the caller's memory.
 *
 * The caller's pixels, of any stride, pass row by row through interleaved rows of our own, so that no copy of a
 * picture is made but where the pipeline needs one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "pipeline/enhance.h"
#include "pipeline/explain.h"

#define NOISE_LEVEL 15 /* where nothing is said */

struct anew_session {
    const anew_model *model;
    anew_enhance_options options;
    int (*progress)(void *context, int64_t done, int64_t total);
    void *progress_context;
};

const char *anew_version(void)
{
    return ANEW_VERSION;
}

int anew_model_scale(const anew_model *model)
{
    anew_model_facts facts = {0};
    return anew_model_facts_of(&facts, model, NULL) == ANEW_OK ? facts.scale : 0;
}

anew_status anew_model_open_memory(anew_model **model, const void *data, size_t size,
                                   anew_error *error)
{
    static const char label[] = "model in memory";
    *model = NULL;
    if (data == NULL || size == 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: no bytes", label);
    if ((uintptr_t)data % ANEW_ALIGNMENT == 0)
        return anew_model_from_memory(model, data, size, label, error);
    uint8_t *copy = anew_alloc(size); /* aligned */
    if (copy == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its %zu bytes", label, size);
    memcpy(copy, data, size);
    anew_bytes bytes = {.data = copy, .size = size};
    return anew_model_from_bytes(model, &bytes, label, error);
}

/* ---- how it is run ------------------------------------------------------------------------------------- */

anew_status anew_session_open(anew_session **session, const anew_model *model, anew_error *error)
{
    *session = NULL;
    if (model == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a session without a model");
    anew_session *s = anew_alloc_zero(sizeof *s);
    if (s == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a session");
    s->model = model;
    s->options.noise_level = NOISE_LEVEL;
    *session = s;
    return ANEW_OK;
}

void anew_session_close(anew_session **session)
{
    anew_free(*session);
    *session = NULL;
}

void anew_session_set_threads(anew_session *session, int threads)
{
    session->options.threads = threads < 0 ? 0 : threads;
}

void anew_session_set_memory(anew_session *session, size_t bytes)
{
    session->options.memory = bytes;
}

void anew_session_set_noise_level(anew_session *session, double level)
{
    session->options.noise_level = level >= 0 ? level <= 75 ? level : 75 : NOISE_LEVEL;
}

void anew_session_set_precision(anew_session *session, anew_precision precision)
{
    session->options.precision = precision;
}

void anew_session_set_progress(anew_session *session,
                               int (*progress)(void *context, int64_t done, int64_t total),
                               void *context)
{
    session->progress = progress;
    session->progress_context = context;
}

static bool tell(void *context, int64_t done, int64_t total)
{
    const anew_session *session = context;
    return session->progress(session->progress_context, done, total) != 0;
}

/* The session's options, for a result of this size. */
static anew_enhance_options options_for(const anew_session *session, int out_width, int out_height)
{
    anew_enhance_options options = session->options;
    options.width = out_width;
    options.height = out_height;
    if (session->progress != NULL) {
        options.progress = tell;
        options.progress_context = (void *)(uintptr_t)session; /* only read */
    }
    return options;
}

anew_status anew_session_plan(const anew_session *session, int width, int height, int channels,
                              int *out_width, int *out_height, size_t *bytes, anew_error *error)
{
    const bool sized = out_width != NULL && out_height != NULL && *out_width > 0 && *out_height > 0;
    const anew_enhance_options options =
        options_for(session, sized ? *out_width : 0, sized ? *out_height : 0);
    anew_explanation e;
    if (width < 1 || height < 1 || channels < 1 || channels > 4)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels and %d channels cannot be", width, height,
                         channels);
    ANEW_TRY(anew_explain(&e, session->model, width, height, &options, false, error));
    if (out_width != NULL)
        *out_width = e.out_width;
    if (out_height != NULL)
        *out_height = e.out_height;
    if (bytes != NULL)
        *bytes = e.bytes;
    anew_explanation_free(&e);
    return ANEW_OK;
}

/* ---- pixels of any stride ------------------------------------------------------------------------------ */

static int bytes_of(anew_sample sample)
{
    return sample == ANEW_SAMPLE_U8 ? 1 : sample == ANEW_SAMPLE_U16 ? 2 : 4;
}

static anew_status check_pixels(const anew_pixels *pixels, const char *which, bool data,
                                anew_error *error)
{
    if (pixels->width < 1 || pixels->height < 1 || pixels->channels < 1 || pixels->channels > 4 ||
        (int)pixels->sample < 0 || pixels->sample > ANEW_SAMPLE_F32)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the %s of %dx%d pixels, %d channels, sample kind %d cannot be", which,
                         pixels->width, pixels->height, pixels->channels, (int)pixels->sample);
    if (data && pixels->data == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "the %s has no pixels", which);
    return ANEW_OK;
}

static anew_image shape_of(const anew_pixels *pixels)
{
    return (anew_image){pixels->width, pixels->height, pixels->channels,
                        8 * bytes_of(pixels->sample), NULL};
}

/* With strides where none were said. */
static anew_pixels with_strides(const anew_pixels *pixels)
{
    anew_pixels p = *pixels;
    if (p.row_stride == 0 && p.pixel_stride == 0 && p.channel_stride == 0) {
        p.channel_stride = bytes_of(p.sample);
        p.pixel_stride = p.channel_stride * p.channels;
        p.row_stride = p.pixel_stride * p.width;
    }
    return p;
}

/* Between row y of the caller's pixels and an interleaved row. */
static void move_row(const anew_pixels *p, int y, uint8_t *row, bool in)
{
    const int sample = bytes_of(p->sample);
    uint8_t *line = (uint8_t *)p->data + y * p->row_stride;
    if (p->channel_stride == sample && p->pixel_stride == (ptrdiff_t)sample * p->channels) {
        const size_t bytes = (size_t)p->width * (size_t)p->pixel_stride;
        memcpy(in ? row : line, in ? line : row, bytes);
        return;
    }
    for (int x = 0; x < p->width; x++)
        for (int c = 0; c < p->channels; c++, row += sample) {
            uint8_t *there = line + x * p->pixel_stride + c * p->channel_stride;
            memcpy(in ? row : there, in ? there : row, (size_t)sample);
        }
}

typedef struct pixel_rows {
    anew_pixels in, out;
} pixel_rows;

static anew_status read_pixels(void *context, int y, void *row)
{
    const pixel_rows *rows = context;
    move_row(&rows->in, y, row, true);
    return ANEW_OK;
}

static anew_status write_pixels(void *context, int y, const void *row)
{
    const pixel_rows *rows = context;
    move_row(&rows->out, y, (uint8_t *)(uintptr_t)row, false); /* only read */
    return ANEW_OK;
}

/* ---- runs ------------------------------------------------------------------------------------------------ */

typedef struct row_run {
    const anew_rows *rows;
    int read, written;
} row_run;

static size_t row_bytes_of(const anew_image *shape)
{
    return (size_t)shape->width * (size_t)shape->channels * (size_t)(shape->depth / 8);
}

static anew_status stopped(anew_status status, const char *what, int y, anew_error *error)
{
    return status == ANEW_OK ? ANEW_OK
                             : anew_fail(error, status, "row %d could not be %s", y, what);
}

static anew_status read_rows(void *context, void *pixels, int rows, anew_error *error)
{
    row_run *run = context;
    const anew_image shape = shape_of(&run->rows->in);
    uint8_t *row = pixels;
    for (int i = 0; i < rows; i++, run->read++, row += row_bytes_of(&shape))
        ANEW_TRY(
            stopped(run->rows->read(run->rows->context, run->read, row), "read", run->read, error));
    return ANEW_OK;
}

static anew_status read_all(void *context, anew_image *image, anew_error *error)
{
    const row_run *run = context;
    const anew_image shape = shape_of(&run->rows->in);
    ANEW_TRY(
        anew_image_create(image, shape.width, shape.height, shape.channels, shape.depth, error));
    const anew_status status = read_rows(context, image->pixels, shape.height, error);
    if (status != ANEW_OK)
        anew_image_free(image);
    return status;
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    (void)context;
    (void)shape;
    (void)error;
    return ANEW_OK;
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    row_run *run = context;
    const uint8_t *row = part->pixels;
    for (int i = 0; i < part->height; i++, run->written++, row += row_bytes_of(part))
        ANEW_TRY(stopped(run->rows->write(run->rows->context, run->written, row), "written",
                         run->written, error));
    return ANEW_OK;
}

anew_status anew_session_run_rows(anew_session *session, const anew_rows *rows, anew_error *error)
{
    row_run run = {.rows = rows};
    const anew_row_source source = {&run, read_rows, read_all};
    const anew_row_sink sink = {&run, begin, write_rows};
    ANEW_TRY(check_pixels(&rows->in, "input", false, error));
    ANEW_TRY(check_pixels(&rows->out, "result", false, error));
    if (rows->in.channels != rows->out.channels)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the input has %d channels and the result %d; they must be as many",
                         rows->in.channels, rows->out.channels);
    const anew_image in = shape_of(&rows->in), out = shape_of(&rows->out);
    anew_enhance_options options = options_for(session, out.width, out.height);
    options.depth = out.depth;
    return anew_enhance_rows(&sink, &source, &in, session->model, &options, NULL, error);
}

anew_status anew_session_run(anew_session *session, const anew_pixels *out, const anew_pixels *in,
                             anew_error *error)
{
    ANEW_TRY(check_pixels(in, "input", true, error));
    ANEW_TRY(check_pixels(out, "result", true, error));
    pixel_rows pixels = {with_strides(in), with_strides(out)};
    const anew_rows rows = {&pixels, pixels.in, pixels.out, read_pixels, write_pixels};
    return anew_session_run_rows(session, &rows, error);
}

anew_status anew_enhance_pixels(uint8_t *out, int out_width, int out_height, const uint8_t *in,
                                int width, int height, int channels, const anew_model *model,
                                int threads, anew_error *error)
{
    anew_session *session = NULL;
    const anew_pixels source = {.data = (void *)(uintptr_t)in, /* only read */
                                .width = width,
                                .height = height,
                                .channels = channels};
    const anew_pixels result = {
        .data = out, .width = out_width, .height = out_height, .channels = channels};
    ANEW_TRY(anew_session_open(&session, model, error));
    anew_session_set_threads(session, threads);
    const anew_status status = anew_session_run(session, &result, &source, error);
    anew_session_close(&session);
    return status;
}
