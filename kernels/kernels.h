/*
 * kernels.h - every kernel's contract. This folder sees only itself: pointers, integers and floats,
 * no graph, no files, no threads, no allocation, no environment.
 *
 * Activation layout ("blocked"): channels in blocks of 16, one pixel of one block is 16 consecutive
 * floats = 64 bytes = one cache line:
 *
 *     value[block][y][x][16]
 *
 * Kernels see rows: a pointer to pixel x = 0 of one row of one block. Pixel x of it is at
 * row + x * 16. Where a contract says so, pixels left of 0 and right of the last one can be read
 * too (the border, zero by the producer). Lanes past the channel count of a block are zero in every
 * value and stay zero: weights, bias and slopes are padded with zeros.
 *
 * Exact class: each output is ONE chain of fused multiply-adds in a fixed order that starts from the
 * bias:
 *
 *     sum = bias[oc]
 *     for ky: for kx: for ic (in concatenation order): sum = fma(source, weight, sum)
 *
 * followed by the epilogue, each operation rounded on its own. SIMD runs across outputs and never
 * splits the chain, so every kernel of the class gives the same bits.
 */
#ifndef ANEW_KERNELS_H
#define ANEW_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANEW_BLOCK             16 /* channels in a block */
#define ANEW_MAX_EPILOGUE      6
#define ANEW_MAX_SOURCE_BLOCKS 256

/* CPU levels of the build's architecture, ascending; each one includes those before it. */
typedef enum anew_isa {
    ANEW_ISA_C = 0, /* what the baseline compiler flags give */
#if defined(__x86_64__) || defined(__i386__)
    ANEW_ISA_CFMA,       /* the same C source, built with hardware fused multiply-add */
    ANEW_ISA_AVX2,       /* AVX2 and FMA3, 16 vector registers */
    ANEW_ISA_AVX512,     /* AVX-512 F, BW, DQ, VL */
    ANEW_ISA_AVX512VNNI, /* ... and VNNI: products of bytes, for int8 alone */
    ANEW_ISA_AMX,        /* ... and BF16, and AMX tiles with BF16 and INT8 */
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
    ANEW_ISA_NEON,         /* vectors of 4 floats, 32 registers: every AArch64 has them */
    ANEW_ISA_NEON_DOTPROD, /* ... and FEAT_DotProd: products of bytes, for int8 alone */
    ANEW_ISA_NEON_MATRIX,  /* ... and FEAT_I8MM and FEAT_BF16: matrix products of bytes and of bfloat16 */
#elif defined(__arm__)
    ANEW_ISA_NEON, /* vectors of 4 floats, 16 registers, denormals flushed: for the fast class alone */
#endif
    ANEW_ISA_COUNT
} anew_isa;

/* The lowest level whose fused multiply-add is an instruction wherever the architecture has one. */
#if defined(__x86_64__) || defined(__i386__)
#define ANEW_ISA_FUSED ANEW_ISA_CFMA
#else
#define ANEW_ISA_FUSED ANEW_ISA_C
#endif

/* The highest level that the CPU and the operating system offer, lowered to `limit`, a level's name in lower
 * case, when it is not NULL. Returns false when `limit` is no such name, or names a level that this build has
 * no kernels for. */
bool anew_isa_detect(anew_isa *isa, const char *limit);

/* The names that `limit` may have in this build, for messages. */
const char *anew_isa_names(void);
const char *anew_isa_name(anew_isa isa);

/* The level's fused multiply-add is a library call (x86 without FMA3), a hundred times slower. */
bool anew_isa_is_slow(anew_isa isa);

typedef enum anew_exactness {
    ANEW_EXACT = 0, /* the exact class: same bits from every kernel */
    ANEW_FAST = 1,  /* float32, within a stated error bound; `--exact` forbids it */
    ANEW_BF16 = 2,  /* factors rounded to bfloat16, sums in float32; for --precision bf16 only */
    ANEW_INT8 = 3   /* factors rounded to 8 bits, sums in int32; for --precision int8 only */
} anew_exactness;

/* ---- Epilogue: what happens to a sum before it is stored -------------------------------------- */

typedef enum anew_epilogue_kind {
    ANEW_EPILOGUE_PRELU, /* v = v >= 0 ? v : v * slope[channel]; LeakyReLU is one slope repeated */
    ANEW_EPILOGUE_RELU,  /* v = v >= 0 ? v : 0 */
    ANEW_EPILOGUE_SCALE, /* v = v * factor */
    ANEW_EPILOGUE_ADD    /* v = v + rows[block][x * 16 + lane] */
} anew_epilogue_kind;

