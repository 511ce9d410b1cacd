/*
 * restorer.c - anew_restorer of anew.h: the pipeline of faces.c on a picture in the caller's memory. Weights are packed
 * at the first run, and again where a setting that they depend on has changed since.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "pipeline/face_choice.h"

struct anew_restorer {
    const anew_model *model, *parser_model;
    anew_detector *detector;
    anew_face_options options;
    anew_enhance_options how;
    int side;
    anew_face_restorer *ready; /* NULL: to be made, by the settings as they are then */
    anew_face_parser *parser;
};

/* ---- life and settings -------------------------------------------------------------------------------------- */

static void forget(anew_restorer *r)
{
    anew_face_restorer_close(&r->ready);
    anew_face_parser_close(&r->parser);
}

anew_status anew_restorer_open(anew_restorer **restorer, const anew_model *model, anew_error *error)
{
    *restorer = NULL;
    if (model == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a restorer of faces without a model");
    int side = 0;
    ANEW_TRY(anew_face_model_side(&side, model, error));
    anew_restorer *r = anew_alloc_zero(sizeof *r);
    if (r == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a restorer of faces");
    r->model = model;
    r->side = side;
    r->options = (anew_face_options){.strength = 1, .fidelity = -1, .guard = true};
    *restorer = r;
    return ANEW_OK;
}

void anew_restorer_close(anew_restorer **restorer)
{
    if (*restorer == NULL)
        return;
    forget(*restorer);
    anew_free(*restorer);
    *restorer = NULL;
}

int anew_restorer_side(const anew_restorer *restorer)
{
    return restorer->side;
}

void anew_restorer_set_threads(anew_restorer *restorer, int threads)
{
    forget(restorer);
    restorer->how.threads = threads < 0 ? 0 : threads;
}

void anew_restorer_set_memory(anew_restorer *restorer, size_t bytes)
{
    forget(restorer);
    restorer->how.memory = bytes;
}

void anew_restorer_set_precision(anew_restorer *restorer, anew_precision precision)
{
    forget(restorer);
    restorer->how.precision = precision;
}

void anew_restorer_set_fidelity(anew_restorer *restorer, double fidelity)
{
    forget(restorer);
    restorer->options.fidelity = fidelity < 0 ? -1 : fidelity;
}

void anew_restorer_set_parser(anew_restorer *restorer, const anew_model *parser)
{
    forget(restorer);
    restorer->parser_model = parser;
}

void anew_restorer_set_guard(anew_restorer *restorer, anew_detector *detector)
{
    restorer->detector = detector;
}

/* These two are read at every run. */
void anew_restorer_set_strength(anew_restorer *restorer, double strength)
{
    restorer->options.strength = strength;
    if (restorer->ready != NULL)
        anew_face_restorer_set_options(restorer->ready, &restorer->options);
}

void anew_restorer_set_min_size(anew_restorer *restorer, double pixels)
{
    restorer->options.min_size = pixels;
    if (restorer->ready != NULL)
        anew_face_restorer_set_options(restorer->ready, &restorer->options);
}

static anew_status make_ready(anew_restorer *r, anew_error *error)
{
    anew_status status = ANEW_OK;
    if (r->ready != NULL)
        return ANEW_OK;
    ANEW_TRY(anew_face_restorer_open(&r->ready, r->model, &r->options, &r->how, error));
    if (r->parser_model == NULL)
        return ANEW_OK;
    const anew_face_network_options how = {.precision = r->how.precision,
                                           .threads = r->how.threads,
                                           .memory = r->how.memory,
                                           .taken = anew_face_restorer_bytes(r->ready)};
    ANEW_TRY_GOTO(anew_face_parser_open(&r->parser, r->parser_model, &how, error), fail);
    anew_face_restorer_set_parser(r->ready, r->parser);
    return ANEW_OK;
fail:
    forget(r);
    return status;
}

/* ---- pixels ------------------------------------------------------------------------------------------------- */

static int bytes_of(anew_sample sample)
{
    return sample == ANEW_SAMPLE_U8 ? 1 : sample == ANEW_SAMPLE_U16 ? 2 : 4;
}

static anew_status check_arguments(const anew_restorer *r, const anew_pixels *p,
                                   const anew_face *faces, int count, anew_error *error)
{
    if (p->width < 1 || p->height < 1 || p->channels < 1 || p->channels > 4 || (int)p->sample < 0 ||
        p->sample > ANEW_SAMPLE_F32 || p->data == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels, %d channels, sample kind %d cannot be",
                         p->width, p->height, p->channels, (int)p->sample);
    if (count < 0 || (count > 0 && faces == NULL))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%d faces cannot be restored", count);
    if (!(r->options.strength >= 0 && r->options.strength <= 1))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the strength of faces is %g; it must be from 0 to 1",
                         r->options.strength);
    return ANEW_OK;
}

/* Whether samples lie as an anew_image has them. */
static bool is_plain(const anew_pixels *p)
{
    const ptrdiff_t sample = bytes_of(p->sample), pixel = sample * p->channels;
    return (p->row_stride == 0 && p->pixel_stride == 0 && p->channel_stride == 0) ||
           ((p->channel_stride == sample || p->channels == 1) && p->pixel_stride == pixel &&
            p->row_stride == pixel * p->width && (uintptr_t)p->data % (uintptr_t)sample == 0);
}

/* All samples between the caller's pixels and a picture of ours. */
static void copy(const anew_pixels *p, anew_image *image, bool in)
{
    const size_t sample = (size_t)bytes_of(p->sample);
    uint8_t *at = image->pixels;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            for (int c = 0; c < p->channels; c++, at += sample) {
                uint8_t *there = (uint8_t *)p->data + y * p->row_stride + x * p->pixel_stride +
                                 c * p->channel_stride;
                memcpy(in ? at : there, in ? there : at, sample);
            }
}

/* ---- a run -------------------------------------------------------------------------------------------------- */

static void say_reason(anew_restored_face *to, const anew_face_report *from, double least,
                       bool guarded)
{
    const float *box = from->face.box;
    const double moved = from->displacement;
    char *text = to->reason;
    const size_t room = sizeof to->reason;
    if (from->fate == ANEW_FACE_SMALL)
        (void)snprintf(text, room, "its box has %.0fx%.0f pixels, a side needs %.0f",
                       (double)(box[2] - box[0]), (double)(box[3] - box[1]), least);
    else if (from->fate == ANEW_FACE_UNCLEAR)
        (void)snprintf(text, room, "its landmarks do not lie as those of a face");
    else if (from->fate == ANEW_FACE_CUT)
        (void)snprintf(text, room, "the picture's edge cuts off an eye, the nose or the mouth");
    else if (from->fate == ANEW_FACE_TURNED)
        (void)snprintf(text, room, "it is seen from the side");
    else if (!guarded)
        (void)snprintf(text, room, "no guard was asked for");
    else if (!isfinite(moved))
        (void)snprintf(text, room, "the detector does not find the restored face again");
    else
        (void)snprintf(text, room,
                       "features moved by %.3f of the eyes' distance (allowed %.3f), the eyes' "
                       "colour by %.3f (allowed %.3f)",
                       moved, anew_face_limits.displacement, from->eye_colour,
                       anew_face_limits.eye_colour);
}

static void hand_out(anew_restored_face *results, const anew_face_report *report, int count,
                     const anew_restorer *r)
{
    const double least = r->options.min_size > 0 ? r->options.min_size : (double)ANEW_SMALLEST_FACE;
    for (int i = 0; i < count; i++) {
        const anew_face_report *from = &report[i];
        results[i] = (anew_restored_face){
            .face = from->face,
            .changed = from->share > 0 && r->options.strength > 0,
            .share = from->share,
            .displacement = from->displacement,
            .eye_colour = from->eye_colour,
            .decision = anew_face_fate_name(from->fate),
            .mask = anew_face_mask_name(from->mask),
        };
        say_reason(&results[i], from, least, r->detector != NULL);
    }
}

anew_status anew_restorer_run(anew_restorer *restorer, const anew_pixels *picture, int width,
                              int height, const anew_face *faces, int count,
                              anew_restored_face *results, anew_error *error)
{
    anew_restorer *r = restorer;
    anew_status status = ANEW_OK;
    ANEW_TRY(check_arguments(r, picture, faces, count, error));
    const bool plain = is_plain(picture);
    anew_image image = {picture->width, picture->height, picture->channels,
                        8 * bytes_of(picture->sample), picture->data};
    if (count == 0)
        return ANEW_OK;
    ANEW_TRY(make_ready(r, error));
    anew_face_report *report = anew_alloc_zero(anew_size_mul((size_t)count, sizeof *report));
    if (report == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for %d faces", count);
    for (int i = 0; i < count; i++)
        report[i] = (anew_face_report){.face = faces[i], .strength = -1, .fidelity = -1};
    if (!plain) {
        ANEW_TRY_GOTO(anew_image_create(&image, image.width, image.height, image.channels,
                                        image.depth, error),
                      out);
        copy(picture, &image, true);
    }
    status = anew_faces_restore(r->ready, r->detector, &image, width > 0 ? width : image.width,
                                height > 0 ? height : image.height, report, count, error);
    if (status == ANEW_OK && !plain)
        copy(picture, &image, false);
    if (status == ANEW_OK && results != NULL)
        hand_out(results, report, count, r);
    if (!plain)
        anew_image_free(&image);
out:
    anew_free(report);
    return status;
}
