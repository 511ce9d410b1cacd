/*
 * conv_int8_avx512vnni.c - direct convolution on integers of 8 bits (int8.h), on AVX-512's VNNI: each 32-bit lane
 * adds four products of bytes to its sum.
 *
 * The call's source rows become bytes in the scratch, one plane for each group of 4 channels, so that neighbouring
 * pixels of a group are 4 bytes apart:
 *
 *     [source row][group][pixel][4]
 *
 * Then 14 pixels x 32 outputs at a time, as in the float kernel: 28 sums stay in registers, and in each turn a
 * group's 4 channels of a pixel, repeated over a vector, meet 16 outputs' weights of the group.
 */
#include <string.h>

#include "kernels/implementations.h"
#include "kernels/int8.h"
#include "kernels/sums_body.h"
#include "kernels/x86/vector_avx512.h"

#define WIDE_PIXELS  14
#define SMALL_PIXELS 4

typedef struct convolution {
    const anew_conv_row *row;
    anew_int8_packed packed;
    int source_rows, groups;
    ptrdiff_t plane; /* bytes: of one group of a row, from pixel x0 - half on */
    uint8_t *bytes;
} convolution;

/* ---- sources to bytes ------------------------------------------------------------------------------------ */

INLINE __m512i rounded(const float *pixel, vector inverse, vector zero)
{
    /* A NaN takes the second operand of the maximum. */
    const vector v =
        _mm512_max_ps(_mm512_fmadd_ps(vector_load(pixel), inverse, zero), _mm512_setzero_ps());
    return _mm512_cvtps_epi32(_mm512_min_ps(v, vector_repeat(255.0f)));
}

/* Four pixels at a time: packed to words and then to bytes, lane g of 128 bits holds group g of all four. */
static void round_row(const float *source, uint8_t *to, ptrdiff_t plane, int first, int end,
                      vector inverse, vector zero)
{
    for (int x = first; x < end; x += 4, to += 16) {
        const float *last = source + (end - 1) * ANEW_BLOCK;
        const float *pixel[4];
        for (int i = 0; i < 4; i++)
            pixel[i] = x + i < end ? source + (x + i) * ANEW_BLOCK : last;
        const __m512i words_0 =
            _mm512_packs_epi32(rounded(pixel[0], inverse, zero), rounded(pixel[1], inverse, zero));
        const __m512i words_1 =
            _mm512_packs_epi32(rounded(pixel[2], inverse, zero), rounded(pixel[3], inverse, zero));
        const __m512i all = _mm512_packus_epi16(words_0, words_1);
        _mm_storeu_si128((__m128i *)(void *)to, _mm512_castsi512_si128(all));
        _mm_storeu_si128((__m128i *)(void *)(to + plane), _mm512_extracti32x4_epi32(all, 1));
        _mm_storeu_si128((__m128i *)(void *)(to + 2 * plane), _mm512_extracti32x4_epi32(all, 2));
        _mm_storeu_si128((__m128i *)(void *)(to + 3 * plane), _mm512_extracti32x4_epi32(all, 3));
    }
}

static void round_sources(const convolution *c)
{
    const anew_conv_row *row = c->row;
    const int half = row->kernel_width / 2;
    for (int y = 0; y < c->source_rows; y++)
        for (int b = 0; b < row->source_blocks; b++)
            round_row(row->sources[b * c->source_rows + y],
                      c->bytes + ((ptrdiff_t)y * c->groups + 4 * b) * c->plane, c->plane,
                      row->x0 - half, row->x1 + half,
                      vector_load(c->packed.inverse + b * ANEW_BLOCK),
                      vector_load(c->packed.zero + b * ANEW_BLOCK));
}

/* ---- sums ------------------------------------------------------------------------------------------------ */

#define STEP(i, statement)                                                                         \
    if ((i) < pixels * blocks) {                                                                   \
        statement;                                                                                 \
    }
#define PIXEL(i) ((i) / blocks)
#define LANE(i)  ((i) % blocks * LANES)
#define BLOCK(i) (y * row->out_blocks + block + (i) % blocks)
#define PLACE(i) ((x + PIXEL(i)) * ANEW_BLOCK)

#define START(i) STEP(i, integer[i] = _mm512_setzero_si512())
#define MULTIPLY(i)                                                                                \
    STEP(i, integer[i] = _mm512_dpbusd_epi32(integer[i], four_channels(at + PIXEL(i) * 4),         \
                                             (i) % blocks == 0 ? weight_0 : weight_1))
