/*
 * check_kernels.c - every kernel of every CPU level against the plain reference, bit for bit.
 *
 *     check_kernels [seed [once]]
 *
 * Random data from a seed that is printed; real layer shapes and ragged sizes; values with negative
 * zeros, denormals and large slopes. Inputs and outputs end (and, in a second round, begin) at a guard
 * page, so that reading or writing one float too far is a fault, which is reported with the kernel
 * and shape. Bytes that must not matter are NaN. Kernels of the exact class must agree by memcmp;
 * those of the fast class within the bound stated at their definition. With `once` each convolution kernel is checked
 * on the data of the highest level alone, instead of on those of every level that can run it, and at one of the guard
 * pages: for emulators.
 *
 * Seen to fail by a kernel's column left out of the direct convolution's dilation or of the one to few outputs, a
 * depthwise one without dilation, and a bias of the first group for all groups. On AArch64 by NEON's multiply-add
 * rounded twice, the direct kernel's last channel left out, sums of bytes that begin with half of what the bytes' shift
 * takes off, eight channels of bytes in place of the next eight, and a lane past the channels in bfloat16. Samples of
 * pictures by four bytes too many, a blue one missing from a vector, and NaN left as it is.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/tile_emulator.h"
#include "kernels/bf16.h"
#include "kernels/implementations.h"
#include "kernels/kernels.h"

static int passed, failed;
static char what[200]; /* kernel and shape being checked */
static sigjmp_buf on_fault;

static void report(bool good)
{
    if (good) {
        passed++;
    } else {
        failed++;
        fprintf(stderr, "FAILED: %s\n", what);
    }
}

/* Runs one check; a fault in it is a failure of the kernel named in `what`. */
#define GUARDED(call)                                                                              \
    do {                                                                                           \
        if (sigsetjmp(on_fault, 1) == 0) {                                                         \
            call;                                                                                  \
        } else {                                                                                   \
            report(false);                                                                         \
            release_all();                                                                         \
        }                                                                                          \
    } while (0)

static void release_all(void);

static void fault(int number)
{
    (void)number;
    siglongjmp(on_fault, 1);
}

/* ---- random numbers (xorshift64*, Vigna 2016) ---------------------------------------------------------- */

static uint64_t state;

static uint32_t random_bits(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32);
}

static int random_below(int bound)
{
    return (int)(random_bits() % (uint32_t)bound);
}

/* Mostly about -2 .. 2; now and then a signed zero, a denormal, or a large value. */
static float random_value(void)
{
    switch (random_below(64)) {
    case 0:
        return -0.0f;
    case 1:
        return 1e-41f;
    case 2:
        return -1e-40f;
    case 3:
        return 300.0f;
    default:
        return ((float)random_bits() / 4294967296.0f - 0.5f) * 4.0f;
    }
}

static void fill_random(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = random_value();
}

static void fill_nan(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
}

/* ---- memory between guard pages ------------------------------------------------------------------------- */

typedef struct guarded {
    unsigned char *pages;
    size_t bytes;
    unsigned char *inside;
} guarded;

#define MOST_GUARDED 2048
static guarded blocks[MOST_GUARDED];
static int block_count;
static volatile bool guard_before; /* the block begins at a page instead of ending at one */
static bool once;

static void *guarded_bytes(size_t count)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t inner = (count + page - 1) / page * page;
    unsigned char *pages =
        mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || block_count == MOST_GUARDED ||
        mprotect(pages, page, PROT_NONE) != 0 ||
        mprotect(pages + page + inner, page, PROT_NONE) != 0) {
        fprintf(stderr, "no memory for the test\n");
        exit(1);
    }
    unsigned char *inside = pages + page + (guard_before ? 0 : inner - count);
    blocks[block_count++] = (guarded){pages, inner + 2 * page, inside};
    return inside;
}

static float *guarded_floats(size_t count)
{
    return guarded_bytes(count * sizeof(float));
}

static void release_all(void)
{
    for (int i = 0; i < block_count; i++)
        (void)munmap(blocks[i].pages, blocks[i].bytes);
    block_count = 0;
}

/* ---- epilogues -------------------------------------------------------------------------------------------- */

#define MOST_BLOCKS 16
#define MOST_WIDTH  64

typedef struct test_epilogue {
    anew_epilogue list[ANEW_MAX_EPILOGUE];
    int count;
    float *rows[ANEW_MAX_EPILOGUE][MOST_BLOCKS];
} test_epilogue;

static void make_epilogue(test_epilogue *e, int out_blocks, int out_channels, int width)
{
    e->count = random_below(5);
    for (int i = 0; i < e->count; i++) {
        e->list[i] = (anew_epilogue){.kind = (anew_epilogue_kind)random_below(4)};
        if (e->list[i].kind == ANEW_EPILOGUE_SCALE) {
            e->list[i].factor = random_value();
        } else if (e->list[i].kind == ANEW_EPILOGUE_PRELU) {
            float *slope = guarded_floats((size_t)out_blocks * ANEW_BLOCK);
            for (int c = 0; c < out_blocks * ANEW_BLOCK; c++)
                slope[c] = c < out_channels ? random_value() : 0.0f;
            e->list[i].slope = slope;
        } else if (e->list[i].kind == ANEW_EPILOGUE_ADD) {
            for (int b = 0; b < out_blocks; b++) {
                e->rows[i][b] = guarded_floats((size_t)width * ANEW_BLOCK);
                for (int k = 0; k < width * ANEW_BLOCK; k++)
                    e->rows[i][b][k] =
                        b * ANEW_BLOCK + k % ANEW_BLOCK < out_channels ? random_value() : 0.0f;
            }
            e->list[i].rows = (const float *const *)e->rows[i];
        }
    }
}

