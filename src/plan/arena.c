/*
 * arena.c - which row of which value lies where in the arena.
 *
 * The arena is cut into rows of one block, all rows of one width alike, and a row of a value takes any that are free:
 * when a step has run, the rows of its sources that nobody reads any more go back, and the next step takes the ones
 * that came back last. Those are still in the cache. A band thus travels through all layers in the same few
 * megabytes, and of each layer only the rows that its next band reads again lie elsewhere; with a ring for each value,
 * every row written would come from memory and go back to it (bench/NOTES.md).
 *
 * Where each row of a value lies is kept in a ring of as many entries as rows of it may be held at the same time: from the
 * lowest that some reader has yet to read to the last one written.
 *
 * What is free when does not depend on the threads, so one simulated run tells how many rows are needed, and how long the
 * rings are.
 */
#include "core/memory.h"
#include "plan/plan.h"

/* ---- who reads what ------------------------------------------------------------------------------------ */

typedef struct listing {
    anew_plan *plan;
    int step;
    int *last; /* [1 + values]: the step that was counted or listed last, of the picture first */
    bool list; /* else count */
} listing;

static void list_reader(void *context, int value, anew_row_range rows)
{
    listing *l = context;
    anew_plan *plan = l->plan;
    (void)rows;
    if (l->last[1 + value] == l->step)
        return;
    l->last[1 + value] = l->step;
    const int first = value < 0 ? plan->first_picture_reader : plan->values[value].first_reader;
    int *count = value < 0 ? &plan->picture_reader_count : &plan->values[value].reader_count;
    if (l->list)
        plan->readers[first + *count] = l->step;
    (*count)++;
}

