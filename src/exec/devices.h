/*
 * devices.h - running a network on a device, such as a GPU, by way of a plug-in (kernels/cuda/device.h):
 *
 *     device_open.c             finds the plug-in, opens a device, says why where there is none
 *     device_constants.c   makes the device's constants of the weights
 *     device_program.c     makes a program of a plan
 *     device_tiles.c       brings a picture through it, in tiles where the device's memory asks for that
 *     device_faces.c       crops and pastes of faces
 *
 * In float32 a device gives the bits of the exact class. Else products are of rounded factors, as on a CPU with
 * --precision bf16.
 */
#ifndef ANEW_EXEC_DEVICES_H
#define ANEW_EXEC_DEVICES_H

#include <pthread.h>

#include "exec/exec.h"
#include "kernels/cuda/device.h"

typedef struct anew_device {
    const anew_device_functions *functions;
    void *handle; /* the plug-in's */
    anew_device_facts facts;
    char name[32]; /* "cuda:0" */
    /* Of the calls of functions, one at a time; not held while rows are fetched and delivered, which may be the work of
     * another run on the device. */
    pthread_mutex_t mutex;
    size_t taken; /* bytes on the device: of weights and of runs */
} anew_device;

/* `name` is "cuda" or "cuda:N"; `plugin` the file of the plug-in, or NULL: anew-cuda.so beside the program, then in
 * ../lib/anew from there. ANEW_ERROR_UNSUPPORTED with the cause where there is no plug-in, driver or device. */
ANEW_NODISCARD anew_status anew_device_open(anew_device **device, const char *name,
                                            const char *plugin, anew_error *error);
void anew_device_close(anew_device **device);

/* A network's weights as a device reads them, in the host's memory, for all sizes of picture. */
typedef struct anew_device_constants {
    const anew_weights *weights;
    struct anew_device_layer *layers; /* [graph nodes] */
    unsigned char *data;
    size_t bytes;
} anew_device_constants;

/* Where a node's numbers lie, in bytes; ANEW_DEVICE_NONE: it has none. */
typedef struct anew_device_layer {
    uint64_t weights, bias, slope, numbers;
    int arithmetic; /* CONV */
} anew_device_layer;

/* Convolutions are of the wished arithmetic but where they have groups, are to stay in float32, or are larger than a block's
 * shared memory. The weights must be packed, and live on. */
ANEW_NODISCARD anew_status anew_device_constants_create(anew_device_constants **constants,
                                                        const anew_weights *weights,
                                                        anew_device_arithmetic arithmetic,
                                                        uint64_t shared_bytes, anew_error *error);
void anew_device_constants_free(anew_device_constants **constants);

/* A plan as a program; its arrays are freed with anew_device_program_free. ANEW_ERROR_UNSUPPORTED with the step's name where
 * the device has no form for it. */
ANEW_NODISCARD anew_status anew_device_program_create(anew_device_program *program,
                                                      const anew_device_constants *constants,
                                                      const anew_plan *plan, anew_error *error);
void anew_device_program_free(anew_device_program *program);

/* The device's name of a kind of step. */
anew_device_kind anew_device_kind_of(anew_step_kind kind);

/* How pictures are run. */
typedef struct anew_device_run {
    anew_device *device;
    const anew_weights *weights;
    anew_device_arithmetic arithmetic;
    /* The weights on the device, from anew_device_load of the same weights and arithmetic; NULL: for this run alone. */
    const struct anew_device_loaded *loaded;
    anew_plan_level level;
    size_t memory; /* bytes that may be taken on the device; 0: nine tenths of what is free */
    size_t
        enough; /* with less tiles are not as large as they can be, but where that asks for more; 0: `memory` */
    int tile; /* largest side of a tile; 0: chosen by memory */
} anew_device_run;

/* Weights that are on the device and stay there for many runs. */
typedef struct anew_device_loaded {
    anew_device_constants *constants;
    void *uploaded;
} anew_device_loaded;

/* ANEW_ERROR_UNSUPPORTED where the device lacks the arithmetic. Emptied with anew_device_unload, also after a failure. */
ANEW_NODISCARD anew_status anew_device_load(anew_device_loaded *loaded, anew_device *device,
                                            const anew_weights *weights,
                                            anew_device_arithmetic arithmetic, anew_error *error);
void anew_device_unload(anew_device_loaded *loaded, anew_device *device);

/* What a run came to. */
typedef struct anew_device_account {
    int tiles, tile_height, tile_width;
    size_t bytes; /* taken on the device */
} anew_device_account;

/* As anew_execute. `account` and `report` may be NULL. When the last rows are delivered nothing of the run is left on the
 * device but weights, so that whoever takes them has its memory. */
ANEW_NODISCARD anew_status anew_device_execute(const anew_device_run *run, int height, int width,
                                               const anew_stream *stream,
                                               anew_device_account *account, anew_report *report,
                                               anew_error *error);

/* The plug-in's functions, with so many bytes of the device at most: ANEW_ERROR_LIMIT where they are too few. */
ANEW_NODISCARD anew_status anew_device_warp_faces(anew_device *device, size_t memory, float *to,
                                                  const anew_device_warp *warp, int height,
                                                  int width, anew_error *error);
ANEW_NODISCARD anew_status anew_device_paste_faces(anew_device *device, size_t memory, float *delta,
                                                   const anew_device_paste *paste,
                                                   anew_error *error);

#endif
