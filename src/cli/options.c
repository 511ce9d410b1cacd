/* options.c - the table, its parser, and the help that is printed from it. */
#include "cli/options.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

typedef enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_INTEGER, /* minimum .. maximum */
    OPTION_REAL,
    OPTION_BYTES, /* a number with K, M or G */
    OPTION_SIZE,  /* WIDTHxHEIGHT */
    OPTION_CHOICE /* one of `values`, separated by '|' */
} option_kind;

typedef struct option {
    const char *name; /* without the dashes */
    char short_name;  /* 0: none */
    option_kind kind;
    const char *argument; /* as shown in the help; NULL for a flag */
    const char *values;   /* CHOICE */
    double minimum, maximum;
    bool may_be_bare; /* the argument may be left out (--profile, --profile=json) */
    const char *help;
} option;

static const option table[] = {
    {"output", 'o', OPTION_TEXT, "FILE", NULL, 0, 0, false,
     "where the result goes; a folder for several pictures; - is standard output"},
    {"scale", 's', OPTION_REAL, "FACTOR", NULL, 0.01, 64, false,
     "enlarge by this factor, whole or not (default: the model's own, 4)"},
    {"width", 0, OPTION_INTEGER, "PIXELS", NULL, 1, 1000000, false,
     "width of the result; the height follows unless given"},
    {"height", 0, OPTION_INTEGER, "PIXELS", NULL, 1, 1000000, false,
     "height of the result; the width follows unless given"},
    {"model", 'm', OPTION_TEXT, "NAME|FILE", NULL, 0, 0, false,
     "a model by name or file, or a mixture: a.anew:0.7,b.anew:0.3 (default: photo-x4)"},
    {"denoise", 0, OPTION_REAL, "0..1", NULL, 0, 1, false,
     "how strongly to remove noise, for a model that names a partner"},
    {"format", 0, OPTION_CHOICE, "FORMAT", "png|jpeg|pnm", 0, 0, false,
     "format of the result (default: from its name, else png; pnm in a build without PNG)"},
    {"quality", 'q', OPTION_INTEGER, "1..100", NULL, 1, 100, false,
     "quality of a JPEG result (default: 92)"},
    {"chroma", 0, OPTION_CHOICE, "KIND", "auto|444|420", 0, 0, false,
     "colour resolution of a JPEG result: full, or half in both directions"},
    {"force", 'f', OPTION_FLAG, NULL, NULL, 0, 0, false, "overwrite an existing result"},
    {"threads", 't', OPTION_INTEGER, "N", NULL, 1, 256, false,
     "worker threads (default: all processors)"},
    {"exact", 0, OPTION_FLAG, NULL, NULL, 0, 0, false,
     "only kernels of the exact class: the same bits on every CPU"},
    {"memory", 0, OPTION_BYTES, "SIZE", NULL, 1, 1e15, false,
     "what the engine may allocate, such as 64M (default: 40 % of the machine's); same result"},
    {"strip", 0, OPTION_INTEGER, "PIXELS", NULL, 1, 1000000, false,
     "run in strips of this width (default: chosen to fit the memory); same result"},
    {"band", 0, OPTION_INTEGER, "ROWS", NULL, 1, 1000000, false,
     "run in bands of so many rows of the picture (default: chosen); same result"},
    {"size", 0, OPTION_SIZE, "WIDTHxHEIGHT", NULL, 1, 1000000, false,
     "explain: the size of the picture (default: 640x480)"},
    {"plan", 0, OPTION_CHOICE, "LEVEL", "full|nofuse|ref", 0, 0, false,
     "how the network is run: fused, step by step, or by the reference (for tests)"},
    {"max-pixels", 0, OPTION_INTEGER, "N", NULL, 1, 1e12, false,
     "refuse larger inputs (default: 256000000)"},
    {"profile", 0, OPTION_CHOICE, "FORM", "text|json", 0, 0, true,
     "say where the time went; --profile=json ends with one line of JSON"},
    {"verbose", 'v', OPTION_FLAG, NULL, NULL, 0, 0, false,
     "say what is done, with the kernel of every step"},
    {"json", 0, OPTION_FLAG, NULL, NULL, 0, 0, false, "models: one JSON document"},
    {"quiet", 0, OPTION_FLAG, NULL, NULL, 0, 0, false, "say nothing but errors"},
    {"help", 'h', OPTION_FLAG, NULL, NULL, 0, 0, false, "this text"},
    {"version", 0, OPTION_FLAG, NULL, NULL, 0, 0, false, "the version"},
};