anew_status anew_plan_list_readers(anew_plan *plan, anew_error *error)
{
    anew_status status = ANEW_OK;
    listing l = {plan, 0, anew_alloc(anew_size_mul((size_t)plan->value_count + 1, sizeof(int))),
                 false};
    if (l.last == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
    for (int round = 0; round < 2; round++) { /* counts, then lists */
        l.list = round == 1;
        int total = l.list ? plan->picture_reader_count : 0;
        plan->first_picture_reader = plan->picture_reader_count = 0;
        l.last[0] = -1;
        for (int i = 0; i < plan->value_count; i++) {
            anew_value *v = &plan->values[i];
            v->first_reader = total;
            total += l.list ? v->reader_count : 0;
            v->reader_count = 0;
            l.last[1 + i] = -1;
        }
        if (l.list) {
            plan->readers = anew_alloc(anew_size_mul((size_t)total + 1, sizeof(int)));
            if (plan->readers == NULL) {
                status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
                goto out;
            }
        }
        for (l.step = 0; l.step < plan->step_count; l.step++)
            anew_step_reads(plan, &plan->steps[l.step], (anew_row_range){0, 1}, list_reader, &l);
    }
out:
    anew_free(l.last);
    return status;
}

/* ---- what is needed no longer ------------------------------------------------------------------------------ */

static void see_lowest(void *context, int value, anew_row_range rows)
{
    int *row = context;
    (void)value;
    if (*row > rows.first)
        *row = rows.first;
}

/* The first row of a value that is needed after step `done` of this band. */
static int lowest_needed(const anew_plan *plan, const anew_progress *progress, int value, int done)
{
    const anew_value *v = &plan->values[value];
    int row = (v->first_step <= done ? progress->next : progress->done)[v->first_step];
    for (int i = 0; i < v->reader_count; i++) {
        const int s = plan->readers[v->first_reader + i];
        const int at = (s <= done ? progress->next : progress->done)[s];
        if (at < plan->steps[s].height)
            anew_step_reads_of(plan, &plan->steps[s], value, (anew_row_range){at, at + 1},
                               see_lowest, &row);
    }
    return row;
}

typedef void (*release_function)(void *context, const anew_value *v, int first, int last);

typedef struct passing {
    const anew_plan *plan;
    const anew_progress *progress;
    int step;
    int *low; /* [values]: the lowest row that is held */
    release_function release;
    void *context;
} passing;

static void pass(void *context, int value, anew_row_range read)
{
    const passing *p = context;
    (void)read;
    if (value < 0)
        return;
    const anew_value *v = &p->plan->values[value];
    const int *readers = p->plan->readers + v->first_reader;
    for (int i = v->reader_count - 1; i >= 0 && readers[i] > p->step; i--)
        if (p->progress->next[readers[i]] > p->progress->done[readers[i]])
            return; /* it will be that one's turn */
    const int low = lowest_needed(p->plan, p->progress, value, p->step);
    p->release(p->context, v, p->low[value], low);
    p->low[value] = low;
}

/* Calls release(context, value, first, last) for rows first .. last - 1 of every value that the step was the last to
 * need in this band. */
static void each_released(const anew_plan *plan, const anew_progress *progress, int step, int *low,
                          release_function release, void *context)
{
    passing p = {plan, progress, step, low, release, context};
    const anew_row_range done = {progress->done[step], progress->next[step]};
    anew_step_reads(plan, &plan->steps[step], done, pass, &p);
    pass(&p, plan->steps[step].destination, done);
}

/* ---- a run ------------------------------------------------------------------------------------------ */

void anew_rows_begin(const anew_plan *plan, anew_row_map *rows)
{
    size_t *stack = rows->free;
    for (int p = 0; p < plan->pool_count; p++) {
        const anew_pool *pool = &plan->pools[p];
        for (size_t i = 0; i < pool->rows; i++)
            stack[i] = pool->offset + (pool->rows - 1 - i) * pool->row_floats;
        rows->stacks[p] = stack;
        rows->on_stack[p] = pool->rows;
        stack += pool->rows;
    }
    for (int v = 0; v < plan->value_count; v++)
        rows->low[v] = 0;
}

static size_t *held(const anew_row_map *rows, const anew_value *v, int y)
{
    return rows->held + v->first_held + (size_t)(y % v->rows) * (size_t)v->blocks;
}

void anew_rows_take(const anew_plan *plan, anew_row_map *rows, const anew_progress *progress,
                    int step)
{
    if (plan->steps[step].destination < 0)
        return;
    const anew_value *v = &plan->values[plan->steps[step].destination];
    for (int y = progress->done[step]; y < progress->next[step]; y++)
        for (int b = 0; b < v->blocks; b++)
            held(rows, v, y)[b] = rows->stacks[v->pool][--rows->on_stack[v->pool]];
}

static void give_back(void *context, const anew_value *v, int first, int last)
{
    anew_row_map *rows = context;
    for (int y = first; y < last; y++)
        for (int b = v->blocks - 1; b >= 0; b--)
            rows->stacks[v->pool][rows->on_stack[v->pool]++] = held(rows, v, y)[b];
}

void anew_rows_release(const anew_plan *plan, anew_row_map *rows, const anew_progress *progress,
                       int step)
{
    each_released(plan, progress, step, rows->low, give_back, rows);
}

/* ---- sizes ------------------------------------------------------------------------------------------ */

/* Rows of one width and border are one pool. */
static anew_status make_pools(anew_plan *plan, anew_error *error)
{
    for (int i = 0; i < plan->value_count; i++) {
        anew_value *v = &plan->values[i];
        int p = 0;
        if (v->source >= 0)
            continue;
        while (p < plan->pool_count && plan->pools[p].row_floats != v->row_floats)
            p++;
        if (p == ANEW_MAX_POOLS)
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "the network works on more than %d widths of rows", ANEW_MAX_POOLS);
        if (p == plan->pool_count)
            plan->pools[plan->pool_count++] = (anew_pool){.row_floats = v->row_floats};
        v->pool = p;
    }
    return ANEW_OK;
}

