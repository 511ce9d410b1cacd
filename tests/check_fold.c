/*
 * check_fold.c - a SPAN that still has the branches it was trained with: they become one convolution, which must give
 * what the branches give, run one after the other in plain loops, at the picture's edge, too; and its file must become
 * the same network as a file that has the sums alone.
 *
 * Seen to fail by, in tools/convert/fold_span.c: conv.0's bias left out, or counted for conv.1's middle tap alone; sk at
 * the first tap; conv.2 transposed; sk's bias left out; eval_conv kept; shapes, biases of some parts only and sums beyond
 * FLT_MAX let through; the last allocation not looked at; in recognise_span.c: an eval_conv that is preferred to the
 * branches, no zeros for missing biases.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tools/convert/fold.h"
#include "../tools/convert/recognise.h"
#include "common/networks.h"
#include "common/random_model.h"
#include "common/suite.h"
#include "core/memory.h"
#include "nets/nets.h"

#define MOST   4096 /* elements of a tensor here */
#define CLOSE  1e-5
#define HEIGHT 5
#define WIDTH  6

/* ---- tensors ------------------------------------------------------------------------------------------- */

static void put(checkpoint *c, const char *layer, const char *part, int rank, const int64_t *dims,
                const float *values)
{
    char name[128];
    int64_t count = 1;
    anew_error error = {0};
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    (void)snprintf(name, sizeof name, "%s%s", layer, part);
    ck_assert_msg(checkpoint_add(c, "t", name, ELEMENT_F32, rank, dims, NULL,
                                 (const uint8_t *)values, 0, count, &error) == ANEW_OK,
                  "%s", error.text);
}

/* Random weights (and a bias), as large as keeps the values as large as they come. */
static void put_conv(checkpoint *c, const char *layer, const char *part, int64_t out, int64_t in,
                     int64_t side, bool biased)
{
    static float values[MOST];
    const int64_t dims[] = {out, in, side, side}, count = out * in * side * side;
    char name[128];
    ck_assert_int_le(count, MOST);
    for (int64_t i = 0; i < count; i++)
        values[i] = random_number() / sqrtf((float)(in * side * side));
    (void)snprintf(name, sizeof name, "%s%s", layer, part);
    put(c, name, ".weight", 4, dims, values);
    for (int64_t i = 0; i < out; i++)
        values[i] = random_number() * 0.5f;
    if (biased)
        put(c, name, ".bias", 1, &out, values);
}

/* As a training leaves them, with an eval_conv of long ago. */
static void put_branches(checkpoint *c, const char *layer, int64_t out, int64_t in, int64_t gain,
                         bool biased)
{
    put_conv(c, layer, ".sk", out, in, 1, biased);
    put_conv(c, layer, ".conv.0", gain * in, in, 1, biased);
    put_conv(c, layer, ".conv.1", gain * out, gain * in, 3, biased);
    put_conv(c, layer, ".conv.2", out, gain * out, 1, biased);
    put_conv(c, layer, ".eval_conv", out, in, 3, biased);
}

static const checkpoint_tensor *part_of(const checkpoint *c, const char *layer, const char *part)
{
    char name[256];
    (void)snprintf(name, sizeof name, "%s%s", layer, part);
    return recognise_find(c, name);
}

static const checkpoint_tensor *some_part_of(const checkpoint *c, const char *layer,
                                             const char *part)
{
    const checkpoint_tensor *t = part_of(c, layer, part);
    ck_assert_msg(t != NULL, "%s%s is missing", layer, part);
    return t;
}

/* ---- the branches in plain loops ----------------------------------------------------------------------- */

typedef struct plane_stack {
    int64_t channels, height, width;
    double *values;
} plane_stack;

static plane_stack stack_of(int64_t channels, int64_t height, int64_t width)
{
    const plane_stack s = {channels, height, width,
                           calloc((size_t)(channels * height * width), sizeof(double))};
    ck_assert_ptr_nonnull(s.values);
    return s;
}

