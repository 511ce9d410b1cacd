/*
 * exec_whole.c - steps that read whole values, in phases with a meeting of the workers between them; and the rows of
 * the operations that restoration networks need beside them.
 *
 * Sums over a value are taken row by row, by whichever worker, and added up in the rows' order by one: the bits do not
 * depend on the number of threads.
 */
#include <math.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "exec/exec_rows.h"

static const anew_node *node_of(const anew_run *run)
{
    return anew_graph_node(run->plan->graph, run->step->head);
}

static const anew_packed *packed_of(const anew_run *run)
{
    return &run->plan->weights->nodes[run->step->head];
}

static int blocks_of(int channels)
{
    return (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
}

/* Row y of the destination's tail, and its borders. */
static void finish(const anew_run *run, int y, float *scratch, float **pointers)
{
    const anew_value *value = &run->plan->values[run->step->destination];
    anew_block_rows(run, pointers, run->step->destination, y);
    anew_run_tail(run, pointers, scratch, y, 0, run->step->width);
    for (int b = 0; b < value->blocks; b++)
        anew_clear_borders(pointers[b], value->width, value->border);
}

/* ---- single rows ------------------------------------------------------------------------------------ */

void anew_bilinear_row_of(const anew_run *run, float *destination, const anew_operand *operand,
                          int block, int y, int height, int width, float *scratch, bool placed)
{
    const anew_value *value = &run->plan->values[operand->value];
    const int last = value->height - 1;
    float *weights = scratch + (size_t)value->width * ANEW_BLOCK;
    int32_t *first = (int32_t *)(void *)(weights + width);
    int above;
    anew_bilinear_row row = {.destination = destination,
                             .between = scratch,
                             .first = first,
                             .weights = weights,
                             .source_width = value->width,
                             .width = width};
    anew_bilinear_source(&above, &row.weight, y, value->height, height, operand->corners);
    row.above = anew_value_row(run, operand->value, block, above);
    row.below = anew_value_row(run, operand->value, block, above < last ? above + 1 : last);
    if (!placed)
        anew_bilinear_sources(first, weights, value->width, width, operand->corners);
    run->wholes->bilinear(&row);
}

static void nearest_row(const anew_run *run, int block, int y, float *scratch, bool placed)
{
    const anew_step *step = run->step;
    const anew_value *from = &run->plan->values[step->operands[0].value];
    const int row = anew_nearest_source(y, from->height, step->height);
    int32_t *places = (int32_t *)(void *)scratch;
    if (!placed)
        anew_nearest_sources(places, from->width, step->width);
    run->wholes->take_pixels(anew_value_row(run, step->destination, block, y),
                             anew_value_row(run, step->operands[0].value, block, row), places,
                             step->width);
}

/* By the pooling of equal windows: all of a row's at once where they are equal, else one by one. */
static void adaptive_row(const anew_run *run, int block, int y, float **pointers)
{
    const anew_step *step = run->step;
    const anew_value *from = &run->plan->values[step->operands[0].value];
    const anew_row_range rows = anew_adaptive_window(y, from->height, step->height);
    float *destination = anew_value_row(run, step->destination, block, y);
    const bool equal = from->width % step->width == 0;
    for (int x = 0; x < (equal ? 1 : step->width); x++) {
        const anew_row_range window = anew_adaptive_window(x, from->width, step->width);
        const int wide = window.last - window.first;
        for (int i = rows.first; i < rows.last; i++)
            pointers[i - rows.first] = anew_value_row(run, step->operands[0].value, block, i) +
                                       (size_t)window.first * ANEW_BLOCK;
        run->rows->max_pool(&(anew_pool_row){.sources = (const float *const *)pointers,
                                             .rows = rows.last - rows.first,
                                             .destination = destination + (size_t)x * ANEW_BLOCK,
                                             .kernel = wide,
                                             .stride = wide,
                                             .source_width = equal ? from->width : wide,
                                             .width = equal ? step->width : 1});
    }
}

static void slice_row(const anew_run *run, int y, float **pointers)
{
    const anew_step *step = run->step;
    const int channels = node_of(run)->channels, first = node_of(run)->first;
    const size_t bytes = (size_t)step->width * ANEW_BLOCK * sizeof(float);
    float **sources = pointers + blocks_of(channels);
    anew_block_rows(run, pointers, step->destination, y);
    anew_block_rows(run, sources, step->operands[0].value, y);
    for (int b = 0; b < blocks_of(channels); b++) {
        const int lanes = channels - b * ANEW_BLOCK;
        if (first % ANEW_BLOCK == 0 && lanes >= ANEW_BLOCK) {
            memcpy(pointers[b], sources[first / ANEW_BLOCK + b], bytes);
            continue;
        }
        const int wanted = lanes < ANEW_BLOCK ? lanes : ANEW_BLOCK;
        const int from = first + b * ANEW_BLOCK, o = from % ANEW_BLOCK;
        const int head = wanted < ANEW_BLOCK - o ? wanted : ANEW_BLOCK - o;
        const float *a = sources[from / ANEW_BLOCK];
        run->wholes->take_lanes(pointers[b], a, head < wanted ? sources[from / ANEW_BLOCK + 1] : a,
                                o, head, wanted, step->width);
    }
}

static void codebook_row(const anew_run *run, int y, float **pointers)
{
    const anew_step *step = run->step;
    const int codes = step->operands[0].channels, channels = node_of(run)->channels;
    float **sources = pointers + blocks_of(channels);
    anew_block_rows(run, pointers, step->destination, y);
    anew_block_rows(run, sources, step->operands[0].value, y);
    for (int x = 0; x < step->width; x++) {
        int best = 0;
        float largest = sources[0][x * ANEW_BLOCK];
        for (int k = 1; k < codes; k++) {
            const float v = sources[k / ANEW_BLOCK][x * ANEW_BLOCK + k % ANEW_BLOCK];
            best = largest < v ? k : best;
            largest = largest < v ? v : largest;
        }
        const float *code = packed_of(run)->numbers + (size_t)best * (size_t)channels;
        for (int c = 0; c < blocks_of(channels) * ANEW_BLOCK; c++)
            pointers[c / ANEW_BLOCK][x * ANEW_BLOCK + c % ANEW_BLOCK] =
                c < channels ? code[c] : 0.0f;
    }
}

static void constant_row(const anew_run *run, int y, float **pointers)
{
    const anew_step *step = run->step;
    const int channels = node_of(run)->channels;
    const size_t width = (size_t)step->width, plane = width * (size_t)step->height;
    const float *numbers = packed_of(run)->numbers + (size_t)y * width;
    anew_block_rows(run, pointers, step->destination, y);
    for (int c = 0; c < blocks_of(channels) * ANEW_BLOCK; c++)
        for (size_t x = 0; x < width; x++)
            pointers[c / ANEW_BLOCK][x * ANEW_BLOCK + (size_t)(c % ANEW_BLOCK)] =
                c < channels ? numbers[(size_t)c * plane + x] : 0.0f;
}

static void demodulation_row(const anew_run *run, float **pointers)
{
    const anew_step *step = run->step;
    const int in = step->operands[0].channels, out = node_of(run)->channels;
    float **sources = pointers + blocks_of(out);
    anew_block_rows(run, pointers, step->destination, 0);
    anew_block_rows(run, sources, step->operands[0].value, 0);
    for (int o = 0; o < blocks_of(out) * ANEW_BLOCK; o++) {
        const float *squares = packed_of(run)->numbers + (size_t)o * (size_t)in;
        double lanes[ANEW_BLOCK] = {0};
        for (int i = 0; o < out && i < in; i++) {
            const double v = (double)sources[i / ANEW_BLOCK][i % ANEW_BLOCK];
            lanes[i % ANEW_BLOCK] += v * v * (double)squares[i];
        }
        for (int half = ANEW_BLOCK / 2; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        pointers[o / ANEW_BLOCK][o % ANEW_BLOCK] =
            o < out ? (float)(1.0 / sqrt(lanes[0] + step->epsilon)) : 0.0f;
    }
}

void anew_restore_row(const anew_run *run, int y, float *scratch, float **pointers, bool again)
{
    const anew_step *step = run->step;
    const int blocks = run->plan->values[step->destination].blocks;
    switch (step->kind) {
    case ANEW_STEP_BILINEAR:
        for (int b = 0; b < blocks; b++)
            anew_bilinear_row_of(run, anew_value_row(run, step->destination, b, y),
                                 &step->operands[0], b, y, step->height, step->width, scratch,
                                 again || b > 0);
        break;
    case ANEW_STEP_NEAREST:
        for (int b = 0; b < blocks; b++)
            nearest_row(run, b, y, scratch, again || b > 0);
        break;
    case ANEW_STEP_ADAPTIVE:
        for (int b = 0; b < blocks; b++)
            adaptive_row(run, b, y, pointers);
        break;
    case ANEW_STEP_AVERAGE:
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < step->factor; i++)
                pointers[i] = anew_value_row(run, step->operands[0].value, b, y * step->factor + i);
            run->wholes->average(anew_value_row(run, step->destination, b, y),
                                 (const float *const *)pointers, step->factor, step->width);
        }
        break;
    case ANEW_STEP_SLICE:
        slice_row(run, y, pointers);
        break;
    case ANEW_STEP_CROP:
        for (int b = 0; b < blocks; b++)
            memcpy(anew_value_row(run, step->destination, b, y),
                   anew_value_row(run, step->operands[0].value, b, y + step->shift) +
                       (size_t)step->shift * ANEW_BLOCK,
                   (size_t)step->width * ANEW_BLOCK * sizeof(float));
        break;
    case ANEW_STEP_CODEBOOK:
        codebook_row(run, y, pointers);
        break;
    case ANEW_STEP_CONSTANT:
        constant_row(run, y, pointers);
        break;
    case ANEW_STEP_DEMODULATION:
        demodulation_row(run, pointers);
        break;
    default: /* a tail alone */
        break;
    }
}

