/*
 * explain_faces.c - the same answers as explain.c for networks that make no picture of a picture: detectors, which have
 * several outputs, and what is run on aligned faces, restorers and parsers. By the plan that a run would use.
 */
#include "pipeline/explain_faces.h"

#include "core/machine_memory.h"
#include "core/memory.h"
#include "faces/detector.h"
#include "faces/face_network.h"
#include "faces/face_parser.h"
#include "nets/nets.h"

/* Rows of the picture in a detector's band (faces/detector.c). */
#define DETECTOR_BAND 64

bool anew_is_face_network(const anew_model *model)
{
    anew_graph *graph = NULL;
    if (anew_net_graph(&graph, model, NULL) != ANEW_OK)
        return false; /* whoever builds it next says why */
    const bool is = anew_graph_output_count(graph) > 1 || anew_graph_side(graph) > 0 ||
                    anew_graph_node(graph, anew_graph_output(graph))->channels != 3;
    anew_graph_free(&graph);
    return is;
}

/* The second of two runs on noise. */
static anew_status time_run(double *seconds, const anew_face_network *n, int threads,
                            anew_error *error)
{
    const anew_plan *plan = n->plan;
    anew_picture in = {.channels = anew_graph_node(n->graph, 0)->channels,
                       .height = plan->height,
                       .width = plan->width,
                       .plane_stride = (size_t)plan->height * (size_t)plan->width,
                       .row_stride = (size_t)plan->width};
    anew_picture out[ANEW_MAX_OUTPUTS];
    anew_status status = ANEW_OK;
    anew_executor *executor = NULL;
    size_t floats = 0, count = (size_t)in.channels * in.plane_stride;
    for (int i = 0; i < plan->output_count; i++) {
        const anew_plan_output *o = &plan->outputs[i];
        out[i] = (anew_picture){.channels = o->channels,
                                .height = o->height,
                                .width = o->width,
                                .plane_stride = (size_t)o->height * (size_t)o->width,
                                .row_stride = (size_t)o->width};
        floats = anew_size_add(floats, (size_t)o->channels * out[i].plane_stride);
    }
    float *data = anew_alloc(anew_size_mul(anew_size_add(floats, count), sizeof(float)));
    if (data == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a trial");
    in.data = data;
    for (size_t i = 0; i < count; i++)
        in.data[i] = (float)(i * 2654435761u % 1024) / 1024.0f;
    for (int i = 0; i < plan->output_count; i++) {
        out[i].data = i == 0
                          ? data + count
                          : out[i - 1].data + (size_t)out[i - 1].channels * out[i - 1].plane_stride;
    }
    ANEW_TRY_GOTO(anew_executor_create(&executor, threads, error), out);
    for (int run = 0; run < 2; run++) {
        const double started = anew_seconds();
        ANEW_TRY_GOTO(anew_execute_picture(executor, plan, &in, out, NULL, error), out);
        *seconds = anew_seconds() - started;
    }
out:
    anew_executor_free(&executor);
    anew_free(data);
    return status;
}

/* Detectors take a picture of any size, past which is black. */
static int rounded_up(int size, const anew_graph *graph)
{
    const int unit = anew_graph_alignment(graph);
    return (size + unit - 1) / unit * unit;
}

anew_status anew_explain_faces(anew_explanation *e, const anew_model *model, int width, int height,
                               const anew_enhance_options *options, anew_error *error)
{
    anew_face_network n;
    anew_status status = ANEW_OK;
    const anew_face_network_options how = {.precision = options->precision,
                                           .cpu = options->cpu,
                                           .threads = options->threads,
                                           .memory = options->memory};
    *e = (anew_explanation){.strips = 1};
    ANEW_TRY_GOTO(anew_face_network_create(&n, model, (anew_options){NULL, 0}, &how, error), out);
    const bool finds = anew_detector_rank(model) >= 0;
    const int side = anew_graph_side(n.graph) > 0 ? anew_graph_side(n.graph) : ANEW_PARSER_SIDE;
    const int band = options->band > 0              ? options->band
                     : anew_graph_is_whole(n.graph) ? 0
                                                    : DETECTOR_BAND;
    e->width = finds ? rounded_up(width, n.graph) : side;
    e->height = finds ? rounded_up(height, n.graph) : side;
    ANEW_TRY_GOTO(
        anew_face_network_prepare_size(&n, e->height, e->width, band, "running it", &how, error),
        out);
    ANEW_TRY_GOTO(anew_explain_steps(e, n.plan, error), out);
    e->out_width = n.plan->outputs[0].width;
    e->out_height = n.plan->outputs[0].height;
    e->threads = n.threads;
    e->cpu = anew_isa_name(n.isa);
    e->band = band > 0 ? band : e->height;
    e->bands = (e->height + e->band - 1) / e->band;
    const int radius = anew_graph_radius(n.graph);
    e->radius = radius < side || finds ? radius : side; /* the whole face */
    e->activation_bytes = anew_execute_bytes(n.plan, n.threads);
    e->weight_bytes = n.weights->bytes;
    e->bytes = n.bytes;
    e->budget_bytes = options->memory > 0 ? options->memory : anew_default_memory();
    e->flops = n.plan->flops;
    status = time_run(&e->seconds, &n, n.threads, error);
out:
    anew_face_network_free(&n);
    if (status != ANEW_OK)
        anew_explanation_free(e);
    return status;
}
