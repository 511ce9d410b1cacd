/*
 * check_networks.c - the networks against golden vectors made by another framework, and every way of
 * running a network against the reference interpreter.
 *
 * Pass mark against the goldens: max |difference| <= 1e-5 * max(1, largest |value|), for the output and
 * each stored activation. Between our own ways of running, in the exact class: equality of bytes.
 *
 * The small networks' goldens seen to fail, each by one change of its page in src/nets/: DnCNN without the picture added at
 * the end; FFDNet with a leaky ReLU of 0.01; ESPCN with erf for tanh; PAN's attention with its two operands exchanged; RFDN
 * with a slope of 0.06; BSRN with ReLU for GELU inside its attention; SAFMN with maps half as large (the contest's picture
 * is refused as too small then); IMDN passing on the channels that it sets aside; the face parser's U-Net joining the last
 * two values the other way round; PLKSR taking the first channels twice, RealPLKSR also by a Mish with 1.999 for 2; waifu2x's networks
 * with a slope of 0.11, and edges_are_repeated by mirroring above and left (strips.c).
 */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/networks.h"
#include "common/npy.h"
#include "common/suite.h"
#include "core/memory.h"
#include "exec/exec.h"
#include "image/planes.h"
#include "nets/nets.h"
#include "pipeline/enhance.h"

static const char *const goldens[] = {"srvgg_tiny_x1",       "srvgg_tiny_x2",
                                      "srvgg_tiny_x4",       "srvgg_tiny_squares",
                                      "rrdb_tiny_x1",        "rrdb_tiny_x2",
                                      "rrdb_tiny_x4",        "esrgan_old_x1",
                                      "esrgan_old_x2",       "esrgan_old_x4",
                                      "esrgan_old_x8",       "esrgan_plus_x4",
                                      "span_tiny_x2",        "swinir_jpeg_color_w7",
                                      "dncnn_tiny",          "ffdnet_tiny",
                                      "ffdnet_gray",         "espcn_tiny_x3",
                                      "pan_tiny_x2",         "pan_tiny_x4",
                                      "rfdn_tiny_x2",        "bsrn_tiny_x2",
                                      "bsrn_contest_x2",     "safmn_tiny_x2",
                                      "safmn_contest_x2",    "unet_tiny",
                                      "imdn_tiny_x2",        "realplksr_tiny_x2",
                                      "realplksr_layers_x2", "plksr_tiny_x2",
                                      "upconv_tiny_x2",      "vgg_tiny",
                                      "cunet_tiny",          "cunet_tiny_x2",
                                      "realcugan_tiny_x2",   "hat_tiny_x2",
                                      "swin2sr_tiny_x2",     "graph_sizes_tiny",
                                      "face_unet_tiny"};

#define GOLDENS ((int)(sizeof goldens / sizeof goldens[0]))
#define PICTURES                                                                                   \
    (GOLDENS - 1)  /* but for the last: a network of one size, which no whole picture has */
#define ORACLES 12 /* the oracle knows the first of them: two networks are enough to judge */

typedef struct loaded {
    char folder[512];
    anew_model *model;
    anew_graph *graph;
    npy in, out;
} loaded;

static void load(loaded *l, const char *name)
{
    char path[1024];
    (void)snprintf(l->folder, sizeof l->folder, "%s/goldens/%s", data_folder(), name);
    (void)snprintf(path, sizeof path, "%s/%s.anew", model_folder(), name);
    open_network(&l->model, &l->graph, path);
    (void)snprintf(path, sizeof path, "%s/in.npy", l->folder);
    ck_assert_int_eq(npy_read(&l->in, path), 0);
    (void)snprintf(path, sizeof path, "%s/out.npy", l->folder);
    ck_assert_int_eq(npy_read(&l->out, path), 0);
}

static void unload(loaded *l)
{
    npy_free(&l->in);
    npy_free(&l->out);
    anew_graph_free(&l->graph);
    anew_model_close(&l->model);
}

/* ---- goldens ---------------------------------------------------------------------------------------- */