/* ---- sums over a value ------------------------------------------------------------------------------- */

/* Of operand k, row y and block b: [32] in double. */
static double *row_sums(const anew_run *run, int k, int y, int b)
{
    const int blocks = blocks_of(run->step->operands[0].channels);
    const size_t row = (size_t)k * (size_t)run->step->source_height + (size_t)y;
    return (double *)(void *)run->whole + (row * (size_t)blocks + (size_t)b) * 2 * ANEW_BLOCK;
}

/* [2][blocks * 16], behind the sums. */
static float *factors_of(const anew_run *run)
{
    return (float *)(void *)row_sums(run, run->step->operand_count, 0, 0);
}

static void sum_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    (void)worker;
    for (int k = 0; k < run->step->operand_count; k++) {
        const int blocks = blocks_of(run->step->operands[k].channels);
        for (int y = first; y < last; y++)
            for (int b = 0; b < blocks; b++)
                run->wholes->sums(row_sums(run, k, y, b),
                                  anew_value_row(run, run->step->operands[k].value, b, y),
                                  run->step->source_width);
    }
}

typedef struct channel_sums {
    double sum, squares;
} channel_sums;

static channel_sums sums_of(const anew_run *run, int k, int channel)
{
    channel_sums s = {0, 0};
    for (int y = 0; y < run->step->source_height; y++) {
        const double *row = row_sums(run, k, y, channel / ANEW_BLOCK) + channel % ANEW_BLOCK;
        s.sum += row[0];
        s.squares += row[ANEW_BLOCK];
    }
    return s;
}

