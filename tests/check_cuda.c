/*
 * check_cuda.c - the CUDA plug-in without a GPU: its kernels' source, compiled for the CPU by tests/cuda/shim.h, against the
 * reference interpreter. In float32 a device's picture is the exact class's, byte for byte; in 16 bits and TF32 it is held to
 * a distance. Every kind of step of a plan must have been run here. What is not there, or fails, is told in one line.
 *
 * Nothing of this runs on a GPU: docs/cuda.md.
 *
 * Seen to fail by run_conv_plain without the barrier before its loads, by weights that begin a row late behind the first block,
 * and by a wait for one copy too few (conv.cuh); by a tile's margin that is a pixel less, and a job that keeps its memory while its
 * last rows are delivered (device_tiles.c), and by a result that is
 * placed over what its step reads (device_program.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/every_step.h"
#include "common/networks.h"
#include "common/random_model.h"
#include "common/suite.h"
#include "core/memory.h"
#include "exec/devices.h"

static anew_isa best_isa(void)
{
    anew_isa isa = ANEW_ISA_C;
    ck_assert(anew_isa_detect(&isa, NULL));
    return isa;
}

/* ---- the device ---------------------------------------------------------------------------------------- */

static const char *plugin(void)
{
    static char path[1024];
    const char *build = getenv("BUILD");
    (void)snprintf(path, sizeof path, "%s/anew-cuda-shim.so",
                   build == NULL ? "build/release" : build);
    return path;
}

static anew_device *open_device(const char *name)
{
    anew_error error = {0};
    anew_device *device = NULL;
    ck_assert_msg(anew_device_open(&device, name, plugin(), &error) == ANEW_OK, "%s", error.text);
    return device;
}

/* ---- streams between pictures in memory -------------------------------------------------------------------- */

typedef struct pictures {
    const anew_picture *in, *out;
    int next; /* row of the result; they must come in order */
} pictures;

static anew_status fetch(void *context, int y, float *const *planes, anew_error *error)
{
    const anew_picture *in = ((pictures *)context)->in;
    (void)error;
    for (int c = 0; c < in->channels; c++)
        memcpy(planes[c], in->data + (size_t)c * in->plane_stride + (size_t)y * in->row_stride,
               (size_t)in->width * sizeof(float));
    return ANEW_OK;
}

static anew_status deliver_part(void *context, int output, int y, const anew_picture *rows,
                                anew_error *error)
{
    const anew_picture *out = ((pictures *)context)->out + output;
    (void)error;
    ck_assert_int_le(y + rows->height, out->height);
    ck_assert_int_eq(rows->width, out->width);
    for (int c = 0; c < out->channels; c++)
        for (int r = 0; r < rows->height; r++)
            memcpy(out->data + (size_t)c * out->plane_stride + (size_t)(y + r) * out->row_stride,
                   rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride,
                   (size_t)out->width * sizeof(float));
    return ANEW_OK;
}

static anew_status deliver(void *context, int y, const anew_picture *rows, anew_error *error)
{
    pictures *p = context;
    ck_assert_int_eq(y, p->next);
    p->next += rows->height;
    return deliver_part(context, 0, y, rows, error);
}

static anew_picture new_picture(int channels, int height, int width)
{
    const size_t plane = (size_t)height * (size_t)width;
    float *data = malloc(plane * (size_t)channels * sizeof(float));
    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < plane * (size_t)channels; i++)
        data[i] = random_number() * 0.5f + 0.5f;
    return (anew_picture){data, channels, height, width, plane, (size_t)width};
}

static size_t floats_of(const anew_picture *p)
{
    return p->plane_stride * (size_t)p->channels;
}

/* What a network makes of a picture: the reference, and by a device. */
typedef struct loaded {
    anew_model *model;
    anew_graph *graph;
    anew_weights *weights;
    anew_picture in, want, got;
} loaded;

