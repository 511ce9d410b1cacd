/* prepare.c - packed weights in the model's keeping, and the choice between kinds of kernels. */
#include "pipeline/prepare.h"

#include "core/memory.h"
#include "exec/exec.h"
#include "nets/nets.h"

typedef struct wish {
    anew_isa isa;
    anew_selection selection;
} wish;

static void free_prepared(void *part)
{
    anew_prepared *p = part;
    if (p == NULL)
        return;
    anew_weights_free(&p->weights);
    anew_graph_free(&p->graph);
    anew_free(p);
}

static anew_status make(void **part, const anew_model *model, void *context, anew_error *error)
{
    const wish *w = context;
    anew_status status = ANEW_OK;
    anew_prepared *p = anew_alloc_zero(sizeof *p);
    if (p == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the packed weights");
    ANEW_TRY_GOTO(anew_net_graph(&p->graph, model, error), fail);
    ANEW_TRY_GOTO(anew_weights_pack(&p->weights, p->graph, w->isa, w->selection, error), fail);
    *part = p;
    return ANEW_OK;
fail:
    free_prepared(p);
    return status;
}

/* The model's slots are the selections. */
_Static_assert((int)ANEW_SELECT_COUNT <= ANEW_MODEL_PARTS, "a slot for each selection");

anew_status anew_prepare(anew_prepared **prepared, const anew_model *model, anew_isa isa,
                         anew_selection selection, anew_error *error)
{
    wish w = {isa, selection};
    void *part = NULL;
    ANEW_TRY(anew_model_part(&part, model, (int)selection, make, free_prepared, &w, error));
    *prepared = part;
    if ((*prepared)->weights->isa == isa)
        return ANEW_OK;
    /* Somebody lowered the CPU level since. */
    ANEW_TRY(make(&part, model, &w, error));
    *prepared = part;
    (*prepared)->owned = true;
    return ANEW_OK;
}

void anew_prepared_release(anew_prepared **prepared)
{
    if (*prepared != NULL && (*prepared)->owned)
        free_prepared(*prepared);
    *prepared = NULL;
}

/* ---- which kernels ------------------------------------------------------------------------------------ */

/* Winograd tiles of 4 rows and columns cost a deep network memory: each layer runs four rows ahead of
 * the next instead of one, the weights are four times as large, and a strip's halo is twice as wide.
 * Within this radius that is nothing; beyond it tiles are used for pictures so narrow that their whole
 * width in low bands, with the weights, takes no more than DEEP_BYTES. Wider ones take the row kernels,
 * which run in strips in a third of the memory. The rule looks at network and width only. */
#define SHALLOW_RADIUS 64
#define DEEP_BYTES     ((size_t)1 << 31)
#define DEEP_HEIGHT    4096 /* of the planned picture: high enough for all rings to be full */
#define DEEP_BAND      8

static anew_status check_integers(const anew_graph *graph, const anew_model *model,
                                  anew_error *error)
{
    for (int i = 0; i < anew_graph_count(graph); i++)
        if (anew_graph_node(graph, i)->input_scale != NULL)
            return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: no layer is rounded to 8 bits; anew-quantize makes a model that has such",
                     anew_model_label(model));
}

anew_status anew_selection_for(anew_selection *selection, const anew_model *model, anew_isa isa,
                               anew_precision precision, int width, anew_error *error)
{
    anew_graph *graph = NULL;
    anew_weights *weights = NULL;
    anew_plan *plan = NULL;
    anew_status status = ANEW_OK;
    /* `auto` is bfloat16: of all networks measured its picture is at least 51.5 dB from float32's
     * (bench/README.md), and where the CPU is not faster with it, no such kernel is chosen. */
    const bool bf16 = precision == ANEW_PRECISION_BF16 || precision == ANEW_PRECISION_AUTO;
    const bool int8 = precision == ANEW_PRECISION_INT8;
    *selection = precision == ANEW_PRECISION_EXACT ? ANEW_SELECT_EXACT
                 : int8                            ? ANEW_SELECT_INT8
                 : bf16                            ? ANEW_SELECT_BF16
                                                   : ANEW_SELECT_FAST;
    if (precision == ANEW_PRECISION_EXACT)
        return ANEW_OK;
    if (precision == ANEW_PRECISION_TF32)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "--precision tf32 is for GPUs (--device cuda); a CPU has f32, bf16, int8 "
                         "and auto");
    ANEW_TRY_GOTO(anew_net_graph(&graph, model, error), out);
    if (int8)
        ANEW_TRY_GOTO(check_integers(graph, model, error), out);
    if (anew_graph_radius(graph) <= SHALLOW_RADIUS || anew_graph_is_whole(graph))
        goto out;
    const int alignment = anew_graph_alignment(graph), least = anew_graph_least_side(graph);
    width = width < least ? least : width;
    ANEW_TRY_GOTO(anew_weights_choose(&weights, graph, isa, *selection, error), out);
    ANEW_TRY_GOTO(anew_plan_create(&plan, weights, DEEP_HEIGHT / alignment * alignment,
                                   (width + alignment - 1) / alignment * alignment, DEEP_BAND,
                                   ANEW_PLAN_FULL, error),
                  out);
    if (anew_size_add(weights->bytes, anew_execute_bytes(plan, 1)) > DEEP_BYTES)
        *selection = int8 ? ANEW_SELECT_INT8_ROWS : bf16 ? ANEW_SELECT_BF16_ROWS : ANEW_SELECT_ROWS;
out:
    anew_plan_free(&plan);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    return status;
}
