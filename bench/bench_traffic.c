/*
 * bench_traffic.c - what a network moves between the caches and memory: the engine's own order of bands, steps and
 * rows, and its own places of rows in the arena, played through a model of a cache. Computes no picture.
 *
 *     bench_traffic MODEL|FILE.anew WIDTH HEIGHT [BAND [CPU-LEVEL]]
 *
 * Two ways are played: the bands that the engine chooses, and one band as high as the picture, which is the customary
 * way of running a network, layer by layer. The cache is fully associative with the least recently used line thrown
 * out, in lines of 4 KiB: rows are 64 bytes for each pixel and block, so that a line is a piece of 64 pixels. What is
 * written is first read (as caches do), and goes back to memory when it is thrown out. One thread; packed weights, the
 * planar picture and the planar output count, what the decoder and the encoder do does not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "pipeline/model_path.h"
#include "pipeline/setup.h"

#define LINE ((size_t)4096)
#define NONE UINT32_MAX

/* ---- a cache ----------------------------------------------------------------------------------------------- */

typedef struct cache {
    size_t capacity, used; /* lines */
    uint32_t *newer, *older, newest, oldest;
    unsigned char *state; /* of every line of the address space: 0 absent, 1 clean, 2 dirty */
    double read, written; /* lines */
} cache;

static bool cache_create(cache *c, size_t bytes, size_t lines)
{
    *c = (cache){.capacity = bytes / LINE, .newest = NONE, .oldest = NONE};
    c->newer = malloc(lines * sizeof *c->newer);
    c->older = malloc(lines * sizeof *c->older);
    c->state = calloc(lines, 1);
    return c->newer != NULL && c->older != NULL && c->state != NULL;
}

static void cache_free(cache *c)
{
    free(c->newer);
    free(c->older);
    free(c->state);
}

static void take_out(cache *c, uint32_t line)
{
    const uint32_t newer = c->newer[line], older = c->older[line];
    *(newer == NONE ? &c->newest : &c->older[newer]) = older;
    *(older == NONE ? &c->oldest : &c->newer[older]) = newer;
}

static void put_first(cache *c, uint32_t line)
{
    c->newer[line] = NONE;
    c->older[line] = c->newest;
    *(c->newest == NONE ? &c->oldest : &c->newer[c->newest]) = line;
    c->newest = line;
}

static void touch(cache *c, uint32_t line, bool write)
{
    if (c->state[line] != 0) {
        take_out(c, line);
    } else {
        c->read++;
        if (c->used == c->capacity) {
            const uint32_t last = c->oldest;
            c->written += c->state[last] == 2;
            c->state[last] = 0;
            take_out(c, last);
        } else {
            c->used++;
        }
        c->state[line] = 1;
    }
    put_first(c, line);
    if (write)
        c->state[line] = 2;
}

/* What is still to be written at the end. */
static void flush(cache *c)
{
    for (uint32_t line = c->newest; line != NONE; line = c->older[line])
        c->written += c->state[line] == 2;
}

/* ---- the engine's way ---------------------------------------------------------------------------------------- */

#define CACHES 3
static const size_t cache_bytes[CACHES] = {(size_t)1 << 20, (size_t)8 << 20, (size_t)32 << 20};

typedef struct player {
    const anew_plan *plan;
    anew_row_map rows;
    cache caches[CACHES];
    size_t input, output,
        weights;        /* first bytes of these in the address space, the arena being at 0 */
    size_t *weights_of; /* [nodes] */
} player;

static void move(player *p, size_t from, size_t bytes, bool write)
{
    for (size_t line = from / LINE; line <= (from + bytes - 1) / LINE; line++)
        for (int i = 0; i < CACHES; i++)
            touch(&p->caches[i], (uint32_t)line, write);
}

static void move_value_rows(player *p, int value, anew_row_range r, bool write)
{
    const anew_value *v = &p->plan->values[value];
    for (int y = r.first < 0 ? 0 : r.first; y < r.last && y < v->height; y++)
        for (int b = 0; b < v->blocks; b++)
            move(p,
                 sizeof(float) *
                     p->rows.held[v->first_held + (size_t)(y % v->rows) * (size_t)v->blocks +
                                  (size_t)b],
                 sizeof(float) * v->row_floats, write);
}

static void move_input_rows(player *p, anew_row_range r, bool write)
{
    const anew_plan *plan = p->plan;
    const size_t row = sizeof(float) * (size_t)plan->width, rows = (size_t)plan->input_rows;
    for (int y = r.first < 0 ? 0 : r.first; y < r.last && y < plan->height; y++)
        for (size_t c = 0; c < 3; c++)
            move(p, p->input + (c * rows + (size_t)y % rows) * row, row, write);
}

static void read_rows(void *context, int value, anew_row_range r)
{
    player *p = context;
    if (value < 0)
        move_input_rows(p, r, false);
    else
        move_value_rows(p, value, r, false);
}

/* Rows of a step's planar output, the band's first row being `first`. */
static void write_output(player *p, const anew_step *step, anew_row_range r, int first)
{
    const anew_plan_output *o = &p->plan->outputs[step->output];
    const int factor = anew_step_output_factor(step);
    const size_t row = sizeof(float) * (size_t)o->width;
    for (int y = r.first * factor; y < r.last * factor; y++)
        for (int c = 0; c < o->channels; c++)
            move(p,
                 p->output + sizeof(float) * o->offset +
                     ((size_t)c * (size_t)o->rows + (size_t)(y - first * factor)) * row,
                 row, true);
}