static plane_stack padded(plane_stack from)
{
    plane_stack to = stack_of(from.channels, from.height + 2, from.width + 2);
    for (int64_t c = 0; c < from.channels; c++)
        for (int64_t y = 0; y < from.height; y++)
            for (int64_t x = 0; x < from.width; x++)
                to.values[(c * to.height + y + 1) * to.width + x + 1] =
                    from.values[(c * from.height + y) * from.width + x];
    return to;
}

/* Without padding; the input is freed. */
static plane_stack convolved(plane_stack from, const checkpoint *c, const char *layer,
                             const char *part)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s%s", layer, part);
    const checkpoint_tensor *weight = some_part_of(c, name, ".weight");
    const checkpoint_tensor *bias = part_of(c, name, ".bias");
    const int64_t side = weight->dims[2];
    plane_stack to = stack_of(weight->dims[0], from.height - side + 1, from.width - side + 1);
    ck_assert_int_eq(weight->dims[1], from.channels);
    for (int64_t o = 0; o < to.channels; o++)
        for (int64_t y = 0; y < to.height; y++)
            for (int64_t x = 0; x < to.width; x++) {
                double sum = bias == NULL ? 0 : (double)bias->values[o];
                for (int64_t i = 0; i < from.channels; i++)
                    for (int64_t ky = 0; ky < side; ky++)
                        for (int64_t kx = 0; kx < side; kx++)
                            sum += (double)weight
                                       ->values[((o * from.channels + i) * side + ky) * side + kx] *
                                   from.values[(i * from.height + y + ky) * from.width + x + kx];
                to.values[(o * to.height + y) * to.width + x] = sum;
            }
    free(from.values);
    return to;
}

/* What a training makes of a picture, which stays. */
static plane_stack through_branches(plane_stack picture, const checkpoint *c, const char *layer)
{
    plane_stack copy = stack_of(picture.channels, picture.height, picture.width);
    const int64_t count = picture.channels * picture.height * picture.width;
    memcpy(copy.values, picture.values, (size_t)count * sizeof(double));
    plane_stack skip = convolved(copy, c, layer, ".sk");
    plane_stack deep = convolved(padded(picture), c, layer, ".conv.0");
    deep = convolved(convolved(deep, c, layer, ".conv.1"), c, layer, ".conv.2");
    ck_assert_int_eq(deep.channels, skip.channels);
    ck_assert_int_eq(deep.height, skip.height);
    for (int64_t i = 0; i < deep.channels * deep.height * deep.width; i++)
        deep.values[i] += skip.values[i];
    free(skip.values);
    return deep;
}

static plane_stack random_stack(int64_t channels, int64_t height, int64_t width)
{
    plane_stack s = stack_of(channels, height, width);
    for (int64_t i = 0; i < channels * height * width; i++)
        s.values[i] = (double)random_number();
    return s;
}

/* gain, channels in, channels out, biases */
static const int shapes[][4] = {{2, 3, 5, 1}, {1, 4, 4, 1}, {3, 2, 3, 1}, {2, 4, 3, 0}};

START_TEST(folded_branches_give_what_the_branches_give)
{
    const int *shape = shapes[_i];
    checkpoint c = {0};
    anew_error error = {0};
    put_branches(&c, "a.b", shape[2], shape[1], shape[0], shape[3] != 0);
    plane_stack picture = random_stack(shape[1], HEIGHT, WIDTH);
    plane_stack wanted = through_branches(picture, &c, "a.b");
    ck_assert_msg(fold_branches(&c, "t", &error) == ANEW_OK, "%s", error.text);
    ck_assert_int_eq(c.count, 2); /* the old eval_conv went, too */
    ck_assert_int_eq(c.elements, shape[1] * shape[2] * 9 + shape[2]);
    plane_stack got = convolved(padded(picture), &c, "a", ".b");
    ck_assert_int_eq(got.height, HEIGHT);
    ck_assert_int_eq(got.width, WIDTH);
    for (int64_t i = 0; i < shape[2] * HEIGHT * WIDTH; i++)
        ck_assert_msg(fabs(got.values[i] - wanted.values[i]) <= CLOSE,
                      "channel %d, row %d, column %d: %g, not %g", (int)(i / WIDTH / HEIGHT),
                      (int)(i / WIDTH % HEIGHT), (int)(i % WIDTH), got.values[i], wanted.values[i]);
    free(picture.values);
    free(wanted.values);
    free(got.values);
    checkpoint_free(&c);
}
END_TEST