static float epilogue_value(const test_epilogue *e, float v, int channel, int x)
{
    for (int i = 0; i < e->count; i++) {
        const anew_epilogue *op = &e->list[i];
        switch (op->kind) {
        case ANEW_EPILOGUE_PRELU:
            v = v >= 0 ? v : v * op->slope[channel];
            break;
        case ANEW_EPILOGUE_RELU:
            v = v >= 0 ? v : 0.0f;
            break;
        case ANEW_EPILOGUE_SCALE:
            v = v * op->factor;
            break;
        case ANEW_EPILOGUE_ADD:
            v = v + e->rows[i][channel / ANEW_BLOCK][x * ANEW_BLOCK + channel % ANEW_BLOCK];
            break;
        }
    }
    return v;
}

/* ---- convolutions ----------------------------------------------------------------------------------------- */

typedef struct conv_case {
    int kernel, in, out, width;
    int split; /* channels of the first of two sources; 0: one source */
    int stride, dilation, groups;
} conv_case;

/* Error that the fast class may have, against twice the sum of the absolute terms: Winograd in float32
 * (kernels/winograd_body.h), and multiply-adds that round twice. Of some 10^8 outputs the worst was at 4.2e-6, a
 * tile with many of the large values. */
#define FAST_BOUND 6e-6

/* The same for products of bfloat16: two factors, each off by 2^-9 of itself at most. */
#define BF16_BOUND 4e-3

#define MOST_ROWS 8 /* of the picture */

typedef struct conv_data {
    const conv_case *c;
    const anew_conv_kernel *k;
    const anew_conv_shape *shape;
    int rows, out_rows, out_width; /* rows and c->width are the source's */
    int source_blocks;
    const int *source_channels;
    const float *const *stored; /* [source blocks][MOST_ROWS] */
    const float *zeros;
    const float *weights, *bias, *wanted, *planar;
    const test_epilogue *epilogue;
    double bound; /* of the error, where it is not the exact class, against terms() */
} conv_data;

/* What an error of the fast class is measured against: the sum over source channels of the largest value
 * that the output's tile sees, times the sum of the channel's absolute weights. */
static double terms(const conv_data *d, int oc, int y, int x)
{
    const int kernel = d->c->kernel, tile = d->k->tile, taps = kernel * kernel;
    const int stride = d->c->stride, pad = kernel / 2 * d->c->dilation;
    const int top = y / tile * tile * stride - pad, left = x / tile * tile * stride - pad;
    const int side = (tile - 1) * stride + 2 * pad + 1;
    const int group_in = d->c->in / d->c->groups;
    const int first = oc / (d->c->out / d->c->groups) * group_in; /* channel that the output sees */
    double sum = fabs((double)d->bias[oc]);
    for (int ic = 0; ic < group_in; ic++) {
        double largest = 0, weights = 0;
        for (int sy = top < 0 ? 0 : top; sy < top + side && sy < d->rows; sy++)
            for (int sx = left < 0 ? 0 : left; sx < left + side && sx < d->c->width; sx++)
                largest =
                    fmax(largest,
                         fabs((double)d->planar[((first + ic) * d->rows + sy) * d->c->width + sx]));
        for (int tap = 0; tap < taps; tap++)
            weights += fabs((double)d->weights[(oc * group_in + ic) * taps + tap]);
        sum += largest * weights;
    }
    return sum;
}

/* Runs a kernel on rows first .. first + its rows - 1, in pieces. */
static void convolve_rows(const conv_data *d, const anew_conv_kernel *k, const float *packed,
                          float *scratch, int first, float *const *destinations,
                          const anew_epilogue *epilogue, int epilogue_count)
{
    const conv_case *c = d->c;
    const int source_rows = k->rows - 1 + c->kernel;
    const float *sources[MOST_BLOCKS * 2 * (MOST_ROWS + 8)];
    for (int b = 0; b < d->source_blocks; b++)
        for (int i = 0; i < source_rows; i++) {
            const int y = first * c->stride + (i - c->kernel / 2) * c->dilation;
            sources[b * source_rows + i] =
                y >= 0 && y < d->rows ? d->stored[b * MOST_ROWS + y] : d->zeros;
        }
    anew_conv_row row = {.sources = sources,
                         .source_channels = d->source_channels,
                         .source_blocks = d->source_blocks,
                         .destinations = destinations,
                         .out_blocks = (c->out + ANEW_BLOCK - 1) / ANEW_BLOCK,
                         .out_channels = c->out,
                         .groups = c->groups,
                         .weights = packed,
                         .bias = d->bias,
                         .kernel_height = c->kernel,
                         .kernel_width = c->kernel,
                         .stride = c->stride,
                         .dilation = c->dilation,
                         .epilogue = epilogue,
                         .epilogue_count = epilogue_count,
                         .scratch = scratch};
    /* In pieces that begin at multiples of the kernel's rows, as the executor does. */
    const int piece = (d->out_width / 2 + k->rows - 1) / k->rows * k->rows;
    for (row.x0 = 0; row.x0 < d->out_width; row.x0 = row.x1) {
        row.x1 = piece > 0 && row.x0 + piece < d->out_width ? row.x0 + piece : d->out_width;
        k->run(&row);
    }
}

