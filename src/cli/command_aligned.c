/*
 * command_aligned.c - `anew CROP... --aligned`: pictures that are aligned faces already. Each is brought to the square
 * that the network takes, restored, and written at that size; no detector, no enlargement.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/events.h"
#include "cli/inputs.h"
#include "cli/mend.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "image/resize.h"
#include "kernels/kernels.h"

typedef struct run {
    const cli_options *options;
    anew_face_restorer *restorer;
    const anew_row_kernels *kernels;
    cli_events events;
} run;

/* Channels first .. first + to->channels of the image, at the size of `to`. */
static anew_status channels_at(anew_planes *to, const anew_image *image, int first, const run *r,
                               anew_error *error)
{
    anew_planes whole = {0};
    anew_status status = ANEW_OK;
    if (image->width == to->width && image->height == to->height) {
        anew_planes_from_image(to, image, first);
        return ANEW_OK;
    }
    ANEW_TRY(anew_planes_create(&whole, to->channels, image->height, image->width, error));
    anew_planes_from_image(&whole, image, first);
    status = anew_planes_resize(to, &whole, ANEW_FILTER_LANCZOS3, r->kernels,
                                anew_parallel_threads(), error);
    anew_planes_free(&whole);
    return status;
}

/* The part `strength` of the way from the crop to what is made of it; a gray picture's luma. */
static void mix(anew_planes *crop, const anew_planes *restored, double strength, bool gray)
{
    const size_t plane = (size_t)crop->height * (size_t)crop->width;
    const float part = (float)strength;
    const float *to = restored->data;
    for (size_t i = 0; i < (gray ? 1 : 3) * plane; i++) {
        const float wanted =
            gray ? 0.299f * to[i] + 0.587f * to[plane + i] + 0.114f * to[2 * plane + i] : to[i];
        crop->data[i] += part * (wanted - crop->data[i]);
    }
}

static anew_status restore_image(anew_image *out, const anew_image *in, const run *r,
                                 anew_error *error)
{
    const int side = anew_face_restorer_side(r->restorer);
    const size_t plane = (size_t)side * (size_t)side;
    const bool gray = in->channels < 3, alpha = in->channels % 2 == 0;
    anew_planes crop = {0}, restored = {0}, cover = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(anew_planes_create(&crop, 3, side, side, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&restored, 3, side, side, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&cover, 1, side, side, error), out);
    ANEW_TRY_GOTO(anew_image_create(out, side, side, in->channels, in->depth, error), out);
    anew_planes colours = crop;
    colours.channels = gray ? 1 : 3;
    ANEW_TRY_GOTO(channels_at(&colours, in, 0, r, error), out);
    for (size_t i = 0; gray && i < plane; i++)
        crop.data[plane + i] = crop.data[2 * plane + i] = crop.data[i];
    ANEW_TRY_GOTO(anew_face_restorer_run(r->restorer, &restored, &crop, error), out);
    mix(&crop, &restored, r->options->faces.strength, gray);
    anew_planes_to_image(out, &colours, 0);
    if (alpha) {
        ANEW_TRY_GOTO(channels_at(&cover, in, in->channels - 1, r, error), out);
        anew_planes_to_image(out, &cover, in->channels - 1);
    }
out:
    anew_planes_free(&cover);
    anew_planes_free(&restored);
    anew_planes_free(&crop);
    return status;
}

static anew_status restore_one(run *r, const cli_input *input, anew_error *error)
{
    const cli_options *o = r->options;
    const double started = anew_seconds();
    anew_image_reader *reader = NULL;
    anew_image shape = {0}, in = {0}, out = {0};
    anew_image_options options = o->image;
    anew_format format = ANEW_FORMAT_UNKNOWN;
    char *path = NULL;
    bool skip = false;
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(cli_choose_output(&path, &format, &skip, input, o, 1, error), out);
    if (skip) {
        cli_event_skipped(&r->events, input->path, path);
        goto out;
    }
    ANEW_TRY_GOTO(anew_image_reader_open(&reader, &shape, input->path, &o->limits, error), out);
    if (shape.width != shape.height) {
        status = anew_fail(error, ANEW_ERROR_ARGUMENT,
                           "%s: has %dx%d pixels; an aligned crop is a square (--faces finds and "
                           "aligns the faces of any picture)",
                           input->path, shape.width, shape.height);
        goto out;
    }
    const int side = anew_face_restorer_side(r->restorer);
    ANEW_TRY_GOTO(anew_format_accepts(format, side, side, shape.channels, shape.depth, path, error),
                  out);
    ANEW_TRY_GOTO(anew_image_reader_all(reader, &in, error), out);
    ANEW_TRY_GOTO(restore_image(&out, &in, r, error), out);
    if (input->folder != NULL)
        ANEW_TRY_GOTO(cli_make_folder(input->folder, error), out);
    options.metadata = anew_image_reader_metadata(reader);
    options.keep_existing = !o->force;
    ANEW_TRY_GOTO(anew_image_write(&out, path, format, &options, error), out);
    cli_event_done(&r->events, input->path, path, &shape, &out, 1, anew_seconds() - started, NULL,
                   NULL, NULL, NULL);
out:
    anew_image_free(&out);
    anew_image_free(&in);
    anew_image_reader_close(&reader);
    anew_free(path);
    return status;
}

int command_aligned(const cli_options *options)
{
    run r = {.options = options};
    cli_mender mender = {0};
    cli_inputs inputs = {0};
    anew_error error = {0};
    anew_isa isa;
    int code = EXIT_FAILED;
    const bool to_stdout = options->output != NULL && strcmp(options->output, "-") == 0;
    if (!anew_isa_detect(&isa, options->enhance.cpu)) {
        cli_complain("ANEW_CPU=%s: must be %s", options->enhance.cpu, anew_isa_names());
        return EXIT_USAGE;
    }
    if (options->journal != NULL || options->report != NULL) {
        fprintf(stderr, "anew: --aligned and --%s exclude each other\n",
                options->journal != NULL ? "journal" : "report");
        return EXIT_USAGE;
    }
    if (cli_inputs_collect(&inputs, options, 1, &error) != ANEW_OK ||
        cli_mender_open(&mender, options, &error) != ANEW_OK) {
        cli_complain_error(&error);
        goto out;
    }
    r.restorer = mender.restorer;
    r.kernels = anew_row_kernels_for(isa);
    r.events = (cli_events){.options = options,
                            .to = to_stdout ? stderr : stdout,
                            .screen = {.mutex = PTHREAD_MUTEX_INITIALIZER},
                            .pictures = inputs.count,
                            .started = anew_seconds()};
    for (size_t i = 0; i < inputs.count; i++)
        if (restore_one(&r, &inputs.list[i], &error) != ANEW_OK)
            cli_event_failed(&r.events, inputs.list[i].path, &error);
    cli_event_summary(&r.events);
    code = r.events.failed == 0 ? EXIT_DONE : EXIT_FAILED;
out:
    cli_final_report_free(&r.events.report);
    cli_mender_close(&mender);
    cli_inputs_free(&inputs);
    return code;
}
