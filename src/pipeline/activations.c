/* activations.c - contact sheets of a network's values, through the observer of the reference interpreter. */
#include "pipeline/activations.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "exec/exec.h"
#include "image/planes.h"
#include "nets/nets.h"

#define MOST_SIDE     128 /* pixels of the picture, and of a channel on a sheet */
#define MOST_CHANNELS 64
#define COLUMNS       8

typedef struct dump {
    const char *folder;
    FILE *index;
    int count;
    anew_status status; /* of the first failure; nothing is written after it */
    anew_error *error;
} dump;

/* The file's name: number, layer or operation; what could be no part of a name becomes '_'. */
static void name_file(char *name, size_t bytes, int number, const anew_node *node)
{
    (void)snprintf(name, bytes, "%04d-%.80s.%s", number,
                   node->name[0] != '\0' ? node->name : anew_op_name(node->op),
                   ANEW_PNG ? "png" : "pnm");
    for (char *c = name; *c != '\0'; c++)
        if (strchr("/\\:*?\"<>| ", *c) != NULL)
            *c = '_';
}

/* Lowest and highest of the finite values; how many are not finite. */
static size_t range_of(float *low, float *high, const float *values, size_t count)
{
    size_t odd = 0;
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        odd += isfinite(values[i]) ? 0 : 1;
        if (isfinite(values[i])) {
            *low = fminf(*low, values[i]);
            *high = fmaxf(*high, values[i]);
        }
    }
    return odd;
}

static void dump_value(void *context, const anew_node *node, const float *values, int height,
                       int width)
{
    dump *d = context;
    if (d->status != ANEW_OK)
        return;
    char name[128], path[4096];
    anew_image sheet = {0};
    float low, high;
    const int side = height > width ? height : width;
    const int every = (side + MOST_SIDE - 1) / MOST_SIDE;
    const int tile_height = (height + every - 1) / every, tile_width = (width + every - 1) / every;
    const int shown = node->channels < MOST_CHANNELS ? node->channels : MOST_CHANNELS;
    const int columns = shown < COLUMNS ? shown : COLUMNS;
    const size_t plane = (size_t)height * (size_t)width;
    const size_t odd = range_of(&low, &high, values, plane * (size_t)shown);
    name_file(name, sizeof name, d->count++, node);
    const int length = snprintf(path, sizeof path, "%s/%s", d->folder, name);
    if (length < 0 || length >= (int)sizeof path) {
        d->status = anew_fail(d->error, ANEW_ERROR_ARGUMENT, "%s: the name is too long", d->folder);
        return;
    }
    d->status =
        anew_image_create(&sheet, columns * (tile_width + 1) - 1,
                          (shown + columns - 1) / columns * (tile_height + 1) - 1, 1, 8, d->error);
    if (d->status != ANEW_OK)
        return;
    uint8_t *pixels = sheet.pixels;
    memset(pixels, 0, (size_t)sheet.width * (size_t)sheet.height);
    for (int c = 0; c < shown; c++)
        for (int y = 0; y < tile_height; y++)
            for (int x = 0; x < tile_width; x++) {
                const float v = values[(size_t)c * plane + (size_t)(y * every) * (size_t)width +
                                       (size_t)(x * every)];
                const size_t row = (size_t)(c / columns) * (size_t)(tile_height + 1) + (size_t)y;
                const size_t column = (size_t)(c % columns) * (size_t)(tile_width + 1) + (size_t)x;
                const float gray = high > low ? (v - low) / (high - low) * 255 : 0;
                pixels[row * (size_t)sheet.width + column] =
                    isfinite(v) ? (uint8_t)lrintf(gray) : 0;
            }
    d->status = anew_image_write(&sheet, path, ANEW_PNG ? ANEW_FORMAT_PNG : ANEW_FORMAT_PNM, NULL,
                                 d->error);
    anew_image_free(&sheet);
    if (d->status == ANEW_OK &&
        fprintf(d->index, "%s\t%s\t%dx%dx%d\t%d\t%d\t%g\t%g\t%zu\n", name, anew_op_name(node->op),
                node->channels, height, width, shown, every,
                (double)(odd < plane * (size_t)shown ? low : 0),
                (double)(odd < plane * (size_t)shown ? high : 0), odd) < 0)
        d->status = anew_fail(d->error, ANEW_ERROR_IO, "%s/index.txt: cannot be written: %s",
                              d->folder, strerror(errno));
}

/* Takes away what a dump has made before it failed: sheets, index, folder. The observer sees the graph's nodes in their
 * order, so that their numbers are those in the names. */
