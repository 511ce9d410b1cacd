/* random_model.c - see random_model.h. */
#include "common/random_model.h"

#include <check.h>
#include <math.h>

#include "core/memory.h"
#include "model/model_write.h"

float random_number(void)
{
    static unsigned int state = 20261122;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1.0f;
}

anew_model *random_model(const char *nodes, const random_tensor *tensors, float range)
{
    static float values[65536];
    anew_error error = {0};
    anew_model *model = NULL;
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    ck_assert_int_eq(anew_model_writer_create(&writer, &error), ANEW_OK);
    ck_assert_int_eq(
        anew_model_writer_set(writer, "architecture", nodes == NULL ? "test" : "recorded", &error),
        ANEW_OK);
    if (nodes != NULL && nodes[0] != '\0')
        ck_assert_int_eq(anew_model_writer_text(writer, "nodes.0", nodes, &error), ANEW_OK);
    for (const random_tensor *t = tensors; t->name != NULL; t++) {
        size_t count = 1;
        for (int i = 0; i < t->rank; i++)
            count *= (size_t)t->dims[i];
        ck_assert_uint_le(count, sizeof values / sizeof values[0]);
        const float most = range != 0    ? range
                           : t->rank < 2 ? 0.5f
                                         : 1.5f * sqrtf((float)t->dims[0] / (float)count);
        for (size_t i = 0; i < count; i++)
            values[i] = random_number() * most;
        ck_assert_int_eq(anew_model_writer_tensor(writer, t->name, ANEW_DTYPE_F32, t->rank, t->dims,
                                                  values, &error),
                         ANEW_OK);
    }
    ck_assert_int_eq(anew_model_writer_finish(writer, &bytes, &error), ANEW_OK);
    ck_assert_msg(anew_model_from_bytes(&model, &bytes, "test", &error) == ANEW_OK, "%s",
                  error.text);
    anew_model_writer_free(&writer);
    return model;
}
