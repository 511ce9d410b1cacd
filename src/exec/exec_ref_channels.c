/*
 * exec_ref_channels.c - of the reference executor: what is taken over the channels of a pixel, or over a window of
 * pixels, by the definitions in graph/ops.def.
 */
#include <math.h>

#include "core/memory.h"
#include "exec/exec_ref.h"

typedef anew_ref_tensor tensor;

static size_t plane_of(const tensor *t)
{
    return (size_t)t->height * (size_t)t->width;
}

void anew_ref_max_pool(tensor *out, const tensor *in, const anew_node *node)
{
    const int pad = (node->kernel - 1) / 2 - node->shift;
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                float largest = 0;
                bool any = false;
                for (int i = 0; i < node->kernel * node->kernel; i++) {
                    const int from_y = y * node->stride + i / node->kernel - pad;
                    const int from_x = x * node->stride + i % node->kernel - pad;
                    if (from_y < 0 || from_y >= in->height || from_x < 0 || from_x >= in->width)
                        continue;
                    const float v = in->values[(size_t)c * plane_of(in) +
                                               (size_t)from_y * (size_t)in->width + (size_t)from_x];
                    largest = !any || largest < v ? v : largest;
                    any = true;
                }
                out->values[(size_t)c * plane_of(out) + (size_t)y * (size_t)out->width +
                            (size_t)x] = largest;
            }
}

/* Sum of term(v) over a pixel's channels, in double: 16 lanes, then their tree (graph/ops.def). `values` is
 * the pixel in the first channel. */
static double sum_of_channels(const tensor *t, const float *values, double (*term)(double, double),
                              double parameter)
{
    double lanes[16] = {0};
    for (int c = 0; c < t->channels; c++)
        lanes[c % 16] += term((double)values[(size_t)c * plane_of(t)], parameter);
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

static double itself(double v, double unused)
{
    (void)unused;
    return v;
}

static double squared_distance(double v, double mean)
{
    return (v - mean) * (v - mean);
}

anew_status anew_ref_normalise(tensor *out, const tensor *in, const anew_node *node,
                               anew_error *error)
{
    const size_t channels = (size_t)in->channels, plane = plane_of(in);
    float *plain = anew_alloc(anew_size_mul(channels, 2 * sizeof(float)));
    if (plain == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
    anew_tensor_to_f32(plain, node->weight);
    anew_tensor_to_f32(plain + channels, node->bias);
    for (size_t i = 0; i < plane; i++) {
        const double mean = sum_of_channels(in, in->values + i, itself, 0) / in->channels;
        const double variance =
            sum_of_channels(in, in->values + i, squared_distance, mean) / in->channels;
        const double factor = 1.0 / sqrt(variance + (double)node->number);
        for (size_t c = 0; c < channels; c++)
            out->values[c * plane + i] =
                fmaf((float)(((double)in->values[c * plane + i] - mean) * factor), plain[c],
                     plain[channels + c]);
    }
    anew_free(plain);
    return ANEW_OK;
}

void anew_ref_softmax(tensor *out, const tensor *in, anew_isa isa)
{
    const size_t channels = (size_t)in->channels, plane = plane_of(in);
    for (size_t i = 0; i < plane; i++) {
        float largest = in->values[i];
        for (size_t c = 1; c < channels; c++)
            if (largest < in->values[c * plane + i])
                largest = in->values[c * plane + i];
        for (size_t c = 0; c < channels; c++)
            out->values[c * plane + i] = in->values[c * plane + i] - largest;
    }
    anew_ref_kernels_for(isa)->pointwise(ANEW_POINTWISE_EXP, out->values, out->values, NULL,
                                         channels * plane);
    for (size_t i = 0; i < plane; i++) {
        const double sum = sum_of_channels(out, out->values + i, itself, 0);
        for (size_t c = 0; c < channels; c++)
            out->values[c * plane + i] = (float)((double)out->values[c * plane + i] / sum);
    }
}
