/*
 * conv_matrix_body.h - direct convolution on the matrix products of FEAT_I8MM and FEAT_BF16, written once: an instruction
 * multiplies 2 pixels by 2 outputs over 8 bytes of channels, 8 of 8 bits or 4 of bfloat16. An including file brings:
 *
 *     UNITS_OF_BLOCK           parts of 8 bytes that 16 channels make
 *     accumulator, NOTHING     four sums: [2 pixels][2 outputs]; and zeros
 *     matrix_multiply(sums, pixels, weights)
 *     round_pixel(c, to, block, source)   16 channels of a pixel, part i to to + i * c->plane
 *     weights_of(row)          bytes
 *     finish_sums(c, sums, block, lane)  what four neighbouring outputs of a pixel are before the epilogue
 *
 * The call's source rows are rounded into the scratch, a plane for each part, so that two neighbouring pixels are one
 * vector, wherever they begin:
 *
 *     [source row][part][pixel][8 bytes]
 *
 * Weights lie as AMX's tiles have them, 1 KiB for 8 parts of one tap and 16 outputs, but for the order within that:
 *
 *     [out block][ky][8 parts][kx][part][8 pairs of outputs][2][8 bytes]
 *
 * A tile is 6 pixels x 16 outputs: 24 registers of sums, 3 of pixels, the weights pass.
 */
#define TAP     1024
#define PARTS   8 /* of a line */
#define PAIRS   (ANEW_BLOCK / 2)
#define VECTORS (ANEW_BLOCK / LANES)

typedef struct convolution {
    const anew_conv_row *row;
    int source_rows, parts; /* of a pixel */
    ptrdiff_t plane;        /* bytes: of one part of a row, from pixel x0 - half on */
    uint8_t *bytes;
} convolution;

INLINE void round_pixel(const convolution *c, uint8_t *to, int block, const float *source);
static const uint8_t *weights_of(const anew_conv_row *row);
INLINE vector finish_sums(const convolution *c, accumulator sums, int block, int lane);

static void round_sources(const convolution *c)
{
    const anew_conv_row *row = c->row;
    const int half = row->kernel_width / 2;
    uint8_t *to = c->bytes;
    for (int y = 0; y < c->source_rows; y++)
        for (int b = 0; b < row->source_blocks; b++, to += UNITS_OF_BLOCK * c->plane) {
            const float *source =
                row->sources[b * c->source_rows + y] + (row->x0 - half) * ANEW_BLOCK;
            for (ptrdiff_t at = 0; at < c->plane; at += 8, source += ANEW_BLOCK)
                round_pixel(c, to + at, b, source);
        }
}

/* Sums i belong to pair i / pairs of the outputs and to pair i % pairs of the pixels. */
#define MULTIPLY(i)                                                                                \
    if ((i) < pairs * PAIRS) {                                                                     \
        if ((i) % pairs == 0)                                                                      \
            weights = vld1q_u8(w + (i) / pairs * 16);                                              \
        product[i] = matrix_multiply(product[i], two[(i) % pairs], weights);                       \
    }
#define BEGIN(i)                                                                                   \
    if ((i) < pairs * PAIRS)                                                                       \
        product[i] = NOTHING;
#define EACH_PAIR(f) f(0) f(1) f(2)
#define TWO(i)                                                                                     \
    if ((i) < pairs)                                                                               \
        two[i] = vld1q_u8(at + (i)*16);

/* Then sum i belongs to vector i / pixels of the block and to pixel i % pixels. */
#define STEP(i, statement)                                                                         \
    if ((i) < pixels * VECTORS) {                                                                  \
        statement;                                                                                 \
    }
#define PIXEL(i) ((i) % pixels)
#define LANE(i)  ((i) / pixels * LANES)
#define BLOCK(i) (y * row->out_blocks + block)
#define PLACE(i) ((x + PIXEL(i)) * ANEW_BLOCK + LANE(i))
#define HALVES(i)                                                                                  \
    product[(i) / pixels * 2 * pairs + PIXEL(i) / 2],                                              \
        product[((i) / pixels * 2 + 1) * pairs + PIXEL(i) / 2]
#define FINISH(i)                                                                                  \
    STEP(i, sum[i] = finish_sums(                                                                  \
                c, PIXEL(i) % 2 == 0 ? first_pixel(HALVES(i)) : second_pixel(HALVES(i)), block,    \
                LANE(i)))
#define STORE(i) STEP(i, vector_store(row->destinations[BLOCK(i)] + PLACE(i), sum[i]))

/* Pixels x .. x + pixels - 1 of one output block, in row y of the call. One pixel alone is the first of a pair whose
 * second comes to nothing. */
INLINE void tile(const convolution *c, int y, int block, int x, const int pixels)
{
    const anew_conv_row *row = c->row;
    const int pairs = (pixels + 1) / 2;
    const int lines = (c->parts + PARTS - 1) / PARTS;
    const uint8_t *weight =
        weights_of(row) + (ptrdiff_t)TAP * block * lines * row->kernel_height * row->kernel_width;
    const uint8_t *line = c->bytes + y * c->parts * c->plane + (x - row->x0) * 8;
    accumulator product[MOST_SUMS];
    uint8x16_t two[3], weights;
    EACH_SUM(BEGIN)
    for (int ky = 0; ky < row->kernel_height; ky++)
        for (int first = 0; first < c->parts; first += PARTS) {
            const int parts = c->parts - first < PARTS ? c->parts - first : PARTS;
            for (int kx = 0; kx < row->kernel_width; kx++, weight += TAP) {
                const uint8_t *at = line + kx * 8, *w = weight;
                for (int part = 0; part < parts; part++, at += c->plane, w += TAP / PARTS) {
                    EACH_PAIR(TWO)
                    EACH_SUM(MULTIPLY)
                }
            }
            line += parts * c->plane;
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
                     .source_rows = rows - 1 + row->kernel_height,
                     .parts = row->source_blocks * UNITS_OF_BLOCK,
                     .plane = (row->x1 - row->x0 + row->kernel_width - 1) * 8,
                     .bytes = (uint8_t *)row->scratch};
    round_sources(&c);
    for (int block = 0; block < row->out_blocks; block++)
        for (int y = 0; y < rows; y++)
            if (row->destinations[y * row->out_blocks] != NULL)
                block_of_row(&c, y, block);
}
