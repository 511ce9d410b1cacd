/* exec_picture.c - runs on pictures that are in memory as floats, by way of streams, here and on an engine; and the
 * reference executor, which needs the picture in memory, behind a stream. */
#include <string.h>

#include "core/memory.h"
#include "exec/engine.h"
#include "exec/exec.h"

typedef struct two_pictures {
    const anew_picture *in, *out;
} two_pictures;

static anew_status fetch_row(void *context, int y, float *const *planes, anew_error *error)
{
    const anew_picture *in = ((const two_pictures *)context)->in;
    (void)error;
    for (int c = 0; c < in->channels; c++)
        memcpy(planes[c], in->data + (size_t)c * in->plane_stride + (size_t)y * in->row_stride,
               (size_t)in->width * sizeof(float));
    return ANEW_OK;
}

static anew_status deliver_part(void *context, int output, int y, const anew_picture *rows,
                                anew_error *error)
{
    const anew_picture *out = ((const two_pictures *)context)->out + output;
    (void)error;
    for (int c = 0; c < out->channels; c++)
        for (int r = 0; r < rows->height; r++)
            memcpy(out->data + (size_t)c * out->plane_stride + (size_t)(y + r) * out->row_stride,
                   rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride,
                   (size_t)out->width * sizeof(float));
    return ANEW_OK;
}

static anew_status deliver_rows(void *context, int y, const anew_picture *rows, anew_error *error)
{
    return deliver_part(context, 0, y, rows, error);
}

anew_status anew_execute_picture(anew_executor *executor, const anew_plan *plan,
                                 const anew_picture *in, const anew_picture *out,
                                 anew_report *report, anew_error *error)
{
    two_pictures both = {in, out};
    const anew_stream stream = {&both, fetch_row, deliver_rows, deliver_part};
    return anew_execute(executor, plan, &stream, report, error);
}

anew_status anew_engine_picture(const anew_engine *engine, const anew_weights *weights,
                                anew_precision precision, const anew_picture *in,
                                const anew_picture *out, anew_error *error)
{
    two_pictures both = {in, out};
    const anew_stream stream = {&both, fetch_row, deliver_rows, deliver_part};
    return engine->execute(engine, weights, precision, ANEW_PLAN_FULL, in->height, in->width,
                           &stream, NULL, error);
}

/* The picture as it is fetched, and for each of the two that may be under way the picture and its results. */
size_t anew_engine_bytes(const anew_weights *weights, int height, int width)
{
    const anew_graph *graph = weights->graph;
    const size_t in = anew_size_mul(anew_size_mul((size_t)height, (size_t)width),
                                    (size_t)anew_graph_node(graph, 0)->channels);
    size_t out = 0;
    for (int i = 0; i < anew_graph_output_count(graph); i++) {
        const anew_node *node = anew_graph_node(graph, anew_graph_output_at(graph, i));
        const size_t plane = anew_size_mul((size_t)anew_node_side(node, height),
                                           (size_t)anew_node_side(node, width));
        out = anew_size_add(out, anew_size_mul(plane, (size_t)node->channels));
    }
    const size_t floats = anew_size_add(anew_size_mul(3, in), anew_size_mul(2, out));
    return anew_size_add(weights->bytes, anew_size_mul(floats, sizeof(float)));
}

/* A picture of its own memory; NULL data where there is none. */
static anew_picture new_picture(int channels, int height, int width)
{
    const size_t plane = anew_size_mul((size_t)height, (size_t)width);
    float *data = anew_alloc(anew_size_mul(anew_size_mul(plane, (size_t)channels), sizeof(float)));
    return (anew_picture){data, channels, height, width, plane, (size_t)width};
}

anew_status anew_execute_ref_stream(const anew_graph *graph, anew_isa isa, int height, int width,
                                    const anew_stream *stream, anew_report *report,
                                    anew_error *error)
{
    const int count = anew_graph_output_count(graph);
    anew_status status = ANEW_OK;
    anew_picture out[ANEW_MAX_OUTPUTS];
    const anew_picture in = new_picture(anew_graph_node(graph, 0)->channels, height, width);
    bool complete = in.data != NULL;
    for (int i = 0; i < count; i++) {
        const anew_node *node = anew_graph_node(graph, anew_graph_output_at(graph, i));
        out[i] =
            new_picture(node->channels, anew_node_side(node, height), anew_node_side(node, width));
        complete = complete && out[i].data != NULL;
    }
    if (!complete) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a %dx%d picture as floats",
                           width, height);
        goto out;
    }
    for (int y = 0; y < height; y++) {
        float *planes[ANEW_MAX_SOURCE_BLOCKS];
        for (int c = 0; c < in.channels; c++)
            planes[c] = in.data + (size_t)c * in.plane_stride + (size_t)y * in.row_stride;
        ANEW_TRY_GOTO(stream->fetch(stream->context, y, planes, error), out);
    }
    const double started = anew_seconds();
    ANEW_TRY_GOTO(anew_execute_ref(graph, isa, &in, out, NULL, NULL, error), out);
    if (report != NULL)
        report->network_seconds += anew_seconds() - started;
    if (count == 1)
        status = stream->deliver(stream->context, 0, &out[0], error);
    for (int i = 0; count > 1 && i < count && status == ANEW_OK; i++)
        status = stream->deliver_part(stream->context, i, 0, &out[i], error);
out:
    anew_free(in.data);
    for (int i = 0; i < count; i++)
        anew_free(out[i].data);
    return status;
}