static void reference(loaded *l)
{
    anew_error error = {0};
    const anew_node *out = anew_graph_node(l->graph, anew_graph_output(l->graph));
    const int height = anew_node_side(out, l->in.height), width = anew_node_side(out, l->in.width);
    l->weights = pack_weights(l->graph, (int)best_isa(), ANEW_SELECT_EXACT);
    l->want = new_picture(out->channels, height, width);
    l->got = new_picture(out->channels, height, width);
    ck_assert_msg(anew_execute_ref(l->graph, best_isa(), &l->in, &l->want, NULL, NULL, &error) ==
                      ANEW_OK,
                  "%s", error.text);
}

static void load_golden(loaded *l, const char *name)
{
    char path[1024];
    npy in;
    (void)snprintf(path, sizeof path, "%s/%s.anew", model_folder(), name);
    open_network(&l->model, &l->graph, path);
    (void)snprintf(path, sizeof path, "%s/goldens/%s/in.npy", data_folder(), name);
    ck_assert_int_eq(npy_read(&in, path), 0);
    l->in = picture_of(&in); /* its memory stays */
    reference(l);
}

static void unload(loaded *l)
{
    free(l->in.data);
    free(l->want.data);
    free(l->got.data);
    anew_weights_free(&l->weights);
    anew_graph_free(&l->graph);
    anew_model_close(&l->model);
}

static anew_status run(loaded *l, const anew_device_run *how, anew_device_account *account,
                       anew_error *error)
{
    pictures p = {&l->in, &l->got, 0};
    const anew_stream stream = {&p, fetch, deliver, deliver_part};
    memset(l->got.data, 0xff, floats_of(&l->got) * sizeof(float));
    return anew_device_execute(how, l->in.height, l->in.width, &stream, account, NULL, error);
}

static void check_equal(loaded *l, const anew_device_run *how, const char *what)
{
    anew_error error = {0};
    ck_assert_msg(run(l, how, NULL, &error) == ANEW_OK, "%s: %s", what, error.text);
    for (size_t i = 0; i < floats_of(&l->want); i++)
        ck_assert_msg(memcmp(&l->got.data[i], &l->want.data[i], sizeof(float)) == 0,
                      "%s: sample %zu of %zu is %.9g, not %.9g", what, i, floats_of(&l->want),
                      (double)l->got.data[i], (double)l->want.data[i]);
}

/* Decibels between the result and the reference, against the reference's own range. */
static double distance(const loaded *l)
{
    double sum = 0, least = HUGE_VAL, most = -HUGE_VAL;
    for (size_t i = 0; i < floats_of(&l->want); i++) {
        const double w = (double)l->want.data[i], d = (double)l->got.data[i] - w;
        sum += d * d;
        least = w < least ? w : least;
        most = w > most ? w : most;
    }
    return 10 * log10((most - least) * (most - least) * (double)floats_of(&l->want) / sum);
}

/* ---- goldens --------------------------------------------------------------------------------------------------- */

static const char *const goldens[] = {
    "srvgg_tiny_x1", "srvgg_tiny_x2", "srvgg_tiny_x4",       "srvgg_tiny_squares",
    "rrdb_tiny_x1",  "rrdb_tiny_x2",  "rrdb_tiny_x4",        "esrgan_old_x1",
    "esrgan_old_x2", "esrgan_old_x4", "esrgan_old_x8",       "esrgan_plus_x4",
    "span_tiny_x2",  "dncnn_tiny",    "ffdnet_tiny",         "ffdnet_gray",
    "espcn_tiny_x3", "pan_tiny_x2",   "pan_tiny_x4",         "rfdn_tiny_x2",
    "bsrn_tiny_x2",  "safmn_tiny_x2", "bsrn_contest_x2",     "safmn_contest_x2",
    "unet_tiny",     "imdn_tiny_x2",  "swinir_jpeg_color_w7"};

#define GOLDENS ((int)(sizeof goldens / sizeof goldens[0]))

START_TEST(golden_bits)
{
    loaded l = {0};
    load_golden(&l, goldens[_i]);
    anew_device *device = open_device("cuda");
    const anew_device_run full = {.device = device, .weights = l.weights, .level = ANEW_PLAN_FULL};
    check_equal(&l, &full, goldens[_i]);
    anew_device_close(&device);
    unload(&l);
}
END_TEST