/* ---- whole files --------------------------------------------------------------------------------------- */

#define FEATURES 4
#define BLOCKS   3
#define SCALE    2
#define LAYERS   (2 + 3 * BLOCKS)

static const char *layer_name(int i)
{
    static char name[32];
    if (i < 2)
        (void)snprintf(name, sizeof name, "conv_%d", i + 1);
    else
        (void)snprintf(name, sizeof name, "block_%d.c%d_r", (i - 2) / 3 + 1, (i - 2) % 3 + 1);
    return name;
}

static void put_plain(checkpoint *c)
{
    put_conv(c, "", "conv_cat", FEATURES, 4 * FEATURES, 1, true);
    put_conv(c, "", "upsampler.0", 3 * SCALE * SCALE, FEATURES, 3, true);
}

/* A SPAN of which every `nth` layer from the first has branches, the others eval_conv alone. */
static checkpoint branched_span(int nth)
{
    checkpoint c = {0};
    for (int i = 0; i < LAYERS; i++) {
        if (i % nth == 0)
            put_branches(&c, layer_name(i), FEATURES, i == 0 ? 3 : FEATURES, 2, true);
        else
            put_conv(&c, layer_name(i), ".eval_conv", FEATURES, i == 0 ? 3 : FEATURES, 3, true);
    }
    put_plain(&c);
    return c;
}

/* The sums of a layer's branches as its eval_conv, told by what the branches make of a picture of 3x3 whose middle is
 * looked at: nothing gives the bias, a single 1 gives a weight. */
static void put_answers(checkpoint *to, const checkpoint *from, const char *layer)
{
    const int64_t in = some_part_of(from, layer, ".sk.weight")->dims[1];
    const int64_t dims[] = {FEATURES, in, 3, 3};
    float weight[FEATURES * FEATURES * 9], bias[FEATURES];
    double still[FEATURES] = {0};
    plane_stack picture = stack_of(in, 3, 3);
    for (int64_t at = -1; at < in * 9; at++) {
        if (at >= 0)
            picture.values[at] = 1;
        plane_stack answer = through_branches(picture, from, layer);
        for (int64_t o = 0; o < FEATURES; o++) {
            const double middle = answer.values[o * 9 + 4];
            if (at < 0)
                bias[o] = (float)(still[o] = middle);
            else
                weight[o * in * 9 + at] = (float)(middle - still[o]);
        }
        if (at >= 0)
            picture.values[at] = 0;
        free(answer.values);
    }
    put(to, layer, ".eval_conv.weight", 4, dims, weight);
    put(to, layer, ".eval_conv.bias", 1, dims, bias);
    free(picture.values);
}

/* The same network with eval_conv alone. */
static checkpoint summed_span(const checkpoint *from)
{
    checkpoint c = {0};
    for (int i = 0; i < LAYERS; i++)
        if (part_of(from, layer_name(i), ".sk.weight") != NULL)
            put_answers(&c, from, layer_name(i));
    for (int i = 0; i < from->count; i++) {
        const checkpoint_tensor *t = &from->tensors[i];
        if (strstr(t->name, ".sk.") == NULL && strstr(t->name, ".conv.") == NULL &&
            recognise_find(&c, t->name) == NULL)
            put(&c, t->name, "", t->rank, t->dims, t->values);
    }
    return c;
}

/* As safetensors. */
static void write_file(const checkpoint *c, const char *path)
{
    static char header[65536];
    int64_t at = 0;
    size_t length = (size_t)sprintf(header, "{");
    for (int i = 0; i < c->count; i++) {
        const checkpoint_tensor *t = &c->tensors[i];
        ck_assert_uint_lt(length, sizeof header - 512);
        length += (size_t)sprintf(header + length, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                                  i > 0 ? "," : "", t->name);
        for (int d = 0; d < t->rank; d++)
            length += (size_t)sprintf(header + length, "%s%d", d > 0 ? "," : "", (int)t->dims[d]);
        length += (size_t)sprintf(header + length, "],\"data_offsets\":[%lld,%lld]}", (long long)at,
                                  (long long)(at + 4 * t->elements));
        at += 4 * t->elements;
    }
    length += (size_t)sprintf(header + length, "}");
    uint8_t size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)length >> 8 * i);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(size, 1, 8, file), 8);
    ck_assert_uint_eq(fwrite(header, 1, length, file), length);
    for (int i = 0; i < c->count; i++)
        ck_assert_uint_eq(fwrite(c->tensors[i].values, 4, (size_t)c->tensors[i].elements, file),
                          (size_t)c->tensors[i].elements);
    ck_assert_int_eq(fclose(file), 0);
}

