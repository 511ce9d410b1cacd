/*
 * select.c - the tables: convolution kernels best first, and the row kernels of each CPU level.
 */
#include "kernels/conv_few.h"
#include "kernels/conv_grouped.h"
#include "kernels/implementations.h"
#include "kernels/int8.h"
#include "kernels/tiles.h"
#include "kernels/winograd.h"

/* What every convolution kernel needs. */
static bool whole(const anew_conv_shape *shape)
{
    return shape->stride >= 1 && shape->dilation >= 1 && shape->kernel_height % 2 == 1 &&
           shape->kernel_width % 2 == 1 && shape->groups >= 1 &&
           shape->in_channels % shape->groups == 0 && shape->out_channels % shape->groups == 0 &&
           shape->in_channels <= ANEW_MAX_SOURCE_BLOCKS * ANEW_BLOCK;
}

static bool one_group(const anew_conv_shape *shape)
{
    return whole(shape) && shape->groups == 1;
}

#if !defined(ANEW_EMBEDDED) || ANEW_HAVE_NEON
static bool plain_stride(const anew_conv_shape *shape)
{
    return one_group(shape) && shape->stride == 1 && shape->dilation == 1;
}
#endif

#if ANEW_HAVE_X86 || ANEW_HAVE_NEON || ANEW_HAVE_NEON32
/* With more outputs the idle lanes of the direct kernel cost less than to transpose. */
static bool few_outputs(const anew_conv_shape *shape)
{
    return plain_stride(shape) && shape->out_channels <= ANEW_CONV_FEW_MOST;
}
#endif

static bool depthwise(const anew_conv_shape *shape)
{
    return whole(shape) && shape->groups > 1 && shape->groups == shape->in_channels &&
           shape->groups == shape->out_channels;
}

static bool in_groups(const anew_conv_shape *shape)
{
    if (!whole(shape) || shape->groups == 1 || depthwise(shape))
        return false;
    const int in = shape->in_channels / shape->groups, out = shape->out_channels / shape->groups;
    return (in + ANEW_BLOCK - 1) / ANEW_BLOCK * shape->kernel_height <=
               ANEW_CONV_GROUPED_POINTERS &&
           (out + ANEW_BLOCK - 1) / ANEW_BLOCK <= ANEW_CONV_GROUPED_POINTERS;
}

static int half_kernel(const anew_conv_shape *shape)
{
    return shape->kernel_width / 2 * shape->dilation;
}

static size_t no_scratch(const anew_conv_shape *shape)
{
    (void)shape;
    return 0;
}

#ifndef ANEW_EMBEDDED
/* Worth its transforms from some 8 channels on; measured in bench/. */
static bool winograd_pays(const anew_conv_shape *shape)
{
    return plain_stride(shape) && shape->kernel_height == 3 && shape->kernel_width == 3 &&
           shape->in_channels >= 8 && shape->out_channels >= 8 &&
           shape->out_channels <= ANEW_MAX_SOURCE_BLOCKS * ANEW_BLOCK;
}

/* A tile's last column reads two pixels past its four outputs; rounded up with the tile. */
static int winograd_border(const anew_conv_shape *shape)
{
    (void)shape;
    return ANEW_WINOGRAD_TILE;
}

/* Below 16 channels more than half of each tile would be zeros. */
static bool tiles_pay(const anew_conv_shape *shape)
{
    return plain_stride(shape) && shape->whole_blocks && shape->in_channels >= ANEW_BLOCK &&
           shape->kernel_height <= ANEW_TILES_TALLEST && shape->kernel_width <= ANEW_TILES_TALLEST;
}

/* Where the layer has numbers for it. */
static bool has_integers(const anew_conv_shape *shape)
{
    return plain_stride(shape) && shape->int8 != NULL && shape->whole_blocks &&
           shape->kernel_height <= ANEW_INT8_TALLEST && shape->kernel_width <= ANEW_INT8_TALLEST &&
           shape->in_channels * shape->kernel_height * shape->kernel_width <=
               ANEW_INT8_MOST_PRODUCTS;
}
#endif

/* Source rows and weights of 126 pixels stay in a 1 MB second-level cache; a multiple of the kernels'
 * tiles of 6 and 14 pixels. */
#define DIRECT_PIECE 126

