/*
 * detector.c - finds the faces of a picture: its rows, at one or several sizes, go through the detector's network in
 * bands; what the network says of each place becomes a face where its score is high enough; of faces that
 * lie on each other the strongest stays.
 *
 * Nothing of the size of the picture is allocated: of the network a few rows of each layer are in memory, and of its
 * outputs those of one band.
 */
#include "faces/detector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/machine_memory.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "exec/exec.h"
#include "faces/face_list.h"
#include "faces/face_rows.h"
#include "nets/nets.h"

#define LARGEST_SIDE 1000000

/* The picture is halved until its shorter side is no more than this: then the largest face that it can hold is one
 * that networks see. */
#define SMALLEST_VIEW 512
#define MOST_VIEWS    16

/* Where all scales are looked at, each one is for faces that the others do not see as well: doubled for those of less
 * than so many pixels of the picture, shrunk for those of more than so many pixels of the view. */
#define LARGEST_DOUBLED 48.0f
#define SMALLEST_SHRUNK 64.0f

/* Rows of the picture in a band, tried in this order until it fits into the memory; higher ones are no faster. */
static const int bands[] = {64, 32, 16};

struct anew_detector {
    const anew_model *model;
    const anew_face_net *net;
    anew_graph *graph;
    anew_weights *weights; /* packed for `selection` and `isa` */
    anew_selection selection;
    anew_isa isa;
    const char *cpu;
    anew_precision precision;
    anew_plan_level plan;
    int threads, band;
    size_t memory;
    const anew_engine *engine; /* NULL: this CPU */
    float confidence, min_size;
    bool all_scales;
};

/* ---- life ---------------------------------------------------------------------------------------------- */

int anew_detector_rank(const anew_model *model)
{
    for (int i = 0; anew_face_nets[i].architecture != NULL; i++)
        if (strcmp(anew_face_nets[i].architecture, anew_model_architecture(model)) == 0)
            return i;
    return -1;
}

static anew_status find_net(const anew_face_net **net, const anew_model *model, anew_error *error)
{
    const int rank = anew_detector_rank(model);
    char known[128] = "";
    *net = rank < 0 ? NULL : &anew_face_nets[rank];
    if (rank >= 0)
        return ANEW_OK;
    for (const anew_face_net *row = anew_face_nets; row->architecture != NULL; row++)
        (void)snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s",
                       known[0] == '\0' ? "" : ", ", row->architecture);
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: a network of the kind %s finds no faces; detectors are: %s",
                     anew_model_label(model), anew_model_architecture(model), known);
}

