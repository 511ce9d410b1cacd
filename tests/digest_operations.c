/*
 * digest_operations.c - prints one line for each operation beyond convolution: a digest of what it makes of
 * 80,000 fixed values. tests/cross.sh compares the lines of another CPU with those of this one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernels/kernels.h"

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

int main(void)
{
    static const char *const names[] = {"exp",  "erf",  "tanh",     "sigmoid", "silu",
                                        "gelu", "sqrt", "multiply", "divide"};
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
    return 0;
}
