/* plain.c - rows of pixels -> planes -> Lanczos -> rows of pixels. */
#include "pipeline/plain.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "image/bleed.h"
#include "image/transfer.h"

#define RESULT_ROWS 16 /* handed on at a time */

struct anew_plain {
    anew_planes row;   /* of the picture */
    anew_image result; /* some rows */
    anew_resizer *resizer;
    const anew_row_kernels *kernels;
    int colours; /* channels without alpha */
    bool alpha, linear;
    /* During a push. */
    anew_status (*rows)(void *context, const anew_image *part, anew_error *error);
    void *context;
};

anew_status anew_plain_create(anew_plain **plain, const anew_image *in, const anew_image *out,
                              const anew_enhance_options *options, anew_error *error)
{
    const anew_resize_shape shape = {.channels = in->channels,
                                     .src_width = in->width,
                                     .src_height = in->height,
                                     .dst_width = out->width,
                                     .dst_height = out->height,
                                     .dst_last = out->width,
                                     .src_last = in->width,
                                     .filter = options->filter};
    const int threads = options->threads > 0 ? options->threads : anew_parallel_threads();
    anew_isa isa;
    anew_status status = ANEW_OK;
    *plain = NULL;
    if (!anew_isa_detect(&isa, options->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "'%s' is no CPU level of this build; use %s",
                         options->cpu, anew_isa_names());
    anew_plain *p = *plain = anew_alloc_zero(sizeof *p);
    if (p == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize %dx%d pixels", in->width,
                         in->height);
    p->kernels = anew_row_kernels_for(isa);
    p->colours = in->channels >= 3 ? 3 : 1;
    p->alpha = in->channels > p->colours;
    p->linear = options->linear && (in->width != out->width || in->height != out->height);
    ANEW_TRY_GOTO(anew_planes_create(&p->row, in->channels, 1, in->width, error), fail);
    ANEW_TRY_GOTO(anew_image_create(&p->result, out->width,
                                    out->height < RESULT_ROWS ? out->height : RESULT_ROWS,
                                    out->channels, out->depth, error),
                  fail);
    ANEW_TRY_GOTO(anew_resizer_create(&p->resizer, &shape, p->kernels, threads, error), fail);
    return ANEW_OK;
fail:
    anew_plain_free(plain);
    return status;
}

const anew_row_kernels *anew_plain_kernels(const anew_plain *plain)
{
    return plain->kernels;
}

void anew_plain_free(anew_plain **plain)
{
    if (*plain == NULL)
        return;
    anew_resizer_free(&(*plain)->resizer);
    anew_planes_free(&(*plain)->row);
    anew_image_free(&(*plain)->result);
    anew_free(*plain);
    *plain = NULL;
}

static anew_status deliver(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    anew_plain *p = context;
    (void)y;
    for (int first = 0; first < rows->height; first += p->result.height) {
        const int left = rows->height - first;
        anew_plane_rows part = *rows;
        anew_image filled = p->result;
        part.data += (size_t)first * rows->row_stride;
        part.height = filled.height = left < p->result.height ? left : p->result.height;
        for (int c = 0; p->linear && c < p->colours; c++)
            for (int row = 0; row < part.height; row++)
                anew_linear_to_srgb(part.data + (size_t)c * part.plane_stride +
                                        (size_t)row * part.row_stride,
                                    part.width);
        anew_rows_to_image_by(p->kernels, &filled, &part, 0, 0, 0);
        ANEW_TRY(p->rows(p->context, &filled, error));
    }
    return ANEW_OK;
}

anew_status anew_plain_push(anew_plain *plain, const anew_image *image, int y,
                            anew_status (*rows)(void *context, const anew_image *part,
                                                anew_error *error),
                            void *context, anew_error *error)
{
    anew_planes *row = &plain->row;
    float *planes[4] = {NULL};
    for (int c = 0; c < row->channels; c++) {
        planes[c] = row->data + (size_t)c * (size_t)row->width;
        anew_row_from_image_by(plain->kernels, planes[c], image, c, y, 0, row->width);
    }
    if (plain->alpha) {
        /* Gray has one plane; the same value is written three times. */
        float *const colours[3] = {planes[0], row->channels == 2 ? planes[0] : planes[1],
                                   row->channels == 2 ? planes[0] : planes[2]};
        anew_bleed_row(colours, image, y, 0, row->width);
    }
    for (int c = 0; plain->linear && c < plain->colours; c++)
        anew_srgb_to_linear(planes[c], row->width);
    const anew_plane_rows one = {row->data,  row->channels,      1,
                                 row->width, (size_t)row->width, (size_t)row->width};
    plain->rows = rows;
    plain->context = context;
    return anew_resizer_push(plain->resizer, &one, deliver, plain, error);
}

anew_status anew_plain_rows(const anew_row_sink *sink, const anew_row_source *source,
                            const anew_image *shape, int width, int height,
                            const anew_enhance_options *options, anew_error *error)
{
    const int depth = options->depth > 0 ? options->depth : shape->depth;
    const anew_image result = {width, height, shape->channels, depth, NULL};
    const bool whole = shape->channels == 2 || shape->channels == 4;
    anew_plain *plain = NULL;
    anew_image in = {0};
    anew_status status = ANEW_OK;
    if (whole)
        ANEW_TRY_GOTO(source->all(source->context, &in, error), out);
    else
        ANEW_TRY_GOTO(anew_image_create(&in, shape->width, 1, shape->channels, shape->depth, error),
                      out);
    ANEW_TRY_GOTO(anew_plain_create(&plain, shape, &result, options, error), out);
    ANEW_TRY_GOTO(sink->begin(sink->context, &result, error), out);
    for (int y = 0; y < shape->height; y++) {
        if (!whole)
            ANEW_TRY_GOTO(source->rows(source->context, in.pixels, 1, error), out);
        ANEW_TRY_GOTO(anew_plain_push(plain, &in, whole ? y : 0, sink->rows, sink->context, error),
                      out);
        if (options->progress != NULL &&
            !options->progress(options->progress_context, y + 1, shape->height)) {
            status = anew_fail(error, ANEW_ERROR_CANCELLED, "cancelled");
            goto out;
        }
    }
out:
    anew_plain_free(&plain);
    anew_image_free(&in);
    return status;
}
