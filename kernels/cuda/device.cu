/*
 * device.cu - the CUDA plug-in: devices, memory, and the running of a program's steps (device.h has the contract).
 *
 * A job has two slots. Each has a stream, planes for a tile and its results on the device, and page-locked ones in the
 * host's memory, so that a slot's copies run while the other slot's steps compute. The arena of activations is
 * shared: a slot's steps wait for the other one's by an event. Which step runs is written by the steps themselves into a number
 * in the host's memory, so that an error that the driver reports later can be told with the step's place.
 */
#ifndef ANEW_CUDA_SHIM
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_pipeline_primitives.h>
#include <cuda_runtime.h>
#include <mma.h>
#define SHARED_MEMORY(name) extern __shared__ __align__(128) unsigned char name[]
/* The kernel waits for its block's threads (__syncthreads), or does not. */
#define LAUNCH(kernel, blocks, threads, bytes, stream, ...)      kernel<<<blocks, threads, bytes, stream>>>(__VA_ARGS__)
#define LAUNCH_FREE(kernel, blocks, threads, bytes, stream, ...) kernel<<<blocks, threads, bytes, stream>>>(__VA_ARGS__)
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/steps.cuh"

#include "kernels/cuda/conv.cuh"

#define ELEMENT_THREADS 256

struct cuda_device {
    int index, shared_bytes;
};

struct cuda_constants {
    cuda_device *device;
    unsigned char *data;
};

struct cuda_slot {
    cudaStream_t stream;
    cudaEvent_t computed;
    float *input, *result;             /* on the device */
    float *host_input, *host_result;   /* page-locked */
};

struct cuda_job {
    cuda_device *device;
    anew_device_program program;
    anew_device_value *host_values;
    anew_device_step *steps;
    anew_device_value *values; /* on the device */
    unsigned char *arena;
    const unsigned char *constants;
    int *mark, *mark_on_device;
    cuda_slot slots[ANEW_DEVICE_SLOTS];
};

static int tell(cudaError_t error, const char *what, char *message, size_t message_bytes)
{
    if (error == cudaSuccess)
        return ANEW_DEVICE_OK;
    (void)cudaGetLastError(); /* forget it, where it can be forgotten */
    (void)snprintf(message, message_bytes, "%s: %s", what, cudaGetErrorString(error));
    return error == cudaErrorMemoryAllocation ? ANEW_DEVICE_NO_MEMORY : ANEW_DEVICE_FAILED;
}

/* ---- devices -------------------------------------------------------------------------------------------------- */

static int count_devices(char *reason, size_t reason_bytes)
{
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess) {
        (void)cudaGetLastError();
        (void)snprintf(reason, reason_bytes, "%s", cudaGetErrorString(error));
        return 0;
    }
    if (count == 0)
        (void)snprintf(reason, reason_bytes, "the driver finds no device");
    return count;
}

static int takes_kind(int kind)
{
    return kind >= 0 && kind < ANEW_DEVICE_KINDS;
}

static int open_device(void **device, int index, char *message, size_t message_bytes)
{
    cudaDeviceProp facts;
    int result = tell(cudaSetDevice(index), "cudaSetDevice", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaGetDeviceProperties(&facts, index), "cudaGetDeviceProperties", message, message_bytes);
    if (result != ANEW_DEVICE_OK)
        return result;
    if (facts.major * 10 + facts.minor < 75) {
        (void)snprintf(message, message_bytes, "%s has compute capability %d.%d; 7.5 is the least", facts.name,
                       facts.major, facts.minor);
        return ANEW_DEVICE_FAILED;
    }
    cuda_device *d = (cuda_device *)calloc(1, sizeof *d);
    if (d == NULL) {
        (void)snprintf(message, message_bytes, "no memory");
        return ANEW_DEVICE_FAILED;
    }
    d->index = index;
    d->shared_bytes = (int)facts.sharedMemPerBlockOptin;
    *device = d;
    return ANEW_DEVICE_OK;
}

static void close_device(void *device)
{
    free(device);
}

