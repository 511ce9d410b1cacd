/*
 * round.c - one convolution rounded to 8 bits.
 *
 * Sources. Each channel's smallest and largest sample, 0 among them, would give it a scale of its own; scales that
 * differ much leave few steps to the weights that are multiplied by them, and one scale for all leaves few to the
 * small channels. Half way (the square root of both) serves both best (Xiao et al. 2023, SmoothQuant, section 4,
 * with alpha 0.5).
 *
 * Weights. An output's 127 steps span its largest weight. They are rounded one after the other, and what the
 * rounding of one does to the layer's sums on the samples is made good by those after it, as far as they can
 * (Frantar et al. 2023, GPTQ, algorithm 1): with H, the sums of products of all pairs of a patch's source bytes,
 * and U, the upper triangle with U'U = inverse of H, an error e of weight i changes weight j by -e U[i][j] / U[i][i].
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "quantize.h"

/* Patches of which H is the sum, for each of its rows: enough that it is far from singular. */
#define PATCHES_A_ROW 8
/* Added to H's diagonal, of its mean: GPTQ, section 3.3. */
#define DAMPING 0.01
/* H of more rows would take minutes a layer. */
#define MOST_ROWS 1800

void quantized_free(quantized *q)
{
    anew_free(q->weights);
    anew_free(q->row_scale);
    anew_free(q->scale);
    anew_free(q->zero);
    *q = (quantized){0};
}

/* The scale and the zero of each channel. */
static void scale_sources(quantized *q, const float *values, int in, size_t plane)
{
    float widest = 0;
    for (int c = 0; c < in; c++) {
        float least = 0, most = 0;
        for (size_t i = 0; i < plane; i++) {
            const float v = values[(size_t)c * plane + i];
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        q->scale[c] = fmaxf((most - least) / 255.0f, 1e-10f);
        q->zero[c] = most > least ? -least / (most - least) : 0; /* of the span, for now */
        widest = fmaxf(widest, q->scale[c]);
    }
    for (int c = 0; c < in; c++) {
        const float span = q->scale[c] * 255.0f, below = q->zero[c] * span;
        q->scale[c] = sqrtf(q->scale[c] * widest);
        q->zero[c] = fminf(nearbyintf(below / q->scale[c]), 255.0f);
    }
}

/* The byte of a value less its zero, as the kernels make it (kernels/int8.h). */
static float byte_of(const quantized *q, int c, float value)
{
    const float v = fmaf(value, 1.0f / q->scale[c], q->zero[c]);
    return nearbyintf(fminf(fmaxf(v, 0.0f), 255.0f)) - q->zero[c];
}

typedef struct sums {
    const float *patches; /* [count][rows] */
    double *h;            /* [rows][rows], the upper triangle */
    size_t count, rows;
} sums;

static void add_rows(void *context, int first, int last, int worker)
{
    const sums *s = context;
    (void)worker;
    for (size_t i = (size_t)first; i < (size_t)last; i++)
        for (size_t p = 0; p < s->count; p++) {
            const float *patch = s->patches + p * s->rows;
            const double value = (double)patch[i];
            for (size_t j = i; j < s->rows; j++)
                s->h[i * s->rows + j] += value * (double)patch[j];
        }
}

/* `count` patches spread over the picture: their source bytes, in the order of the weights. */
static void gather(float *patches, size_t count, const quantized *q, const anew_node *node,
                   const float *values, int in, int height, int width)
{
    const int kernel = node->kernel, pad = kernel / 2;
    for (size_t p = 0; p < count; p++) {
        const size_t at = (size_t)((double)p * height * width / (double)count);
        const int y = (int)(at / (size_t)width), x = (int)(at % (size_t)width);
        for (int c = 0; c < in; c++)
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < kernel; kx++) {
                    const int sy = y + ky - pad, sx = x + kx - pad;
                    const bool outside = sy < 0 || sy >= height || sx < 0 || sx >= width;
                    *patches++ =
                        outside
                            ? 0.0f
                            : byte_of(
                                  q, c,
                                  values[((size_t)c * (size_t)height + (size_t)sy) * (size_t)width +
                                         (size_t)sx]);
                }
    }
}

/* a = L L' (the lower triangle of a is L); false where a is not positive. */
static bool cholesky(double *a, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        double sum = a[j * n + j];
        for (size_t k = 0; k < j; k++)
            sum -= a[j * n + k] * a[j * n + k];
        if (!(sum > 0))
            return false;
        const double root = sqrt(sum);
        a[j * n + j] = root;
        for (size_t i = j + 1; i < n; i++) {
            double s = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                s -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = s / root;
        }
    }
    return true;
}

