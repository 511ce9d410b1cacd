/*
 * fuzz_model.c - fuzz target: model files, as they are and with their checksums set right; a network that can
 * be built enlarges a small picture.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/format.h"
#include "nets/nets.h"
#include "pipeline/enhance.h"

/* A network with more weights is built, but not run. */
#define MAX_RUN_ELEMENTS ((int64_t)1 << 16)

/* ---- checksums --------------------------------------------------------------------------------------- */

static uint64_t little(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static void put_checksum(uint8_t *place, const uint8_t *data, size_t size)
{
    const uint32_t sum = anew_crc32c(data, size);
    for (int i = 0; i < 4; i++)
        place[i] = (uint8_t)(sum >> (8 * i));
}

/* Steps over `bytes` bytes of the directory; false where it ends before. */
static bool step(size_t *at, size_t end, size_t bytes)
{
    if (bytes > end - *at)
        return false;
    *at += bytes;
    return true;
}

/* Those of the tensors, as far as the directory can be walked. */
static void repair_tensors(uint8_t *file, size_t size, size_t end)
{
    size_t at = ANEW_FILE_HEADER;
    for (uint64_t i = little(file + ANEW_AT_FIELDS, 4); i > 0; i--) {
        if (end - at < 2)
            return;
        const int kind = file[at];
        if (!step(&at, end, 2u + file[at + 1]) || end - at < 2 ||
            !step(&at, end,
                  kind == ANEW_FIELD_INTEGER || kind == ANEW_FIELD_REAL
                      ? 8
                      : 2 + (size_t)little(file + at, 2)))
            return;
    }
    for (uint64_t i = little(file + ANEW_AT_TENSORS, 4); i > 0; i--) {
        if (at >= end || !step(&at, end, 1u + file[at]) || !step(&at, end, 1) || at >= end ||
            !step(&at, end, 1u + file[at]) || at >= end || !step(&at, end, 1u + 8u * file[at]) ||
            end - at < 20)
            return;
        const uint64_t offset = little(file + at, 8), bytes = little(file + at + 8, 8);
        if (offset <= size && bytes <= size - offset)
            put_checksum(file + at + 16, file + offset, (size_t)bytes);
        at += 20;
    }
}

static void repair(uint8_t *file, size_t size)
{
    if (size < ANEW_FILE_HEADER)
        return;
    const uint64_t directory = little(file + ANEW_AT_DIRECTORY_BYTES, 4);
    if (directory <= size - ANEW_FILE_HEADER) {
        repair_tensors(file, size, ANEW_FILE_HEADER + (size_t)directory);
        put_checksum(file + ANEW_AT_DIRECTORY_CHECKSUM, file + ANEW_FILE_HEADER, (size_t)directory);
    }
    put_checksum(file + ANEW_AT_HEADER_CHECKSUM, file, ANEW_AT_HEADER_CHECKSUM);
}

/* ---- what is done with a model ------------------------------------------------------------------------- */

static int64_t read_all(const anew_model *model)
{
    const char *name = NULL;
    char text[64];
    int64_t elements = 0;
    for (int i = 0; anew_model_parameter_text(model, i, &name, text, sizeof text); i++)
        if (strlen(name) == 0 || strlen(text) >= sizeof text)
            abort();
    for (int i = 0; i < anew_model_tensor_count(model); i++) {
        const anew_tensor *t = anew_model_tensor(model, i);
        float *values = malloc((size_t)t->elements * sizeof *values);
        if (values == NULL || anew_model_find(model, t->name) != t)
            abort();
        anew_tensor_to_f32(values, t);
        free(values);
        elements += t->elements;
    }
    return elements;
}

/* In one of the ways to run it; those of the exact class must give what the definition gives. */
static anew_status run(const anew_model *model, uint32_t way, anew_error *error)
{
    const anew_enhance_options options = {.threads = 1,
                                          .plan = (anew_plan_level)(way % 3),
                                          .precision = (anew_precision)(way / 4 % 2 == 0),
                                          .band = (int)(way / 8 % 4),
                                          .strip = (int)(way / 32 % 4),
                                          .cpu = way / 128 % 2 == 0 ? NULL : "c"};
    const anew_enhance_options reference = {.threads = 1, .plan = ANEW_PLAN_REF};
    uint8_t pixels[5 * 3 * 3];
    const anew_image in = {.width = 5, .height = 3, .channels = 3, .depth = 8, .pixels = pixels};
    anew_image out = {0}, meant = {0};
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    anew_status status = anew_enhance(&out, &in, model, &options, NULL, error);
    if (status == ANEW_OK && options.precision == ANEW_PRECISION_EXACT)
        status = anew_enhance(&meant, &in, model, &reference, NULL, error);
    if (status == ANEW_OK && options.precision == ANEW_PRECISION_EXACT &&
        memcmp(out.pixels, meant.pixels, (size_t)out.width * (size_t)out.height * 3) != 0)
        abort();
    anew_image_free(&out);
    anew_image_free(&meant);
    return status;
}

static anew_status parse(const uint8_t *data, size_t size, anew_error *error)
{
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    uint8_t *copy = fuzz_copy(data, size);
    anew_status status = anew_model_from_memory(&model, copy, size, FUZZ_LABEL, error);
    if (status == ANEW_OK) {
        const int64_t elements = read_all(model);
        status = anew_net_graph(&graph, model, error);
        if (status == ANEW_OK && elements <= MAX_RUN_ELEMENTS)
            status = run(model, anew_crc32c(data, size), error);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(parse, data, size);
    uint8_t *copy = fuzz_copy(data, size);
    repair(copy, size);
    if (memcmp(copy, data, size) != 0)
        fuzz_twice(parse, copy, size);
    free(copy);
    return 0;
}
