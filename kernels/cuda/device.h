/*
 * device.h - what the engine and a device's plug-in tell each other: plain numbers, no pointer of one side's
 * structures in the other's. C and C++.
 *
 * The engine makes of a plan a program (src/exec/device_program.c): values with their places in one arena on the
 * device, and steps over them. The plug-in (device.cu) is handed the constants once, then programs, then tiles of
 * pictures; a program's steps all run on the device, and only the planar tile goes in and the planar result comes out.
 *
 * A value lies on the device as everywhere in the engine, in blocks of 16 channels (kernels/kernels.h), without borders:
 *
 *     value[block][y][x][16]
 *
 * in float32, or in 16 bits where nothing but convolutions reads it that would round it to them anyway. Lanes past the
 * last channel are zero.
 */
#ifndef ANEW_KERNELS_CUDA_DEVICE_H
#define ANEW_KERNELS_CUDA_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ANEW_DEVICE_INTERFACE  2 /* a plug-in of another number is refused */
#define ANEW_DEVICE_BLOCK      16
#define ANEW_DEVICE_SOURCES    8  /* of a step */
#define ANEW_DEVICE_OPERATIONS 16 /* behind a step: an epilogue and a group */
#define ANEW_DEVICE_NONE       UINT64_MAX

/* Pixels of an ANEW_DEVICE_ATTENTION, whose row of scores is in a block's shared memory; of a window, likewise. */
#define ANEW_DEVICE_ATTENTION_PIXELS 8192
#define ANEW_DEVICE_WINDOW_PIXELS    256

/* How a value lies in memory. */
typedef enum anew_device_element {
    ANEW_DEVICE_F32 = 0,
    ANEW_DEVICE_BF16,
    ANEW_DEVICE_FP16
} anew_device_element;

/* What a convolution's factors are rounded to; sums are in float32. F32 is the exact class of kernels/kernels.h: the same
 * chain of fused multiply-adds, the same bits. */
typedef enum anew_device_arithmetic {
    ANEW_DEVICE_ARITHMETIC_F32 = 0,
    ANEW_DEVICE_ARITHMETIC_TF32,
    ANEW_DEVICE_ARITHMETIC_BF16,
    ANEW_DEVICE_ARITHMETIC_FP16
} anew_device_arithmetic;

/* Kinds of steps, those of src/plan/plan.h. */
typedef enum anew_device_kind {
    ANEW_DEVICE_CONV = 0,
    ANEW_DEVICE_MAP,
    ANEW_DEVICE_POINTWISE,
    ANEW_DEVICE_NORMALISE,
    ANEW_DEVICE_SOFTMAX,
    ANEW_DEVICE_POOL,
    ANEW_DEVICE_CONCAT,
    ANEW_DEVICE_UPSAMPLE,
    ANEW_DEVICE_SHUFFLE,
    ANEW_DEVICE_UNSHUFFLE,
    ANEW_DEVICE_LOAD,
    ANEW_DEVICE_STORE,
    ANEW_DEVICE_TAIL,
    ANEW_DEVICE_BILINEAR,
    ANEW_DEVICE_NEAREST,
    ANEW_DEVICE_ADAPTIVE,
    ANEW_DEVICE_AVERAGE,
    ANEW_DEVICE_SLICE,
    ANEW_DEVICE_CROP,
    ANEW_DEVICE_CODEBOOK,
    ANEW_DEVICE_CONSTANT,
    ANEW_DEVICE_DEMODULATION,
    ANEW_DEVICE_WINDOWS,
    ANEW_DEVICE_FLATTEN,
    ANEW_DEVICE_GLOBAL_MEAN,
    ANEW_DEVICE_GROUP_NORM,
    ANEW_DEVICE_ADAIN,
    ANEW_DEVICE_ATTENTION,
    ANEW_DEVICE_KINDS
} anew_device_kind;