/* From H (both triangles) to U with U'U = inverse of H, in h. With J the reversal of rows and columns: let JHJ =
 * L L'; then H = (JLJ)(JLJ)' with JLJ upper, so the inverse of H is (inverse of JLJ)' (inverse of JLJ): U is the
 * inverse of JLJ, an upper triangle. */
static bool factor_inverse(double *h, size_t n)
{
    for (size_t i = 0; i < n * n / 2; i++) { /* J H J: both orders reversed */
        const double t = h[i];
        h[i] = h[n * n - 1 - i];
        h[n * n - 1 - i] = t;
    }
    if (!cholesky(h, n))
        return false;
    /* The inverse of L, in place, column by column from the right. */
    for (size_t j = n; j-- > 0;) {
        h[j * n + j] = 1.0 / h[j * n + j];
        for (size_t i = n; i-- > j + 1;) {
            double s = 0;
            for (size_t k = j + 1; k <= i; k++)
                s += h[i * n + k] * h[k * n + j];
            h[i * n + j] = -s * h[j * n + j];
        }
    }
    for (size_t i = 0; i < n * n / 2; i++) {
        const double t = h[i];
        h[i] = h[n * n - 1 - i];
        h[n * n - 1 - i] = t;
    }
    return true;
}

/* Rounds the rows of `weights` [out][n], which have their channels' scales in them. u: as above, or NULL. */
static void round_rows(quantized *q, double *weights, size_t out, size_t n, const double *u)
{
    for (size_t oc = 0; oc < out; oc++) {
        double *row = weights + oc * n, largest = 0;
        for (size_t i = 0; i < n; i++)
            largest = fmax(largest, fabs(row[i]));
        q->row_scale[oc] = (float)fmax(largest / 127.0, 1e-20);
        const double step = (double)q->row_scale[oc];
        for (size_t i = 0; i < n; i++) {
            const double rounded = fmin(fmax(nearbyint(row[i] / step), -127.0), 127.0);
            q->weights[oc * n + i] = (int8_t)rounded;
            if (u == NULL)
                continue;
            const double error = (row[i] - rounded * step) / u[i * n + i];
            for (size_t j = i + 1; j < n; j++)
                row[j] -= error * u[i * n + j];
        }
    }
}

anew_status round_layer(quantized *q, const anew_node *node, const float *values, int in,
                        int height, int width, anew_error *error)
{
    const size_t taps = (size_t)node->kernel * (size_t)node->kernel;
    const size_t out = (size_t)node->channels, n = (size_t)in * taps, elements = out * n;
    const size_t plane = (size_t)height * (size_t)width;
    const size_t count = plane < PATCHES_A_ROW * n ? plane : PATCHES_A_ROW * n;
    anew_status status = ANEW_OK;
    float *plain = anew_alloc(anew_size_mul(elements, sizeof(float)));
    double *scaled = anew_alloc(anew_size_mul(elements, sizeof(double)));
    float *patches = NULL;
    double *h = NULL;
    q->weights = anew_alloc(elements);
    q->row_scale = anew_alloc(anew_size_mul(out, sizeof(float)));
    q->scale = anew_alloc(anew_size_mul((size_t)in, sizeof(float)));
    q->zero = anew_alloc(anew_size_mul((size_t)in, sizeof(float)));
    if (n <= MOST_ROWS) {
        patches = anew_alloc(anew_size_mul(anew_size_mul(count, n), sizeof(float)));
        h = anew_alloc_zero(anew_size_mul(n * n, sizeof(double)));
    }
    if (plain == NULL || scaled == NULL || q->weights == NULL || q->row_scale == NULL ||
        q->scale == NULL || q->zero == NULL || (n <= MOST_ROWS && (patches == NULL || h == NULL))) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to round layer '%s'", node->name);
        quantized_free(q);
        goto out;
    }
    scale_sources(q, values, in, plane);
    anew_node_weights(plain, node);
    for (size_t i = 0; i < elements; i++)
        scaled[i] = (double)plain[i] * (double)q->scale[i / taps % (size_t)in];
    bool usable = false;
    if (h != NULL) {
        gather(patches, count, q, node, values, in, height, width);
        sums s = {patches, h, count, n};
        anew_parallel_for(anew_parallel_threads(), (int)n, 8, add_rows, &s);
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += h[i * n + i] / (double)n;
        for (size_t i = 0; i < n; i++) {
            h[i * n + i] += DAMPING * mean;
            for (size_t j = 0; j < i; j++)
                h[i * n + j] = h[j * n + i];
        }
        usable = mean > 0 && factor_inverse(h, n);
    }
    round_rows(q, scaled, out, n, usable ? h : NULL);
out:
    anew_free(plain);
    anew_free(scaled);
    anew_free(patches);
    anew_free(h);
    return status;
}
