/*
 * convert_main.c - anew-convert: checkpoints of other frameworks to model files (.anew).
 *
 * Reads the tensors, recognises the network, writes the file in memory, builds the network's graph
 * from it as the engine would (so that a missing, surplus or misshapen tensor is named now and not
 * later), and only then writes it out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "nets/nets.h"
#include "nodes.h"
#include "notes.h"
#include "recognise.h"

#define MAX_SETS 16

typedef struct convert_options {
    const char *input, *output, *name, *licence, *source, *dtype, *range;
    const char *sets[MAX_SETS];
    int set_count;
    bool force, list, help, quiet, as_graph;
    nodes_options graph; /* what no graph tells */
} convert_options;

/* One line of printable text, whatever is in the names that it quotes. */
#define complain(...)                                                                              \
    do {                                                                                           \
        anew_error said;                                                                           \
        anew_error_set(&said, ANEW_ERROR_ARGUMENT, __VA_ARGS__);                                   \
        fprintf(stderr, "anew-convert: %s\n", said.text);                                          \
    } while (0)

static const char usage[] =
    "usage: anew-convert CHECKPOINT [-o MODEL.anew] [options]\n"
    "\n"
    "Converts a PyTorch checkpoint (.pth), a .safetensors file, an ONNX file or an ncnn .param\n"
    "(with its .bin beside it). The network is recognised by its tensors; an ncnn graph of "
    "another\n"
    "network is taken over operation by operation. Nothing in a file is ever executed.\n"
    "\n"
    "  -o FILE           output; default: CHECKPOINT with the ending .anew\n"
    "  --dtype TYPE      f32, f16, bf16, or same (as in the checkpoint; the default)\n"
    "  --name TEXT       name of the model; default: the checkpoint's file name\n"
    "  --licence TEXT    licence of the weights; default: unknown\n"
    "  --source TEXT     where the weights come from\n"
    "  --set NAME=VALUE  a hyper-parameter that no tensor shows: slope, act_type, up_factor,\n"
    "                    value_range (255 for a network trained on samples from 0 to 255),\n"
    "                    or a partner to be mixed with: denoise_partner, crisp_partner, crisp\n"
    "  --as-graph        take over the graph of an ONNX or ncnn file as it is, whatever network it "
    "is\n"
    "  --range NUMBER    the graph's largest sample value, such as 255; default: 1\n"
    "  --bgr             the graph takes and gives blue first\n"
    "  --force           overwrite an existing output\n"
    "  --list            the networks that are recognised, and the operations of graphs\n"
    "  -q, --quiet       say nothing\n"
    "  -h, --help        this text\n";

/* The value of an option, or NULL with a message when the command line ends. */
static const char *value_of(int *i, int count, char **arguments)
{
    if (*i + 1 >= count) {
        complain("%s needs a value", arguments[*i]);
        return NULL;
    }
    return arguments[++*i];
}

static bool parse(convert_options *o, int count, char **arguments)
{
    const struct {
        const char *name;
        const char **place;
    } texts[] = {{"-o", &o->output},         {"--dtype", &o->dtype},     {"--name", &o->name},
                 {"--licence", &o->licence}, {"--license", &o->licence}, {"--source", &o->source},
                 {"--range", &o->range}};
    const struct {
        const char *name;
        bool *place;
    } flags[] = {{"--force", &o->force},   {"--list", &o->list},        {"-h", &o->help},
                 {"--help", &o->help},     {"--quiet", &o->quiet},      {"-q", &o->quiet},
                 {"--bgr", &o->graph.bgr}, {"--as-graph", &o->as_graph}};
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        bool known = false;
        for (size_t k = 0; k < sizeof flags / sizeof flags[0]; k++) {
            if (strcmp(word, flags[k].name) == 0) {
                *flags[k].place = true;
                known = true;
            }
        }
        for (size_t k = 0; !known && k < sizeof texts / sizeof texts[0]; k++) {
            if (strcmp(word, texts[k].name) == 0) {
                *texts[k].place = value_of(&i, count, arguments);
                if (*texts[k].place == NULL)
                    return false;
                known = true;
            }
        }
        if (!known && strcmp(word, "--set") == 0) {
            const char *value = value_of(&i, count, arguments);
            if (value == NULL || o->set_count == MAX_SETS)
                return false;
            o->sets[o->set_count++] = value;
        } else if (!known && word[0] == '-') {
            complain("unknown option %s; see anew-convert --help", word);
            return false;
        } else if (!known && o->input != NULL) {
            complain("one checkpoint at a time");
            return false;
        } else if (!known) {
            o->input = word;
        }
    }
    return true;
}

