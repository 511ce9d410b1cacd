/*
 * embedded.c - anew_embedded.h: one model, one size, one arena.
 *
 * How high bands may be is not calculated but tried: the first band of a picture is run on lines of zeros, which takes
 * all that a picture takes, and given up. What was in use then is what any run needs, since runs take their memory in
 * the same order.
 */
#include <anew_embedded.h>
#include <string.h>

#include "core/caller_memory.h"
#include "core/memory.h"
#include "graph/graph.h"
#include "nets/nets.h"
#include "pipeline/enhance.h"

/* Rows of the picture in a band, as multiples of the network's alignment: the highest that fits is taken. */
static const int bands[] = {64, 32, 16, 8, 4, 2, 1};
#define BANDS ((int)(sizeof bands / sizeof bands[0]))

struct anew_embedded {
    anew_arena *arena;
    anew_model *model;
    anew_image shape;
    anew_enhance_options options;
    int width, height; /* of the result */
};

typedef struct lines {
    anew_embedded_in *in;
    anew_embedded_out *out;
    void *context;
    int read, written;
} lines;

static anew_status read_lines(void *context, void *pixels, int rows, anew_error *error)
{
    lines *l = context;
    (void)rows; /* one by one, but for alpha and strips, which there are not here */
    const anew_status status = l->in(l->context, l->read, pixels);
    if (status != ANEW_OK)
        return anew_fail(error, status, "line %d could not be read", l->read);
    l->read++;
    return ANEW_OK;
}

static anew_status read_all(void *context, anew_image *image, anew_error *error)
{
    (void)context, (void)image;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "this network does not run line by line");
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    (void)context, (void)shape, (void)error;
    return ANEW_OK;
}

static anew_status write_lines(void *context, const anew_image *part, anew_error *error)
{
    lines *l = context;
    const size_t row = (size_t)part->width * (size_t)part->channels;
    for (int i = 0; i < part->height; i++, l->written++) {
        const anew_status status =
            l->out(l->context, l->written, (const uint8_t *)part->pixels + (size_t)i * row);
        if (status != ANEW_OK)
            return anew_fail(error, status, "line %d could not be written", l->written);
    }
    return ANEW_OK;
}

/* Within the arena that is in use. */
static anew_status run(anew_embedded *e, lines *l, anew_error *error)
{
    const anew_row_source source = {l, read_lines, read_all};
    const anew_row_sink sink = {l, begin, write_lines};
    return anew_enhance_rows(&sink, &source, &e->shape, e->model, &e->options, NULL, error);
}

/* ---- what it takes -------------------------------------------------------------------------------------- */

typedef struct rehearsal {
    size_t line;
} rehearsal;

static anew_status zeros(void *context, int y, unsigned char *line)
{
    const rehearsal *r = context;
    (void)y;
    memset(line, 0, r->line);
    return ANEW_OK;
}

static anew_status nowhere(void *context, int y, const unsigned char *line)
{
    (void)context, (void)y, (void)line;
    return ANEW_OK;
}

static bool once(void *context, int64_t done, int64_t total)
{
    (void)context, (void)done, (void)total;
    return false;
}

/* The first band, with bands of so many rows. */
static anew_status rehearse(anew_embedded *e, int band, anew_error *error)
{
    rehearsal r = {(size_t)e->shape.width * (size_t)e->shape.channels};
    lines l = {zeros, nowhere, &r, 0, 0};
    e->options.band = band;
    e->options.progress = once;
    const anew_status status = run(e, &l, error);
    e->options.progress = NULL;
    return status == ANEW_ERROR_CANCELLED ? ANEW_OK : status;
}

/* ---- opening ---------------------------------------------------------------------------------------------- */

