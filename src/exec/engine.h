/*
 * engine.h - a way of running networks elsewhere than on this CPU, as those see it who run them: on whole pictures
 * (pipeline/strips.c) and on faces (faces/). pipeline/device_engine.h has one for devices.
 *
 * Whoever has an engine packs weights of a CPU's exact class, of which the engine makes its own, once for each network.
 */
#ifndef ANEW_EXEC_ENGINE_H
#define ANEW_EXEC_ENGINE_H

#include "exec/report.h"
#include "plan/level.h"

struct anew_device_paste;
struct anew_device_warp;
struct anew_picture;
struct anew_stream;
struct anew_weights;

typedef struct anew_engine {
    /* As anew_execute. ANEW_ERROR_LIMIT where its memory is too small; nothing was delivered then. Threads may call it at
     * once: one waits for the other. */
    anew_status (*execute)(const struct anew_engine *engine, const struct anew_weights *weights,
                           anew_precision precision, anew_plan_level level, int height, int width,
                           const struct anew_stream *stream, anew_report *report,
                           anew_error *error);
    /* A crop of a face, and what faces add to a part of a picture (kernels/cuda/device.h): the bits of faces/warp.c and
     * faces/paste.c. ANEW_ERROR_LIMIT as above. */
    anew_status (*warp)(const struct anew_engine *engine, float *to,
                        const struct anew_device_warp *warp, int height, int width,
                        anew_error *error);
    anew_status (*paste)(const struct anew_engine *engine, float *delta,
                         const struct anew_device_paste *paste, anew_error *error);
} anew_engine;

/* Bytes of this machine's memory that running a network on an engine takes beside its packed weights: those as the engine
 * has them, and pictures on their way. SIZE_MAX when not representable. */
size_t anew_engine_bytes(const struct anew_weights *weights, int height, int width);

/* From and to whole pictures; `out` is an array where the graph has several outputs. */
ANEW_NODISCARD anew_status anew_engine_picture(const anew_engine *engine,
                                               const struct anew_weights *weights,
                                               anew_precision precision,
                                               const struct anew_picture *in,
                                               const struct anew_picture *out, anew_error *error);

#endif
