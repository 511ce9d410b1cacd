/*
 * device_tiles.c - a picture through a device: whole where its memory is enough, else in tiles of one size, each with a
 * margin as wide as the network sees, so that the result is the same bit for bit.
 *
 *     |<------ side ------>|                       tiles begin at multiples of the network's grid; the last one ends
 *     |---- result ----|hal|o                      with the picture and overlaps the one before by more
 *                  |halo---- result ----halo|
 *
 * Tiles go row by row from the top, as the stream's rows do. Two are under way at a time: while one computes, the next
 * one is fetched and copied, and the one before is copied back.
 */
#include <string.h>

#include "core/memory.h"
#include "exec/devices.h"

typedef struct tiling {
    int side[2];  /* height and width of a tile, with its margin */
    int count[2]; /* down and across */
    int halo;
} tiling;

typedef struct device_state {
    const anew_device_run *run;
    const anew_stream *stream;
    anew_error *error;
    anew_device_loaded own; /* of this run alone */
    const anew_device_constants *constants;
    void *uploaded, *job;
    anew_plan *plan;
    anew_device_program program;
    tiling tiling;
    int size[2];  /* of the picture */
    int channels; /* of the picture */
    int scale;
    size_t memory; /* bytes that may be taken */
    size_t held;   /* ... that the job has of them */
    float *input;  /* [channels][side[0]][size[1]]: the rows of a row of tiles */
    int fetched; /* rows of the picture that were fetched; the last ones of them are the input's */
    float *bands[ANEW_DEVICE_SLOTS]; /* results of a row of tiles; two rows may be under way */
    int delivered;                   /* rows of tiles */
    struct {
        int row, column; /* of the tile that the slot has */
        bool busy;
    } slots[ANEW_DEVICE_SLOTS];
} device_state;

/* ---- sizes --------------------------------------------------------------------------------------------- */

