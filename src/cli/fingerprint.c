/* fingerprint.c - which options count, and the model. */
#include "cli/fingerprint.h"

#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "model/model.h"

static uint64_t add_text(uint64_t hash, const char *text)
{
    return text == NULL ? anew_hash(hash, "", 1) : anew_hash(hash, text, strlen(text) + 1);
}

static uint64_t add_number(uint64_t hash, uint64_t number)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    return anew_hash(hash, bytes, sizeof bytes);
}

static uint64_t add_option(uint64_t hash, const cli_options *options, option_id id)
{
    struct stat facts;
    if (!options->given[id] || cli_option_is_indifferent(id))
        return hash;
    const cli_option *o = &cli_option_table[id];
    const char *file = o->kind == OPTION_FILE ? options->texts[id] : NULL;
    hash = add_text(add_text(hash, o->name), options->texts[id]);
    if (id != OPT_MODEL && file != NULL && stat(file, &facts) == 0) {
        hash = add_number(hash, (uint64_t)facts.st_size);
        hash = add_number(hash, (uint64_t)facts.st_mtim.tv_sec);
        hash = add_number(hash, (uint64_t)facts.st_mtim.tv_nsec);
    }
    return hash;
}

static size_t bytes_of(const anew_tensor *tensor)
{
    const size_t elements = (size_t)tensor->elements;
    return tensor->dtype == ANEW_DTYPE_F32  ? 4 * elements
           : tensor->dtype == ANEW_DTYPE_I8 ? elements
                                            : 2 * elements;
}

static uint64_t add_model(uint64_t hash, const anew_model *model)
{
    anew_parameter p;
    for (int i = 0; anew_model_parameter(model, i, &p); i++) {
        uint64_t real;
        memcpy(&real, &p.real, sizeof real);
        hash = add_text(add_text(hash, p.name), p.text);
        hash = add_number(add_number(hash, (uint64_t)p.integer), real);
    }
    for (int i = 0; i < anew_model_tensor_count(model); i++) {
        const anew_tensor *tensor = anew_model_tensor(model, i);
        hash = add_number(add_text(hash, tensor->name), (uint64_t)tensor->dtype);
        for (int d = 0; d < tensor->rank; d++)
            hash = add_number(hash, (uint64_t)tensor->dims[d]);
        hash = anew_hash(hash, tensor->data, bytes_of(tensor));
        if (tensor->row_scale != NULL)
            hash = anew_hash(hash, tensor->row_scale, (size_t)tensor->dims[0] * sizeof(float));
    }
    return hash;
}

uint64_t cli_fingerprint(const cli_options *options, const anew_model *model,
                         const anew_model *restore)
{
    uint64_t hash = add_text(ANEW_HASH_START, anew_version());
    for (int i = 0; i < OPT_COUNT; i++)
        hash = add_option(hash, options, (option_id)i);
    hash = add_text(hash, options->enhance.cpu);
    hash = add_number(hash, options->look_first);
    hash = add_model(hash, model);
    if (restore != NULL)
        hash = add_model(hash, restore);
    return anew_hash_mixed(hash);
}
