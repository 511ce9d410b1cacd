/*
 * window_body.h - the kernel of windows.h, written once; an including file brings the vector vocabulary, transpose() of a
 * square of LANES vectors and WINDOWS(name).
 *
 * A window's pixels are copied together, one after the other with all their channels: queries and values are read where
 * they then lie, keys are turned so that a channel of neighbouring pixels is a vector. QUERIES pixels at a time then take
 * two vectors of keys, or of values' channels, with QUERIES * 2 chains side by side.
 *
 * All places of a window are computed. Those where a cut window has no pixel are zeros, and their scores minus infinity,
 * which leaves nothing in any sum. A window that sees pixels around itself is never cut; those outside of the picture are
 * zeros, too, but count. Its queries are then copied a second time, so that they follow each other.
 */
#include <math.h>
#include <string.h>

#include "kernels/elementary.h"
#include "kernels/windows.h"

#if defined(__clang__)
#define EACH _Pragma("unroll")
#else
#define EACH _Pragma("GCC unroll 16")
#endif

/* Each on its own: together they would have more constants than registers. */
#define PHASE static __attribute__((noinline))

#define VECTORS 2 /* of keys, or of channels */
#define QUERIES (LANES == 16 ? 8 : 4)

typedef struct window_state {
    const anew_window_row *row;
    int pixels, seen, keys; /* places of a whole window, those that it sees, and these rounded up */
    size_t stride, result_stride; /* floats of a pixel in the next three, and in the results */
    float *gathered,
        *queries;   /* [keys][stride], [pixels rounded up][stride], which may be the same */
    float *results; /* [pixels rounded up][result_stride] */
    float *turned, *scores, *absent; /* [channels of a head][keys], [QUERIES][keys], [keys] */
} window_state;

/* Scores of the queries from place i on, before the softmax. */
PHASE void WINDOWS(score)(const window_state *s, int head, int each, int i)
{
    const anew_window_row *row = s->row;
    const float *queries = s->queries + (size_t)i * s->stride + (size_t)(head * each);
    const float *biases = row->biases + (size_t)head * (size_t)s->pixels * (size_t)s->keys;
    const vector share = vector_repeat((float)(1.0 / sqrt((double)each)));
    for (int first = 0; first < s->keys; first += VECTORS * LANES) {
        vector sum[QUERIES][VECTORS];
        EACH for (int q = 0; q < QUERIES; q++) sum[q][0] = sum[q][1] = vector_repeat(0.0f);
        const float *key = s->turned + first;
        for (int c = 0; c < each; c++, key += s->keys) {
            const vector a = vector_load(key), b = vector_load(key + LANES);
            EACH for (int q = 0; q < QUERIES; q++)
            {
                const vector query = vector_repeat(queries[(size_t)q * s->stride + (size_t)c]);
                sum[q][0] = vector_fma(query, a, sum[q][0]);
                sum[q][1] = vector_fma(query, b, sum[q][1]);
            }
        }
        EACH for (int q = 0; q < QUERIES; q++)
        {
            /* Places past the last one have the last one's biases, for nothing. */
            const int place = i + q < s->pixels ? i + q : s->pixels - 1;
            const float *bias = biases + (size_t)place * (size_t)s->keys + first;
            float *to = s->scores + q * s->keys + first;
            for (int k = 0; k < VECTORS; k++)
                vector_store(to + k * LANES,
                             vector_add(vector_fma(sum[q][k], share, vector_load(bias + k * LANES)),
                                        vector_load(s->absent + first + k * LANES)));
        }
    }
}