/* The checkpoint's path with another ending; the base name alone where `base`. */
static char *derived_name(const char *path, const char *ending, bool base)
{
    const char *slash = strrchr(path, '/');
    const char *start = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(start, '.');
    const size_t length = dot == NULL || dot == start ? strlen(path) : (size_t)(dot - path);
    const size_t skipped = base ? (size_t)(start - path) : 0;
    char *name = anew_alloc(length + strlen(ending) + 1);
    if (name != NULL)
        (void)sprintf(name, "%.*s%s", (int)(length - skipped), path + skipped, ending);
    return name;
}

/* One weight that is no number makes a black picture. */
static anew_status check_numbers(const checkpoint_tensor *t, anew_dtype dtype, const char *label,
                                 anew_error *error)
{
    for (int64_t i = 0; i < t->elements; i++) {
        const double v = (double)t->values[i];
        if (!isfinite(v))
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: tensor '%s' has a number that is not finite", label, t->name);
        if (dtype == ANEW_DTYPE_F16 && fabs(v) >= 65520) /* rounds to infinity */
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "%s: tensor '%s' has %g, which f16 does not hold; use --dtype f32 or "
                             "bf16",
                             label, t->name, v);
    }
    return ANEW_OK;
}

static anew_status fill_writer(anew_model_writer *w, const checkpoint *c, const recognised *r,
                               const convert_options *o, const char *default_name,
                               anew_error *error)
{
    const char *const texts[][3] = {{"architecture", r->architecture, ""},
                                    {"name", o->name, c->name != NULL ? c->name : default_name},
                                    {"licence", o->licence, c->licence},
                                    {"source", o->source, c->source}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = texts[i][1] != NULL ? texts[i][1] : texts[i][2];
        ANEW_TRY(anew_model_writer_set(w, texts[i][0], text == NULL ? "unknown" : text, error));
    }
    for (int i = 0; i < r->hyper_count; i++) {
        const recognised_hyper *h = &r->hypers[i];
        if (h->kind == 'i')
            ANEW_TRY(anew_model_writer_integer(w, h->name, h->integer, error));
        else if (h->kind == 'r')
            ANEW_TRY(anew_model_writer_real(w, h->name, h->real, error));
        else
            ANEW_TRY(anew_model_writer_text(w, h->name, h->text, error));
    }
    if (c->nodes != NULL)
        ANEW_TRY(nodes_write(w, c->nodes, error));
    for (int i = 0; i < c->count; i++) {
        const checkpoint_tensor *t = &c->tensors[i];
        anew_dtype dtype = t->stored;
        if (o->dtype != NULL && strcmp(o->dtype, "same") != 0)
            dtype = strcmp(o->dtype, "f16") == 0    ? ANEW_DTYPE_F16
                    : strcmp(o->dtype, "bf16") == 0 ? ANEW_DTYPE_BF16
                                                    : ANEW_DTYPE_F32;
        ANEW_TRY(check_numbers(t, dtype, o->input, error));
        ANEW_TRY(anew_model_writer_tensor(w, t->name, dtype, t->rank, t->dims, t->values, error));
    }
    return ANEW_OK;
}

static void say_what(const checkpoint *c, const recognised *r, const char *output)
{
    printf("%s: %s%s", c->container, r->architecture, r->hyper_count > 0 ? "," : "");
    for (int i = 0; i < r->hyper_count; i++) {
        const recognised_hyper *h = &r->hypers[i];
        if (h->kind == 'i')
            printf(" %s=%lld", h->name, (long long)h->integer);
        else if (h->kind == 'r')
            printf(" %s=%g", h->name, h->real);
        else
            printf(" %s=%s", h->name, h->text);
    }
    printf(", %lld parameters in %d tensors -> %s\n", (long long)c->elements, c->count, output);
    if (r->remark[0] != '\0')
        printf("note: %s\n", r->remark);
}

/* A graph as a network of its own kind. */
static anew_status read_graph(recognised *r, checkpoint *c, const convert_options *o,
                              anew_error *error)
{
    ANEW_TRY(checkpoint_read_graph(c, o->input, &o->graph, error));
    return recognise(r, c, o->input, error);
}

/* The network that the file holds, or else its graph. */
static anew_status read_network(recognised *r, checkpoint *c, const convert_options *o,
                                anew_error *error)
{
    anew_error of_graph;
    if (o->as_graph)
        return read_graph(r, c, o, error);
    anew_status status = checkpoint_read(c, o->input, error);
    if (status == ANEW_OK)
        status = recognise(r, c, o->input, error);
    if (status != ANEW_ERROR_UNSUPPORTED)
        return status;
    checkpoint_free(c);
    status = read_graph(r, c, o, &of_graph);
    if (status == ANEW_ERROR_ARGUMENT) /* no graph of a picture: what was said before stands */
        return ANEW_ERROR_UNSUPPORTED;
    if (status != ANEW_OK)
        *error = of_graph;
    return status;
}