typedef struct observed {
    const loaded *l;
    int compared;
    char first_bad[256];
} observed;

static void compare_activation(void *context, const anew_node *node, const float *values,
                               int height, int width)
{
    observed *o = context;
    char path[1024];
    npy golden;
    double largest = 0;
    (void)snprintf(path, sizeof path, "%s/act_%s.npy", o->l->folder, node->name);
    FILE *file = fopen(path, "rb");
    if (node->name[0] == '\0' || file == NULL)
        return;
    (void)fclose(file);
    ck_assert_int_eq(npy_read(&golden, path), 0);
    ck_assert_int_eq(golden.dims[1], node->channels);
    ck_assert_int_eq(golden.dims[2], height);
    ck_assert_int_eq(golden.dims[3], width);
    const double difference = largest_difference(values, golden.values, golden.elements, &largest);
    if (difference > 1e-5 * (largest > 1 ? largest : 1) && o->first_bad[0] == '\0')
        (void)snprintf(o->first_bad, sizeof o->first_bad, "%s differs by %g (largest %g)",
                       node->name, difference, largest);
    o->compared++;
    npy_free(&golden);
}

START_TEST(golden_outputs_and_activations)
{
    loaded l = {0};
    anew_error error = {0};
    load(&l, goldens[_i]);
    float *result = malloc(l.out.elements * sizeof(float));
    observed o = {.l = &l};
    anew_isa isa;
    ck_assert(anew_isa_detect(&isa, NULL));
    const anew_picture in = picture_of(&l.in);
    anew_picture out = picture_of(&l.out);
    out.data = result;
    ck_assert_int_eq(anew_graph_scale(l.graph) * (in.height - 2 * anew_graph_margin(l.graph)),
                     out.height);
    ck_assert_msg(anew_execute_ref(l.graph, isa, &in, &out, compare_activation, &o, &error) ==
                      ANEW_OK,
                  "%s", error.text);
    ck_assert_msg(o.first_bad[0] == '\0', "%s: %s", goldens[_i], o.first_bad);
    double largest = 0;
    const double difference = largest_difference(result, l.out.values, l.out.elements, &largest);
    ck_assert_msg(difference <= 1e-5 * (largest > 1 ? largest : 1),
                  "%s: differs by %g (largest %g)", goldens[_i], difference, largest);
    printf("%s: output differs by %.1e of %.2f, %d activations compared\n", goldens[_i], difference,
           largest, o.compared);
    free(result);
    unload(&l);
}
END_TEST

/* Every stored activation file must have met a value of that name. */
START_TEST(no_activation_is_overlooked)
{
    loaded l = {0};
    load(&l, goldens[_i]);
    int files = 0, named = 0;
    DIR *folder = opendir(l.folder);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "act_", 4) != 0)
            continue;
        files++;
        for (int i = 0; i < anew_graph_count(l.graph); i++) {
            char wanted[256];
            (void)snprintf(wanted, sizeof wanted, "act_%s.npy", anew_graph_node(l.graph, i)->name);
            named += strcmp(entry->d_name, wanted) == 0;
        }
    }
    (void)closedir(folder);
    ck_assert_int_eq(files, named);
    unload(&l);
}
END_TEST

/* ---- equality of all ways ------------------------------------------------------------------------------ */

static void reference(float *result, const loaded *l, anew_isa isa)
{
    anew_error error = {0};
    const anew_picture in = picture_of(&l->in);
    anew_picture out = picture_of(&l->out);
    out.data = result;
    ck_assert_msg(anew_execute_ref(l->graph, isa, &in, &out, NULL, NULL, &error) == ANEW_OK, "%s",
                  error.text);
}

static void run_golden(float *result, const loaded *l, const anew_weights *weights, int band,
                       int level, int threads)
{
    const anew_picture in = picture_of(&l->in);
    anew_picture out = picture_of(&l->out);
    out.data = result;
    run_plan(&out, &in, weights, band, level, threads);
}