static double count_of(const anew_run *run)
{
    return (double)run->step->source_height * (double)run->step->source_width;
}

static void find_mean(const anew_run *run)
{
    const int channels = node_of(run)->channels;
    for (int c = 0; c < blocks_of(channels) * ANEW_BLOCK; c++)
        anew_value_row(run, run->step->destination, c / ANEW_BLOCK, 0)[c % ANEW_BLOCK] =
            c < channels ? (float)(sums_of(run, 0, c).sum / count_of(run)) : 0.0f;
}

static void find_group_factors(const anew_run *run)
{
    const anew_node *node = node_of(run);
    const anew_packed *packed = packed_of(run);
    const int each = node->channels / node->groups, lanes = blocks_of(node->channels) * ANEW_BLOCK;
    const double n = count_of(run) * each;
    float *factors = factors_of(run), *offsets = factors + lanes;
    memset(factors, 0, 2 * (size_t)lanes * sizeof *factors);
    for (int g = 0; g < node->groups; g++) {
        double sum = 0, squares = 0;
        for (int c = g * each; c < (g + 1) * each; c++) {
            const channel_sums s = sums_of(run, 0, c);
            sum += s.sum;
            squares += s.squares;
        }
        const double mean = sum / n, variance = squares / n - mean * mean;
        const double root = sqrt((variance > 0 ? variance : 0) + run->step->epsilon);
        for (int c = g * each; c < (g + 1) * each; c++) {
            const double f = (double)packed->slope[c] / root;
            factors[c] = (float)f;
            offsets[c] = (float)((double)packed->bias[c] - mean * f);
        }
    }
}

