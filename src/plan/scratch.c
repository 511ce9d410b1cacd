/* scratch.c - floats and pointers that one worker needs for its rows of a step. */
#include "core/memory.h"
#include "plan/plan.h"

static int blocks_of(int channels)
{
    return (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* One row more, for what stands for all pixels. */
static size_t tail_floats(const anew_step *step)
{
    return (size_t)(step->tail_rows + 1) * ANEW_TAIL_PIECE * ANEW_BLOCK;
}

size_t anew_added_floats(const anew_plan *plan, const anew_step *step)
{
    const anew_plan_output *to = &plan->outputs[step->output];
    const size_t rows = (size_t)to->channels * (size_t)step->factor, width = (size_t)to->width;
    return (rows + 3) * width + (size_t)plan->width + 1;
}

/* Floats and pointers that one worker needs for its rows of a convolution. */
static void count_conv_scratch(anew_plan *plan, const anew_step *step)
{
    const anew_conv_kernel *kernel = step->packed->kernel;
    const anew_conv_shape *shape = &step->packed->shape;
    const size_t width = (size_t)step->width, rows = (size_t)kernel->rows;
    const size_t source_rows = rows - 1 + (size_t)shape->kernel_height;
    const size_t out_blocks = (size_t)blocks_of(shape->out_channels);
    const size_t padded = (size_t)step->source_width + 2 * (size_t)step->border;
    /* Rows that a view keeps: those between the first and the last one of a call, too. */
    const size_t kept = (source_rows - 1) * (size_t)shape->dilation + 1;
    size_t floats = kernel->scratch_floats(shape) + tail_floats(step), source_blocks = 0;
    for (int i = 0; i < step->operand_count; i++) {
        const anew_operand *operand = &step->operands[i];
        const size_t blocks = (size_t)blocks_of(operand->channels);
        source_blocks += blocks;
        if (operand->bilinear)
            floats += (padded / (size_t)operand->enlarge + 1) * ANEW_BLOCK + 2 * padded;
        if (anew_operand_is_made(operand))
            floats += kept * blocks * padded * ANEW_BLOCK;
    }
    if (step->destination < 0 || step->shuffle > 1)
        floats += rows * out_blocks * width * ANEW_BLOCK;
    if (step->shuffle > 1) /* a row as planes */
        floats += (size_t)shape->out_channels * width;
    if (step->add_bilinear)
        floats += anew_added_floats(plan, step);
    plan->zero_floats = larger(plan->zero_floats, padded * ANEW_BLOCK);
    plan->scratch_floats = larger(plan->scratch_floats, floats);
    plan->scratch_pointers =
        larger(plan->scratch_pointers,
               source_blocks * source_rows + rows * out_blocks * (1 + ANEW_MAX_EPILOGUE) +
                   (step->shuffle > 1 ? 3 * (size_t)shape->out_channels : 0));
}

/* The same for the other steps: planar rows on the way between two arrangements of channels. */
static void count_scratch(anew_plan *plan, const anew_step *step)
{
    size_t planes = 0, plane_width = (size_t)step->width, channels = 0;
    for (int i = 0; i < step->operand_count; i++)
        channels += (size_t)step->operands[i].channels;
    if (step->destination >= 0)
        channels = larger(channels, (size_t)plan->values[step->destination].channels);
    if (step->kind == ANEW_STEP_CONCAT || step->kind == ANEW_STEP_LOAD ||
        step->kind == ANEW_STEP_STORE) {
        planes = channels;
    } else if (step->kind == ANEW_STEP_SHUFFLE) {
        planes = channels / (size_t)step->factor;
    } else if (step->kind == ANEW_STEP_UNSHUFFLE) {
        planes = channels / (size_t)step->factor;
        plane_width *= (size_t)step->factor;
    }
    plan->scratch_floats = larger(plan->scratch_floats, planes * plane_width);
    plan->scratch_floats = larger(plan->scratch_floats, tail_floats(step));
    plan->scratch_pointers =
        larger(plan->scratch_pointers,
               2 * planes + channels + 4 * (size_t)blocks_of((int)channels) + (size_t)step->kernel);
    anew_whole_scratch(plan, step);
}

void anew_step_scratch(anew_plan *plan, const anew_step *step)
{
    if (step->kind == ANEW_STEP_CONV)
        count_conv_scratch(plan, step);
    else
        count_scratch(plan, step);
}