/* AddressSanitizer makes this six times slower, and what it is to find, a kernel that reads or writes beside its pixels, is
 * what check_kernels tries at every level: with it two ways of each level but the best are enough. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

START_TEST(exact_class_is_equal_everywhere)
{
    loaded l = {0};
    anew_isa best;
    load(&l, goldens[_i]);
    ck_assert(anew_isa_detect(&best, NULL));
    const size_t bytes = l.out.elements * sizeof(float);
    float *wanted = malloc(bytes), *result = malloc(bytes);
    reference(wanted, &l, best);
    int runs = 0;
    for (int isa = ANEW_ISA_C; isa <= (int)best; isa++) {
        /* Software fused multiply-add is slow: the plain level runs the smaller goldens only. */
        if (isa == ANEW_ISA_C && best != ANEW_ISA_C && l.out.elements > (SANITIZED ? 2000 : 12000))
            continue;
        const int each = SANITIZED && isa != (int)best ? 6 : 1; /* of the ways below */
        anew_weights *weights = pack_weights(l.graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++) {
            /* {band, threads}: each thread count and each height, not every pair of them. */
            static const int ways[][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 1}, {2, 1}, {3, 2}, {7, 3}};
            for (int k = 0; k < 7; k += each) {
                memset(result, 0xff, bytes);
                run_golden(result, &l, weights, ways[k][0], level, ways[k][1]);
                ck_assert_msg(memcmp(result, wanted, bytes) == 0,
                              "%s: %s, plan %d, bands of %d, %d threads differ from the reference",
                              goldens[_i], anew_isa_name((anew_isa)isa), level, ways[k][0],
                              ways[k][1]);
                runs++;
            }
        }
        anew_weights_free(&weights);
    }
    ck_assert_int_gt(runs, 0);
    free(wanted);
    free(result);
    unload(&l);
}
END_TEST

/* Steps that are no convolution, by hand. */
static int steps_apart(const char *golden)
{
    static const struct {
        const char *golden;
        int steps;
    } table[] = {
        {"ffdnet_gray", 2}, /* slice, addition */
        /* Of each of two blocks six slices, what they are joined to, and six of its attention; the first layer three
         * times makes three pairs, but two steps. */
        {"imdn_tiny_x2", 2 * 13 - 1},
        {"rfdn_tiny_x2", 6},
        {"bsrn_tiny_x2", 16},
        {"bsrn_contest_x2", 4},
        {"safmn_tiny_x2", 23},
        {"safmn_contest_x2", 25},
        {"unet_tiny", 2},
        {"graph_sizes_tiny", 9}, /* six to the size of another value, three pools */
        /* Of each of two blocks two slices, what they are joined to (where it is read twice, by the attention, too), and a
         * norm. */
        {"realplksr_tiny_x2", 8},
        {"realplksr_layers_x2", 6},
        {"plksr_tiny_x2", 6},
        /* Four means, four products with them. */
        {"cunet_tiny", 8},
        {"cunet_tiny_x2", 8},
        {"realcugan_tiny_x2", 8},
        /* The picture's rows, its mean, that negative, the picture less its mean; two norms, and for each of
                  * two blocks two of its own and the windows. */
        {"swinir_jpeg_color_w7", 4 + 2 + 2 * 3},
        /* The same, and of each of four blocks its channels' means and what they weigh; two overlapping blocks. */
        {"hat_tiny_x2", 4 + 2 + 4 * 5 + 2 * 3},
        /* Of each of four blocks two slices, their squares, what they are joined to, windows and two norms. */
        {"swin2sr_tiny_x2", 4 + 2 + 4 * 7}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(golden, table[i].golden) == 0)
            return table[i].steps;
    return 0;
}

/* Pairs of steps that compute the same. */
static int computed_again(const char *golden)
{
    static const struct {
        const char *golden;
        int pairs;
    } table[] = {{"rrdb_tiny_x4", 1},   {"esrgan_old_x4", 1},
                 {"ffdnet_gray", 1},                         /* the picture, to be added */
                 {"safmn_tiny_x2", 3},  {"imdn_tiny_x2", 3}, /* the first layer, three times */
                 {"swin2sr_tiny_x2", 1}}; /* the last addition, and its writing */
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(golden, table[i].golden) == 0)
            return table[i].pairs;
    return 0;
}

