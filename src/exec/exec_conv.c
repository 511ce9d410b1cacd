/*
 * exec_conv.c - the rows of a convolution: collects pointers to the source rows, has the kernel run over
 * pieces of the row, and writes the planar output where the step ends the network.
 *
 * Source rows lie in the arena, in the shared row of zeros above and below the picture, or in a row of
 * the worker's own scratch where the source is looked at through a view (nearest enlargement, the planar
 * picture); such a row is made once and kept while the output rows that need it pass by.
 */
#include <string.h>

#include "core/memory.h"
#include "exec/exec_rows.h"

/* The rows that a kernel reaches over are fewer (graph.c); a Winograd tile needs 6. */
#define MOST_SLOTS 64

/* Where a worker keeps the rows that it made for one viewed operand. */
typedef struct view_cache {
    float *rows;          /* [slots][blocks][padded width][16] */
    int slots;            /* from the first source row of a kernel call to the last */
    int held[MOST_SLOTS]; /* [slots]: the source row in the slot, or -1 */
} view_cache;

typedef struct conv_worker {
    const anew_run *run;
    const anew_step *step;
    const anew_row_kernels *rows;
    view_cache *views;     /* [operands]; of those that are made */
    int source_rows;       /* of one kernel call */
    const float **sources; /* [source blocks][source rows] */
    float **destinations;  /* [rows][out blocks] */
    float **added;         /* [epilogues][rows][out blocks] */
    float *output_rows; /* [rows][out blocks][width][16], where the step writes the planar output */
    float *kernel_scratch;
    float *tail_scratch;
    float *bilinear_scratch;
    float *added_rows; /* [output channels * factor][width of the output], with add_bilinear */
    float
        *added_weights; /* [2][width]: of the left and the right pixel; then a row of the picture */
    int32_t *added_first;   /* [width]: the left pixel */
    float *planes;          /* [out channels][width]: a row on its way through the shuffle */
    float **plane_pointers; /* [3 * out channels] */
    anew_conv_row row;      /* for the kernel: what is alike for all rows */
    anew_epilogue epilogue[ANEW_MAX_EPILOGUE];
    int channels[ANEW_MAX_SOURCE_BLOCKS];
    int pieces; /* of a row */
} conv_worker;

/* Pixels that the kernel reaches past the picture's edge. */
static int reach_of(const anew_step *step)
{
    return step->packed->shape.kernel_height / 2 * step->packed->shape.dilation;
}

/* A row's borders where they are not zeros. */
static void fill_borders(float *row, anew_edge edge, int width, int reach)
{
    for (int i = 1; i <= reach; i++) {
        memcpy(row - i * ANEW_BLOCK, row + anew_edge_pixel(edge, -i, width) * ANEW_BLOCK,
               ANEW_BLOCK * sizeof(float));
        memcpy(row + (width - 1 + i) * ANEW_BLOCK,
               row + anew_edge_pixel(edge, width - 1 + i, width) * ANEW_BLOCK,
               ANEW_BLOCK * sizeof(float));
    }
}

/* Row `y` of a viewed operand, as blocks with the kernel's border; made unless the worker has it. */
static const float *viewed_row(conv_worker *w, int index, int y)
{
    const int border = w->step->border;
    const anew_operand *operand = &w->step->operands[index];
    view_cache *view = &w->views[index];
    const int blocks = (operand->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int width = w->step->source_width;
    const size_t row_floats = ((size_t)width + 2 * (size_t)border) * ANEW_BLOCK;
    const int slot = y % view->slots;
    float *row = view->rows + (size_t)slot * (size_t)blocks * row_floats;
    if (view->held[slot] == y)
        return row;
    view->held[slot] = y;
    float *blocks_of_row[ANEW_MAX_SOURCE_BLOCKS];
    for (int b = 0; b < blocks; b++) {
        blocks_of_row[b] = row + (size_t)b * row_floats + (size_t)border * ANEW_BLOCK;
        anew_clear_borders(blocks_of_row[b], width, border);
    }
    if (operand->value < 0) {
        const int r = operand->unshuffle, channels = operand->channels / (r * r);
        const float *planes[ANEW_MAX_SOURCE_BLOCKS];
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < r; i++)
                planes[c * r + i] = anew_input_row(w->run, c, y * r + i);
        w->rows->planar_to_blocks(blocks_of_row, planes, channels, r, width);
    } else if (operand->bilinear) {
        for (int b = 0; b < blocks; b++)
            anew_bilinear_row_of(w->run, blocks_of_row[b], operand, b, y, w->step->source_height,
                                 width, w->bilinear_scratch, b > 0);
    } else {
        for (int b = 0; b < blocks; b++)
            w->rows->upsample_nearest(
                blocks_of_row[b], anew_value_row(w->run, operand->value, b, y / operand->enlarge),
                width, operand->enlarge);
    }
    for (int b = 0; operand->edge != ANEW_EDGE_ZEROS && b < blocks; b++)
        fill_borders(blocks_of_row[b], operand->edge, width, reach_of(w->step));
    return row;
}

