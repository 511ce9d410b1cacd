/*
 * values.cuh - what a step on the device reads and writes: values in their element types, the elementary functions,
 * operations on single values, and the end of each kernel, which does the operations behind the step and stores.
 *
 * All of it is the exact class: nothing is contracted (-fmad=false), so that a CPU's exact kernels give the same bits. A
 * kernel's result goes through finish(), in its place in the value or in the result's planes.
 *
 * The same source runs on the CPU, where tests/cuda/shim.h stands in for the compiler's words.
 */
#include "kernels/cuda/device.h"

/* What all steps of a run see. */
struct device_tables {
    const anew_device_value *values;
    unsigned char *arena;
    const unsigned char *constants;
    const float *input; /* [channels][input_height][input_width] */
    float *result;
    volatile int *mark; /* in the host's memory: the step that is running */
    int input_height, input_width;
    int step; /* this one's number */
};

/* ---- kernels/elementary.h, one value at a time ------------------------------------------------------------- */

#define ELEMENTARY static __device__ __forceinline__ float
typedef float vector;
#define vector_repeat(v)                  (v)
#define vector_fma(a, b, c)               fmaf(a, b, c)
#define vector_add(a, b)                  ((a) + (b))
#define vector_sub(a, b)                  ((a) - (b))
#define vector_mul(a, b)                  ((a) * (b))
#define vector_div(a, b)                  ((a) / (b))
#define vector_abs(v)                     fabsf(v)
#define vector_copy_sign(magnitude, sign) copysignf(magnitude, sign)
#define vector_less(a, b, yes, no)        ((a) < (b) ? (yes) : (no))

static __device__ __forceinline__ float vector_power_of_two(float n)
{
    union {
        unsigned int bits;
        float power;
    } u;
    u.bits = (n == n ? (unsigned int)((int)n + 127) : 0u) << 23;
    return u.power;
}

#include "kernels/elementary.h"

/* ---- values -------------------------------------------------------------------------------------------------- */

/* float32 to bfloat16, to nearest even, as kernels/bf16.h has it. */
static __host__ __device__ __forceinline__ unsigned short to_bf16(float v)
{
    union {
        float v;
        unsigned int bits;
    } u;
    u.v = v;
    if ((u.bits & 0x7f800000u) == 0)
        return (unsigned short)((u.bits >> 16) & 0x8000u);
    if ((u.bits & 0x7fffffffu) > 0x7f800000u)
        return (unsigned short)((u.bits >> 16) | 0x40u);
    return (unsigned short)((u.bits + 0x7fffu + ((u.bits >> 16) & 1u)) >> 16);
}

static __device__ __forceinline__ float from_bf16(unsigned short h)
{
    union {
        unsigned int bits;
        float v;
    } u;
    u.bits = (unsigned int)h << 16;
    return u.v;
}

/* float32 to half precision, to nearest even; what is beyond its largest number becomes that, so that one bright value does
 * not make a picture of NaN. */
static __host__ __device__ __forceinline__ unsigned short to_fp16(float v)
{
    union {
        float v;
        unsigned int bits;
    } u;
    u.v = v;
    const unsigned int sign = (u.bits >> 16) & 0x8000u, magnitude = u.bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (unsigned short)(sign | 0x7e00u);
    if (magnitude >= 0x477fe000u) /* 65504 */
        return (unsigned short)(sign | 0x7bffu);
    if (magnitude < 0x38800000u) { /* below the least normal number: adding 0.5 rounds at its last bit */
        u.bits = magnitude;
        u.v = u.v + 0.5f;
        return (unsigned short)(sign | (u.bits - 0x3f000000u));
    }
    const unsigned int rounded = magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u);
    return (unsigned short)(sign | (rounded >> 13));
}