/* Unfused plans have kinds of steps that fused ones have not. */
START_TEST(golden_bits_unfused)
{
    loaded l = {0};
    load_golden(&l, _i == 0 ? "rrdb_tiny_x2" : "span_tiny_x2");
    anew_device *device = open_device("cuda:1");
    const anew_device_run plain = {
        .device = device, .weights = l.weights, .level = ANEW_PLAN_NOFUSE};
    check_equal(&l, &plain, "unfused");
    anew_device_close(&device);
    unload(&l);
}
END_TEST

START_TEST(tensor_cores)
{
    static const char *const names[] = {"srvgg_tiny_x4", "rrdb_tiny_x2", "span_tiny_x2",
                                        "unet_tiny",     "pan_tiny_x2",  "rfdn_tiny_x2"};
    static const double least[] = {0, 68, 55, 68};
    anew_device *device = open_device("cuda");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        loaded l = {0};
        load_golden(&l, names[i]);
        for (int a = ANEW_DEVICE_ARITHMETIC_TF32; a <= ANEW_DEVICE_ARITHMETIC_FP16; a++) {
            anew_error error = {0};
            const anew_device_run how = {.device = device,
                                         .weights = l.weights,
                                         .level = ANEW_PLAN_FULL,
                                         .arithmetic = (anew_device_arithmetic)a};
            ck_assert_msg(run(&l, &how, NULL, &error) == ANEW_OK, "%s: %s", names[i], error.text);
            if (getenv("ANEW_TELL") != NULL)
                (void)printf("%s, arithmetic %d: %.1f dB\n", names[i], a, distance(&l));
            ck_assert_msg(distance(&l) >= least[a], "%s, arithmetic %d: %.1f dB", names[i], a,
                          distance(&l));
            ck_assert_msg(memcmp(l.got.data, l.want.data, floats_of(&l.want) * 4) != 0,
                          "%s, arithmetic %d was not used", names[i], a);
        }
        unload(&l);
    }
    anew_device_close(&device);
}
END_TEST

/* ---- a network of all operations ---------------------------------------------------------------------------------- */

static void note_kinds(bool *kinds, const anew_weights *weights, anew_plan_level level)
{
    anew_error error = {0};
    anew_plan *plan = NULL;
    ck_assert_int_eq(
        anew_plan_create(&plan, weights, EVERY_STEP_SIDE, EVERY_STEP_SIDE, 0, level, &error),
        ANEW_OK);
    for (int i = 0; i < plan->step_count; i++)
        kinds[plan->steps[i].kind] = true;
    anew_plan_free(&plan);
}

/* Every kind of step that a plan can have is run here, or refused before work starts; none is refused now. */
START_TEST(every_kind_of_step)
{
    loaded l = {0};
    bool kinds[ANEW_STEP_ATTENTION + 1] = {false};
    anew_device *device = open_device("cuda");
    l.model = every_step_model();
    every_step_graph(&l.graph, l.model);
    l.in = new_picture(3, EVERY_STEP_SIDE, EVERY_STEP_SIDE);
    reference(&l);
    for (int level = 0; level < 2; level++) {
        const anew_plan_level which = level == 0 ? ANEW_PLAN_FULL : ANEW_PLAN_NOFUSE;
        const anew_device_run how = {.device = device, .weights = l.weights, .level = which};
        check_equal(&l, &how, level == 0 ? "fused" : "unfused");
        note_kinds(kinds, l.weights, which);
    }
    for (int i = 0; i <= (int)ANEW_STEP_ATTENTION; i++) {
        ck_assert_msg(kinds[i], "no step of kind %d was run", i);
        ck_assert_int_lt((int)anew_device_kind_of((anew_step_kind)i), (int)ANEW_DEVICE_KINDS);
        ck_assert(device->functions->takes((int)anew_device_kind_of((anew_step_kind)i)));
    }
    /* The last kind of the plan and of the device are the same: a new one makes this test grow. */
    ck_assert_int_eq((int)anew_device_kind_of(ANEW_STEP_ATTENTION) + 1, (int)ANEW_DEVICE_KINDS);
    anew_device_close(&device);
    unload(&l);
}
END_TEST

