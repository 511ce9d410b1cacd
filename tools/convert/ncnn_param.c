/*
 * ncnn_param.c - the text half of an ncnn model: a number that marks the format, the numbers of layers and
 * blobs, then one layer a line.
 *
 *     Type name inputs outputs input... output... key=value... -23300-key=count,value,...
 */
#include <limits.h>
#include <stdlib.h>

#include "core/memory.h"
#include "ncnn.h"

#define ARRAY_KEY (-23300) /* key -23300 - k holds an array for parameter k */

static anew_status broken(const ncnn_file *f, int line, const char *what)
{
    return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: line %d: %s", f->path, line, what);
}

/* The next word of the line into `word`; false at its end or where it is too long. */
static bool next_word(const char **p, const char *end, char word[NCNN_MAX_WORD])
{
    size_t length = 0;
    while (*p < end && (**p == ' ' || **p == '\t'))
        (*p)++;
    while (*p < end && **p != ' ' && **p != '\t') {
        if (length + 1 >= NCNN_MAX_WORD)
            return false;
        word[length++] = *(*p)++;
    }
    word[length] = '\0';
    return length > 0;
}

/* A whole number from 0 on; one above the largest int counts as that. */
static bool next_count(const char **p, const char *end, int *count)
{
    char word[NCNN_MAX_WORD], *rest = NULL;
    if (!next_word(p, end, word))
        return false;
    const long value = strtol(word, &rest, 10);
    *count = value > INT_MAX ? INT_MAX : (int)value;
    return rest != word && *rest == '\0' && value >= 0;
}

/* key=value, or -23300-k=count,first,... */
static bool read_parameter(ncnn_layer *layer, const char *word)
{
    char *rest = NULL;
    long key = strtol(word, &rest, 10);
    if (rest == word || *rest != '=')
        return false;
    const char *value = rest + 1;
    if (key <= ARRAY_KEY) {
        key = ARRAY_KEY - key;
        value = strchr(value, ',');
        if (value == NULL)
            return true; /* an empty array */
        value++;
    }
    if (key >= 0 && key < NCNN_MAX_VALUES) {
        layer->values[key] = strtod(value, &rest);
        layer->given[key] = rest != value;
        if (*rest == ',')
            layer->second[key] = strtod(rest + 1, NULL);
    }
    return true;
}

static anew_status read_layer(ncnn_file *f, ncnn_layer *layer, const char *p, const char *end,
                              int line)
{
    char word[NCNN_MAX_WORD];
    *layer = (ncnn_layer){.input_count = 0};
    if (!next_word(&p, end, layer->type) || !next_word(&p, end, layer->label) ||
        !next_count(&p, end, &layer->input_count) || !next_count(&p, end, &layer->output_count))
        return broken(f, line, "no layer");
    if (layer->input_count > NCNN_MAX_LAYERS || layer->output_count > NCNN_MAX_LAYERS)
        return broken(f, line, "fewer blobs than it says");
    for (int i = 0; i < layer->input_count + layer->output_count; i++) {
        const int k = i < layer->input_count ? i : i - layer->input_count;
        if (!next_word(&p, end, word))
            return broken(f, line, "fewer blobs than it says");
        if (k < NCNN_MAX_BLOBS)
            memcpy(i < layer->input_count ? layer->inputs[k] : layer->outputs[k], word,
                   NCNN_MAX_WORD);
    }
    while (next_word(&p, end, word))
        if (!read_parameter(layer, word))
            return broken(f, line, "a parameter that is not key=value");
    return ANEW_OK;
}

anew_status ncnn_param_read(ncnn_file *f, const char *text, size_t size)
{
    const char *const end = text + size;
    int line = 0, wanted = -1;
    for (const char *p = text; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const char *last = stop == NULL ? end : stop;
        const char *next = stop == NULL ? end : stop + 1;
        if (last > p && last[-1] == '\r')
            last--;
        const char *word = p;
        if (line == 1) {
            if (!next_count(&word, last, &wanted))
                return broken(f, 2, "no number of layers");
            if (wanted >= NCNN_MAX_LAYERS)
                return anew_fail(f->error, ANEW_ERROR_LIMIT,
                                 "%s: line 2: says that it has %d layers or more; the limit is %d",
                                 f->path, wanted, NCNN_MAX_LAYERS - 1);
            f->layers = anew_alloc(anew_size_mul((size_t)wanted + 1, sizeof *f->layers));
            if (f->layers == NULL)
                return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its layers",
                                 f->path);
        } else if (line > 1 && last > p) {
            if (f->count == wanted)
                return broken(f, line + 1, "more layers than it says");
            ANEW_TRY(read_layer(f, &f->layers[f->count++], p, last, line + 1));
        }
        p = next;
    }
    if (wanted < 0 || f->count != wanted)
        return broken(f, line, "the file is cut");
    return ANEW_OK;
}
