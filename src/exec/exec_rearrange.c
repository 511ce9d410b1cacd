/*
 * exec_rearrange.c - the steps that are no convolution: element by element, or only moving values to
 * other places. In a fused plan few of them are left; in an unfused one every operation is here.
 *
 * Moves between arrangements of channels go through planar rows in the worker's scratch, so that two
 * kernels (blocks to planar, planar to blocks) serve them all.
 */
#include "exec/exec_rows.h"

typedef struct row_worker {
    const anew_run *run;
    const anew_step *step;
    float *planes;
    float **pointers;
} row_worker;

static void block_rows(const row_worker *w, float **rows, int value, int y)
{
    anew_block_rows(w->run, rows, value, y);
}

static void finish_row(const row_worker *w, int y)
{
    const anew_value *value = &w->run->plan->values[w->step->destination];
    for (int b = 0; b < value->blocks; b++)
        anew_clear_borders(anew_value_row(w->run, w->step->destination, b, y), value->width,
                           value->border);
}

static void map_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    const int blocks = w->run->plan->values[step->destination].blocks;
    float **sources = w->pointers, **destinations = sources + blocks,
          **added = sources + 2 * blocks;
    const anew_step_epilogue *from = &step->epilogue[0];
    block_rows(w, sources, step->operands[0].value, y);
    block_rows(w, destinations, step->destination, y);
    if (from->kind == ANEW_EPILOGUE_ADD)
        block_rows(w, added, from->value, y);
    const anew_epilogue epilogue = {from->kind, from->factor, from->slope,
                                    (const float *const *)added};
    const anew_map_row row = {.sources = (const float *const *)sources,
                              .destinations = destinations,
                              .blocks = blocks,
                              .x0 = 0,
                              .x1 = step->width,
                              .epilogue = &epilogue,
                              .epilogue_count = 1};
    w->run->rows->map(&row);
    finish_row(w, y);
}

static void pointwise_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    const anew_value *value = &w->run->plan->values[step->destination];
    float **sources = w->pointers, **seconds = sources + value->blocks,
          **destinations = sources + 2 * value->blocks;
    block_rows(w, sources, step->operands[0].value, y);
    if (step->operand_count > 1)
        block_rows(w, seconds, step->operands[1].value, y);
    block_rows(w, destinations, step->destination, y);
    w->run->rows->pointwise(&(anew_pointwise_row){.kind = step->function,
                                                  .sources = (const float *const *)sources,
                                                  .seconds = (const float *const *)seconds,
                                                  .destinations = destinations,
                                                  .channels = value->channels,
                                                  .width = step->width});
    finish_row(w, y);
}

/* Normalisation and softmax. */
static void channel_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    const anew_value *value = &w->run->plan->values[step->destination];
    float **sources = w->pointers, **destinations = sources + value->blocks;
    block_rows(w, sources, step->operands[0].value, y);
    block_rows(w, destinations, step->destination, y);
    const anew_channel_row row = {.sources = (const float *const *)sources,
                                  .destinations = destinations,
                                  .channels = value->channels,
                                  .width = step->width,
                                  .weight = step->packed->slope,
                                  .bias = step->packed->bias,
                                  .epsilon = step->epsilon};
    if (step->kind == ANEW_STEP_NORMALISE)
        w->run->rows->normalise(&row);
    else
        w->run->rows->softmax(&row);
    finish_row(w, y);
}

static void upsample_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    for (int b = 0; b < w->run->plan->values[step->destination].blocks; b++)
        w->run->rows->upsample_nearest(
            anew_value_row(w->run, step->destination, b, y),
            anew_value_row(w->run, step->operands[0].value, b, y / step->factor), step->width,
            step->factor);
    finish_row(w, y);
}

static void pool_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    const int pad = (step->kernel - 1) / 2 - step->shift;
    const int top = y * step->stride - pad;
    const int first = top < 0 ? 0 : top;
    const int end =
        top + step->kernel < step->source_height ? top + step->kernel : step->source_height;
    for (int b = 0; b < w->run->plan->values[step->destination].blocks; b++) {
        for (int i = first; i < end; i++)
            w->pointers[i - first] = anew_value_row(w->run, step->operands[0].value, b, i);
        w->run->rows->max_pool(
            &(anew_pool_row){.sources = (const float *const *)w->pointers,
                             .rows = end - first,
                             .destination = anew_value_row(w->run, step->destination, b, y),
                             .kernel = step->kernel,
                             .stride = step->stride,
                             .pad = pad,
                             .source_width = step->source_width,
                             .width = step->width});
    }
    finish_row(w, y);
}

/* Planar row pointers into scratch: plane i at planes + i * width. */
static void scratch_planes(const row_worker *w, int count, int width)
{
    for (int i = 0; i < count; i++)
        w->pointers[i] = w->planes + (size_t)i * (size_t)width;
}

/* Whether every part but the last has whole blocks, so that blocks stay as they are. */
static bool in_blocks(const anew_step *step)
{
    for (int k = 0; k + 1 < step->operand_count; k++)
        if (step->operands[k].channels % ANEW_BLOCK != 0)
            return false;
    return true;
}

static void concat_blocks(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    int block = 0;
    for (int k = 0; k < step->operand_count; k++)
        for (int b = 0; b * ANEW_BLOCK < step->operands[k].channels; b++)
            memcpy(anew_value_row(w->run, step->destination, block++, y),
                   anew_value_row(w->run, step->operands[k].value, b, y),
                   (size_t)step->width * ANEW_BLOCK * sizeof(float));
    finish_row(w, y);
}

