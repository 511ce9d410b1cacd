/* networks.c - see networks.h. */
#include "networks.h"

#include <check.h>

#include "nets/nets.h"

anew_picture picture_of(const npy *array)
{
    return (anew_picture){array->values,
                          array->dims[1],
                          array->dims[2],
                          array->dims[3],
                          (size_t)array->dims[2] * (size_t)array->dims[3],
                          (size_t)array->dims[3]};
}

void open_network(anew_model **model, anew_graph **graph, const char *path)
{
    anew_error error = {0};
    ck_assert_msg(anew_model_open(model, path, &error) == ANEW_OK, "%s", error.text);
    ck_assert_msg(anew_net_graph(graph, *model, &error) == ANEW_OK, "%s", error.text);
}

anew_weights *pack_weights(const anew_graph *graph, int isa, int selection)
{
    anew_error error = {0};
    anew_weights *weights = NULL;
    ck_assert_msg(anew_weights_pack(&weights, graph, (anew_isa)isa, (anew_selection)selection,
                                    &error) == ANEW_OK,
                  "%s", error.text);
    return weights;
}

void run_plan(const anew_picture *out, const anew_picture *in, const anew_weights *weights,
              int band, int level, int threads)
{
    anew_error error = {0};
    anew_plan *plan = NULL;
    anew_executor *executor = NULL;
    ck_assert_int_eq(anew_plan_create(&plan, weights, in->height, in->width, band,
                                      (anew_plan_level)level, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_executor_create(&executor, threads, &error), ANEW_OK);
    ck_assert_int_eq(anew_execute_picture(executor, plan, in, out, NULL, &error), ANEW_OK);
    anew_executor_free(&executor);
    anew_plan_free(&plan);
}