/* Operations on single values; definitions in src/graph/ops.def. */
typedef enum anew_device_function {
    ANEW_DEVICE_PRELU = 0, /* slopes: numbers */
    ANEW_DEVICE_RELU,
    ANEW_DEVICE_SCALE,
    ANEW_DEVICE_ADD,
    ANEW_DEVICE_ADD_PLANE, /* numbers[y][x], to all channels */
    ANEW_DEVICE_MULTIPLY,
    ANEW_DEVICE_DIVIDE,
    ANEW_DEVICE_SQRT,
    ANEW_DEVICE_EXP,
    ANEW_DEVICE_ERF,
    ANEW_DEVICE_TANH,
    ANEW_DEVICE_SIGMOID,
    ANEW_DEVICE_SILU,
    ANEW_DEVICE_MISH,
    ANEW_DEVICE_CLAMP,
    ANEW_DEVICE_GELU
} anew_device_function;

typedef struct anew_device_value {
    uint64_t offset; /* bytes from the start of the arena, a multiple of 256 */
    int32_t channels, height, width;
    int32_t element; /* anew_device_element */
} anew_device_value;

typedef struct anew_device_operand {
    int32_t value;
    int32_t channels;
    int32_t enlarge;           /* looked at enlarged so many times, 1: as it is */
    int32_t bilinear, corners; /* ... not by repetition */
} anew_device_operand;

/* result = function(first, second). `first`, `second` and `result` are values, from 0 on, or registers of the pixel's
 * channel: ANEW_DEVICE_REGISTER(0) holds the step's own result before the first operation and behind the last one. */
#define ANEW_DEVICE_REGISTERS   9
#define ANEW_DEVICE_REGISTER(i) (-1 - (i))

typedef struct anew_device_operation {
    uint64_t numbers; /* bytes from the start of the constants, or ANEW_DEVICE_NONE */
    int32_t function; /* anew_device_function */
    int32_t first, second, result;
    int32_t spread; /* `second` is a value of one pixel that stands for all */
    float factor;   /* SCALE */
} anew_device_operation;

typedef struct anew_device_step {
    anew_device_operation operations[ANEW_DEVICE_OPERATIONS];
    anew_device_operand operands[ANEW_DEVICE_SOURCES];
    uint64_t weights, bias,
        numbers;      /* bytes from the start of the constants; ANEW_DEVICE_NONE: none */
    uint64_t scratch; /* bytes from the start of the arena: of sums */
    uint64_t output;  /* destination -1: floats from the start of the result's planes */
    double epsilon;
    int32_t kind; /* anew_device_kind */
    int32_t operand_count, operation_count;
    int32_t
        straight; /* so many of the operations, from the first on, are of register 0 alone or of it and a value */
    int32_t destination;             /* a value; -1: planes of the result */
    int32_t channels, height, width; /* that are computed, before a pixel shuffle into the result */
    int32_t source_height, source_width; /* of the operands as seen */
    int32_t shuffle;                     /* destination -1: by so much while writing, 1: not */
    int32_t add_input;    /* ... and the picture enlarged so many times is added; 0: not */
    int32_t add_bilinear; /* ... enlarged by interpolation, not by repetition */
    int32_t output_height, output_width;
    int32_t arithmetic; /* CONV */
    int32_t kernel, stride, dilation, groups, in_channels,
        shift;        /* CONV, POOL; CROP: shift; GROUP_NORM: groups */
    int32_t edge;     /* CONV: anew_edge */
    int32_t factor;   /* UPSAMPLE, SHUFFLE, UNSHUFFLE, LOAD, AVERAGE */
    int32_t function; /* POINTWISE */
    int32_t first;    /* SLICE */
    int32_t heads, window;
} anew_device_step;

/* A convolution's constants: weights [ky][kx][in_channels / groups][out_channels rounded up to 16], then 16 more rows of
 * zeros; in float32, or (BF16, FP16) in 16 bits; bias and slopes in float32, [out_channels rounded up to 16]. */