static int tell_facts(void *device, anew_device_facts *facts, char *message, size_t message_bytes)
{
    const cuda_device *d = (const cuda_device *)device;
    cudaDeviceProp p;
    size_t available = 0, total = 0;
    int result = tell(cudaSetDevice(d->index), "cudaSetDevice", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaGetDeviceProperties(&p, d->index), "cudaGetDeviceProperties", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaMemGetInfo(&available, &total), "cudaMemGetInfo", message, message_bytes);
    if (result != ANEW_DEVICE_OK)
        return result;
    memset(facts, 0, sizeof *facts);
    (void)snprintf(facts->name, sizeof facts->name, "%.127s", p.name);
    facts->capability = p.major * 10 + p.minor;
    facts->free_bytes = available;
    facts->total_bytes = total;
    facts->shared_bytes = p.sharedMemPerBlockOptin;
    facts->arithmetic[ANEW_DEVICE_ARITHMETIC_F32] = facts->arithmetic[ANEW_DEVICE_ARITHMETIC_FP16] = 1;
    facts->arithmetic[ANEW_DEVICE_ARITHMETIC_TF32] = facts->arithmetic[ANEW_DEVICE_ARITHMETIC_BF16] =
        facts->capability >= 80;
    return ANEW_DEVICE_OK;
}

/* ---- constants -------------------------------------------------------------------------------------------------- */

static void forget_constants(void *constants)
{
    cuda_constants *c = (cuda_constants *)constants;
    if (c == NULL)
        return;
    (void)cudaSetDevice(c->device->index);
    (void)cudaFree(c->data);
    free(c);
}

static int upload_constants(void **constants, void *device, const void *data, uint64_t bytes, char *message,
                            size_t message_bytes)
{
    cuda_device *d = (cuda_device *)device;
    cuda_constants *c = (cuda_constants *)calloc(1, sizeof *c);
    if (c == NULL) {
        (void)snprintf(message, message_bytes, "no memory");
        return ANEW_DEVICE_FAILED;
    }
    c->device = d;
    int result = tell(cudaSetDevice(d->index), "cudaSetDevice", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaMalloc((void **)&c->data, (size_t)bytes + 1), "weights", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaMemcpy(c->data, data, (size_t)bytes, cudaMemcpyHostToDevice), "copying the weights", message,
                      message_bytes);
    if (result != ANEW_DEVICE_OK) {
        forget_constants(c);
        return result;
    }
    *constants = c;
    return ANEW_DEVICE_OK;
}

/* ---- jobs --------------------------------------------------------------------------------------------------------- */

static void retire_job(void *job)
{
    cuda_job *j = (cuda_job *)job;
    (void)cudaSetDevice(j->device->index);
    for (int i = 0; i < ANEW_DEVICE_SLOTS; i++) {
        cuda_slot *s = &j->slots[i];
        if (s->stream != NULL)
            (void)cudaStreamSynchronize(s->stream);
        (void)cudaFree(s->input);
        (void)cudaFree(s->result);
        s->input = s->result = NULL;
    }
    (void)cudaFree(j->values);
    (void)cudaFree(j->arena);
    j->values = NULL;
    j->arena = NULL;
}

static void release_job(void *job)
{
    cuda_job *j = (cuda_job *)job;
    if (j == NULL)
        return;
    retire_job(j);
    for (int i = 0; i < ANEW_DEVICE_SLOTS; i++) {
        cuda_slot *s = &j->slots[i];
        if (s->stream != NULL)
            (void)cudaStreamDestroy(s->stream);
        if (s->computed != NULL)
            (void)cudaEventDestroy(s->computed);
        (void)cudaFreeHost(s->host_input);
        (void)cudaFreeHost(s->host_result);
    }
    (void)cudaFreeHost(j->mark);
    free(j->steps);
    free(j->host_values);
    free(j);
}

#define TRY(call, what)                                                                                                \
    do {                                                                                                               \
        const int result_of_call = tell(call, what, message, message_bytes);                                           \
        if (result_of_call != ANEW_DEVICE_OK)                                                                          \
            return result_of_call;                                                                                     \
    } while (0)

static int take_memory(cuda_job *j, char *message, size_t message_bytes)
{
    const anew_device_program *p = &j->program;
    const size_t in = (size_t)p->input_channels * (size_t)p->input_height * (size_t)p->input_width * sizeof(float);
    const size_t out = (size_t)p->output_floats * sizeof(float);
    const size_t values = (size_t)p->value_count * sizeof(anew_device_value);
    TRY(cudaSetDevice(j->device->index), "cudaSetDevice");
    TRY(cudaMalloc((void **)&j->arena, (size_t)p->arena_bytes + 1), "activations");
    TRY(cudaMalloc((void **)&j->values, values + 1), "table of values");
    TRY(cudaMemcpy(j->values, j->host_values, values, cudaMemcpyHostToDevice), "copying the table of values");
    TRY(cudaHostAlloc((void **)&j->mark, sizeof(int), cudaHostAllocMapped), "mark");
    TRY(cudaHostGetDevicePointer((void **)&j->mark_on_device, j->mark, 0), "mark");
    for (int i = 0; i < ANEW_DEVICE_SLOTS; i++) {
        cuda_slot *s = &j->slots[i];
        TRY(cudaStreamCreateWithFlags(&s->stream, cudaStreamNonBlocking), "stream");
        TRY(cudaEventCreateWithFlags(&s->computed, cudaEventDisableTiming), "event");
        TRY(cudaMalloc((void **)&s->input, in), "a tile");
        TRY(cudaMalloc((void **)&s->result, out), "a tile's result");
        TRY(cudaHostAlloc((void **)&s->host_input, in, cudaHostAllocDefault), "a tile in page-locked memory");
        TRY(cudaHostAlloc((void **)&s->host_result, out, cudaHostAllocDefault), "a result in page-locked memory");
    }
    return ANEW_DEVICE_OK;
}

