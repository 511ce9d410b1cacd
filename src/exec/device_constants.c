/*
 * device_constants.c - a network's weights in the layout in which a device reads them (kernels/cuda/device.h): one piece of
 * memory for all layers, made once for all sizes of picture.
 */
#include <string.h>

#include "core/memory.h"
#include "exec/devices.h"
#include "kernels/bf16.h"

#define PLACE 256 /* layers begin at multiples of so many bytes */

static size_t padded(int channels)
{
    return anew_size_round_up((size_t)channels, ANEW_BLOCK);
}

/* As to_fp16 of kernels/cuda/values.cuh: to nearest even, at most the largest number. */
static uint16_t half_of(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    const uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477fe000u)
        return (uint16_t)(sign | 0x7bffu);
    if (magnitude < 0x38800000u) {
        float small;
        memcpy(&small, &magnitude, sizeof small);
        small += 0.5f;
        memcpy(&bits, &small, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3f000000u));
    }
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13));
}

static int element_bytes(int arithmetic)
{
    return arithmetic == ANEW_DEVICE_ARITHMETIC_BF16 || arithmetic == ANEW_DEVICE_ARITHMETIC_FP16
               ? 2
               : 4;
}

static int arithmetic_of(const anew_node *node, anew_device_arithmetic wished,
                         uint64_t shared_bytes)
{
    if (wished == ANEW_DEVICE_ARITHMETIC_F32 || node->groups > 1 || node->float32 ||
        anew_device_tile_bytes(node->kernel, node->stride, node->dilation,
                               element_bytes((int)wished), 1, 1) > shared_bytes)
        return ANEW_DEVICE_ARITHMETIC_F32;
    return (int)wished;
}

/* Elements of a convolution's weights, the rows of zeros at their end included. */
static size_t weight_count(const anew_graph *graph, const anew_node *node)
{
    const size_t in = (size_t)(anew_graph_node(graph, node->sources[0])->channels / node->groups);
    return ((size_t)(node->kernel * node->kernel) * in + ANEW_BLOCK) * padded(node->channels);
}

