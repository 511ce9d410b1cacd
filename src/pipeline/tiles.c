/* tiles.c - cut, run, stitch. */
#include "pipeline/tiles.h"

#include <string.h>

#include "core/memory.h"

/* A window that is mostly halo wastes more work than it saves memory: sides tried stop here. */
#define SMALLEST_TILE 32

typedef struct tile_run {
    const anew_planes *in; /* padded to the network's alignment */
    anew_planes *out;      /* of the padded size, scaled */
    const anew_weights *weights;
    const anew_tiling *tiling;
    anew_executor *executor;
    int scale, radius, alignment;
} tile_run;

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* ---- padding ------------------------------------------------------------------------------------- */

static int mirrored(int index, int size)
{
    /* Without repeating the edge; sizes below the padding fold more than once. */
    while (index >= size && size > 1)
        index = index < 2 * size - 1 ? 2 * size - 2 - index : index - (2 * size - 2);
    return size == 1 ? 0 : index;
}

static anew_status pad_to_alignment(anew_planes *padded, const anew_planes *in, int alignment,
                                    anew_error *error)
{
    const int height = (in->height + alignment - 1) / alignment * alignment;
    const int width = (in->width + alignment - 1) / alignment * alignment;
    ANEW_TRY(anew_planes_create(padded, in->channels, height, width, error));
    for (int c = 0; c < in->channels; c++)
        for (int y = 0; y < height; y++) {
            float *to = padded->data + ((size_t)c * (size_t)height + (size_t)y) * (size_t)width;
            const float *from =
                in->data + ((size_t)c * (size_t)in->height + (size_t)mirrored(y, in->height)) *
                               (size_t)in->width;
            for (int x = 0; x < width; x++)
                to[x] = from[mirrored(x, in->width)];
        }
    return ANEW_OK;
}

static anew_status crop(anew_planes *planes, int height, int width, anew_error *error)
{
    anew_planes cut;
    ANEW_TRY(anew_planes_create(&cut, planes->channels, height, width, error));
    for (int c = 0; c < cut.channels; c++)
        for (int y = 0; y < height; y++)
            memcpy(cut.data + ((size_t)c * (size_t)height + (size_t)y) * (size_t)width,
                   planes->data +
                       ((size_t)c * (size_t)planes->height + (size_t)y) * (size_t)planes->width,
                   (size_t)width * sizeof(float));
    anew_planes_free(planes);
    *planes = cut;
    return ANEW_OK;
}

/* ---- windows ------------------------------------------------------------------------------------- */

typedef struct extent {
    int first, last;               /* the tile: first <= x < last */
    int window_first, window_last; /* with halo, clipped, aligned */
} extent;

static extent extent_of(int first, int tile, int size, int radius, int alignment)
{
    extent e = {.first = first, .last = smaller(first + tile, size)};
    const int halo = (radius + alignment - 1) / alignment * alignment;
    e.window_first = e.first > halo ? e.first - halo : 0;
    e.window_last = smaller((e.last + alignment - 1) / alignment * alignment + halo, size);
    return e;
}

static anew_picture window_of(const anew_planes *planes, int y, int x, int height, int width)
{
    return (anew_picture){planes->data + (size_t)y * (size_t)planes->width + (size_t)x,
                          planes->channels,
                          height,
                          width,
                          (size_t)planes->height * (size_t)planes->width,
                          (size_t)planes->width};
}

/* Runs one window; its whole output goes to `to`. */
static anew_status run_window(const tile_run *run, extent rows, extent columns,
                              const anew_picture *to, anew_report *report, anew_error *error)
{
    const int height = rows.window_last - rows.window_first;
    const int width = columns.window_last - columns.window_first;
    const anew_picture from =
        window_of(run->in, rows.window_first, columns.window_first, height, width);
    if (run->tiling->plan == ANEW_PLAN_REF) {
        const double started = anew_seconds();
        ANEW_TRY(
            anew_execute_ref(run->weights->graph, run->weights->isa, &from, to, NULL, NULL, error));
        if (report != NULL)
            report->network_seconds += anew_seconds() - started;
        return ANEW_OK;
    }
    anew_plan *plan = NULL;
    ANEW_TRY(anew_plan_create(&plan, run->weights, height, width, run->tiling->plan, error));
    const anew_status status = anew_execute(run->executor, plan, &from, to, report, error);
    anew_plan_free(&plan);
    return status;
}

