/*
 * check_restore.c - the face networks against golden vectors made by another framework, where they are (ANEW_SHARED),
 * and every way of running them against the reference interpreter.
 *
 * Pass mark as in check_networks.c: max |difference| <= 1e-5 * max(1, largest |value|) for the result and each stored
 * activation; the fast class ten times that. Between our own ways of running, in the exact class: equality of bytes.
 *
 * Seen to fail by: mirroring that repeats the edge, and a kernel that is not moved where it pads on one side
 * (exec_conv.c); noise of the row's first pixel for all, the last of two equal codes, tables of half a row (exec_tail.c,
 * exec_whole.c); a single pixel's step that takes the picture which it multiplies into its group (fuse.c); the U-Net's
 * skips the other way round (gfpgan.c); decoder before encoder in the fusion (codeformer.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/networks.h"
#include "common/npy.h"
#include "common/suite.h"
#include "common/whole_operations.h"
#include "exec/exec.h"
#include "image/image.h"
#include "nets/nets.h"

typedef struct golden {
    const char *folder, *in, *out;
    anew_option options[2];
    int option_count;
    /* {stored activation, value of the graph} where the names differ; NULL: of another run */
    const char *(*aliases)[2];
    int activations; /* that are stored, CodeFormer's codes included */
} golden;

static const char *parsenet_names[][2] = {
    {"encoder", "encoder.3"}, {"body", "body.1"}, {"decoder", "decoder.2"}, {NULL, NULL}};
static const char *bisenet_names[][2] = {{"cp.resnet.bn1", "cp.resnet.conv1"},
                                         {"cp.resnet.layer1", "cp.resnet.layer1.1"},
                                         {"cp.resnet.layer4", "cp.resnet.layer4.1"},
                                         {"conv_out", "conv_out.conv_out"},
                                         {NULL, NULL}};
static const char *gfpgan_names[][2] = {
    {"condition_scale.0", "condition_scale.0.2"},
    {"condition_shift.0", "condition_shift.0.2"},
    {"stylegan_decoder.to_rgb1", "stylegan_decoder.to_rgb1.modulated_conv.conv"},
    {NULL, NULL}};
static const char *codeformer_names[][2] = {{"logits", "idx_pred_layer.1"},
                                            {"lq_feat", "encoder.blocks.15"},
                                            {"encoder.blocks.3", "encoder.blocks.3.conv"},
                                            {NULL, NULL}};

static const golden goldens[] = {
    {"parsenet_tiny", "in.npy", "out_mask.npy", {{0}}, 0, parsenet_names, 5},
    {"bisenet_tiny", "in.npy", "out.npy", {{0}}, 0, bisenet_names, 8},
    {"codeformer_tiny_64", "in.npy", "out_w0.npy", {{"fidelity", 0}, {"adain", 0}}, 2, NULL, 1},
    {"codeformer_tiny_64",
     "in.npy",
     "out_w0.5.npy",
     {{"fidelity", 0.5}, {"adain", 0}},
     2,
     codeformer_names,
     10},
    {"codeformer_tiny_64", "in.npy", "out_w1.npy", {{"fidelity", 1}, {"adain", 0}}, 2, NULL, 1},
    {"gfpgan_tiny_128", "in.npy", "out.npy", {{0}}, 0, gfpgan_names, 13},
    {"gfpgan_tiny_64_m1", "in.npy", "out.npy", {{0}}, 0, NULL, 0},
    {"codeformer_tiny_64", "in.npy", "out_w0.5_adain.npy", {{"fidelity", 0.5}}, 1, NULL, 1},
};

#define GOLDENS ((int)(sizeof goldens / sizeof goldens[0]))

typedef struct loaded {
    const golden *golden;
    char folder[512];
    anew_model *model;
    anew_graph *graph;
    npy in, out;
} loaded;

