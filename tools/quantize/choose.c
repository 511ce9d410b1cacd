/*
 * choose.c - which layers stay in float32.
 *
 * An error made early passes through all layers after it, so layers are kept from the front: how many is found by
 * halving. The judge is the picture that the engine makes of the samples, in 8 bits, against float32's.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "model/model_mix.h"
#include "model/model_write.h"
#include "nets/nets.h"
#include "quantize.h"

/* The node that binds a tensor, or NULL. */
static const anew_node *binder_of(const anew_graph *graph, const anew_tensor *tensor, int *id)
{
    for (int i = 0; i < anew_graph_count(graph); i++)
        if (anew_graph_node(graph, i)->op == ANEW_OP_CONV &&
            anew_graph_node(graph, i)->weight == tensor) {
            *id = i;
            return anew_graph_node(graph, i);
        }
    return NULL;
}

static anew_status write_rounded(anew_model_writer *writer, const anew_tensor *t,
                                 const anew_node *node, const quantized *q, anew_error *error)
{
    char name[256];
    const int64_t in[] = {t->dims[1]};
    ANEW_TRY(anew_model_writer_integers(writer, t->name, t->rank, t->dims, q->row_scale, q->weights,
                                        error));
    (void)snprintf(name, sizeof name, "%s.input_scale", node->name);
    ANEW_TRY(anew_model_writer_tensor(writer, name, ANEW_DTYPE_F32, 1, in, q->scale, error));
    (void)snprintf(name, sizeof name, "%s.input_zero", node->name);
    return anew_model_writer_tensor(writer, name, ANEW_DTYPE_F32, 1, in, q->zero, error);
}

static anew_status write_as_it_is(anew_model_writer *writer, const anew_tensor *t,
                                  anew_error *error)
{
    if (t->dtype == ANEW_DTYPE_I8)
        return anew_model_writer_integers(writer, t->name, t->rank, t->dims, t->row_scale, t->data,
                                          error);
    float *values = anew_alloc(anew_size_mul((size_t)t->elements, sizeof(float)));
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for tensor '%s'", t->name);
    anew_tensor_to_f32(values, t);
    const anew_status status =
        anew_model_writer_tensor(writer, t->name, t->dtype, t->rank, t->dims, values, error);
    anew_free(values);
    return status;
}

anew_status write_model(anew_bytes *bytes, const anew_model *model, const anew_graph *graph,
                        const quantized *layers, int kept, anew_error *error)
{
    anew_model_writer *writer = NULL;
    anew_status status = ANEW_OK;
    char name[256];
    (void)snprintf(name, sizeof name, "%.200s, 8 bits", anew_model_name(model));
    ANEW_TRY(anew_model_writer_create(&writer, error));
    const char *const texts[][2] = {{"architecture", anew_model_architecture(model)},
                                    {"name", name},
                                    {"source", anew_model_source(model)},
                                    {"licence", anew_model_licence(model)}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i][1][0] != '\0')
            ANEW_TRY_GOTO(anew_model_writer_set(writer, texts[i][0], texts[i][1], error), out);
    /* Rounded weights have no partner that they could be mixed with. */
    static const char *const partners[] = {ANEW_DENOISE_PARTNER, ANEW_CRISP_PARTNER,
                                           ANEW_CRISP_USUAL, NULL};
    ANEW_TRY_GOTO(anew_model_writer_parameters(writer, model, partners, error), out);
    /* The order of layers is the graph's. */
    int last_kept = -1;
    for (int i = 0, left = kept; left > 0 && i < anew_graph_count(graph); i++)
        if (layers[i].weights != NULL) {
            last_kept = i;
            left--;
        }
    for (int i = 0; i < anew_model_tensor_count(model); i++) {
        const anew_tensor *t = anew_model_tensor(model, i);
        int id = 0;
        const anew_node *node = binder_of(graph, t, &id);
        if (node != NULL && layers[id].weights != NULL && id > last_kept)
            ANEW_TRY_GOTO(write_rounded(writer, t, node, &layers[id], error), out);
        else
            ANEW_TRY_GOTO(write_as_it_is(writer, t, error), out);
    }
    status = anew_model_writer_finish(writer, bytes, error);