static void play_step(player *p, const anew_progress *progress, int index)
{
    const anew_step *step = &p->plan->steps[index];
    const int unit = step->unit > 0 ? step->unit : 1;
    const int begin = progress->done[index], end = progress->next[index];
    for (int y = begin; y < end; y += unit) {
        const anew_row_range r = {y, y + unit < end ? y + unit : end};
        anew_step_reads(step, r, read_rows, p);
        if (p->weights_of[step->head + 1] > p->weights_of[step->head])
            move(p, p->weights + p->weights_of[step->head],
                 p->weights_of[step->head + 1] - p->weights_of[step->head], false);
        if (step->destination >= 0)
            move_value_rows(p, step->destination, r, true);
        else
            write_output(p, step, r, begin);
    }
}

static size_t packed_bytes(const anew_packed *packed)
{
    if (packed->kernel == NULL)
        return 0;
    return packed->kernel->packed_floats(&packed->shape) * sizeof(float);
}

static bool play(const anew_setup *setup, int band)
{
    const anew_weights *weights = setup->prepared->weights;
    const anew_graph *graph = setup->prepared->graph;
    const int nodes = anew_graph_count(graph);
    anew_plan *plan = NULL;
    anew_error error;
    player p = {.weights_of = calloc((size_t)nodes + 1, sizeof(size_t))};
    anew_progress progress = {0};
    bool done = false;
    if (p.weights_of == NULL ||
        anew_plan_create(&plan, weights, setup->geometry.padded_height,
                         setup->geometry.padded_width, band, ANEW_PLAN_FULL, &error) != ANEW_OK)
        goto out;
    p.plan = plan;
    for (int i = 0; i < nodes; i++)
        p.weights_of[i + 1] = p.weights_of[i] + packed_bytes(&weights->nodes[i]);
    p.input = plan->arena_floats * sizeof(float);
    p.output = p.input + plan->input_floats * sizeof(float);
    p.weights = p.output + plan->output_floats * sizeof(float);
    const size_t lines = (p.weights + p.weights_of[nodes]) / LINE + 2;
    p.rows.held = calloc(plan->held_count + 1, sizeof(size_t));
    p.rows.free = calloc(plan->free_count + 1, sizeof(size_t));
    p.rows.low = calloc((size_t)plan->value_count + 1, sizeof(int));
    progress.done = calloc((size_t)plan->step_count, sizeof(int));
    progress.next = calloc((size_t)plan->step_count, sizeof(int));
    bool room = p.rows.held != NULL && p.rows.free != NULL && p.rows.low != NULL &&
                progress.done != NULL && progress.next != NULL && lines < NONE;
    for (int i = 0; i < CACHES; i++)
        room = cache_create(&p.caches[i], cache_bytes[i], lines) && room;
    if (!room)
        goto out;
    anew_rows_begin(plan, &p.rows);
    while (anew_bands_next(plan, &progress)) {
        move_input_rows(&p, (anew_row_range){progress.fetched, progress.fetch_next}, true);
        for (int i = 0; i < plan->step_count; i++) {
            if (progress.done[i] == progress.next[i])
                continue;
            anew_rows_take(plan, &p.rows, &progress, i);
            play_step(&p, &progress, i);
            anew_rows_release(plan, &p.rows, &progress, i);
        }
    }
    printf("%-16s band %5d  arena %8.1f MB ", band == 0 ? "layer by layer" : "depth first",
           band == 0 ? plan->height : band, (double)plan->arena_floats * 4e-6);
    for (int i = 0; i < CACHES; i++) {
        flush(&p.caches[i]);
        printf(" | %3zu MiB: read %9.1f written %9.1f MB", cache_bytes[i] >> 20,
               p.caches[i].read * (double)LINE * 1e-6, p.caches[i].written * (double)LINE * 1e-6);
    }
    printf("\n");
    done = true;
out:
    for (int i = 0; i < CACHES; i++)
        cache_free(&p.caches[i]);
    free(p.weights_of);
    free(p.rows.held);
    free(p.rows.free);
    free(p.rows.low);
    free(progress.done);
    free(progress.next);
    anew_plan_free(&plan);
    return done;
}

int main(int count, char **arguments)
{
    anew_model *model = NULL;
    anew_setup setup = {0};
    anew_error error = {0};
    if (count < 4) {
        fprintf(stderr, "usage: bench_traffic MODEL WIDTH HEIGHT [BAND [CPU-LEVEL]]\n");
        return 2;
    }
    const anew_enhance_options options = {.cpu = count > 5 ? arguments[5] : NULL,
                                          .band = count > 4 ? atoi(arguments[4]) : 0,
                                          .threads = 1};
    bool done = anew_model_open_named(&model, arguments[1], &error) == ANEW_OK &&
                anew_setup_create(&setup, model, atoi(arguments[2]), atoi(arguments[3]), 3,
                                  &options, &error) == ANEW_OK;
    if (!done)
        fprintf(stderr, "bench_traffic: %s\n", error.text);
    else if (!(done = play(&setup, 0) && play(&setup, setup.layout.band)))
        fprintf(stderr, "bench_traffic: no memory\n");
    anew_setup_free(&setup);
    anew_model_close(&model);
    return done ? 0 : 1;
}
