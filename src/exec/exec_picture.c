/* exec_picture.c - runs on pictures that are in memory as floats, by way of streams; and the reference
 * executor, which needs the picture in memory, behind a stream. */
#include <string.h>

#include "core/memory.h"
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

static anew_status deliver_rows(void *context, int y, const anew_picture *rows, anew_error *error)
{
    const anew_picture *out = ((const two_pictures *)context)->out;
    (void)error;
    for (int c = 0; c < out->channels; c++)
        for (int r = 0; r < rows->height; r++)
            memcpy(out->data + (size_t)c * out->plane_stride + (size_t)(y + r) * out->row_stride,
                   rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride,
                   (size_t)out->width * sizeof(float));
    return ANEW_OK;
}

anew_status anew_execute_picture(anew_executor *executor, const anew_plan *plan,
                                 const anew_picture *in, const anew_picture *out,
                                 anew_report *report, anew_error *error)
{
    two_pictures both = {in, out};
    const anew_stream stream = {&both, fetch_row, deliver_rows};
    return anew_execute(executor, plan, &stream, report, error);
}

anew_status anew_execute_ref_stream(const anew_graph *graph, anew_isa isa, int height, int width,
                                    const anew_stream *stream, anew_report *report,
                                    anew_error *error)
{
    const int in_channels = anew_graph_node(graph, 0)->channels;
    const int out_channels = anew_graph_node(graph, anew_graph_output(graph))->channels;
    const int scale = anew_graph_scale(graph);
    const size_t in_plane = anew_size_mul((size_t)height, (size_t)width);
    const size_t out_plane = anew_size_mul(in_plane, (size_t)scale * (size_t)scale);
    float *in_data =
        anew_alloc(anew_size_mul(anew_size_mul(in_plane, (size_t)in_channels), sizeof(float)));
    float *out_data =
        anew_alloc(anew_size_mul(anew_size_mul(out_plane, (size_t)out_channels), sizeof(float)));
    const anew_picture in = {in_data, in_channels, height, width, in_plane, (size_t)width};
    const anew_picture out = {out_data,      out_channels, height * scale,
                              width * scale, out_plane,    (size_t)width * (size_t)scale};
    anew_status status = ANEW_OK;
    if (in_data == NULL || out_data == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a %dx%d picture as floats",
                           width, height);
        goto out;
    }
    for (int y = 0; y < height; y++) {
        float *planes[ANEW_MAX_SOURCE_BLOCKS];
        for (int c = 0; c < in_channels; c++)
            planes[c] = in_data + (size_t)c * in_plane + (size_t)y * (size_t)width;
        ANEW_TRY_GOTO(stream->fetch(stream->context, y, planes, error), out);
    }
    const double started = anew_seconds();
    ANEW_TRY_GOTO(anew_execute_ref(graph, isa, &in, &out, NULL, NULL, error), out);
    if (report != NULL)
        report->network_seconds += anew_seconds() - started;
    status = stream->deliver(stream->context, 0, &out, error);
out:
    anew_free(in_data);
    anew_free(out_data);
    return status;
}