static void take_away(const dump *d, const anew_graph *graph)
{
    char name[128], path[4096];
    for (int i = 0; i < d->count; i++) {
        name_file(name, sizeof name, i, anew_graph_node(graph, i));
        (void)snprintf(path, sizeof path, "%s/%s", d->folder, name);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/index.txt", d->folder);
    (void)unlink(path);
    (void)rmdir(d->folder);
}

/* The middle of the picture in the network's colours, as large as its alignment and MOST_SIDE allow. */
static anew_status cut_middle(anew_planes *to, const anew_graph *graph, const anew_model *model,
                              const anew_image *picture, anew_error *error)
{
    const int alignment = anew_graph_alignment(graph),
              channels = anew_graph_node(graph, 0)->channels;
    const int most = MOST_SIDE / alignment * alignment;
    const int height = picture->height < most ? picture->height / alignment * alignment : most;
    const int width = picture->width < most ? picture->width / alignment * alignment : most;
    if (channels > 4 || height == 0 || width == 0)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: activations are shown of networks of up to 4 channels and of pictures "
            "of %dx%d pixels or more",
            anew_model_label(model), alignment, alignment);
    ANEW_TRY(anew_planes_create(to, channels, height, width, error));
    /* Of colours, a network of one channel gets green, which is most of the brightness; a plane of the noise's level
     * stays 0. */
    const int colours = anew_graph_node(graph, anew_graph_output(graph))->channels;
    memset(to->data, 0, (size_t)channels * (size_t)height * (size_t)width * sizeof(float));
    for (int c = 0; c < colours && c < channels; c++)
        for (int y = 0; y < height; y++)
            anew_row_from_image(
                to->data + ((size_t)c * (size_t)height + (size_t)y) * (size_t)width, picture,
                picture->channels < 3 ? 0
                : colours == 1        ? 1
                                      : c,
                (picture->height - height) / 2 + y, (picture->width - width) / 2, width);
    return ANEW_OK;
}

anew_status anew_dump_activations(const anew_model *model, const anew_image *picture,
                                  const char *folder, anew_error *error)
{
    anew_graph *graph = NULL;
    anew_planes in = {0}, out = {0};
    anew_isa isa;
    char path[4096];
    dump d = {.folder = folder, .error = error};
    anew_status status = ANEW_OK;
    (void)anew_isa_detect(&isa, NULL);
    ANEW_TRY_GOTO(anew_net_graph(&graph, model, error), out);
    ANEW_TRY_GOTO(cut_middle(&in, graph, model, picture, error), out);
    const int scale = anew_graph_scale(graph);
    ANEW_TRY_GOTO(anew_planes_create(&out,
                                     anew_graph_node(graph, anew_graph_output(graph))->channels,
                                     in.height * scale, in.width * scale, error),
                  out);
    const int length = snprintf(path, sizeof path, "%s/index.txt", folder);
    if (length < 0 || length >= (int)sizeof path || mkdir(folder, 0777) != 0) {
        status = anew_fail(error, ANEW_ERROR_IO, "%s: cannot be made a new folder: %s", folder,
                           length >= (int)sizeof path ? "its name is too long" : strerror(errno));
        goto out;
    }
    d.index = fopen(path, "w");
    if (d.index == NULL) {
        status =
            anew_fail(error, ANEW_ERROR_IO, "%s: cannot be written: %s", path, strerror(errno));
        (void)rmdir(folder);
        goto out;
    }
    (void)fprintf(d.index,
                  "# file\toperation\tchannels x height x width\tchannels shown\tevery n-th "
                  "pixel shown\tvalue of black\tvalue of white\tvalues not finite\n");
    const size_t in_plane = (size_t)in.height * (size_t)in.width;
    const size_t out_plane = (size_t)out.height * (size_t)out.width;
    const anew_picture from = {in.data,  in.channels, in.height,
                               in.width, in_plane,    (size_t)in.width};
    const anew_picture to = {out.data,  out.channels, out.height,
                             out.width, out_plane,    (size_t)out.width};
    status = anew_execute_ref(graph, isa, &from, &to, dump_value, &d, error);
    if (status == ANEW_OK)
        status = d.status;
    if (fclose(d.index) != 0 && status == ANEW_OK)
        status =
            anew_fail(error, ANEW_ERROR_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (status != ANEW_OK)
        take_away(&d, graph);
out:
    anew_planes_free(&in);
    anew_planes_free(&out);
    anew_graph_free(&graph);
    return status;
}
