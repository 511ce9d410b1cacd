/* step_rows.c - which rows of its operands, and of the picture, a step reads for given rows of its own. */
#include "plan/plan.h"

/* Rows of operand k (of its stored value, or of the picture) that rows `r` of the step read. */
static anew_row_range operand_rows(const anew_step *step, int k, anew_row_range r)
{
    const anew_operand *operand = &step->operands[k];
    switch (step->kind) {
    case ANEW_STEP_CONV: {
        const anew_conv_shape *shape = &step->packed->shape;
        const int pad = shape->kernel_height / 2 * shape->dilation;
        if (step->shuffle > 1) /* divisions are half of the cost here */
            r = (anew_row_range){r.first / step->shuffle, (r.last - 1) / step->shuffle + 1};
        const int first = r.first * shape->stride - pad + step->shift;
        const int last = (r.last - 1) * shape->stride + pad + step->shift + 1;
        r.first = first < 0 ? 0 : first;
        r.last = last > step->source_height ? step->source_height : last;
        break;
    }
    case ANEW_STEP_POOL: {
        const int first = r.first * step->stride - (step->kernel - 1) / 2 + step->shift;
        const int last = (r.last - 1) * step->stride + step->kernel / 2 + 1 + step->shift;
        return (anew_row_range){first < 0 ? 0 : first,
                                last > step->source_height ? step->source_height : last};
    }
    case ANEW_STEP_UPSAMPLE:
    case ANEW_STEP_SHUFFLE:
        return (anew_row_range){r.first / step->factor, (r.last - 1) / step->factor + 1};
    case ANEW_STEP_UNSHUFFLE:
    case ANEW_STEP_AVERAGE:
        return (anew_row_range){r.first * step->factor, r.last * step->factor};
    case ANEW_STEP_CROP:
        return (anew_row_range){r.first + step->shift, r.last + step->shift};
    case ANEW_STEP_WINDOWS: {
        const int first =
            anew_step_group_first(step, anew_step_group(step, r.first)) - step->overlap;
        const int last = anew_step_group_end(step, r.last) + step->overlap;
        return (anew_row_range){first < 0 ? 0 : first,
                                last > step->source_height ? step->source_height : last};
    }
    case ANEW_STEP_BILINEAR:
        return anew_bilinear_rows(r, step->source_height, step->height, operand->corners);
    case ANEW_STEP_NEAREST:
    case ANEW_STEP_ADAPTIVE:
        return anew_placed_rows(step, r);
    default:
        break;
    }
    if (anew_step_is_whole(step))
        return (anew_row_range){0, step->source_height};
    if (operand->bilinear)
        return anew_bilinear_rows(r, step->source_height / operand->enlarge, step->source_height,
                                  operand->corners);
    if (operand->enlarge > 1)
        return (anew_row_range){r.first / operand->enlarge, (r.last - 1) / operand->enlarge + 1};
    return (anew_row_range){r.first * operand->unshuffle, r.last * operand->unshuffle};
}

/* Rows of the picture that the writing of the output adds. */
static anew_row_range added_picture_rows(const anew_step *step, anew_row_range r)
{
    if (step->add_bilinear) {
        const int height = step->height * step->factor;
        return anew_bilinear_rows((anew_row_range){r.first * step->factor, r.last * step->factor},
                                  height / step->add_input, height, false);
    }
    return (anew_row_range){r.first * step->factor / step->add_input,
                            (r.last * step->factor - 1) / step->add_input + 1};
}

/* Every value that is read. */
#define ANY_VALUE (-2)

typedef struct reading {
    const anew_plan *plan;
    int only;
    void (*see)(void *context, int value, anew_row_range rows);
    void *context;
} reading;

/* A window's rows are those of the value that it is part of. */
static bool is_wanted(const reading *to, int value)
{
    if (to->only == ANY_VALUE)
        return true;
    if (value >= 0 && to->plan->values[value].source >= 0)
        value = to->plan->values[value].source;
    return value == to->only;
}

static void tell(const reading *to, int value, anew_row_range rows)
{
    if (value >= 0 && to->plan->values[value].source >= 0) {
        const int shift = to->plan->values[value].shift;
        rows = (anew_row_range){rows.first + shift, rows.last + shift};
        value = to->plan->values[value].source;
    }
    to->see(to->context, value, rows);
}

static void tell_reads(const reading *to, const anew_step *step, anew_row_range r)
{
    for (int k = 0; k < step->operand_count; k++)
        if (is_wanted(to, step->operands[k].value))
            tell(to, step->operands[k].value, operand_rows(step, k, r));
    for (int i = 0; i < step->epilogue_count; i++)
        if (step->epilogue[i].kind == ANEW_EPILOGUE_ADD && is_wanted(to, step->epilogue[i].value))
            tell(to, step->epilogue[i].value, r);
    for (int i = 0; i < step->tail_count; i++) {
        const int first = step->tail[i].first, second = step->tail[i].second;
        if (first >= 0 && is_wanted(to, first))
            tell(to, first, r);
        if (second >= 0 && is_wanted(to, second))
            tell(to, second, step->tail[i].spread ? (anew_row_range){0, 1} : r);
    }
    if (step->kind == ANEW_STEP_LOAD && is_wanted(to, -1))
        tell(to, -1, r);
    if (step->add_input > 0 && is_wanted(to, -1))
        tell(to, -1, added_picture_rows(step, r));
}

void anew_step_reads(const anew_plan *plan, const anew_step *step, anew_row_range r,
                     void (*see)(void *context, int value, anew_row_range rows), void *context)
{
    const reading to = {plan, ANY_VALUE, see, context};
    tell_reads(&to, step, r);
}

void anew_step_reads_of(const anew_plan *plan, const anew_step *step, int value, anew_row_range r,
                        void (*see)(void *context, int value, anew_row_range rows), void *context)
{
    const reading to = {plan, value, see, context};
    tell_reads(&to, step, r);
}