static int prepare_job(void **job, void *device, const void *constants, const anew_device_program *program,
                       char *message, size_t message_bytes)
{
    const size_t values = (size_t)program->value_count, steps = (size_t)program->step_count;
    cuda_job *j = (cuda_job *)calloc(1, sizeof *j);
    if (j == NULL) {
        (void)snprintf(message, message_bytes, "no memory");
        return ANEW_DEVICE_FAILED;
    }
    j->device = (cuda_device *)device;
    j->program = *program;
    j->constants = ((const cuda_constants *)constants)->data;
    j->host_values = (anew_device_value *)calloc(values + 1, sizeof *j->host_values);
    j->steps = (anew_device_step *)calloc(steps + 1, sizeof *j->steps);
    int result = ANEW_DEVICE_FAILED;
    if (j->host_values == NULL || j->steps == NULL) {
        (void)snprintf(message, message_bytes, "no memory");
    } else {
        memcpy(j->host_values, program->values, values * sizeof *j->host_values);
        memcpy(j->steps, program->steps, steps * sizeof *j->steps);
        result = take_memory(j, message, message_bytes);
    }
    if (result != ANEW_DEVICE_OK) {
        release_job(j);
        return result;
    }
    *job = j;
    return ANEW_DEVICE_OK;
}

static float *input_of(void *job, int slot)
{
    return ((cuda_job *)job)->slots[slot].host_input;
}

