/*
 * exec_tail.c - a step's group of operations on single values, block by block and a few pixels at a time:
 * all rows of such a piece stay in the first-level cache from one operation to the next.
 */
#include "exec/exec_rows.h"

typedef struct piece {
    const anew_run *run;
    float *const *rows; /* the destination's */
    float *scratch;
    int block, y, x, pixels;
    int channels; /* of the block */
} piece;

/* A single pixel, or a plane that all channels share, as a row of pixels. */
static float *spread_row(const piece *p, const anew_tail_operation *operation)
{
    float *row = p->scratch + (size_t)p->run->step->tail_rows * ANEW_TAIL_PIECE * ANEW_BLOCK;
    if (operation->plane == 0) {
        const float *pixel = anew_value_row(p->run, operation->second, p->block, 0);
        for (int x = 0; x < p->pixels; x++)
            memcpy(row + x * ANEW_BLOCK, pixel, ANEW_BLOCK * sizeof(float));
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

static float *row_of(const piece *p, int row)
{
    if (row >= 0)
        return anew_value_row(p->run, row, p->block, p->y) + p->x * ANEW_BLOCK;
    if (row == ANEW_TAIL_ROW(0))
        return p->rows[p->block] + p->x * ANEW_BLOCK;
    return p->scratch + (size_t)(ANEW_TAIL_ROW(1) - row) * ANEW_TAIL_PIECE * ANEW_BLOCK;
}

static void operate(const piece *p, const anew_tail_operation *operation)
{
    const float *first = row_of(p, operation->first);
    const float *second = operation->spread || operation->plane > 0 ? spread_row(p, operation)
                                                                    : row_of(p, operation->second);
    float *result = row_of(p, operation->result);
    if (operation->is_function) {
        p->run->rows->pointwise(&(anew_pointwise_row){.kind = operation->function,
                                                      .sources = &first,
                                                      .seconds = &second,
                                                      .destinations = &result,
                                                      .channels = p->channels,
                                                      .width = p->pixels});
        return;
    }
    const anew_step_epilogue *map = &operation->map;
    const anew_epilogue epilogue = {map->kind, map->factor,
                                    map->slope == NULL ? NULL : map->slope + p->block * ANEW_BLOCK,
                                    &second};
    p->run->rows->map(&(anew_map_row){.sources = &first,
                                      .destinations = &result,
                                      .blocks = 1,
                                      .x1 = p->pixels,
                                      .epilogue = &epilogue,
                                      .epilogue_count = 1});
}

void anew_run_tail(const anew_run *run, float *const *rows, float *scratch, int y, int x0, int x1)
{
    const anew_step *step = run->step;
    const int channels = step->destination < 0
                             ? anew_graph_node(run->plan->graph, step->head)->channels
                             : run->plan->values[step->destination].channels;
    const int blocks = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    for (int block = 0; step->tail_count > 0 && block < blocks; block++)
        for (int x = x0; x < x1; x += ANEW_TAIL_PIECE) {
            const int pixels = x1 - x < ANEW_TAIL_PIECE ? x1 - x : ANEW_TAIL_PIECE;
            const int left = channels - block * ANEW_BLOCK;
            const piece p = {run, rows, scratch, block,
                             y,   x,    pixels,  left < ANEW_BLOCK ? left : ANEW_BLOCK};
            for (int i = 0; i < step->tail_count; i++)
                operate(&p, &step->tail[i]);
        }
}
