/*
 * whole_body.h - the kernels of whole.h, written once; an including file brings the vector vocabulary and
 * WHOLE(name). Loops over the 16 lanes in double are plain C, which the compiler puts on the vectors of its level;
 * no order is left to it.
 */
#include <math.h>

#include "kernels/elementary.h"
#include "kernels/whole.h"

#define PARTS 4

void WHOLE(anew_row_sums)(double *sums, const float *row, int width)
{
    double parts[PARTS][2 * ANEW_BLOCK] = {{0}};
    int x = 0;
    for (; x + PARTS <= width; x += PARTS)
        for (int part = 0; part < PARTS; part++) {
            const float *pixel = row + (x + part) * ANEW_BLOCK;
            for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                const double v = (double)pixel[lane];
                parts[part][lane] += v;
                parts[part][ANEW_BLOCK + lane] += v * v;
            }
        }
    for (int part = 0; x < width; x++, part++)
        for (int lane = 0; lane < ANEW_BLOCK; lane++) {
            const double v = (double)row[x * ANEW_BLOCK + lane];
            parts[part][lane] += v;
            parts[part][ANEW_BLOCK + lane] += v * v;
        }
    for (int i = 0; i < 2 * ANEW_BLOCK; i++)
        sums[i] = (parts[0][i] + parts[1][i]) + (parts[2][i] + parts[3][i]);
}

void WHOLE(anew_affine)(float *destination, const float *source, const float *factors,
                        const float *offsets, int width)
{
    for (int x = 0; x < width; x++)
        for (int i = 0; i < ANEW_BLOCK; i += LANES)
            vector_store(destination + x * ANEW_BLOCK + i,
                         vector_fma(vector_load(source + x * ANEW_BLOCK + i),
                                    vector_load(factors + i), vector_load(offsets + i)));
}

void WHOLE(anew_bilinear)(const anew_bilinear_row *row)
{
    const vector below = vector_repeat(row->weight), above = vector_repeat(1 - row->weight);
    for (int i = 0; i < row->source_width * ANEW_BLOCK; i += LANES)
        vector_store(row->between + i, vector_fma(below, vector_load(row->below + i),
                                                  vector_mul(above, vector_load(row->above + i))));
    for (int x = 0; x < row->width; x++) {
        const int last = row->source_width - 1, first = row->first[x];
        const float *left = row->between + first * ANEW_BLOCK;
        const float *right = row->between + (first < last ? first + 1 : last) * ANEW_BLOCK;
        const vector share = vector_repeat(row->weights[x]);
        const vector rest = vector_repeat(1 - row->weights[x]);
        for (int i = 0; i < ANEW_BLOCK; i += LANES)
            vector_store(
                row->destination + x * ANEW_BLOCK + i,
                vector_fma(share, vector_load(right + i), vector_mul(rest, vector_load(left + i))));
    }
}

void WHOLE(anew_average)(float *destination, const float *const *rows, int r, int width)
{
    const vector share = vector_repeat((float)(1.0 / (r * r)));
    for (int x = 0; x < width; x++)
        for (int i = 0; i < ANEW_BLOCK; i += LANES) {
            vector sum = vector_repeat(0.0f);
            for (int dy = 0; dy < r; dy++)
                for (int dx = 0; dx < r; dx++)
                    sum = vector_add(sum, vector_load(rows[dy] + (x * r + dx) * ANEW_BLOCK + i));
            vector_store(destination + x * ANEW_BLOCK + i, vector_mul(sum, share));
        }
}

/* ---- moving ------------------------------------------------------------------------------------------ */

void WHOLE(anew_take_lanes)(float *destination, const float *a, const float *b, int first, int head,
                            int lanes, int width)
{
    float of_a[ANEW_BLOCK], of_b[ANEW_BLOCK]; /* below 0 where the lane is theirs */
    for (int l = 0; l < ANEW_BLOCK; l++) {
        of_a[l] = l < head ? -1.0f : 0.0f;
        of_b[l] = l >= head && l < lanes ? -1.0f : 0.0f;
    }
    const vector zero = vector_repeat(0.0f);
    for (int x = 0; x < width; x++) {
        float *pixel = destination + x * ANEW_BLOCK;
        const float *from_a = a + x * ANEW_BLOCK + first, *from_b = b + x * ANEW_BLOCK;
        if (x == 0 || x == width - 1) { /* beside them is no pixel */
            for (int l = 0; l < ANEW_BLOCK; l++)
                pixel[l] = l < head ? from_a[l] : l < lanes ? from_b[l - head] : 0.0f;
            continue;
        }
        for (int i = 0; i < ANEW_BLOCK; i += LANES) {
            const vector other =
                vector_less(vector_load(of_b + i), zero, vector_load(from_b - head + i), zero);
            vector_store(pixel + i,
                         vector_less(vector_load(of_a + i), zero, vector_load(from_a + i), other));
        }
    }
}

