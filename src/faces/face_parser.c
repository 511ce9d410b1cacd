/*
 * face_parser.c - the network's rows come band by band; of each pixel its largest class is kept and nothing else, so
 * that neither the values of all classes nor a softmax of them is ever in memory.
 */
#include "faces/face_parser.h"

#include <string.h>

#include "core/memory.h"
#include "faces/mask.h"
#include "image/resize.h"

#define SIDE    ANEW_PARSER_SIDE
#define CLASSES 19

/* Rows of a band, where the network can be run in bands. */
#define BAND 64

/* Of the mask's inside, what must be seen as face for the parser to be believed. Where eyes, nose, mouth and skin take
 * less, it looks at something that it was not trained on. */
#define LEAST_FACE 0.25

/* Bit c: class c. */
#define CLASS(c)           (1u << (c))
#define FROM_TO(low, high) ((CLASS(high) << 1) - CLASS(low))

/* What is to be known of a parsing network beside its graph. */
typedef struct parser_net {
    const char *architecture;
    int side; /* of the face as it takes it; SIDE or a part of it */
    float mean[3],
        deviation[3];      /* of samples 0 .. 1, R, G, B; what the network takes has 0 and 1 */
    unsigned int face;     /* what is pasted */
    unsigned int features; /* of it, what makes a face: neither hair nor ears nor jewels */
} parser_net;

/* The numbers of classes stand in the pages of the networks. */
static const parser_net nets[] = {
    {.architecture = "parsenet",
     .side = SIDE,
     .mean = {0.5f, 0.5f, 0.5f},
     .deviation = {0.5f, 0.5f, 0.5f},
     .face = FROM_TO(1, 13) | CLASS(15), /* not 14 hat, 16 necklace, 17 neck, 18 cloth */
     .features = FROM_TO(1, 7) | FROM_TO(10, 12)},
    {.architecture = "bisenet",
     .side = SIDE,
     .mean = {0.485f, 0.456f, 0.406f}, /* of ImageNet */
     .deviation = {0.229f, 0.224f, 0.225f},
     .face = FROM_TO(1, 13) | CLASS(17), /* not 14 neck, 15 necklace, 16 cloth, 18 hat */
     .features = FROM_TO(1, 6) | FROM_TO(10, 13)},
    {.architecture = "unet",
     .side = 256,
     .mean = {0.5f, 0.5f, 0.5f},
     .deviation = {0.5f, 0.5f, 0.5f},
     /* not 7 necklace, 12 hat, 15 neck, 16 cloth */
     .face = FROM_TO(1, 6) | FROM_TO(8, 11) | FROM_TO(13, 14) | FROM_TO(17, 18),
     /* neither 4, 8 ears nor 13 hair nor 18 earring */
     .features = FROM_TO(1, 3) | FROM_TO(5, 6) | FROM_TO(9, 11) | CLASS(14) | CLASS(17)},
};

#define NETS (sizeof nets / sizeof nets[0])

struct anew_face_parser {
    const parser_net *net;
    anew_face_network network;
    const anew_row_kernels *kernels;
    float weights[256];
};

/* ---- life -------------------------------------------------------------------------------------------------- */

static anew_status find_net(const parser_net **net, const anew_model *model, anew_error *error)
{
    for (size_t i = 0; i < NETS; i++)
        if (strcmp(nets[i].architecture, anew_model_architecture(model)) == 0) {
            *net = &nets[i];
            return ANEW_OK;
        }
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: a network of the kind %s does not tell the parts of a face; parsenet, "
                     "bisenet and unet do",
                     anew_model_label(model), anew_model_architecture(model));
}

anew_status anew_face_parser_open(anew_face_parser **parser, const anew_model *model,
                                  const anew_face_network_options *options, anew_error *error)
{
    anew_status status = ANEW_OK;
    *parser = NULL;
    anew_face_parser *p = anew_alloc_zero(sizeof *p);
    if (p == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a parser of faces");
    ANEW_TRY_GOTO(find_net(&p->net, model, error), fail);
    ANEW_TRY_GOTO(
        anew_face_network_create(&p->network, model, (anew_options){NULL, 0}, options, error),
        fail);
    const anew_graph *graph = p->network.graph;
    const int classes = anew_graph_node(graph, anew_graph_output(graph))->channels;
    if (classes != CLASSES) {
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "%s: a parser of %d classes, whose meaning is not known; those of %d "
                           "are",
                           anew_model_label(model), classes, CLASSES);
        goto fail;
    }
    ANEW_TRY_GOTO(anew_face_network_prepare(&p->network, p->net->side,
                                            anew_graph_is_whole(graph) ? 0 : BAND, "parsing faces",
                                            options, error),
                  fail);
    p->kernels = anew_row_kernels_for(p->network.isa);
    for (int c = 0; c < CLASSES; c++)
        p->weights[c] = (p->net->face & CLASS(c)) != 0 ? 1.0f : 0.0f;
    *parser = p;
    return ANEW_OK;
fail:
    anew_face_parser_close(&p);
    return status;
}

size_t anew_face_parser_bytes(const anew_face_parser *parser)
{
    /* The face at the parser's size, and the classes. */
    const size_t side = (size_t)parser->net->side;
    return anew_size_add(parser->network.bytes,
                         3 * side * side * sizeof(float) + (size_t)SIDE * SIDE);
}