static __device__ __forceinline__ float from_fp16(unsigned short h)
{
    union {
        unsigned int bits;
        float v;
    } u;
    const unsigned int sign = ((unsigned int)h & 0x8000u) << 16, magnitude = (unsigned int)h & 0x7fffu;
    if (magnitude >= 0x7c00u) {
        u.bits = sign | 0x7f800000u | (magnitude << 13);
        return u.v;
    }
    if (magnitude < 0x400u) { /* denormals: whole numbers of 2^-24 */
        u.v = (float)magnitude * 5.9604644775390625e-8f;
        u.bits |= sign;
        return u.v;
    }
    u.bits = sign | ((magnitude << 13) + 0x38000000u);
    return u.v;
}

static __device__ __forceinline__ size_t place_of(const anew_device_value &v, int c, int y, int x)
{
    return (((size_t)(c / ANEW_DEVICE_BLOCK) * (size_t)v.height + (size_t)y) * (size_t)v.width + (size_t)x) *
               ANEW_DEVICE_BLOCK +
           (size_t)(c % ANEW_DEVICE_BLOCK);
}

static __device__ __forceinline__ float load_at(const unsigned char *data, int element, size_t place)
{
    if (element == ANEW_DEVICE_F32)
        return ((const float *)(const void *)data)[place];
    const unsigned short bits = ((const unsigned short *)(const void *)data)[place];
    return element == ANEW_DEVICE_BF16 ? from_bf16(bits) : from_fp16(bits);
}

static __device__ __forceinline__ float load(const device_tables &t, int value, int c, int y, int x)
{
    const anew_device_value &v = t.values[value];
    return load_at(t.arena + v.offset, v.element, place_of(v, c, y, x));
}

static __device__ __forceinline__ void store(const device_tables &t, int value, int c, int y, int x, float number)
{
    const anew_device_value &v = t.values[value];
    const size_t place = place_of(v, c, y, x);
    if (v.element == ANEW_DEVICE_F32)
        ((float *)(void *)(t.arena + v.offset))[place] = number;
    else
        ((unsigned short *)(void *)(t.arena + v.offset))[place] =
            v.element == ANEW_DEVICE_BF16 ? to_bf16(number) : to_fp16(number);
}

static __device__ __forceinline__ const float *numbers_at(const device_tables &t, uint64_t bytes)
{
    return (const float *)(const void *)(t.constants + bytes);
}

/* Source pixel of pixel d of m, of n pixels, and the weight of the next one (src/plan/plan_whole.c). */
static __device__ __forceinline__ void bilinear_source(int *first, float *weight, int d, int n, int m, int corners)
{
    double p = ((double)d + 0.5) * (double)n / (double)m - 0.5;
    if (corners)
        p = m > 1 ? (double)((long long)d * (n - 1)) / (double)(m - 1) : 0.0;
    p = p < 0 ? 0 : p;
    *first = (int)p < n - 1 ? (int)p : n - 1;
    *weight = (float)(p - (double)*first);
}

static __device__ float load_bilinear(const device_tables &t, int value, int c, int y, int x, int height, int width,
                                      int corners)
{
    const anew_device_value &v = t.values[value];
    int iy, ix;
    float fy, fx;
    bilinear_source(&iy, &fy, y, v.height, height, corners);
    bilinear_source(&ix, &fx, x, v.width, width, corners);
    const int jy = iy + 1 < v.height ? iy + 1 : iy, jx = ix + 1 < v.width ? ix + 1 : ix;
    const float left = fmaf(fy, load(t, value, c, jy, ix), (1 - fy) * load(t, value, c, iy, ix));
    const float right = fmaf(fy, load(t, value, c, jy, jx), (1 - fy) * load(t, value, c, iy, jx));
    return fmaf(fx, right, (1 - fx) * left);
}