/* Everything between the two files. */
static anew_status convert(const convert_options *o, const char *output, anew_error *error)
{
    checkpoint c = {0};
    recognised r;
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_output *file = NULL;
    anew_status status = ANEW_OK;
    char *name = derived_name(o->input, "", true);
    if (name == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory");
    ANEW_TRY_GOTO(read_network(&r, &c, o, error), out);
    if (c.count == 0) {
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "%s: the graph has no weights: it moves pixels about, and is no network",
                           o->input);
        goto out;
    }
    for (int i = 0; i < o->set_count; i++)
        ANEW_TRY_GOTO(recognised_set(&r, o->sets[i], error), out);
    ANEW_TRY_GOTO(recognised_fold_range(&r, &c, o->input, error), out);
    ANEW_TRY_GOTO(anew_model_writer_create(&writer, error), out);
    ANEW_TRY_GOTO(fill_writer(writer, &c, &r, o, name, error), out);
    ANEW_TRY_GOTO(anew_model_writer_finish(writer, &bytes, error), out);
    ANEW_TRY_GOTO(anew_model_from_memory(&model, bytes.data, bytes.size, o->input, error), out);
    ANEW_TRY_GOTO(anew_net_graph(&graph, model, error), out);
    ANEW_TRY_GOTO(anew_output_open(&file, output, error), out);
    ANEW_TRY_GOTO(anew_output_write(file, bytes.data, bytes.size, error), out);
    ANEW_TRY_GOTO(anew_output_commit(&file, error), out);
    if (!o->quiet)
        say_what(&c, &r, output);
out:
    anew_output_discard(&file);
    anew_graph_free(&graph);
    anew_model_close(&model);
    anew_bytes_free(&bytes);
    anew_model_writer_free(&writer);
    checkpoint_free(&c);
    anew_free(name);
    if (status != ANEW_OK && status != ANEW_ERROR_IO) /* that names the file that it is about */
        anew_error_name(error, o->input);
    return status;
}

int main(int count, char **arguments)
{
    convert_options o = {0};
    if (!parse(&o, count, arguments))
        return 2;
    if (o.help) {
        fputs(usage, stdout);
        return 0;
    }
    if (o.list) {
        for (const recognition *row = recognitions; row->architecture != NULL; row++) {
            const network_note *note = network_note_of(row->architecture);
            printf("%-8s %s (%s)\n", row->architecture, row->names, row->paper);
            if (note != NULL)
                printf("         operations: %s\n         licence of weights: %s\n",
                       note->operations, note->licence);
        }
        printf("graphs of these operations:");
        anew_op op;
        for (int i = 1; anew_recorded_op(i, &op); i++)
            printf(" %s", anew_op_name(op));
        printf("\nof ONNX: %s\nof ncnn: %s\n", onnx_operations, ncnn_operations);
        return 0;
    }
    if (o.input == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    const char *const dtypes[] = {"f32", "f16", "bf16", "same"};
    bool known = o.dtype == NULL;
    for (size_t i = 0; i < 4 && !known; i++)
        known = strcmp(o.dtype, dtypes[i]) == 0;
    if (!known) {
        complain("--dtype %s: must be f32, f16, bf16 or same", o.dtype);
        return 2;
    }
    char *end = NULL;
    if (o.range != NULL) {
        o.graph.range = strtod(o.range, &end);
        if (*end != '\0' || !(o.graph.range > 0 && o.graph.range <= 65535)) {
            complain("--range %s: must be the largest sample's value, above 0 and up to 65535",
                     o.range);
            return 2;
        }
    }
    o.as_graph = o.as_graph || o.range != NULL || o.graph.bgr;
    anew_error error;
    anew_output_discard_on_signals();
    char *derived = o.output == NULL ? derived_name(o.input, ".anew", false) : NULL;
    const char *output = o.output == NULL ? derived : o.output;
    int code = 1;
    if (output == NULL)
        complain("no memory");
    else if (!o.force && strcmp(output, "-") != 0 && access(output, F_OK) == 0)
        complain("%s: exists; --force overwrites it", output);
    else if (convert(&o, output, &error) != ANEW_OK)
        complain("%s", error.text);
    else
        code = 0;
    anew_free(derived);
    return code;
}
