/*
 * shim.h - CUDA's words on the CPU, so that kernels/cuda/ runs without a GPU: compiled as C++ with this file included first,
 * device.cu becomes a plug-in with the same door, whose "device" is the memory of the process.
 *
 * Blocks run one after the other. The threads of a block that waits for them (LAUNCH) are fibers, each with a stack of its
 * own: a thread runs until __syncthreads, then the next one does; a block whose threads do not all come to the same
 * number of barriers ends the program. Threads that do not wait (LAUNCH_FREE) are a loop. Static shared memory is static; what
 * a block leaves there is filled with NaNs before the next one, and likewise the arena's fresh memory. A matrix of the tensor
 * cores is held whole by the first thread of the warp, which does the warp's work.
 *
 * This checks index arithmetic, barriers as far as they order threads, and rounding. It shows no speed, no race between warps,
 * no limit of registers.
 *
 * For tests, variables of the environment: ANEW_SHIM_MEMORY bytes that the device has; ANEW_SHIM_FAULT, the count
 * of launches after which every call fails; ANEW_SHIM_ABSENT, whatever it says: no driver. ANEW_SHIM_CAPABILITY: 90 by default.
 * ANEW_SHIM_COPIES: so many copies that are waited for, of weights and of tables, are made.
 */
#ifndef ANEW_TESTS_CUDA_SHIM_H
#define ANEW_TESTS_CUDA_SHIM_H

#define ANEW_CUDA_SHIM 1

#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define __device__
#define __host__
#define __global__
#define __grid_constant__
#define __forceinline__ inline
#define __noinline__    __attribute__((noinline))
#define __shared__      static
#define __launch_bounds__(n)
#define SHARED_MEMORY(name) unsigned char *name = shim_shared

struct shim_index {
    unsigned int x, y, z;
};
static shim_index blockIdx, blockDim, threadIdx, gridDim;
alignas(128) static unsigned char shim_shared[128 << 10];
static long shim_launches;

/* ---- threads of a block ----------------------------------------------------------------------------------------- */

#define SHIM_THREADS 256
#define SHIM_STACK   (256 << 10)

typedef void (*shim_body)(void *context);

/* A context begins a fiber; from then on a jump is enough, which asks nothing of the system. */
struct shim_fiber {
    ucontext_t place;
    jmp_buf jump;
    bool begun;
    unsigned char *stack;
    int state; /* 0: not begun; 1: at a barrier; 2: done */
    long barriers;
};

static shim_fiber shim_fibers[SHIM_THREADS];
static ucontext_t shim_start;
static jmp_buf shim_scheduler;
static int shim_running = -1;
static shim_body shim_run;
static void *shim_context;

static void shim_fail(const char *what)
{
    (void)fprintf(stderr, "shim: %s in block %u\n", what, blockIdx.x);
    abort();
}

static __attribute__((noinline)) void shim_yield(shim_fiber *f)
{
    if (_setjmp(f->jump) == 0)
        _longjmp(shim_scheduler, 1);
}

static void __syncthreads(void)
{
    if (shim_running < 0)
        shim_fail("a barrier in a kernel launched without");
    shim_fiber *f = &shim_fibers[shim_running];
    f->state = 1;
    f->barriers++;
    shim_yield(f);
}

/* Whole warps come to it in the same number, as all kernels here do. */
static void __syncwarp(void)
{
    __syncthreads();
}

static void shim_thread(void)
{
    for (;;) {
        shim_run(shim_context);
        shim_fiber *f = &shim_fibers[shim_running];
        f->state = 2;
        shim_yield(f);
    }
}

/* A jump comes back to shim_enter alone, which has no variable to lose. */
#pragma GCC diagnostic ignored "-Wclobbered"

/* Lets a thread run to its next barrier or its end; 1 when it is done. */
static __attribute__((noinline)) void shim_enter(shim_fiber *f)
{
    if (_setjmp(shim_scheduler) != 0)
        return;
    if (f->begun)
        _longjmp(f->jump, 1);
    f->begun = true;
    (void)swapcontext(&shim_start, &f->place);
}

static __attribute__((noinline)) unsigned int shim_turn(unsigned int i)
{
    threadIdx.x = i;
    shim_running = (int)i;
    if (shim_fibers[i].state != 2)
        shim_enter(&shim_fibers[i]);
    return shim_fibers[shim_running].state == 2 ? 1 : 0;
}

