/*
 * exec_tail.c - a step's group of operations on single values, block by block and a few pixels at a time:
 * all rows of such a piece stay in the first-level cache from one operation to the next. Where the group is one
 * operation, it is done on all blocks by one call.
 */
#include "exec/exec_rows.h"

typedef struct piece {
    const anew_run *run;
    float *scratch;
    int block, y, x, pixels;
    int channels; /* of the block */
} piece;

/* A row of an operation: one of a value's, of which a piece is further in, or of the scratch, where all pieces begin alike. */
typedef struct place {
    float *row;
    bool moves;
} place;

typedef struct operation_places {
    place first, second, result;
} operation_places;

static place place_of(const piece *p, float *const *rows, int row)
{
    if (row >= 0)
        return (place){anew_value_row(p->run, row, p->block, p->y), true};
    if (row == ANEW_TAIL_ROW(0))
        return (place){rows[p->block], true};
    return (place){p->scratch + (size_t)(ANEW_TAIL_ROW(1) - row) * ANEW_TAIL_PIECE * ANEW_BLOCK,
                   false};
}

static float *at(const place *begin, int x)
{
    return begin->moves ? begin->row + x * ANEW_BLOCK : begin->row;
}

/* A single pixel, or a plane that all channels share, as a row of pixels. */
static float *spread_row(const piece *p, const anew_tail_operation *operation)
{
    float *row = p->scratch + (size_t)p->run->step->tail_rows * ANEW_TAIL_PIECE * ANEW_BLOCK;
    if (operation->plane == 0) {
        const float *pixel = anew_value_row(p->run, operation->second, p->block, 0);
        p->run->rows->upsample_nearest(row, pixel, p->pixels, p->pixels);
        return row;
    }
    const int width = p->run->step->width;
    const float *plane = p->run->plan->weights->nodes[operation->plane].numbers +
                         (size_t)p->y * (size_t)width + p->x;
    for (int x = 0; x < p->pixels; x++)
        for (int lane = 0; lane < ANEW_BLOCK; lane++)
            row[x * ANEW_BLOCK + lane] = lane < p->channels ? plane[x] : 0.0f;
    return row;
}

/* One operation on blocks of rows: pointers to their first pixels. */
static void operate(const anew_run *run, const anew_tail_operation *operation, int first_block,
                    int channels, int pixels, const float *const *first, const float *const *second,
                    float *const *result)
{
    if (operation->is_function) {
        run->rows->pointwise(&(anew_pointwise_row){.kind = operation->function,
                                                   .sources = first,
                                                   .seconds = second,
                                                   .destinations = result,
                                                   .channels = channels,
                                                   .width = pixels});
        return;
    }
    const anew_step_epilogue *map = &operation->map;
    const anew_epilogue epilogue = {
        map->kind, map->factor, map->slope == NULL ? NULL : map->slope + first_block * ANEW_BLOCK,
        second};
    run->rows->map(&(anew_map_row){.sources = first,
                                   .destinations = result,
                                   .blocks = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK,
                                   .x1 = pixels,
                                   .epilogue = &epilogue,
                                   .epilogue_count = 1});
}

static void operate_on_piece(const piece *p, const anew_tail_operation *operation,
                             const operation_places *places)
{
    const float *first = at(&places->first, p->x);
    const float *second = operation->spread || operation->plane > 0 ? spread_row(p, operation)
                                                                    : at(&places->second, p->x);
    float *result = at(&places->result, p->x);
    operate(p->run, operation, p->block, p->channels, p->pixels, &first, &second, &result);
}

static bool is_plain(const anew_tail_operation *operation)
{
    return !operation->spread && operation->plane == 0;
}

bool anew_tail_is_single(const anew_step *step)
{
    return step->tail_count == 1 && is_plain(&step->tail[0]) &&
           step->tail[0].result == ANEW_TAIL_ROW(0);
}

/* A single operation, which reads rows of values and gives the destination's rows. */
static void operate_on_row(const anew_run *run, float *const *rows, int channels, int y, int x0,
                           int x1)
{
    const anew_tail_operation *operation = &run->step->tail[0];
    const int blocks = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int operands[2] = {operation->first, operation->second};
    const float *read[2][ANEW_MAX_SOURCE_BLOCKS];
    float *result[ANEW_MAX_SOURCE_BLOCKS];
    for (int b = 0; b < blocks; b++)
        result[b] = rows[b] + x0 * ANEW_BLOCK;
    for (int k = 0; k < 2; k++) {
        if (operands[k] < 0) { /* what the step computed: ANEW_TAIL_ROW(0) */
            memcpy(read[k], result, (size_t)blocks * sizeof *result);
            continue;
        }
        const anew_row_place held = anew_row_place_of(run, operands[k], y);
        const float *pixel = run->arena + held.inside + x0 * ANEW_BLOCK;
        for (int b = 0; b < blocks; b++)
            read[k][b] = pixel + held.held[b];
    }
    operate(run, operation, 0, channels, x1 - x0, read[0], read[1], result);
}

void anew_run_tail(const anew_run *run, float *const *rows, float *scratch, int y, int x0, int x1)
{
    const anew_step *step = run->step;
    if (step->tail_count == 0)
        return;
    const int channels = step->destination < 0
                             ? anew_graph_node(run->plan->graph, step->head)->channels
                             : run->plan->values[step->destination].channels;
    if (anew_tail_is_single(step)) {
        operate_on_row(run, rows, channels, y, x0, x1);
        return;
    }
    operation_places places[ANEW_MAX_TAIL + 1];
    piece p = {.run = run, .scratch = scratch, .y = y};
    for (int left = channels; left > 0; left -= ANEW_BLOCK, p.block++) {
        p.channels = left < ANEW_BLOCK ? left : ANEW_BLOCK;
        for (int i = 0; i < step->tail_count; i++) {
            const anew_tail_operation *operation = &step->tail[i];
            const bool plain = is_plain(operation);
            places[i] = (operation_places){place_of(&p, rows, operation->first),
                                           plain ? place_of(&p, rows, operation->second)
                                                 : (place){NULL, false},
                                           place_of(&p, rows, operation->result)};
        }
        for (p.x = x0; p.x < x1; p.x += ANEW_TAIL_PIECE) {
            p.pixels = x1 - p.x < ANEW_TAIL_PIECE ? x1 - p.x : ANEW_TAIL_PIECE;
            for (int i = 0; i < step->tail_count; i++)
                operate_on_piece(&p, &step->tail[i], &places[i]);
        }
    }
}