static double deviation_of(const channel_sums *s, double count, double epsilon)
{
    const double squares = s->squares - s->sum * (s->sum / count);
    return sqrt((squares > 0 ? squares : 0) / (count > 1 ? count - 1 : 1) + epsilon);
}

static void find_adain_factors(const anew_run *run)
{
    const int channels = node_of(run)->channels, lanes = blocks_of(channels) * ANEW_BLOCK;
    const double count = count_of(run);
    float *factors = factors_of(run), *offsets = factors + lanes;
    memset(factors, 0, 2 * (size_t)lanes * sizeof *factors);
    for (int c = 0; c < channels; c++) {
        const channel_sums a = sums_of(run, 0, c), b = sums_of(run, 1, c);
        const double f = deviation_of(&b, count, run->step->epsilon) /
                         deviation_of(&a, count, run->step->epsilon);
        factors[c] = (float)f;
        offsets[c] = (float)(b.sum / count - a.sum / count * f);
    }
}

static void apply_factors(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    const anew_step *step = run->step;
    const int blocks = blocks_of(node_of(run)->channels);
    const float *factors = factors_of(run), *offsets = factors + blocks * ANEW_BLOCK;
    for (int y = first; y < last; y++) {
        for (int b = 0; b < blocks; b++)
            run->wholes->affine(anew_value_row(run, step->destination, b, y),
                                anew_value_row(run, step->operands[0].value, b, y),
                                factors + b * ANEW_BLOCK, offsets + b * ANEW_BLOCK, step->width);
        finish(run, y, run->scratch + (size_t)worker * run->scratch_floats,
               run->pointers + (size_t)worker * run->scratch_pointers);
    }
}

/* ---- attention ----------------------------------------------------------------------------------------- */

static size_t padded_pixels(const anew_run *run)
{
    return anew_size_round_up((size_t)run->step->source_height * (size_t)run->step->source_width,
                              ANEW_BLOCK);
}

static float *keys_of(const anew_run *run)
{
    return run->whole;
}

static float *values_of(const anew_run *run)
{
    const size_t channels = (size_t)blocks_of(node_of(run)->channels) * ANEW_BLOCK;
    return run->whole + channels * padded_pixels(run);
}

/* Keys as [channel][pixel], values as [block][pixel][16]. */
static void gather_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    const anew_step *step = run->step;
    const int channels = node_of(run)->channels;
    const size_t width = (size_t)step->source_width, padded = padded_pixels(run);
    const size_t pixels = (size_t)step->source_height * width;
    (void)worker;
    for (int y = first; y < last; y++)
        for (int b = 0; b < blocks_of(channels); b++) {
            const float *key = anew_value_row(run, step->operands[1].value, b, y);
            const int left = channels - b * ANEW_BLOCK;
            float *to = keys_of(run) + (size_t)b * ANEW_BLOCK * padded + (size_t)y * width;
            for (int lane = 0; lane < ANEW_BLOCK && lane < left; lane++)
                for (size_t x = 0; x < width; x++)
                    to[(size_t)lane * padded + x] = key[x * ANEW_BLOCK + (size_t)lane];
            memcpy(values_of(run) + ((size_t)b * pixels + (size_t)y * width) * ANEW_BLOCK,
                   anew_value_row(run, step->operands[2].value, b, y),
                   width * ANEW_BLOCK * sizeof(float));
        }
}

