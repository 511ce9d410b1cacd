/*
 * winograd_body.h - the Winograd convolution, once for plain C and for every vector length.
 *
 * For a piece of a row of tiles: transform the sources, do the 36 matrix products (each is a 1x1
 * convolution whose pixels are tiles, so the direct kernel does it), transform the products back,
 * epilogue, store. An including file brings the vector vocabulary and:
 *
 *     NAME     the function's name
 *     PRODUCT  the direct convolution of the same level
 *
 * Every operation is written out in one order, so that all levels that have fused multiply-add give
 * the same bits. Error against the exact chain: some 3e-6 of the largest value of the sum's terms for
 * 64 channels (tests/check_kernels.c holds it to 2e-5).
 */
#include "kernels/epilogue_body.h"
#include "kernels/implementations.h"
#include "kernels/winograd.h"

#define TILE   ANEW_WINOGRAD_TILE
#define WINDOW ANEW_WINOGRAD_WINDOW
#define TILES  ANEW_WINOGRAD_PIECE_TILES

#define A ((float)ANEW_WINOGRAD_A)
#define B ((float)ANEW_WINOGRAD_B)

#define INLINE static inline __attribute__((always_inline))

/* B^T times a column of six. */
INLINE void transform_source(vector out[WINDOW], const vector in[WINDOW])
{
    const vector a = vector_repeat(A), b = vector_repeat(B);
    const vector minus_a2 = vector_repeat(-0.5f), minus_b2 = vector_repeat(-2.0f),
                 minus_both = vector_repeat(-2.5f);
    const vector even_a = vector_fma(minus_b2, in[2], in[4]);
    const vector odd_a = vector_mul(a, vector_fma(minus_b2, in[1], in[3]));
    const vector even_b = vector_fma(minus_a2, in[2], in[4]);
    const vector odd_b = vector_mul(b, vector_fma(minus_a2, in[1], in[3]));
    out[0] = vector_fma(minus_both, in[2], vector_add(in[0], in[4]));
    out[1] = vector_add(even_a, odd_a);
    out[2] = vector_sub(even_a, odd_a);
    out[3] = vector_add(even_b, odd_b);
    out[4] = vector_sub(even_b, odd_b);
    out[5] = vector_fma(minus_both, in[3], vector_add(in[1], in[5]));
}

/* A^T times a column of six. */
INLINE void transform_product(vector out[TILE], const vector in[WINDOW])
{
    const vector sum_a = vector_add(in[1], in[2]), difference_a = vector_sub(in[1], in[2]);
    const vector sum_b = vector_add(in[3], in[4]), difference_b = vector_sub(in[3], in[4]);
    out[0] = vector_add(vector_add(in[0], sum_a), sum_b);
    out[1] = vector_fma(vector_repeat(B), difference_b, vector_mul(vector_repeat(A), difference_a));
    out[2] = vector_fma(vector_repeat(2.0f), sum_b, vector_mul(vector_repeat(0.5f), sum_a));
    out[3] = vector_fma(vector_repeat(2 * B), difference_b,
                        vector_fma(vector_repeat(A / 2), difference_a, in[5]));
}

/* One tile of one source block, from pixel x - 1 on: to[product * step]. */
INLINE void transform_source_tile(float *to, size_t step, const float *const *rows, int x, int lane)
{
    vector half[WINDOW][WINDOW]; /* [column][row]: transformed along the columns */
    vector line[WINDOW], result[WINDOW];
    for (int j = 0; j < WINDOW; j++) {
        const int at = (x + j - 1) * ANEW_BLOCK + lane;
        line[0] = vector_load(rows[0] + at);
        line[1] = vector_load(rows[1] + at);
        line[2] = vector_load(rows[2] + at);
        line[3] = vector_load(rows[3] + at);
        line[4] = vector_load(rows[4] + at);
        line[5] = vector_load(rows[5] + at);
        transform_source(half[j], line);
    }
    for (int i = 0; i < WINDOW; i++) {
        line[0] = half[0][i];
        line[1] = half[1][i];
        line[2] = half[2][i];
        line[3] = half[3][i];
        line[4] = half[4][i];
        line[5] = half[5][i];
        transform_source(result, line);
        float *row = to + (size_t)(i * WINDOW) * step;
        vector_store(row, result[0]);
        vector_store(row + step, result[1]);
        vector_store(row + 2 * step, result[2]);
        vector_store(row + 3 * step, result[3]);
        vector_store(row + 4 * step, result[4]);
        vector_store(row + 5 * step, result[5]);
    }
}