/* Of the picture, enlarged by interpolation to height x width: pixel (y, x) of a plane. */
static __device__ float interpolate_input(const device_tables &t, int plane, int y, int x, int height, int width)
{
    const float *v = t.input + (size_t)plane * (size_t)t.input_height * (size_t)t.input_width;
    const size_t stride = (size_t)t.input_width;
    int iy, ix;
    float fy, fx;
    bilinear_source(&iy, &fy, y, t.input_height, height, 0);
    bilinear_source(&ix, &fx, x, t.input_width, width, 0);
    const size_t jy = (size_t)(iy + 1 < t.input_height ? iy + 1 : iy), jx = (size_t)(ix + 1 < t.input_width ? ix + 1 : ix);
    const float *above = v + (size_t)iy * stride, *below = v + jy * stride;
    const float left = fmaf(fy, below[ix], (1 - fy) * above[ix]), right = fmaf(fy, below[jx], (1 - fy) * above[jx]);
    return fmaf(fx, right, (1 - fx) * left);
}

/* ---- operations on single values ------------------------------------------------------------------------------- */

/* Not inlined, as the next one: each kernel would carry all functions. */
static __device__ __noinline__ float function_of(int function, float a, float b)
{
    switch (function) {
    case ANEW_DEVICE_MULTIPLY:
        return a * b;
    case ANEW_DEVICE_DIVIDE:
        return a / b;
    case ANEW_DEVICE_SQRT:
        return sqrtf(a);
    case ANEW_DEVICE_EXP:
        return elementary_exp(a);
    case ANEW_DEVICE_ERF:
        return elementary_erf(a);
    case ANEW_DEVICE_TANH:
        return elementary_tanh(a);
    case ANEW_DEVICE_SIGMOID:
        return elementary_sigmoid(a);
    case ANEW_DEVICE_SILU:
        return elementary_silu(a);
    case ANEW_DEVICE_MISH:
        return elementary_mish(a);
    case ANEW_DEVICE_CLAMP:
        return elementary_clamp(a);
    default:
        return elementary_gelu(a);
    }
}

static __device__ __forceinline__ float second_of(const device_tables &t, const anew_device_operation &o, int c, int y,
                                                  int x)
{
    return load(t, o.second, c, o.spread ? 0 : y, o.spread ? 0 : x);
}

static __device__ __forceinline__ float operate(const device_tables &t, const anew_device_operation &o, float a, float b,
                                                int c, int y, int x, int width)
{
    switch (o.function) {
    case ANEW_DEVICE_PRELU:
        return a >= 0 ? a : a * numbers_at(t, o.numbers)[c];
    case ANEW_DEVICE_RELU:
        return a >= 0 ? a : 0.0f;
    case ANEW_DEVICE_SCALE:
        return a * o.factor;
    case ANEW_DEVICE_ADD:
        return a + b;
    case ANEW_DEVICE_ADD_PLANE:
        return a + numbers_at(t, o.numbers)[(size_t)y * (size_t)width + (size_t)x];
    default:
        return function_of(o.function, a, b);
    }
}

/* Those behind the straight ones. */
static __device__ __noinline__ float operate_rest(const device_tables &t, const anew_device_step &s, int c, int y, int x,
                                                  float v)
{
    float registers[ANEW_DEVICE_REGISTERS];
    registers[0] = v;
    for (int i = s.straight; i < s.operation_count; i++) {
        const anew_device_operation &o = s.operations[i];
        const float a = o.first >= 0 ? load(t, o.first, c, y, x) : registers[-1 - o.first];
        const float b = o.second >= 0 ? second_of(t, o, c, y, x) : registers[-1 - o.second];
        registers[-1 - o.result] = operate(t, o, a, b, c, y, x, s.width);
    }
    return registers[0];
}

static __device__ __forceinline__ float operate_all(const device_tables &t, const anew_device_step &s, int c, int y, int x,
                                                    float v)
{
    for (int i = 0; i < s.straight; i++) {
        const anew_device_operation &o = s.operations[i];
        const float b = o.second >= 0 ? second_of(t, o, c, y, x) : v;
        v = operate(t, o, v, b, c, y, x, s.width);
    }
    return s.straight == s.operation_count ? v : operate_rest(t, s, c, y, x, v);
}

