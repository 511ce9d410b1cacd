/*
 * digest_operations.c - prints one line for each operation beyond convolution: a digest of what it makes of
 * 80,000 fixed values. tests/cross.sh compares the lines of another CPU with those of this one.
 *
 * Seen to fail by NEON's multiply-add rounded twice (10 of the lines).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/whole.h"

#define CHANNELS 37
#define BLOCKS   3
#define WIDTH    2162

static float first[BLOCKS][WIDTH * ANEW_BLOCK], second[BLOCKS][WIDTH * ANEW_BLOCK];
static float result[BLOCKS][WIDTH * ANEW_BLOCK], weight[BLOCKS * ANEW_BLOCK],
    bias[BLOCKS * ANEW_BLOCK];
static uint32_t state = 1;

/* Mostly around 1, now and then any finite float. */
static float next_value(int channel)
{
    float value;
    state = state * 1664525u + 1013904223u;
    if (channel >= CHANNELS)
        return 0.0f;
    if (state >> 28 != 0)
        return ((float)(state >> 8) / 8388608.0f - 1.0f) * 20.0f;
    memcpy(&value, &state, sizeof value);
    return value == value && value - value == 0 ? value : 1.0f;
}

/* FNV-1a over the bits; every NaN counts as the same one. */
static void print_digest(const char *name)
{
    uint64_t digest = 14695981039346656037u;
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < WIDTH * ANEW_BLOCK; i++) {
            uint32_t bits;
            memcpy(&bits, &result[b][i], sizeof bits);
            bits = result[b][i] == result[b][i] ? bits : 0x7fc00000u;
            for (int k = 0; k < 32; k += 8)
                digest = (digest ^ (bits >> k & 255)) * 1099511628211u;
        }
    printf("%s %016" PRIx64 "\n", name, digest);
}

/* Values from -2 to 2 in a row of one block, and nothing else in the results. */
static void fill_small(float *row, int count)
{
    for (int i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        row[i] = (float)(state >> 8) / 4194304.0f - 2.0f;
    }
}

/* The kernels of whole.h: of rows, whose last few pixels fill no vector of pixels. */
#define PIXELS 45
#define PADDED 48
#define QUERY  40 /* channels of 5 heads, so that heads share blocks */

static void digest_wholes(anew_isa isa)
{
    const anew_whole_kernels *kernels = anew_whole_kernels_for(isa);
    static float queries[PIXELS * QUERY], keys[QUERY * PADDED],
        values[BLOCKS * PIXELS * ANEW_BLOCK], scores[PADDED], rows[4][WIDTH * ANEW_BLOCK],
        between[WIDTH * ANEW_BLOCK], shares[WIDTH];
    static int32_t left[WIDTH];
    float *destinations[BLOCKS] = {result[0], result[1], result[2]};
    for (int i = 0; i < 4; i++)
        fill_small(rows[i], WIDTH * ANEW_BLOCK);
    memset(result, 0, sizeof result);
    for (int width = 1; width <= PIXELS; width++) {
        double sums[2 * ANEW_BLOCK];
        kernels->sums(sums, rows[0] + width, width);
        memcpy(result[0] + (width - 1) * 4 * ANEW_BLOCK, sums, sizeof sums);
    }
    print_digest("sums");
    fill_small(weight, ANEW_BLOCK);
    fill_small(bias, ANEW_BLOCK);
    kernels->affine(result[0], rows[0], weight, bias, WIDTH);
    print_digest("affine");
    fill_small(shares, WIDTH);
    for (int x = 0; x < WIDTH; x++)
        left[x] = x / 2;
    kernels->bilinear(&(anew_bilinear_row){.destination = result[0],
                                           .above = rows[0],
                                           .below = rows[1],
                                           .between = between,
                                           .weight = 0.3f,
                                           .first = left,
                                           .weights = shares,
                                           .source_width = WIDTH / 2,
                                           .width = WIDTH});
    print_digest("bilinear");
    const float *const squares[4] = {rows[0], rows[1], rows[2], rows[3]};
    for (int r = 1; r <= 4; r++) {
        kernels->average(result[0], squares, r, WIDTH / r);
        print_digest("average");
    }
    memset(result, 0, sizeof result);
    fill_small(queries, PIXELS * QUERY);
    fill_small(values, BLOCKS * PIXELS * ANEW_BLOCK);
    for (int c = 0; c < QUERY; c++)
        fill_small(keys + c * PADDED, PIXELS);
    kernels->attend(&(anew_attention_row){.queries = queries,
                                          .keys = keys,
                                          .values = values,
                                          .scores = scores,
                                          .destinations = destinations,
                                          .width = PIXELS,
                                          .channels = QUERY,
                                          .heads = 5,
                                          .pixels = PIXELS,
                                          .padded = PADDED});
    print_digest("attention");
}

int main(void)
{
    static const char *const names[] = {"exp",   "erf",  "tanh", "sigmoid",  "silu",  "mish",
                                        "clamp", "gelu", "sqrt", "multiply", "divide"};
    const float *sources[BLOCKS] = {first[0], first[1], first[2]};
    const float *seconds[BLOCKS] = {second[0], second[1], second[2]};
    float *destinations[BLOCKS] = {result[0], result[1], result[2]};
    anew_isa isa = ANEW_ISA_C;
    (void)anew_isa_detect(&isa, NULL);
    const anew_row_kernels *kernels = anew_row_kernels_for(isa);
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < WIDTH * ANEW_BLOCK; i++) {
            first[b][i] = next_value(b * ANEW_BLOCK + i % ANEW_BLOCK);
            second[b][i] = next_value(b * ANEW_BLOCK + i % ANEW_BLOCK);
        }
    for (int c = 0; c < CHANNELS; c++) {
        weight[c] = next_value(c);
        bias[c] = next_value(c);
    }
    for (int kind = ANEW_POINTWISE_EXP; kind <= ANEW_POINTWISE_DIVIDE; kind++) {
        kernels->pointwise(&(anew_pointwise_row){(anew_pointwise_kind)kind, sources, seconds,
                                                 destinations, CHANNELS, WIDTH});
        print_digest(names[kind]);
    }
    const anew_channel_row row = {sources, destinations, CHANNELS, WIDTH, weight, bias, 1e-6};
    kernels->normalise(&row);
    print_digest("layer_norm");
    kernels->softmax(&row);
    print_digest("softmax");
    digest_wholes(isa);
    return 0;
}