/* A run in which rows are only counted. */
typedef struct counting {
    anew_plan *plan;
    anew_progress progress;
    int *low;                    /* [values]: as in anew_row_map */
    size_t live[ANEW_MAX_POOLS]; /* rows held of each pool */
} counting;

/* `context`: counting.live. */
static void count_back(void *context, const anew_value *v, int first, int last)
{
    size_t *live = context;
    live[v->pool] -= (size_t)(last - first) * (size_t)v->blocks;
}

static void count_step(counting *c, int step)
{
    anew_plan *plan = c->plan;
    const int destination = plan->steps[step].destination;
    const int rows = c->progress.next[step] - c->progress.done[step];
    if (rows == 0)
        return;
    if (destination >= 0) {
        anew_value *v = &plan->values[destination];
        const int span = c->progress.next[step] - c->low[destination];
        if (v->rows < span)
            v->rows = span;
        c->live[v->pool] += (size_t)rows * (size_t)v->blocks;
        if (plan->pools[v->pool].rows < c->live[v->pool])
            plan->pools[v->pool].rows = c->live[v->pool];
    }
    each_released(plan, &c->progress, step, c->low, count_back, c->live);
}

/* The rows of the planar picture and of the planar outputs that this band must have at hand. */
static void count_planar(counting *c)
{
    anew_plan *plan = c->plan;
    int lowest = c->progress.fetched;
    for (int i = 0; i < plan->picture_reader_count; i++) {
        const int s = plan->readers[plan->first_picture_reader + i], at = c->progress.done[s];
        if (at < plan->steps[s].height)
            anew_step_reads_of(plan, &plan->steps[s], -1, (anew_row_range){at, at + 1}, see_lowest,
                               &lowest);
    }
    if (plan->input_rows < c->progress.fetch_next - lowest)
        plan->input_rows = c->progress.fetch_next - lowest;
    for (int i = 0; i < plan->output_count; i++) {
        anew_plan_output *output = &plan->outputs[i];
        const int brought = (c->progress.next[output->step] - c->progress.done[output->step]) *
                            anew_step_output_factor(&plan->steps[output->step]);
        if (output->rows < brought)
            output->rows = brought;
    }
}

anew_status anew_rows_size(anew_plan *plan, anew_error *error)
{
    const size_t steps = (size_t)plan->step_count;
    anew_status status = ANEW_OK;
    counting c = {.plan = plan,
                  .progress = {.done = anew_alloc_zero(anew_size_mul(steps, sizeof(int))),
                               .next = anew_alloc_zero(anew_size_mul(steps, sizeof(int)))},
                  .low =
                      anew_alloc_zero(anew_size_mul((size_t)plan->value_count + 1, sizeof(int)))};
    if (c.progress.done == NULL || c.progress.next == NULL || c.low == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
        goto out;
    }
    ANEW_TRY_GOTO(make_pools(plan, error), out);
    while (anew_bands_next(plan, &c.progress)) {
        count_planar(&c);
        for (int s = 0; s < plan->step_count; s++)
            count_step(&c, s);
    }
    plan->held_count = plan->arena_floats = plan->free_count = 0;
    for (int i = 0; i < plan->value_count; i++) {
        anew_value *v = &plan->values[i];
        if (v->source >= 0)
            continue;
        v->first_held = plan->held_count;
        plan->held_count =
            anew_size_add(plan->held_count, anew_size_mul((size_t)v->rows, (size_t)v->blocks));
    }
    for (int p = 0; p < plan->pool_count; p++) {
        plan->pools[p].offset = plan->arena_floats;
        plan->free_count = anew_size_add(plan->free_count, plan->pools[p].rows);
        plan->arena_floats = anew_size_add(
            plan->arena_floats, anew_size_mul(plan->pools[p].rows, plan->pools[p].row_floats));
    }
out:
    anew_free(c.progress.done);
    anew_free(c.progress.next);
    anew_free(c.low);
    return status;
}