typedef struct anew_epilogue {
    anew_epilogue_kind kind;
    float factor;       /* SCALE */
    const float *slope; /* PRELU: [blocks * 16], padded with zeros */
    const float *const
        *rows; /* ADD: pointers to pixel 0 of the rows being written, as destinations */
} anew_epilogue;

/* ---- Convolution of one output row, or of a few -------------------------------------------------- */

/* How the factors of a layer become integers of 8 bits (int8.h). Borrowed arrays. */
typedef struct anew_conv_int8 {
    const float *scale;     /* [in_channels] of sources, positive */
    const float *zero;      /* [in_channels] of sources, whole numbers 0 .. 255 */
    const float *row_scale; /* [out_channels] of weights, positive */
} anew_conv_int8;

/* What the choice of a kernel and the packing of weights depend on. */
typedef struct anew_conv_shape {
    int kernel_height, kernel_width;
    int stride, dilation, groups;
    int in_channels, out_channels;
    /* Every part of a concatenated source but the last has a multiple of 16 channels, so that channel c is
     * lane c % 16 of source block c / 16. */
    bool whole_blocks;
    /* For the kernels on integers: their numbers; what is packed are weights * scale[ic]. NULL: none. */
    const anew_conv_int8 *int8;
} anew_conv_shape;

/* Padding is such that the middle of the kernel meets output pixel (y, x) at source pixel (y * stride,
 * x * stride): dilation * (kernel_height / 2) rows above, dilation * (kernel_width / 2) pixels left. */

/* Output rows y .. y + rows - 1 of a convolution, pixels x0 <= x < x1, all output channels; `rows` is
 * what the kernel's descriptor says, and x0 a multiple of its piece.
 *
 * sources: for source block b and i = 0 .. source_rows - 1, where source_rows = rows - 1 +
 * kernel_height, sources[b * source_rows + i] points to pixel 0 of the source row y * stride + (i -
 * kernel_height / 2) * dilation (a kernel of several rows has stride and dilation 1); rows outside the
 * picture point to zeros. Each is readable from pixel x0 * stride - border to (x1 - 1) * stride + border
 * (the descriptor's border(); zeros outside the picture). A depthwise convolution's sources are not split:
 * its blocks are those of its destinations, and lanes past the last channel zero.
 * destinations[r * out_blocks + b] is output row y + r; a NULL is computed and dropped (rows past the
 * picture's end). Nothing outside is read or written. Destinations alias neither sources nor epilogue
 * rows. */
typedef struct anew_conv_row {
    const float *const *sources;
    const int *source_channels; /* [source_blocks]: channels used of each block, 1..16 */
    int source_blocks;
    float *const *destinations; /* [rows][out_blocks] pointers to pixel 0 */
    int out_blocks;             /* out_channels / 16, rounded up */
    int out_channels, groups;
    int x0, x1;
    const float *weights; /* packed by the descriptor's pack() */
    const float *bias;    /* [out_blocks * 16], padded with zeros */
    int kernel_height, kernel_width, stride, dilation;
    const anew_epilogue *epilogue; /* applied in order */
    int epilogue_count;
    float *
        scratch; /* [descriptor's scratch_floats()], contents undefined; a multiple of 64 bytes is best */
} anew_conv_row;

typedef struct anew_conv_kernel {
    const char *name; /* as in file, test row, --verbose line */
    anew_isa isa;     /* needs at least this level */
    anew_exactness exactness;
    int rows; /* output rows of one call; they begin at multiples of it */
    int tile; /* side of the squares of outputs that are rounded together; 1: each pixel on its own */
    int piece; /* pixels of one call, at most: what the caches hold */
    bool (*accepts)(const anew_conv_shape *shape);
    int (*border)(const anew_conv_shape *shape);
    size_t (*scratch_floats)(const anew_conv_shape *shape);
    size_t (*packed_floats)(const anew_conv_shape *shape);
    /* weights: [out_channels][in_channels / groups][kernel_height][kernel_width] */
    void (*pack)(float *packed, const float *weights, const anew_conv_shape *shape);
    void (*run)(const anew_conv_row *row);
} anew_conv_kernel;

/* All convolution kernels of this build, best first; the first one that the CPU level offers, whose
 * class is allowed and that accepts the shape is taken. Ends with a NULL name. */
extern const anew_conv_kernel anew_conv_kernels[];

/* That choice, or NULL when none fits; with one_row only kernels that compute rows one by one. */
const anew_conv_kernel *anew_conv_select(const anew_conv_shape *shape, anew_isa isa,
                                         anew_exactness allowed, bool one_row);

/* Packing shared by the direct kernels: [out block][ky][kx][ic][16], zeros past out_channels. */
size_t anew_conv_direct_packed_floats(const anew_conv_shape *shape);
void anew_conv_direct_pack(float *packed, const float *weights, const anew_conv_shape *shape);