static void shim_run_block(unsigned int threads)
{
    for (unsigned int i = 0; i < threads; i++) {
        shim_fiber *f = &shim_fibers[i];
        f->state = 0;
        f->barriers = 0;
        if (f->stack == NULL) {
            f->stack = (unsigned char *)malloc(SHIM_STACK);
            if (f->stack == NULL || getcontext(&f->place) != 0)
                shim_fail("no memory for a thread");
            f->place.uc_stack.ss_sp = f->stack;
            f->place.uc_stack.ss_size = SHIM_STACK;
            f->place.uc_link = NULL;
            makecontext(&f->place, shim_thread, 0);
        }
    }
    unsigned int done = 0;
    while (done < threads) {
        done = 0;
        for (unsigned int i = 0; i < threads; i++)
            done += shim_turn(i);
        if (done > 0 && done < threads)
            shim_fail("threads that did not all come to a barrier");
    }
    for (unsigned int i = 1; i < threads; i++)
        if (shim_fibers[i].barriers != shim_fibers[0].barriers)
            shim_fail("threads with different numbers of barriers");
    shim_running = -1;
}

template <typename BODY> static void shim_call(void *context)
{
    (*(BODY *)context)();
}

template <typename BODY>
static void shim_launch(unsigned int blocks, unsigned int threads, size_t bytes, bool waits,
                        BODY body)
{
    if (threads < 1 || threads > SHIM_THREADS || bytes > sizeof shim_shared || blocks < 1)
        shim_fail("a launch of an impossible size");
    const char *fault = getenv("ANEW_SHIM_FAULT");
    if (fault != NULL && shim_launches >= atol(fault))
        return;
    shim_launches++;
    blockDim.x = threads;
    gridDim.x = blocks;
    shim_run = shim_call<BODY>;
    shim_context = &body;
    for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++) {
        memset(shim_shared, 0xff, bytes);
        if (waits)
            shim_run_block(threads);
        else
            for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++)
                body();
    }
    shim_context = NULL;
}

#define LAUNCH(kernel, blocks, threads, bytes, stream, ...)                                        \
    ((void)(stream), shim_launch(blocks, threads, bytes, true, [=]() { (kernel)(__VA_ARGS__); }))
#define LAUNCH_FREE(kernel, blocks, threads, bytes, stream, ...)                                   \
    ((void)(stream), shim_launch(blocks, threads, bytes, false, [=]() { (kernel)(__VA_ARGS__); }))

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

struct half {
    unsigned short bits;
};
struct __nv_bfloat16 {
    unsigned short bits;
};

static float shim_float(float v)
{
    return v;
}
static float shim_float(__nv_bfloat16 v)
{
    const uint32_t bits = (uint32_t)v.bits << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}
static float shim_float(half v)
{
    const int exponent = (v.bits >> 10) & 31, mantissa = v.bits & 1023;
    const float size = exponent == 0    ? ldexpf((float)mantissa, -24)
                       : exponent == 31 ? (mantissa == 0 ? INFINITY : NAN)
                                        : ldexpf((float)(1024 + mantissa), exponent - 25);
    return v.bits & 0x8000 ? -size : size;
}