#define FINISH(i)                                                                                  \
    STEP(i,                                                                                        \
         sum[i] = vector_fma(_mm512_cvtepi32_ps(_mm512_sub_epi32(                                  \
                                 integer[i], _mm512_loadu_si512(c->packed.offset +                 \
                                                                block * ANEW_BLOCK + LANE(i)))),   \
                             vector_load(c->packed.factor + block * ANEW_BLOCK + LANE(i)),         \
                             vector_load(row->bias + block * ANEW_BLOCK + LANE(i))))
#define STORE(i) STEP(i, vector_store(row->destinations[BLOCK(i)] + PLACE(i), sum[i]))

INLINE __m512i four_channels(const uint8_t *at)
{
    int32_t four;
    memcpy(&four, at, sizeof four);
    return _mm512_set1_epi32(four);
}

/* Pixels x .. x + pixels - 1 of `blocks` output blocks from `block` on, in row y of the call. */
INLINE void tile(const convolution *c, int y, int block, int x, const int pixels, const int blocks)
{
    const anew_conv_row *row = c->row;
    const ptrdiff_t turn = (ptrdiff_t)ANEW_INT8_CHANNELS * ANEW_BLOCK;
    const ptrdiff_t block_bytes = turn * c->packed.lines * row->kernel_height * row->kernel_width;
    const int8_t *weight = c->packed.weights + block * block_bytes;
    __m512i integer[MOST_SUMS];
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++)
        for (int first = 0; first < c->groups; first += ANEW_BLOCK) {
            const int groups = c->groups - first < ANEW_BLOCK ? c->groups - first : ANEW_BLOCK;
            const uint8_t *line =
                c->bytes + ((ptrdiff_t)(y + ky) * c->groups + first) * c->plane + (x - row->x0) * 4;
            for (int kx = 0; kx < row->kernel_width; kx++, weight += turn) {
                const uint8_t *at = line + kx * 4;
                const int8_t *w = weight;
                for (int g = 0; g < groups; g++, at += c->plane, w += 64) {
                    const __m512i weight_0 = _mm512_loadu_si512(w);
                    const __m512i weight_1 =
                        blocks > 1 ? _mm512_loadu_si512(w + block_bytes) : weight_0;
                    EACH_SUM(MULTIPLY)
                }
            }
        }
    vector sum[MOST_SUMS];
    EACH_SUM(FINISH)
    EACH_EPILOGUE(row)
    EACH_SUM(STORE)
}

/* The last tile of a row is moved left over pixels already done, as in conv_direct_body.h. */
INLINE void blocks_of_row(const convolution *c, int y, int block, const int blocks)
{
    const anew_conv_row *row = c->row;
    const int width = row->x1 - row->x0;
    for (int x = row->x0; x < row->x1;) {
        const int left = row->x1 - x;
        if (width >= WIDE_PIXELS && left > SMALL_PIXELS) {
            x = left < WIDE_PIXELS ? row->x1 - WIDE_PIXELS : x;
            tile(c, y, block, x, WIDE_PIXELS, blocks);
            x += WIDE_PIXELS;
        } else if (width >= SMALL_PIXELS) {
            x = left < SMALL_PIXELS ? row->x1 - SMALL_PIXELS : x;
            tile(c, y, block, x, SMALL_PIXELS, blocks);
            x += SMALL_PIXELS;
        } else {
            tile(c, y, block, x, 1, blocks);
            x++;
        }
    }
}

static void convolve(const anew_conv_row *row, int rows)
{
    convolution c = {.row = row,
                     .packed = anew_int8_parts(row),
                     .source_rows = rows - 1 + row->kernel_height,
                     .groups = row->source_blocks * (ANEW_BLOCK / ANEW_INT8_GROUP),
                     .plane = (row->x1 - row->x0 + row->kernel_width - 1 + 3) / 4 * 16,
                     .bytes = (uint8_t *)row->scratch};
    round_sources(&c);
    /* Weights of two blocks stay in the first-level cache while all pixels pass. */
    for (int block = 0; block < row->out_blocks; block += 2)
        for (int y = 0; y < rows; y++) {
            if (row->destinations[y * row->out_blocks] == NULL)
                continue;
            if (block + 1 < row->out_blocks)
                blocks_of_row(&c, y, block, 2);
            else
                blocks_of_row(&c, y, block, 1);
        }
}

void anew_conv_int8_avx512vnni(const anew_conv_row *row)
{
    convolve(row, ANEW_INT8_ROWS);
}

void anew_conv_int8_row_avx512vnni(const anew_conv_row *row)
{
    convolve(row, 1);
}