/* Runs the converter of this build. */
static void convert_file(const char *from, const char *to)
{
    char command[1024];
    const char *build = getenv("BUILD");
    (void)snprintf(command, sizeof command, "'%s/anew-convert' '%s' -o '%s' > '%s.said' 2>&1",
                   build == NULL ? "build/release" : build, from, to, to);
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* What the converter said must begin so. */
static void expect_said(const char *model, const char *wanted)
{
    char path[1024], line[256] = "";
    (void)snprintf(path, sizeof path, "%s.said", model);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_msg(strncmp(line, wanted, strlen(wanted)) == 0, "%s", line);
    (void)unlink(path);
}

/* What the model makes of a picture. */
static void enhance_with(float *result, const float *samples, const char *path)
{
    const size_t large = (size_t)HEIGHT * WIDTH * SCALE * SCALE;
    const anew_picture from = {
        (float *)(uintptr_t)samples, 3, HEIGHT, WIDTH, HEIGHT * WIDTH, WIDTH};
    const anew_picture to = {result, 3, HEIGHT * SCALE, WIDTH * SCALE, large, WIDTH * SCALE};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    open_network(&model, &graph, path);
    ck_assert_int_eq(anew_graph_scale(graph), SCALE);
    anew_weights *weights = pack_weights(graph, ANEW_ISA_C, ANEW_SELECT_EXACT);
    run_plan(&to, &from, weights, 0, ANEW_PLAN_FULL, 1);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
}

/* All layers with branches; every second one. */
START_TEST(a_file_with_branches_becomes_the_network_of_its_sums)
{
    static float picture[3 * HEIGHT * WIDTH], results[2][3 * HEIGHT * WIDTH * SCALE * SCALE];
    char folder[] = "/tmp/check_fold.XXXXXX", from[64], to[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t i = 0; i < sizeof picture / sizeof picture[0]; i++)
        picture[i] = 0.5f + 0.5f * random_number();
    checkpoint branched = branched_span(_i + 1), summed = summed_span(&branched);
    ck_assert_int_eq(summed.count, 2 * LAYERS + 4);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(from, sizeof from, "%s/%d.safetensors", folder, i);
        (void)snprintf(to, sizeof to, "%s/%d.anew", folder, i);
        write_file(i == 0 ? &branched : &summed, from);
        convert_file(from, to);
        expect_said(to, "safetensors: span, num_in_ch=3 num_feat=4 num_cat_ch=4 num_block=3 "
                        "upscale=2, ");
        enhance_with(results[i], picture, to);
        ck_assert_int_eq(unlink(from), 0);
        ck_assert_int_eq(unlink(to), 0);
    }
    double most = 0, worst = 0;
    for (size_t i = 0; i < sizeof results[0] / sizeof results[0][0]; i++) {
        most = fmax(most, fabs((double)results[1][i]));
        worst = fmax(worst, fabs((double)results[0][i] - (double)results[1][i]));
    }
    printf("SPAN by its branches: at most %.1e off, of %.2g\n", worst, most);
    ck_assert_msg(worst <= CLOSE * fmax(1, most), "a sample differs by %g of %g", worst, most);
    ck_assert_int_eq(rmdir(folder), 0);
    checkpoint_free(&branched);
    checkpoint_free(&summed);
}
END_TEST