START_TEST(full_plan_fuses)
{
    loaded l = {0};
    anew_error error = {0};
    load(&l, goldens[_i]);
    anew_plan *full = NULL, *single = NULL;
    anew_weights *weights = pack_weights(l.graph, ANEW_ISA_C, ANEW_SELECT_EXACT);
    ck_assert_int_eq(
        anew_plan_create(&full, weights, l.in.dims[2], l.in.dims[3], 0, ANEW_PLAN_FULL, &error),
        ANEW_OK);
    ck_assert_int_eq(
        anew_plan_create(&single, weights, l.in.dims[2], l.in.dims[3], 0, ANEW_PLAN_NOFUSE, &error),
        ANEW_OK);
    int convolutions = 0;
    for (int i = 0; i < anew_graph_count(l.graph); i++)
        convolutions += anew_graph_node(l.graph, i)->op == ANEW_OP_CONV;
    /* Everything but convolutions disappears into them, SPAN's attention too. A first convolution that is
     * added again at the end of a deep network is computed twice, and its rows are not kept meanwhile. */
    int again = 0;
    for (int i = 0; i < full->step_count; i++)
        for (int k = 0; k < i; k++)
            again += full->steps[i].node == full->steps[k].node;
    ck_assert_int_eq(full->step_count, convolutions + again + steps_apart(goldens[_i]));
    ck_assert_int_eq(again, computed_again(goldens[_i]));
    ck_assert_int_ge(single->step_count, anew_graph_count(l.graph));
    anew_plan_free(&full);
    anew_plan_free(&single);
    anew_weights_free(&weights);
    unload(&l);
}
END_TEST

/* The fast class: equal for any band and number of threads, near the exact class. */
START_TEST(fast_class_does_not_depend_on_bands)
{
    loaded l = {0};
    anew_isa best;
    load(&l, goldens[_i]);
    ck_assert(anew_isa_detect(&best, NULL));
    const size_t bytes = l.out.elements * sizeof(float);
    float *exact = malloc(bytes), *wanted = malloc(bytes), *result = malloc(bytes);
    reference(exact, &l, best);
    for (int isa = ANEW_ISA_FUSED; isa <= (int)best; isa++) {
        anew_weights *weights = pack_weights(l.graph, isa, ANEW_SELECT_FAST);
        /* Not promised, but so written: the levels with fused multiply-add agree (winograd_body.h). */
        run_golden(isa == ANEW_ISA_FUSED ? wanted : result, &l, weights, 0, ANEW_PLAN_FULL, 1);
        ck_assert(isa == ANEW_ISA_FUSED || memcmp(result, wanted, bytes) == 0);
        static const int bands[] = {1, 2, 4, 7, 16};
        for (int b = 0; b < 5; b++) {
            memset(result, 0xff, bytes);
            run_golden(result, &l, weights, bands[b], ANEW_PLAN_FULL, 1 + b % 2);
            ck_assert_msg(memcmp(result, wanted, bytes) == 0, "%s: %s, bands of %d differ",
                          goldens[_i], anew_isa_name((anew_isa)isa), bands[b]);
        }
        double largest = 0;
        const double difference = largest_difference(wanted, exact, l.out.elements, &largest);
        ck_assert_msg(difference <= 1e-5 * (largest > 1 ? largest : 1), "%s: %s is off by %g of %g",
                      goldens[_i], anew_isa_name((anew_isa)isa), difference, largest);
        anew_weights_free(&weights);
    }
    free(exact);
    free(wanted);
    free(result);
    unload(&l);
}
END_TEST

