/* faces.c - from the faces of a picture to what is added to its enlargement. */
#include "pipeline/faces.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "faces/crop.h"
#include "faces/detector.h"
#include "faces/gray.h"
#include "faces/mask.h"
#include "faces/match.h"
#include "faces/paste.h"
#include "nets/nets.h"
#include "pipeline/face_choice.h"

/* What the guard lets pass: a tenth of the eyes' distance is more than detectors differ between a face and the same face
 * sharpened, and less than what changes a likeness; 0.06 of chroma is a change of an eye's colour that one sees. */
const anew_guard_limits anew_face_limits = {.displacement = 0.1, .eye_colour = 0.06};

/* All of a cast is left out, all of the lost grain given back. */
#define MATCHED 1.0f

struct anew_face_restorer {
    const anew_model *model;
    anew_face_options options;
    double fidelity; /* of the network */
    anew_face_network_options how;
    anew_face_network network;
    anew_face_parser *parser; /* or NULL; borrowed */
    const anew_row_kernels *kernels;
    int side, threads;
};

struct anew_face_work {
    anew_face_restorer *restorer;
    anew_detector *detector;
    const anew_row_sink *to;
    int width, height;        /* of the picture */
    anew_image out;           /* the enlargement; owned */
    int next;                 /* row of it */
    anew_face_report *report; /* [count]; owned */
    int count;
    anew_face_watcher *watcher;
    void *watching;
};

const char *anew_face_fate_name(anew_face_fate fate)
{
    static const char *const names[] = {
        [ANEW_FACE_RESTORED] = "restored",   [ANEW_FACE_HELD_BACK] = "held back",
        [ANEW_FACE_SMALL] = "too small",     [ANEW_FACE_LARGE] = "too large",
        [ANEW_FACE_OTHER] = "not asked for", [ANEW_FACE_EXCLUDED] = "excluded",
        [ANEW_FACE_DOUBTFUL] = "doubtful",   [ANEW_FACE_CUT] = "cut off",
        [ANEW_FACE_TURNED] = "turned away",  [ANEW_FACE_UNCLEAR] = "no clear face",
    };
    return names[fate];
}

const char *anew_face_mask_name(anew_face_mask mask)
{
    static const char *const names[] = {
        [ANEW_FACE_MASK_LANDMARKS] = "landmarks",
        [ANEW_FACE_MASK_PARSED] = "parsed",
        [ANEW_FACE_MASK_NOT_PARSED] = "no face parsed",
    };
    return names[mask];
}

/* ---- the restorer --------------------------------------------------------------------------------------- */

static anew_status check_network(const anew_graph *graph, const anew_model *model,
                                 anew_error *error)
{
    const int side = anew_graph_side(graph);
    if (side < 1 || anew_graph_output_count(graph) != 1 || anew_graph_scale(graph) != 1 ||
        anew_graph_node(graph, 0)->channels != 3 ||
        anew_graph_node(graph, anew_graph_output(graph))->channels != 3)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: a network of the kind %s restores no faces; gfpgan, codeformer and face_unet do",
            anew_model_label(model), anew_model_architecture(model));
    return ANEW_OK;
}

anew_status anew_face_model_side(int *side, const anew_model *model, anew_error *error)
{
    anew_graph *graph = NULL;
    ANEW_TRY(anew_net_graph(&graph, model, error));
    const anew_status status = check_network(graph, model, error);
    *side = anew_graph_side(graph);
    anew_graph_free(&graph);
    return status;
}

/* The network of a fidelity (below 0: the model's own), ready to run. */
static anew_status open_network(anew_face_restorer *r, double fidelity, anew_error *error)
{
    const anew_option wish = {"fidelity", fidelity};
    const anew_options wishes = {&wish, fidelity >= 0 ? 1 : 0};
    anew_face_network_free(&r->network);
    r->fidelity = NAN; /* until it is there */
    ANEW_TRY(anew_face_network_create(&r->network, r->model, wishes, &r->how, error));
    ANEW_TRY(check_network(r->network.graph, r->model, error));
    r->side = anew_graph_side(r->network.graph);
    r->threads = r->network.threads;
    r->kernels = anew_row_kernels_for(r->network.isa);
    ANEW_TRY(anew_face_network_prepare(&r->network, r->side, 0, "restoring faces", &r->how, error));
    r->fidelity = fidelity;
    return ANEW_OK;
}

