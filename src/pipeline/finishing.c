/* finishing.c - rows of floats in, finished rows of the file's depth out. */
#include "pipeline/finishing.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "finish/sharpen.h"
#include "finish/texture.h"

/* Rows that are handed on at a time. */
#define PIECE 64

/* Channels of a picture, at most. */
#define ROWS 4

struct anew_finishing {
    anew_finish_options options;
    anew_finish_machine machine;
    anew_finish_report report;
    anew_planes reference; /* the input */
    anew_tone tone;
    anew_sharpener *sharpener; /* where the result is not kept */
    const anew_row_sink *to;
    anew_image whole; /* the result, where it is kept; 32 bits */
    anew_image piece; /* rows as they are handed on */
    float *rows;      /* [threads][ROWS][width]: of all channels */
    int depth, next;  /* row of `whole` */
    int handed;       /* rows handed on */
};

anew_status anew_finishing_create(anew_finishing **finishing, const anew_finish_options *options,
                                  const anew_image *input, int channels, int depth,
                                  const anew_enhance_options *enhance, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_isa isa;
    *finishing = NULL;
    if (!anew_isa_detect(&isa, enhance->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "'%s' is no CPU level of this build; use %s",
                         enhance->cpu, anew_isa_names());
    anew_finishing *f = anew_alloc_zero(sizeof *f);
    if (f == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to finish a picture");
    f->options = *options;
    f->depth = depth;
    f->report = (anew_finish_report){.faithful_before = NAN, .faithful = NAN};
    f->machine = (anew_finish_machine){.kernels = anew_row_kernels_for(isa),
                                       .threads = enhance->threads > 0 ? enhance->threads
                                                                       : anew_parallel_threads()};
    if (anew_finish_needs_input(options))
        ANEW_TRY_GOTO(anew_finish_reference(&f->reference, input, error), fail);
    anew_tone_create(&f->tone, &f->reference, channels, &options->tone);
    *finishing = f;
    return ANEW_OK;
fail:
    anew_finishing_free(&f);
    return status;
}

void anew_finishing_free(anew_finishing **finishing)
{
    anew_finishing *f = *finishing;
    if (f == NULL)
        return;
    anew_planes_free(&f->reference);
    anew_sharpener_free(&f->sharpener);
    anew_image_free(&f->whole);
    anew_image_free(&f->piece);
    anew_free(f->rows);
    anew_free(f);
    *finishing = NULL;
}

const anew_finish_report *anew_finishing_report(const anew_finishing *finishing)
{
    return &finishing->report;
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    anew_finishing *f = context;
    anew_image handed = *shape;
    handed.depth = f->depth;
    f->next = f->handed = 0;
    if (anew_finish_needs_result(&f->options))
        ANEW_TRY(
            anew_image_create(&f->whole, shape->width, shape->height, shape->channels, 32, error));
    else if (f->options.sharpen > 0)
        ANEW_TRY(anew_sharpener_create(&f->sharpener, shape, f->options.sharpen, f->machine.threads,
                                       error));
    ANEW_TRY(anew_image_create(&f->piece, shape->width,
                               shape->height < PIECE ? shape->height : PIECE, shape->channels,
                               f->depth, error));
    f->rows = anew_alloc(anew_size_mul(
        anew_size_mul((size_t)f->machine.threads * ROWS, (size_t)shape->width), sizeof(float)));
    if (f->rows == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to finish a picture");
    return f->to->begin(f->to->context, &handed, error);
}

typedef struct rounding {
    anew_finishing *finishing;
    anew_image part; /* rows of floats, as many as the piece takes at most */
    int y;           /* the first one's place in the picture */
} rounding;

static void round_rows(void *context, int first, int last, int worker)
{
    const rounding *r = context;
    anew_finishing *f = r->finishing;
    const size_t width = (size_t)r->part.width;
    float *rows = f->rows + (size_t)worker * ROWS * width;
    float *const each[ROWS] = {rows, rows + width, rows + 2 * width, rows + 3 * width};
    const anew_plane_rows all = {rows, r->part.channels, 1, r->part.width, width, width};
    for (int y = first; y < last; y++) {
        for (int c = 0; c < r->part.channels; c++)
            anew_row_from_image_by(f->machine.kernels, each[c], &r->part, c, y, 0, r->part.width);
        if (f->options.grain > 0 && f->whole.pixels == NULL)
            anew_grain_row(each, 1, r->part.channels, r->y + y, r->part.width, f->options.grain,
                           f->options.grain_seed);
        if (anew_tone_is_on(&f->options.tone))
            anew_tone_row(each, r->part.width, &f->tone);
        anew_rows_to_image_by(f->machine.kernels, &f->piece, &all, 0, y, 0);
    }
}

/* Finished rows of floats to the sink, as its depth wants them. */
static anew_status hand_on(anew_finishing *f, const anew_image *rows, anew_error *error)
{
    const int height = f->piece.height;
    const size_t row = (size_t)rows->width * (size_t)rows->channels;
    anew_status status = ANEW_OK;
    for (int y = 0; status == ANEW_OK && y < rows->height; y += height) {
        rounding r = {f, *rows, f->handed};
        r.part.pixels = (float *)rows->pixels + (size_t)y * row;
        r.part.height = rows->height - y < height ? rows->height - y : height;
        anew_parallel_for(f->machine.threads, r.part.height, 4, round_rows, &r);
        f->handed += r.part.height;
        anew_image part = f->piece;
        part.height = r.part.height;
        status = f->to->rows(f->to->context, &part, error);
    }
    return status;
}

static anew_status hand_on_sharpened(void *context, int y, const anew_image *part,
                                     anew_error *error)
{
    (void)y;
    return hand_on(context, part, error);
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    anew_finishing *f = context;
    if (f->sharpener != NULL)
        return anew_sharpener_push(f->sharpener, part, hand_on_sharpened, f, error);
    if (f->whole.pixels == NULL)
        return hand_on(f, part, error);
    const size_t row = (size_t)part->width * (size_t)part->channels;
    memcpy((float *)f->whole.pixels + (size_t)f->next * row, part->pixels,
           (size_t)part->height * row * sizeof(float));
    f->next += part->height;
    if (f->next < f->whole.height)
        return ANEW_OK;
    ANEW_TRY(anew_finish_whole(&f->whole, &f->report, &f->reference, f->depth, &f->options,
                               &f->machine, error));
    return hand_on(f, &f->whole, error);
}

anew_row_sink anew_finishing_sink(anew_finishing *finishing, const anew_row_sink *to)
{
    finishing->to = to;
    return (anew_row_sink){finishing, begin, take_rows};
}
