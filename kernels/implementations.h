/*
 * implementations.h - names of all kernel functions, by CPU level; for the tables in select.c.
 */
#ifndef ANEW_KERNELS_IMPLEMENTATIONS_H
#define ANEW_KERNELS_IMPLEMENTATIONS_H

#include "kernels/kernels.h"

#define ANEW_DECLARE_MOVING_KERNELS(suffix)                                                        \
    void anew_upsample_nearest_##suffix(float *destination, const float *source, int width_out,    \
                                        int factor);                                               \
    void anew_planar_to_blocks_##suffix(float *const *destinations, const float *const *planes,    \
                                        int channels, int r, int width);                           \
    void anew_blocks_to_planar_##suffix(float *const *planes, const float *const *sources,         \
                                        int channels, int r, int width,                            \
                                        const float *const *residual, int factor);

#define ANEW_DECLARE_SAMPLE_KERNELS(suffix)                                                        \
    void anew_samples_to_row_##suffix(float *row, const void *samples, int depth, int step,        \
                                      int width);                                                  \
    void anew_rows_to_samples_##suffix(void *samples, int depth, int step,                         \
                                       const float *const *rows, int channels, int width);

#define ANEW_DECLARE_C_KERNELS(suffix)                                                             \
    void anew_conv_direct_##suffix(const anew_conv_row *row);                                      \
    void anew_conv_direct_muladd_##suffix(const anew_conv_row *row);                               \
    void anew_conv_depthwise_##suffix(const anew_conv_row *row);                                   \
    void anew_conv_grouped_##suffix(const anew_conv_row *row);                                     \
    void anew_conv_winograd_##suffix(const anew_conv_row *row);                                    \
    void anew_conv_bf16_##suffix(const anew_conv_row *row);                                        \
    void anew_conv_bf16_row_##suffix(const anew_conv_row *row);                                    \
    void anew_conv_int8_##suffix(const anew_conv_row *row);                                        \
    void anew_conv_int8_row_##suffix(const anew_conv_row *row);                                    \
    void anew_ref_conv_##suffix(float *destination, const float *source, const float *weights,     \
                                const float *bias, const anew_conv_shape *shape, int pad,          \
                                int height, int width);                                            \
    void anew_ref_pointwise_##suffix(anew_pointwise_kind kind, float *destination,                 \
                                     const float *source, const float *second, size_t count);      \
    void anew_map_##suffix(const anew_map_row *row);                                               \
    void anew_pointwise_##suffix(const anew_pointwise_row *row);                                   \
    void anew_normalise_##suffix(const anew_channel_row *row);                                     \
    void anew_softmax_##suffix(const anew_channel_row *row);                                       \
    void anew_max_pool_##suffix(const anew_pool_row *row);                                         \
    void anew_resample_vertical_##suffix(float *destination, const float *const *rows,             \
                                         const float *weight, int taps, int width);                \
    void anew_resample_horizontal_##suffix(float *destination, const float *source,                \
                                           const int32_t *first, const float *weight, int taps,    \
                                           int width);                                             \
    void anew_footprint_pixel_##suffix(float *totals, const anew_footprint *footprint);

#define ANEW_DECLARE_PEAKS(suffix)                                                                 \
    double anew_peak_##suffix(long turns);                                                         \
    double anew_load_##suffix(const float *data, size_t floats, long turns);                       \
    double anew_copy_##suffix(float *destination, const float *source, size_t floats, long turns);

/* Before a short loop over registers of a yardstick. */
#if defined(__clang__)
#define ANEW_UNROLL _Pragma("unroll")
#else
#define ANEW_UNROLL _Pragma("GCC unroll 64")
#endif

#define ANEW_DECLARE_VECTOR_KERNELS(suffix)                                                        \
    void anew_conv_direct_##suffix(const anew_conv_row *row);                                      \
    void anew_conv_few_##suffix(const anew_conv_row *row);                                         \
    void anew_conv_depthwise_##suffix(const anew_conv_row *row);                                   \
    void anew_conv_grouped_##suffix(const anew_conv_row *row);                                     \
    void anew_conv_winograd_##suffix(const anew_conv_row *row);                                    \
    void anew_map_##suffix(const anew_map_row *row);                                               \
    void anew_pointwise_##suffix(const anew_pointwise_row *row);                                   \
    void anew_normalise_##suffix(const anew_channel_row *row);                                     \
    void anew_softmax_##suffix(const anew_channel_row *row);                                       \
    void anew_max_pool_##suffix(const anew_pool_row *row);                                         \
    void anew_resample_vertical_##suffix(float *destination, const float *const *rows,             \
                                         const float *weight, int taps, int width);                \
    void anew_resample_horizontal_##suffix(float *destination, const float *source,                \
                                           const int32_t *first, const float *weight, int taps,    \
                                           int width);