START_TEST(every_kind_in_16_bits)
{
    loaded l = {0};
    anew_device *device = open_device("cuda");
    l.model = every_step_model();
    every_step_graph(&l.graph, l.model);
    l.in = new_picture(3, EVERY_STEP_SIDE, EVERY_STEP_SIDE);
    reference(&l);
    for (int a = ANEW_DEVICE_ARITHMETIC_TF32; a <= ANEW_DEVICE_ARITHMETIC_FP16; a++) {
        anew_error error = {0};
        const anew_device_run how = {.device = device,
                                     .weights = l.weights,
                                     .level = ANEW_PLAN_FULL,
                                     .arithmetic = (anew_device_arithmetic)a};
        ck_assert_msg(run(&l, &how, NULL, &error) == ANEW_OK, "%s", error.text);
        if (getenv("ANEW_TELL") != NULL)
            (void)printf("all operations, arithmetic %d: %.1f dB\n", a, distance(&l));
        ck_assert_msg(distance(&l) >= 60, "arithmetic %d: %.1f dB", a, distance(&l));
    }
    anew_device_close(&device);
    unload(&l);
}
END_TEST

/* ---- tiles ----------------------------------------------------------------------------------------------------------- */

static void load_large(loaded *l, const char *name, int height, int width)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s.anew", model_folder(), name);
    open_network(&l->model, &l->graph, path);
    l->in = new_picture(anew_graph_node(l->graph, 0)->channels, height, width);
    reference(l);
}

START_TEST(tiles_are_equal_to_the_whole)
{
    static const struct {
        const char *name;
        int height, width, tile;
    } cases[] = {{"espcn_tiny_x3", 25, 31, 18},
                 {"srvgg_tiny_x2", 20, 33, 21},
                 {"pan_tiny_x2", 24, 18, 0},
                 {"espcn_tiny_x3", 9, 9, 1}};
    loaded l = {0};
    anew_error error = {0};
    anew_device_account account = {0};
    anew_device *device = open_device("cuda");
    load_large(&l, cases[_i].name, cases[_i].height, cases[_i].width);
    anew_device_run how = {
        .device = device, .weights = l.weights, .level = ANEW_PLAN_FULL, .tile = cases[_i].tile};
    check_equal(&l, &how, cases[_i].name);
    ck_assert_int_eq(run(&l, &how, &account, &error), ANEW_OK);
    if (cases[_i].tile > 1)
        ck_assert_int_gt(account.tiles, 1);
    /* On the tensor cores, too, an output does not depend on its tile. */
    how.arithmetic = ANEW_DEVICE_ARITHMETIC_FP16;
    how.tile = 0;
    ck_assert_int_eq(run(&l, &how, &account, &error), ANEW_OK);
    ck_assert_int_eq(account.tiles, 1);
    memcpy(l.want.data, l.got.data, floats_of(&l.want) * sizeof(float));
    how.tile = cases[_i].tile;
    check_equal(&l, &how, "fp16");
    anew_device_close(&device);
    unload(&l);
}
END_TEST

typedef struct memory_watch {
    pictures pictures;
    const anew_device *device;
    size_t before; /* taken, by weights */
    int height, last_seen;
} memory_watch;

static anew_status watch_memory(void *context, int y, const anew_picture *rows, anew_error *error)
{
    memory_watch *w = context;
    const bool last = y + rows->height == w->height;
    ck_assert(last ? w->device->taken == w->before : w->device->taken > w->before);
    w->last_seen += last;
    return deliver(&w->pictures, y, rows, error);
}

static anew_status fetch_watched(void *context, int y, float *const *planes, anew_error *error)
{
    return fetch(&((memory_watch *)context)->pictures, y, planes, error);
}