/* Pointers to all source rows of the output rows from y on. */
static void collect_sources(conv_worker *w, int y)
{
    const anew_step *step = w->step;
    const anew_conv_shape *shape = &step->packed->shape;
    const int border = step->border;
    const size_t padded = ((size_t)step->source_width + 2 * (size_t)border) * ANEW_BLOCK;
    const float **next = w->sources;
    for (int k = 0; k < step->operand_count; k++) {
        const anew_operand *operand = &step->operands[k];
        const bool viewed = anew_operand_is_made(operand);
        const int blocks = (operand->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
        anew_row_place place = {NULL, 0};
        int placed = -1; /* the row that it is of */
        for (int i = 0; i < w->source_rows; i++) {
            int row =
                y * shape->stride + (i - shape->kernel_height / 2) * shape->dilation + step->shift;
            if (step->edge != ANEW_EDGE_ZEROS && row >= -reach_of(step) &&
                row < step->source_height + reach_of(step))
                row = anew_edge_pixel(step->edge, row, step->source_height);
            const bool outside = row < 0 || row >= step->source_height;
            const ptrdiff_t inside = (border + step->shift) * ANEW_BLOCK;
            if (outside) {
                for (int b = 0; b < blocks; b++)
                    next[b * w->source_rows + i] = w->run->zeros + inside;
            } else if (viewed) {
                const float *made = viewed_row(w, k, row);
                for (int b = 0; b < blocks; b++)
                    next[b * w->source_rows + i] = made + (size_t)b * padded + inside;
            } else {
                if (placed >= 0 && row == placed + 1)
                    anew_row_place_next(w->run, operand->value, &place);
                else
                    place = anew_row_place_of(w->run, operand->value, row);
                placed = row;
                const float *pixel = w->run->arena + place.inside + step->shift * ANEW_BLOCK;
                for (int b = 0; b < blocks; b++)
                    next[b * w->source_rows + i] = pixel + place.held[b];
            }
        }
        next += blocks * w->source_rows;
    }
}

/* Where each pixel of an interpolated picture comes from. */
static void place_added_columns(conv_worker *w, float *scratch)
{
    const int width = w->run->to->width, source_width = width / w->step->add_input;
    w->added_rows = scratch;
    w->added_weights = scratch + (size_t)(w->run->to->channels * w->step->factor) * (size_t)width;
    w->added_first = (int32_t *)(void *)(w->added_weights + 2 * width + source_width + 1);
    anew_bilinear_sources(w->added_first, w->added_weights + width, source_width, width, false);
    for (int x = 0; x < width; x++)
        w->added_weights[x] = 1 - w->added_weights[width + x];
}

/* Row y of the picture's plane c, enlarged by interpolation: UPSAMPLE_BILINEAR's two sums (ops.def) as filters of two taps. */
static const float *interpolated_row(const conv_worker *w, int c, int i, int y)
{
    const int width = w->run->to->width, source_width = width / w->step->add_input;
    const int height = w->run->plan->height;
    float *row = w->added_rows + (size_t)(c * w->step->factor + i) * (size_t)width;
    float *between = w->added_weights + 2 * width, weights[2];
    int above;
    anew_bilinear_source(&above, &weights[1], y, height, height * w->step->add_input, false);
    weights[0] = 1 - weights[1];
    const float *rows[2] = {anew_input_row(w->run, c, above),
                            anew_input_row(w->run, c, above + 1 < height ? above + 1 : above)};
    w->rows->resample_vertical(between, rows, weights, 2, source_width);
    between[source_width] = between[source_width - 1]; /* right of the last pixel is itself */
    w->rows->resample_horizontal(row, between, w->added_first, w->added_weights, 2, width);
    return row;
}

/* Writes a finished row of blocks into the planar output, shuffled, with the picture added. */
static void write_output_row(conv_worker *w, const float *const *blocks, int y)
{
    const anew_run *run = w->run;
    const int r = w->step->factor, factor = w->step->add_input;
    float *planes[ANEW_MAX_SOURCE_BLOCKS];
    const float *added[ANEW_MAX_SOURCE_BLOCKS];
    for (int c = 0; c < run->to->channels; c++) {
        for (int i = 0; i < r; i++) {
            planes[c * r + i] = anew_output_row(run, c, y * r + i);
            if (w->added_weights != NULL) /* with add_bilinear */
                added[c * r + i] = interpolated_row(w, c, i, y * r + i);
            else if (factor > 0)
                added[c * r + i] = anew_input_row(run, c, (y * r + i) / factor);
        }
    }
    w->rows->blocks_to_planar(planes, blocks, run->to->channels, r, w->step->width,
                              factor > 0 ? added : NULL, w->step->add_bilinear ? 1 : factor);
}

/* Brings a finished row of blocks into rows y * r .. of the value, shuffled, and does the group behind it. */
static void write_shuffled_row(const conv_worker *w, const float *const *blocks, int y)
{
    const anew_step *step = w->step;
    const anew_value *value = &w->run->plan->values[step->destination];
    const int r = step->shuffle, channels = value->channels;
    float **row_of_planes = w->plane_pointers + channels * r, **rows = row_of_planes + channels;
    for (int i = 0; i < channels * r; i++)
        w->plane_pointers[i] = w->planes + (size_t)i * (size_t)value->width;
    w->rows->blocks_to_planar(w->plane_pointers, blocks, channels, r, step->width, NULL, 1);
    for (int i = 0; i < r; i++) {
        for (int c = 0; c < channels; c++)
            row_of_planes[c] = w->plane_pointers[c * r + i];
        anew_block_rows(w->run, rows, step->destination, y * r + i);
        w->rows->planar_to_blocks(rows, (const float *const *)row_of_planes, channels, 1,
                                  value->width);
        anew_run_tail(w->run, rows, w->tail_scratch, y * r + i, 0, value->width);
        for (int b = 0; b < value->blocks; b++)
            anew_clear_borders(rows[b], value->width, value->border);
    }
}

static int pieces_of(const anew_step *step)
{
    const int piece = step->packed->kernel->piece;
    return (step->width + piece - 1) / piece;
}

int anew_convolve_parts(const anew_step *step)
{
    for (int k = 0; k < step->operand_count; k++)
        if (anew_operand_is_made(&step->operands[k]))
            return 1;
    return step->destination < 0 || step->shuffle > 1 ? 1 : pieces_of(step);
}

/* Pointers to rows first .. last - 1 of a value of as many blocks as the output's; NULL for the rest of those that the kernel
 * computes at once. */
static void collect_rows(const conv_worker *w, float **rows, int value, int first, int last)
{
    const int blocks = (w->step->packed->shape.out_channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    anew_row_place place = anew_row_place_of(w->run, value, first);
    for (int i = 0; i < w->step->packed->kernel->rows; i++, rows += blocks) {
        for (int b = 0; b < blocks; b++)
            rows[b] = first + i < last ? w->run->arena + place.held[b] + place.inside : NULL;
        anew_row_place_next(w->run, value, &place);
    }
}

/* What does not change from one group of rows to the next. */
static void set_up_row(conv_worker *w)
{
    const anew_step *step = w->step;
    const anew_conv_shape *shape = &step->packed->shape;
    const int out_blocks = (shape->out_channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    int source_blocks = 0;
    for (int k = 0; k < step->operand_count; k++)
        for (int left = step->operands[k].channels; left > 0; left -= ANEW_BLOCK)
            w->channels[source_blocks++] = left < ANEW_BLOCK ? left : ANEW_BLOCK;
    for (int i = 0; i < step->epilogue_count; i++) {
        const anew_step_epilogue *from = &step->epilogue[i];
        float **rows = w->added + i * step->packed->kernel->rows * out_blocks;
        w->epilogue[i] =
            (anew_epilogue){from->kind, from->factor, from->slope, (const float *const *)rows};
    }
    w->row = (anew_conv_row){.sources = w->sources,
                             .source_channels = w->channels,
                             .source_blocks = source_blocks,
                             .destinations = w->destinations,
                             .out_blocks = out_blocks,
                             .out_channels = shape->out_channels,
                             .groups = shape->groups,
                             .weights = step->packed->weights,
                             .bias = step->packed->bias,
                             .kernel_height = shape->kernel_height,
                             .kernel_width = shape->kernel_width,
                             .stride = shape->stride,
                             .dilation = shape->dilation,
                             .epilogue = w->epilogue,
                             .epilogue_count = step->epilogue_count,
                             .scratch = w->kernel_scratch};
    w->pieces = pieces_of(step);
}

/* Rows first .. last - 1, at most as many as the kernel computes at once; part `part` of their pixels. */
static void convolve_group(conv_worker *w, int first, int last, int part)
{
    const anew_step *step = w->step;
    const anew_conv_kernel *kernel = step->packed->kernel;
    const int out_blocks = w->row.out_blocks, all = kernel->rows * out_blocks;
    collect_sources(w, first);
    for (int i = 0; i < step->epilogue_count; i++)
        if (step->epilogue[i].kind == ANEW_EPILOGUE_ADD)
            collect_rows(w, w->added + i * all, step->epilogue[i].value, first, last);
    if (step->destination < 0 || step->shuffle > 1)
        for (int k = 0; k < all; k++)
            w->destinations[k] = k < (last - first) * out_blocks
                                     ? w->output_rows + (size_t)k * (size_t)step->width * ANEW_BLOCK
                                     : NULL;
    else
        collect_rows(w, w->destinations, step->destination, first, last);

    const int parts = w->run->parts;
    const int begin = w->pieces * part / parts, end = w->pieces * (part + 1) / parts;
    for (int i = begin; i < end; i++) {
        w->row.x0 = i * kernel->piece;
        w->row.x1 = i + 1 == w->pieces ? step->width : w->row.x0 + kernel->piece;
        kernel->run(&w->row);
        for (int y = first; step->tail_count > 0 && step->shuffle == 1 && y < last; y++)
            anew_run_tail(w->run, w->destinations + (y - first) * out_blocks, w->tail_scratch, y,
                          w->row.x0, w->row.x1);
    }
    for (int y = first; part == 0 && y < last; y++) {
        float **blocks = w->destinations + (y - first) * out_blocks;
        if (step->destination < 0)
            write_output_row(w, (const float *const *)blocks, y);
        else if (step->shuffle > 1)
            write_shuffled_row(w, (const float *const *)blocks, y);
        else
            for (int b = 0; b < out_blocks; b++)
                anew_clear_borders(blocks[b], step->width,
                                   w->run->plan->values[step->destination].border);
    }
}

/* A row of the source and two numbers for each pixel. */
static size_t bilinear_floats(const anew_step *step, const anew_operand *operand)
{
    const size_t width = (size_t)step->source_width;
    return width / (size_t)operand->enlarge * ANEW_BLOCK +
           anew_size_round_up(2 * width, ANEW_BLOCK);
}

void anew_convolve_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    const anew_step *step = run->step;
    const anew_conv_kernel *kernel = step->packed->kernel;
    const anew_conv_shape *shape = &step->packed->shape;
    const size_t padded = (size_t)step->source_width + 2 * (size_t)step->border;
    float *scratch = run->scratch + (size_t)worker * run->scratch_floats;
    float **pointers = run->pointers + (size_t)worker * run->scratch_pointers;
    view_cache views[ANEW_MAX_SOURCES];
    conv_worker w; /* set member by member: most of it is arrays of which few entries are used */
    int source_blocks = 0;
    w.run = run;
    w.step = step;
    w.views = views;
    w.rows = run->rows;
    w.source_rows = kernel->rows - 1 + shape->kernel_height;
    w.added_weights = NULL;
    for (int k = 0; k < step->operand_count; k++) {
        const anew_operand *operand = &step->operands[k];
        const int blocks = (operand->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
        source_blocks += blocks;
        if (!anew_operand_is_made(operand))
            continue;
        w.views[k].rows = scratch;
        w.views[k].slots = (w.source_rows - 1) * shape->dilation + 1;
        memset(w.views[k].held, -1, sizeof w.views[k].held);
        scratch += (size_t)w.views[k].slots * (size_t)blocks * padded * ANEW_BLOCK;
    }
    const int out_blocks = (shape->out_channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    w.kernel_scratch = scratch;
    w.tail_scratch = scratch + kernel->scratch_floats(shape);
    w.bilinear_scratch =
        w.tail_scratch + (size_t)(step->tail_rows + 1) * ANEW_TAIL_PIECE * ANEW_BLOCK;
    size_t bilinear = 0;
    for (int k = 0; k < step->operand_count; k++)
        if (step->operands[k].bilinear && bilinear < bilinear_floats(step, &step->operands[k]))
            bilinear = bilinear_floats(step, &step->operands[k]);
    w.output_rows = w.bilinear_scratch + bilinear;
    if (step->add_bilinear)
        place_added_columns(&w, w.output_rows + (size_t)kernel->rows * (size_t)out_blocks *
                                                    (size_t)step->width * ANEW_BLOCK);
    w.planes = w.output_rows +
               (size_t)kernel->rows * (size_t)out_blocks * (size_t)step->width * ANEW_BLOCK;
    w.sources = (const float **)pointers;
    w.destinations = pointers + source_blocks * w.source_rows;
    w.added = w.destinations + kernel->rows * out_blocks;
    w.plane_pointers = w.destinations + kernel->rows * out_blocks * (1 + ANEW_MAX_EPILOGUE);
    set_up_row(&w);
    for (int i = first; i < last; i++) { /* rows of the value, then of the convolution */
        const int y = run->first + i / run->parts * step->unit;
        const int end = y + step->unit < run->last ? y + step->unit : run->last;
        convolve_group(&w, y / step->shuffle, end / step->shuffle, i % run->parts);
    }
}