static bool load(loaded *l, const golden *g)
{
    char path[1024];
    anew_error error = {0};
    *l = (loaded){.golden = g};
    (void)snprintf(l->folder, sizeof l->folder, "%s/reference/goldens/%s", shared_folder(),
                   g->folder);
    (void)snprintf(path, sizeof path, "%s/real/%s.anew", model_folder(), g->folder);
    if (!is_there(path, g->folder))
        return false;
    ck_assert_msg(anew_model_open(&l->model, path, &error) == ANEW_OK, "%s", error.text);
    ck_assert_msg(anew_net_graph_with(&l->graph, l->model,
                                      (anew_options){g->options, g->option_count},
                                      &error) == ANEW_OK,
                  "%s", error.text);
    (void)snprintf(path, sizeof path, "%s/%s", l->folder, g->in);
    ck_assert_int_eq(npy_read(&l->in, path), 0);
    (void)snprintf(path, sizeof path, "%s/%s", l->folder, g->out);
    ck_assert_int_eq(npy_read(&l->out, path), 0);
    return true;
}

static void unload(loaded *l)
{
    npy_free(&l->in);
    npy_free(&l->out);
    anew_graph_free(&l->graph);
    anew_model_close(&l->model);
}

typedef struct observed {
    const loaded *l;
    int compared;
    char bad[512];
} observed;

/* act_NAME.npy, or NAME.npy where the name is an alias. */
static bool find_stored(char path[1024], const observed *o, const char *name, bool alias)
{
    for (int i = 0; i < (alias ? 2 : 1); i++) {
        (void)snprintf(path, 1024, "%s/%s%s.npy", o->l->folder, i == 0 ? "act_" : "", name);
        FILE *file = fopen(path, "rb");
        if (file != NULL) {
            (void)fclose(file);
            return true;
        }
    }
    return false;
}

/* With what is stored under that name, if it is. Three axes are of a transformer, channels last. */
static void compare_as(observed *o, const char *name, bool alias, const float *values, int channels,
                       size_t pixels)
{
    char path[1024];
    npy stored;
    double largest = 0;
    const size_t elements = (size_t)channels * pixels;
    if (!find_stored(path, o, name, alias))
        return;
    ck_assert_int_eq(npy_read(&stored, path), 0);
    ck_assert_uint_eq(stored.elements, elements);
    float *turned = malloc(elements * sizeof(float));
    for (size_t i = 0; i < elements; i++)
        turned[i] = stored.rank == 3 ? values[i % (size_t)channels * pixels + i / (size_t)channels]
                                     : values[i];
    const double difference = largest_difference(turned, stored.values, elements, &largest);
    free(turned);
    if (!(difference <= 1e-5 * (largest > 1 ? largest : 1)) && o->bad[0] == '\0')
        (void)snprintf(o->bad, sizeof o->bad, "%s differs by %g (largest %g)", name, difference,
                       largest);
    o->compared++;
    npy_free(&stored);
}

/* CodeFormer's codes, the largest of each pixel: all of them equal. */
static void compare_codes(observed *o, const float *logits, int channels, size_t pixels)
{
    char path[1024];
    int32_t wanted[4096];
    (void)snprintf(path, sizeof path, "%s/top_idx.npy", o->l->folder);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, -(long)(pixels * sizeof(int32_t)), SEEK_END), 0);
    ck_assert_uint_eq(fread(wanted, sizeof(int32_t), pixels, file), pixels);
    (void)fclose(file);
    for (size_t i = 0; i < pixels; i++) {
        int best = 0;
        for (int c = 1; c < channels; c++)
            best = logits[(size_t)best * pixels + i] < logits[(size_t)c * pixels + i] ? c : best;
        ck_assert_int_eq(best, wanted[i]);
    }
    o->compared++;
}

static void observe(void *context, const anew_node *node, const float *values, int height,
                    int width)
{
    observed *o = context;
    const char *(*names)[2] = o->l->golden->aliases;
    const size_t pixels = (size_t)height * (size_t)width;
    if (strcmp(node->name, "idx_pred_layer.1") == 0)
        compare_codes(o, values, node->channels, pixels);
    if (node->name[0] == '\0' || names == NULL)
        return;
    for (; (*names)[0] != NULL; names++)
        if (strcmp((*names)[1], node->name) == 0)
            compare_as(o, (*names)[0], true, values, node->channels, pixels);
    compare_as(o, node->name, false, values, node->channels, pixels);
}

