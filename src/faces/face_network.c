/* face_network.c - what does not fit into the memory is refused before any weight is packed. */
#include "faces/face_network.h"

#include "core/machine_memory.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "nets/nets.h"

anew_status anew_face_network_create(anew_face_network *network, const anew_model *model,
                                     anew_options wishes, const anew_face_network_options *options,
                                     anew_error *error)
{
    *network = (anew_face_network){.model = model,
                                   .engine = options->engine,
                                   .precision = options->precision,
                                   .threads = options->threads > 0 ? options->threads
                                                                   : anew_parallel_threads()};
    if (!anew_isa_detect(&network->isa, options->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "'%s' is no CPU level of this build; use %s",
                         options->cpu, anew_isa_names());
    return anew_net_graph_with(&network->graph, model, wishes, error);
}

/* An engine makes its weights of the exact class's, in whatever precision it is to run. */
static anew_selection selection_of(const anew_face_network_options *options)
{
    const anew_precision precision =
        options->engine == NULL ? options->precision : ANEW_PRECISION_EXACT;
    const bool bf16 = precision == ANEW_PRECISION_BF16 || precision == ANEW_PRECISION_AUTO;
    return precision == ANEW_PRECISION_EXACT ? ANEW_SELECT_EXACT
           : bf16                            ? ANEW_SELECT_BF16
                                             : ANEW_SELECT_FAST;
}

anew_status anew_face_network_prepare(anew_face_network *network, int side, int band,
                                      const char *purpose, const anew_face_network_options *options,
                                      anew_error *error)
{
    network->side = side;
    return anew_face_network_prepare_size(network, side, side, band, purpose, options, error);
}

anew_status anew_face_network_prepare_size(anew_face_network *network, int height, int width,
                                           int band, const char *purpose,
                                           const anew_face_network_options *options,
                                           anew_error *error)
{
    anew_face_network *n = network;
    const size_t budget = options->memory > 0 ? options->memory : anew_default_memory();
    const size_t left = budget > options->taken ? budget - options->taken : 0;
    n->height = height;
    n->width = width;
    ANEW_TRY(anew_weights_choose(&n->weights, n->graph, n->isa, selection_of(options), error));
    if (n->engine == NULL)
        ANEW_TRY(
            anew_plan_create(&n->plan, n->weights, height, width, band, ANEW_PLAN_FULL, error));
    n->bytes = anew_size_add(n->weights->bytes, n->engine == NULL
                                                    ? anew_execute_bytes(n->plan, n->threads)
                                                    : anew_engine_bytes(n->weights, height, width));
    if (n->bytes > left)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: %s takes %zu MiB, more than the %zu MiB that --memory leaves",
                         anew_model_label(n->model), purpose, (n->bytes >> 20) + 1, left >> 20);
    anew_plan_free(&n->plan); /* that which is to be run is made of the weights themselves */
    ANEW_TRY(anew_weights_fill(n->weights, error));
    if (n->engine != NULL)
        return ANEW_OK;
    ANEW_TRY(anew_plan_create(&n->plan, n->weights, height, width, band, ANEW_PLAN_FULL, error));
    return anew_executor_create(&n->executor, n->threads, error);
}

anew_status anew_face_network_run(anew_face_network *network, const anew_picture *in,
                                  const anew_picture *out, anew_error *error)
{
    return network->engine != NULL
               ? anew_engine_picture(network->engine, network->weights, network->precision, in, out,
                                     error)
               : anew_execute_picture(network->executor, network->plan, in, out, NULL, error);
}

anew_status anew_face_network_stream(anew_face_network *network, const anew_stream *stream,
                                     anew_error *error)
{
    const anew_face_network *n = network;
    return n->engine != NULL
               ? n->engine->execute(n->engine, n->weights, n->precision, ANEW_PLAN_FULL, n->height,
                                    n->width, stream, NULL, error)
               : anew_execute(n->executor, n->plan, stream, NULL, error);
}

void anew_face_network_free(anew_face_network *network)
{
    anew_executor_free(&network->executor);
    anew_plan_free(&network->plan);
    anew_weights_free(&network->weights);
    anew_graph_free(&network->graph);
}
