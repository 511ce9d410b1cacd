/*
 * exec_windows.c - rows of windows for the kernel of attention in windows: each group of rows is one row of windows, cut at
 * the picture's edges, with the rows around it that its windows see, and its windows are shared out where the groups alone would not keep the workers busy.
 */
#include "exec/exec_rows.h"

static const anew_node *node_of(const anew_run *run)
{
    return anew_graph_node(run->plan->graph, run->step->head);
}

/* Windows side by side, the cut ones included. */
static int windows_across(const anew_run *run)
{
    const anew_step *step = run->step;
    return (step->width + step->before + step->unit - 1) / step->unit;
}

int anew_window_parts(const anew_run *run)
{
    return windows_across(run);
}

/* The pixel that window `index` of a row begins with; that past the last one is the width. Columns are cut as rows are. */
static int window_first(const anew_run *run, int index)
{
    const int x = index * run->step->unit - run->step->before;
    return x < 0 ? 0 : x > run->step->width ? run->step->width : x;
}

static void attend_group(const anew_run *run, int group, int part, float *scratch, float **pointers)
{
    const anew_step *step = run->step;
    const anew_node *node = node_of(run);
    const anew_value *from = &run->plan->values[step->operands[0].value];
    const anew_value *to = &run->plan->values[step->destination];
    const int first = anew_step_group_first(step, group);
    const int last = anew_step_group_first(step, group + 1);
    const int across = windows_across(run);
    const int top = first < step->overlap ? 0 : first - step->overlap;
    const int bottom = last + step->overlap < from->height ? last + step->overlap : from->height;
    float **destinations = pointers + (step->unit + 2 * step->overlap) * from->blocks;
    for (int y = top; y < bottom; y++)
        anew_block_rows(run, pointers + (y - top) * from->blocks, step->operands[0].value, y);
    for (int y = first; y < last; y++)
        anew_block_rows(run, destinations + (y - first) * to->blocks, step->destination, y);
    const anew_window_row row = {.sources = (const float *const *)pointers,
                                 .destinations = destinations,
                                 .rows = last - first,
                                 .first_row = group == 0 ? step->before : 0,
                                 .overlap = step->overlap,
                                 .above = first - top,
                                 .below = bottom - last,
                                 .width = step->width,
                                 .x0 = window_first(run, across * part / run->parts),
                                 .x1 = window_first(run, across * (part + 1) / run->parts),
                                 .window = node->window,
                                 .shift = node->shift,
                                 .channels = node->channels,
                                 .heads = node->heads,
                                 .biases = step->packed->numbers,
                                 .scratch = scratch};
    anew_window_kernel_for(run->plan->weights->isa)(&row);
    for (int i = 0; part == 0 && i < (last - first) * to->blocks; i++)
        anew_clear_borders(destinations[i], to->width, to->border);
}

void anew_window_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    for (int i = first; i < last; i++)
        attend_group(run, anew_step_group(run->step, run->first) + i / run->parts, i % run->parts,
                     run->scratch + (size_t)worker * run->scratch_floats,
                     run->pointers + (size_t)worker * run->scratch_pointers);
}