/* Layouts of all kinds give the same pixels, in 16 bits, whatever size is asked for. */
START_TEST(strips_are_equal_to_the_whole)
{
    loaded l = {0};
    anew_error error = {0};
    anew_image in;
    load(&l, goldens[_i]);
    /* An odd size, wide enough for strips clear of the edges. */
    ck_assert_int_eq(anew_image_create(&in, 83, 61, 3 + _i % 2, 16, &error), ANEW_OK);
    uint16_t *pixels = in.pixels;
    for (int i = 0; i < 83 * 61 * in.channels; i++)
        pixels[i] = (uint16_t)(65535 * l.in.values[(size_t)i * 7 % l.in.elements]);
    const int scale = anew_graph_scale(l.graph);
    for (int kind = 0; kind < 6; kind++) {
        anew_enhance_options options = {
            .threads = 2, .precision = kind % 2 == 0 ? ANEW_PRECISION_EXACT : ANEW_PRECISION_F32};
        if (kind / 2 == 1)
            options.scale = 1.5 * scale;
        else if (kind / 2 == 2)
            options.scale = 1;
        anew_image whole, part;
        options.band = 1000;
        ck_assert_msg(anew_enhance(&whole, &in, l.model, &options, NULL, &error) == ANEW_OK, "%s",
                      error.text);
        const size_t bytes = (size_t)whole.width * (size_t)whole.height * (size_t)in.channels * 2;
        static const int layouts[][2] = {{9, 0}, {32, 5}, {50, 1}, {83, 2}, {200, 13}};
        for (int i = 0; i < 5; i++) {
            options.strip = layouts[i][0];
            options.band = layouts[i][1];
            options.threads = 1 + i % 2;
            ck_assert_msg(anew_enhance(&part, &in, l.model, &options, NULL, &error) == ANEW_OK,
                          "%s", error.text);
            ck_assert_msg(memcmp(whole.pixels, part.pixels, bytes) == 0,
                          "%s: kind %d, strips of %d in bands of %d differ", goldens[_i], kind,
                          layouts[i][0], layouts[i][1]);
            anew_image_free(&part);
        }
        anew_image_free(&whole);
    }
    anew_image_free(&in);
    unload(&l);
}
END_TEST

/* Where waifu2x's networks need more than the picture, its edge is repeated: a picture that has been continued so gives the
 * same in its middle. */
START_TEST(edges_are_repeated)
{
    enum { WIDE = 13, HIGH = 9, BEYOND = 4 };
    loaded l = {0};
    anew_error error = {0};
    anew_image in, larger, out, larger_out;
    const anew_enhance_options options = {.threads = 1, .precision = ANEW_PRECISION_EXACT};
    load(&l, "upconv_tiny_x2");
    ck_assert_int_eq(anew_graph_margin(l.graph), BEYOND);
    ck_assert_int_eq(anew_image_create(&in, WIDE, HIGH, 3, 8, &error), ANEW_OK);
    ck_assert_int_eq(anew_image_create(&larger, WIDE + 2 * BEYOND, HIGH + 2 * BEYOND, 3, 8, &error),
                     ANEW_OK);
    uint8_t *pixels = in.pixels, *continued = larger.pixels;
    for (int i = 0; i < WIDE * HIGH * 3; i++)
        pixels[i] = (uint8_t)(i * 97 + i * i % 31);
    for (int y = 0; y < larger.height; y++)
        for (int x = 0; x < larger.width; x++) {
            const int left = x < BEYOND ? 0 : x - BEYOND, top = y < BEYOND ? 0 : y - BEYOND;
            const int column = left < WIDE ? left : WIDE - 1, row = top < HIGH ? top : HIGH - 1;
            memcpy(continued + (y * larger.width + x) * 3, pixels + (row * WIDE + column) * 3, 3);
        }
    ck_assert_int_eq(anew_enhance(&out, &in, l.model, &options, NULL, &error), ANEW_OK);
    ck_assert_int_eq(anew_enhance(&larger_out, &larger, l.model, &options, NULL, &error), ANEW_OK);
    for (int y = 0; y < out.height; y++)
        ck_assert_msg(memcmp((uint8_t *)out.pixels + y * out.width * 3,
                             (uint8_t *)larger_out.pixels +
                                 ((y + 2 * BEYOND) * larger_out.width + 2 * BEYOND) * 3,
                             (size_t)out.width * 3) == 0,
                      "row %d", y);
    anew_image_free(&in);
    anew_image_free(&larger);
    anew_image_free(&out);
    anew_image_free(&larger_out);
    unload(&l);
}
END_TEST