static float *reference(const loaded *l, observed *o)
{
    anew_error error = {0};
    anew_isa isa;
    const anew_picture in = picture_of(&l->in);
    anew_picture out = picture_of(&l->out);
    out.data = malloc(l->out.elements * sizeof(float));
    ck_assert(anew_isa_detect(&isa, NULL));
    ck_assert_msg(anew_execute_ref(l->graph, isa, &in, &out, o == NULL ? NULL : observe, o,
                                   &error) == ANEW_OK,
                  "%s", error.text);
    return out.data;
}

START_TEST(results_and_activations)
{
    loaded l;
    if (!load(&l, &goldens[_i]))
        return;
    observed o = {.l = &l};
    float *result = reference(&l, &o);
    double largest = 0;
    const double difference = largest_difference(result, l.out.values, l.out.elements, &largest);
    printf("%s %s: differs by %.1e of %.2f, %d activations compared\n", goldens[_i].folder,
           goldens[_i].out, difference, largest, o.compared);
    ck_assert_msg(o.bad[0] == '\0', "%s: %s", goldens[_i].folder, o.bad);
    ck_assert_msg(difference <= 1e-5 * (largest > 1 ? largest : 1), "%s: differs by %g of %g",
                  goldens[_i].folder, difference, largest);
    ck_assert_int_eq(o.compared, l.golden->activations);
    free(result);
    unload(&l);
}
END_TEST

START_TEST(all_ways_are_equal)
{
    loaded l;
    anew_isa best;
    if (!load(&l, &goldens[_i]))
        return;
    ck_assert(anew_isa_detect(&best, NULL));
    const size_t bytes = l.out.elements * sizeof(float);
    float *wanted = reference(&l, NULL), *result = malloc(bytes);
    const anew_picture in = picture_of(&l.in);
    anew_picture out = picture_of(&l.out);
    out.data = result;
    for (int isa = best > ANEW_ISA_C ? ANEW_ISA_FUSED : ANEW_ISA_C; isa <= (int)best; isa++) {
        anew_weights *weights = pack_weights(l.graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++)
            for (int threads = 1; threads <= 3; threads++) {
                memset(result, 0xff, bytes);
                run_plan(&out, &in, weights, threads == 3 ? 5 : 0, level, threads);
                ck_assert_msg(memcmp(result, wanted, bytes) == 0,
                              "%s: %s, plan %d, %d threads differ from the reference",
                              goldens[_i].folder, anew_isa_name((anew_isa)isa), level, threads);
            }
        anew_weights_free(&weights);
        /* The fast class. */
        weights = pack_weights(l.graph, isa, ANEW_SELECT_FAST);
        run_plan(&out, &in, weights, 0, ANEW_PLAN_FULL, 2);
        double largest = 0;
        const double difference =
            largest_difference(result, l.out.values, l.out.elements, &largest);
        printf("%s %s, fast, %s: differs by %.1e of %.2f\n", goldens[_i].folder, goldens[_i].out,
               anew_isa_name((anew_isa)isa), difference, largest);
        ck_assert_msg(difference <= 1e-4 * (largest > 1 ? largest : 1), "%s: fast differs by %g",
                      goldens[_i].folder, difference);
        anew_weights_free(&weights);
    }
    free(wanted);
    free(result);
    unload(&l);
}
END_TEST

/* ---- CodeFormer at its full size ------------------------------------------------------------------------ */

