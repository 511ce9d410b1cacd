/*
 * bands.c - the band pass: which rows each step computes for the next band of output. How many rows of each value are
 * kept for that is arena.c's matter.
 *
 * A step is what fusing has left (plan.h): a convolution with its epilogue, or another operation by itself. What
 * it gives is a value, and of a value only some rows are in memory at a time, the ring.
 *
 * A band is asked for at the output, of several outputs at each one in proportion to its height; from there the demand is walked back through the steps: a 3x3
 * convolution that must have rows up to y needs its source up to y + 1, an enlargement by 2 needs half
 * as many, and so on. Each step then computes the rows from where it stopped to what is demanded.
 * Nothing is computed twice, whatever the band's height, and a deep network simply runs its first
 * layers further ahead.
 *
 * The first bands only fill the pipeline: no step computes more than a band's worth at a time, even where
 * a later one asks for more, so that the rings need not hold the whole way ahead at once.
 */
#include <assert.h>

#include "plan/plan.h"

static int round_up(int value, int unit)
{
    return (value + unit - 1) / unit * unit;
}

int anew_step_group(const anew_step *step, int y)
{
    return (y + step->before) / step->unit;
}

int anew_step_group_first(const anew_step *step, int group)
{
    const int y = group * step->unit - step->before;
    return y < 0 ? 0 : y > step->height ? step->height : y;
}

int anew_step_group_end(const anew_step *step, int rows)
{
    return rows <= 0 ? 0 : anew_step_group_first(step, anew_step_group(step, rows - 1) + 1);
}

/* ---- one band -------------------------------------------------------------------------------------- */

typedef struct demand {
    const anew_plan *plan;
    anew_progress *progress;
} demand;

static void ask(void *context, int value, anew_row_range rows)
{
    const demand *d = context;
    int *next = value < 0 ? &d->progress->fetch_next
                          : &d->progress->next[d->plan->values[value].first_step];
    if (*next < rows.last)
        *next = rows.last;
}

/* How many rows of operand k's consumer can be computed when `available` rows of the value are there. */
static int rows_possible(const anew_step *step, int k, int available)
{
    switch (step->kind) {
    case ANEW_STEP_CONV: {
        const anew_conv_shape *shape = &step->packed->shape;
        const anew_operand *operand = &step->operands[k];
        available = operand->bilinear
                        ? anew_bilinear_possible(available, step->source_height / operand->enlarge,
                                                 step->source_height, operand->corners)
                        : available * operand->enlarge;
        available -= shape->kernel_height / 2 * shape->dilation + step->shift;
        return available <= 0 ? 0 : ((available - 1) / shape->stride + 1) * step->shuffle;
    }
    case ANEW_STEP_POOL:
        available -= step->kernel / 2 + step->shift;
        return available <= 0 ? 0 : (available - 1) / step->stride + 1;
    case ANEW_STEP_UPSAMPLE:
    case ANEW_STEP_SHUFFLE:
        return available * step->factor;
    case ANEW_STEP_UNSHUFFLE:
    case ANEW_STEP_AVERAGE:
        return available / step->factor;
    case ANEW_STEP_CROP:
        return available < step->shift ? 0 : available - step->shift;
    case ANEW_STEP_WINDOWS:
        return available < step->overlap ? 0 : available - step->overlap;
    case ANEW_STEP_BILINEAR:
        return anew_bilinear_possible(available, step->source_height, step->height,
                                      step->operands[k].corners);
    case ANEW_STEP_NEAREST:
    case ANEW_STEP_ADAPTIVE:
        return anew_placed_possible(step, available);
    default:
        return anew_step_is_whole(step) ? 0 : available;
    }
}

/* Rows that there are of a value, or of a window. */
static int rows_there(const anew_plan *plan, const int *next, int value)
{
    const anew_value *v = &plan->values[value];
    if (v->source < 0)
        return next[v->first_step];
    const int rows = next[plan->values[v->source].first_step] - v->shift;
    return rows < 0 ? 0 : rows < v->height ? rows : v->height;
}