static void concat_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    if (in_blocks(step)) {
        concat_blocks(w, y);
        return;
    }
    const int channels = w->run->plan->values[step->destination].channels;
    float **blocks = w->pointers + channels;
    int first = 0;
    scratch_planes(w, channels, step->width);
    for (int k = 0; k < step->operand_count; k++) {
        block_rows(w, blocks, step->operands[k].value, y);
        w->run->rows->blocks_to_planar(w->pointers + first, (const float *const *)blocks,
                                       step->operands[k].channels, 1, step->width, NULL, 1);
        first += step->operands[k].channels;
    }
    block_rows(w, blocks, step->destination, y);
    w->run->rows->planar_to_blocks(blocks, (const float *const *)w->pointers, channels, 1,
                                   step->width);
    finish_row(w, y);
}

/* y counts rows of the source; each makes `factor` rows of the destination. */
static void shuffle_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    const int channels = w->run->plan->values[step->destination].channels, r = step->factor;
    float **row_of_planes = w->pointers + channels * r;
    float **blocks = row_of_planes + channels;
    scratch_planes(w, channels * r, step->width);
    block_rows(w, blocks, step->operands[0].value, y);
    w->run->rows->blocks_to_planar(w->pointers, (const float *const *)blocks, channels, r,
                                   step->width / r, NULL, 1);
    for (int i = 0; i < r; i++) {
        for (int c = 0; c < channels; c++)
            row_of_planes[c] = w->pointers[c * r + i];
        block_rows(w, blocks, step->destination, y * r + i);
        w->run->rows->planar_to_blocks(blocks, (const float *const *)row_of_planes, channels, 1,
                                       step->width);
        finish_row(w, y * r + i);
    }
}

static void unshuffle_row(const row_worker *w, int y)
{
    const anew_step *step = w->step;
    const int channels = step->operands[0].channels, r = step->factor;
    float **row_of_planes = w->pointers + channels * r;
    float **blocks = row_of_planes + channels;
    scratch_planes(w, channels * r, step->width * r);
    for (int i = 0; i < r; i++) {
        for (int c = 0; c < channels; c++)
            row_of_planes[c] = w->pointers[c * r + i];
        block_rows(w, blocks, step->operands[0].value, y * r + i);
        w->run->rows->blocks_to_planar(row_of_planes, (const float *const *)blocks, channels, 1,
                                       step->width * r, NULL, 1);
    }
    block_rows(w, blocks, step->destination, y);
    w->run->rows->planar_to_blocks(blocks, (const float *const *)w->pointers, channels, r,
                                   step->width);
    finish_row(w, y);
}

static void load_row(const row_worker *w, int y)
{
    const int channels = w->run->plan->values[w->step->destination].channels;
    float **blocks = w->pointers + channels;
    for (int c = 0; c < channels; c++)
        w->pointers[c] = anew_input_row(w->run, c, y);
    block_rows(w, blocks, w->step->destination, y);
    w->run->rows->planar_to_blocks(blocks, (const float *const *)w->pointers, channels, 1,
                                   w->step->width);
    finish_row(w, y);
}

static void store_row(const row_worker *w, int y)
{
    const int channels = w->run->to->channels;
    float **blocks = w->pointers + channels;
    for (int c = 0; c < channels; c++)
        w->pointers[c] = anew_output_row(w->run, c, y);
    block_rows(w, blocks, w->step->operands[0].value, y);
    w->run->rows->blocks_to_planar(w->pointers, (const float *const *)blocks, channels, 1,
                                   w->step->width, NULL, 1);
}

void anew_rearrange_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    const row_worker w = {run, run->step, run->scratch + (size_t)worker * run->scratch_floats,
                          run->pointers + (size_t)worker * run->scratch_pointers};
    static void (*const row_functions[])(const row_worker *, int) = {
        [ANEW_STEP_MAP] = map_row,           [ANEW_STEP_POINTWISE] = pointwise_row,
        [ANEW_STEP_NORMALISE] = channel_row, [ANEW_STEP_SOFTMAX] = channel_row,
        [ANEW_STEP_CONCAT] = concat_row,     [ANEW_STEP_UPSAMPLE] = upsample_row,
        [ANEW_STEP_SHUFFLE] = shuffle_row,   [ANEW_STEP_UNSHUFFLE] = unshuffle_row,
        [ANEW_STEP_POOL] = pool_row,         [ANEW_STEP_LOAD] = load_row,
        [ANEW_STEP_STORE] = store_row,
    };
    /* A shuffle counts rows of its source, `unit` of its own. */
    const int base = run->first / run->step->unit;
    const bool kept = run->step->tail_count == 0 || anew_tail_is_single(run->step);
    for (int group = first; group < last; group++) {
        if (run->step->kind < ANEW_STEP_TAIL)
            row_functions[run->step->kind](&w, base + group);
        else
            anew_restore_row(run, base + group, w.planes, w.pointers, kept && group > first);
        if (run->step->tail_count > 0) {
            block_rows(&w, w.pointers, run->step->destination, base + group);
            anew_run_tail(run, w.pointers, w.planes, base + group, 0, run->step->width);
        }
        if (run->step->kind >= ANEW_STEP_TAIL)
            finish_row(&w, base + group);
    }
}