/* The same for few outputs, [ky][kx][ic][oc]; for depthwise kernels, [block][ky][kx][16]; and for groups,
 * [group][the direct kernels' packing]. */
size_t anew_conv_few_packed_floats(const anew_conv_shape *shape);
void anew_conv_few_pack(float *packed, const float *weights, const anew_conv_shape *shape);
size_t anew_conv_few_scratch_floats(const anew_conv_shape *shape);
size_t anew_conv_depthwise_packed_floats(const anew_conv_shape *shape);
void anew_conv_depthwise_pack(float *packed, const float *weights, const anew_conv_shape *shape);
size_t anew_conv_grouped_packed_floats(const anew_conv_shape *shape);
void anew_conv_grouped_pack(float *packed, const float *weights, const anew_conv_shape *shape);
size_t anew_conv_grouped_scratch_floats(const anew_conv_shape *shape);

/* Packing shared by the Winograd kernels (winograd.h): [36][out block][ic][16]. */
size_t anew_conv_winograd_packed_floats(const anew_conv_shape *shape);
void anew_conv_winograd_pack(float *packed, const float *weights, const anew_conv_shape *shape);
size_t anew_conv_winograd_scratch_floats(const anew_conv_shape *shape);

/* Packing of the direct kernels in bfloat16 (tiles.h). */
size_t anew_conv_tiles_packed_floats(const anew_conv_shape *shape);
void anew_conv_tiles_pack(float *packed, const float *weights, const anew_conv_shape *shape);
size_t anew_conv_tiles_scratch_floats(const anew_conv_shape *shape);

/* Packing of the direct kernels on integers of 8 bits (int8.h). */
size_t anew_conv_int8_packed_floats(const anew_conv_shape *shape);
void anew_conv_int8_pack(float *packed, const float *weights, const anew_conv_shape *shape);
size_t anew_conv_int8_scratch_floats(const anew_conv_shape *shape);

/* ---- Small row kernels: one implementation per CPU level, all in the exact class --------------- */

/* destinations[b][x] = epilogue(sources[b][x]) for x0 <= x < x1 and all blocks. In place allowed. */
typedef struct anew_map_row {
    const float *const *sources;
    float *const *destinations;
    int blocks;
    int x0, x1;
    const anew_epilogue *epilogue;
    int epilogue_count;
} anew_map_row;

/* Element by element beyond what an epilogue does; elementary.h defines the functions, and quotients and
 * square roots are correctly rounded. */
typedef enum anew_pointwise_kind {
    ANEW_POINTWISE_EXP,
    ANEW_POINTWISE_ERF,
    ANEW_POINTWISE_TANH,
    ANEW_POINTWISE_SIGMOID,
    ANEW_POINTWISE_SILU,  /* v * sigmoid(v) */
    ANEW_POINTWISE_MISH,  /* v * tanh(log(1 + e^v)) */
    ANEW_POINTWISE_CLAMP, /* the nearest of 0 .. 1 */
    ANEW_POINTWISE_GELU,  /* v / 2 * (1 + erf(v / sqrt 2)) */
    ANEW_POINTWISE_SQRT,
    ANEW_POINTWISE_MULTIPLY, /* by the second source */
    ANEW_POINTWISE_DIVIDE
} anew_pointwise_kind;

/* destinations[b][x] = function(sources[b][x], seconds[b][x]) for 0 <= x < width. In place allowed. Lanes
 * past the last channel are set to zero, whatever the function makes of zero. */
typedef struct anew_pointwise_row {
    anew_pointwise_kind kind;
    const float *const *sources;
    const float *const *seconds; /* MULTIPLY, DIVIDE */
    float *const *destinations;
    int channels;
    int width;
} anew_pointwise_row;

/* What is computed from all channels of a pixel, for 0 <= x < width. In place allowed; lanes past the last
 * channel are neither used nor left other than zero. Sums are taken in double: each of the 16 lanes adds
 * its channels in ascending blocks, then lane l takes in lane l + 8, l + 4, l + 2, l + 1. */
typedef struct anew_channel_row {
    const float *const *sources;
    float *const *destinations;
    int channels;
    int width;
    /* normalise: out = fma((float)((v - mean) / sqrt(mean of (v - mean)^2 + epsilon)), weight, bias) */
    const float *weight, *bias; /* [blocks * 16], padded with zeros */
    double epsilon;
} anew_channel_row;

/* One row of one block: destination[x] = the largest of sources[i][x * stride - (kernel - 1) / 2 + k], k < kernel,
 * as far as that pixel is one of the source's width; as m = m < v ? v : m from the first row's first pixel on.
 * Every window has a pixel inside. */
typedef struct anew_pool_row {
    const float *const *sources; /* [rows]: pixel 0 */
    int rows;
    float *destination;
    int kernel, stride;
    int pad; /* pixels of the first window that lie left of the row */
    int source_width, width;
} anew_pool_row;