ANEW_DECLARE_C_KERNELS(c)
ANEW_DECLARE_PEAKS(c)
ANEW_DECLARE_MOVING_KERNELS(c)
ANEW_DECLARE_SAMPLE_KERNELS(c)

/* A build of the plain C kernels alone (ANEW_PLAIN_C) has none of the others. */
#if !defined(ANEW_PLAIN_C) && (defined(__x86_64__) || defined(__i386__))
#define ANEW_HAVE_X86 1
ANEW_DECLARE_C_KERNELS(cfma)
ANEW_DECLARE_MOVING_KERNELS(cfma)
ANEW_DECLARE_SAMPLE_KERNELS(cfma)

/* kernels/peaks.h has the contracts. -1 operations: the build's compiler does not know the instructions. */
ANEW_DECLARE_PEAKS(cfma)
ANEW_DECLARE_PEAKS(avx2)
ANEW_DECLARE_PEAKS(avx512)
double anew_peak_bf16_avx512(long turns);
double anew_peak_fp16_avx512(long turns);
double anew_peak_int8_avx512(long turns);
double anew_peak_bf16_amx(long turns);
double anew_peak_int8_amx(long turns);

ANEW_DECLARE_VECTOR_KERNELS(avx2)
ANEW_DECLARE_SAMPLE_KERNELS(avx2)
ANEW_DECLARE_VECTOR_KERNELS(avx512)
ANEW_DECLARE_MOVING_KERNELS(avx512)
ANEW_DECLARE_SAMPLE_KERNELS(avx512)

/* The process may use AMX's tiles: asked of the system, once or again (cpu.c). */
bool anew_tiles_permitted(void);

void anew_conv_int8_avx512vnni(const anew_conv_row *row);
void anew_conv_int8_row_avx512vnni(const anew_conv_row *row);
void anew_conv_int8_amx(const anew_conv_row *row);
void anew_conv_int8_row_amx(const anew_conv_row *row);
void anew_conv_bf16_amx(const anew_conv_row *row);
void anew_conv_bf16_row_amx(const anew_conv_row *row);
#else
#define ANEW_HAVE_X86 0
#endif

/* NEON of AArch64, little-endian. */
#if !defined(ANEW_PLAIN_C) && defined(__aarch64__) && !defined(__AARCH64EB__)
#define ANEW_HAVE_NEON 1
ANEW_DECLARE_PEAKS(neon)
ANEW_DECLARE_VECTOR_KERNELS(neon)
ANEW_DECLARE_MOVING_KERNELS(neon)
ANEW_DECLARE_SAMPLE_KERNELS(neon)
/* The CPU takes instructions in order, as a Cortex-A53 does: asked of the system, once (cpu.c). */
bool anew_cpu_is_in_order(void);
/* False where the row is not for it: strides, channels that do not come in fours, fewer than five pixels. */
bool anew_conv_direct_inorder_neon(const anew_conv_row *row);
void anew_conv_int8_neondotprod(const anew_conv_row *row);
void anew_conv_int8_row_neondotprod(const anew_conv_row *row);
void anew_conv_int8_neoni8mm(const anew_conv_row *row);
void anew_conv_int8_row_neoni8mm(const anew_conv_row *row);
void anew_conv_int8_pack_neoni8mm(float *packed, const float *weights,
                                  const anew_conv_shape *shape);
void anew_conv_bf16_neonbf16(const anew_conv_row *row);
void anew_conv_bf16_row_neonbf16(const anew_conv_row *row);
void anew_conv_tiles_pack_neonbf16(float *packed, const float *weights,
                                   const anew_conv_shape *shape);
#else
#define ANEW_HAVE_NEON 0
#endif

/* NEON of 32 bits flushes denormals, which the exact class does not allow: convolutions of the fast class. */
#if !defined(ANEW_PLAIN_C) && defined(__arm__) && !defined(__ARMEB__)
#define ANEW_HAVE_NEON32 1
ANEW_DECLARE_VECTOR_KERNELS(neon)
#else
#define ANEW_HAVE_NEON32 0
#endif

/* AMX is of 64-bit mode only. */
#if !defined(ANEW_PLAIN_C) && defined(__x86_64__)
#define ANEW_HAVE_AMX 1
#else
#define ANEW_HAVE_AMX 0
#endif

#endif