#define DIRECT(suffix, level, class)                                                               \
    {                                                                                              \
        "conv_direct_" #suffix, level, class, 1, 1, DIRECT_PIECE, one_group, half_kernel,          \
            no_scratch, anew_conv_direct_packed_floats, anew_conv_direct_pack,                     \
            anew_conv_direct_##suffix                                                              \
    }
#define FEW(suffix, level, class)                                                                  \
    {                                                                                              \
        "conv_few_" #suffix, level, class, 1, 1, ANEW_CONV_FEW_PIECE, few_outputs, half_kernel,    \
            anew_conv_few_scratch_floats, anew_conv_few_packed_floats, anew_conv_few_pack,         \
            anew_conv_few_##suffix                                                                 \
    }
#define DEPTHWISE(suffix, level, class)                                                            \
    {                                                                                              \
        "conv_depthwise_" #suffix, level, class, 1, 1, DIRECT_PIECE, depthwise, half_kernel,       \
            no_scratch, anew_conv_depthwise_packed_floats, anew_conv_depthwise_pack,               \
            anew_conv_depthwise_##suffix                                                           \
    }
#define GROUPED(suffix, level, class)                                                              \
    {                                                                                              \
        "conv_grouped_" #suffix, level, class, 1, 1, ANEW_CONV_GROUPED_PIECE, in_groups,           \
            half_kernel, anew_conv_grouped_scratch_floats, anew_conv_grouped_packed_floats,        \
            anew_conv_grouped_pack, anew_conv_grouped_##suffix                                     \
    }
#define WINOGRAD(suffix, level)                                                                    \
    {                                                                                              \
        "conv_winograd_" #suffix, level, ANEW_FAST, ANEW_WINOGRAD_TILE, ANEW_WINOGRAD_TILE,        \
            ANEW_WINOGRAD_PIECE_TILES *ANEW_WINOGRAD_TILE, winograd_pays, winograd_border,         \
            anew_conv_winograd_scratch_floats, anew_conv_winograd_packed_floats,                   \
            anew_conv_winograd_pack, anew_conv_winograd_##suffix                                   \
    }
#define TILES(suffix, level, rows) TILES_PACKED(suffix, level, rows, anew_conv_tiles_pack)
#define TILES_PACKED(suffix, level, rows, pack)                                                    \
    {                                                                                              \
        "conv_" #suffix, level, ANEW_BF16, rows, 1, ANEW_TILES_PIECE, tiles_pay, half_kernel,      \
            anew_conv_tiles_scratch_floats, anew_conv_tiles_packed_floats, pack,                   \
            anew_conv_##suffix                                                                     \
    }

#define INTEGERS(suffix, level, rows) INTEGERS_PACKED(suffix, level, rows, anew_conv_int8_pack)
#define INTEGERS_PACKED(suffix, level, rows, pack)                                                 \
    {                                                                                              \
        "conv_" #suffix, level, ANEW_INT8, rows, 1, ANEW_INT8_PIECE, has_integers, half_kernel,    \
            anew_conv_int8_scratch_floats, anew_conv_int8_packed_floats, pack, anew_conv_##suffix  \
    }

