/* project.c - the result's rows down to the input's size, the difference, and its way back. */
#include "finish/project.h"

#include <math.h>

#include "core/memory.h"
#include "finish/smooth.h"
#include "image/resize.h"

/* Rows of the result that are made planar at a time. */
#define PIECE 16

/* Rounds after which what is not reached is not to be reached: one leaves about two thirds of what lies at the highest
 * frequency that the input holds, and less of all others. */
#define MOST_ROUNDS 40

/* A round that gains less is the last. */
#define LEAST_GAIN 0.02

typedef struct comparison {
    const anew_planes *wanted;
    anew_planes *lack; /* wanted - downscaled result */
    double squares;
} comparison;

static anew_status compare_rows(void *context, int y, const anew_plane_rows *rows,
                                anew_error *error)
{
    comparison *c = context;
    (void)error;
    for (int channel = 0; channel < rows->channels; channel++)
        for (int i = 0; i < rows->height; i++) {
            const size_t at = ((size_t)channel * (size_t)c->wanted->height + (size_t)(y + i)) *
                              (size_t)c->wanted->width;
            const float *row =
                rows->data + (size_t)channel * rows->plane_stride + (size_t)i * rows->row_stride;
            for (int x = 0; x < rows->width; x++) {
                const float d = c->wanted->data[at + (size_t)x] - row[x];
                c->lack->data[at + (size_t)x] = d;
                c->squares += (double)d * (double)d;
            }
        }
    return ANEW_OK;
}

/* As a file of that depth will hold it. */
static void round_row(float *row, int width, int depth)
{
    const float full = depth == 8 ? 255.0f : 65535.0f;
    for (int x = 0; depth < 32 && x < width; x++)
        row[x] = (float)lrintf(row[x] * full) / full;
}

static anew_resize_shape whole_resize(const anew_image *from, int channels, int width, int height)
{
    return (anew_resize_shape){.channels = channels,
                               .src_width = from->width,
                               .src_height = from->height,
                               .dst_width = width,
                               .dst_height = height,
                               .dst_last = width,
                               .src_last = from->width,
                               .filter = ANEW_FILTER_CUBIC};
}

/* What the result, rounded to `depth` bits and downscaled, lacks of what is wanted; *decibels: how far apart they are,
 * infinite where they are equal. */