namespace nvcuda
{
namespace wmma
{
namespace precision
{
struct tf32 {
};
} // namespace precision
struct matrix_a {
};
struct matrix_b {
};
struct accumulator {
};
struct row_major {
};
enum layout_t { mem_row_major };

/* To 10 bits behind the point, ties away from zero, as cvt.rna.tf32. */
static float __float_to_tf32(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    if ((bits & 0x7f800000u) != 0x7f800000u)
        bits = (bits + 0x1000u) & ~0x1fffu;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

template <typename USE, int M, int N, int K, typename TYPE, typename LAYOUT = row_major>
struct fragment {
    float x[M * N > M *K ? M *N : M *K];
};

static bool shim_first(void)
{
    return threadIdx.x % 32 == 0;
}

template <int M, int N, int K, typename T>
static void fill_fragment(fragment<accumulator, M, N, K, T> &f, float v)
{
    for (int i = 0; i < M * N && shim_first(); i++)
        f.x[i] = v;
}

template <int ROWS, int COLUMNS, typename T>
static void shim_load(float *x, const T *from, unsigned int stride)
{
    if ((uintptr_t)from % 32 != 0 || stride * sizeof(T) % 16 != 0)
        shim_fail("a matrix at an address that the tensor cores do not take");
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < COLUMNS; k++)
            x[i * COLUMNS + k] = shim_float(from[(size_t)i * stride + (size_t)k]);
}

template <int M, int N, int K, typename T, typename STORED>
static void load_matrix_sync(fragment<matrix_a, M, N, K, T, row_major> &f, const STORED *from,
                             unsigned int stride)
{
    if (shim_first())
        shim_load<M, K>(f.x, from, stride);
}

template <int M, int N, int K, typename T, typename STORED>
static void load_matrix_sync(fragment<matrix_b, M, N, K, T, row_major> &f, const STORED *from,
                             unsigned int stride)
{
    if (shim_first())
        shim_load<K, N>(f.x, from, stride);
}

template <int M, int N, int K, typename T>
static void mma_sync(fragment<accumulator, M, N, K, float> &d,
                     const fragment<matrix_a, M, N, K, T, row_major> &a,
                     const fragment<matrix_b, M, N, K, T, row_major> &b,
                     const fragment<accumulator, M, N, K, float> &c)
{
    for (int i = 0; i < M && shim_first(); i++)
        for (int j = 0; j < N; j++) {
            float sum = c.x[i * N + j];
            for (int k = 0; k < K; k++)
                sum = fmaf(a.x[i * K + k], b.x[k * N + j], sum);
            d.x[i * N + j] = sum;
        }
}

template <int M, int N, int K>
static void store_matrix_sync(float *to, const fragment<accumulator, M, N, K, float> &f,
                              unsigned int stride, layout_t)
{
    for (int i = 0; i < M && shim_first(); i++)
        for (int j = 0; j < N; j++)
            to[(size_t)i * stride + (size_t)j] = f.x[i * N + j];
}
} // namespace wmma
} // namespace nvcuda

/* ---- copies behind the threads' backs: done only when they are waited for --------------------------------------- */

struct shim_copy {
    void *to;
    const void *from;
    size_t bytes;
    int thread, group;
};
#define SHIM_COPIES (1 << 16)
static shim_copy shim_copies[SHIM_COPIES];
static int shim_copy_count;
static int shim_groups[SHIM_THREADS]; /* groups that each thread has committed */

static void __pipeline_memcpy_async(void *to, const void *from, size_t bytes)
{
    if ((bytes != 4 && bytes != 8 && bytes != 16) || (uintptr_t)to % bytes != 0 ||
        (uintptr_t)from % bytes != 0)
        shim_fail("a copy of a size or place that the device does not take");
    if (shim_copy_count == SHIM_COPIES)
        shim_fail("too many copies");
    shim_copies[shim_copy_count++] = {to, from, bytes, (int)threadIdx.x, shim_groups[threadIdx.x]};
}

static void __pipeline_commit(void)
{
    shim_groups[threadIdx.x]++;
}

static void __pipeline_wait_prior(int left)
{
    int kept = 0;
    for (int i = 0; i < shim_copy_count; i++) {
        const shim_copy c = shim_copies[i];
        if (c.thread == (int)threadIdx.x && c.group < shim_groups[threadIdx.x] - left)
            memcpy(c.to, c.from, c.bytes);
        else
            shim_copies[kept++] = c;
    }
    shim_copy_count = kept;
}

/* ---- the runtime --------------------------------------------------------------------------------------------------- */

typedef enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorInvalidDevice = 101,
    cudaErrorIllegalAddress = 700
} cudaError_t;
enum { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
enum { cudaHostAllocDefault, cudaHostAllocMapped };
enum {
    cudaStreamNonBlocking = 1,
    cudaEventDisableTiming = 2,
    cudaFuncAttributeMaxDynamicSharedMemorySize = 8
};
typedef int *cudaStream_t;
typedef int *cudaEvent_t;

struct cudaDeviceProp {
    char name[256];
    int major, minor;
    size_t sharedMemPerBlockOptin;
};

static size_t shim_used;

static long shim_setting(const char *name, long fallback)
{
    const char *text = getenv(name);
    return text == NULL ? fallback : atol(text);
}

static cudaError_t shim_state(void)
{
    const long fault = shim_setting("ANEW_SHIM_FAULT", 0);
    return fault > 0 && shim_launches >= fault ? cudaErrorIllegalAddress : cudaSuccess;
}

static cudaError_t cudaGetLastError(void)
{
    return cudaSuccess;
}

static const char *cudaGetErrorString(cudaError_t error)
{
    switch (error) {
    case cudaErrorMemoryAllocation:
        return "out of memory";
    case cudaErrorInsufficientDriver:
        return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorInvalidDevice:
        return "invalid device ordinal";
    case cudaErrorIllegalAddress:
        return "an illegal memory access was encountered";
    default:
        return "invalid argument";
    }
}

static cudaError_t cudaGetDeviceCount(int *count)
{
    *count = 2;
    return getenv("ANEW_SHIM_ABSENT") != NULL ? cudaErrorInsufficientDriver : cudaSuccess;
}

static cudaError_t cudaSetDevice(int index)
{
    return index < 0 || index > 1 ? cudaErrorInvalidDevice : cudaSuccess;
}

static cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int index)
{
    const long capability = shim_setting("ANEW_SHIM_CAPABILITY", 90);
    (void)snprintf(p->name, sizeof p->name, "shim of a device %d on this CPU", index);
    p->major = (int)(capability / 10);
    p->minor = (int)(capability % 10);
    p->sharedMemPerBlockOptin = capability >= 80 ? 99 << 10 : 64 << 10;
    return cudaSuccess;
}