static void clear_padding(const anew_run *run)
{
    const size_t pixels = (size_t)run->step->source_height * (size_t)run->step->source_width;
    const size_t padded = padded_pixels(run);
    for (int c = 0; c < node_of(run)->channels; c++)
        memset(keys_of(run) + (size_t)c * padded + pixels, 0, (padded - pixels) * sizeof(float));
}

static void attend_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    const anew_step *step = run->step;
    const anew_node *node = node_of(run);
    const int channels = node->channels, blocks = blocks_of(channels);
    float *queries = run->scratch + (size_t)worker * run->scratch_floats;
    float **pointers = run->pointers + (size_t)worker * run->scratch_pointers;
    for (int y = first; y < last; y++) {
        for (int b = 0; b < blocks; b++) {
            const float *query = anew_value_row(run, step->operands[0].value, b, y);
            pointers[b] = anew_value_row(run, step->destination, b, y);
            for (int x = 0; x < step->width; x++)
                for (int lane = 0; lane < ANEW_BLOCK && b * ANEW_BLOCK + lane < channels; lane++)
                    queries[x * channels + b * ANEW_BLOCK + lane] = query[x * ANEW_BLOCK + lane];
        }
        const anew_attention_row row = {.queries = queries,
                                        .keys = keys_of(run),
                                        .values = values_of(run),
                                        .scores = queries + (size_t)step->width * (size_t)channels,
                                        .destinations = pointers,
                                        .width = step->width,
                                        .channels = channels,
                                        .heads = node->heads,
                                        .pixels = step->source_height * step->source_width,
                                        .padded = (int)padded_pixels(run)};
        run->wholes->attend(&row);
        finish(run, y, queries, pointers);
    }
}

/* ---- whole steps ----------------------------------------------------------------------------------------- */

static void flatten(const anew_run *run)
{
    const anew_step *step = run->step;
    const int plane = step->source_height * step->source_width, width = step->source_width;
    const int channels = node_of(run)->channels;
    for (int i = 0; i < blocks_of(channels) * ANEW_BLOCK; i++) {
        const int c = i / plane, y = i % plane / width, x = i % width;
        anew_value_row(run, step->destination, i / ANEW_BLOCK, 0)[i % ANEW_BLOCK] =
            i < channels ? anew_value_row(run, step->operands[0].value, c / ANEW_BLOCK,
                                          y)[x * ANEW_BLOCK + c % ANEW_BLOCK]
                         : 0.0f;
    }
}

void anew_run_whole(anew_run *run, int threads)
{
    const anew_step *step = run->step;
    const bool sums = step->kind == ANEW_STEP_GLOBAL_MEAN || step->kind == ANEW_STEP_GROUP_NORM ||
                      step->kind == ANEW_STEP_ADAIN;
    if (sums)
        anew_parallel_for(threads, step->source_height, 1, sum_rows, run);
    switch (step->kind) {
    case ANEW_STEP_FLATTEN:
        flatten(run);
        finish(run, 0, run->scratch, run->pointers);
        break;
    case ANEW_STEP_GLOBAL_MEAN:
        find_mean(run);
        finish(run, 0, run->scratch, run->pointers);
        break;
    case ANEW_STEP_ATTENTION:
        clear_padding(run);
        anew_parallel_for(threads, step->source_height, 1, gather_rows, run);
        anew_parallel_for(threads, step->height, 1, attend_rows, run);
        break;
    default:
        if (step->kind == ANEW_STEP_GROUP_NORM)
            find_group_factors(run);
        else
            find_adain_factors(run);
        anew_parallel_for(threads, step->height, 1, apply_factors, run);
        break;
    }
}