static anew_status compare(anew_planes *lack, double *decibels, const anew_image *result,
                           const anew_planes *wanted, int depth, const anew_finish_machine *machine,
                           anew_error *error)
{
    const anew_resize_shape shape =
        whole_resize(result, wanted->channels, wanted->width, wanted->height);
    anew_resizer *resizer = NULL;
    anew_planes piece = {0};
    comparison c = {wanted, lack, 0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(anew_planes_create(&piece, wanted->channels, PIECE, result->width, error), out);
    ANEW_TRY_GOTO(anew_resizer_create(&resizer, &shape, machine->kernels, machine->threads, error),
                  out);
    for (int y = 0; y < result->height; y += PIECE) {
        const int rows = result->height - y < PIECE ? result->height - y : PIECE;
        for (int channel = 0; channel < piece.channels; channel++)
            for (int i = 0; i < rows; i++) {
                float *row =
                    piece.data + ((size_t)channel * PIECE + (size_t)i) * (size_t)piece.width;
                anew_row_from_image(row, result, channel, y + i, 0, piece.width);
                round_row(row, piece.width, depth);
            }
        const anew_plane_rows part = {
            piece.data,         piece.channels, rows, piece.width, PIECE * (size_t)piece.width,
            (size_t)piece.width};
        ANEW_TRY_GOTO(anew_resizer_push(resizer, &part, compare_rows, &c, error), out);
    }
    const double samples = (double)wanted->channels * wanted->height * wanted->width;
    *decibels = c.squares == 0 ? HUGE_VAL : 10 * log10(samples / c.squares);
out:
    anew_resizer_free(&resizer);
    anew_planes_free(&piece);
    return status;
}

typedef struct addition {
    anew_image *result;
    float share;
} addition;

static anew_status add_rows(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    const addition *a = context;
    const size_t step = (size_t)a->result->channels;
    (void)error;
    for (int channel = 0; channel < rows->channels; channel++)
        for (int i = 0; i < rows->height; i++) {
            const float *row =
                rows->data + (size_t)channel * rows->plane_stride + (size_t)i * rows->row_stride;
            float *to = (float *)a->result->pixels +
                        (size_t)(y + i) * (size_t)a->result->width * step + (size_t)channel;
            for (int x = 0; x < rows->width; x++) {
                const float v = to[(size_t)x * step] + a->share * row[x];
                to[(size_t)x * step] = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    return ANEW_OK;
}

anew_status anew_add_enlarged(anew_image *result, const anew_planes *lack, double share,
                              const anew_finish_machine *machine, anew_error *error)
{
    const anew_image from = {.width = lack->width, .height = lack->height};
    const anew_resize_shape shape =
        whole_resize(&from, lack->channels, result->width, result->height);
    const anew_plane_rows all = {lack->data,
                                 lack->channels,
                                 lack->height,
                                 lack->width,
                                 (size_t)lack->height * (size_t)lack->width,
                                 (size_t)lack->width};
    anew_resizer *resizer = NULL;
    addition a = {result, (float)share};
    ANEW_TRY(anew_resizer_create(&resizer, &shape, machine->kernels, machine->threads, error));
    const anew_status status = anew_resizer_push(resizer, &all, add_rows, &a, error);
    anew_resizer_free(&resizer);
    return status;
}

anew_status anew_projection_grid(anew_planes *grid, const anew_planes *input,
                                 const anew_image *result, const anew_finish_machine *machine,
                                 anew_error *error)
{
    const int width = input->width < result->width ? input->width : result->width;
    const int height = input->height < result->height ? input->height : result->height;
    *grid = (anew_planes){0};
    if (width == input->width && height == input->height)
        return ANEW_OK;
    ANEW_TRY(anew_planes_create(grid, input->channels, height, width, error));
    return anew_planes_resize(grid, input, ANEW_FILTER_CUBIC, machine->kernels, machine->threads,
                              error);
}

anew_status anew_back_project(anew_image *result, anew_finish_report *report,
                              const anew_planes *wanted, double decibels, int depth,
                              const anew_finish_machine *machine, anew_error *error)
{
    anew_planes lack = {0};
    anew_status status = ANEW_OK;
    double last = -HUGE_VAL;
    ANEW_TRY_GOTO(anew_planes_create(&lack, wanted->channels, wanted->height, wanted->width, error),
                  out);
    for (report->rounds = 0;; report->rounds++) {
        ANEW_TRY_GOTO(compare(&lack, &report->faithful, result, wanted, depth, machine, error),
                      out);
        if (report->rounds == 0)
            report->faithful_before = report->faithful;
        if (report->faithful >= decibels || report->rounds == MOST_ROUNDS ||
            report->faithful - last < LEAST_GAIN)
            break;
        last = report->faithful;
        ANEW_TRY_GOTO(anew_add_enlarged(result, &lack, 1, machine, error), out);
    }
out:
    anew_planes_free(&lack);
    return status;
}

anew_status anew_colour_lock(anew_image *result, const anew_planes *wanted, double share,
                             const anew_finish_machine *machine, anew_error *error)
{
    anew_planes lack = {0};
    anew_status status = ANEW_OK;
    double unused = 0;
    ANEW_TRY_GOTO(anew_planes_create(&lack, wanted->channels, wanted->height, wanted->width, error),
                  out);
    ANEW_TRY_GOTO(compare(&lack, &unused, result, wanted, 32, machine, error), out);
    ANEW_TRY_GOTO(anew_smooth_planes(&lack, ANEW_LOCK_SIGMA, machine->threads, error), out);
    status = anew_add_enlarged(result, &lack, share, machine, error);
out:
    anew_planes_free(&lack);
    return status;
}