static int round_up(int value, int unit)
{
    return (value + unit - 1) / unit * unit;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Where tile i of a direction begins. */
static int tile_first(const device_state *s, int direction, int i)
{
    const tiling *t = &s->tiling;
    const int first = i * (t->side[direction] - 2 * t->halo);
    return smaller(first, s->size[direction] - t->side[direction]);
}

/* The first pixel of the result of tile i: behind the margin, but for the picture's edge. */
static int result_first(const device_state *s, int direction, int i)
{
    return i == 0 ? 0
                  : tile_first(s, direction, i - 1) + s->tiling.side[direction] - s->tiling.halo;
}

static int result_last(const device_state *s, int direction, int i)
{
    return i + 1 == s->tiling.count[direction]
               ? s->size[direction]
               : tile_first(s, direction, i) + s->tiling.side[direction] - s->tiling.halo;
}

static void count_tiles(device_state *s)
{
    for (int d = 0; d < 2; d++) {
        const int step = s->tiling.side[d] - 2 * s->tiling.halo;
        const int left = s->size[d] - s->tiling.side[d];
        s->tiling.count[d] = left <= 0 ? 1 : (left + step - 1) / step + 1;
    }
}

/* Bytes on the device. */
static size_t device_bytes(const device_state *s)
{
    const anew_device_program *p = &s->program;
    const size_t in = anew_size_mul(anew_size_mul((size_t)p->input_height, (size_t)p->input_width),
                                    (size_t)p->input_channels);
    const size_t planes = anew_size_mul(anew_size_add(in, (size_t)p->output_floats),
                                        ANEW_DEVICE_SLOTS * sizeof(float));
    return anew_size_add(anew_size_add((size_t)p->arena_bytes, s->constants->bytes),
                         anew_size_add(planes, (size_t)p->value_count * sizeof *p->values));
}

static void forget_plan(device_state *s)
{
    anew_plan_free(&s->plan);
    anew_device_program_free(&s->program);
}

static anew_status plan_tile(device_state *s)
{
    const anew_plan_level level =
        s->run->level == ANEW_PLAN_FULL ? ANEW_PLAN_DEVICE : s->run->level;
    forget_plan(s);
    ANEW_TRY(anew_plan_create(&s->plan, s->run->weights, s->tiling.side[0], s->tiling.side[1], 0,
                              level, s->error));
    return anew_device_program_create(&s->program, s->constants, s->plan, s->error);
}

/* Halves the longer side; false where no tile is smaller. */
static bool make_smaller(device_state *s, int grid)
{
    const int least = 2 * s->tiling.halo + grid;
    int d = s->tiling.side[0] >= s->tiling.side[1] ? 0 : 1;
    if (s->tiling.side[d] <= least)
        d = 1 - d;
    if (s->tiling.side[d] <= least)
        return false;
    const int half = round_up(s->tiling.side[d] / 2, grid);
    s->tiling.side[d] = half < least ? least : half < s->tiling.side[d] ? half : least;
    return true;
}

static bool may_be_cut(const device_state *s)
{
    const anew_graph *graph = s->run->weights->graph;
    return !anew_graph_is_whole(graph) && !anew_graph_is_phased(graph) &&
           anew_graph_margin(graph) == 0 && anew_graph_output_count(graph) == 1 &&
           anew_graph_side(graph) == 0;
}

static void lock(const device_state *s)
{
    (void)pthread_mutex_lock(&s->run->device->mutex);
}

static void unlock(const device_state *s)
{
    (void)pthread_mutex_unlock(&s->run->device->mutex);
}

/* Takes the job's memory; an anew_device_result. */
static int prepare(device_state *s, size_t bytes, char *message, size_t message_bytes)
{
    anew_device *d = s->run->device;
    lock(s);
    const int result =
        d->functions->prepare(&s->job, d->handle, s->uploaded, &s->program, message, message_bytes);
    if (result == ANEW_DEVICE_OK) {
        s->held = bytes - s->constants->bytes;
        d->taken += s->held;
    }
    unlock(s);
    return result;
}

/* Gives back what the job has on the device, before the last rows go to somebody who may want it. */
static void retire(device_state *s)
{
    lock(s);
    s->run->device->functions->retire(s->job);
    s->run->device->taken -= s->held;
    s->held = 0;
    unlock(s);
}

/* The largest tile that fits, and the job for it. */
static anew_status choose_tile(device_state *s, size_t *bytes)
{
    const anew_graph *graph = s->run->weights->graph;
    const int grid = anew_graph_alignment(graph), radius = anew_graph_radius(graph);
    size_t limit = s->run->enough > 0 && s->run->enough < s->memory ? s->run->enough : s->memory;
    char message[256] = "";
    if (radius < 0)
        return anew_fail(s->error, ANEW_ERROR_MEMORY, "no memory for planning");
    s->tiling.halo = round_up(radius, grid);
    s->tiling.side[0] = s->size[0];
    s->tiling.side[1] = s->size[1];
    for (int d = 0; d < 2; d++) {
        const int least = 2 * s->tiling.halo + grid;
        int wished = round_up(s->run->tile, grid);
        wished = wished < least ? least : wished;
        if (s->run->tile > 0 && may_be_cut(s) && wished < s->size[d])
            s->tiling.side[d] = wished;
    }
    for (;;) {
        ANEW_TRY(plan_tile(s));
        *bytes = device_bytes(s);
        int result = ANEW_DEVICE_NO_MEMORY;
        if (*bytes <= limit)
            result = prepare(s, *bytes, message, sizeof message);
        if (result == ANEW_DEVICE_OK)
            return ANEW_OK;
        if (result == ANEW_DEVICE_FAILED)
            return anew_fail(s->error, ANEW_ERROR_UNSUPPORTED, "%s: %s", s->run->device->name,
                             message);
        if (may_be_cut(s) && make_smaller(s, grid))
            continue;
        if (limit == s->memory)
            return anew_fail(s->error, ANEW_ERROR_LIMIT,
                             "%s: %.1f MiB of memory are too few for this network%s; the smallest "
                             "that would do is %.1f MiB",
                             s->run->device->name, (double)s->memory / 1048576,
                             may_be_cut(s) ? "" : ", which needs the whole picture",
                             (double)*bytes / 1048576);
        limit = s->memory;
    }
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static size_t input_plane(const device_state *s)
{
    return (size_t)s->tiling.side[0] * (size_t)s->size[1];
}

/* The rows of the picture that tile row `row` needs; those of the row before that it shares are moved. */
static anew_status fetch_rows(device_state *s, int row)
{
    const int first = tile_first(s, 0, row), side = s->tiling.side[0];
    const size_t width = (size_t)s->size[1];
    const int kept = row == 0 ? 0 : s->fetched - first;
    for (int c = 0; c < s->channels && kept > 0; c++) {
        float *plane = s->input + (size_t)c * input_plane(s);
        memmove(plane, plane + (size_t)(side - kept) * width, (size_t)kept * width * sizeof(float));
    }
    for (int y = kept; y < side; y++) {
        float *planes[ANEW_MAX_SOURCE_BLOCKS];
        for (int c = 0; c < s->channels; c++)
            planes[c] = s->input + (size_t)c * input_plane(s) + (size_t)y * width;
        ANEW_TRY(s->stream->fetch(s->stream->context, first + y, planes, s->error));
    }
    s->fetched = first + side;
    return ANEW_OK;
}

static anew_status device_error(const device_state *s, int result, int step, const char *message)
{
    /* Steps that bring the picture into blocks come first; they have no place in the plan. */
    const int place = step - (s->program.step_count - s->plan->step_count);
    const anew_status status = result == ANEW_DEVICE_NO_MEMORY ? ANEW_ERROR_LIMIT : ANEW_ERROR_IO;
    char name[96], kernel[48];
    if (step < 0)
        return anew_fail(s->error, status, "%s: %s", s->run->device->name, message);
    if (place < 0)
        return anew_fail(s->error, status, "%s: loading the picture: %s", s->run->device->name,
                         message);
    anew_step_describe(name, sizeof name, kernel, sizeof kernel, s->plan, &s->plan->steps[place]);
    return anew_fail(s->error, status, "%s: step '%s' (%d of %d): %s", s->run->device->name, name,
                     place + 1, s->plan->step_count, message);
}

static anew_status submit(device_state *s, int slot, int row, int column)
{
    const anew_device_functions *f = s->run->device->functions;
    const int width = s->tiling.side[1], first = tile_first(s, 1, column);
    float *to = f->input(s->job, slot);
    char message[256] = "";
    int32_t step = -1;
    for (int c = 0; c < s->channels; c++)
        for (int y = 0; y < s->tiling.side[0]; y++, to += width)
            memcpy(to,
                   s->input + (size_t)c * input_plane(s) + (size_t)y * (size_t)s->size[1] + first,
                   (size_t)width * sizeof(float));
    lock(s);
    const int result = f->submit(s->job, slot, &step, message, sizeof message);
    unlock(s);
    if (result != ANEW_DEVICE_OK)
        return device_error(s, result, step, message);
    s->slots[slot].busy = true;
    s->slots[slot].row = row;
    s->slots[slot].column = column;
    return ANEW_OK;
}

/* The results of a row of tiles: planes of its rows, as wide as the picture. */
static anew_picture band_of(const device_state *s, int row)
{
    const anew_plan_output *output = &s->plan->outputs[0];
    const size_t width = (size_t)s->size[1] * (size_t)s->scale;
    const int height = (result_last(s, 0, row) - result_first(s, 0, row)) * s->scale;
    return (anew_picture){s->bands[row % ANEW_DEVICE_SLOTS],
                          output->channels,
                          height,
                          (int)width,
                          (size_t)height * width,
                          width};
}

/* Results of a network that is run whole go on as they are. */
static anew_status deliver_whole(const device_state *s, const float *results)
{
    for (int i = 0; i < s->plan->output_count; i++) {
        const anew_plan_output *o = &s->plan->outputs[i];
        const anew_picture rows = {
            (float *)(uintptr_t)results + o->offset, o->channels,     o->height, o->width,
            (size_t)o->height * (size_t)o->width,    (size_t)o->width};
        if (s->plan->output_count == 1)
            ANEW_TRY(s->stream->deliver(s->stream->context, 0, &rows, s->error));
        else
            ANEW_TRY(s->stream->deliver_part(s->stream->context, i, 0, &rows, s->error));
    }
    return ANEW_OK;
}

/* Waits for the slot's tile, and puts its results where they belong; the last one of a row of tiles is followed by the
 * row's delivery. */
static anew_status collect(device_state *s, int slot)
{
    const anew_device_functions *f = s->run->device->functions;
    char message[256] = "";
    int32_t step = -1;
    if (!s->slots[slot].busy)
        return ANEW_OK;
    s->slots[slot].busy = false;
    lock(s);
    const int result = f->collect(s->job, slot, &step, message, sizeof message);
    unlock(s);
    if (result != ANEW_DEVICE_OK)
        return device_error(s, result, step, message);
    if (s->tiling.count[0] == 1 && s->tiling.count[1] == 1) {
        retire(s);
        return deliver_whole(s, f->result(s->job, slot));
    }
    const int row = s->slots[slot].row, column = s->slots[slot].column, scale = s->scale;
    const anew_plan_output *output = &s->plan->outputs[0];
    const anew_picture band = band_of(s, row);
    const int top = (result_first(s, 0, row) - tile_first(s, 0, row)) * scale;
    const int left = (result_first(s, 1, column) - tile_first(s, 1, column)) * scale;
    const int width = (result_last(s, 1, column) - result_first(s, 1, column)) * scale;
    for (int c = 0; c < output->channels; c++)
        for (int y = 0; y < band.height; y++)
            memcpy(band.data + (size_t)c * band.plane_stride + (size_t)y * band.row_stride +
                       (size_t)result_first(s, 1, column) * (size_t)scale,
                   f->result(s->job, slot) +
                       ((size_t)c * (size_t)output->height + (size_t)(top + y)) *
                           (size_t)output->width +
                       (size_t)left,
                   (size_t)width * sizeof(float));
    if (column + 1 < s->tiling.count[1])
        return ANEW_OK;
    s->delivered = row + 1;
    if (s->delivered == s->tiling.count[0])
        retire(s);
    return s->stream->deliver(s->stream->context, result_first(s, 0, row) * scale, &band, s->error);
}

/* Rows of a picture and of its result for a row of tiles. */
static anew_status take_rows(device_state *s)
{
    const size_t in = anew_size_mul(input_plane(s), (size_t)s->channels);
    s->input = anew_alloc(anew_size_mul(in, sizeof(float)));
    bool complete = s->input != NULL;
    if (s->tiling.count[0] > 1 || s->tiling.count[1] > 1) {
        const size_t scale = (size_t)s->scale;
        const size_t row =
            anew_size_mul((size_t)s->size[1] * scale, (size_t)s->plan->outputs[0].channels);
        const size_t out = anew_size_mul(row, (size_t)s->tiling.side[0] * scale);
        for (int i = 0; i < ANEW_DEVICE_SLOTS; i++) {
            s->bands[i] = anew_alloc(anew_size_mul(out, sizeof(float)));
            complete = complete && s->bands[i] != NULL;
        }
    }
    return complete ? ANEW_OK
                    : anew_fail(s->error, ANEW_ERROR_MEMORY,
                                "no memory for a row of tiles of %dx%d pixels", s->tiling.side[1],
                                s->tiling.side[0]);
}

static anew_status run_tiles(device_state *s)
{
    const int tiles = s->tiling.count[0] * s->tiling.count[1];
    for (int i = 0; i < tiles; i++) {
        const int row = i / s->tiling.count[1], column = i % s->tiling.count[1];
        if (column == 0)
            ANEW_TRY(fetch_rows(s, row));
        ANEW_TRY(collect(s, i % ANEW_DEVICE_SLOTS));
        ANEW_TRY(submit(s, i % ANEW_DEVICE_SLOTS, row, column));
    }
    for (int i = tiles; i < tiles + ANEW_DEVICE_SLOTS; i++)
        ANEW_TRY(collect(s, i % ANEW_DEVICE_SLOTS));
    return ANEW_OK;
}

/* ---- the whole way ----------------------------------------------------------------------------------------- */

static void release(device_state *s)
{
    const anew_device_functions *f = s->run->device->functions;
    if (s->job != NULL) {
        retire(s);
        lock(s);
        f->release(s->job);
        unlock(s);
    }
    anew_device_unload(&s->own, s->run->device);
    forget_plan(s);
    anew_free(s->input);
    for (int i = 0; i < ANEW_DEVICE_SLOTS; i++)
        anew_free(s->bands[i]);
}

anew_status anew_device_execute(const anew_device_run *run, int height, int width,
                                const anew_stream *stream, anew_device_account *account,
                                anew_report *report, anew_error *error)
{
    anew_status status = ANEW_OK;
    device_state s = {.run = run,
                      .stream = stream,
                      .error = error,
                      .size = {height, width},
                      .channels = anew_graph_node(run->weights->graph, 0)->channels,
                      .scale = anew_graph_scale(run->weights->graph),
                      .memory = run->memory};
    if (s.memory == 0)
        s.memory = (size_t)(run->device->facts.free_bytes / 10 * 9);
    const double started = anew_seconds();
    if (run->loaded == NULL)
        ANEW_TRY_GOTO(anew_device_load(&s.own, run->device, run->weights, run->arithmetic, error),
                      out);
    const anew_device_loaded *loaded = run->loaded != NULL ? run->loaded : &s.own;
    s.constants = loaded->constants;
    s.uploaded = loaded->uploaded;
    size_t bytes = 0;
    ANEW_TRY_GOTO(choose_tile(&s, &bytes), out);
    count_tiles(&s);
    if (account != NULL)
        *account = (anew_device_account){s.tiling.count[0] * s.tiling.count[1], s.tiling.side[0],
                                         s.tiling.side[1], bytes};
    ANEW_TRY_GOTO(take_rows(&s), out);
    ANEW_TRY_GOTO(run_tiles(&s), out);
    if (report != NULL) {
        report->network_seconds += anew_seconds() - started;
        report->bands += s.tiling.count[0];
        report->flops += s.plan->flops * s.tiling.count[0] * s.tiling.count[1];
        if (report->arena_bytes < bytes)
            report->arena_bytes = bytes;
    }
out:
    release(&s);
    return status;
}