/* From the first row fetched to the last delivered no allocation of ours is allowed. */
static anew_status fetch_without_memory(void *context, int y, float *const *planes,
                                        anew_error *error)
{
    const loaded *l = context;
    (void)error;
    anew_alloc_limit(0);
    for (int c = 0; c < l->in.dims[1]; c++)
        memcpy(planes[c], l->in.values + (size_t)(c * l->in.dims[2] + y) * (size_t)l->in.dims[3],
               (size_t)l->in.dims[3] * sizeof(float));
    return ANEW_OK;
}

static int delivered_rows;

static anew_status deliver_without_memory(void *context, int y, const anew_picture *rows,
                                          anew_error *error)
{
    (void)context;
    (void)error;
    ck_assert_int_eq(y, delivered_rows);
    delivered_rows += rows->height;
    return ANEW_OK;
}

START_TEST(running_allocates_nothing)
{
    loaded l = {0};
    anew_error error = {0};
    anew_isa isa;
    load(&l, goldens[_i]);
    ck_assert(anew_isa_detect(&isa, NULL));
    for (int selection = ANEW_SELECT_EXACT; selection <= ANEW_SELECT_FAST; selection++) {
        anew_weights *weights = pack_weights(l.graph, (int)isa, selection);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++) {
            anew_plan *plan = NULL;
            anew_executor *executor = NULL;
            const anew_stream stream = {&l, fetch_without_memory, deliver_without_memory, NULL};
            delivered_rows = 0;
            ck_assert_int_eq(anew_plan_create(&plan, weights, l.in.dims[2], l.in.dims[3], 5,
                                              (anew_plan_level)level, &error),
                             ANEW_OK);
            ck_assert_int_eq(anew_executor_create(&executor, 2, &error), ANEW_OK);
            const anew_status status = anew_execute(executor, plan, &stream, NULL, &error);
            void *none = anew_alloc(1);
            anew_alloc_limit(-1);
            ck_assert_ptr_null(none);
            ck_assert_int_eq(status, ANEW_OK);
            ck_assert_int_eq(delivered_rows, l.out.dims[2]);
            anew_executor_free(&executor);
            anew_plan_free(&plan);
        }
        anew_weights_free(&weights);
    }
    unload(&l);
}
END_TEST

/* Whichever allocation fails, the whole way of a picture ends with a message and nothing kept. */
START_TEST(any_allocation_may_fail)
{
    char path[1024];
    anew_error error = {0};
    anew_image in, out;
    (void)snprintf(path, sizeof path, "%s/%s.anew", model_folder(), goldens[_i]);
    ck_assert_int_eq(anew_image_create(&in, 9, 7, 4, 8, &error), ANEW_OK);
    memset(in.pixels, 99, 9 * 7 * 4);
    const anew_enhance_options options = {.scale = 1.5, .threads = 1};
    int failures = 0;
    for (long allowed = 0;; allowed++) {
        anew_model *model = NULL;
        anew_alloc_limit(allowed);
        anew_status status = anew_model_open(&model, path, &error);
        if (status == ANEW_OK)
            status = anew_enhance(&out, &in, model, &options, NULL, &error);
        anew_model_close(&model);
        anew_alloc_limit(-1);
        if (status == ANEW_OK)
            break;
        ck_assert_msg(status == ANEW_ERROR_MEMORY, "allocation %ld: %s", allowed, error.text);
        failures++;
        /* A network of a thousand allocations: each of the first, then some of the others. */
        if (allowed > 300)
            allowed += 17;
    }
    ck_assert_int_gt(failures, 50);
    anew_image_free(&in);
    anew_image_free(&out);
}
END_TEST