out:
    anew_model_writer_free(&writer);
    return status;
}

/* The picture that a model makes of the samples. */
static anew_status run(anew_planes *result, const anew_model *model, anew_selection selection,
                       const anew_planes *samples, anew_error *error)
{
    anew_graph *graph = NULL;
    anew_weights *weights = NULL;
    anew_plan *plan = NULL;
    anew_executor *executor = NULL;
    anew_status status = ANEW_OK;
    anew_isa isa;
    (void)anew_isa_detect(&isa, NULL);
    /* On a CPU without kernels for integers the plain ones tell as well, slowly. */
    ANEW_TRY_GOTO(anew_net_graph(&graph, model, error), out);
    ANEW_TRY_GOTO(anew_weights_pack(&weights, graph, isa, selection, error), out);
    ANEW_TRY_GOTO(anew_plan_create(&plan, weights, samples->height, samples->width, 16,
                                   ANEW_PLAN_FULL, error),
                  out);
    const int scale = anew_graph_scale(graph);
    ANEW_TRY_GOTO(
        anew_planes_create(result, 3, samples->height * scale, samples->width * scale, error), out);
    ANEW_TRY_GOTO(anew_executor_create(&executor, anew_parallel_threads(), error), out);
    const anew_picture in = picture_of(samples), out = picture_of(result);
    status = anew_execute_picture(executor, plan, &in, &out, NULL, error);
out:
    anew_executor_free(&executor);
    anew_plan_free(&plan);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    return status;
}

static double in_8_bits(float v)
{
    return nearbyint(fmin(fmax((double)v, 0), 1) * 255);
}

static double psnr_of(const anew_planes *a, const anew_planes *b)
{
    const size_t count = (size_t)a->channels * (size_t)a->height * (size_t)a->width;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        const double d = in_8_bits(a->data[i]) - in_8_bits(b->data[i]);
        squares += d * d;
    }
    return squares > 0 ? 10 * log10(255.0 * 255.0 * (double)count / squares) : 99;
}

static anew_status measure(double *psnr, const anew_planes *wanted, const anew_model *model,
                           const anew_graph *graph, const quantized *layers, int kept,
                           const anew_planes *samples, anew_error *error)
{
    anew_bytes bytes = {0};
    anew_model *rounded = NULL;
    anew_planes got = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(write_model(&bytes, model, graph, layers, kept, error), out);
    ANEW_TRY_GOTO(anew_model_from_bytes(&rounded, &bytes, anew_model_label(model), error), out);
    ANEW_TRY_GOTO(run(&got, rounded, ANEW_SELECT_INT8, samples, error), out);
    *psnr = psnr_of(&got, wanted);
out:
    anew_planes_free(&got);
    anew_model_close(&rounded);
    anew_bytes_free(&bytes);
    return status;
}

anew_status choose_kept(int *kept, double *psnr, double *all, const anew_model *model,
                        const anew_graph *graph, const quantized *layers,
                        const anew_planes *samples, double target, anew_error *error)
{
    anew_planes wanted = {0};
    anew_status status = ANEW_OK;
    int count = 0, low = 0;
    double now = 0;
    for (int i = 0; i < anew_graph_count(graph); i++)
        count += layers[i].weights != NULL;
    ANEW_TRY_GOTO(run(&wanted, model, ANEW_SELECT_FAST, samples, error), out);
    ANEW_TRY_GOTO(measure(all, &wanted, model, graph, layers, 0, samples, error), out);
    *psnr = *all;
    *kept = 0;
    if (*all >= target)
        goto out;
    /* Below `low` too few, at *kept enough. */
    *kept = count;
    *psnr = 99;
    for (low = 1; low < *kept;) {
        const int middle = low + (*kept - low) / 2;
        ANEW_TRY_GOTO(measure(&now, &wanted, model, graph, layers, middle, samples, error), out);
        if (now >= target) {
            *kept = middle;
            *psnr = now;
        } else {
            low = middle + 1;
        }
    }
out:
    anew_planes_free(&wanted);
    return status;
}
