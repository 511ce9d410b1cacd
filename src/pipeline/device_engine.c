/* device_engine.c - a device behind the engine's door, and the weights that are on it. */
#include "pipeline/device_engine.h"

#include <pthread.h>

#include "core/memory.h"
#include "exec/devices.h"

#define KEPT 8 /* networks: a run has a few, for restoring and for enlarging */

typedef struct kept_weights {
    unsigned int serial; /* of the weights */
    anew_device_arithmetic arithmetic;
    anew_device_loaded loaded;
} kept_weights;

typedef struct device_engine {
    anew_engine engine;
    anew_device *device;
    size_t memory;
    pthread_mutex_t mutex; /* of all that follows, and of the device */
    kept_weights kept[KEPT];
    int count;
} device_engine;

/* bfloat16 where the device has it, else half precision: both keep 50 dB (docs/cuda.md). */
static anew_status choose(anew_device_arithmetic *arithmetic, const anew_device *device,
                          anew_precision precision, anew_error *error)
{
    const bool has = device->facts.arithmetic[ANEW_DEVICE_ARITHMETIC_BF16] != 0;
    switch (precision) {
    case ANEW_PRECISION_INT8:
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "--precision int8 is for CPUs; a device has f32, tf32, bf16 and auto");
    case ANEW_PRECISION_TF32:
        *arithmetic = ANEW_DEVICE_ARITHMETIC_TF32;
        break;
    case ANEW_PRECISION_BF16:
        *arithmetic = ANEW_DEVICE_ARITHMETIC_BF16;
        break;
    case ANEW_PRECISION_AUTO:
        *arithmetic = has ? ANEW_DEVICE_ARITHMETIC_BF16 : ANEW_DEVICE_ARITHMETIC_FP16;
        break;
    default:
        *arithmetic = ANEW_DEVICE_ARITHMETIC_F32;
        break;
    }
    return ANEW_OK;
}

/* The network's weights on the device; those that came first make room. */
static anew_status keep(const kept_weights **found, device_engine *e, const anew_weights *weights,
                        anew_device_arithmetic arithmetic, anew_error *error)
{
    for (int i = 0; i < e->count; i++)
        if (e->kept[i].serial == weights->serial && e->kept[i].arithmetic == arithmetic) {
            *found = &e->kept[i];
            return ANEW_OK;
        }
    if (e->count == KEPT) {
        anew_device_unload(&e->kept[0].loaded, e->device);
        e->kept[0] = e->kept[--e->count];
    }
    kept_weights *k = &e->kept[e->count];
    const anew_status status = anew_device_load(&k->loaded, e->device, weights, arithmetic, error);
    if (status != ANEW_OK) {
        anew_device_unload(&k->loaded, e->device);
        return status;
    }
    k->serial = weights->serial;
    k->arithmetic = arithmetic;
    *found = k;
    e->count++;
    return ANEW_OK;
}

static anew_status execute(const anew_engine *engine, const anew_weights *weights,
                           anew_precision precision, anew_plan_level level, int height, int width,
                           const anew_stream *stream, anew_report *report, anew_error *error)
{
    device_engine *e = (device_engine *)(uintptr_t)engine;
    const kept_weights *kept = NULL;
    anew_device_arithmetic arithmetic = ANEW_DEVICE_ARITHMETIC_F32;
    ANEW_TRY(choose(&arithmetic, e->device, precision, error));
    (void)pthread_mutex_lock(&e->mutex);
    anew_status status = keep(&kept, e, weights, arithmetic, error);
    if (status == ANEW_OK) {
        const anew_device_run run = {.device = e->device,
                                     .weights = weights,
                                     .arithmetic = arithmetic,
                                     .loaded = &kept->loaded,
                                     .level = level,
                                     .memory = e->memory};
        status = anew_device_execute(&run, height, width, stream, NULL, report, error);
    }
    (void)pthread_mutex_unlock(&e->mutex);
    return status;
}

anew_status anew_device_engine_open(const anew_engine **engine, const char *name,
                                    const char *plugin, size_t memory, anew_error *error)
{
    device_engine *e = anew_alloc_zero(sizeof *e);
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a device");
    const anew_status status = anew_device_open(&e->device, name, plugin, error);
    if (status != ANEW_OK) {
        anew_free(e);
        return status;
    }
    e->engine.execute = execute;
    e->memory = memory;
    (void)pthread_mutex_init(&e->mutex, NULL);
    *engine = &e->engine;
    return ANEW_OK;
}

void anew_device_engine_close(const anew_engine **engine)
{
    device_engine *e = (device_engine *)(uintptr_t)*engine;
    if (e == NULL)
        return;
    for (int i = 0; i < e->count; i++)
        anew_device_unload(&e->kept[i].loaded, e->device);
    anew_device_close(&e->device);
    (void)pthread_mutex_destroy(&e->mutex);
    anew_free(e);
    *engine = NULL;
}