START_TEST(convolutions_without_biases_get_zeros)
{
    checkpoint c = {0};
    recognised r;
    anew_error error = {0};
    for (int i = 0; i < LAYERS; i++) {
        if (i % 2 == 0)
            put_branches(&c, layer_name(i), FEATURES, i == 0 ? 3 : FEATURES, 2, false);
        else
            put_conv(&c, layer_name(i), ".eval_conv", FEATURES, FEATURES, 3, false);
    }
    put_plain(&c);
    ck_assert_msg(recognise(&r, &c, "t", &error) == ANEW_OK, "%s", error.text);
    for (int i = 0; i < LAYERS; i++) {
        const checkpoint_tensor *bias = some_part_of(&c, layer_name(i), ".bias");
        ck_assert_int_eq(bias->elements, FEATURES);
        for (int o = 0; o < FEATURES; o++)
            ck_assert_float_eq(bias->values[o], 0);
    }
    ck_assert_int_eq(c.count, 2 * LAYERS + 4 + 2);
    checkpoint_free(&c);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------------------ */

static const char *const needed[] = {".sk.weight",     ".sk.bias",       ".conv.0.weight",
                                     ".conv.0.bias",   ".conv.1.weight", ".conv.1.bias",
                                     ".conv.2.weight", ".conv.2.bias"};

/* A branch's tensor that is missing, or of one more in its last dimension, is named in one line. */
START_TEST(a_tensor_of_a_branch_that_does_not_fit_is_told)
{
    for (int shape = 0; shape < 3; shape++) {
        static const float zeros[MOST];
        checkpoint c = branched_span(1);
        recognised r;
        anew_error error = {0};
        char name[64];
        (void)snprintf(name, sizeof name, "block_2.c3_r%s", needed[_i]);
        const checkpoint_tensor t = *recognise_find(&c, name);
        ck_assert(fold_drop(&c, name));
        int64_t dims[4];
        memcpy(dims, t.dims, sizeof dims);
        dims[t.rank - 1]++;
        if (shape == 1)
            put(&c, name, "", t.rank, dims, zeros);
        else if (shape == 2)
            put(&c, name, "", 0, dims, zeros);
        ck_assert_int_eq(recognise(&r, &c, "file", &error), ANEW_ERROR_FORMAT);
        ck_assert_msg(strncmp(error.text, "file: ", 6) == 0, "%s", error.text);
        (void)snprintf(name, sizeof name, "tensor 'block_2.c3_r%s'", needed[_i]);
        ck_assert_msg(strstr(error.text, name) != NULL, "%s", error.text);
        ck_assert_ptr_null(strchr(error.text, '\n'));
        checkpoint_free(&c);
    }
}
END_TEST

START_TEST(sums_beyond_every_number_are_refused)
{
    checkpoint c = {0};
    anew_error error = {0};
    put_branches(&c, "conv_1", 2, 2, 1, true);
    for (int i = 0; i < c.count; i++)
        if (strstr(c.tensors[i].name, "conv.") != NULL)
            for (int64_t k = 0; k < c.tensors[i].elements; k++)
                c.tensors[i].values[k] = 1e30f;
    ck_assert_int_eq(fold_branches(&c, "t", &error), ANEW_ERROR_FORMAT);
    ck_assert_msg(strstr(error.text, "the branches of 'conv_1' add up to") != NULL, "%s",
                  error.text);
    checkpoint_free(&c);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    anew_status status = ANEW_ERROR_MEMORY;
    for (long n = 0; status == ANEW_ERROR_MEMORY; n++) {
        checkpoint c = branched_span(3);
        recognised r;
        anew_alloc_limit(n);
        status = recognise(&r, &c, "t", NULL);
        anew_alloc_limit(-1);
        checkpoint_free(&c);
    }
    ck_assert_int_eq(status, ANEW_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fold");
    TCase *all = add_case(suite, "branches", 120);
    tcase_add_loop_test(all, folded_branches_give_what_the_branches_give, 0,
                        (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_loop_test(all, a_file_with_branches_becomes_the_network_of_its_sums, 0, 2);
    tcase_add_test(all, convolutions_without_biases_get_zeros);
    tcase_add_loop_test(all, a_tensor_of_a_branch_that_does_not_fit_is_told, 0,
                        (int)(sizeof needed / sizeof needed[0]));
    tcase_add_test(all, sums_beyond_every_number_are_refused);
    tcase_add_test(all, any_allocation_may_fail);
    return run_suite(suite);
}