typedef struct anew_device_program {
    const anew_device_value *values;
    const anew_device_step *steps;
    int32_t value_count, step_count;
    uint64_t arena_bytes;
    int32_t input_channels, input_height, input_width;
    uint64_t output_floats;
} anew_device_program;

/* ---- faces: src/faces/warp.c, paste.c ------------------------------------------------------------------------ */

#define ANEW_DEVICE_WARP_CHANNELS    4
#define ANEW_DEVICE_FOOTPRINT_LANES  8 /* as kernels/kernels.h has it */
#define ANEW_DEVICE_BORDER_REPLICATE 0
#define ANEW_DEVICE_BORDER_REFLECT   1
#define ANEW_DEVICE_BORDER_CONSTANT  2

/* A picture seen through an affine map, as a warper of src/faces/warp.c has it, whose words these are. */
typedef struct anew_device_warp {
    const float *source; /* in the host's memory: [channels][height][width] */
    double to_source[2][3];
    double reach[2];     /* of x and of y */
    float inverse[2][2]; /* of the footprint */
    float colour[ANEW_DEVICE_WARP_CHANNELS];
    int32_t channels, height, width;
    int32_t border;
    int32_t shrinks, columns;
} anew_device_warp;

/* One face of a paste. */
typedef struct anew_device_face {
    anew_device_warp warp; /* of what is added to each colour, then the mask */
    double to_crop[2][3], centre[2], size;
    float strength;
} anew_device_face;

/* What faces add to rows first_row .. + rows - 1, columns first_column .. + columns - 1 of a picture. */
typedef struct anew_device_paste {
    const anew_device_face *faces;
    const int32_t
        *spans;  /* [rows][faces][2]: the columns first .. last - 1 that a face reaches in a row */
    float least; /* a mask below this is 0 */
    int32_t face_count;
    int32_t colours; /* 1 or 3 */
    int32_t first_row, rows, first_column, columns;
} anew_device_paste;

typedef enum anew_device_result {
    ANEW_DEVICE_OK = 0,
    ANEW_DEVICE_NO_MEMORY,
    ANEW_DEVICE_FAILED
} anew_device_result;

typedef struct anew_device_facts {
    char name[128];
    int32_t capability;               /* 75, 80, 86, 89, 90 ... */
    uint64_t free_bytes, total_bytes; /* of memory, now */
    uint64_t shared_bytes;            /* that one block may have */
    int32_t arithmetic[4];            /* whether it has each of anew_device_arithmetic */
} anew_device_facts;

/* Two slots: while one computes, the other one's tile is copied. */
#define ANEW_DEVICE_SLOTS 2

typedef struct anew_device_functions {
    int32_t interface; /* ANEW_DEVICE_INTERFACE */
    const char *name;  /* "CUDA" */
    /* Devices of this machine; 0 with the reason where there are none. */
    int (*count)(char *reason, size_t reason_bytes);
    /* Whether a kind of step has its form here. */
    int (*takes)(int kind);
    int (*open)(void **device, int index, char *message, size_t message_bytes);
    void (*close)(void *device);
    int (*facts)(void *device, anew_device_facts *facts, char *message, size_t message_bytes);
    /* Copies constants to the device. */
    int (*upload)(void **constants, void *device, const void *data, uint64_t bytes, char *message,
                  size_t message_bytes);
    void (*forget)(void *constants);
    /* Takes all memory that running the program needs. The program is copied. */
    int (*prepare)(void **job, void *device, const void *constants,
                   const anew_device_program *program, char *message, size_t message_bytes);
    void (*release)(void *job);
    /* Gives back what a job has on the device, when all of its tiles are collected; what they gave stays until release. */
    void (*retire)(void *job);
    /* Memory of the host that a slot's tile [channels][height][width] is put in before submit, and that its results lie in
     * after collect. */
    float *(*input)(void *job, int slot);
    const float *(*result)(void *job, int slot);
    /* Starts a slot's copies and steps, and waits for them. *step is the step that failed, or -1. */
    int (*submit)(void *job, int slot, int32_t *step, char *message, size_t message_bytes);
    int (*collect)(void *job, int slot, int32_t *step, char *message, size_t message_bytes);
    /* A warped picture, [channels][height][width]; and what is added, [colours][rows][columns]. Both in the host's memory, and
     * they return when it is there. */
    int (*warp)(void *device, float *to, const anew_device_warp *warp, int height, int width,
                char *message, size_t message_bytes);
    int (*paste)(void *device, float *delta, const anew_device_paste *paste, char *message,
                 size_t message_bytes);
    /* Seconds that each step took in one more run of slot 0's tile, step by step. */
    int (*measure)(void *job, double *seconds, char *message, size_t message_bytes);
} anew_device_functions;