void WHOLE(anew_take_pixels)(float *destination, const float *source, const int32_t *places,
                             int width)
{
    for (int x = 0; x < width; x++)
        for (int i = 0; i < ANEW_BLOCK; i += LANES)
            vector_store(destination + x * ANEW_BLOCK + i,
                         vector_load(source + (size_t)places[x] * ANEW_BLOCK + i));
}

/* ---- attention -------------------------------------------------------------------------------------- */

#define KEYS_AT_ONCE (4 * ANEW_BLOCK)

/* Scores of one query for `count` keys, a multiple of LANES, KEYS_AT_ONCE at most: as many chains side by side. */
static inline void score_keys(float *scores, const float *query, const float *keys, size_t stride,
                              int channels, int count, float share)
{
    for (int first = 0; first < count; first += 4 * LANES) {
        vector a = vector_repeat(0.0f), b = a, c = a, d = a;
        const int left = count - first;
        for (int channel = 0; channel < channels; channel++) {
            const vector q = vector_repeat(query[channel]);
            const float *k = keys + (size_t)channel * stride + first;
            a = vector_fma(q, vector_load(k), a);
            if (left > LANES)
                b = vector_fma(q, vector_load(k + LANES), b);
            if (left > 2 * LANES)
                c = vector_fma(q, vector_load(k + 2 * LANES), c);
            if (left > 3 * LANES)
                d = vector_fma(q, vector_load(k + 3 * LANES), d);
        }
        vector_store(scores + first, vector_mul(a, vector_repeat(share)));
        if (left > LANES)
            vector_store(scores + first + LANES, vector_mul(b, vector_repeat(share)));
        if (left > 2 * LANES)
            vector_store(scores + first + 2 * LANES, vector_mul(c, vector_repeat(share)));
        if (left > 3 * LANES)
            vector_store(scores + first + 3 * LANES, vector_mul(d, vector_repeat(share)));
    }
}

/* The softmax of `count` scores, in place; up to a whole block they may be overwritten. */
static inline void soften(float *scores, int count)
{
    float largest = scores[0];
    double lanes[ANEW_BLOCK] = {0};
    for (int j = 1; j < count; j++)
        largest = largest < scores[j] ? scores[j] : largest;
    for (int j = 0; j < count; j += LANES)
        vector_store(scores + j,
                     elementary_exp(vector_sub(vector_load(scores + j), vector_repeat(largest))));
    for (int j = 0; j < count; j++)
        lanes[j % ANEW_BLOCK] += (double)scores[j];
    for (int half = ANEW_BLOCK / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    for (int j = 0; j < count; j++)
        scores[j] = (float)((double)scores[j] / lanes[0]);
}

/* Sums of one block's values by their weights, two halves of the pixels' lanes at a time. */
static inline void weigh(float *sums, const float *weights, const float *values, int pixels)
{
    for (int i = 0; i < ANEW_BLOCK; i += LANES) {
        vector sum = vector_repeat(0.0f);
        for (int j = 0; j < pixels; j++)
            sum = vector_fma(vector_repeat(weights[j]),
                             vector_load(values + (size_t)j * ANEW_BLOCK + i), sum);
        vector_store(sums + i, sum);
    }
}

void WHOLE(anew_attend)(const anew_attention_row *row)
{
    const int each = row->channels / row->heads;
    const float share = (float)(1.0 / sqrt((double)each));
    for (int x = 0; x < row->width; x++)
        for (int head = 0; head < row->heads; head++) {
            const int channel = head * each;
            for (int j = 0; j < row->padded; j += KEYS_AT_ONCE)
                score_keys(
                    row->scores + j, row->queries + (size_t)x * (size_t)row->channels + channel,
                    row->keys + (size_t)channel * (size_t)row->padded + j, (size_t)row->padded,
                    each, row->padded - j < KEYS_AT_ONCE ? row->padded - j : KEYS_AT_ONCE, share);
            soften(row->scores, row->pixels);
            for (int b = channel / ANEW_BLOCK; b * ANEW_BLOCK < channel + each; b++) {
                float sums[ANEW_BLOCK];
                weigh(sums, row->scores, row->values + (size_t)b * (size_t)row->pixels * ANEW_BLOCK,
                      row->pixels);
                /* A block may be shared by heads. */
                for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                    const int at = b * ANEW_BLOCK + lane;
                    if (at >= channel && at < channel + each)
                        row->destinations[b][x * ANEW_BLOCK + lane] = sums[lane];
                    else if (at >= row->channels)
                        row->destinations[b][x * ANEW_BLOCK + lane] = 0.0f;
                }
            }
        }
}