/* A budget is kept or refused; what is named as the smallest that would do does. */
START_TEST(budgets)
{
    loaded l = {0};
    anew_error error = {0};
    anew_image in, out, small;
    load(&l, goldens[_i]);
    ck_assert_int_eq(anew_image_create(&in, 200, 90, 3, 8, &error), ANEW_OK);
    memset(in.pixels, 77, (size_t)200 * 90 * 3);
    anew_enhance_options options = {.threads = 2, .memory = 1000};
    ck_assert_int_eq(anew_enhance(&out, &in, l.model, &options, NULL, &error), ANEW_ERROR_LIMIT);
    const char *named = strstr(error.text, "would do is ");
    ck_assert_ptr_nonnull(named);
    options.memory = (size_t)strtod(named + strlen("would do is "), NULL) << 20;
    ck_assert_msg(anew_enhance(&small, &in, l.model, &options, NULL, &error) == ANEW_OK, "%s",
                  error.text);
    options.memory = 0;
    ck_assert_int_eq(anew_enhance(&out, &in, l.model, &options, NULL, &error), ANEW_OK);
    ck_assert(memcmp(out.pixels, small.pixels, (size_t)out.width * (size_t)out.height * 3) == 0);
    anew_image_free(&in);
    anew_image_free(&out);
    anew_image_free(&small);
    unload(&l);
}
END_TEST

/* ---- the oracle ------------------------------------------------------------------------------------------ */

/* tests/run.sh has run the oracle, which shares no line with the engine, on tests/data/small.ppm. */
START_TEST(the_oracle_gives_the_same_bits)
{
    const char *folder = getenv("ANEW_TEST_ORACLE");
    char path[1024];
    int32_t sides[2];
    anew_image image;
    anew_planes in;
    anew_error error = {0};
    anew_isa best;
    loaded l = {0};
    load(&l, goldens[_i]);
    (void)snprintf(path, sizeof path, "%s/%s.f32",
                   folder == NULL ? "build/release/oracle-out" : folder, goldens[_i]);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL && fread(sides, 4, 2, file) == 2, "%s: the oracle has not run",
                  path);
    const size_t floats = (size_t)3 * (size_t)sides[0] * (size_t)sides[1];
    float *wanted = malloc(floats * sizeof(float)), *result = malloc(floats * sizeof(float));
    ck_assert_uint_eq(fread(wanted, sizeof(float), floats, file), floats);
    (void)fclose(file);
    (void)snprintf(path, sizeof path, "%s/small.ppm", data_folder());
    ck_assert_msg(anew_image_read(&image, path, NULL, NULL, &error) == ANEW_OK, "%s", error.text);
    ck_assert_int_eq(anew_planes_create(&in, 3, image.height, image.width, &error), ANEW_OK);
    anew_planes_from_image(&in, &image, 0);
    ck_assert_int_eq(sides[0], image.height * anew_graph_scale(l.graph));
    const anew_picture from = {
        in.data, 3, in.height, in.width, (size_t)in.height * (size_t)in.width, (size_t)in.width};
    const anew_picture to = {
        result, 3, sides[0], sides[1], (size_t)sides[0] * (size_t)sides[1], (size_t)sides[1]};
    ck_assert(anew_isa_detect(&best, NULL));
    ck_assert_int_eq(anew_execute_ref(l.graph, best, &from, &to, NULL, NULL, &error), ANEW_OK);
    ck_assert_msg(memcmp(wanted, result, floats * sizeof(float)) == 0, "the reference differs");
    for (int isa = ANEW_ISA_FUSED; isa <= (int)best; isa++) {
        anew_weights *weights = pack_weights(l.graph, isa, ANEW_SELECT_EXACT);
        memset(result, 0xff, floats * sizeof(float));
        run_plan(&to, &from, weights, 0, ANEW_PLAN_FULL, 2);
        ck_assert_msg(memcmp(wanted, result, floats * sizeof(float)) == 0, "%s differs",
                      anew_isa_name((anew_isa)isa));
        anew_weights_free(&weights);
    }
    free(wanted);
    free(result);
    anew_planes_free(&in);
    anew_image_free(&image);
    unload(&l);
}
END_TEST

