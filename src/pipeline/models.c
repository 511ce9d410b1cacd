/*
 * models.c - the models that are linked into the binary; and facts about a model.
 */
#include <string.h>

#include "core/memory.h"
#include "nets/nets.h"
#include "pipeline/enhance.h"
#include "plan/plan.h"

/* weights/embedded.S: each model's bytes, aligned to 64. The list is made by the Makefile from EMBED. */
#ifdef ANEW_EMBEDDED_LIST
#define MODEL(symbol, name, path)                                                                  \
    extern const uint8_t anew_embedded_##symbol[], anew_embedded_##symbol##_end[];
#include ANEW_EMBEDDED_LIST
#undef MODEL
#endif

static const struct {
    const char *name;
    const uint8_t *data, *end;
} embedded[] = {
#ifdef ANEW_EMBEDDED_LIST
#define MODEL(symbol, name, path) {name, anew_embedded_##symbol, anew_embedded_##symbol##_end},
#include ANEW_EMBEDDED_LIST
#undef MODEL
#endif
    {NULL, NULL, NULL}, /* the end: the list may be empty */
};

#define EMBEDDED_COUNT ((int)(sizeof embedded / sizeof embedded[0]) - 1)

const char *anew_embedded_name(int index)
{
    return index <= EMBEDDED_COUNT ? embedded[index].name : NULL;
}

bool anew_is_embedded(const char *name)
{
    for (int i = 0; i < EMBEDDED_COUNT; i++)
        if (strcmp(name, embedded[i].name) == 0)
            return true;
    return false;
}

anew_status anew_model_open_embedded(anew_model **model, const char *name, anew_error *error)
{
    for (int i = 0; i < EMBEDDED_COUNT; i++)
        if (name == NULL || strcmp(name, embedded[i].name) == 0)
            return anew_model_from_memory(model, embedded[i].data,
                                          (size_t)(embedded[i].end - embedded[i].data),
                                          embedded[i].name, error);
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "this program was built without models (EMBED=0); name one with -m");
}

anew_status anew_model_facts_of(anew_model_facts *facts, const anew_model *model, anew_error *error)
{
    anew_graph *graph = NULL;
    ANEW_TRY(anew_net_graph(&graph, model, error));
    *facts = (anew_model_facts){.scale = anew_graph_scale(graph),
                                .flops_per_pixel = anew_graph_flops(graph),
                                .radius = anew_graph_radius(graph),
                                .alignment = anew_graph_alignment(graph)};
    facts->planes = anew_graph_node(graph, anew_graph_output(graph))->channels;
    facts->level = anew_graph_node(graph, 0)->channels == facts->planes + 1;
    for (int i = 0; i < anew_graph_count(graph); i++) {
        const anew_node *node = anew_graph_node(graph, i);
        facts->layers += node->op == ANEW_OP_CONV ? 1 : 0;
        facts->rounded_layers += node->input_scale != NULL ? 1 : 0;
    }
    for (int i = 0; i < anew_model_tensor_count(model); i++)
        facts->parameters += anew_model_tensor(model, i)->elements;
    anew_graph_free(&graph);
    return ANEW_OK;
}