static anew_status run_tiles(const tile_run *run, int tile, anew_report *report, anew_error *error)
{
    const int s = run->scale, height = run->in->height, width = run->in->width;
    anew_planes part = {0};
    anew_status status = ANEW_OK;
    for (int y = 0; y < height; y += tile) {
        const extent rows = extent_of(y, tile, height, run->radius, run->alignment);
        for (int x = 0; x < width; x += tile) {
            const extent columns = extent_of(x, tile, width, run->radius, run->alignment);
            const int part_height = (rows.window_last - rows.window_first) * s;
            const int part_width = (columns.window_last - columns.window_first) * s;
            ANEW_TRY_GOTO(
                anew_planes_create(&part, run->out->channels, part_height, part_width, error), out);
            const anew_picture to = window_of(&part, 0, 0, part_height, part_width);
            ANEW_TRY_GOTO(run_window(run, rows, columns, &to, report, error), out);
            for (int c = 0; c < part.channels; c++)
                for (int r = rows.first * s; r < rows.last * s; r++)
                    memcpy(run->out->data +
                               ((size_t)c * (size_t)run->out->height + (size_t)r) *
                                   (size_t)run->out->width +
                               (size_t)(columns.first * s),
                           part.data +
                               ((size_t)c * (size_t)part_height +
                                (size_t)(r - rows.window_first * s)) *
                                   (size_t)part_width +
                               (size_t)((columns.first - columns.window_first) * s),
                           (size_t)(columns.last - columns.first) * (size_t)s * sizeof(float));
            anew_planes_free(&part);
            if (report != NULL)
                report->tiles++;
        }
    }
out:
    anew_planes_free(&part);
    return status;
}

/* ---- the choice ---------------------------------------------------------------------------------- */

/* Bytes of activations for a window of the largest tile. */
static anew_status window_bytes(size_t *bytes, const tile_run *run, int tile, anew_error *error)
{
    const int reach = 2 * ((run->radius + run->alignment - 1) / run->alignment * run->alignment);
    anew_plan *plan = NULL;
    ANEW_TRY(anew_plan_create(&plan, run->weights, smaller(tile + reach, run->in->height),
                              smaller(tile + reach, run->in->width), run->tiling->plan, error));
    *bytes = anew_execute_bytes(plan, run->tiling->threads);
    anew_plan_free(&plan);
    return ANEW_OK;
}

/* The whole picture if it fits the budget, else the largest tile (in halves) that does. */
static anew_status choose_tile(int *tile, const tile_run *run, anew_error *error)
{
    const int side = run->in->height > run->in->width ? run->in->height : run->in->width;
    size_t bytes = 0;
    for (int candidate = side;; candidate = (candidate + 1) / 2) {
        candidate = (candidate + run->alignment - 1) / run->alignment * run->alignment;
        ANEW_TRY(window_bytes(&bytes, run, candidate, error));
        *tile = candidate;
        if (bytes <= run->tiling->budget_bytes)
            return ANEW_OK;
        if (candidate <= SMALLEST_TILE)
            return anew_fail(error, ANEW_ERROR_LIMIT,
                             "the network needs %.0f MB for a tile of %d pixels, more than the "
                             "budget of %.0f MB",
                             (double)bytes / 1e6, candidate,
                             (double)run->tiling->budget_bytes / 1e6);
    }
}

anew_status anew_run_tiled(anew_planes *out, const anew_planes *in, const anew_weights *weights,
                           const anew_tiling *tiling, anew_report *report, anew_error *error)
{
    const anew_graph *graph = weights->graph;
    tile_run run = {.out = out,
                    .weights = weights,
                    .tiling = tiling,
                    .scale = anew_graph_scale(graph),
                    .radius = anew_graph_radius(graph),
                    .alignment = anew_graph_alignment(graph)};
    anew_planes padded = {0};
    anew_status status = ANEW_OK;
    *out = (anew_planes){0};
    if (run.radius < 0)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
    ANEW_TRY_GOTO(anew_executor_create(&run.executor, tiling->threads, error), out);
    run.in = in;
    if (in->height % run.alignment != 0 || in->width % run.alignment != 0) {
        ANEW_TRY_GOTO(pad_to_alignment(&padded, in, run.alignment, error), out);
        run.in = &padded;
    }
    int tile = tiling->tile;
    if (tile == 0)
        ANEW_TRY_GOTO(choose_tile(&tile, &run, error), out);
    tile = (tile + run.alignment - 1) / run.alignment * run.alignment;

    const anew_node *last = anew_graph_node(graph, anew_graph_output(graph));
    ANEW_TRY_GOTO(anew_planes_create(out, last->channels, run.in->height * run.scale,
                                     run.in->width * run.scale, error),
                  out);
    if (tile >= run.in->height && tile >= run.in->width) {
        const extent rows = extent_of(0, run.in->height, run.in->height, 0, run.alignment);
        const extent columns = extent_of(0, run.in->width, run.in->width, 0, run.alignment);
        const anew_picture to = window_of(out, 0, 0, out->height, out->width);
        ANEW_TRY_GOTO(run_window(&run, rows, columns, &to, report, error), out);
        if (report != NULL)
            report->tiles = 1;
    } else {
        ANEW_TRY_GOTO(run_tiles(&run, tile, report, error), out);
    }
    if (run.in != in)
        ANEW_TRY_GOTO(crop(out, in->height * run.scale, in->width * run.scale, error), out);
out:
    anew_executor_free(&run.executor);
    anew_planes_free(&padded);
    if (status != ANEW_OK)
        anew_planes_free(out);
    return status;
}
