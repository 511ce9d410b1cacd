/*
 * exec_ref_whole.c - what the operations on whole values mean, and those that restoration networks need beside them:
 * graph/ops.def in plain C on planar tensors.
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "exec/exec_ref.h"

typedef anew_ref_tensor tensor;

static size_t plane_of(const tensor *t)
{
    return (size_t)t->height * (size_t)t->width;
}

static float *row_of(const tensor *t, int c, int y)
{
    return t->values + (size_t)c * plane_of(t) + (size_t)y * (size_t)t->width;
}

/* `elements` numbers of the tensor, or NULL with a message. */
static float *numbers_of(const anew_tensor *stored, const anew_node *node, anew_error *error)
{
    float *numbers = anew_alloc(anew_size_mul((size_t)stored->elements, sizeof(float)));
    if (numbers != NULL)
        anew_tensor_to_f32(numbers, stored);
    else
        (void)anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
    return numbers;
}

/* ---- padding, single pixels ------------------------------------------------------------------------ */

anew_status anew_ref_pad(anew_ref_tensor *to, const anew_ref_tensor *from, int before, int after,
                         anew_edge edge, anew_error *error)
{
    *to =
        (tensor){NULL, from->channels, from->height + before + after, from->width + before + after};
    to->values = anew_alloc_zero(
        anew_size_mul(anew_size_mul(plane_of(to), (size_t)to->channels), sizeof(float)));
    if (to->values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a padded value");
    for (int c = 0; c < to->channels; c++)
        for (int y = 0; y < to->height; y++)
            for (int x = 0; x < to->width; x++) {
                const int sy = y - before, sx = x - before;
                const bool inside = sy >= 0 && sy < from->height && sx >= 0 && sx < from->width;
                if (inside || edge != ANEW_EDGE_ZEROS)
                    row_of(to, c, y)[x] =
                        row_of(from, c,
                               anew_edge_pixel(
                                   edge, sy, from->height))[anew_edge_pixel(edge, sx, from->width)];
            }
    return ANEW_OK;
}

void anew_ref_spread(anew_ref_tensor *out, const anew_ref_tensor *a, const anew_ref_tensor *b,
                     bool add)
{
    for (int c = 0; c < out->channels; c++)
        for (size_t i = 0; i < plane_of(out); i++) {
            const float v = a->values[(size_t)c * plane_of(out) + i];
            out->values[(size_t)c * plane_of(out) + i] = add ? v + b->values[c] : v * b->values[c];
        }
}

/* ---- sums over a value -------------------------------------------------------------------------------- */

static void channel_sums(double *sum, double *squares, const tensor *t, int c)
{
    *sum = *squares = 0;
    for (int y = 0; y < t->height; y++) {
        double parts[4] = {0}, of_squares[4] = {0};
        for (int x = 0; x < t->width; x++) {
            const double v = (double)row_of(t, c, y)[x];
            parts[x % 4] += v;
            of_squares[x % 4] += v * v;
        }
        *sum += (parts[0] + parts[1]) + (parts[2] + parts[3]);
        *squares += (of_squares[0] + of_squares[1]) + (of_squares[2] + of_squares[3]);
    }
}

static void global_mean(tensor *out, const tensor *in)
{
    for (int c = 0; c < in->channels; c++) {
        double sum, squares;
        channel_sums(&sum, &squares, in, c);
        out->values[c] = (float)(sum / (double)plane_of(in));
    }
}

static void affine(tensor *out, const tensor *in, int c, double factor, double offset)
{
    for (size_t i = 0; i < plane_of(in); i++)
        out->values[(size_t)c * plane_of(in) + i] =
            fmaf(in->values[(size_t)c * plane_of(in) + i], (float)factor, (float)offset);
}

static anew_status group_norm(tensor *out, const tensor *in, const anew_node *node,
                              anew_error *error)
{
    const int each = in->channels / node->groups;
    const double n = (double)plane_of(in) * each;
    float *weight = numbers_of(node->weight, node, error);
    float *bias = weight == NULL ? NULL : numbers_of(node->bias, node, error);
    for (int g = 0; bias != NULL && g < node->groups; g++) {
        double sum = 0, squares = 0;
        for (int c = g * each; c < (g + 1) * each; c++) {
            double of_channel, its_squares;
            channel_sums(&of_channel, &its_squares, in, c);
            sum += of_channel;
            squares += its_squares;
        }
        const double mean = sum / n, variance = squares / n - mean * mean;
        const double root = sqrt((variance > 0 ? variance : 0) + (double)node->number);
        for (int c = g * each; c < (g + 1) * each; c++) {
            const double f = (double)weight[c] / root;
            affine(out, in, c, f, (double)bias[c] - mean * f);
        }
    }
    const bool done = bias != NULL;
    anew_free(weight);
    anew_free(bias);
    return done ? ANEW_OK : ANEW_ERROR_MEMORY;
}

static void adain(tensor *out, const tensor *a, const tensor *b, double epsilon)
{
    const double count = (double)plane_of(a);
    for (int c = 0; c < a->channels; c++) {
        double means[2], deviations[2];
        for (int k = 0; k < 2; k++) {
            double sum, squares;
            channel_sums(&sum, &squares, k == 0 ? a : b, c);
            means[k] = sum / count;
            squares -= sum * means[k];
            deviations[k] =
                sqrt((squares > 0 ? squares : 0) / (count > 1 ? count - 1 : 1) + epsilon);
        }
        const double f = deviations[1] / deviations[0];
        affine(out, a, c, f, means[1] - means[0] * f);
    }
}

/* ---- attention ----------------------------------------------------------------------------------------- */

static void soften(float *p, size_t count, const anew_ref_kernels *kernels)
{
    double lanes[16] = {0};
    float largest = p[0];
    for (size_t j = 1; j < count; j++)
        largest = largest < p[j] ? p[j] : largest;
    for (size_t j = 0; j < count; j++)
        p[j] = p[j] - largest;
    kernels->pointwise(ANEW_POINTWISE_EXP, p, p, NULL, count);
    for (size_t j = 0; j < count; j++)
        lanes[j % 16] += (double)p[j];
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    for (size_t j = 0; j < count; j++)
        p[j] = (float)((double)p[j] / lanes[0]);
}

static anew_status attention(tensor *out, tensor *const *in, const anew_node *node, anew_isa isa,
                             anew_error *error)
{
    const size_t pixels = plane_of(out);
    const int each = out->channels / node->heads;
    const float share = (float)(1.0 / sqrt((double)each));
    float *p = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    if (p == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for an attention's scores");
    for (int head = 0; head < node->heads; head++) {
        const size_t first = (size_t)(head * each) * pixels;
        const float *q = in[0]->values + first, *k = in[1]->values + first;
        const float *v = in[2]->values + first;
        for (size_t i = 0; i < pixels; i++) {
            for (size_t j = 0; j < pixels; j++) {
                float sum = 0;
                for (size_t c = 0; c < (size_t)each; c++)
                    sum = fmaf(q[c * pixels + i], k[c * pixels + j], sum);
                p[j] = sum * share;
            }
            soften(p, pixels, anew_ref_kernels_for(isa));
            for (size_t c = 0; c < (size_t)each; c++) {
                float sum = 0;
                for (size_t j = 0; j < pixels; j++)
                    sum = fmaf(p[j], v[c * pixels + j], sum);
                out->values[first + c * pixels + i] = sum;
            }
        }
    }
    anew_free(p);
    return ANEW_OK;
}

/* ---- pixels ---------------------------------------------------------------------------------------------- */

static anew_status demodulation(tensor *out, const tensor *in, const anew_node *node,
                                anew_error *error)
{
    const size_t channels = (size_t)in->channels;
    const size_t taps = (size_t)node->weight->elements / channels / (size_t)out->channels;
    float *weight = numbers_of(node->weight, node, error);
    if (weight == NULL)
        return ANEW_ERROR_MEMORY;
    for (size_t o = 0; o < (size_t)out->channels; o++) {
        double lanes[16] = {0};
        for (size_t i = 0; i < channels; i++) {
            double q = 0;
            for (size_t k = 0; k < taps; k++) {
                const double w = (double)weight[(o * channels + i) * taps + k];
                q += w * w;
            }
            lanes[i % 16] += (double)in->values[i] * (double)in->values[i] * (double)(float)q;
        }
        for (int half = 8; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        out->values[o] = (float)(1.0 / sqrt(lanes[0] + (double)node->number));
    }
    anew_free(weight);
    return ANEW_OK;
}

static anew_status codebook(tensor *out, const tensor *in, const anew_node *node, anew_error *error)
{
    float *codes = numbers_of(node->weight, node, error);
    if (codes == NULL)
        return ANEW_ERROR_MEMORY;
    for (size_t i = 0; i < plane_of(in); i++) {
        size_t best = 0;
        for (size_t k = 1; k < (size_t)in->channels; k++)
            if (in->values[best * plane_of(in) + i] < in->values[k * plane_of(in) + i])
                best = k;
        for (size_t c = 0; c < (size_t)out->channels; c++)
            out->values[c * plane_of(in) + i] = codes[best * (size_t)out->channels + c];
    }
    anew_free(codes);
    return ANEW_OK;
}

static anew_status noise(tensor *out, const tensor *in, const anew_node *node, anew_error *error)
{
    float *plane = anew_alloc(anew_size_mul(plane_of(in), sizeof(float)));
    if (plane == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
    anew_noise_values(plane, node, in->height);
    for (int c = 0; c < in->channels; c++)
        for (size_t i = 0; i < plane_of(in); i++)
            out->values[(size_t)c * plane_of(in) + i] =
                in->values[(size_t)c * plane_of(in) + i] + plane[i];
    anew_free(plane);
    return ANEW_OK;
}

static void bilinear(tensor *out, const tensor *in, const anew_node *node)
{
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int iy, ix;
            float fy, fx;
            anew_bilinear_source(&iy, &fy, y, in->height, out->height, node->corners);
            anew_bilinear_source(&ix, &fx, x, in->width, out->width, node->corners);
            const int jy = iy + 1 < in->height ? iy + 1 : iy;
            const int jx = ix + 1 < in->width ? ix + 1 : ix;
            for (int c = 0; c < in->channels; c++) {
                const float *above = row_of(in, c, iy), *below = row_of(in, c, jy);
                const float left = fmaf(fy, below[ix], (1 - fy) * above[ix]);
                const float right = fmaf(fy, below[jx], (1 - fy) * above[jx]);
                row_of(out, c, y)[x] = fmaf(fx, right, (1 - fx) * left);
            }
        }
}

static void nearest(tensor *out, const tensor *in)
{
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                row_of(out, c, y)[x] = row_of(
                    in, c,
                    anew_nearest_source(
                        y, in->height, out->height))[anew_nearest_source(x, in->width, out->width)];
}

static void adaptive_max_pool(tensor *out, const tensor *in)
{
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const anew_row_range rows = anew_adaptive_window(y, in->height, out->height);
                const anew_row_range columns = anew_adaptive_window(x, in->width, out->width);
                float largest = row_of(in, c, rows.first)[columns.first];
                for (int i = rows.first; i < rows.last; i++)
                    for (int k = columns.first; k < columns.last; k++) {
                        const float v = row_of(in, c, i)[k];
                        largest = largest < v ? v : largest;
                    }
                row_of(out, c, y)[x] = largest;
            }
}

static void average(tensor *out, const tensor *in, int r)
{
    const float share = (float)(1.0 / (r * r));
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                float sum = 0;
                for (int i = 0; i < r; i++)
                    for (int j = 0; j < r; j++)
                        sum += row_of(in, c, y * r + i)[x * r + j];
                row_of(out, c, y)[x] = sum * share;
            }
}

anew_status anew_ref_restore(const anew_node *node, anew_ref_tensor *out,
                             anew_ref_tensor *const *in, anew_isa isa, anew_error *error)
{
    const size_t total = plane_of(out) * (size_t)out->channels;
    switch (node->op) {
    case ANEW_OP_GLOBAL_MEAN:
        global_mean(out, in[0]);
        break;
    case ANEW_OP_GROUP_NORM:
        return group_norm(out, in[0], node, error);
    case ANEW_OP_ADAIN:
        adain(out, in[0], in[1], (double)node->number);
        break;
    case ANEW_OP_ATTENTION:
        return attention(out, in, node, isa, error);
    case ANEW_OP_WINDOW_ATTENTION:
        return anew_ref_windows(out, in[0], node, isa, error);
    case ANEW_OP_FLATTEN:
        memcpy(out->values, in[0]->values, total * sizeof(float));
        break;
    case ANEW_OP_SLICE:
        memcpy(out->values, in[0]->values + (size_t)node->first * plane_of(out),
               total * sizeof(float));
        break;
    case ANEW_OP_CROP:
        for (int c = 0; c < out->channels; c++)
            for (int y = 0; y < out->height; y++)
                memcpy(row_of(out, c, y), row_of(in[0], c, y + node->shift) + node->shift,
                       (size_t)out->width * sizeof(float));
        break;
    case ANEW_OP_DEMODULATION:
        return demodulation(out, in[0], node, error);
    case ANEW_OP_CONSTANT:
        anew_tensor_to_f32(out->values, node->weight);
        break;
    case ANEW_OP_CODEBOOK:
        return codebook(out, in[0], node, error);
    case ANEW_OP_NOISE:
        return noise(out, in[0], node, error);
    case ANEW_OP_UPSAMPLE_BILINEAR:
    case ANEW_OP_RESIZE_BILINEAR:
        bilinear(out, in[0], node);
        break;
    case ANEW_OP_RESIZE_NEAREST:
        nearest(out, in[0]);
        break;
    case ANEW_OP_ADAPTIVE_MAX_POOL:
        adaptive_max_pool(out, in[0]);
        break;
    case ANEW_OP_AVERAGE_POOL:
        average(out, in[0], node->factor);
        break;
    default:
        break;
    }
    return ANEW_OK;
}