#define OPTIONS (sizeof table / sizeof table[0])

void cli_help(void)
{
    printf("anew %s: restores and enlarges photos\n"
           "\n"
           "usage: anew [options] PICTURE...     restore and enlarge (%s in and out)\n"
           "       anew info NAME|FILE.anew      what a model is\n"
           "       anew models                   the models that are found\n"
           "       anew explain NAME|FILE.anew   how it runs: every step, kernel, memory, time\n"
           "\n"
           "Without -o the result stands beside the picture, as PHOTO_x4.%s.\n"
           "\n",
           ANEW_VERSION, anew_format_names(), anew_format_extension(anew_format_default()));
    for (size_t i = 0; i < OPTIONS; i++) {
        const option *o = &table[i];
        char left[64], short_name[8] = "    ";
        if (o->short_name != 0)
            (void)snprintf(short_name, sizeof short_name, "-%c, ", o->short_name);
        if (o->kind == OPTION_CHOICE)
            (void)snprintf(left, sizeof left, "%s--%s%s%s%s", short_name, o->name,
                           o->may_be_bare ? "[=" : "=", o->values, o->may_be_bare ? "]" : "");
        else
            (void)snprintf(left, sizeof left, "%s--%s%s%s", short_name, o->name,
                           o->argument == NULL ? "" : "=", o->argument == NULL ? "" : o->argument);
        printf("  %-30s %s\n", left, o->help);
    }
    printf("\n"
           "Exit code: 0 all done, 1 some failed, 2 usage, 130 interrupted.\n"
           "ANEW_CPU lowers the CPU level (%s); OMP_NUM_THREADS the threads.\n",
           anew_isa_names());
}

/* ---- values ------------------------------------------------------------------------------------------ */

static bool wrong(const option *o, const char *value, const char *wanted)
{
    fprintf(stderr, "anew: --%s %s: must be %s\n", o->name, value, wanted);
    return false;
}

static bool read_number(const option *o, const char *value, double *number)
{
    char wanted[96], *end = NULL;
    errno = 0;
    *number = strtod(value, &end);
    if (o->kind == OPTION_BYTES && end != value && *end != '\0') {
        static const char units[] = "KMG";
        const char *unit = strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end);
        if (unit != NULL) {
            *number *= (double)(1LL << (10 * (unit - units + 1)));
            end++;
        }
    }
    const bool whole = o->kind != OPTION_INTEGER || *number == floor(*number);
    if (end == value || *end != '\0' || errno != 0 || !whole || !(*number >= o->minimum) ||
        !(*number <= o->maximum)) {
        (void)snprintf(wanted, sizeof wanted, "a %snumber from %.15g to %.15g",
                       o->kind == OPTION_INTEGER ? "whole " : "", o->minimum, o->maximum);
        return wrong(o, value, wanted);
    }
    return true;
}

static bool read_size(const option *o, const char *value, int *width, int *height)
{
    char *end = NULL;
    errno = 0;
    const long w = strtol(value, &end, 10);
    const long h = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end != '\0' || errno != 0 || w < 1 || h < 1 || (double)w > o->maximum ||
        (double)h > o->maximum)
        return wrong(o, value, "two whole numbers like 640x480");
    *width = (int)w;
    *height = (int)h;
    return true;
}

/* Index of the value among the choices. */
static bool read_choice(const option *o, const char *value, int *index)
{
    const size_t length = strlen(value);
    const char *choice = o->values;
    for (*index = 0; choice != NULL; (*index)++) {
        const char *end = strchr(choice, '|');
        const size_t bytes = end == NULL ? strlen(choice) : (size_t)(end - choice);
        if (bytes == length && strncmp(choice, value, length) == 0)
            return true;
        choice = end == NULL ? NULL : end + 1;
    }
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "one of %s", o->values);
    return wrong(o, value, wanted);
}

static bool is(const option *o, const char *name)
{
    return strcmp(o->name, name) == 0;
}

