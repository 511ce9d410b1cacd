/*
 * exec_ref_windows.c - of the reference executor: attention in windows, by the definition in graph/ops.def.
 */
#include <math.h>

#include "core/memory.h"
#include "exec/exec_ref.h"

/* Of a window of 16x16 pixels that sees 8 around it (graph_whole.c). */
#define MOST_PIXELS 1024

typedef anew_ref_tensor tensor;

/* The pixels of one piece, or those that it sees: offsets in a plane, and places in the whole window, ascending. */
#define OUTSIDE SIZE_MAX
typedef struct piece {
    int count, side; /* of the window, in whose rows places are counted */
    int place[MOST_PIXELS];
    size_t offset[MOST_PIXELS];
} piece;

/* The piece whose window begins at row y, column x, which may lie outside the picture; what does is not there, or
 * (outside) counts. */
static void find_piece(piece *p, const tensor *t, int y, int x, int window, bool outside)
{
    p->count = 0;
    p->side = window;
    for (int place = 0; place < window * window; place++) {
        const int row = y + place / window, column = x + place % window;
        if (row < 0 || row >= t->height || column < 0 || column >= t->width) {
            p->place[p->count] = place;
            p->offset[p->count] = OUTSIDE;
            p->count += outside;
            continue;
        }
        p->place[p->count] = place;
        p->offset[p->count++] = (size_t)row * (size_t)t->width + (size_t)column;
    }
}

/* e[j] of pixel i; returns 1 / their sum. */
static float soften(float *e, const piece *p, const anew_ref_kernels *kernels)
{
    float largest = e[0], lanes[16] = {0};
    for (int j = 1; j < p->count; j++)
        largest = largest < e[j] ? e[j] : largest;
    for (int j = 0; j < p->count; j++)
        e[j] -= largest;
    kernels->pointwise(ANEW_POINTWISE_EXP, e, e, NULL, (size_t)p->count);
    for (int j = 0; j < p->count; j++)
        lanes[p->place[j] % 16] += e[j];
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return 1.0f / lanes[0];
}

/* Of a plane; 0 outside of it. */
static float at(const float *plane, size_t offset)
{
    return offset == OUTSIDE ? 0.0f : plane[offset];
}

/* The pixels of `queries`, which see those of `p`. */
static void attend(tensor *out, const tensor *in, const anew_node *node, const float *table,
                   const piece *queries, const piece *p, const anew_ref_kernels *kernels)
{
    const int most = node->window + node->overlap - 1, each = node->channels / node->heads;
    const size_t plane = (size_t)in->height * (size_t)in->width;
    const float r = (float)(1.0 / sqrt((double)each));
    float e[MOST_PIXELS] = {0};
    for (int head = 0; head < node->heads; head++) {
        const float *q = in->values + (size_t)(head * each) * plane;
        const float *k = q + (size_t)node->channels * plane;
        const float *u = k + (size_t)node->channels * plane;
        for (int i = 0; i < queries->count; i++) {
            const int row = queries->place[i] / queries->side + node->overlap;
            const int column = queries->place[i] % queries->side + node->overlap;
            for (int j = 0; j < p->count; j++) {
                const int down = row - p->place[j] / p->side + most;
                const int right = column - p->place[j] % p->side + most;
                float sum = 0;
                for (int c = 0; c < each; c++)
                    sum = fmaf(q[(size_t)c * plane + queries->offset[i]],
                               at(k + (size_t)c * plane, p->offset[j]), sum);
                e[j] = fmaf(sum, r, table[(down * (2 * most + 1) + right) * node->heads + head]);
            }
            const float share = soften(e, p, kernels);
            for (int c = 0; c < each; c++) {
                float sum = 0;
                for (int j = 0; j < p->count; j++)
                    sum = fmaf(e[j], at(u + (size_t)c * plane, p->offset[j]), sum);
                out->values[(size_t)(head * each + c) * plane + queries->offset[i]] = sum * share;
            }
        }
    }
}

anew_status anew_ref_windows(tensor *out, const tensor *in, const anew_node *node, anew_isa isa,
                             anew_error *error)
{
    const int w = node->window, before = (w - node->shift) % w, o = node->overlap;
    piece p, seen;
    float *table = anew_alloc(anew_size_mul((size_t)node->weight->elements, sizeof(float)));
    if (table == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
    anew_tensor_to_f32(table, node->weight);
    for (int y = -before; y < in->height; y += w)
        for (int x = -before; x < in->width; x += w) {
            find_piece(&p, in, y, x, w, false);
            find_piece(&seen, in, y - o, x - o, w + 2 * o, o > 0);
            attend(out, in, node, table, &p, &seen, anew_ref_kernels_for(isa));
        }
    anew_free(table);
    return ANEW_OK;
}