static float *picture_512(const char *folder)
{
    char path[1024];
    anew_error error = {0};
    anew_image image;
    (void)snprintf(path, sizeof path, "%s/in.png", folder);
    if (anew_image_read(&image, path, NULL, NULL, &error) != ANEW_OK) {
        printf("SKIP %s: %s\n", path, error.text);
        return NULL;
    }
    ck_assert(image.width == 512 && image.height == 512 && image.channels == 3 && image.depth == 8);
    const uint8_t *pixels = image.pixels;
    float *planes = malloc((size_t)3 * 512 * 512 * sizeof(float));
    for (int i = 0; i < 512 * 512; i++)
        for (int c = 0; c < 3; c++)
            planes[c * 512 * 512 + i] = ((float)pixels[3 * i + c] / 255.0f - 0.5f) / 0.5f;
    anew_image_free(&image);
    return planes;
}

/* A part of the result, every `step` pixels from (y0, x0) on, against its golden. */
static double compare_part(const float *result, const char *folder, const char *name, int y0,
                           int x0, int step, double *largest)
{
    char path[1024];
    npy stored;
    (void)snprintf(path, sizeof path, "%s/%s.npy", folder, name);
    ck_assert_int_eq(npy_read(&stored, path), 0);
    float *part = malloc(stored.elements * sizeof(float));
    const int height = stored.dims[2], width = stored.dims[3];
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                part[(c * height + y) * width + x] =
                    result[(c * 512 + y0 + step * y) * 512 + x0 + step * x];
    const double difference = largest_difference(part, stored.values, stored.elements, largest);
    free(part);
    npy_free(&stored);
    return difference;
}