/* The step's result of one channel of a pixel, to where it belongs. */
static __device__ __forceinline__ void put(const device_tables &t, const anew_device_step &s, int c, int y, int x, float v)
{
    if (s.destination >= 0) {
        store(t, s.destination, c, y, x, v);
        return;
    }
    const int r = s.shuffle, plane = c / (r * r), row = y * r + c % (r * r) / r, column = x * r + c % r;
    if (s.add_input > 0 && s.add_bilinear)
        v = v + interpolate_input(t, plane, row, column, t.input_height * s.add_input, t.input_width * s.add_input);
    else if (s.add_input > 0)
        v = v + t.input[((size_t)plane * (size_t)t.input_height + (size_t)(row / s.add_input)) * (size_t)t.input_width +
                        (size_t)(column / s.add_input)];
    t.result[s.output + ((size_t)plane * (size_t)s.output_height + (size_t)row) * (size_t)s.output_width +
             (size_t)column] = v;
}

static __device__ __forceinline__ void finish(const device_tables &t, const anew_device_step &s, int c, int y, int x,
                                              float v)
{
    put(t, s, c, y, x, operate_all(t, s, c, y, x, v));
}

/* The same of `count` pixels, the k-th at x + k * apart, those past the row's end left out: what an operation is, and
 * where its numbers lie, is found once for all. Not inlined: a kernel has it for each of its tiles of sums. */
template <int COUNT, int APART>
static __device__ __noinline__ void finish_pixels(const device_tables &t, const anew_device_step &s, int c, int y, int x,
                                                     float *v)
{
    for (int i = 0; i < s.straight; i++) {
        const anew_device_operation &o = s.operations[i];
        if (o.function == ANEW_DEVICE_PRELU || o.function == ANEW_DEVICE_RELU) {
            const float slope = o.function == ANEW_DEVICE_PRELU ? numbers_at(t, o.numbers)[c] : 0.0f;
#pragma unroll
            for (int k = 0; k < COUNT; k++)
                v[k] = v[k] >= 0 ? v[k] : o.function == ANEW_DEVICE_PRELU ? v[k] * slope : 0.0f;
        } else if (o.function == ANEW_DEVICE_SCALE) {
#pragma unroll
            for (int k = 0; k < COUNT; k++)
                v[k] = v[k] * o.factor;
        } else if (o.function == ANEW_DEVICE_ADD && o.second >= 0 && !o.spread) {
            const anew_device_value &b = t.values[o.second];
            const size_t place = place_of(b, c, y, x);
#pragma unroll
            for (int k = 0; k < COUNT; k++)
                if (x + k * APART < s.width)
                    v[k] = v[k] + load_at(t.arena + b.offset, b.element, place + (size_t)(k * APART * ANEW_DEVICE_BLOCK));
        } else {
#pragma unroll
            for (int k = 0; k < COUNT; k++)
                if (x + k * APART < s.width)
                    v[k] = operate(t, o, v[k], o.second >= 0 ? second_of(t, o, c, y, x + k * APART) : v[k], c, y,
                                   x + k * APART, s.width);
        }
    }
#pragma unroll
    for (int k = 0; k < COUNT; k++)
        if (x + k * APART < s.width)
            put(t, s, c, y, x + k * APART,
                s.straight == s.operation_count ? v[k] : operate_rest(t, s, c, y, x + k * APART, v[k]));
}

/* Lanes past the last channel are zero. */
static __device__ __forceinline__ void finish_nothing(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    if (s.destination >= 0)
        store(t, s.destination, c, y, x, 0.0f);
}

static __device__ __forceinline__ void mark_step(const device_tables &t)
{
    if (blockIdx.x == 0 && threadIdx.x == 0)
        *t.mark = t.step;
}