static anew_status open_model(anew_embedded *e, const void *model, size_t bytes, anew_error *error)
{
    anew_graph *graph = NULL;
    if (model == NULL || bytes == 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "no model");
    if ((uintptr_t)model % ANEW_ALIGNMENT != 0) {
        void *copy = anew_alloc(bytes);
        if (copy == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY,
                             "the model does not begin at a multiple of %d, and the arena has no "
                             "room for a copy",
                             ANEW_ALIGNMENT);
        memcpy(copy, model, bytes); /* the arena's end is the copy's */
        model = copy;
    }
    ANEW_TRY(anew_model_from_memory(&e->model, model, bytes, "model", error));
    ANEW_TRY(anew_net_graph(&graph, e->model, error));
    const int alignment = anew_graph_alignment(graph);
    const anew_status status =
        anew_enhance_size(&e->width, &e->height, anew_graph_scale(graph), e->shape.width,
                          e->shape.height, &e->options, error);
    anew_graph_free(&graph);
    e->options.band = alignment;
    return status;
}

/* With the highest bands that fit, or the lowest. */
static anew_status open_in(anew_embedded **embedded, anew_arena *arena, const void *model,
                           size_t model_bytes, const anew_image *shape, bool lowest,
                           anew_error *error)
{
    anew_embedded *e = anew_alloc_zero(sizeof *e);
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "the arena is too small for anything");
    e->arena = arena;
    e->shape = *shape;
    e->options.threads = 1;
    e->options.precision =
        ANEW_PRECISION_EXACT; /* the least memory, and the bytes of every other machine */
    ANEW_TRY(open_model(e, model, model_bytes, error));
    const int alignment = e->options.band;
    anew_status status = ANEW_ERROR_MEMORY;
    for (int i = lowest ? BANDS - 1 : 0; status == ANEW_ERROR_MEMORY && i < BANDS; i++)
        status = rehearse(e, bands[i] * alignment, error);
    if (status == ANEW_ERROR_MEMORY)
        return anew_fail(error, status,
                         "the arena is too small for %dx%d pixels with this network; "
                         "anew_embedded_size tells how large it must be",
                         shape->width, shape->height);
    *embedded = e;
    return status;
}

static anew_status open_arena(anew_embedded **embedded, void *block, size_t bytes,
                              const void *model, size_t model_bytes, int width, int height,
                              int channels, bool lowest, anew_error *error)
{
    const anew_image shape = {width, height, channels, 8, NULL};
    *embedded = NULL;
    if (width < 1 || height < 1 || (channels != 1 && channels != 3))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels and %d channels cannot be; there must be 1 or "
                         "3 channels",
                         width, height, channels);
    anew_arena *arena = anew_arena_create(block, bytes);
    if (arena == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "the arena is too small for anything");
    anew_arena *before = anew_arena_use(arena);
    const anew_status status = open_in(embedded, arena, model, model_bytes, &shape, lowest, error);
    (void)anew_arena_use(before);
    if (status != ANEW_OK)
        *embedded = NULL; /* all that was taken is the caller's block */
    return status;
}

anew_status anew_embedded_open(anew_embedded **embedded, void *arena, size_t arena_bytes,
                               const void *model, size_t model_bytes, int width, int height,
                               int channels, anew_error *error)
{
    return open_arena(embedded, arena, arena_bytes, model, model_bytes, width, height, channels,
                      false, error);
}

anew_status anew_embedded_size(size_t *bytes, const void *model, size_t model_bytes, int width,
                               int height, int channels, void *scratch, size_t scratch_bytes,
                               anew_error *error)
{
    anew_embedded *e = NULL;
    *bytes = 0;
    ANEW_TRY(open_arena(&e, scratch, scratch_bytes, model, model_bytes, width, height, channels,
                        true, error));
    /* An arena that begins elsewhere may lose up to a unit at its beginning and one at its end. */
    *bytes = anew_arena_highest(e->arena) + 2 * ANEW_ALIGNMENT;
    return ANEW_OK;
}

/* ---- running ------------------------------------------------------------------------------------------------ */

int anew_embedded_width(const anew_embedded *e)
{
    return e->width;
}

int anew_embedded_height(const anew_embedded *e)
{
    return e->height;
}

size_t anew_embedded_used(const anew_embedded *e)
{
    return anew_arena_highest(e->arena);
}

anew_status anew_embedded_run(anew_embedded *e, anew_embedded_in *in, anew_embedded_out *out,
                              void *context, anew_error *error)
{
    lines l = {in, out, context, 0, 0};
    anew_arena *before = anew_arena_use(e->arena);
    const anew_status status = run(e, &l, error);
    (void)anew_arena_use(before);
    return status;
}
