/* ncnn_walk.c - the blobs of an ncnn graph as it is walked, parameters of its layers, and the reals of the .bin. */
#include "ncnn_walk.h"

#include <math.h>

#include "core/memory.h"
#include "model/format.h"

#define TAG_F32 0x0002c056u
#define TAG_F16 0x01306b47u

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 1099511628211u;
    return hash;
}

static ncnn_blob *find(ncnn_walk *w, const char *name)
{
    const uint64_t hash = hash_of(name);
    for (int i = w->count; i-- > 0;)
        if (w->blobs[i].hash == hash && strcmp(w->blobs[i].name, name) == 0)
            return &w->blobs[i];
    return NULL;
}

void ncnn_unknown(ncnn_walk *w, const char *what)
{
    nodes_refuse(&w->n, ANEW_ERROR_UNSUPPORTED, "%s", what);
}

double ncnn_value_or(const ncnn_walk *w, int key, double absent)
{
    return w->layer->given[key] ? w->layer->values[key] : absent;
}

/* A whole number that fits, or a refusal. */
int64_t ncnn_whole_or(ncnn_walk *w, int key, double absent)
{
    const double value = ncnn_value_or(w, key, absent);
    if (value == floor(value) && value > -1e9 && value < 1e9)
        return (int64_t)value;
    nodes_refuse(&w->n, ANEW_ERROR_FORMAT,
                 value == floor(value) ? "has %.12g for parameter %d, which is beyond all limits"
                                       : "has %g for parameter %d, where a whole number must stand",
                 value, key);
    return 0;
}

/* The blob of input k; NULL and a refusal where there is none. */
ncnn_blob *ncnn_input(ncnn_walk *w, int k)
{
    ncnn_blob *b =
        k < w->layer->input_count && k < NCNN_MAX_BLOBS ? find(w, w->layer->inputs[k]) : NULL;
    if (b == NULL)
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT, "reads '%.60s', which no layer before it gives",
                     k < w->layer->input_count && k < NCNN_MAX_BLOBS ? w->layer->inputs[k] : "");
    else
        b->read = true;
    return b;
}

int ncnn_value(ncnn_walk *w, int k)
{
    const ncnn_blob *b = ncnn_input(w, k);
    if (b != NULL && b->value < 0)
        ncnn_unknown(w, "takes numbers of the file where a value is known");
    return b == NULL || b->value < 0 ? 0 : b->value;
}

void ncnn_give(ncnn_walk *w, int k, ncnn_blob b)
{
    if (nodes_failed(&w->n))
        return;
    if (k >= w->layer->output_count || k >= NCNN_MAX_BLOBS) {
        ncnn_unknown(w, "gives another number of values than is known");
        return;
    }
    b.name = w->layer->outputs[k];
    b.hash = hash_of(b.name);
    b.read = false;
    if (find(w, b.name) != NULL)
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT, "gives '%.60s', which another layer gives", b.name);
    else
        w->blobs[w->count++] = b;
}

void ncnn_give_value(ncnn_walk *w, int k, int id)
{
    ncnn_give(w, k, (ncnn_blob){.value = id});
}

/* ---- the .bin -------------------------------------------------------------------------------------------------- */

static const uint8_t *take(ncnn_walk *w, size_t bytes)
{
    ncnn_file *f = w->f;
    if (nodes_failed(&w->n))
        return NULL;
    if (bytes > f->bin_size - f->at) {
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT,
                     "needs %zu bytes of the .bin from byte %zu on, and %zu are there", bytes,
                     f->at, f->bin_size - f->at);
        return NULL;
    }
    f->at += bytes;
    return f->bin + f->at - bytes;
}

static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* `count` reals; with a tag of their kind before them where `tagged`. To be freed. */
float *ncnn_numbers(ncnn_walk *w, int64_t count, bool tagged, bool *half)
{
    uint32_t tag = 0;
    const uint8_t *p = NULL;
    *half = false;
    if (count < 1 || count > CHECKPOINT_MAX_ELEMENTS) {
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT, "has %lld weights", (long long)count);
        return NULL;
    }
    if (tagged && (p = take(w, 4)) != NULL)
        tag = word_at(p);
    *half = tag == TAG_F16;
    if (tag != 0 && tag != TAG_F32 && !*half) {
        nodes_refuse(&w->n, ANEW_ERROR_UNSUPPORTED,
                     "has weights of the kind 0x%08x (rounded to 8 bits or a table); f32 and f16 "
                     "are known",
                     (unsigned int)tag);
        return NULL;
    }
    p = take(w, ((size_t)count * (*half ? 2 : 4) + 3) / 4 * 4);
    float *values = p == NULL ? NULL : anew_alloc((size_t)count * sizeof(float));
    if (values == NULL) {
        nodes_refuse(&w->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        if (*half) {
            values[i] = anew_half_to_float((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
        } else {
            const uint32_t bits = word_at(p + 4 * i);
            memcpy(&values[i], &bits, sizeof bits);
        }
    }
    return values;
}