/* One tile of one output block: from[product * step]. */
INLINE void transform_product_tile(const anew_conv_row *row, const anew_epilogue *epilogue,
                                   int epilogue_count, const float *from, size_t step, int block,
                                   int x, int lane)
{
    const int channel = block * ANEW_BLOCK + lane;
    const vector bias = vector_load(row->bias + channel);
    vector half[WINDOW][TILE]; /* [column][row] */
    vector line[WINDOW], result[TILE];
    for (int j = 0; j < WINDOW; j++) {
        const float *column = from + (size_t)j * step;
        line[0] = vector_load(column);
        line[1] = vector_load(column + WINDOW * step);
        line[2] = vector_load(column + 2 * WINDOW * step);
        line[3] = vector_load(column + 3 * WINDOW * step);
        line[4] = vector_load(column + 4 * WINDOW * step);
        line[5] = vector_load(column + 5 * WINDOW * step);
        transform_product(half[j], line);
    }
    for (int r = 0; r < TILE; r++) {
        float *destination = row->destinations[r * row->out_blocks + block];
        if (destination == NULL)
            continue;
        line[0] = half[0][r];
        line[1] = half[1][r];
        line[2] = half[2][r];
        line[3] = half[3][r];
        line[4] = half[4][r];
        line[5] = half[5][r];
        transform_product(result, line);
        for (int k = 0; k < TILE && x + k < row->x1; k++)
            vector_store(destination + (x + k) * ANEW_BLOCK + lane,
                         vector_epilogue(vector_add(result[k], bias), epilogue, epilogue_count,
                                         channel, r * row->out_blocks + block,
                                         (x + k) * ANEW_BLOCK + lane));
    }
}

INLINE void transform_products(const anew_conv_row *row, const anew_epilogue *epilogue,
                               int epilogue_count, const float *products, size_t step, int tiles)
{
    for (int b = 0; b < row->out_blocks; b++)
        for (int t = 0; t < tiles; t++)
            for (int lane = 0; lane < ANEW_BLOCK; lane += LANES)
                transform_product_tile(row, epilogue, epilogue_count,
                                       products + (size_t)b * TILES * ANEW_BLOCK +
                                           (size_t)t * ANEW_BLOCK + (size_t)lane,
                                       step, b, row->x0 + t * TILE, lane);
}

void NAME(const anew_conv_row *row)
{
    static const float no_bias[ANEW_MAX_SOURCE_BLOCKS * ANEW_BLOCK] = {0};
    const int tiles = (row->x1 - row->x0 + TILE - 1) / TILE;
    const size_t line = (size_t)TILES * ANEW_BLOCK; /* floats of one block of one product */
    const size_t source_step = (size_t)row->source_blocks * line;
    const size_t product_step = (size_t)row->out_blocks * line;
    float *transformed = row->scratch;
    float *products = transformed + ANEW_WINOGRAD_PRODUCTS * source_step;

    for (int b = 0; b < row->source_blocks; b++)
        for (int t = 0; t < tiles; t++)
            for (int lane = 0; lane < ANEW_BLOCK; lane += LANES)
                transform_source_tile(
                    transformed + (size_t)b * line + (size_t)t * ANEW_BLOCK + (size_t)lane,
                    source_step, row->sources + b * WINDOW, row->x0 + t * TILE, lane);

    const float *sources[ANEW_MAX_SOURCE_BLOCKS];
    float *destinations[ANEW_MAX_SOURCE_BLOCKS];
    size_t in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += (size_t)row->source_channels[b];
    anew_conv_row product = {.sources = sources,
                             .source_channels = row->source_channels,
                             .source_blocks = row->source_blocks,
                             .destinations = destinations,
                             .out_blocks = row->out_blocks,
                             .x1 = tiles,
                             .weights = row->weights,
                             .bias = no_bias,
                             .kernel_height = 1,
                             .kernel_width = 1,
                             .stride = 1,
                             .dilation = 1};
    for (size_t k = 0; k < ANEW_WINOGRAD_PRODUCTS; k++) {
        for (int b = 0; b < row->source_blocks; b++)
            sources[b] = transformed + k * source_step + (size_t)b * line;
        for (int b = 0; b < row->out_blocks; b++)
            destinations[b] = products + k * product_step + (size_t)b * line;
        PRODUCT(&product);
        product.weights += (size_t)row->out_blocks * ANEW_BLOCK * in_channels;
    }

    /* No epilogue and a PReLU alone are known to the compiler. */
    if (row->epilogue_count == 0) {
        transform_products(row, NULL, 0, products, product_step, tiles);
    } else if (row->epilogue_count == 1 && row->epilogue[0].kind == ANEW_EPILOGUE_PRELU) {
        const anew_epilogue prelu = {.kind = ANEW_EPILOGUE_PRELU, .slope = row->epilogue[0].slope};
        transform_products(row, &prelu, 1, products, product_step, tiles);
    } else {
        transform_products(row, row->epilogue, row->epilogue_count, products, product_step, tiles);
    }
}
