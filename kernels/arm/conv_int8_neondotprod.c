/*
 * conv_int8_neondotprod.c - direct convolution on integers of 8 bits (int8.h), on the dot products of FEAT_DotProd:
 * each 32-bit lane adds four products of bytes to its sum, one factor from a lane.
 *
 * These take both factors signed or both unsigned, so that a source byte goes in less 128, and the sums begin with 128
 * times the sum of their output's weights. The call's source rows become such bytes in the scratch, a plane for each
 * block of 16 channels:
 *
 *     [source row][block][pixel][16]
 *
 * Then 6 pixels x 16 outputs at a time, as in the float kernel: 24 sums, 6 pixels' 16 channels, weights of 4 outputs.
 */
#include "kernels/arm/round_int8_neon.h"
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"
#include "kernels/int8.h"
#include "kernels/sums_body.h"

#define VECTORS (ANEW_BLOCK / LANES)
/* Bytes of a line's weights for one tap, and of those of one block of sources in it. */
#define TAP          (ANEW_INT8_CHANNELS * ANEW_BLOCK)
#define BLOCK_OF_TAP (ANEW_BLOCK * ANEW_BLOCK)

typedef struct convolution {
    const anew_conv_row *row;
    anew_int8_packed packed;
    int source_rows;
    ptrdiff_t plane; /* bytes: of one block of a row, from pixel x0 - half on */
    int8_t *bytes;
    int32_t start[ANEW_BLOCK]; /* of the output block at hand */
} convolution;

static void round_sources(const convolution *c)
{
    const anew_conv_row *row = c->row;
    const int half = row->kernel_width / 2;
    int8_t *to = c->bytes;
    for (int y = 0; y < c->source_rows; y++)
        for (int b = 0; b < row->source_blocks; b++)
            for (int x = row->x0 - half; x < row->x1 + half; x++, to += ANEW_BLOCK) {
                const uint8x16_t bytes = round_sixteen(
                    row->sources[b * c->source_rows + y] + x * ANEW_BLOCK,
                    c->packed.inverse + b * ANEW_BLOCK, c->packed.zero + b * ANEW_BLOCK);
                vst1q_s8(to, vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(128))));
            }
}

static ptrdiff_t bytes_of_block(const convolution *c)
{
    const anew_conv_row *row = c->row;
    return (ptrdiff_t)TAP * c->packed.lines * row->kernel_height * row->kernel_width;
}

/* 128 times the sum of each output's weights. */
static void begin_block(convolution *c, int block)
{
    const int8_t *weight = c->packed.weights + block * bytes_of_block(c);
    const int8_t *const end = weight + bytes_of_block(c);
    int32x4_t sums[VECTORS] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    for (; weight < end; weight += ANEW_INT8_GROUP * ANEW_BLOCK)
        for (int v = 0; v < VECTORS; v++)
            sums[v] = vdotq_s32(sums[v], vld1q_s8(weight + 16 * v), vdupq_n_s8(1));
    for (int v = 0; v < VECTORS; v++)
        vst1q_s32(c->start + v * LANES, vshlq_n_s32(sums[v], 7));
}

/* Sum i belongs to vector i / pixels of the block and to pixel i % pixels. */
#define STEP(i, statement)                                                                         \
    if ((i) < pixels * VECTORS) {                                                                  \
        statement;                                                                                 \
    }
#define PIXEL(i) ((i) % pixels)
#define LANE(i)  ((i) / pixels * LANES)
#define BLOCK(i) (y * row->out_blocks + block)
#define PLACE(i) ((x + PIXEL(i)) * ANEW_BLOCK + LANE(i))

#define START(i)      STEP(i, integer[i] = vld1q_s32(c->start + LANE(i)))
#define EACH_PIXEL(f) f(0) f(1) f(2) f(3) f(4) f(5)
#define SIXTEEN(i)                                                                                 \
    if ((i) < pixels)                                                                              \
        sixteen[i] = vld1q_s8(at + (i)*ANEW_BLOCK);
#define MULTIPLY(i, group)                                                                         \
    STEP(i, if (PIXEL(i) == 0) weights = vld1q_s8(w + (group)*64 + LANE(i) * 4);                   \
         integer[i] = vdotq_laneq_s32(integer[i], weights, sixteen[PIXEL(i)], group))
#define MULTIPLY_0(i) MULTIPLY(i, 0)
#define MULTIPLY_1(i) MULTIPLY(i, 1)
#define MULTIPLY_2(i) MULTIPLY(i, 2)
#define MULTIPLY_3(i) MULTIPLY(i, 3)
#define FINISH(i)                                                                                  \
    STEP(i, sum[i] = vector_fma(                                                                   \
                vcvtq_f32_s32(vsubq_s32(                                                           \
                    integer[i], vld1q_s32(c->packed.offset + block * ANEW_BLOCK + LANE(i)))),      \
                vector_load(c->packed.factor + block * ANEW_BLOCK + LANE(i)),                      \
                vector_load(row->bias + block * ANEW_BLOCK + LANE(i))))
#define STORE(i) STEP(i, vector_store(row->destinations[BLOCK(i)] + PLACE(i), sum[i]))

/* Pixels x .. x + pixels - 1 of one output block, in row y of the call. */
INLINE void tile(const convolution *c, int y, int block, int x, const int pixels)
{
    const anew_conv_row *row = c->row;
    const int8_t *weight = c->packed.weights + block * bytes_of_block(c);
    const int8_t *line = c->bytes + y * row->source_blocks * c->plane + (x - row->x0) * ANEW_BLOCK;
    int32x4_t integer[MOST_SUMS];
    int8x16_t sixteen[6], weights;
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++)
        for (int first = 0; first < row->source_blocks; first += 4) {
            const int blocks = row->source_blocks - first < 4 ? row->source_blocks - first : 4;
            for (int kx = 0; kx < row->kernel_width; kx++, weight += TAP) {
                const int8_t *at = line + kx * ANEW_BLOCK, *w = weight;
                for (int b = 0; b < blocks; b++, at += c->plane, w += BLOCK_OF_TAP) {
                    EACH_PIXEL(SIXTEEN)
                    EACH_SUM(MULTIPLY_0)
                    EACH_SUM(MULTIPLY_1)
                    EACH_SUM(MULTIPLY_2)
                    EACH_SUM(MULTIPLY_3)
                }
            }
            line += blocks * c->plane;
        }
    vector sum[MOST_SUMS];
    EACH_SUM(FINISH)
    EACH_EPILOGUE(row)
    EACH_SUM(STORE)
}

#include "kernels/arm/conv_rows_body.h"

static void convolve(const anew_conv_row *row, int rows)
{
    convolution c = {.row = row,
                     .packed = anew_int8_parts(row),
                     .source_rows = rows - 1 + row->kernel_height,
                     .plane = (row->x1 - row->x0 + row->kernel_width - 1) * ANEW_BLOCK,
                     .bytes = (int8_t *)row->scratch};
    round_sources(&c);
    for (int block = 0; block < row->out_blocks; block++) {
        begin_block(&c, block);
        for (int y = 0; y < rows; y++)
            if (row->destinations[y * row->out_blocks] != NULL)
                block_of_row(&c, y, block);
    }
}

void anew_conv_int8_neondotprod(const anew_conv_row *row)
{
    convolve(row, ANEW_INT8_ROWS);
}

void anew_conv_int8_row_neondotprod(const anew_conv_row *row)
{
    convolve(row, 1);
}