/* The plug-in's one symbol, "anew_device_plugin". */
typedef const anew_device_functions *anew_device_plugin_function(void);

/* ---- Sizes that both sides must agree on ------------------------------------------------------------------- */

#define ANEW_DEVICE_TILE 16 /* pixels a side of the tensor cores' convolution */
#define ANEW_DEVICE_PADDING                                                                        \
    8 /* elements behind a row of weights in shared memory, so that 8 rows lie in 8 banks */

#ifdef __CUDACC__
__host__ __device__
#endif
    static inline int
    anew_device_side(int kernel, int stride, int dilation)
{
    return (ANEW_DEVICE_TILE - 1) * stride + (kernel - 1) * dilation + 1;
}

/* Bytes of a block's shared memory for so many blocks of 16 outputs and so many buffers. */
static inline uint64_t anew_device_tile_bytes(int kernel, int stride, int dilation,
                                              int element_bytes, int out_blocks, int buffers)
{
    const uint64_t side = (uint64_t)anew_device_side(kernel, stride, dilation);
    const uint64_t patch = side * side * ANEW_DEVICE_BLOCK;
    const uint64_t row = (uint64_t)(out_blocks * ANEW_DEVICE_BLOCK + ANEW_DEVICE_PADDING);
    const uint64_t weights = (uint64_t)(kernel * kernel * ANEW_DEVICE_BLOCK) * row;
    const uint64_t bytes = (patch + weights) * (uint64_t)element_bytes * (uint64_t)buffers;
    const uint64_t sums =
        8 * ANEW_DEVICE_BLOCK * ANEW_DEVICE_BLOCK * sizeof(float); /* of 8 warps */
    return bytes > sums ? bytes : sums;
}

/* Parts of an allocation begin at multiples of so many bytes. */
static inline uint64_t anew_device_place(uint64_t bytes)
{
    return (bytes + 255) / 256 * 256;
}

static inline uint64_t anew_device_source_bytes(const anew_device_warp *warp)
{
    return (uint64_t)warp->channels * (uint64_t)warp->height * (uint64_t)warp->width *
           sizeof(float);
}

/* Bytes on the device that a warp and a paste take. */
static inline uint64_t anew_device_warp_bytes(const anew_device_warp *warp, int height, int width)
{
    const uint64_t pixels = (uint64_t)height * (uint64_t)width;
    return anew_device_place(anew_device_source_bytes(warp)) +
           anew_device_place(pixels * (uint64_t)warp->channels * sizeof(float));
}

static inline uint64_t anew_device_paste_bytes(const anew_device_paste *paste)
{
    const uint64_t pixels = (uint64_t)paste->rows * (uint64_t)paste->columns;
    const uint64_t faces = (uint64_t)paste->face_count;
    uint64_t bytes = anew_device_place(faces * sizeof(anew_device_face)) +
                     anew_device_place(2 * faces * (uint64_t)paste->rows * sizeof(int32_t)) +
                     anew_device_place(pixels * (uint64_t)paste->colours * sizeof(float));
    for (int32_t i = 0; i < paste->face_count; i++)
        bytes += anew_device_place(anew_device_source_bytes(&paste->faces[i].warp));
    return bytes;
}

#ifdef __cplusplus
}
#endif

#endif
