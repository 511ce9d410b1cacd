/* device_engine.c - a device behind the engine's door, and the weights that are on it. */
#include "pipeline/device_engine.h"

#include <pthread.h>

#include "core/memory.h"
#include "exec/devices.h"

#define KEPT 8 /* networks: a run has a few, for restoring, for enlarging and for faces */

typedef struct kept_weights {
    unsigned int serial; /* of the weights */
    anew_device_arithmetic arithmetic;
    anew_device_loaded loaded;
    int users;     /* runs that are under way */
    uint64_t used; /* when it last was */
} kept_weights;

typedef struct device_engine {
    anew_engine engine;
    anew_device *device;
    size_t memory;
    pthread_mutex_t mutex; /* of all that follows */
    kept_weights *kept[KEPT];
    uint64_t clock;
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

/* ---- weights: with the mutex held -------------------------------------------------------------------------- */

static void drop(device_engine *e, int place)
{
    if (e->kept[place] != NULL)
        anew_device_unload(&e->kept[place]->loaded, e->device);
    anew_free(e->kept[place]);
    e->kept[place] = NULL;
}

/* Weights that no run uses make room; whether there were such. */
static bool drop_idle(device_engine *e)
{
    bool any = false;
    for (int i = 0; i < KEPT; i++)
        if (e->kept[i] != NULL && e->kept[i]->users == 0) {
            drop(e, i);
            any = true;
        }
    return any;
}

/* A place that is free, or that of the weights which were idle for longest; -1: all are in use. */
static int find_place(const device_engine *e)
{
    int place = -1;
    for (int i = 0; i < KEPT; i++) {
        if (e->kept[i] == NULL)
            return i;
        if (e->kept[i]->users == 0 && (place < 0 || e->kept[i]->used < e->kept[place]->used))
            place = i;
    }
    return place;
}

/* The network's weights on the device, for a run that says when it is done. */
static anew_status keep(kept_weights **found, device_engine *e, const anew_weights *weights,
                        anew_device_arithmetic arithmetic, anew_error *error)
{
    kept_weights *k = NULL;
    for (int i = 0; i < KEPT && k == NULL; i++)
        if (e->kept[i] != NULL && e->kept[i]->serial == weights->serial &&
            e->kept[i]->arithmetic == arithmetic)
            k = e->kept[i];
    if (k == NULL) {
        const int place = find_place(e);
        if (place < 0)
            return anew_fail(error, ANEW_ERROR_LIMIT, "%s: more than %d networks at once",
                             e->device->name, KEPT);
        drop(e, place);
        k = e->kept[place] = anew_alloc_zero(sizeof *k);
        if (k == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a device");
        anew_status status = anew_device_load(&k->loaded, e->device, weights, arithmetic, error);
        k->users = 1; /* stays while others go */
        if (status == ANEW_ERROR_LIMIT && drop_idle(e)) {
            anew_device_unload(&k->loaded, e->device);
            status = anew_device_load(&k->loaded, e->device, weights, arithmetic, error);
        }
        if (status != ANEW_OK) {
            drop(e, place);
            return status;
        }
        k->users = 0;
        k->serial = weights->serial;
        k->arithmetic = arithmetic;
    }
    k->users++;
    k->used = ++e->clock;
    *found = k;
    return ANEW_OK;
}

/* Bytes that may be taken: what weights and runs leave, with `own` weights (or NULL) among them. */
static size_t memory_left(const device_engine *e, const kept_weights *own)
{
    const size_t all = e->memory > 0 ? e->memory : (size_t)(e->device->facts.free_bytes / 10 * 9);
    (void)pthread_mutex_lock(&e->device->mutex);
    const size_t others = e->device->taken - (own == NULL ? 0 : own->loaded.constants->bytes);
    (void)pthread_mutex_unlock(&e->device->mutex);
    return all > others ? all - others : 1;
}

/* ---- a run --------------------------------------------------------------------------------------------------- */

/* The mutex is not held while a network runs: the picture that is fetched may be what another network makes of one, and the
 * rows that are delivered may be the last ones, whose faces are restored then. Such runs find the memory that is left; what
 * can be cut into tiles does with half of it, where that will do. */
static anew_status execute(const anew_engine *engine, const anew_weights *weights,
                           anew_precision precision, anew_plan_level level, int height, int width,
                           const anew_stream *stream, anew_report *report, anew_error *error)
{
    device_engine *e = (device_engine *)(uintptr_t)engine;
    kept_weights *kept = NULL;
    anew_device_account account = {0};
    anew_device_arithmetic arithmetic = ANEW_DEVICE_ARITHMETIC_F32;
    ANEW_TRY(choose(&arithmetic, e->device, precision, error));
    (void)pthread_mutex_lock(&e->mutex);
    anew_status status = keep(&kept, e, weights, arithmetic, error);
    (void)pthread_mutex_unlock(&e->mutex);
    if (status != ANEW_OK)
        return status;
    for (bool again = true; again;) {
        anew_device_run run = {.device = e->device,
                               .weights = weights,
                               .arithmetic = arithmetic,
                               .loaded = &kept->loaded,
                               .level = level,
                               .memory = memory_left(e, kept)};
        run.enough = run.memory / 2;
        status = anew_device_execute(&run, height, width, stream, &account, report, error);
        /* Nothing was fetched yet where no tile was chosen. */
        again = false;
        (void)pthread_mutex_lock(&e->mutex);
        if (status == ANEW_ERROR_LIMIT && account.tiles == 0)
            again = drop_idle(e);
        if (!again)
            kept->users--;
        (void)pthread_mutex_unlock(&e->mutex);
    }
    return status;
}

/* ---- faces ---------------------------------------------------------------------------------------------------- */

static anew_status warp(const anew_engine *engine, float *to, const anew_device_warp *what,
                        int height, int width, anew_error *error)
{
    const device_engine *e = (const device_engine *)engine;
    return anew_device_warp_faces(e->device, memory_left(e, NULL), to, what, height, width, error);
}

static anew_status paste(const anew_engine *engine, float *delta, const anew_device_paste *what,
                         anew_error *error)
{
    const device_engine *e = (const device_engine *)engine;
    return anew_device_paste_faces(e->device, memory_left(e, NULL), delta, what, error);
}

/* ---- life ---------------------------------------------------------------------------------------------------- */

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
    e->engine = (anew_engine){execute, warp, paste};
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
    for (int i = 0; i < KEPT; i++)
        drop(e, i);
    anew_device_close(&e->device);
    (void)pthread_mutex_destroy(&e->mutex);
    anew_free(e);
    *engine = NULL;
}