/* The most rows that the step can have after this band, given what its sources will have. */
static int possible(const anew_plan *plan, const anew_step *step, const int *next)
{
    int most = step->height;
    for (int k = 0; k < step->operand_count; k++) {
        if (step->operands[k].value < 0)
            continue; /* the picture is there */
        const anew_value *value = &plan->values[step->operands[k].value];
        const int available = rows_there(plan, next, step->operands[k].value);
        const int rows =
            available == value->height ? step->height : rows_possible(step, k, available);
        most = rows < most ? rows : most;
    }
    for (int i = 0; i < step->epilogue_count; i++) {
        if (step->epilogue[i].kind == ANEW_EPILOGUE_ADD) {
            const int available = rows_there(plan, next, step->epilogue[i].value);
            most = available < most ? available : most;
        }
    }
    for (int i = 0; i < step->tail_count; i++) {
        const int rows[] = {step->tail[i].first, step->tail[i].second};
        for (int k = 0; k < 2; k++) {
            const bool there = rows[k] < 0 || (k == 1 && step->tail[i].spread &&
                                               rows_there(plan, next, rows[k]) > 0);
            const int available = there ? most : rows_there(plan, next, rows[k]);
            most = available < most ? available : most;
        }
    }
    return most;
}

/* Rows of a step in one band of the last one's. */
static int rows_of_band(const anew_plan *plan, const anew_step *step)
{
    const int height = plan->steps[plan->step_count - 1].height;
    return (int)(((int64_t)plan->band * step->height + height - 1) / height);
}

static bool is_finished(const anew_plan *plan, const anew_progress *progress)
{
    for (int i = 0; i < plan->output_count; i++)
        if (progress->next[plan->outputs[i].step] < plan->steps[plan->outputs[i].step].height)
            return false;
    return true;
}

bool anew_bands_next(const anew_plan *plan, anew_progress *progress)
{
    const int last = plan->step_count - 1;
    if (is_finished(plan, progress))
        return false;
    for (int i = 0; i < plan->step_count; i++)
        progress->done[i] = progress->next[i];
    progress->fetched = progress->fetch_next;

    /* What is asked for, from the outputs back. */
    for (int i = 0; i < plan->output_count; i++)
        progress->next[plan->outputs[i].step] +=
            rows_of_band(plan, &plan->steps[plan->outputs[i].step]);
    demand d = {plan, progress};
    for (int i = last; i >= 0; i--) {
        const anew_step *step = &plan->steps[i];
        progress->next[i] = anew_step_group_end(step, progress->next[i]);
        if (progress->next[i] > progress->done[i])
            anew_step_reads(plan, step, (anew_row_range){progress->done[i], progress->next[i]}, ask,
                            &d);
    }
    /* What is done of it, from the picture on. */
    progress->fetch_next = progress->fetched;
    bool moved = false;
    for (int i = 0; i <= last; i++) {
        const anew_step *step = &plan->steps[i];
        const int most = round_up(rows_of_band(plan, step), step->unit);
        int next = possible(plan, step, progress->next);
        if (next > progress->done[i] + most)
            next = progress->done[i] + most;
        if (next < step->height)
            next = anew_step_group_first(step, anew_step_group(step, next));
        if (progress->next[i] > next)
            progress->next[i] = next < progress->done[i] ? progress->done[i] : next;
        moved |= progress->next[i] > progress->done[i];
    }
    for (int i = 0; i < plan->picture_reader_count; i++) {
        const int s = plan->readers[plan->first_picture_reader + i];
        if (progress->next[s] > progress->done[s])
            anew_step_reads_of(plan, &plan->steps[s], -1,
                               (anew_row_range){progress->done[s], progress->next[s]}, ask, &d);
    }
    assert(moved); /* the first step that is asked for anything can always go on */
    return moved;
}

int anew_step_output_factor(const anew_step *step)
{
    return step->kind == ANEW_STEP_CONV ? step->factor : 1;
}
