/* common.c - checks of answers, and the way of tensors through the converter, for all fuzz targets. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "fuzz.h"
#include "nets/nets.h"
#include "tools/convert/nodes.h"
#include "tools/convert/recognise.h"

long fuzz_allocations = -1;
bool fuzz_was_short;

void fuzz_check(anew_status status, const char *label, const anew_error *error)
{
    if (status == ANEW_OK)
        return;
    if (error->status != status || error->text[0] == '\0')
        abort();
    for (const char *p = error->text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            abort();
    if (status != ANEW_ERROR_MEMORY && strstr(error->text, label) == NULL)
        abort();
}

void fuzz_twice(anew_status (*parse)(const uint8_t *data, size_t size, anew_error *error),
                const uint8_t *data, size_t size)
{
    anew_error error = {0};
    uint32_t mixed = 2166136261u;
    const anew_status whole = parse(data, size, &error);
    fuzz_check(whole, FUZZ_LABEL, &error);
    for (size_t i = 0; i < size; i++)
        mixed = (mixed ^ data[i]) * 16777619u;
    error = (anew_error){0};
    anew_alloc_limit(fuzz_allocations >= 0 ? fuzz_allocations
                                           : (long)(mixed >> 8 & (mixed & 128 ? 7 : 127)));
    const anew_status short_of_memory = parse(data, size, &error);
    anew_alloc_limit(-1);
    fuzz_check(short_of_memory, FUZZ_LABEL, &error);
    if (short_of_memory != ANEW_ERROR_MEMORY && short_of_memory != whole)
        abort();
    fuzz_was_short = fuzz_was_short || short_of_memory != whole;
}

uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
    void *copy = NULL;
    if (posix_memalign(&copy, ANEW_ALIGNMENT, size == 0 ? 1 : size) != 0)
        abort();
    memcpy(copy, data, size);
    return copy;
}

anew_status fuzz_convert(checkpoint *c, anew_error *error)
{
    recognised r;
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_status status = ANEW_OK;
    checkpoint_strip_prefixes(c);
    ANEW_TRY_GOTO(recognise(&r, c, FUZZ_LABEL, error), out);
    ANEW_TRY_GOTO(recognised_fold_range(&r, c, FUZZ_LABEL, error), out);
    ANEW_TRY_GOTO(anew_model_writer_create(&writer, error), out);
    ANEW_TRY_GOTO(anew_model_writer_set(writer, "architecture", r.architecture, error), out);
    for (int i = 0; i < r.hyper_count; i++) {
        const recognised_hyper *h = &r.hypers[i];
        status = h->kind == 'i'   ? anew_model_writer_integer(writer, h->name, h->integer, error)
                 : h->kind == 'r' ? anew_model_writer_real(writer, h->name, h->real, error)
                                  : anew_model_writer_text(writer, h->name, h->text, error);
        if (status != ANEW_OK)
            goto out;
    }
    if (c->nodes != NULL)
        ANEW_TRY_GOTO(nodes_write(writer, c->nodes, error), out);
    for (int i = 0; i < c->count; i++) {
        const checkpoint_tensor *t = &c->tensors[i];
        ANEW_TRY_GOTO(anew_model_writer_tensor(writer, t->name, t->stored, t->rank, t->dims,
                                               t->values, error),
                      out);
    }
    ANEW_TRY_GOTO(anew_model_writer_finish(writer, &bytes, error), out);
    ANEW_TRY_GOTO(anew_model_from_memory(&model, bytes.data, bytes.size, FUZZ_LABEL, error), out);
    status = anew_net_graph(&graph, model, error);
out:
    anew_graph_free(&graph);
    anew_model_close(&model);
    anew_bytes_free(&bytes);
    anew_model_writer_free(&writer);
    if (status != ANEW_OK)
        anew_error_name(error, FUZZ_LABEL);
    return status;
}