static const float *result_of(void *job, int slot)
{
    return ((cuda_job *)job)->slots[slot].host_result;
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static unsigned int blocks_for(size_t items, size_t each)
{
    return (unsigned int)((items + each - 1) / each);
}

/* Blocks of 16 outputs that a block of threads computes, and how many buffers fit beside each other. */
static bool choose_tile(int *out_blocks, int *buffers, const anew_device_step *s, int shared_bytes)
{
    const int wanted = (s->channels + 15) / 16, element = s->arithmetic == ANEW_DEVICE_ARITHMETIC_TF32 ? 4 : 2;
    for (int blocks = wanted > 2 ? 4 : wanted; blocks >= 1; blocks /= 2)
        for (int b = 2; b >= 1; b--)
            if (anew_device_tile_bytes(s->kernel, s->stride, s->dilation, element, blocks, b) <= (uint64_t)shared_bytes) {
                *out_blocks = blocks;
                *buffers = b;
                return true;
            }
    return false;
}

template <int ARITHMETIC, int OUT_BLOCKS>
static cudaError_t launch_tensor(const device_tables &t, const anew_device_step &s, int buffers, cudaStream_t stream)
{
    const int element = ARITHMETIC == ANEW_DEVICE_ARITHMETIC_TF32 ? 4 : 2;
    const size_t bytes =
        (size_t)anew_device_tile_bytes(s.kernel, s.stride, s.dilation, element, OUT_BLOCKS, buffers);
    const size_t tiles = (size_t)((s.height + 15) / 16) * (size_t)((s.width + 15) / 16);
    const size_t parts = (size_t)(((s.channels + 15) / 16 + OUT_BLOCKS - 1) / OUT_BLOCKS);
    const cudaError_t error = cudaFuncSetAttribute(run_conv_tensor<ARITHMETIC, OUT_BLOCKS>,
                                                   cudaFuncAttributeMaxDynamicSharedMemorySize, (int)bytes);
    if (error != cudaSuccess)
        return error;
    LAUNCH((run_conv_tensor<ARITHMETIC, OUT_BLOCKS>), (unsigned int)(tiles * parts), CONV_THREADS, bytes, stream, t, s,
           buffers);
    return cudaGetLastError();
}

template <int ARITHMETIC>
static cudaError_t launch_tensors(const device_tables &t, const anew_device_step &s, int out_blocks, int buffers,
                                  cudaStream_t stream)
{
    if (out_blocks == 4)
        return launch_tensor<ARITHMETIC, 4>(t, s, buffers, stream);
    if (out_blocks == 2)
        return launch_tensor<ARITHMETIC, 2>(t, s, buffers, stream);
    return launch_tensor<ARITHMETIC, 1>(t, s, buffers, stream);
}

static cudaError_t launch_conv(const cuda_job *j, const device_tables &t, const anew_device_step &s, cudaStream_t stream)
{
    const size_t pixels = (size_t)s.height * (size_t)s.width, blocks = (size_t)((s.channels + 15) / 16);
    int out_blocks = 0, buffers = 0;
    if (s.groups > 1) {
        LAUNCH_FREE(run_conv_groups, blocks_for(pixels * blocks * 16, ELEMENT_THREADS), ELEMENT_THREADS, 0, stream, t, s);
        return cudaGetLastError();
    }
    if (s.arithmetic != ANEW_DEVICE_ARITHMETIC_F32) {
        if (!choose_tile(&out_blocks, &buffers, &s, j->device->shared_bytes))
            return cudaErrorInvalidValue; /* the engine asks first: device_program.c */
        switch (s.arithmetic) {
        case ANEW_DEVICE_ARITHMETIC_TF32:
            return launch_tensors<ANEW_DEVICE_ARITHMETIC_TF32>(t, s, out_blocks, buffers, stream);
        case ANEW_DEVICE_ARITHMETIC_BF16:
            return launch_tensors<ANEW_DEVICE_ARITHMETIC_BF16>(t, s, out_blocks, buffers, stream);
        default:
            return launch_tensors<ANEW_DEVICE_ARITHMETIC_FP16>(t, s, out_blocks, buffers, stream);
        }
    }
    const unsigned int places = blocks_for(pixels, PLAIN_PIXELS);
    if (blocks >= 3)
        LAUNCH((run_conv_plain<4>), places * blocks_for(blocks, 4), CONV_THREADS, 0, stream, t, s);
    else if (blocks == 2)
        LAUNCH((run_conv_plain<2>), places, CONV_THREADS, 0, stream, t, s);
    else
        LAUNCH((run_conv_plain<1>), places, CONV_THREADS, 0, stream, t, s);
    return cudaGetLastError();
}

static cudaError_t launch_sums(const device_tables &t, const anew_device_step &s, cudaStream_t stream)
{
    const size_t lanes = (size_t)((s.operands[0].channels + 15) / 16 * 16) * (size_t)s.operand_count;
    LAUNCH_FREE(sum_rows, blocks_for(lanes * (size_t)s.source_height, ELEMENT_THREADS), ELEMENT_THREADS, 0, stream, t, s);
    LAUNCH_FREE(sum_channels, blocks_for(lanes, ELEMENT_THREADS), ELEMENT_THREADS, 0, stream, t, s);
    if (s.kind != ANEW_DEVICE_GLOBAL_MEAN)
        LAUNCH_FREE(find_factors, blocks_for(lanes, ELEMENT_THREADS), ELEMENT_THREADS, 0, stream, t, s);
    return cudaGetLastError();
}

static cudaError_t launch_step(const cuda_job *j, int index, const cuda_slot *slot)
{
    const anew_device_step &s = j->steps[index];
    const device_tables t = {j->values,
                             j->arena,
                             j->constants,
                             slot->input,
                             slot->result,
                             j->mark_on_device,
                             j->program.input_height,
                             j->program.input_width,
                             index};
    const size_t pixels = (size_t)s.height * (size_t)s.width, lanes = (size_t)((s.channels + 15) / 16 * 16);
    const unsigned int elements = blocks_for(pixels * lanes, ELEMENT_THREADS);
    const cudaStream_t stream = slot->stream;
    switch (s.kind) {
    case ANEW_DEVICE_CONV:
        return launch_conv(j, t, s, stream);
    case ANEW_DEVICE_NORMALISE:
    case ANEW_DEVICE_SOFTMAX:
        LAUNCH(run_pixels, blocks_for(pixels, PIXELS_AT_A_TIME), PIXELS_AT_A_TIME * 16, 0, stream, t, s);
        break;
    case ANEW_DEVICE_WINDOWS: {
        const int w = s.window, before = (w - s.shift) % w;
        const size_t across = (size_t)((s.width + before + w - 1) / w), down = (size_t)((s.height + before + w - 1) / w);
        LAUNCH_FREE(run_windows, (unsigned int)(across * down * (size_t)s.heads), (unsigned int)(w * w), 0, stream, t, s);
        break;
    }
    case ANEW_DEVICE_ATTENTION:
        LAUNCH(run_attention, (unsigned int)(pixels * (size_t)s.heads), ATTENTION_THREADS,
               (size_t)(s.source_height * s.source_width) * sizeof(float), stream, t, s);
        break;
    case ANEW_DEVICE_GLOBAL_MEAN:
    case ANEW_DEVICE_GROUP_NORM:
    case ANEW_DEVICE_ADAIN: {
        const cudaError_t error = launch_sums(t, s, stream);
        if (error != cudaSuccess)
            return error;
        LAUNCH_FREE(run_elements, elements, ELEMENT_THREADS, 0, stream, t, s);
        break;
    }
    default:
        LAUNCH_FREE(run_elements, elements, ELEMENT_THREADS, 0, stream, t, s);
        break;
    }
    return cudaGetLastError();
}

static size_t input_bytes(const cuda_job *j)
{
    return (size_t)j->program.input_channels * (size_t)j->program.input_height * (size_t)j->program.input_width *
           sizeof(float);
}

static int submit_job(void *job, int slot, int32_t *step, char *message, size_t message_bytes)
{
    cuda_job *j = (cuda_job *)job;
    cuda_slot *s = &j->slots[slot];
    *step = -1;
    TRY(cudaSetDevice(j->device->index), "cudaSetDevice");
    TRY(cudaMemcpyAsync(s->input, s->host_input, input_bytes(j), cudaMemcpyHostToDevice, s->stream), "copying a tile");
    TRY(cudaStreamWaitEvent(s->stream, j->slots[1 - slot].computed, 0), "waiting for the other tile");
    for (int i = 0; i < j->program.step_count; i++) {
        const cudaError_t error = launch_step(j, i, s);
        if (error != cudaSuccess) {
            *step = i;
            return tell(error, "launch", message, message_bytes);
        }
    }
    TRY(cudaEventRecord(s->computed, s->stream), "event");
    TRY(cudaMemcpyAsync(s->host_result, s->result, (size_t)j->program.output_floats * sizeof(float),
                        cudaMemcpyDeviceToHost, s->stream),
        "copying a result");
    return ANEW_DEVICE_OK;
}

static int collect_job(void *job, int slot, int32_t *step, char *message, size_t message_bytes)
{
    cuda_job *j = (cuda_job *)job;
    *step = -1;
    TRY(cudaSetDevice(j->device->index), "cudaSetDevice");
    const cudaError_t error = cudaStreamSynchronize(j->slots[slot].stream);
    if (error != cudaSuccess)
        *step = *(volatile int *)j->mark;
    return tell(error, "running", message, message_bytes);
}

static int measure_job(void *job, double *seconds, char *message, size_t message_bytes)
{
    cuda_job *j = (cuda_job *)job;
    cudaEvent_t before = NULL, after = NULL;
    int result = tell(cudaSetDevice(j->device->index), "cudaSetDevice", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaEventCreate(&before), "event", message, message_bytes);
    if (result == ANEW_DEVICE_OK)
        result = tell(cudaEventCreate(&after), "event", message, message_bytes);
    for (int i = 0; result == ANEW_DEVICE_OK && i < j->program.step_count; i++) {
        float milliseconds = 0;
        cudaError_t error = cudaEventRecord(before, j->slots[0].stream);
        if (error == cudaSuccess)
            error = launch_step(j, i, &j->slots[0]);
        if (error == cudaSuccess)
            error = cudaEventRecord(after, j->slots[0].stream);
        if (error == cudaSuccess)
            error = cudaEventSynchronize(after);
        if (error == cudaSuccess)
            error = cudaEventElapsedTime(&milliseconds, before, after);
        result = tell(error, "measuring", message, message_bytes);
        seconds[i] = (double)milliseconds / 1e3;
    }
    if (before != NULL)
        (void)cudaEventDestroy(before);
    if (after != NULL)
        (void)cudaEventDestroy(after);
    return result;
}

#include "kernels/cuda/faces.cuh"

static const anew_device_functions functions = {
    ANEW_DEVICE_INTERFACE, "CUDA",      count_devices, takes_kind, open_device, close_device, tell_facts, upload_constants,
    forget_constants,      prepare_job, release_job,   retire_job,  input_of,   result_of,   submit_job,   collect_job, warp_picture, paste_faces,
    measure_job};

extern "C"
#if defined(__GNUC__)
    __attribute__((visibility("default")))
#endif
    const anew_device_functions *
    anew_device_plugin(void);

const anew_device_functions *anew_device_plugin(void)
{
    return &functions;
}