/* e of one query's scores, in place; returns 1 / their sum. */
PHASE float WINDOWS(soften)(float *scores, int keys)
{
    float lanes[ANEW_BLOCK];
    vector most = vector_load(scores);
    for (int j = LANES; j < keys; j += LANES) {
        const vector v = vector_load(scores + j);
        most = vector_less(most, v, v, most);
    }
    vector_store(lanes, most);
    float largest = lanes[0];
    for (int lane = 1; lane < LANES; lane++)
        largest = largest < lanes[lane] ? lanes[lane] : largest;
    vector sum[ANEW_BLOCK / LANES];
    for (int k = 0; k < ANEW_BLOCK / LANES; k++)
        sum[k] = vector_repeat(0.0f);
    for (int j = 0; j < keys; j += ANEW_BLOCK)
        for (int k = 0; k < ANEW_BLOCK / LANES; k++) {
            float *at = scores + j + k * LANES;
            const vector e = elementary_exp(vector_sub(vector_load(at), vector_repeat(largest)));
            vector_store(at, e);
            sum[k] = vector_add(sum[k], e);
        }
    for (int k = 0; k < ANEW_BLOCK / LANES; k++)
        vector_store(lanes + k * LANES, sum[k]);
    for (int half = ANEW_BLOCK / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return 1.0f / lanes[0];
}

/* The values' sums of the queries from place i on; `shares` are 1 / their sums of e. */
PHASE void WINDOWS(weigh)(const window_state *s, int head, int each, int i, const float *shares)
{
    for (int first = 0; first < each; first += VECTORS * LANES) {
        const size_t channel = (size_t)(head * each + first);
        const float *value = s->gathered + 2 * (size_t)s->row->channels + channel;
        vector sum[QUERIES][VECTORS];
        EACH for (int q = 0; q < QUERIES; q++) sum[q][0] = sum[q][1] = vector_repeat(0.0f);
        for (int j = 0; j < s->seen; j++, value += s->stride) {
            const vector a = vector_load(value), b = vector_load(value + LANES);
            EACH for (int q = 0; q < QUERIES; q++)
            {
                const vector e = vector_repeat(s->scores[q * s->keys + j]);
                sum[q][0] = vector_fma(e, a, sum[q][0]);
                sum[q][1] = vector_fma(e, b, sum[q][1]);
            }
        }
        /* What goes past the head is written again by the next one. */
        EACH for (int q = 0; q < QUERIES; q++) for (int k = 0; k < VECTORS; k++)
            vector_store(s->results + (size_t)(i + q) * s->result_stride + channel + k * LANES,
                         vector_mul(sum[q][k], vector_repeat(shares[q])));
    }
}

/* A channel of all places side by side: squares of LANES places and channels at a time. */
static inline void WINDOWS(turn)(const window_state *s, int head, int each)
{
    const float *from = s->gathered + s->row->channels + head * each;
    for (int first = 0; first < each; first += LANES) {
        const int used = each - first < LANES ? each - first : LANES;
        for (int j = 0; j < s->keys; j += LANES) {
            vector square[LANES];
            for (int k = 0; k < LANES; k++)
                square[k] = vector_load(from + (size_t)(j + k) * s->stride + first);
            transpose(square);
            for (int k = 0; k < used; k++)
                vector_store(s->turned + (size_t)(first + k) * (size_t)s->keys + j, square[k]);
        }
    }
}

/* Blocks of pixels x0 .. x1 - 1 of so many rows of sources, to places in rows of `side` ones, from `place` on. */
static inline void WINDOWS(copy)(const window_state *s, float *to, const float *const *sources,
                                 int rows, int blocks, int x0, int x1, size_t place, int side)
{
    const int all = (3 * s->row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    for (int y = 0; y < rows; y++, place += (size_t)side)
        for (int b = 0; b < blocks; b++) {
            const float *from = sources[y * all + b] + (ptrdiff_t)x0 * ANEW_BLOCK;
            float *pixel = to + place * s->stride + (size_t)(b * ANEW_BLOCK);
            for (int x = x0; x < x1; x++, from += ANEW_BLOCK, pixel += s->stride)
                for (int i = 0; i < ANEW_BLOCK; i += LANES)
                    vector_store(pixel + i, vector_load(from + i));
        }
}

/* The pixels x0 .. x1 - 1 of the rows, of which the first is column `left` of the window. */
static inline void WINDOWS(gather)(const window_state *s, int x0, int x1, int left)
{
    const anew_window_row *row = s->row;
    const int blocks = (3 * row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    if (row->rows < row->window || x1 - x0 < row->window) {
        memset(s->gathered, 0, (size_t)s->keys * s->stride * sizeof(float));
        for (int j = 0; j < s->keys; j++)
            s->absent[j] = -INFINITY;
    }
    for (int y = 0; y < row->rows; y++)
        for (int x = x0; x < x1; x++)
            s->absent[(row->first_row + y) * row->window + left + x - x0] = 0.0f;
    WINDOWS(copy)
    (s, s->gathered, row->sources, row->rows, blocks, x0, x1,
     (size_t)(row->first_row * row->window + left), row->window);
}

/* The same of a window that sees pixels around itself. */
static inline void WINDOWS(gather_around)(const window_state *s, int x0, int x1)
{
    const anew_window_row *row = s->row;
    const int blocks = (3 * row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int query_blocks = (row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int o = row->overlap, side = row->window + 2 * o;
    const int first = x0 < o ? 0 : x0 - o, last = x1 + o < row->width ? x1 + o : row->width;
    const int rows = row->above + row->rows + row->below;
    if (rows < side || last - first < side)
        memset(s->gathered, 0, (size_t)s->seen * s->stride * sizeof(float));
    WINDOWS(copy)
    (s, s->gathered, row->sources, rows, blocks, first, last,
     (size_t)((o - row->above) * side + first - (x0 - o)), side);
    WINDOWS(copy)
    (s, s->queries, row->sources + row->above * blocks, row->rows, query_blocks, x0, x1, 0,
     row->window);
}

static inline void WINDOWS(scatter)(const window_state *s, int x0, int x1, int left)
{
    const anew_window_row *row = s->row;
    const int blocks = (row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t surplus = (size_t)(blocks * ANEW_BLOCK - row->channels);
    for (int y = 0; y < row->rows; y++) {
        float *results =
            s->results + (size_t)((row->first_row + y) * row->window + left) * s->result_stride;
        for (int x = x0; x < x1; x++)
            memset(results + (size_t)(x - x0) * s->result_stride + row->channels, 0,
                   surplus * sizeof(float));
        for (int b = 0; b < blocks; b++) {
            const float *from = results + b * ANEW_BLOCK;
            float *to = row->destinations[y * blocks + b] + (ptrdiff_t)x0 * ANEW_BLOCK;
            for (int x = x0; x < x1; x++, from += s->result_stride, to += ANEW_BLOCK)
                for (int i = 0; i < ANEW_BLOCK; i += LANES)
                    vector_store(to + i, vector_load(from + i));
        }
    }
}

void WINDOWS(anew_attend_windows)(const anew_window_row *row)
{
    const int each = row->channels / row->heads;
    const int side = row->window + 2 * row->overlap, round = ANEW_WINDOW_KEYS - 1;
    window_state s = {.row = row, .pixels = row->window * row->window, .seen = side * side};
    const size_t places = (size_t)((s.pixels + round) / ANEW_WINDOW_KEYS * ANEW_WINDOW_KEYS);
    s.keys = (s.seen + round) / ANEW_WINDOW_KEYS * ANEW_WINDOW_KEYS;
    s.stride =
        (size_t)((3 * row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK * ANEW_BLOCK + 2 * ANEW_BLOCK);
    s.result_stride =
        (size_t)((row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK * ANEW_BLOCK + 2 * ANEW_BLOCK);
    s.queries = s.gathered = row->scratch;
    s.results = s.gathered + (size_t)s.keys * s.stride;
    if (row->overlap > 0) {
        s.queries = s.results;
        s.results += places * s.stride;
    }
    s.turned = s.results + places * s.result_stride;
    s.scores = s.turned + (size_t)each * (size_t)s.keys;
    s.absent = s.scores + ANEW_BLOCK * s.keys;
    /* What no pixel is ever copied to: places past the last one, and the slack of each. */
    memset(s.gathered, 0, (size_t)s.keys * s.stride * sizeof(float));
    memset(s.queries, 0, places * s.stride * sizeof(float));
    for (int j = 0; j < s.keys; j++)
        s.absent[j] = row->overlap > 0 && j < s.seen ? 0.0f : -INFINITY;
    for (int x0 = row->x0, x1; x0 < row->x1; x0 = x1) {
        const int left = x0 == 0 && row->shift > 0 ? row->window - row->shift : 0;
        float shares[QUERIES];
        x1 = x0 + row->window - left < row->width ? x0 + row->window - left : row->width;
        if (row->overlap > 0)
            WINDOWS(gather_around)(&s, x0, x1);
        else
            WINDOWS(gather)(&s, x0, x1, left);
        for (int head = 0; head < row->heads; head++) {
            WINDOWS(turn)(&s, head, each);
            for (int i = 0; i < s.pixels; i += QUERIES) {
                WINDOWS(score)(&s, head, each, i);
                for (int q = 0; q < QUERIES; q++)
                    shares[q] = WINDOWS(soften)(s.scores + q * s.keys, s.keys);
                WINDOWS(weigh)(&s, head, each, i, shares);
            }
        }
        WINDOWS(scatter)(&s, x0, x1, left);
    }
}
