/*
 * check_arena.c - which row of which value lies where (plan/arena.c), for real networks in bands of several heights:
 * no two rows that are held at the same time share a place, a step finds every row that it reads, all rows come
 * back, and the pools are as large as was needed and no larger.
 *
 * Seen to fail by: lowest_needed without the steps after the one that has run (a row is missing), release without
 * giving rows back (a pool runs dry), take from the bottom of the stack (two rows in one place), and a pool with one
 * row more than needed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/networks.h"
#include "common/suite.h"
#include "plan/plan.h"

static const char *const models[] = {"photo-x4", "rrdb_tiny_x4", "esrgan_old_x2", "span_tiny_x2"};

typedef struct places {
    const anew_plan *plan;
    anew_row_map map;
    anew_progress progress;
    int *owner; /* [free_count]: value of the row in each place, -1: free */
    int *row;   /* ... and its y */
    size_t live[ANEW_MAX_POOLS], most[ANEW_MAX_POOLS];
} places;

/* Index of the place at an offset of the arena. */
static size_t place_of(const places *p, int pool, size_t offset)
{
    size_t before = 0;
    for (int i = 0; i < pool; i++)
        before += p->plan->pools[i].rows;
    const anew_pool *own = &p->plan->pools[pool];
    ck_assert(offset >= own->offset);
    const size_t place = (offset - own->offset) / own->row_floats;
    ck_assert(place < own->rows && place * own->row_floats == offset - own->offset);
    return before + place;
}

static size_t held_at(const places *p, const anew_value *v, int y, int b)
{
    return p->map.held[v->first_held + (size_t)(y % v->rows) * (size_t)v->blocks + (size_t)b];
}

static void look(void *context, int value, anew_row_range rows)
{
    const places *p = context;
    if (value < 0)
        return;
    const anew_value *v = &p->plan->values[value];
    for (int y = rows.first; y < rows.last; y++)
        for (int b = 0; b < v->blocks; b++) {
            const size_t place = place_of(p, v->pool, held_at(p, v, y, b));
            ck_assert_msg(p->owner[place] == value && p->row[place] == y,
                          "row %d of value %d is not where it is read", y, value);
        }
}

static void take(places *p, int step)
{
    anew_rows_take(p->plan, &p->map, &p->progress, step);
    const int value = p->plan->steps[step].destination;
    if (value < 0)
        return;
    const anew_value *v = &p->plan->values[value];
    for (int y = p->progress.done[step]; y < p->progress.next[step]; y++)
        for (int b = 0; b < v->blocks; b++) {
            const size_t place = place_of(p, v->pool, held_at(p, v, y, b));
            ck_assert_msg(p->owner[place] < 0, "row %d of value %d lies on row %d of value %d", y,
                          value, p->row[place], p->owner[place]);
            p->owner[place] = value;
            p->row[place] = y;
            p->live[v->pool]++;
            if (p->most[v->pool] < p->live[v->pool])
                p->most[v->pool] = p->live[v->pool];
        }
}

/* Frees the places of rows below what is held of each value. */
static void note_released(places *p)
{
    size_t place = 0;
    for (int pool = 0; pool < p->plan->pool_count; pool++)
        for (size_t i = 0; i < p->plan->pools[pool].rows; i++, place++)
            if (p->owner[place] >= 0 && p->row[place] < p->map.low[p->owner[place]]) {
                p->owner[place] = -1;
                p->live[pool]--;
            }
}

static void check_plan(const anew_plan *plan)
{
    const size_t steps = (size_t)plan->step_count;
    places p = {
        .plan = plan,
        .map = {.held = calloc(plan->held_count, sizeof(size_t)),
                .free = calloc(plan->free_count, sizeof(size_t)),
                .low = calloc((size_t)plan->value_count, sizeof(int))},
        .progress = {.done = calloc(steps, sizeof(int)), .next = calloc(steps, sizeof(int))},
        .owner = malloc(plan->free_count * sizeof(int)),
        .row = calloc(plan->free_count, sizeof(int))};
    for (size_t i = 0; i < plan->free_count; i++)
        p.owner[i] = -1;
    anew_rows_begin(plan, &p.map);
    while (anew_bands_next(plan, &p.progress))
        for (int s = 0; s < plan->step_count; s++) {
            if (p.progress.done[s] == p.progress.next[s])
                continue;
            take(&p, s);
            anew_step_reads(plan, &plan->steps[s],
                            (anew_row_range){p.progress.done[s], p.progress.next[s]}, look, &p);
            anew_rows_release(plan, &p.map, &p.progress, s);
            note_released(&p);
        }
    for (int pool = 0; pool < plan->pool_count; pool++) {
        ck_assert_uint_eq(p.map.on_stack[pool], plan->pools[pool].rows);
        ck_assert_uint_eq(p.most[pool], plan->pools[pool].rows);
    }
    free(p.map.held);
    free(p.map.free);
    free(p.map.low);
    free(p.progress.done);
    free(p.progress.next);
    free(p.owner);
    free(p.row);
}

START_TEST(rows_have_places)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    char path[256];
    if (_i == 0)
        (void)snprintf(path, sizeof path, "weights/photo-x4.anew");
    else
        (void)snprintf(path, sizeof path, "%s/%s.anew", model_folder(), models[_i]);
    open_network(&model, &graph, path);
    static const anew_selection selections[] = {ANEW_SELECT_EXACT, ANEW_SELECT_FAST};
    static const int bands[] = {0, 1, 2, 5, 16};
    for (int selection = 0; selection < 2; selection++) {
        anew_weights *weights = NULL;
        ck_assert_int_eq(
            anew_weights_choose(&weights, graph, ANEW_ISA_C, selections[selection], &error),
            ANEW_OK);
        for (int k = 0; k < 10; k++) {
            anew_plan *plan = NULL;
            const int alignment = anew_graph_alignment(graph);
            ck_assert_int_eq(anew_plan_create(&plan, weights, 37 * alignment, 9 * alignment,
                                              bands[k / 2],
                                              k % 2 ? ANEW_PLAN_NOFUSE : ANEW_PLAN_FULL, &error),
                             ANEW_OK);
            check_plan(plan);
            anew_plan_free(&plan);
        }
        anew_weights_free(&weights);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_loop_test(all, rows_have_places, 0, (int)(sizeof models / sizeof models[0]));
    return run_suite(suite);
}