/* bfloat16 and integers in plain C stand last: what the others are checked against, and slower than float32. */
const anew_conv_kernel anew_conv_kernels[] = {
#if ANEW_HAVE_AMX
    INTEGERS(int8_amx, ANEW_ISA_AMX, ANEW_INT8_ROWS),
    INTEGERS(int8_row_amx, ANEW_ISA_AMX, 1),
    TILES(bf16_amx, ANEW_ISA_AMX, ANEW_TILES_ROWS),
    TILES(bf16_row_amx, ANEW_ISA_AMX, 1),
#endif
#if ANEW_HAVE_X86
    INTEGERS(int8_avx512vnni, ANEW_ISA_AVX512VNNI, ANEW_INT8_ROWS),
    INTEGERS(int8_row_avx512vnni, ANEW_ISA_AVX512VNNI, 1),
    WINOGRAD(avx512, ANEW_ISA_AVX512),
    WINOGRAD(avx2, ANEW_ISA_AVX2),
    WINOGRAD(cfma, ANEW_ISA_CFMA),
    FEW(avx512, ANEW_ISA_AVX512, ANEW_EXACT),
    DIRECT(avx512, ANEW_ISA_AVX512, ANEW_EXACT),
    DEPTHWISE(avx512, ANEW_ISA_AVX512, ANEW_EXACT),
    GROUPED(avx512, ANEW_ISA_AVX512, ANEW_EXACT),
    FEW(avx2, ANEW_ISA_AVX2, ANEW_EXACT),
    DIRECT(avx2, ANEW_ISA_AVX2, ANEW_EXACT),
    DEPTHWISE(avx2, ANEW_ISA_AVX2, ANEW_EXACT),
    GROUPED(avx2, ANEW_ISA_AVX2, ANEW_EXACT),
    DIRECT(cfma, ANEW_ISA_CFMA, ANEW_EXACT),
    DEPTHWISE(cfma, ANEW_ISA_CFMA, ANEW_EXACT),
    GROUPED(cfma, ANEW_ISA_CFMA, ANEW_EXACT),
    /* Without hardware, fmaf is a library call a hundred times slower than a multiply and an add:
     * on such a CPU the fast class uses those. On other machines the baseline has the instruction. */
    DIRECT(muladd_c, ANEW_ISA_C, ANEW_FAST),
#else
#if ANEW_HAVE_NEON
#ifndef ANEW_EMBEDDED /* where the exact class runs alone */
    INTEGERS_PACKED(int8_neoni8mm, ANEW_ISA_NEON_MATRIX, ANEW_INT8_ROWS,
                    anew_conv_int8_pack_neoni8mm),
    INTEGERS_PACKED(int8_row_neoni8mm, ANEW_ISA_NEON_MATRIX, 1, anew_conv_int8_pack_neoni8mm),
    TILES_PACKED(bf16_neonbf16, ANEW_ISA_NEON_MATRIX, ANEW_TILES_ROWS,
                 anew_conv_tiles_pack_neonbf16),
    TILES_PACKED(bf16_row_neonbf16, ANEW_ISA_NEON_MATRIX, 1, anew_conv_tiles_pack_neonbf16),
    INTEGERS(int8_neondotprod, ANEW_ISA_NEON_DOTPROD, ANEW_INT8_ROWS),
    INTEGERS(int8_row_neondotprod, ANEW_ISA_NEON_DOTPROD, 1),
    WINOGRAD(neon, ANEW_ISA_NEON),
#endif
    FEW(neon, ANEW_ISA_NEON, ANEW_EXACT),
    DIRECT(neon, ANEW_ISA_NEON, ANEW_EXACT),
    DEPTHWISE(neon, ANEW_ISA_NEON, ANEW_EXACT),
    GROUPED(neon, ANEW_ISA_NEON, ANEW_EXACT),
#endif
#if ANEW_HAVE_NEON32
    WINOGRAD(neon, ANEW_ISA_NEON),
    FEW(neon, ANEW_ISA_NEON, ANEW_FAST),
    DIRECT(neon, ANEW_ISA_NEON, ANEW_FAST),
    DEPTHWISE(neon, ANEW_ISA_NEON, ANEW_FAST),
    GROUPED(neon, ANEW_ISA_NEON, ANEW_FAST),
#endif
#ifndef ANEW_EMBEDDED
    WINOGRAD(c, ANEW_ISA_C),
#endif
#endif
    DIRECT(c, ANEW_ISA_C, ANEW_EXACT),
    DEPTHWISE(c, ANEW_ISA_C, ANEW_EXACT),
    GROUPED(c, ANEW_ISA_C, ANEW_EXACT),
#if ANEW_HAVE_X86
    TILES(bf16_cfma, ANEW_ISA_CFMA, ANEW_TILES_ROWS),
    TILES(bf16_row_cfma, ANEW_ISA_CFMA, 1),
    INTEGERS(int8_cfma, ANEW_ISA_CFMA, ANEW_INT8_ROWS),
    INTEGERS(int8_row_cfma, ANEW_ISA_CFMA, 1),
#endif
#ifndef ANEW_EMBEDDED
    TILES(bf16_c, ANEW_ISA_C, ANEW_TILES_ROWS),
    TILES(bf16_row_c, ANEW_ISA_C, 1),
    INTEGERS(int8_c, ANEW_ISA_C, ANEW_INT8_ROWS),
    INTEGERS(int8_row_c, ANEW_ISA_C, 1),
#endif
    {0},
};

