/*
 * quantize_main.c - anew-quantize: a model whose convolutions are rounded to 8 bits, for --precision int8.
 *
 * Runs the network on sample pictures, layer by layer in plain C; as each value comes by, the convolutions that read
 * it are rounded by what it holds (round.c). Then as many layers as the target asks for go back to float32
 * (choose.c).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "anew.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "nets/nets.h"
#include "quantize.h"

#define DEFAULT_TARGET 42.0

/* One line of printable text, whatever is in the names that it quotes. */
#define complain(...)                                                                              \
    do {                                                                                           \
        anew_error said;                                                                           \
        anew_error_set(&said, ANEW_ERROR_ARGUMENT, __VA_ARGS__);                                   \
        fprintf(stderr, "anew-quantize: %s\n", said.text);                                         \
    } while (0)

static const char usage[] =
    "usage: anew-quantize MODEL PICTURE... -o OUTPUT.anew [options]\n"
    "\n"
    "Rounds a model's convolutions to 8 bits, for `anew --precision int8`, by what they see on\n"
    "sample pictures: some twenty of the kind that it is to work on, as they are before it.\n"
    "\n"
    "  -o FILE         output\n"
    "  --target DB     layers stay in float32, from the first on, until the samples' result is so\n"
    "                  near to float32's (PSNR in dB; default: 42)\n"
    "  --force         overwrite an existing output\n"
    "  -q, --quiet     say nothing\n"
    "  -h, --help      this text\n";

typedef struct quantize_options {
    const char *model, *output;
    char **pictures;
    int picture_count;
    double target;
    bool force, quiet, help;
} quantize_options;

static bool read_target(double *target, const char *text)
{
    char *end = NULL;
    *target = strtod(text, &end);
    if (end != text && *end == '\0' && *target >= 0 && *target <= 98)
        return true;
    complain("--target %s: must be a number from 0 to 98", text);
    return false;
}

/* Words are moved to the front of `arguments`: the model, then the pictures. */
static bool parse(quantize_options *o, int count, char **arguments)
{
    int words = 0;
    bool only_words = false;
    o->target = DEFAULT_TARGET;
    for (int i = 1; i < count; i++) {
        char *a = arguments[i];
        if (only_words || a[0] != '-' || a[1] == '\0') {
            arguments[words++] = a;
        } else if (strcmp(a, "--") == 0) {
            only_words = true;
        } else if (strcmp(a, "-o") == 0 || strcmp(a, "--target") == 0) {
            if (i + 1 >= count) {
                complain("%s needs a value", a);
                return false;
            }
            i++;
            if (a[1] == 'o')
                o->output = arguments[i];
            else if (!read_target(&o->target, arguments[i]))
                return false;
        } else if (strcmp(a, "--force") == 0) {
            o->force = true;
        } else if (strcmp(a, "-q") == 0 || strcmp(a, "--quiet") == 0) {
            o->quiet = true;
        } else if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0) {
            o->help = true;
        } else {
            complain("unknown option %s; --help lists them", a);
            return false;
        }
    }
    o->model = words > 0 ? arguments[0] : NULL;
    o->pictures = arguments + 1;
    o->picture_count = words - 1;
    return true;
}

/* ---- rounding as values come by ------------------------------------------------------------------------- */

typedef struct observer {
    const anew_graph *graph;
    quantized *layers; /* [graph nodes] */
    anew_status status;
    anew_error *error;
    bool quiet;
    int done;
} observer;

/* Whether integers can pay: what the kernels take (kernels/select.c), with channels enough on both sides, and
 * weights that no other layer uses. */
static bool can_be_rounded(const anew_graph *graph, const anew_node *node)
{
    const int in = anew_graph_node(graph, node->sources[0])->channels;
    if (node->op != ANEW_OP_CONV || node->groups != 1 || node->stride != 1 || node->dilation != 1 ||
        node->kernel > 11 || in < 16 || node->channels < 16 || node->input_scale != NULL ||
        node->weight->rank != 4 || node->edge != ANEW_EDGE_ZEROS)
        return false;
    for (int i = 0; i < anew_graph_count(graph); i++)
        if (anew_graph_node(graph, i) != node && anew_graph_node(graph, i)->weight == node->weight)
            return false;
    return true;
}

