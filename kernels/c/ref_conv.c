/*
 * ref_conv.c - convolution as the textbook has it: planar tensors, one output after the other. The
 * order of the three inner loops is the definition of the exact class.
 */
#include <math.h>

#include "kernels/c/suffix.h"
#include "kernels/implementations.h"

void ANEW_KERNEL(anew_ref_conv)(float *destination, const float *source, const float *weights,
                                const float *bias, const anew_conv_shape *shape, int pad,
                                int height, int width)
{
    const int kernel_height = shape->kernel_height, kernel_width = shape->kernel_width;
    const int reach_y = (kernel_height - 1) * shape->dilation;
    const int reach_x = (kernel_width - 1) * shape->dilation;
    const int out_height = (height + 2 * pad - reach_y - 1) / shape->stride + 1;
    const int out_width = (width + 2 * pad - reach_x - 1) / shape->stride + 1;
    const int group_in = shape->in_channels / shape->groups;
    const int group_out = shape->out_channels / shape->groups;
    for (int oc = 0; oc < shape->out_channels; oc++) {
        const int first_in = oc / group_out * group_in;
        for (int y = 0; y < out_height; y++) {
            for (int x = 0; x < out_width; x++) {
                float sum = bias == NULL ? 0.0f : bias[oc];
                for (int ky = 0; ky < kernel_height; ky++) {
                    const int sy = y * shape->stride + ky * shape->dilation - pad;
                    for (int kx = 0; kx < kernel_width; kx++) {
                        const int sx = x * shape->stride + kx * shape->dilation - pad;
                        const bool inside = sy >= 0 && sy < height && sx >= 0 && sx < width;
                        for (int ic = 0; ic < group_in; ic++) {
                            const float value =
                                inside ? source[((size_t)(first_in + ic) * (size_t)height +
                                                 (size_t)sy) *
                                                    (size_t)width +
                                                (size_t)sx]
                                       : 0.0f;
                            const float weight =
                                weights[(((size_t)oc * (size_t)group_in + (size_t)ic) *
                                             (size_t)kernel_height +
                                         (size_t)ky) *
                                            (size_t)kernel_width +
                                        (size_t)kx];
                            sum = fmaf(value, weight, sum);
                        }
                    }
                }
                destination[((size_t)oc * (size_t)out_height + (size_t)y) * (size_t)out_width +
                            (size_t)x] = sum;
            }
        }
    }
}
