/*
 * pointwise_body.h - functions of single values on vectors, written once; an including file brings the
 * vector vocabulary and NAME.
 */
#include "kernels/elementary.h"
#include "kernels/implementations.h"

static inline __attribute__((always_inline)) vector pointwise(const anew_pointwise_kind kind,
                                                              vector a, vector b)
{
    switch (kind) {
    case ANEW_POINTWISE_EXP:
        return elementary_exp(a);
    case ANEW_POINTWISE_ERF:
        return elementary_erf(a);
    case ANEW_POINTWISE_TANH:
        return elementary_tanh(a);
    case ANEW_POINTWISE_SIGMOID:
        return elementary_sigmoid(a);
    case ANEW_POINTWISE_SILU:
        return elementary_silu(a);
    case ANEW_POINTWISE_MISH:
        return elementary_mish(a);
    case ANEW_POINTWISE_CLAMP:
        return elementary_clamp(a);
    case ANEW_POINTWISE_GELU:
        return elementary_gelu(a);
    case ANEW_POINTWISE_SQRT:
        return vector_sqrt(a);
    case ANEW_POINTWISE_MULTIPLY:
        return vector_mul(a, b);
    case ANEW_POINTWISE_DIVIDE:
        return vector_div(a, b);
    }
    return a;
}

/* One row of one block; with `kind` known to the compiler the choice is made once. */
static inline __attribute__((always_inline)) void
pointwise_block(const anew_pointwise_kind kind, float *destination, const float *source,
                const float *second, int channels, int width)
{
    for (int i = 0; i < width * ANEW_BLOCK; i += LANES)
        vector_store(destination + i, pointwise(kind, vector_load(source + i),
                                                vector_load((second ? second : source) + i)));
    if (channels < ANEW_BLOCK)
        for (int x = 0; x < width; x++)
            for (int lane = channels; lane < ANEW_BLOCK; lane++)
                destination[x * ANEW_BLOCK + lane] = 0.0f;
}

void NAME(const anew_pointwise_row *row)
{
    for (int b = 0; b * ANEW_BLOCK < row->channels; b++) {
        float *to = row->destinations[b];
        const float *from = row->sources[b];
        const int left = row->channels - b * ANEW_BLOCK;
        switch (row->kind) {
#define CASE(kind)                                                                                 \
    case kind:                                                                                     \
        pointwise_block(kind, to, from, NULL, left, row->width);                                   \
        break;
            CASE(ANEW_POINTWISE_EXP)
            CASE(ANEW_POINTWISE_ERF)
            CASE(ANEW_POINTWISE_TANH)
            CASE(ANEW_POINTWISE_SIGMOID)
            CASE(ANEW_POINTWISE_SILU)
            CASE(ANEW_POINTWISE_MISH)
            CASE(ANEW_POINTWISE_CLAMP)
            CASE(ANEW_POINTWISE_GELU)
            CASE(ANEW_POINTWISE_SQRT)
#undef CASE
        case ANEW_POINTWISE_MULTIPLY:
            pointwise_block(ANEW_POINTWISE_MULTIPLY, to, from, row->seconds[b], left, row->width);
            break;
        case ANEW_POINTWISE_DIVIDE:
            pointwise_block(ANEW_POINTWISE_DIVIDE, to, from, row->seconds[b], left, row->width);
            break;
        }
    }
}
