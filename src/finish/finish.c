/* finish.c - which tools are on, and their order. */
#include "finish/finish.h"

#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "finish/project.h"
#include "finish/sharpen.h"
#include "finish/texture.h"
#include "image/bleed.h"

static bool keeps_grain(const anew_finish_options *o)
{
    return o->grain > 0 && !o->grain_seeded;
}

bool anew_finish_needs_input(const anew_finish_options *o)
{
    return anew_finish_needs_result(o) || anew_tone_needs_input(&o->tone);
}

bool anew_finish_needs_result(const anew_finish_options *o)
{
    return o->faithful > 0 || o->colour_lock > 0 || o->guard > 0 || keeps_grain(o);
}

bool anew_finish_is_on(const anew_finish_options *o)
{
    return anew_finish_needs_result(o) || o->sharpen > 0 || o->grain > 0 ||
           anew_tone_is_on(&o->tone);
}

anew_status anew_finish_reference(anew_planes *reference, const anew_image *input,
                                  anew_error *error)
{
    const bool alpha = input->channels == 2 || input->channels == 4;
    ANEW_TRY(anew_planes_create(reference, input->channels >= 3 ? 3 : 1, input->height,
                                input->width, error));
    anew_planes_from_image(reference, input, 0);
    const size_t plane = (size_t)input->height * (size_t)input->width;
    for (int y = 0; alpha && y < input->height; y++) {
        float *rows[3];
        for (int c = 0; c < reference->channels; c++)
            rows[c] = reference->data + (size_t)c * plane + (size_t)y * (size_t)input->width;
        anew_bleed_row(rows, input, y, 0, input->width);
    }
    return ANEW_OK;
}

static anew_status store_sharpened(void *context, int y, const anew_image *part, anew_error *error)
{
    anew_image *result = context;
    const size_t row = (size_t)part->width * (size_t)part->channels;
    (void)error;
    memcpy((float *)result->pixels + (size_t)y * row, part->pixels,
           (size_t)part->height * row * sizeof(float));
    return ANEW_OK;
}

static anew_status sharpen_whole(anew_image *result, double strength, int threads,
                                 anew_error *error)
{
    anew_sharpener *sharpener = NULL;
    ANEW_TRY(anew_sharpener_create(&sharpener, result, strength, threads, error));
    const anew_status status =
        anew_sharpener_push(sharpener, result, store_sharpened, result, error);
    anew_sharpener_free(&sharpener);
    return status;
}

typedef struct graining {
    anew_image *result;
    const anew_finish_options *options;
} graining;

static void grain_rows(void *context, int first, int last, int worker)
{
    const graining *g = context;
    const size_t step = (size_t)g->result->channels;
    (void)worker;
    for (int y = first; y < last; y++) {
        float *row = (float *)g->result->pixels + (size_t)y * (size_t)g->result->width * step;
        float *const rows[3] = {row, row + 1,
                                row + 2}; /* the latter two are not looked at in gray */
        anew_grain_row(rows, step, g->result->channels, y, g->result->width, g->options->grain,
                       g->options->grain_seed);
    }
}

anew_status anew_finish_whole(anew_image *result, anew_finish_report *report,
                              const anew_planes *reference, int depth,
                              const anew_finish_options *options,
                              const anew_finish_machine *machine, anew_error *error)
{
    anew_planes small = {0};
    anew_status status = ANEW_OK;
    graining grain = {result, options};
    *report = (anew_finish_report){.faithful_before = NAN, .faithful = NAN};
    ANEW_TRY_GOTO(anew_projection_grid(&small, reference, result, machine, error), out);
    const anew_planes *wanted = small.data != NULL ? &small : reference;
    if (options->guard > 0)
        ANEW_TRY_GOTO(anew_guard_flat(result, wanted, options->guard, machine, error), out);
    if (options->colour_lock > 0)
        ANEW_TRY_GOTO(anew_colour_lock(result, wanted, options->colour_lock, machine, error), out);
    if (options->sharpen > 0)
        ANEW_TRY_GOTO(sharpen_whole(result, options->sharpen, machine->threads, error), out);
    if (keeps_grain(options))
        ANEW_TRY_GOTO(anew_keep_grain(result, wanted, options->grain, machine, error), out);
    else if (options->grain > 0)
        anew_parallel_for(machine->threads, result->height, 8, grain_rows, &grain);
    if (options->faithful > 0)
        status =
            anew_back_project(result, report, wanted, options->faithful, depth, machine, error);
out:
    anew_planes_free(&small);
    return status;
}