anew_status anew_face_restorer_open(anew_face_restorer **restorer, const anew_model *model,
                                    const anew_face_options *options,
                                    const anew_enhance_options *enhance, anew_error *error)
{
    anew_status status = ANEW_OK;
    *restorer = NULL;
    anew_face_restorer *r = anew_alloc_zero(sizeof *r);
    if (r == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a restorer of faces");
    r->model = model;
    r->options = *options;
    r->how = (anew_face_network_options){.precision = enhance->precision,
                                         .cpu = enhance->cpu,
                                         .threads = enhance->threads,
                                         .memory = enhance->memory,
                                         .engine = enhance->engine};
    ANEW_TRY_GOTO(open_network(r, options->fidelity, error), fail);
    *restorer = r;
    return ANEW_OK;
fail:
    anew_face_restorer_close(&r);
    return status;
}

void anew_face_restorer_close(anew_face_restorer **restorer)
{
    anew_face_restorer *r = *restorer;
    if (r == NULL)
        return;
    anew_face_network_free(&r->network);
    anew_free(r);
    *restorer = NULL;
}

void anew_face_restorer_set_options(anew_face_restorer *restorer, const anew_face_options *options)
{
    restorer->options = *options;
}

void anew_face_restorer_set_parser(anew_face_restorer *restorer, anew_face_parser *parser)
{
    restorer->parser = parser;
}

size_t anew_face_restorer_bytes(const anew_face_restorer *restorer)
{
    return restorer->network.bytes;
}

/* Floats a pixel of the square. Of one face: crop, restored, difference, mask. Beside them at the most a window of the
 * enlargement, which is less than twice as fine as the crop and may lie across; the network's result, what match.c and
 * paste.c need for a time are less. */
#define OF_A_FACE 10
#define WINDOW    (3 * 8)

/* Floats a column of the enlargement: portions of rows on their way into a window, with the resizer's (crop.c); and a
 * thread's row while faces are pasted (paste.c). */
#define PORTIONS  (3 * 64 * 2)
#define OF_THREAD 12

anew_status anew_face_stage_bytes(size_t *bytes, const anew_face_restorer *r,
                                  anew_detector *detector, int width, anew_error *error)
{
    const size_t square = anew_size_mul((size_t)r->side * (size_t)r->side, sizeof(float));
    const size_t column = (PORTIONS + OF_THREAD * (size_t)r->threads) * sizeof(float);
    size_t looked = 0;
    if (detector != NULL && r->options.guard)
        ANEW_TRY(anew_detector_bytes(&looked, detector, r->side, r->side, error));
    *bytes = anew_size_add(anew_size_mul(square, OF_A_FACE + WINDOW),
                           anew_size_mul((size_t)width, column));
    *bytes = anew_size_add(*bytes, anew_size_add(r->network.bytes, looked));
    if (r->parser != NULL)
        *bytes = anew_size_add(*bytes, anew_face_parser_bytes(r->parser));
    return ANEW_OK;
}

size_t anew_face_kept_bytes(const anew_face_restorer *r, int channels)
{
    /* The paste's copy: of each colour the difference, and the mask. */
    const size_t planes = channels >= 3 ? 4 : 2;
    return anew_size_mul(planes * sizeof(float), (size_t)r->side * (size_t)r->side);
}

int anew_face_restorer_side(const anew_face_restorer *restorer)
{
    return restorer->side;
}

anew_status anew_face_restorer_run(anew_face_restorer *r, anew_planes *restored,
                                   const anew_planes *crop, anew_error *error)
{
    const size_t plane = (size_t)r->side * (size_t)r->side, count = 3 * plane;
    for (size_t i = 0; i < count; i++)
        restored->data[i] = 2 * crop->data[i] - 1;
    anew_planes result = {0};
    ANEW_TRY(anew_planes_create(&result, 3, r->side, r->side, error));
    const anew_picture in = {restored->data, 3, r->side, r->side, plane, (size_t)r->side};
    const anew_picture out = {result.data, 3, r->side, r->side, plane, (size_t)r->side};
    const anew_status status = anew_face_network_run(&r->network, &in, &out, error);
    for (size_t i = 0; status == ANEW_OK && i < count; i++) {
        const float v = result.data[i] / 2 + 0.5f;
        restored->data[i] = !isfinite(v) ? crop->data[i] : v < 0 ? 0 : v > 1 ? 1 : v;
    }
    anew_planes_free(&result);
    return status;
}

/* ---- one face -------------------------------------------------------------------------------------------- */

/* What the guard needs of a crop: the landmarks of its largest face. */
static anew_status find_in_crop(anew_point landmarks[ANEW_LANDMARKS], bool *found,
                                anew_detector *detector, const anew_planes *crop, anew_error *error)
{
    anew_face *faces = NULL;
    int count = 0, best = 0;
    const ptrdiff_t row = (ptrdiff_t)sizeof(float) * crop->width;
    const anew_pixels pixels = {.data = crop->data,
                                .sample = ANEW_SAMPLE_F32,
                                .width = crop->width,
                                .height = crop->height,
                                .channels = 3,
                                .row_stride = row,
                                .pixel_stride = (ptrdiff_t)sizeof(float),
                                .channel_stride = row * crop->height};
    ANEW_TRY(anew_detector_find(detector, &faces, &count, &pixels, error));
    for (int i = 1; i < count; i++)
        if (faces[i].box[2] - faces[i].box[0] > faces[best].box[2] - faces[best].box[0])
            best = i;
    for (int k = 0; count > 0 && k < ANEW_LANDMARKS; k++)
        landmarks[k] =
            (anew_point){(double)faces[best].landmarks[k][0], (double)faces[best].landmarks[k][1]};
    *found = count > 0;
    anew_faces_free(&faces);
    return ANEW_OK;
}

/* How much of the change may stay. */
static anew_status guard(anew_face_report *report, const anew_point expected[ANEW_LANDMARKS],
                         const anew_planes *crop, const anew_planes *restored,
                         anew_detector *detector, anew_error *error)
{
    anew_point before[ANEW_LANDMARKS], after[ANEW_LANDMARKS];
    bool was_there = false, is_there = false;
    anew_guard g;
    ANEW_TRY(find_in_crop(before, &was_there, detector, crop, error));
    ANEW_TRY(find_in_crop(after, &is_there, detector, restored, error));
    /* Where the crop shows the detector nothing, the picture did. */
    ANEW_TRY(anew_guard_measure(&g, was_there ? before : expected,
                                is_there || !was_there ? (is_there ? after : expected) : NULL, crop,
                                restored, &anew_face_limits, error));
    report->displacement = g.displacement;
    report->eye_colour = g.eye_colour;
    report->share = g.share;
    if (g.share < 1)
        report->fate = ANEW_FACE_HELD_BACK;
    return ANEW_OK;
}

/* The restorer with the face's own fidelity, where its network has one. */
static anew_status set_fidelity(anew_face_restorer *r, double fidelity, anew_error *error)
{
    if (fidelity < 0)
        fidelity = r->options.fidelity;
    if (fidelity == r->fidelity || strcmp(anew_model_architecture(r->model), "codeformer") != 0)
        return ANEW_OK;
    return open_network(r, fidelity, error);
}

/* Where the restored face is pasted, in crop pixels. */
static anew_status make_mask(anew_face_report *report, anew_planes *mask,
                             const anew_point landmarks[ANEW_LANDMARKS],
                             const anew_planes *restored, double feather,
                             const anew_face_restorer *r, anew_error *error)
{
    bool parsed = false;
    anew_mask_from_landmarks(mask, landmarks, feather);
    if (r->parser == NULL)
        return ANEW_OK;
    ANEW_TRY(anew_face_parser_narrow(r->parser, mask, &parsed, restored, feather, error));
    report->mask = parsed ? ANEW_FACE_MASK_PARSED : ANEW_FACE_MASK_NOT_PARSED;
    return ANEW_OK;
}

/* Adds a face of the picture to the paste of its enlargement. */
static anew_status restore_face(anew_face_report *report, anew_paste *paste,
                                const anew_face_work *w, anew_error *error)
{
    anew_face_restorer *r = w->restorer;
    const anew_warp_options edges = {.border = ANEW_BORDER_REFLECT, .engine = r->how.engine};
    anew_planes crop = {0}, restored = {0}, difference = {0}, mask = {0};
    anew_affine from_picture;
    anew_point points[ANEW_LANDMARKS];
    anew_status status = ANEW_OK;
    anew_error unclear;
    if (anew_face_align(&from_picture, &report->face, r->side, &unclear) != ANEW_OK) {
        report->fate = ANEW_FACE_UNCLEAR;
        return ANEW_OK;
    }
    const anew_affine to_picture =
        anew_affine_resize((double)w->width / w->out.width, (double)w->height / w->out.height);
    const anew_affine to_crop = anew_affine_then(&to_picture, &from_picture);
    for (int k = 0; k < ANEW_LANDMARKS; k++)
        points[k] = anew_affine_apply(&from_picture, (double)report->face.landmarks[k][0],
                                      (double)report->face.landmarks[k][1]);
    ANEW_TRY_GOTO(anew_planes_create(&crop, 3, r->side, r->side, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&restored, 3, r->side, r->side, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&difference, 3, r->side, r->side, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&mask, 1, r->side, r->side, error), out);
    ANEW_TRY_GOTO(anew_face_crop(&crop, &w->out, &to_crop, &edges, r->kernels, r->threads, error),
                  out);
    ANEW_TRY_GOTO(set_fidelity(r, report->fidelity, error), out);
    ANEW_TRY_GOTO(anew_face_restorer_run(r, &restored, &crop, error), out);
    ANEW_TRY_GOTO(make_mask(report, &mask, points, &restored,
                            anew_mask_feather(0, &to_crop, r->side), r, error),
                  out);
    const anew_match_options match = {
        .colour = MATCHED, .noise = MATCHED, .pixel = hypot(to_crop.m[0][0], to_crop.m[1][0])};
    ANEW_TRY_GOTO(anew_face_difference(&difference, &restored, &crop, &mask, &match, error), out);
    if (anew_gray_spread(&crop) <= ANEW_GRAY_MOST)
        anew_gray_difference(&difference);
    for (size_t i = 0; i < 3 * (size_t)r->side * (size_t)r->side; i++)
        restored.data[i] = crop.data[i] + difference.data[i];
    report->share = 1;
    if (r->options.guard && w->detector != NULL)
        ANEW_TRY_GOTO(guard(report, points, &crop, &restored, w->detector, error), out);
    if (w->watcher != NULL)
        ANEW_TRY_GOTO(
            w->watcher(w->watching, (int)(report - w->report) + 1, &crop, &restored, error), out);
    const double strength = report->strength >= 0 ? report->strength : r->options.strength;
    status = anew_paste_add(paste, &difference, &mask, &to_crop, (float)(strength * report->share),
                            r->kernels, r->threads, error);
out:
    anew_planes_free(&mask);
    anew_planes_free(&difference);
    anew_planes_free(&restored);
    anew_planes_free(&crop);
    return status;
}

/* ---- all faces of a picture ------------------------------------------------------------------------------- */

/* Faces that the detector is not sure of are found, too, so that it can be said that they are left alone. */
static anew_status find_faces(anew_face_work *w, const anew_image *picture, double sure,
                              anew_error *error)
{
    anew_face *faces = NULL;
    const anew_pixels pixels = {.data = picture->pixels,
                                .sample = picture->depth == 32   ? ANEW_SAMPLE_F32
                                          : picture->depth == 16 ? ANEW_SAMPLE_U16
                                                                 : ANEW_SAMPLE_U8,
                                .width = picture->width,
                                .height = picture->height,
                                .channels = picture->channels};
    ANEW_TRY(anew_detector_find_doubtful(w->detector, &faces, &w->count, &pixels,
                                         ANEW_DOUBTFUL_SHARE * sure, error));
    w->report = anew_alloc_zero(anew_size_mul((size_t)w->count + 1, sizeof *w->report));
    for (int i = 0; w->report != NULL && i < w->count; i++)
        w->report[i] = (anew_face_report){.face = faces[i], .strength = -1, .fidelity = -1};
    anew_faces_free(&faces);
    return w->report != NULL ? ANEW_OK
                             : anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the faces");
}

static anew_status take_wishes(anew_face_work *w, const anew_face_wishes *wishes, anew_error *error)
{
    w->report = anew_alloc_zero(anew_size_mul((size_t)wishes->count + 1, sizeof *w->report));
    if (w->report == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the faces");
    w->count = wishes->count;
    for (int i = 0; i < w->count; i++)
        w->report[i] = (anew_face_report){.face = wishes->list[i].face,
                                          .listed = !wishes->found,
                                          .wanted = wishes->list[i].restore,
                                          .strength = wishes->list[i].strength,
                                          .fidelity = wishes->list[i].fidelity};
    return ANEW_OK;
}

anew_status anew_face_work_create(anew_face_work **work, anew_face_restorer *restorer,
                                  anew_detector *detector, const anew_image *picture,
                                  const anew_face_options *options, const anew_face_wishes *wishes,
                                  anew_error *error)
{
    double sure = 0;
    *work = NULL;
    anew_face_work *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the faces");
    w->restorer = restorer;
    w->detector = detector;
    w->width = picture->width;
    w->height = picture->height;
    if (detector != NULL)
        sure = anew_detector_confidence(detector);
    const anew_status status =
        wishes != NULL ? take_wishes(w, wishes, error) : find_faces(w, picture, sure, error);
    if (status != ANEW_OK) {
        anew_face_work_free(&w);
        return status;
    }
    anew_faces_choose(w->report, w->count, options, w->width, w->height, sure);
    *work = w;
    return ANEW_OK;
}

void anew_face_work_free(anew_face_work **work)
{
    if (*work == NULL)
        return;
    anew_image_free(&(*work)->out);
    anew_free((*work)->report);
    anew_free(*work);
    *work = NULL;
}

const anew_face_report *anew_face_work_report(const anew_face_work *work, int *count)
{
    *count = work->count;
    return work->report;
}

int anew_face_work_count(const anew_face_work *work)
{
    int count = 0;
    for (int i = 0; i < work->count; i++)
        count += work->report[i].fate == ANEW_FACE_RESTORED;
    return count;
}

void anew_face_work_watch(anew_face_work *work, anew_face_watcher *watcher, void *context)
{
    work->watcher = watcher;
    work->watching = context;
}

anew_image *anew_face_work_result(anew_face_work *work)
{
    return &work->out;
}

/* ---- the enlargement's rows --------------------------------------------------------------------------------- */

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    anew_face_work *w = context;
    w->next = 0;
    ANEW_TRY(anew_image_create(&w->out, shape->width, shape->height, shape->channels, shape->depth,
                               error));
    return w->to->begin(w->to->context, shape, error);
}

static anew_status restore_all(anew_face_work *w, anew_error *error)
{
    anew_paste *paste = NULL;
    anew_status status = ANEW_OK;
    int first = 0, last = 0;
    ANEW_TRY(anew_paste_create(&paste, w->out.width, w->out.height, w->out.channels >= 3 ? 3 : 1,
                               error));
    anew_paste_set_engine(paste, w->restorer->how.engine);
    for (int i = 0; i < w->count; i++)
        if (w->report[i].fate == ANEW_FACE_RESTORED)
            ANEW_TRY_GOTO(restore_face(&w->report[i], paste, w, error), out);
    anew_paste_extent(paste, &first, &last);
    if (first < last)
        status = anew_paste_image(paste, &w->out, 0, w->restorer->threads, error);
out:
    anew_paste_free(&paste);
    return status;
}

anew_status anew_faces_restore(anew_face_restorer *restorer, anew_detector *detector,
                               const anew_image *image, int width, int height,
                               anew_face_report *report, int count, anew_error *error)
{
    anew_face_work work = {.restorer = restorer,
                           .detector = detector,
                           .width = width,
                           .height = height,
                           .out = *image,
                           .report = report,
                           .count = count};
    anew_faces_choose(report, count, &restorer->options, width, height, 0);
    return restore_all(&work, error);
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    anew_face_work *w = context;
    const size_t row = (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    memcpy((unsigned char *)w->out.pixels + (size_t)w->next * row, part->pixels,
           (size_t)part->height * row);
    w->next += part->height;
    if (w->next < w->out.height)
        return ANEW_OK;
    ANEW_TRY(restore_all(w, error));
    return w->to->rows(w->to->context, &w->out, error);
}

anew_row_sink anew_face_work_sink(anew_face_work *work, const anew_row_sink *to)
{
    work->to = to;
    return (anew_row_sink){work, begin, take_rows};
}

/* ---- the picture that was read whole ------------------------------------------------------------------------ */

static anew_status give_rows(void *context, void *pixels, int rows, anew_error *error)
{
    anew_picture_source *s = context;
    const anew_image *image = s->image;
    const size_t row = (size_t)image->width * (size_t)image->channels * (size_t)(image->depth / 8);
    (void)error;
    memcpy(pixels, (const unsigned char *)image->pixels + (size_t)s->next * row,
           (size_t)rows * row);
    s->next += rows;
    return ANEW_OK;
}

static anew_status give_all(void *context, anew_image *image, anew_error *error)
{
    const anew_picture_source *s = context;
    (void)error;
    *image = *s->image;
    *s->image = (anew_image){0};
    return ANEW_OK;
}

anew_row_source anew_picture_rows(anew_picture_source *source)
{
    return (anew_row_source){source, give_rows, give_all};
}