void anew_face_parser_close(anew_face_parser **parser)
{
    if (*parser == NULL)
        return;
    anew_face_network_free(&(*parser)->network);
    anew_free(*parser);
    *parser = NULL;
}

const float *anew_face_parser_weights(const anew_face_parser *parser)
{
    return parser->weights;
}

/* ---- a face ------------------------------------------------------------------------------------------------ */

typedef struct parse {
    const parser_net *net;
    const anew_planes *face; /* of the parser's size */
    uint8_t *classes;
} parse;

static anew_status fetch(void *context, int y, float *const *planes, anew_error *error)
{
    const parse *p = context;
    const int side = p->net->side;
    (void)error;
    for (int c = 0; c < 3; c++) {
        const float *row = p->face->data + ((size_t)c * (size_t)side + (size_t)y) * (size_t)side;
        for (int x = 0; x < side; x++)
            planes[c][x] = (row[x] - p->net->mean[c]) / p->net->deviation[c];
    }
    return ANEW_OK;
}

/* Each pixel's class as a square of zoom x zoom, from the last one back: the row is widened where it stands. */
static void widen(uint8_t *classes, int side, int zoom)
{
    for (int x = side * zoom - 1; x >= 0 && zoom > 1; x--)
        classes[x] = classes[x / zoom];
    for (int i = 1; i < zoom; i++)
        memcpy(classes + (size_t)i * SIDE, classes, SIDE);
}

/* Class by class along a row; only a larger value takes a pixel from a lower class. */
static anew_status deliver(void *context, int y, const anew_picture *rows, anew_error *error)
{
    const parse *p = context;
    const int side = p->net->side, zoom = SIDE / side;
    (void)error;
    for (int r = 0; r < rows->height; r++) {
        uint8_t *classes = p->classes + (size_t)(y + r) * (size_t)zoom * SIDE;
        float best[SIDE];
        memset(classes, 0, (size_t)side);
        memcpy(best, rows->data + (size_t)r * rows->row_stride, (size_t)side * sizeof best[0]);
        for (int c = 1; c < rows->channels; c++) {
            const float *values =
                rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride;
            for (int x = 0; x < side; x++) {
                const bool larger = values[x] > best[x];
                best[x] = larger ? values[x] : best[x];
                classes[x] = larger ? (uint8_t)c : classes[x];
            }
        }
        widen(classes, side, zoom);
    }
    return ANEW_OK;
}

anew_status anew_face_parser_run(anew_face_parser *parser, uint8_t *classes,
                                 const anew_planes *face, anew_error *error)
{
    anew_planes resized = {0};
    anew_status status = ANEW_OK;
    parse p = {parser->net, face, classes};
    const anew_stream stream = {&p, fetch, deliver, NULL};
    if (face->channels != 3 || face->width != face->height)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%dx%d pixels of %d channels are no aligned face", face->width,
                         face->height, face->channels);
    const int side = parser->net->side;
    if (face->width != side) {
        ANEW_TRY(anew_planes_create(&resized, 3, side, side, error));
        ANEW_TRY_GOTO(anew_planes_resize(&resized, face, ANEW_FILTER_TRIANGLE, parser->kernels,
                                         parser->network.threads, error),
                      out);
        p.face = &resized;
    }
    status = anew_face_network_stream(&parser->network, &stream, error);
out:
    anew_planes_free(&resized);
    return status;
}

/* ---- a mask ------------------------------------------------------------------------------------------------ */

/* The share of the mask's inside that is eyes, brows, nose, mouth, skin. */
static double share_of_features(const parser_net *net, const uint8_t *classes,
                                const anew_planes *mask)
{
    size_t inside = 0, features = 0;
    for (int y = 0; y < mask->height; y++)
        for (int x = 0; x < mask->width; x++) {
            if (mask->data[(size_t)y * (size_t)mask->width + (size_t)x] < 0.5f)
                continue;
            const size_t row = (size_t)y * SIDE / (size_t)mask->height;
            const size_t column = (size_t)x * SIDE / (size_t)mask->width;
            inside++;
            features += (net->features & CLASS(classes[row * SIDE + column])) != 0;
        }
    return inside > 0 ? (double)features / (double)inside : 0;
}

anew_status anew_face_parser_narrow(anew_face_parser *parser, anew_planes *mask, bool *parsed,
                                    const anew_planes *face, double feather, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_planes own = {0};
    *parsed = false;
    uint8_t *classes = anew_alloc((size_t)SIDE * SIDE);
    if (classes == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to parse a face");
    ANEW_TRY_GOTO(anew_face_parser_run(parser, classes, face, error), out);
    if (share_of_features(parser->net, classes, mask) < LEAST_FACE)
        goto out;
    ANEW_TRY_GOTO(anew_planes_create(&own, 1, mask->height, mask->width, error), out);
    ANEW_TRY_GOTO(anew_mask_from_classes(&own, classes, SIDE, SIDE, parser->weights, feather,
                                         parser->kernels, error),
                  out);
    const size_t pixels = (size_t)mask->height * (size_t)mask->width;
    for (size_t i = 0; i < pixels; i++)
        mask->data[i] = own.data[i] < mask->data[i] ? own.data[i] : mask->data[i];
    *parsed = true;
out:
    anew_planes_free(&own);
    anew_free(classes);
    return status;
}