/* Stores the option; `value` is NULL for a flag or where it was left out. */
static bool store(cli_options *to, const option *o, const char *value)
{
    static const anew_format formats[] = {ANEW_FORMAT_PNG, ANEW_FORMAT_JPEG, ANEW_FORMAT_PNM};
    static const anew_plan_level levels[] = {ANEW_PLAN_FULL, ANEW_PLAN_NOFUSE, ANEW_PLAN_REF};
    double number = 0;
    int index = 0;
    if ((o->kind == OPTION_INTEGER || o->kind == OPTION_REAL || o->kind == OPTION_BYTES) &&
        !read_number(o, value, &number))
        return false;
    if (o->kind == OPTION_CHOICE && value != NULL && !read_choice(o, value, &index))
        return false;
    if (o->kind == OPTION_SIZE && !read_size(o, value, &to->size_width, &to->size_height))
        return false;
    if (is(o, "output"))
        to->output = value;
    else if (is(o, "scale"))
        to->enhance.scale = number;
    else if (is(o, "width"))
        to->enhance.width = (int)number;
    else if (is(o, "height"))
        to->enhance.height = (int)number;
    else if (is(o, "model"))
        to->model = value;
    else if (is(o, "denoise"))
        to->denoise = number;
    else if (is(o, "json"))
        to->json = true;
    else if (is(o, "format"))
        to->format = formats[index];
    else if (is(o, "quality"))
        to->image.jpeg_quality = (int)number;
    else if (is(o, "chroma"))
        to->image.jpeg_chroma = index == 1 ? 444 : index == 2 ? 420 : 0;
    else if (is(o, "force"))
        to->force = true;
    else if (is(o, "threads"))
        to->enhance.threads = (int)number;
    else if (is(o, "exact"))
        to->enhance.exact = true;
    else if (is(o, "memory"))
        to->enhance.memory = number < (double)SIZE_MAX ? (size_t)number : SIZE_MAX;
    else if (is(o, "strip"))
        to->enhance.strip = (int)number;
    else if (is(o, "band"))
        to->enhance.band = (int)number;
    else if (is(o, "plan"))
        to->enhance.plan = levels[index];
    else if (is(o, "max-pixels"))
        to->limits.max_pixels = (int64_t)number;
    else if (is(o, "profile"))
        *(index == 1 ? &to->profile_json : &to->profile) = true;
    else if (is(o, "verbose"))
        to->verbose = true;
    else if (is(o, "quiet"))
        to->quiet = true;
    else if (is(o, "help"))
        to->help = true;
    else if (is(o, "version"))
        to->version = true;
    return true;
}

/* ---- words ------------------------------------------------------------------------------------------- */

static const option *find_long(const char *name, size_t length)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

static const option *find_short(char name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].short_name == name)
            return &table[i];
    return NULL;
}

bool cli_parse(cli_options *options, int count, char **arguments)
{
    bool only_words = false;
    *options = (cli_options){.words = arguments, .denoise = -1};
    options->image.png_compression = -1;
    for (int i = 0; i < count; i++) {
        char *word = arguments[i];
        const option *o = NULL;
        const char *value = NULL;
        if (only_words || word[0] != '-' || word[1] == '\0') {
            arguments[options->word_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (word[1] == '-') {
            const char *equals = strchr(word, '=');
            o = find_long(word + 2,
                          equals == NULL ? strlen(word + 2) : (size_t)(equals - word - 2));
            value = equals == NULL ? NULL : equals + 1;
        } else {
            o = find_short(word[1]);
            value = word[2] == '\0' ? NULL : word + 2; /* -s2 */
        }
        if (o == NULL) {
            fprintf(stderr, "anew: unknown option %s; see anew --help\n", word);
            return false;
        }
        if (o->kind == OPTION_FLAG && value != NULL) {
            fprintf(stderr, "anew: --%s takes no value\n", o->name);
            return false;
        }
        if (o->kind != OPTION_FLAG && value == NULL && !o->may_be_bare) {
            if (i + 1 >= count) {
                fprintf(stderr, "anew: --%s needs a value (%s)\n", o->name, o->argument);
                return false;
            }
            value = arguments[++i];
        }
        if (!store(options, o, value))
            return false;
    }
    return true;
}
