/*
 * place.c - the place pass: offsets in one arena.
 *
 * Largest value first, each at the lowest offset where it overlaps no value that is alive at the same
 * time (the greedy-by-size order of Pisarchyk and Lee 2020, "Efficient memory management for deep
 * neural net inference").
 */
#include <stdlib.h>

#include "core/memory.h"
#include "plan/plan.h"

static size_t value_floats(const anew_value *value)
{
    return anew_size_mul(anew_size_mul(value->row_floats, (size_t)value->blocks),
                         (size_t)value->rows);
}

/* With several bands every ring holds rows for the next one: all live all the time. */
static bool overlap_in_time(const anew_plan *plan, const anew_value *a, const anew_value *b)
{
    if (plan->band < plan->steps[plan->step_count - 1].height)
        return true;
    return a->first_step <= b->last_step && b->first_step <= a->last_step;
}

/* The lowest offset that is free of the `placed` first values of `order` during the value's life. */
static size_t lowest_offset(const anew_plan *plan, const int *order, int placed,
                            const anew_value *value)
{
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < placed; i++) {
            const anew_value *other = &plan->values[order[i]];
            const size_t end = anew_size_add(other->offset, value_floats(other));
            if (overlap_in_time(plan, value, other) && offset < end &&
                other->offset < anew_size_add(offset, value_floats(value))) {
                offset = end;
                moved = true;
            }
        }
    }
    return offset;
}

anew_status anew_plan_place(anew_plan *plan, anew_error *error)
{
    int *order = anew_alloc(anew_size_mul((size_t)plan->value_count, sizeof(int)));
    if (order == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
    for (int i = 0; i < plan->value_count; i++) {
        int at = i;
        const size_t floats = value_floats(&plan->values[i]);
        while (at > 0 && value_floats(&plan->values[order[at - 1]]) < floats) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    size_t total = 0;
    for (int i = 0; i < plan->value_count; i++) {
        anew_value *value = &plan->values[order[i]];
        value->offset = lowest_offset(plan, order, i, value);
        const size_t end = anew_size_add(value->offset, value_floats(value));
        if (total < end)
            total = end;
    }
    anew_free(order);
    plan->arena_floats = total;
    return ANEW_OK;
}
