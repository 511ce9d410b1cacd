/* finish.c - which tools are on, and their order. */
#include "finish/finish.h"

#include <math.h>

#include "finish/project.h"
#include "image/bleed.h"

bool anew_finish_needs_input(const anew_finish_options *o)
{
    return anew_finish_needs_result(o) || anew_tone_needs_input(&o->tone);
}

bool anew_finish_needs_result(const anew_finish_options *o)
{
    return o->faithful > 0 || o->colour_lock > 0;
}

bool anew_finish_is_on(const anew_finish_options *o)
{
    return anew_finish_needs_result(o) || anew_tone_is_on(&o->tone);
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

anew_status anew_finish_whole(anew_image *result, anew_finish_report *report,
                              const anew_planes *reference, int depth,
                              const anew_finish_options *options,
                              const anew_finish_machine *machine, anew_error *error)
{
    anew_planes small = {0};
    anew_status status = ANEW_OK;
    *report = (anew_finish_report){.faithful_before = NAN, .faithful = NAN};
    if (!(options->faithful > 0) && !(options->colour_lock > 0))
        return ANEW_OK;
    ANEW_TRY_GOTO(anew_projection_grid(&small, reference, result, machine, error), out);
    const anew_planes *wanted = small.data != NULL ? &small : reference;
    if (options->colour_lock > 0)
        ANEW_TRY_GOTO(anew_colour_lock(result, wanted, options->colour_lock, machine, error), out);
    if (options->faithful > 0)
        status =
            anew_back_project(result, report, wanted, options->faithful, depth, machine, error);
out:
    anew_planes_free(&small);
    return status;
}