anew_status anew_detector_open(anew_detector **detector, const anew_model *model, anew_error *error)
{
    anew_status status = ANEW_OK;
    *detector = NULL;
    if (model == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a detector without a model");
    anew_detector *d = anew_alloc_zero(sizeof *d);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a detector");
    d->model = model;
    ANEW_TRY_GOTO(find_net(&d->net, model, error), fail);
    ANEW_TRY_GOTO(anew_net_graph(&d->graph, model, error), fail);
    if (anew_graph_output_count(d->graph) != d->net->levels) {
        status =
            anew_fail(error, ANEW_ERROR_FORMAT, "%s: a detector with %d outputs, not %d",
                      anew_model_label(model), anew_graph_output_count(d->graph), d->net->levels);
        goto fail;
    }
    *detector = d;
    return ANEW_OK;
fail:
    anew_detector_close(&d);
    return status;
}

void anew_detector_close(anew_detector **detector)
{
    if (*detector == NULL)
        return;
    anew_weights_free(&(*detector)->weights);
    anew_graph_free(&(*detector)->graph);
    anew_free(*detector);
    *detector = NULL;
}

void anew_detector_set_threads(anew_detector *detector, int threads)
{
    detector->threads = threads < 0 ? 0 : threads;
}

void anew_detector_set_memory(anew_detector *detector, size_t bytes)
{
    detector->memory = bytes;
}

void anew_detector_set_precision(anew_detector *detector, anew_precision precision)
{
    detector->precision = precision;
}

void anew_detector_set_confidence(anew_detector *detector, double confidence)
{
    detector->confidence = (float)confidence;
}

void anew_detector_set_min_size(anew_detector *detector, double pixels)
{
    detector->min_size = (float)pixels;
}

void anew_detector_set_all_scales(anew_detector *detector, int all_scales)
{
    detector->all_scales = all_scales != 0;
}

void anew_detector_set_cpu(anew_detector *detector, const char *level)
{
    detector->cpu = level;
}

void anew_detector_set_plan(anew_detector *detector, anew_plan_level plan)
{
    detector->plan = plan;
}

void anew_detector_set_engine(anew_detector *detector, const anew_engine *engine)
{
    detector->engine = engine;
}

void anew_detector_set_band(anew_detector *detector, int rows)
{
    detector->band = rows;
}

/* ---- before the first row ---------------------------------------------------------------------------- */

static anew_status pack(anew_detector *d, anew_error *error)
{
    const anew_precision precision = d->engine == NULL ? d->precision : ANEW_PRECISION_EXACT;
    const bool bf16 = precision == ANEW_PRECISION_BF16 || precision == ANEW_PRECISION_AUTO;
    const anew_selection selection = precision == ANEW_PRECISION_EXACT  ? ANEW_SELECT_EXACT
                                     : precision == ANEW_PRECISION_INT8 ? ANEW_SELECT_INT8
                                     : bf16                             ? ANEW_SELECT_BF16
                                                                        : ANEW_SELECT_FAST;
    anew_isa isa;
    if (!anew_isa_detect(&isa, d->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "'%s' is no CPU level of this build; use %s",
                         d->cpu, anew_isa_names());
    if (d->weights != NULL && d->selection == selection && d->isa == isa)
        return ANEW_OK;
    anew_weights_free(&d->weights);
    d->selection = selection;
    d->isa = isa;
    return anew_weights_pack(&d->weights, d->graph, isa, selection, error);
}

/* One size of the picture and how the network runs on it. */
typedef struct pass {
    anew_face_view view;
    int width, height; /* of the network's input: the view and what is past it */
    anew_plan *plan;   /* in bands, on this CPU */
    bool by_engine;    /* first, where that has the memory */
} pass;

static int round_up(int value, int unit)
{
    return (value + unit - 1) / unit * unit;
}

/* With what runs the network taking so many. */
static size_t pass_bytes(const anew_detector *d, const pass *p, size_t running)
{
    const size_t candidates =
        anew_size_mul((size_t)4 * ANEW_MAX_CANDIDATES, sizeof(anew_face_candidate));
    const size_t rows = anew_size_mul(anew_face_row_floats(&p->view), sizeof(float));
    return anew_size_add(anew_size_add(running, anew_size_add(candidates, rows)),
                         anew_size_add(d->weights->bytes, anew_model_bytes(d->model)));
}

static size_t engine_bytes(const anew_detector *d, const pass *p)
{
    return pass_bytes(d, p, anew_engine_bytes(d->weights, p->height, p->width));
}

/* The plan of the highest bands that fit into the budget. */
static anew_status plan_pass(pass *p, const anew_detector *d, const anew_pixels *pixels, int shift,
                             int threads, size_t budget, anew_error *error)
{
    size_t smallest = SIZE_MAX;
    p->view = anew_face_view_of(pixels, shift);
    p->width = round_up(p->view.width, d->net->unit);
    p->height = round_up(p->view.height, d->net->unit);
    if (p->width > LARGEST_SIDE || p->height > LARGEST_SIDE)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%dx%d pixels are more than %d a side", p->width,
                         p->height, LARGEST_SIDE);
    const int tries = d->band > 0 ? 1 : (int)(sizeof bands / sizeof bands[0]);
    for (int i = 0; i < tries; i++) {
        const int band = d->band > 0 ? d->band : bands[i];
        ANEW_TRY(anew_plan_create(&p->plan, d->weights, p->height, p->width, band,
                                  d->plan == ANEW_PLAN_REF ? ANEW_PLAN_NOFUSE : d->plan, error));
        const size_t bytes = pass_bytes(d, p, anew_execute_bytes(p->plan, threads));
        if (bytes <= budget) {
            p->by_engine =
                d->engine != NULL && d->plan != ANEW_PLAN_REF && engine_bytes(d, p) <= budget;
            return ANEW_OK;
        }
        smallest = bytes < smallest ? bytes : smallest;
        anew_plan_free(&p->plan);
    }
    return anew_fail(error, ANEW_ERROR_LIMIT,
                     "a memory of %.1f MiB is too small to look for faces in %dx%d pixels with "
                     "this network; the smallest that would do is %.0f MiB",
                     (double)budget / 1048576, p->view.width, p->view.height,
                     ceil((double)smallest / 1048576));
}

anew_status anew_detector_bytes(size_t *bytes, anew_detector *detector, int width, int height,
                                anew_error *error)
{
    const anew_pixels pixels = {.width = width, .height = height, .channels = 3};
    const int threads = detector->threads > 0 ? detector->threads : anew_parallel_threads();
    pass p = {.plan = NULL};
    *bytes = 0;
    ANEW_TRY(pack(detector, error));
    ANEW_TRY(
        plan_pass(&p, detector, &pixels, detector->all_scales ? -1 : 0, threads, SIZE_MAX, error));
    *bytes = pass_bytes(detector, &p, anew_execute_bytes(p.plan, threads));
    if (p.by_engine && engine_bytes(detector, &p) > *bytes)
        *bytes = engine_bytes(detector, &p);
    anew_plan_free(&p.plan);
    return ANEW_OK;
}

/* ---- a pass ---------------------------------------------------------------------------------------------- */

typedef struct finding {
    const anew_detector *detector;
    const pass *pass;
    anew_face_list *list;
    float confidence;
    float *scratch; /* anew_face_row_floats */
    int index;      /* of the pass */
} finding;

static anew_status fetch(void *context, int y, float *const *planes, anew_error *error)
{
    const finding *f = context;
    (void)error;
    anew_face_row(planes, &f->pass->view, f->detector->net, y, f->pass->width, f->scratch);
    return ANEW_OK;
}

/* From pixels of the view to those of the picture; whether the pass is one for such faces. */
static bool take_to_picture(anew_face *face, const finding *f)
{
    const float factor = anew_face_view_factor(&f->pass->view);
    const int shift = f->pass->view.shift;
    for (int i = 0; i < 4; i++)
        face->box[i] *= factor;
    for (int i = 0; i < 10; i++)
        face->landmarks[i / 2][i % 2] *= factor;
    const float width = face->box[2] - face->box[0], height = face->box[3] - face->box[1];
    const float side = width < height ? width : height;
    return shift == 0 || (shift < 0 ? side < LARGEST_DOUBLED : side > SMALLEST_SHRUNK * factor);
}

static anew_status deliver_part(void *context, int output, int y, const anew_picture *rows,
                                anew_error *error)
{
    const finding *f = context;
    const anew_face_net *net = f->detector->net;
    for (int r = 0; r < rows->height; r++)
        for (int x = 0; x < rows->width; x++)
            for (int anchor = 0; anchor < net->anchors; anchor++) {
                const anew_face_place place = {.values = rows->data + (size_t)r * rows->row_stride +
                                                         (size_t)x,
                                               .step = rows->plane_stride,
                                               .level = output,
                                               .anchor = anchor,
                                               .x = x,
                                               .y = y + r,
                                               .width = f->pass->width,
                                               .height = f->pass->height};
                anew_face face = {.score = net->score(&place)};
                if (!(face.score > f->confidence))
                    continue;
                net->locate(&face, &place);
                const int64_t row = ((int64_t)f->index * ANEW_MAX_OUTPUTS + output) << 40;
                const int64_t order =
                    row + ((int64_t)(y + r) * rows->width + x) * net->anchors + anchor;
                if (take_to_picture(&face, f))
                    ANEW_TRY(anew_face_list_add(f->list, &face, order, error));
            }
    return ANEW_OK;
}

static anew_status deliver_nothing(void *context, int y, const anew_picture *rows,
                                   anew_error *error)
{
    (void)context;
    (void)y;
    (void)rows;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "a detector of one output");
}