/* Whoever takes the last rows may want the device: faces are restored then. */
START_TEST(the_last_rows_find_the_device_free)
{
    loaded l = {0};
    anew_error error = {0};
    anew_device_loaded weights;
    anew_device *device = open_device("cuda");
    load_large(&l, "espcn_tiny_x3", 30, 30);
    ck_assert_int_eq(
        anew_device_load(&weights, device, l.weights, ANEW_DEVICE_ARITHMETIC_F32, &error), ANEW_OK);
    ck_assert_uint_gt(device->taken, 0);
    memory_watch w = {{&l.in, &l.got, 0}, device, device->taken, l.want.height, 0};
    const anew_stream stream = {&w, fetch_watched, watch_memory, NULL};
    anew_device_run how = {
        .device = device, .weights = l.weights, .loaded = &weights, .level = ANEW_PLAN_FULL};
    for (how.tile = 0; how.tile < 36; how.tile += 18) {
        w.pictures.next = 0;
        ck_assert_int_eq(anew_device_execute(&how, 30, 30, &stream, NULL, NULL, &error), ANEW_OK);
        ck_assert_mem_eq(l.got.data, l.want.data, floats_of(&l.want) * sizeof(float));
    }
    ck_assert_int_eq(w.last_seen, 2);
    anew_device_unload(&weights, device);
    ck_assert_uint_eq(device->taken, 0);
    anew_device_close(&device);
    unload(&l);
}
END_TEST

/* A stated memory is kept to, and what the device refuses is answered by smaller tiles. */
START_TEST(short_memory)
{
    loaded l = {0};
    anew_error error = {0};
    anew_device_account whole = {0}, stated = {0}, refused = {0};
    anew_device *device = open_device("cuda");
    load_large(&l, "espcn_tiny_x3", 30, 30);
    anew_device_run how = {.device = device, .weights = l.weights, .level = ANEW_PLAN_FULL};
    ck_assert_int_eq(run(&l, &how, &whole, &error), ANEW_OK);
    ck_assert_int_eq(whole.tiles, 1);
    how.memory = whole.bytes / 2;
    check_equal(&l, &how, "half the memory");
    ck_assert_int_eq(run(&l, &how, &stated, &error), ANEW_OK);
    ck_assert_int_gt(stated.tiles, 1);
    ck_assert_uint_le(stated.bytes, how.memory);
    /* Allowed to take all of it, but the device has less. */
    char text[32];
    (void)snprintf(text, sizeof text, "%zu", whole.bytes / 2);
    ck_assert_int_eq(setenv("ANEW_SHIM_MEMORY", text, 1), 0);
    how.memory = whole.bytes * 2;
    check_equal(&l, &how, "a device of little memory");
    ck_assert_int_eq(run(&l, &how, &refused, &error), ANEW_OK);
    ck_assert_int_gt(refused.tiles, 1);
    /* Less than the least tile. */
    how.memory = 1000;
    ck_assert_int_eq(run(&l, &how, NULL, &error), ANEW_ERROR_LIMIT);
    ck_assert_msg(strstr(error.text, "the smallest that would do is") != NULL, "%s", error.text);
    ck_assert_int_eq(unsetenv("ANEW_SHIM_MEMORY"), 0);
    anew_device_close(&device);
    unload(&l);
}
END_TEST

/* ---- what fails ------------------------------------------------------------------------------------------------------------ */

static void refused(const char *name, const char *file, anew_status status, const char *text)
{
    anew_error error = {0};
    anew_device *device = NULL;
    ck_assert_int_eq(anew_device_open(&device, name, file, &error), status);
    ck_assert_ptr_null(device);
    ck_assert_msg(strstr(error.text, text) != NULL, "'%s' has no '%s'", error.text, text);
    ck_assert_msg(strchr(error.text, '\n') == NULL, "more than a line: %s", error.text);
}

