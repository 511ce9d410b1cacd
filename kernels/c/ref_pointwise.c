/* ref_pointwise.c - functions of single values, one value after the other; elementary.h defines them. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"

#include "kernels/elementary.h"
#include "kernels/implementations.h"

void ANEW_KERNEL(anew_ref_pointwise)(anew_pointwise_kind kind, float *destination,
                                     const float *source, const float *second, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const float v = source[i];
        switch (kind) {
        case ANEW_POINTWISE_EXP:
            destination[i] = elementary_exp(v);
            break;
        case ANEW_POINTWISE_ERF:
            destination[i] = elementary_erf(v);
            break;
        case ANEW_POINTWISE_TANH:
            destination[i] = elementary_tanh(v);
            break;
        case ANEW_POINTWISE_SIGMOID:
            destination[i] = elementary_sigmoid(v);
            break;
        case ANEW_POINTWISE_SILU:
            destination[i] = elementary_silu(v);
            break;
        case ANEW_POINTWISE_MISH:
            destination[i] = elementary_mish(v);
            break;
        case ANEW_POINTWISE_CLAMP:
            destination[i] = elementary_clamp(v);
            break;
        case ANEW_POINTWISE_GELU:
            destination[i] = elementary_gelu(v);
            break;
        case ANEW_POINTWISE_SQRT:
            destination[i] = sqrtf(v);
            break;
        case ANEW_POINTWISE_MULTIPLY:
            destination[i] = v * second[i];
            break;
        case ANEW_POINTWISE_DIVIDE:
            destination[i] = v / second[i];
            break;
        }
    }
}