static anew_status run_pass(finding *f, anew_executor *executor, anew_error *error)
{
    const anew_stream stream = {f, fetch, deliver_nothing, deliver_part};
    const anew_detector *d = f->detector;
    const pass *p = f->pass;
    anew_status status = ANEW_ERROR_LIMIT;
    f->scratch = anew_alloc(anew_size_mul(anew_face_row_floats(&p->view), sizeof(float)));
    if (f->scratch == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for rows of the picture");
    if (d->plan == ANEW_PLAN_REF)
        status =
            anew_execute_ref_stream(d->graph, d->isa, p->height, p->width, &stream, NULL, error);
    else if (p->by_engine)
        status = d->engine->execute(d->engine, d->weights, d->precision, d->plan, p->height,
                                    p->width, &stream, NULL, error);
    /* The engine's memory may be too small for a whole picture; bands always fit. */
    if (status == ANEW_ERROR_LIMIT && d->plan != ANEW_PLAN_REF) {
        anew_error_clear(error);
        status = anew_execute(executor, p->plan, &stream, NULL, error);
    }
    anew_free(f->scratch);
    return status;
}

/* ---- a picture ------------------------------------------------------------------------------------------- */

static anew_status check_pixels(anew_pixels *p, const anew_pixels *picture, anew_error *error)
{
    static const int bytes[] = {[ANEW_SAMPLE_U8] = 1, [ANEW_SAMPLE_U16] = 2, [ANEW_SAMPLE_F32] = 4};
    *p = *picture;
    if (p->width < 1 || p->height < 1 || p->channels < 1 || p->channels > 4 || (int)p->sample < 0 ||
        p->sample > ANEW_SAMPLE_F32 || p->data == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels, %d channels, sample kind %d cannot be",
                         p->width, p->height, p->channels, (int)p->sample);
    if (p->row_stride == 0 && p->pixel_stride == 0 && p->channel_stride == 0) {
        p->channel_stride = bytes[p->sample];
        p->pixel_stride = p->channel_stride * p->channels;
        p->row_stride = p->pixel_stride * p->width;
    }
    return ANEW_OK;
}

/* The list as the caller gets it, without the smaller ones. */
static anew_status hand_out(anew_face **faces, int *count, const anew_face_list *list,
                            float min_size, anew_error *error)
{
    if (list->count == 0)
        return ANEW_OK;
    anew_face *out = anew_alloc(anew_size_mul((size_t)list->count, sizeof *out));
    if (out == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for %d faces", list->count);
    for (int i = 0; i < list->count; i++) {
        const anew_face *face = &list->list[i].face;
        if (face->box[2] - face->box[0] >= min_size && face->box[3] - face->box[1] >= min_size)
            out[(*count)++] = *face;
    }
    if (*count == 0)
        anew_free(out);
    else
        *faces = out;
    return ANEW_OK;
}

double anew_detector_confidence(const anew_detector *detector)
{
    return detector->confidence > 0 ? (double)detector->confidence
                                    : (double)detector->net->confidence;
}

anew_status anew_detector_find(anew_detector *detector, anew_face **faces, int *count,
                               const anew_pixels *picture, anew_error *error)
{
    return anew_detector_find_doubtful(detector, faces, count, picture,
                                       anew_detector_confidence(detector), error);
}

anew_status anew_detector_find_doubtful(anew_detector *detector, anew_face **faces, int *count,
                                        const anew_pixels *picture, double doubtful,
                                        anew_error *error)
{
    const anew_detector *d = detector;
    const float sure = (float)anew_detector_confidence(d);
    const int threads = d->threads > 0 ? d->threads : anew_parallel_threads();
    const size_t budget = d->memory > 0 ? d->memory : anew_default_memory();
    anew_status status = ANEW_OK;
    anew_pixels pixels;
    pass passes[MOST_VIEWS] = {{.plan = NULL}};
    anew_executor *executor = NULL;
    anew_face_list list = {0};
    *faces = NULL;
    *count = 0;
    ANEW_TRY(check_pixels(&pixels, picture, error));
    ANEW_TRY(pack(detector, error));
    const int shorter = pixels.width < pixels.height ? pixels.width : pixels.height;
    int views = 1; /* that of its own size, then the shrunk ones, then the doubled one */
    while (d->all_scales && views < MOST_VIEWS - 1 && shorter >> (views - 1) > SMALLEST_VIEW)
        views++;
    for (int i = 0; i < views; i++)
        ANEW_TRY_GOTO(plan_pass(&passes[i], d, &pixels, i, threads, budget, error), out);
    if (d->all_scales) {
        ANEW_TRY_GOTO(plan_pass(&passes[views], d, &pixels, -1, threads, budget, error), out);
        views++;
    }
    ANEW_TRY_GOTO(anew_executor_create(&executor, threads, error), out);
    finding f = {.detector = d, .list = &list, .confidence = fminf((float)doubtful, sure)};
    for (f.index = 0; f.index < views; f.index++) {
        f.pass = &passes[f.index];
        ANEW_TRY_GOTO(run_pass(&f, executor, error), out);
    }
    anew_face_list_sort(&list);
    anew_face_list_suppress(&list, d->net->overlap);
    if (d->all_scales)
        anew_face_list_drop_parts(&list, sure);
    status = hand_out(faces, count, &list, d->min_size, error);
out:
    for (int i = 0; i < MOST_VIEWS; i++)
        anew_plan_free(&passes[i].plan);
    anew_executor_free(&executor);
    anew_face_list_free(&list);
    return status;
}

void anew_faces_free(anew_face **faces)
{
    anew_free(*faces);
    *faces = NULL;
}