static void observe(void *context, const anew_node *node, const float *values, int height,
                    int width)
{
    observer *o = context;
    for (int i = 0; o->status == ANEW_OK && i < anew_graph_count(o->graph); i++) {
        const anew_node *reader = anew_graph_node(o->graph, i);
        if (reader->op != ANEW_OP_CONV || anew_graph_node(o->graph, reader->sources[0]) != node ||
            !can_be_rounded(o->graph, reader))
            continue;
        o->status =
            round_layer(&o->layers[i], reader, values, node->channels, height, width, o->error);
        o->done++;
        if (!o->quiet && isatty(STDERR_FILENO))
            fprintf(stderr, "\rrounding layer %d", o->done);
    }
}

static anew_status round_all(quantized *layers, int *count, const anew_graph *graph,
                             const anew_planes *samples, bool quiet, anew_error *error)
{
    const int scale = anew_graph_scale(graph), alignment = anew_graph_alignment(graph);
    if (anew_graph_output_count(graph) > 1 || anew_graph_node(graph, 0)->channels != 3 ||
        anew_graph_node(graph, anew_graph_output(graph))->channels != 3 ||
        SAMPLE_SIDE % alignment != 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "a network that makes no picture of pictures of any size cannot be "
                         "rounded by samples");
    anew_isa isa;
    (void)anew_isa_detect(&isa, NULL);
    observer o = {.graph = graph, .layers = layers, .error = error, .quiet = quiet};
    anew_planes result = {0};
    ANEW_TRY(
        anew_planes_create(&result, 3, samples->height * scale, samples->width * scale, error));
    const anew_picture in = picture_of(samples), out = picture_of(&result);
    anew_status status = anew_execute_ref(graph, isa, &in, &out, observe, &o, error);
    if (!quiet && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (status == ANEW_OK)
        status = o.status;
    if (status == ANEW_OK && o.done == 0)
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "no convolution of at least 16 to 16 channels that could be rounded");
    *count = o.done;
    anew_planes_free(&result);
    return status;
}

static anew_status quantize(const quantize_options *o, anew_error *error)
{
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_planes samples = {0};
    anew_bytes bytes = {0};
    anew_output *file = NULL;
    quantized *layers = NULL;
    anew_status status = ANEW_OK;
    int count = 0, kept = 0;
    double psnr = 0, all = 0;
    ANEW_TRY_GOTO(anew_model_open_named(&model, o->model, error), out);
    ANEW_TRY_GOTO(anew_net_graph(&graph, model, error), out);
    ANEW_TRY_GOTO(samples_read(&samples, o->pictures, o->picture_count, error), out);
    layers = anew_alloc_zero(anew_size_mul((size_t)anew_graph_count(graph), sizeof *layers));
    if (layers == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the layers");
        goto out;
    }
    status = round_all(layers, &count, graph, &samples, o->quiet, error);
    if (status == ANEW_OK)
        status = choose_kept(&kept, &psnr, &all, model, graph, layers, &samples, o->target, error);
    if (status == ANEW_OK && kept == count)
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "with every layer rounded the samples' result is at %.1f dB, and even "
                           "the last one alone brings it below %.1f",
                           all, o->target);
    if (status != ANEW_OK) {
        anew_error_name(error, o->model);
        goto out;
    }
    ANEW_TRY_GOTO(write_model(&bytes, model, graph, layers, kept, error), out);
    ANEW_TRY_GOTO(anew_output_open(&file, o->output, error), out);
    ANEW_TRY_GOTO(anew_output_write(file, bytes.data, bytes.size, error), out);
    ANEW_TRY_GOTO(anew_output_commit(&file, error), out);
    if (!o->quiet)
        fprintf(stderr,
                "%s: %d of %d layers in 8 bits; %.1f dB from float32 on the samples "
                "(%.1f with all of them)\n",
                o->output, count - kept, count, psnr, all);
out:
    for (int i = 0; layers != NULL && i < anew_graph_count(graph); i++)
        quantized_free(&layers[i]);
    anew_free(layers);
    anew_output_discard(&file);
    anew_bytes_free(&bytes);
    anew_planes_free(&samples);
    anew_graph_free(&graph);
    anew_model_close(&model);
    return status;
}

int main(int count, char **arguments)
{
    quantize_options o = {0};
    if (!parse(&o, count, arguments))
        return 2;
    if (o.help) {
        fputs(usage, stdout);
        return 0;
    }
    if (o.model == NULL || o.picture_count < 1 || o.output == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    anew_error error;
    anew_output_discard_on_signals();
    if (!o.force && strcmp(o.output, "-") != 0 && access(o.output, F_OK) == 0) {
        complain("%s: exists; --force overwrites it", o.output);
        return 1;
    }
    if (quantize(&o, &error) == ANEW_OK)
        return 0;
    complain("%s", error.text);
    return 1;
}