START_TEST(codeformer_at_512)
{
    static const anew_option wishes[][2] = {{{"fidelity", 0}, {"adain", 0}},
                                            {{"fidelity", 0.7}, {"adain", 1}}};
    static const char *const names[][2] = {{"out_w0_crop", "out_w0_sub16"},
                                           {"out_w0.7_adain_crop", "out_w0.7_adain_sub16"}};
    char path[1024], folder[512];
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_isa isa;
    (void)snprintf(folder, sizeof folder, "%s/reference/goldens/codeformer_512_nf32",
                   shared_folder());
    (void)snprintf(path, sizeof path, "%s/real/codeformer_512_nf32.anew", model_folder());
    if (!is_there(path, "CodeFormer at 512"))
        return;
    float *in = picture_512(folder), *out = malloc((size_t)3 * 512 * 512 * sizeof(float));
    if (in == NULL) {
        free(out);
        return;
    }
    ck_assert(anew_isa_detect(&isa, NULL));
    ck_assert_int_eq(anew_model_open(&model, path, &error), ANEW_OK);
    ck_assert_msg(anew_net_graph_with(&graph, model, (anew_options){wishes[_i], 2}, &error) ==
                      ANEW_OK,
                  "%s", error.text);
    const anew_picture from = {in, 3, 512, 512, 512 * 512, 512};
    const anew_picture to = {out, 3, 512, 512, 512 * 512, 512};
    for (int fast = 0; fast < 2; fast++) {
        anew_weights *weights =
            pack_weights(graph, (int)isa, fast ? ANEW_SELECT_FAST : ANEW_SELECT_EXACT);
        run_plan(&to, &from, weights, 0, ANEW_PLAN_FULL, 2);
        for (int part = 0; part < 2; part++) {
            double largest = 0;
            const double difference =
                part == 0 ? compare_part(out, folder, names[_i][0], 200, 180, 1, &largest)
                          : compare_part(out, folder, names[_i][1], 5, 3, 16, &largest);
            printf("%s, %s: differs by %.1e of %.2f\n", names[_i][part], fast ? "fast" : "exact",
                   difference, largest);
            const double mark = fast ? 1e-4 : 1e-5;
            ck_assert_msg(difference <= mark * (largest > 1 ? largest : 1), "%s: off by %g",
                          names[_i][part], difference);
        }
        anew_weights_free(&weights);
    }
    free(in);
    free(out);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* ---- random weights, everywhere ------------------------------------------------------------------------- */

START_TEST(whole_operations_in_every_way)
{
    enum { PLANE = WHOLE_SIDE * WHOLE_SIDE };
    static float in[3 * PLANE], want[3 * PLANE], got[3 * PLANE];
    unsigned int state = 1;
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_isa best;
    ck_assert(anew_isa_detect(&best, NULL));
    for (int i = 0; i < 3 * PLANE; i++) {
        state = state * 1664525u + 1013904223u;
        in[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    ck_assert_msg(whole_operations_model(&model, &error) == ANEW_OK, "%s", error.text);
    ck_assert_msg(whole_operations_graph(&graph, model, _i, &error) == ANEW_OK, "%s", error.text);
    const anew_picture from = {in, 3, WHOLE_SIDE, WHOLE_SIDE, PLANE, WHOLE_SIDE};
    const anew_picture to = {got, 3, WHOLE_SIDE, WHOLE_SIDE, PLANE, WHOLE_SIDE};
    anew_picture reference = to;
    reference.data = want;
    ck_assert_msg(anew_execute_ref(graph, best, &from, &reference, NULL, NULL, &error) == ANEW_OK,
                  "%s", error.text);
    double square = 0;
    for (int i = 0; i < 3 * PLANE; i++)
        square += (double)want[i] * (double)want[i];
    ck_assert(isfinite(square) && square > 1);
    for (int isa = ANEW_ISA_C; isa <= (int)best; isa++) {
        anew_weights *weights = pack_weights(graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++)
            for (int threads = 1; threads <= 5; threads++) {
                memset(got, 0xff, sizeof got);
                run_plan(&to, &from, weights, threads, level, threads);
                ck_assert_msg(memcmp(got, want, sizeof got) == 0, "%s, plan %d, %d threads",
                              anew_isa_name((anew_isa)isa), level, threads);
            }
        anew_weights_free(&weights);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* Those that need no whole value, in bands of any height. */
START_TEST(the_others_in_bands)
{
    enum { HIGH = 26, BROAD = 18, PLANE = HIGH * BROAD };
    static float in[3 * PLANE], want[3 * PLANE], got[3 * PLANE];
    unsigned int state = 2;
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_isa best;
    ck_assert(anew_isa_detect(&best, NULL));
    for (int i = 0; i < 3 * PLANE; i++) {
        state = state * 1664525u + 1013904223u;
        in[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    ck_assert_msg(whole_operations_model(&model, &error) == ANEW_OK, "%s", error.text);
    ck_assert_msg(banded_operations_graph(&graph, model, &error) == ANEW_OK, "%s", error.text);
    ck_assert(!anew_graph_is_whole(graph));
    const anew_picture from = {in, 3, HIGH, BROAD, PLANE, BROAD};
    anew_picture to = {want, 3, HIGH, BROAD, PLANE, BROAD};
    ck_assert_msg(anew_execute_ref(graph, best, &from, &to, NULL, NULL, &error) == ANEW_OK, "%s",
                  error.text);
    to.data = got;
    for (int isa = best > ANEW_ISA_C ? ANEW_ISA_FUSED : ANEW_ISA_C; isa <= (int)best; isa++) {
        anew_weights *weights = pack_weights(graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++)
            for (int band = 0; band <= 9; band++) {
                memset(got, 0xff, sizeof got);
                run_plan(&to, &from, weights, band, level, 1 + band % 3);
                ck_assert_msg(memcmp(got, want, sizeof got) == 0, "%s, plan %d, bands of %d",
                              anew_isa_name((anew_isa)isa), level, band);
            }
        anew_weights_free(&weights);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore");
    TCase *operations = add_case(suite, "operations", 120);
    tcase_add_loop_test(operations, whole_operations_in_every_way, 0, 2);
    tcase_add_test(operations, the_others_in_bands);
    TCase *all = add_case(suite, "goldens", 300);
    tcase_add_loop_test(all, results_and_activations, 0, GOLDENS);
    tcase_add_loop_test(all, all_ways_are_equal, 0, GOLDENS);
    tcase_add_loop_test(all, codeformer_at_512, 0, 2);
    return run_suite(suite);
}