static size_t shim_memory(void)
{
    return (size_t)shim_setting("ANEW_SHIM_MEMORY", 1L << 30);
}

static cudaError_t cudaMemGetInfo(size_t *available, size_t *total)
{
    *total = shim_memory();
    *available = *total > shim_used ? *total - shim_used : 0;
    return cudaSuccess;
}

/* Memory begins 256 bytes after the number of its bytes. */
static cudaError_t cudaMalloc(void **to, size_t bytes)
{
    unsigned char *memory;
    if (shim_used + bytes > shim_memory())
        return cudaErrorMemoryAllocation;
    memory = (unsigned char *)aligned_alloc(256, (bytes + 256 + 255) / 256 * 256);
    if (memory == NULL)
        return cudaErrorMemoryAllocation;
    memcpy(memory, &bytes, sizeof bytes);
    memset(memory + 256, 0xff, bytes);
    shim_used += bytes;
    *to = memory + 256;
    return cudaSuccess;
}

static cudaError_t cudaFree(void *memory)
{
    size_t bytes;
    if (memory == NULL)
        return cudaSuccess;
    memcpy(&bytes, (unsigned char *)memory - 256, sizeof bytes);
    shim_used -= bytes;
    free((unsigned char *)memory - 256);
    return cudaSuccess;
}

static cudaError_t cudaHostAlloc(void **to, size_t bytes, unsigned int)
{
    *to = calloc(1, bytes + 1);
    return *to == NULL ? cudaErrorMemoryAllocation : cudaSuccess;
}

static cudaError_t cudaFreeHost(void *memory)
{
    free(memory);
    return cudaSuccess;
}

static cudaError_t cudaHostGetDevicePointer(void **to, void *memory, unsigned int)
{
    *to = memory;
    return cudaSuccess;
}

static cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, int)
{
    static long copies;
    memcpy(to, from, bytes);
    return ++copies > shim_setting("ANEW_SHIM_COPIES", 1L << 30) ? cudaErrorInvalidValue
                                                                 : cudaSuccess;
}

static cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, int, cudaStream_t)
{
    memcpy(to, from, bytes);
    return cudaSuccess;
}

static int shim_handle;

static cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned int)
{
    *stream = &shim_handle;
    return cudaSuccess;
}

static cudaError_t cudaStreamDestroy(cudaStream_t)
{
    return cudaSuccess;
}

static cudaError_t cudaStreamSynchronize(cudaStream_t)
{
    return shim_state();
}

static cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned int)
{
    return cudaSuccess;
}

static cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned int)
{
    *event = &shim_handle;
    return cudaSuccess;
}

static cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    *event = &shim_handle;
    return cudaSuccess;
}

static cudaError_t cudaEventDestroy(cudaEvent_t)
{
    return cudaSuccess;
}

static cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t)
{
    return cudaSuccess;
}

static cudaError_t cudaEventSynchronize(cudaEvent_t)
{
    return shim_state();
}

static cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t, cudaEvent_t)
{
    *milliseconds = 0;
    return cudaSuccess;
}

template <typename KERNEL> static cudaError_t cudaFuncSetAttribute(KERNEL, int, int bytes)
{
    return bytes <= (int)sizeof shim_shared ? cudaSuccess : cudaErrorInvalidValue;
}

#endif