/* The kernel's destinations for rows from `first` on: NULL below the picture. */
static void make_destinations(const conv_data *d, const anew_conv_kernel *k, int first,
                              float **destinations)
{
    const int out_blocks = (d->c->out + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t floats = (size_t)d->out_width * ANEW_BLOCK;
    for (int i = 0; i < k->rows * out_blocks; i++) {
        destinations[i] = NULL;
        if (first + i / out_blocks < d->out_rows) {
            destinations[i] = guarded_floats(floats);
            fill_nan(destinations[i], floats);
        }
    }
}

/* Rows first .. first + kernel's rows - 1; compares all of them. */
static bool conv_rows_agree(const conv_data *d, const float *packed, float *scratch, int first)
{
    const anew_conv_kernel *k = d->k;
    const conv_case *c = d->c;
    const int out_blocks = (c->out + ANEW_BLOCK - 1) / ANEW_BLOCK;
    float *destinations[MOST_BLOCKS * MOST_ROWS];
    make_destinations(d, k, first, destinations);
    /* The same added rows for every output row: that they are read is what matters. */
    const float *added[ANEW_MAX_EPILOGUE][MOST_BLOCKS * MOST_ROWS];
    anew_epilogue epilogue[ANEW_MAX_EPILOGUE];
    for (int e = 0; e < d->epilogue->count; e++) {
        epilogue[e] = d->epilogue->list[e];
        if (epilogue[e].kind == ANEW_EPILOGUE_ADD) {
            for (int i = 0; i < k->rows * out_blocks; i++)
                added[e][i] = d->epilogue->rows[e][i % out_blocks];
            epilogue[e].rows = added[e];
        }
    }
    convolve_rows(d, k, packed, scratch, first, destinations, epilogue, d->epilogue->count);
    for (int r = 0; r < k->rows && first + r < d->out_rows; r++)
        for (int oc = 0; oc < out_blocks * ANEW_BLOCK; oc++)
            for (int x = 0; x < d->out_width; x++) {
                const float got = destinations[r * out_blocks + oc / ANEW_BLOCK]
                                              [x * ANEW_BLOCK + oc % ANEW_BLOCK];
                const float sum = oc < c->out
                                      ? d->wanted[(oc * d->out_rows + first + r) * d->out_width + x]
                                      : 0.0f;
                const float want = epilogue_value(d->epilogue, sum, oc, x);
                if (memcmp(&got, &want, sizeof got) == 0 || (isnan(got) && isnan(want)))
                    continue;
                if (k->exactness == ANEW_EXACT || k->exactness == ANEW_INT8 || oc >= c->out)
                    return false;
                /* The epilogue multiplies an error by slopes and factors of the test. */
                double factor = 1;
                for (int e = 0; e < d->epilogue->count; e++) {
                    if (epilogue[e].kind == ANEW_EPILOGUE_PRELU)
                        factor *= fmax(1, fabs((double)epilogue[e].slope[oc]));
                    else if (epilogue[e].kind == ANEW_EPILOGUE_SCALE)
                        factor *= fmax(1, fabs((double)epilogue[e].factor));
                }
                const double error = fabs((double)got - (double)want);
                const double bound = d->bound * factor * terms(d, oc, first + r, x) +
                                     1e-6 * fabs((double)want) + 1e-5 * factor;
                if (!(error <= bound))
                    return false;
            }
    return true;
}

static void check_conv_kernel(const conv_data *d)
{
    const conv_case *c = d->c;
    (void)snprintf(
        what, sizeof what,
        "%s: %dx%d, stride %d, dilation %d, %d groups, %d (%d) -> %d channels, %dx%d pixels, "
        "%d epilogues",
        d->k->name, c->kernel, c->kernel, c->stride, c->dilation, c->groups, c->in, c->split,
        c->out, c->width, d->rows, d->epilogue->count);
    float *packed = guarded_floats(d->k->packed_floats(d->shape));
    float *scratch = guarded_floats(d->k->scratch_floats(d->shape));
    d->k->pack(packed, d->weights, d->shape);
    bool good = true;
    for (int first = 0; good && first < d->out_rows; first += d->k->rows)
        good = conv_rows_agree(d, packed, scratch, first);
    report(good);
}

/* The convolution of what bfloat16 makes of sources and weights. */
static void sums_of_rounded(float *sums, const conv_data *d, anew_isa isa, int pad)
{
    const conv_case *c = d->c;
    const size_t sources = (size_t)c->in * (size_t)d->rows * (size_t)c->width;
    const size_t weights =
        (size_t)c->out * (size_t)(c->in / c->groups) * (size_t)(c->kernel * c->kernel);
    float *planar = malloc(sources * sizeof(float)), *kernel = malloc(weights * sizeof(float));
    for (size_t i = 0; i < sources; i++)
        planar[i] = anew_bf16_to(anew_bf16_from(d->planar[i]));
    for (size_t i = 0; i < weights; i++)
        kernel[i] = anew_bf16_to(anew_bf16_from(d->weights[i]));
    anew_ref_kernels_for(isa)->conv(sums, planar, kernel, d->bias, d->shape, pad, d->rows,
                                    c->width);
    free(planar);
    free(kernel);
}

/* Products of bfloat16: within BF16_BOUND of float32, and as near to the sums of rounded factors as the fast class
 * is to the exact one. */
static void check_bf16_kernel(const conv_data *d, const float *rounded)
{
    conv_data near = *d;
    check_conv_kernel(d);
    near.bound = FAST_BOUND;
    near.wanted = rounded;
    check_conv_kernel(&near);
}

/* The definition in kernels/int8.h: sums of integers, then one fused multiply-add. `q` are the weights. */
static void sums_of_integers(float *sums, const conv_data *d, const int *q)
{
    const conv_case *c = d->c;
    const anew_conv_int8 *n = d->shape->int8;
    const int pad = c->kernel / 2;
    for (int oc = 0; oc < c->out; oc++)
        for (int y = 0; y < d->rows; y++)
            for (int x = 0; x < c->width; x++) {
                int sum = 0;
                for (int ic = 0; ic < c->in; ic++)
                    for (int ky = 0; ky < c->kernel; ky++)
                        for (int kx = 0; kx < c->kernel; kx++) {
                            const int sy = y + ky - pad, sx = x + kx - pad;
                            if (sy < 0 || sy >= d->rows || sx < 0 || sx >= c->width)
                                continue;
                            const float v = fmaf(d->planar[(ic * d->rows + sy) * c->width + sx],
                                                 1.0f / n->scale[ic], n->zero[ic]);
                            const int byte = (int)lrintf(fminf(fmaxf(v, 0.0f), 255.0f));
                            sum += (byte - (int)n->zero[ic]) *
                                   q[((oc * c->in + ic) * c->kernel + ky) * c->kernel + kx];
                        }
                sums[(oc * d->rows + y) * c->width + x] =
                    fmaf((float)sum, n->row_scale[oc], d->bias[oc]);
            }
}

/* The highest level with kernels of its own for floats. */
#if ANEW_HAVE_X86
#define LAST_OF_FLOATS ANEW_ISA_AVX512
#elif ANEW_HAVE_NEON
#define LAST_OF_FLOATS ANEW_ISA_NEON
#else
#define LAST_OF_FLOATS ANEW_ISA_C
#endif

static bool emulating; /* the level's instructions: only its own kernels */

/* The kernels on integers, where the shape has one. */
static void check_int8_kernels(const conv_data *plain, anew_isa isa)
{
    const conv_case *c = plain->c;
    const size_t count = (size_t)c->out * (size_t)c->in * (size_t)(c->kernel * c->kernel);
    if (c->stride != 1 || c->dilation != 1 || c->groups != 1 || !plain->shape->whole_blocks)
        return;
    float *scale = guarded_floats((size_t)c->in), *zero = guarded_floats((size_t)c->in);
    float *row_scale = guarded_floats((size_t)c->out), *weights = guarded_floats(count);
    int *q = malloc(count * sizeof *q);
    float *wanted = malloc((size_t)c->out * (size_t)plain->rows * (size_t)c->width * sizeof(float));
    for (int i = 0; i < c->in; i++) {
        scale[i] = 0.002f + 0.02f * (float)random_below(1000) / 1000.0f;
        zero[i] = (float)random_below(256);
    }
    for (int i = 0; i < c->out; i++)
        row_scale[i] = 0.001f + (float)random_below(1000) / 1e5f;
    for (size_t i = 0; i < count; i++) {
        q[i] = random_below(8) == 0 ? 127 * (1 - 2 * random_below(2)) : random_below(255) - 127;
        weights[i] = (float)q[i] * row_scale[i / ((size_t)c->in * (size_t)(c->kernel * c->kernel))];
    }
    const anew_conv_int8 numbers = {scale, zero, row_scale};
    anew_conv_shape shape = *plain->shape;
    shape.int8 = &numbers;
    conv_data d = *plain;
    d.shape = &shape;
    d.weights = weights;
    d.wanted = wanted;
    sums_of_integers(wanted, &d, q);
    for (d.k = anew_conv_kernels; d.k->name != NULL; d.k++)
        if (d.k->exactness == ANEW_INT8 && d.k->isa <= isa && (!emulating || d.k->isa == isa) &&
            d.k->accepts(&shape))
            check_conv_kernel(&d);
    free(q);
    free(wanted);
}

/* The first rows of a picture, as many as the kernel computes at once, by every kernel of the level; the
 * picture is `rows` high and what a kernel computes beyond it is dropped. */
static void check_conv(const conv_case *c, anew_isa isa)
{
    const anew_conv_shape shape = {.kernel_height = c->kernel,
                                   .kernel_width = c->kernel,
                                   .stride = c->stride,
                                   .dilation = c->dilation,
                                   .groups = c->groups,
                                   .in_channels = c->in,
                                   .out_channels = c->out,
                                   .whole_blocks = c->split % ANEW_BLOCK == 0};
    const int pad = c->kernel / 2 * c->dilation;
    if (once)
        guard_before = random_below(2) == 0;
    const int rows = c->kernel < 4 || c->kernel > MOST_ROWS ? 1 + random_below(6) : c->kernel;
    const int out_rows = (rows - 1) / c->stride + 1, out_width = (c->width - 1) / c->stride + 1;
    int border = 0; /* the widest of all kernels */
    for (const anew_conv_kernel *k = anew_conv_kernels; k->name != NULL; k++)
        if (k->isa <= isa && k->accepts(&shape) && k->border(&shape) > border)
            border = k->border(&shape);
    const int out_blocks = (c->out + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t padded = (size_t)(c->width + 2 * border);
    const size_t weight_count =
        (size_t)c->out * (size_t)(c->in / c->groups) * (size_t)(c->kernel * c->kernel);
    float *weights = guarded_floats(weight_count);
    float *planar = malloc((size_t)c->in * (size_t)rows * (size_t)c->width * sizeof(float));
    float *wanted = malloc((size_t)c->out * (size_t)out_rows * (size_t)out_width * sizeof(float));
    float *bias = guarded_floats((size_t)out_blocks * ANEW_BLOCK);
    fill_random(weights, weight_count);
    fill_random(planar, (size_t)c->in * (size_t)rows * (size_t)c->width);
    for (int i = 0; i < out_blocks * ANEW_BLOCK; i++)
        bias[i] = i < c->out ? random_value() : 0.0f;
    test_epilogue epilogue = {0};
    make_epilogue(&epilogue, out_blocks, c->out, out_width);

    /* Sources in blocks, zero borders, NaN in the lanes past a block's channels but where those stay what
     * they are. */
    const bool depthwise = c->groups > 1 && c->groups == c->in && c->in == c->out;
    int parts[2] = {c->split > 0 ? c->split : c->in, c->split > 0 ? c->in - c->split : 0};
    const float *stored[MOST_BLOCKS * 2 * MOST_ROWS];
    int source_channels[MOST_BLOCKS * 2], source_blocks = 0, first = 0;
    for (int part = 0; part < 2; part++) {
        for (int done = 0; done < parts[part]; done += ANEW_BLOCK) {
            const int used = parts[part] - done < ANEW_BLOCK ? parts[part] - done : ANEW_BLOCK;
            for (int ky = 0; ky < rows; ky++) {
                float *row = guarded_floats(padded * ANEW_BLOCK);
                memset(row, 0, padded * ANEW_BLOCK * sizeof(float));
                for (int x = 0; x < c->width; x++)
                    for (int lane = 0; lane < ANEW_BLOCK; lane++)
                        row[(x + border) * ANEW_BLOCK + lane] =
                            lane < used ? planar[((first + done + lane) * rows + ky) * c->width + x]
                            : depthwise ? 0.0f
                                        : NAN;
                stored[source_blocks * MOST_ROWS + ky] = row + border * ANEW_BLOCK;
            }
            source_channels[source_blocks++] = used;
        }
        first += parts[part];
    }
    anew_ref_kernels_for(isa)->conv(wanted, planar, weights, bias, &shape, pad, rows, c->width);

    float *zeros = guarded_floats(padded * ANEW_BLOCK);
    memset(zeros, 0, padded * ANEW_BLOCK * sizeof(float));
    conv_data d = {.c = c,
                   .shape = &shape,
                   .rows = rows,
                   .out_rows = out_rows,
                   .out_width = out_width,
                   .source_blocks = source_blocks,
                   .source_channels = source_channels,
                   .stored = stored,
                   .zeros = zeros + border * ANEW_BLOCK,
                   .weights = weights,
                   .bias = bias,
                   .wanted = wanted,
                   .planar = planar,
                   .epilogue = &epilogue};
    float *rounded = malloc((size_t)c->out * (size_t)out_rows * (size_t)out_width * sizeof(float));
    sums_of_rounded(rounded, &d, isa, pad);
    int exact = 0;
    for (d.k = anew_conv_kernels; d.k->name != NULL; d.k++) {
        d.bound = d.k->exactness == ANEW_BF16 ? BF16_BOUND : FAST_BOUND;
        if (d.k->isa > isa || (emulating && d.k->isa != isa) || !d.k->accepts(&shape))
            continue;
        if (d.k->exactness == ANEW_BF16)
            check_bf16_kernel(&d, rounded);
        else
            check_conv_kernel(&d);
        exact += d.k->isa == isa && d.k->exactness == ANEW_EXACT;
    }
    check_int8_kernels(&d, isa);
    /* Nothing is left to the level below; those above the last one of floats are for bfloat16 and integers alone. */
    (void)snprintf(what, sizeof what, "no exact kernel of %s for %d -> %d channels, %d groups",
                   anew_isa_name(isa), c->in, c->out, c->groups);
    report(exact > 0 || isa > LAST_OF_FLOATS);
    free(planar);
    free(wanted);
    free(rounded);
    release_all();
}

static void check_all_conv(volatile anew_isa isa)
{
    static const conv_case layers[] = {
        {3, 3, 64, 33, 0, 1, 1, 1},
        {3, 64, 64, 42, 0, 1, 1, 1},
        {3, 64, 48, 29, 0, 1, 1, 1},
        {3, 64, 3, 31, 0, 1, 1, 1},
        {3, 96, 32, 17, 64, 1, 1, 1},
        {3, 192, 64, 15, 64, 1, 1, 1},
        {3, 12, 16, 45, 0, 1, 1, 1},
        {3, 20, 8, 14, 12, 1, 1, 1},
        {1, 64, 32, 23, 0, 1, 1, 1},
        {1, 16, 8, 5, 0, 1, 1, 1},
        {5, 7, 17, 19, 0, 1, 1, 1},
        {7, 3, 16, 11, 0, 1, 1, 1},
        {3, 40, 56, 24, 24, 1, 1, 1},
        {3, 1, 1, 1, 0, 1, 1, 1},
        {3, 16, 16, 28, 0, 1, 1, 1},
        {3, 33, 33, 6, 17, 1, 1, 1},
        {3, 64, 64, 1, 0, 1, 1, 1},
        {3, 32, 40, 3, 0, 1, 1, 1},
        {3, 48, 32, 45, 16, 1, 1, 1},
        {3, 35, 33, 41, 20, 1, 1, 1},
        /* few outputs, large kernels */
        {3, 64, 3, 63, 0, 1, 1, 1},
        {3, 40, 5, 45, 17, 1, 1, 1},
        {9, 32, 3, 37, 0, 1, 1, 1},
        {17, 3, 20, 30, 0, 1, 1, 1},
        {17, 18, 7, 21, 0, 1, 1, 1},
        {1, 20, 4, 40, 3, 1, 1, 1},
        /* stride and dilation */
        {3, 64, 40, 45, 0, 2, 1, 1},
        {3, 20, 33, 44, 9, 3, 1, 1},
        {5, 7, 50, 31, 0, 2, 3, 1},
        {3, 48, 48, 30, 0, 1, 2, 1},
        {1, 64, 16, 33, 0, 4, 1, 1},
        {9, 3, 64, 60, 0, 2, 1, 1},
        /* groups: of whole blocks, of parts of them, of one output, of several for each channel */
        {3, 64, 64, 33, 0, 1, 1, 4},
        {3, 64, 96, 20, 32, 2, 1, 2},
        {3, 60, 60, 41, 0, 1, 1, 4},
        {3, 60, 42, 19, 23, 2, 1, 3},
        {5, 40, 20, 17, 0, 1, 2, 20},
        {3, 12, 36, 45, 0, 1, 1, 12},
        {1, 33, 22, 45, 20, 1, 1, 11},
        /* depthwise */
        {3, 64, 64, 45, 0, 1, 1, 64},
        {3, 37, 37, 44, 0, 2, 1, 37},
        {7, 20, 20, 29, 0, 1, 1, 20},
        {5, 16, 16, 40, 0, 1, 3, 16},
        {17, 33, 33, 21, 0, 1, 1, 33},
        {3, 1, 1, 9, 0, 1, 1, 1},
        {1, 40, 40, 13, 0, 3, 1, 40}};
    for (volatile size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        GUARDED(check_conv(&layers[i], isa));
    for (volatile int width = 1; width <= 45; width++) {
        const conv_case ragged = {3, 1 + random_below(20), 1 + random_below(70), width, 0, 1, 1, 1};
        GUARDED(check_conv(&ragged, isa));
    }
    for (volatile int i = 0; i < 40; i++) {
        conv_case any = {1 + 2 * random_below(3),
                         2 + random_below(40),
                         1 + random_below(60),
                         1 + random_below(45),
                         0,
                         1,
                         1,
                         1};
        any.split = random_below(2) ? 1 + random_below(any.in - 1) : 0;
        GUARDED(check_conv(&any, isa));
        /* The same with few outputs, with stride and dilation, in groups, and depthwise. */
        any.out = 1 + i % 9;
        GUARDED(check_conv(&any, isa));
        any.stride = 1 + random_below(3);
        any.dilation = 1 + random_below(3);
        any.out = 1 + random_below(40);
        GUARDED(check_conv(&any, isa));
        any.groups = 2 + random_below(5);
        any.split = 0;
        any.in = any.groups * (1 + random_below(20));
        any.out = any.groups * (1 + random_below(20));
        GUARDED(check_conv(&any, isa));
        any.groups = any.in = any.out = 2 + random_below(50);
        GUARDED(check_conv(&any, isa));
    }
}

/* ---- row kernels ------------------------------------------------------------------------------------------- */

static void compare_rows(const float *got, const float *want, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++)
        good = memcmp(&got[i], &want[i], sizeof(float)) == 0 || (isnan(got[i]) && isnan(want[i]));
    report(good);
}

static void check_map(const anew_row_kernels *k, const char *level, int width)
{
    const int channels = 1 + random_below(40), count = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    float *sources[MOST_BLOCKS], *destinations[MOST_BLOCKS];
    test_epilogue epilogue = {0};
    make_epilogue(&epilogue, count, channels, width);
    for (int b = 0; b < count; b++) {
        sources[b] = guarded_floats((size_t)width * ANEW_BLOCK);
        destinations[b] = guarded_floats((size_t)width * ANEW_BLOCK);
        fill_random(sources[b], (size_t)width * ANEW_BLOCK);
        fill_nan(destinations[b], (size_t)width * ANEW_BLOCK);
    }
    (void)snprintf(what, sizeof what, "map_%s: %d channels, width %d", level, channels, width);
    const anew_map_row row = {(const float *const *)sources,
                              destinations,
                              count,
                              0,
                              width,
                              epilogue.list,
                              epilogue.count};
    k->map(&row);
    for (int b = 0; b < count; b++) {
        float want[MOST_WIDTH * ANEW_BLOCK];
        for (int i = 0; i < width * ANEW_BLOCK; i++)
            want[i] = epilogue_value(&epilogue, sources[b][i], b * ANEW_BLOCK + i % ANEW_BLOCK,
                                     i / ANEW_BLOCK);
        compare_rows(destinations[b], want, (size_t)width * ANEW_BLOCK);
    }
    release_all();
}

/* planar -> blocks -> planar with shuffles of r, against the definitions index by index. */
static void check_arrangements(const anew_row_kernels *k, const char *level, int width)
{
    const int r = 1 + random_below(4), channels = 1 + random_below(r == 1 ? 35 : 4);
    const int lanes = channels * r * r, count = (lanes + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int factor = random_below(2) ? r : 1 + random_below(3);
    float *planes[36], *back[36], *residual[36], *destinations[MOST_BLOCKS];
    for (int i = 0; i < channels * r; i++) {
        planes[i] = guarded_floats((size_t)(width * r));
        back[i] = guarded_floats((size_t)(width * r));
        residual[i] = guarded_floats((size_t)((width * r + factor - 1) / factor));
        fill_random(planes[i], (size_t)(width * r));
        fill_nan(back[i], (size_t)(width * r));
        fill_random(residual[i], (size_t)((width * r + factor - 1) / factor));
    }
    for (int b = 0; b < count; b++) {
        destinations[b] = guarded_floats((size_t)width * ANEW_BLOCK);
        fill_nan(destinations[b], (size_t)width * ANEW_BLOCK);
    }
    (void)snprintf(what, sizeof what, "planar_to_blocks_%s: %d channels, r %d, width %d", level,
                   channels, r, width);
    k->planar_to_blocks(destinations, (const float *const *)planes, channels, r, width);
    bool good = true;
    for (int lane = 0; lane < count * ANEW_BLOCK; lane++) {
        const int c = lane / (r * r), i = lane / r % r, j = lane % r;
        for (int x = 0; x < width; x++) {
            const float want = lane < lanes ? planes[c * r + i][x * r + j] : 0.0f;
            good =
                good && memcmp(&destinations[lane / ANEW_BLOCK][x * ANEW_BLOCK + lane % ANEW_BLOCK],
                               &want, sizeof want) == 0;
        }
    }
    report(good);
    (void)snprintf(what, sizeof what, "blocks_to_planar_%s: %d channels, r %d, width %d, factor %d",
                   level, channels, r, width, factor);
    const bool added = random_below(2) != 0;
    k->blocks_to_planar(back, (const float *const *)destinations, channels, r, width,
                        added ? (const float *const *)residual : NULL, factor);
    good = true;
    for (int i = 0; i < channels * r; i++)
        for (int x = 0; x < width * r; x++) {
            const float want = added ? planes[i][x] + residual[i][x / factor] : planes[i][x];
            good = good && memcmp(&back[i][x], &want, sizeof want) == 0;
        }
    report(good);

    const int enlarge = 1 + random_below(4);
    float *large = guarded_floats((size_t)(width * enlarge) * ANEW_BLOCK);
    (void)snprintf(what, sizeof what, "upsample_nearest_%s: factor %d, width %d", level, enlarge,
                   width);
    k->upsample_nearest(large, destinations[0], width * enlarge, enlarge);
    good = true;
    for (int x = 0; x < width * enlarge; x++)
        good = good && memcmp(large + x * ANEW_BLOCK, destinations[0] + x / enlarge * ANEW_BLOCK,
                              ANEW_BLOCK * sizeof(float)) == 0;
    report(good);
    release_all();
}

/* Windows of all sizes, cut at the sides; values with NaN and both zeros among them. */
static void check_pooling(const anew_row_kernels *k, const char *level, int source_width)
{
    const int kernel = 1 + random_below(5), stride = 1 + random_below(3),
              rows = 1 + random_below(5);
    const int width = (source_width + stride - 1) / stride, pad = random_below((kernel + 1) / 2);
    float *sources[5], want[MOST_WIDTH * ANEW_BLOCK];
    for (int i = 0; i < rows; i++) {
        sources[i] = guarded_floats((size_t)source_width * ANEW_BLOCK);
        fill_random(sources[i], (size_t)source_width * ANEW_BLOCK);
        for (int n = 0; n < 3; n++)
            sources[i][random_below(source_width * ANEW_BLOCK)] = n == 0 ? NAN : n == 1 ? -0.0f : 0;
    }
    float *destination = guarded_floats((size_t)width * ANEW_BLOCK);
    fill_nan(destination, (size_t)width * ANEW_BLOCK);
    (void)snprintf(what, sizeof what,
                   "max_pool_%s: kernel %d, stride %d, pad %d, %d rows, width %d", level, kernel,
                   stride, pad, rows, source_width);
    k->max_pool(&(anew_pool_row){.sources = (const float *const *)sources,
                                 .rows = rows,
                                 .destination = destination,
                                 .kernel = kernel,
                                 .stride = stride,
                                 .pad = pad,
                                 .source_width = source_width,
                                 .width = width});
    for (int i = 0; i < width * ANEW_BLOCK; i++) {
        const int left = i / ANEW_BLOCK * stride - pad;
        bool any = false;
        for (int n = 0; n < rows * kernel; n++) {
            const int x = left + n % kernel;
            if (x < 0 || x >= source_width)
                continue;
            const float v = sources[n / kernel][x * ANEW_BLOCK + i % ANEW_BLOCK];
            want[i] = !any || want[i] < v ? v : want[i];
            any = true;
        }
    }
    compare_rows(destination, want, (size_t)width * ANEW_BLOCK);
    release_all();
}

static void check_resampling(const anew_row_kernels *k, const char *level, int width)
{
    const int taps = 1 + random_below(13);
    const float *rows[16];
    float weights[16], want[MOST_WIDTH];
    for (int t = 0; t < taps; t++) {
        float *row = guarded_floats((size_t)width);
        fill_random(row, (size_t)width);
        rows[t] = row;
        weights[t] = random_value();
    }
    float *destination = guarded_floats((size_t)width);
    (void)snprintf(what, sizeof what, "resample_vertical_%s: %d taps, width %d", level, taps,
                   width);
    k->resample_vertical(destination, rows, weights, taps, width);
    for (int x = 0; x < width; x++) {
        want[x] = rows[0][x] * weights[0];
        for (int t = 1; t < taps; t++)
            want[x] = fmaf(rows[t][x], weights[t], want[x]);
    }
    compare_rows(destination, want, (size_t)width);

    const int length = taps + 30;
    float *source = guarded_floats((size_t)length);
    float *table = guarded_floats((size_t)(taps * width));
    int32_t *first = (int32_t *)(void *)guarded_floats((size_t)width);
    fill_random(source, (size_t)length);
    fill_random(table, (size_t)(taps * width));
    for (int x = 0; x < width; x++)
        first[x] = random_below(length - taps + 1);
    (void)snprintf(what, sizeof what, "resample_horizontal_%s: %d taps, width %d", level, taps,
                   width);
    k->resample_horizontal(destination, source, first, table, taps, width);
    for (int x = 0; x < width; x++) {
        want[x] = source[first[x]] * table[x];
        for (int t = 1; t < taps; t++)
            want[x] = fmaf(source[first[x] + t], table[t * width + x], want[x]);
    }
    compare_rows(destination, want, (size_t)width);
    release_all();
}

/* A picture's samples to floats and back, by their definitions; other channels' samples stay as they are. */
static void check_samples(const anew_row_kernels *k, const char *level, int pixels)
{
    static const int depths[] = {8, 16, 32};
    const int depth = depths[random_below(3)], bytes = depth / 8;
    const int step = random_below(2) ? 3 : 1 + random_below(4);
    const int width = pixels + (random_below(2) ? 64 * random_below(3) : 0);
    const int channels = random_below(2) ? step : 1 + random_below(step),
              largest = depth == 16 ? 65535 : 255;
    const size_t count = (size_t)((width - 1) * step + channels); /* none after the last one */
    unsigned char *samples = guarded_bytes(count * (size_t)bytes);
    float *rows[4], *back = guarded_floats((size_t)width);
    for (size_t i = 0; i < count * (size_t)bytes; i++)
        samples[i] = (unsigned char)random_bits();
    unsigned char before[4 * 4 * 256];
    memcpy(before, samples, count * (size_t)bytes);
    for (int c = 0; c < channels; c++) {
        rows[c] = guarded_floats((size_t)width);
        for (int x = 0; x < width; x++) {
            /* Inside, ties between two integers, and what is no colour. */
            const int kind = random_below(16);
            rows[c][x] = kind == 0   ? NAN
                         : kind == 1 ? (random_below(2) ? INFINITY : -INFINITY)
                         : kind < 4  ? random_value()
                         : kind < 8  ? ((float)random_below(largest) + 0.5f) / (float)largest
                                     : (float)random_bits() / 4294967296.0f;
        }
    }
    (void)snprintf(what, sizeof what, "rows_to_samples_%s: %d of %d channels, depth %d, width %d",
                   level, channels, step, depth, width);
    k->rows_to_samples(samples, depth, step, (const float *const *)rows, channels, width);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const int c = (int)(i % (size_t)step), x = (int)(i / (size_t)step);
        if (c >= channels) {
            good = good && memcmp(samples + i * (size_t)bytes, before + i * (size_t)bytes,
                                  (size_t)bytes) == 0;
            continue;
        }
        const float v = rows[c][x];
        const float inside = v >= 0.0f ? (v <= 1.0f ? v : 1.0f) : 0.0f; /* NaN: 0 */
        const long whole = lrintf(inside * (float)largest);
        uint16_t wide;
        memcpy(&wide, samples + i * (size_t)bytes, bytes == 1 ? 1 : 2);
        good = good && (depth == 32   ? memcmp(samples + 4 * i, &inside, 4) == 0
                        : depth == 16 ? wide == whole
                                      : samples[i] == whole);
    }
    report(good);
    (void)snprintf(what, sizeof what, "samples_to_row_%s: 1 of %d channels, depth %d, width %d",
                   level, step, depth, width);
    k->samples_to_row(back, samples + (size_t)((channels - 1) * bytes), depth, step, width);
    good = true;
    for (int x = 0; x < width; x++) {
        const unsigned char *at = samples + (size_t)((x * step + channels - 1) * bytes);
        uint16_t wide;
        float want;
        memcpy(&wide, at, bytes == 1 ? 1 : 2);
        memcpy(&want, at, bytes == 4 ? 4 : 1);
        if (depth < 32)
            want = (float)(depth == 16 ? wide : at[0]) / (float)largest;
        good = good && memcmp(&back[x], &want, sizeof want) == 0;
    }
    report(good);
    release_all();
}

/* In lanes, in double; and the bits of plain C. */
static double keys_kernel(double x)
{
    x = fabs(x);
    return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static void check_footprint(const anew_row_kernels *k, const char *level, int size)
{
    const anew_row_kernels *plain = anew_row_kernels_for(ANEW_ISA_C);
    const int width = (size % 3 + 1) * ANEW_FOOTPRINT_LANES, channels = size % 4 + 1;
    const int height = size;
    const int stride = width + size % 5, plane = stride * (height - 1) + width;
    float *source = guarded_floats((size_t)(plane * channels));
    fill_random(source, (size_t)(plane * channels));
    /* About the middle, a few pixels wide. */
    const double turn = random_value(), step = 0.2 + 0.3 * fmin(2, fabs((double)random_value()));
    anew_footprint f = {.source = source,
                        .plane_stride = (size_t)plane,
                        .row_stride = (size_t)stride,
                        .channels = channels,
                        .height = height,
                        .width = width};
    f.px = f.qy = (float)(step * cos(turn));
    f.qx = (float)(step * sin(turn));
    f.py = -f.qx;
    f.p0 = fminf(2, random_value()) - f.px * (float)(width / 2) - f.py * (float)(height / 2);
    f.q0 = fminf(2, random_value()) - f.qx * (float)(width / 2) - f.qy * (float)(height / 2);
    float *totals = guarded_floats((size_t)channels + 1);
    float bits[1 + ANEW_FOOTPRINT_PLANES];
    (void)snprintf(what, sizeof what, "footprint_%s: %dx%d, %d channels", level, width, height,
                   channels);
    k->footprint(totals, &f);
    plain->footprint(bits, &f);
    compare_rows(totals, bits, (size_t)channels + 1);
    double want[1 + ANEW_FOOTPRINT_PLANES] = {0}, sizes[1 + ANEW_FOOTPRINT_PLANES] = {0};
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const double w = keys_kernel((double)f.p0 + x * (double)f.px + y * (double)f.py) *
                             keys_kernel((double)f.q0 + x * (double)f.qx + y * (double)f.qy);
            for (int c = 0; c <= channels; c++) {
                const double v = c == 0 ? w : w * (double)source[(c - 1) * plane + y * stride + x];
                want[c] += v;
                sizes[c] += fabs(v);
            }
        }
    for (int c = 0; c <= channels; c++)
        if (!(fabs((double)totals[c] - want[c]) <= 1e-4 * sizes[c] + 1e-5)) {
            printf("FAILED %s: total %d is %g, not %g\n", what, c, (double)totals[c], want[c]);
            failed++;
        }
    release_all();
}

int main(int count, char **arguments)
{
    state = count > 1 ? strtoull(arguments[1], NULL, 10) : 20261120;
    if (state == 0)
        state = 1;
    volatile const uint64_t seed = state;
    const struct sigaction action = {.sa_handler = fault};
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
    once = count > 2 && strcmp(arguments[2], "once") == 0;
    anew_isa best;
    (void)anew_isa_detect(&best, NULL);
    for (volatile int isa = ANEW_ISA_C; isa <= (int)best; isa++) {
        volatile const int before = passed;
        for (volatile int round = 0; round < 2; round++) {
            guard_before = round == 1;
            if (!once || (isa == (int)best && round == 0))
                check_all_conv((anew_isa)isa);
            guard_before = round == 1;
            const anew_row_kernels *volatile k = anew_row_kernels_for((anew_isa)isa);
            for (volatile int width = 1; width <= 45; width++) {
                GUARDED(check_map(k, anew_isa_name((anew_isa)isa), width));
                GUARDED(check_arrangements(k, anew_isa_name((anew_isa)isa), width));
                GUARDED(check_pooling(k, anew_isa_name((anew_isa)isa), width));
                GUARDED(check_resampling(k, anew_isa_name((anew_isa)isa), width));
                for (volatile int turn = 0; turn < 4; turn++)
                    GUARDED(check_samples(k, anew_isa_name((anew_isa)isa), width));
                GUARDED(check_footprint(k, anew_isa_name((anew_isa)isa), width));
            }
        }
        printf("%s: %d checks\n", anew_isa_name((anew_isa)isa), passed - before);
    }
#if ANEW_HAVE_X86
    if (best < ANEW_ISA_AMX) {
        volatile const int before = passed;
        emulating = tile_emulator_start();
        for (volatile int round = 0; emulating && round < 2; round++) {
            guard_before = round == 1;
            check_all_conv(ANEW_ISA_AMX);
        }
        if (emulating)
            printf("amx: %d checks on %ld emulated instructions\n", passed - before,
                   tile_emulator_count());
        else
            printf("amx: SKIP, this CPU has no AVX-512 with BF16 for the rest of its kernels\n");
    }
#endif
    printf("seed %llu\n%d passed, %d failed\n", (unsigned long long)seed, passed, failed);
    return failed == 0 ? 0 : 1;
}