const anew_conv_kernel *anew_conv_select(const anew_conv_shape *shape, anew_isa isa,
                                         anew_exactness allowed, bool one_row)
{
    for (const anew_conv_kernel *kernel = anew_conv_kernels; kernel->name != NULL; kernel++)
        if (kernel->isa <= isa && kernel->exactness <= allowed && (kernel->rows == 1 || !one_row) &&
            kernel->accepts(shape))
            return kernel;
    return NULL;
}

#define MOVING_ROWS(suffix)                                                                        \
    .upsample_nearest = anew_upsample_nearest_##suffix,                                            \
    .planar_to_blocks = anew_planar_to_blocks_##suffix,                                            \
    .blocks_to_planar = anew_blocks_to_planar_##suffix
#define COMPUTING_ROWS(suffix)                                                                     \
    .map = anew_map_##suffix, .pointwise = anew_pointwise_##suffix,                                \
    .normalise = anew_normalise_##suffix, .softmax = anew_softmax_##suffix,                        \
    .max_pool = anew_max_pool_##suffix, .resample_vertical = anew_resample_vertical_##suffix,      \
    .resample_horizontal = anew_resample_horizontal_##suffix
#define PICTURE_ROWS(suffix)                                                                       \
    .samples_to_row = anew_samples_to_row_##suffix, .rows_to_samples = anew_rows_to_samples_##suffix
#define TURNED(suffix) .footprint = anew_footprint_pixel_##suffix

const anew_row_kernels *anew_row_kernels_for(anew_isa isa)
{
    static const anew_row_kernels tables[ANEW_ISA_COUNT] =
    { [ANEW_ISA_C] = {MOVING_ROWS(c), COMPUTING_ROWS(c), PICTURE_ROWS(c), TURNED(c)},
#if ANEW_HAVE_X86
      [ANEW_ISA_CFMA] = {MOVING_ROWS(cfma), COMPUTING_ROWS(cfma), PICTURE_ROWS(cfma), TURNED(cfma)},
      [ANEW_ISA_AVX2] = {MOVING_ROWS(cfma), COMPUTING_ROWS(avx2), PICTURE_ROWS(avx2), TURNED(cfma)},
      [ANEW_ISA_AVX512] = {MOVING_ROWS(avx512), COMPUTING_ROWS(avx512), PICTURE_ROWS(avx512),
                           TURNED(cfma)},
      [ANEW_ISA_AVX512VNNI] = {MOVING_ROWS(avx512), COMPUTING_ROWS(avx512), PICTURE_ROWS(avx512),
                               TURNED(cfma)},
      [ANEW_ISA_AMX] = {MOVING_ROWS(avx512), COMPUTING_ROWS(avx512), PICTURE_ROWS(avx512),
                        TURNED(cfma)},
#elif ANEW_HAVE_NEON
      [ANEW_ISA_NEON] = {MOVING_ROWS(neon), COMPUTING_ROWS(neon), PICTURE_ROWS(neon), TURNED(c)},
      [ANEW_ISA_NEON_DOTPROD] = {MOVING_ROWS(neon), COMPUTING_ROWS(neon), PICTURE_ROWS(neon),
                                 TURNED(c)},
      [ANEW_ISA_NEON_MATRIX] = {MOVING_ROWS(neon), COMPUTING_ROWS(neon), PICTURE_ROWS(neon),
                                TURNED(c)},
#elif ANEW_HAVE_NEON32
      [ANEW_ISA_NEON] = {MOVING_ROWS(c), COMPUTING_ROWS(c), PICTURE_ROWS(c),
                         TURNED(c)}, /* of both classes */
#endif
    };
    return &tables[isa];
}

const anew_ref_kernels *anew_ref_kernels_for(anew_isa isa)
{
    static const anew_ref_kernels plain = {anew_ref_conv_c, anew_ref_pointwise_c};
#if ANEW_HAVE_X86
    static const anew_ref_kernels fused = {anew_ref_conv_cfma, anew_ref_pointwise_cfma};
    if (isa >= ANEW_ISA_CFMA)
        return &fused;
#endif
    (void)isa;
    return &plain;
}