/* A pixel that is made of a rectangle of source pixels: pixel (x, y) of it weighs h(p) h(q) with p = p0 + x px + y py
 * and q = q0 + x qx + y qy, where h is Keys' cubic kernel (a = -0.5). The same bits from every kernel: sums run in
 * ANEW_FOOTPRINT_LANES lanes, without fused operations, and are joined in one order. */
#define ANEW_FOOTPRINT_LANES  8
#define ANEW_FOOTPRINT_ROWS   64
#define ANEW_FOOTPRINT_PLANES 4

typedef struct anew_footprint {
    const float *source; /* sample (c, y, x) at source[c * plane_stride + y * row_stride + x] */
    size_t plane_stride, row_stride;
    int channels, height;
    int width; /* a multiple of ANEW_FOOTPRINT_LANES */
    float p0, px, py, q0, qx, qy;
} anew_footprint;

typedef struct anew_row_kernels {
    void (*map)(const anew_map_row *row);
    void (*pointwise)(const anew_pointwise_row *row);

    /* Over the channels of each pixel: to mean 0 and variance 1, then scaled and moved. */
    void (*normalise)(const anew_channel_row *row);
    /* Over the channels of each pixel: e = exp(v - the largest), out = (float)(e / sum of all e). */
    void (*softmax)(const anew_channel_row *row);

    /* The largest of a window. */
    void (*max_pool)(const anew_pool_row *row);

    /* Nearest-neighbour enlargement of one row of one block:
     * destination pixel x = source pixel x / factor, for 0 <= x < width_out. */
    void (*upsample_nearest)(float *destination, const float *source, int width_out, int factor);

    /* Planar rows to one row of blocks, with pixel-unshuffle r (1: none). Channel c * r * r + i * r +
     * j of pixel x is planes[c * r + i][x * r + j]. Lanes past channels * r * r are set to zero. */
    void (*planar_to_blocks)(float *const *destinations, const float *const *planes, int channels,
                             int r, int width);

    /* One row of blocks to r planar rows of each of `channels` planes, with pixel-shuffle r (1:
     * none): planes[c * r + i][x * r + j] = channel c * r * r + i * r + j of pixel x,
     * plus, where residual is not NULL, residual[c * r + i][(x * r + j) / factor]. */
    void (*blocks_to_planar)(float *const *planes, const float *const *sources, int channels, int r,
                             int width, const float *const *residual, int factor);

    /* Resampling, vertical: destination[x] = the chain of fma over t of rows[t][x] * weight[t],
     * starting from rows[0][x] * weight[0] (rounded). */
    void (*resample_vertical)(float *destination, const float *const *rows, const float *weight,
                              int taps, int width);

    /* Resampling, horizontal: destination[x] = the same chain over
     * source[first[x] + t] * weight[t * width + x], t = 0 .. taps - 1. All indices are readable. */
    void (*resample_horizontal)(float *destination, const float *source, const int32_t *first,
                                const float *weight, int taps, int width);

    /* Every step-th sample of a picture's row as a float, from the first one on: integers of 8 or 16 bits (depth) divided by
     * 255 or 65535, correctly rounded; floats (depth 32) as they are. */
    void (*samples_to_row)(float *row, const void *samples, int depth, int step, int width);

    /* Rows into `channels` channels side by side of pixels of `step` samples, from the first one on: clamped to 0 .. 1 (NaN
     * becomes 0), and integers multiplied and rounded, of ties to the even one. */
    void (*rows_to_samples)(void *samples, int depth, int step, const float *const *rows,
                            int channels, int width);

    /* One pixel of a turned picture: totals[0] is the sum of all weights, totals[1 + c] that of channel c's samples
     * times their weights. */
    void (*footprint)(float *totals, const anew_footprint *footprint);
} anew_row_kernels;

/* The table of a CPU level. */
const anew_row_kernels *anew_row_kernels_for(anew_isa isa);

/* ---- Plain reference operations on planar tensors [channels][height][width] --------------------
 * What an operation means; used by exec_ref, the tests' yardstick. */
typedef struct anew_ref_kernels {
    /* General convolution with zero padding; bias may be NULL. Exact class, chain as above. */
    void (*conv)(float *destination, const float *source, const float *weights, const float *bias,
                 const anew_conv_shape *shape, int pad, int height, int width);

    /* destination[i] = function(source[i], second[i]); `second` is NULL for a function of one value. */
    void (*pointwise)(anew_pointwise_kind kind, float *destination, const float *source,
                      const float *second, size_t count);
} anew_ref_kernels;

const anew_ref_kernels *anew_ref_kernels_for(anew_isa isa);

#endif