/* ---- real weights, where they are ------------------------------------------------------------------------ */

static const char *const real_models[] = {"general_x4v3", "general_wdn_x4v3", "animevideov3"};

START_TEST(published_weights)
{
    char path[1024];
    npy in, golden;
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_isa isa;
    (void)snprintf(path, sizeof path, "%s/real/%s.anew", model_folder(), real_models[_i]);
    if (!is_there(path, "published weights"))
        return;
    open_network(&model, &graph, path);
    (void)snprintf(path, sizeof path, "%s/reference/goldens/srvgg_real/in.npy", shared_folder());
    ck_assert_int_eq(npy_read(&in, path), 0);
    (void)snprintf(path, sizeof path, "%s/reference/goldens/srvgg_real/out_%s.npy", shared_folder(),
                   real_models[_i]);
    ck_assert_int_eq(npy_read(&golden, path), 0);
    ck_assert(anew_isa_detect(&isa, NULL));
    float *result = malloc(golden.elements * sizeof(float));
    for (int selection = ANEW_SELECT_EXACT; selection <= ANEW_SELECT_FAST; selection++) {
        const anew_picture from = picture_of(&in);
        anew_picture to = picture_of(&golden);
        to.data = result;
        anew_weights *weights = pack_weights(graph, (int)isa, selection);
        run_plan(&to, &from, weights, 0, ANEW_PLAN_FULL, 2);
        double largest = 0;
        const double difference =
            largest_difference(result, golden.values, golden.elements, &largest);
        /* The wdn weights amplify rounding: the golden itself is 1.8e-5 from the f64 result. */
        const double mark = strcmp(real_models[_i], "general_wdn_x4v3") == 0 ? 1e-4 : 1e-5;
        ck_assert_msg(difference <= mark * (largest > 1 ? largest : 1), "%s: differs by %g",
                      real_models[_i], difference);
        size_t other = 0;
        for (size_t i = 0; i < golden.elements; i++) {
            const int a = (int)(fminf(fmaxf(result[i], 0), 1) * 255 + 0.5f);
            const int b = (int)(fminf(fmaxf(golden.values[i], 0), 1) * 255 + 0.5f);
            ck_assert_int_le(abs(a - b), 1);
            other += a != b;
        }
        ck_assert_msg((double)other <= 0.001 * (double)golden.elements, "%zu samples differ",
                      other);
        printf("%s (%s): differs by %.1e, %zu of %zu 8-bit samples differ\n", real_models[_i],
               (const char *[]){"exact", "fast by rows", "default"}[selection], difference, other,
               golden.elements);
        anew_weights_free(&weights);
    }
    free(result);
    npy_free(&in);
    npy_free(&golden);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("networks");
    TCase *all = add_case(suite, "goldens", 300);
    tcase_add_loop_test(all, golden_outputs_and_activations, 0, GOLDENS);
    tcase_add_loop_test(all, no_activation_is_overlooked, 0, GOLDENS);
    tcase_add_loop_test(all, exact_class_is_equal_everywhere, 0, GOLDENS);
    tcase_add_loop_test(all, full_plan_fuses, 0, GOLDENS);
    tcase_add_loop_test(all, fast_class_does_not_depend_on_bands, 0, GOLDENS);
    tcase_add_loop_test(all, strips_are_equal_to_the_whole, 0, PICTURES);
    tcase_add_test(all, edges_are_repeated);
    tcase_add_loop_test(all, budgets, 0, PICTURES);
    tcase_add_loop_test(all, running_allocates_nothing, 0, GOLDENS);
    tcase_add_loop_test(all, any_allocation_may_fail, 0, PICTURES);
    tcase_add_loop_test(all, the_oracle_gives_the_same_bits, 0, ORACLES);
    tcase_add_loop_test(all, published_weights, 0, 3);
    return run_suite(suite);
}