/* [out][in][ky][kx] to [ky][kx][in][out padded]. */
static anew_status fill_weights(unsigned char *to, const anew_graph *graph, const anew_node *node,
                                int arithmetic, anew_error *error)
{
    const size_t in = (size_t)(anew_graph_node(graph, node->sources[0])->channels / node->groups);
    const size_t taps = (size_t)node->kernel * (size_t)node->kernel, out = padded(node->channels);
    float *plain = anew_alloc(anew_size_mul((size_t)node->weight->elements, sizeof(float)));
    if (plain == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
    anew_node_weights(plain, node);
    for (size_t o = 0; o < (size_t)node->channels; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t k = 0; k < taps; k++) {
                const float w = plain[(o * in + i) * taps + k];
                const size_t place = (k * in + i) * out + o;
                if (element_bytes(arithmetic) == 4) {
                    memcpy(to + place * 4, &w, 4);
                } else {
                    const uint16_t bits =
                        arithmetic == ANEW_DEVICE_ARITHMETIC_BF16 ? anew_bf16_from(w) : half_of(w);
                    memcpy(to + place * 2, &bits, 2);
                }
            }
    anew_free(plain);
    return ANEW_OK;
}

/* Takes the next place for so many bytes. */
static uint64_t take(size_t *end, size_t bytes)
{
    const size_t place = *end;
    *end = anew_size_add(*end, anew_size_round_up(bytes, PLACE));
    return place;
}

static void place_layer(anew_device_layer *layer, size_t *end, const anew_graph *graph,
                        const anew_node *node)
{
    const size_t vector = padded(node->channels) * sizeof(float);
    switch (node->op) {
    case ANEW_OP_CONV:
        layer->weights =
            take(end, weight_count(graph, node) * (size_t)element_bytes(layer->arithmetic));
        layer->bias = take(end, vector);
        break;
    case ANEW_OP_PRELU:
    case ANEW_OP_LEAKY_RELU:
        layer->slope = take(end, vector);
        break;
    case ANEW_OP_LAYER_NORM:
    case ANEW_OP_GROUP_NORM:
        layer->slope = take(end, vector);
        layer->bias = take(end, vector);
        break;
    default:
        if (anew_whole_weights_bytes(graph, node) > 0)
            layer->numbers = take(end, anew_whole_weights_bytes(graph, node));
        break;
    }
}

static void copy_numbers(anew_device_constants *c, uint64_t to, const float *from, size_t bytes)
{
    if (to != ANEW_DEVICE_NONE && from != NULL)
        memcpy(c->data + to, from, bytes);
}

static anew_status fill_layer(anew_device_constants *c, int id, anew_error *error)
{
    const anew_graph *graph = c->weights->graph;
    const anew_node *node = anew_graph_node(graph, id);
    const anew_device_layer *layer = &c->layers[id];
    const anew_packed *packed = &c->weights->nodes[id];
    const size_t vector = padded(node->channels) * sizeof(float);
    copy_numbers(c, layer->bias, packed->bias, vector);
    copy_numbers(c, layer->slope, packed->slope, vector);
    copy_numbers(c, layer->numbers, packed->numbers, anew_whole_weights_bytes(graph, node));
    if (layer->weights == ANEW_DEVICE_NONE)
        return ANEW_OK;
    return fill_weights(c->data + layer->weights, graph, node, layer->arithmetic, error);
}

anew_status anew_device_constants_create(anew_device_constants **constants,
                                         const anew_weights *weights,
                                         anew_device_arithmetic arithmetic, uint64_t shared_bytes,
                                         anew_error *error)
{
    const int count = anew_graph_count(weights->graph);
    anew_status status = ANEW_OK;
    anew_device_constants *c = anew_alloc_zero(sizeof *c);
    if (c != NULL)
        c->layers = anew_alloc(anew_size_mul((size_t)count, sizeof *c->layers));
    if (c == NULL || c->layers == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the device's weights");
        goto fail;
    }
    c->weights = weights;
    for (int i = 0; i < count; i++) {
        const anew_node *node = anew_graph_node(weights->graph, i);
        c->layers[i] = (anew_device_layer){ANEW_DEVICE_NONE, ANEW_DEVICE_NONE, ANEW_DEVICE_NONE,
                                           ANEW_DEVICE_NONE, ANEW_DEVICE_ARITHMETIC_F32};
        if (node->op == ANEW_OP_CONV)
            c->layers[i].arithmetic = arithmetic_of(node, arithmetic, shared_bytes);
        place_layer(&c->layers[i], &c->bytes, weights->graph, node);
    }
    c->data = anew_alloc_zero(anew_size_add(c->bytes, 1));
    if (c->data == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the device's weights");
        goto fail;
    }
    for (int i = 0; i < count; i++)
        ANEW_TRY_GOTO(fill_layer(c, i, error), fail);
    *constants = c;
    return ANEW_OK;
fail:
    anew_device_constants_free(&c);
    return status;
}

void anew_device_constants_free(anew_device_constants **constants)
{
    if (*constants == NULL)
        return;
    anew_free((*constants)->layers);
    anew_free((*constants)->data);
    anew_free(*constants);
    *constants = NULL;
}

/* ---- on the device ------------------------------------------------------------------------------------- */

static anew_status check_arithmetic(const anew_device *device, anew_device_arithmetic arithmetic,
                                    anew_error *error)
{
    static const char *const names[] = {"f32", "tf32", "bf16", "fp16"};
    if (device->facts.arithmetic[arithmetic])
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s (%s) has compute capability %d.%d, and %s needs 8.0; it has f32 and fp16",
                     device->name, device->facts.name, device->facts.capability / 10,
                     device->facts.capability % 10, names[arithmetic]);
}

anew_status anew_device_load(anew_device_loaded *loaded, anew_device *device,
                             const anew_weights *weights, anew_device_arithmetic arithmetic,
                             anew_error *error)
{
    char message[256] = "";
    *loaded = (anew_device_loaded){0};
    ANEW_TRY(check_arithmetic(device, arithmetic, error));
    ANEW_TRY(anew_device_constants_create(&loaded->constants, weights, arithmetic,
                                          device->facts.shared_bytes, error));
    (void)pthread_mutex_lock(&device->mutex);
    const int result =
        device->functions->upload(&loaded->uploaded, device->handle, loaded->constants->data,
                                  loaded->constants->bytes, message, sizeof message);
    if (result == ANEW_DEVICE_OK)
        device->taken += loaded->constants->bytes;
    (void)pthread_mutex_unlock(&device->mutex);
    if (result == ANEW_DEVICE_OK)
        return ANEW_OK;
    return anew_fail(error, result == ANEW_DEVICE_NO_MEMORY ? ANEW_ERROR_LIMIT : ANEW_ERROR_IO,
                     "%s: %s", device->name, message);
}

void anew_device_unload(anew_device_loaded *loaded, anew_device *device)
{
    if (loaded->uploaded != NULL) {
        (void)pthread_mutex_lock(&device->mutex);
        device->functions->forget(loaded->uploaded);
        device->taken -= loaded->constants->bytes;
        (void)pthread_mutex_unlock(&device->mutex);
    }
    anew_device_constants_free(&loaded->constants);
    loaded->uploaded = NULL;
}