START_TEST(what_is_not_there)
{
    refused("gpu", plugin(), ANEW_ERROR_ARGUMENT, "use cpu, cuda or cuda:N");
    refused("cuda:", plugin(), ANEW_ERROR_ARGUMENT, "use cpu, cuda or cuda:N");
    refused("cuda:x", plugin(), ANEW_ERROR_ARGUMENT, "use cpu, cuda or cuda:N");
    refused("cuda:-1", plugin(), ANEW_ERROR_ARGUMENT, "use cpu, cuda or cuda:N");
    refused("cuda:2", plugin(), ANEW_ERROR_ARGUMENT, "no device cuda:2; the last one is cuda:1");
    refused("cuda", "/nonexistent/anew-cuda.so", ANEW_ERROR_UNSUPPORTED, "CUDA is off: ");
    ck_assert_int_eq(setenv("ANEW_SHIM_ABSENT", "1", 1), 0);
    refused("cuda", plugin(), ANEW_ERROR_UNSUPPORTED,
            "CUDA is off: CUDA driver version is insufficient");
    ck_assert_int_eq(unsetenv("ANEW_SHIM_ABSENT"), 0);
    ck_assert_int_eq(setenv("ANEW_SHIM_CAPABILITY", "70", 1), 0);
    refused("cuda", plugin(), ANEW_ERROR_UNSUPPORTED, "compute capability 7.0; 7.5 is the least");
}
END_TEST

START_TEST(a_step_that_fails_is_named)
{
    loaded l = {0};
    anew_error error = {0};
    anew_device *device = open_device("cuda");
    load_golden(&l, "rrdb_tiny_x2");
    const anew_device_run how = {.device = device, .weights = l.weights, .level = ANEW_PLAN_FULL};
    /* The launches: the picture, conv_first, then the first block's. */
    ck_assert_int_eq(setenv("ANEW_SHIM_FAULT", "3", 1), 0);
    ck_assert_int_eq(run(&l, &how, NULL, &error), ANEW_ERROR_IO);
    ck_assert_msg(strstr(error.text, "step 'body.0.rdb1.conv1+' (2 of ") != NULL &&
                      strstr(error.text, "illegal memory access") != NULL,
                  "%s", error.text);
    ck_assert_int_eq(unsetenv("ANEW_SHIM_FAULT"), 0);
    anew_device_close(&device);
    unload(&l);
}
END_TEST

START_TEST(what_a_device_lacks)
{
    loaded l = {0};
    anew_error error = {0};
    ck_assert_int_eq(setenv("ANEW_SHIM_CAPABILITY", "75", 1), 0);
    anew_device *device = open_device("cuda");
    load_golden(&l, "srvgg_tiny_x2");
    anew_device_run how = {.device = device,
                           .weights = l.weights,
                           .level = ANEW_PLAN_FULL,
                           .arithmetic = ANEW_DEVICE_ARITHMETIC_BF16};
    ck_assert_int_eq(run(&l, &how, NULL, &error), ANEW_ERROR_UNSUPPORTED);
    ck_assert_msg(strstr(error.text, "bf16 needs 8.0; it has f32 and fp16") != NULL, "%s",
                  error.text);
    how.arithmetic = ANEW_DEVICE_ARITHMETIC_FP16; /* in 64 KiB of shared memory */
    ck_assert_int_eq(run(&l, &how, NULL, &error), ANEW_OK);
    anew_device_close(&device);
    unload(&l);
}
END_TEST

int main(void)
{
    if (!is_there(plugin(),
                  "CUDA's kernels (no C++ compiler, or a build for another machine or sanitizer)"))
        return 0;
    Suite *suite = suite_create("cuda");
    TCase *bits = add_case(suite, "bits", 120);
    tcase_add_loop_test(bits, golden_bits, 0, GOLDENS);
    tcase_add_loop_test(bits, golden_bits_unfused, 0, 2);
    tcase_add_test(bits, every_kind_of_step);
    TCase *tensor = add_case(suite, "tensor cores", 120);
    tcase_add_test(tensor, tensor_cores);
    tcase_add_test(tensor, every_kind_in_16_bits);
    TCase *tiles = add_case(suite, "tiles", 120);
    tcase_add_loop_test(tiles, tiles_are_equal_to_the_whole, 0, 4);
    tcase_add_test(tiles, short_memory);
    tcase_add_test(tiles, the_last_rows_find_the_device_free);
    TCase *failures = add_case(suite, "failures", 60);
    tcase_add_test(failures, what_is_not_there);
    tcase_add_test(failures, a_step_that_fails_is_named);
    tcase_add_test(failures, what_a_device_lacks);
    return run_suite(suite);
}
