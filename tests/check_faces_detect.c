/*
 * check_faces_detect.c - detectors: RetinaFace against the goldens of another framework, from the picture to the
 * numbers of each place and from those to faces; every way of running one, equal; pictures of every kind and size.
 *
 * Pass mark: 1e-5 of the largest value for what the network says, 1e-4 in the fast class.
 *
 * Seen to fail by the two scores of a place swapped, the points coded as shares of the height, suppression that
 * compares with dropped faces, parts that go whatever their score, sizes of priors that double per anchor only, no slope for MobileNet (retinaface.c),
 * the variance without its epsilon (fold.c), and 16-bit samples divided by 256.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/networks.h"
#include "common/npy.h"
#include "common/suite.h"
#include "common/tiny_detector.h"
#include "core/memory.h"
#include "exec/exec.h"
#include "faces/detector.h"
#include "faces/face_decode.h"
#include "faces/face_list.h"
#include "faces/face_rows.h"
#include "nets/nets.h"

static anew_isa best_isa(void)
{
    anew_isa isa = ANEW_ISA_C;
    ck_assert(anew_isa_detect(&isa, NULL));
    return isa;
}

static anew_picture new_picture(int channels, int height, int width)
{
    const size_t plane = (size_t)height * (size_t)width;
    float *data = malloc(plane * (size_t)channels * sizeof(float));
    ck_assert_ptr_nonnull(data);
    return (anew_picture){data, channels, height, width, plane, (size_t)width};
}

static void new_outputs(anew_picture out[3], const anew_graph *graph, int height, int width)
{
    for (int i = 0; i < 3; i++) {
        const anew_node *node = anew_graph_node(graph, anew_graph_output_at(graph, i));
        out[i] =
            new_picture(node->channels, anew_node_side(node, height), anew_node_side(node, width));
    }
}

static void free_outputs(anew_picture out[3])
{
    for (int i = 0; i < 3; i++)
        free(out[i].data);
}

/* ---- the network ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    bool shared; /* its golden is not in tests/data */
    struct {
        const char *golden, *node;
        bool next; /* the activation behind the node of that name, which has none of its own */
    } activations[5];
} goldens[] = {
    {"retinaface_mnet025",
     false,
     {{"body.stage3", "body.stage3.1", false},
      {"fpn.output3", "fpn.output3", true},
      {"ssh1", "ssh1", false}}},
    {"retinaface_r50_tiny",
     true,
     {{"body.bn1", "body.conv1", false},
      {"body.layer1", "body.layer1.1", false},
      {"body.layer4", "body.layer4.1", false},
      {"fpn.merge2", "fpn.merge2", true},
      {"ssh3", "ssh3", false}}},
};

typedef struct observed {
    int golden;
    char folder[512], last[128];
    int compared;
} observed;

static void compare_activation(void *context, const anew_node *node, const float *values,
                               int height, int width)
{
    observed *o = context;
    for (int i = 0; i < 5 && goldens[o->golden].activations[i].golden != NULL; i++) {
        const bool next = goldens[o->golden].activations[i].next;
        if (strcmp(goldens[o->golden].activations[i].node, next ? o->last : node->name) != 0)
            continue;
        char path[1024];
        npy golden;
        double largest = 0;
        (void)snprintf(path, sizeof path, "%s/act_%s.npy", o->folder,
                       goldens[o->golden].activations[i].golden);
        ck_assert_int_eq(npy_read(&golden, path), 0);
        ck_assert_int_eq(golden.dims[1], node->channels);
        ck_assert_int_eq(golden.dims[2], height);
        ck_assert_int_eq(golden.dims[3], width);
        const double difference =
            largest_difference(values, golden.values, golden.elements, &largest);
        ck_assert_msg(difference <= 1e-5 * (largest > 1 ? largest : 1), "%s differs by %g", path,
                      difference);
        o->compared++;
        npy_free(&golden);
    }
    (void)snprintf(o->last, sizeof o->last, "%s", node->name);
}

/* The numbers of each place, in the order of the published programs, against the stored ones; returns the largest
 * difference. */
static double compare_outputs(const anew_picture out[3], const char *folder)
{
    static const struct {
        const char *name;
        int first, count;
    } parts[] = {{"loc", 0, 4}, {"conf", 8, 2}, {"landms", 12, 10}};
    double worst = 0;
    for (int p = 0; p < 3; p++) {
        char path[1024];
        npy golden;
        size_t at = 0;
        (void)snprintf(path, sizeof path, "%s/%s.npy", folder, parts[p].name);
        ck_assert_int_eq(npy_read(&golden, path), 0);
        for (int level = 0; level < 3; level++)
            for (size_t i = 0; i < out[level].plane_stride; i++)
                for (int anchor = 0; anchor < 2; anchor++)
                    for (int k = 0; k < parts[p].count; k++) {
                        const int channel = parts[p].first + anchor * parts[p].count + k;
                        double v =
                            (double)out[level].data[(size_t)channel * out[level].plane_stride + i];
                        if (p == 1) {
                            const anew_face_place place = {
                                out[level].data + i, out[level].plane_stride, .anchor = anchor};
                            const double score = (double)anew_face_nets[0].score(&place);
                            v = k == 1 ? score : 1 - score;
                        }
                        const double difference = fabs(v - (double)golden.values[at++]);
                        worst = difference > worst ? difference : worst;
                    }
        ck_assert_uint_eq(at, golden.elements);
        npy_free(&golden);
    }
    return worst;
}

START_TEST(golden_numbers)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    npy in;
    char path[1024];
    observed o = {.golden = _i};
    if (goldens[_i].shared)
        (void)snprintf(o.folder, sizeof o.folder, "%s/reference/goldens/%s", shared_folder(),
                       goldens[_i].name);
    else
        (void)snprintf(o.folder, sizeof o.folder, "%s/goldens/%s", data_folder(), goldens[_i].name);
    (void)snprintf(path, sizeof path, "%s/in.npy", o.folder);
    if (goldens[_i].shared && !is_there(path, goldens[_i].name))
        return;
    ck_assert_int_eq(npy_read(&in, path), 0);
    (void)snprintf(path, sizeof path, "%s/%s%s.anew", model_folder(),
                   goldens[_i].shared ? "real/" : "", goldens[_i].name);
    open_network(&model, &graph, path);
    const anew_picture from = {
        in.values,         3, in.dims[2], in.dims[3], (size_t)in.dims[2] * (size_t)in.dims[3],
        (size_t)in.dims[3]};
    anew_picture want[3], got[3];
    new_outputs(want, graph, from.height, from.width);
    new_outputs(got, graph, from.height, from.width);
    ck_assert_int_eq(
        anew_execute_ref(graph, best_isa(), &from, want, compare_activation, &o, &error), ANEW_OK);
    ck_assert_int_ge(o.compared, 3);
    const double worst = compare_outputs(want, o.folder);
    ck_assert_msg(worst <= 1e-5, "%s differs by %g", goldens[_i].name, worst);
    printf("%s: differs by %.1e, %d activations compared\n", goldens[_i].name, worst, o.compared);
    for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++)
        for (int selection = ANEW_SELECT_EXACT; selection <= ANEW_SELECT_FAST; selection++) {
            anew_weights *weights = pack_weights(graph, isa, selection);
            run_plan(got, &from, weights, selection == ANEW_SELECT_EXACT ? 32 : 0, ANEW_PLAN_FULL,
                     2);
            for (int i = 0; selection == ANEW_SELECT_EXACT && i < 3; i++)
                ck_assert_mem_eq(got[i].data, want[i].data,
                                 want[i].plane_stride * (size_t)want[i].channels * sizeof(float));
            ck_assert_double_le(compare_outputs(got, o.folder), 1e-4);
            anew_weights_free(&weights);
        }
    free_outputs(want);
    free_outputs(got);
    npy_free(&in);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* Random weights, both backbones, odd sizes: all ways give the bytes of the reference. */
START_TEST(every_way_is_equal)
{
    static const int sizes[][2] = {{1, 1}, {33, 47}, {64, 96}, {95, 31}};
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    const int height = sizes[_i / 2][0], width = sizes[_i / 2][1];
    ck_assert_msg(tiny_detector_model(&model, _i % 2 == 0, 0, &error) == ANEW_OK, "%s", error.text);
    ck_assert_msg(anew_net_graph(&graph, model, &error) == ANEW_OK, "%s", error.text);
    const anew_picture in = new_picture(3, height, width);
    for (size_t i = 0; i < 3 * in.plane_stride; i++)
        in.data[i] = (float)(i * 7919 % 256) - 120.0f;
    anew_picture want[3], got[3];
    new_outputs(want, graph, height, width);
    new_outputs(got, graph, height, width);
    ck_assert_int_eq(anew_execute_ref(graph, best_isa(), &in, want, NULL, NULL, &error), ANEW_OK);
    for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++) {
        anew_weights *weights = pack_weights(graph, isa, ANEW_SELECT_EXACT);
        for (int way = 0; way < 4; way++) {
            run_plan(got, &in, weights, way % 2 == 0 ? 0 : 16, way / 2, 1 + way % 3);
            for (int i = 0; i < 3; i++)
                ck_assert_mem_eq(got[i].data, want[i].data,
                                 want[i].plane_stride * (size_t)want[i].channels * sizeof(float));
        }
        anew_weights_free(&weights);
    }
    free_outputs(want);
    free_outputs(got);
    free(in.data);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* ---- from numbers to faces ---------------------------------------------------------------------------- */

START_TEST(priors_by_hand)
{
    /* The second place of the first row, 200 wide, 100 high, at 1/16: middle 24, 8, sizes 64 and 128. */
    const anew_face_prior p = anew_retinaface_prior(1, 1, 1, 0, 200, 100);
    ck_assert(p.x == 24.0f / 200 && p.y == 8.0f / 100);
    ck_assert(p.width == 128.0f / 200 && p.height == 128.0f / 100);
    ck_assert(anew_retinaface_prior(0, 0, 0, 0, 64, 64).width == 0.25f);
    ck_assert(anew_retinaface_prior(2, 1, 0, 0, 64, 64).width == 8.0f);
    float box[4], points[5][2];
    const float still[10] = {0}, moved[4] = {1, -2, logf(2) * 5, 0};
    anew_retinaface_decode(box, points, moved, still, (anew_face_prior){0.5f, 0.5f, 0.2f, 0.1f});
    ck_assert_double_eq_tol((double)box[0], 0.52 - 0.2, 1e-6);
    ck_assert_double_eq_tol((double)box[1], 0.48 - 0.05, 1e-6);
    ck_assert_double_eq_tol((double)box[2], 0.52 + 0.2, 1e-6);
    ck_assert_double_eq_tol((double)box[3], 0.48 + 0.05, 1e-6);
    ck_assert(points[4][0] == 0.5f && points[4][1] == 0.5f);
}
END_TEST

static void read_post(npy *array, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/reference/goldens/retina_post/%s.npy", shared_folder(),
                   name);
    ck_assert_int_eq(npy_read(array, path), 0);
}

static bool post_is_there(void)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/reference/goldens/retina_post/loc.npy", shared_folder());
    return is_there(path, "RetinaFace's decoding against its golden");
}

START_TEST(golden_priors)
{
    static const struct {
        const char *name;
        int height, width;
    } sizes[] = {
        {"priors_h64_w64", 64, 64}, {"priors_h97_w128", 97, 128}, {"priors_h301_w413", 301, 413}};
    if (!post_is_there())
        return;
    for (int s = 0; s < 3; s++) {
        npy golden;
        read_post(&golden, sizes[s].name);
        const float *at = golden.values;
        for (int level = 0; level < 3; level++) {
            const int stride = 8 << level;
            for (int y = 0; y * stride < sizes[s].height; y++)
                for (int x = 0; x * stride < sizes[s].width; x++)
                    for (int anchor = 0; anchor < 2; anchor++, at += 4) {
                        const anew_face_prior p = anew_retinaface_prior(
                            level, anchor, x, y, sizes[s].width, sizes[s].height);
                        ck_assert(p.x == at[0] && p.y == at[1] && p.width == at[2] &&
                                  p.height == at[3]);
                    }
        }
        ck_assert(at == golden.values + golden.elements);
        npy_free(&golden);
    }
}
END_TEST

START_TEST(golden_faces)
{
    static const struct {
        const char *name;
        float threshold;
    } sets[] = {{"dets_thr0.97", 0.97f}, {"dets_thr0.8", 0.8f}, {"dets_thr0.5", 0.5f}};
    npy loc, conf, landms, priors, boxes, points;
    anew_error error = {0};
    if (!post_is_there())
        return;
    read_post(&loc, "loc");
    read_post(&conf, "conf");
    read_post(&landms, "landms");
    read_post(&priors, "priors_h301_w413");
    read_post(&boxes, "boxes_norm");
    read_post(&points, "landms_norm");
    for (int s = 0; s < 3; s++) {
        anew_face_list list = {0};
        npy want;
        for (int i = 0; i < loc.dims[0]; i++) {
            anew_face face = {.score = conf.values[2 * i + 1]};
            const float *p = priors.values + 4 * i;
            anew_retinaface_decode(face.box, face.landmarks, loc.values + 4 * i,
                                   landms.values + 10 * i,
                                   (anew_face_prior){p[0], p[1], p[2], p[3]});
            double largest = 0;
            ck_assert_double_le(largest_difference(face.box, boxes.values + 4 * i, 4, &largest),
                                1e-6);
            ck_assert_double_le(
                largest_difference(face.landmarks[0], points.values + 10 * i, 10, &largest), 1e-6);
            for (int k = 0; k < 4; k++)
                face.box[k] *= k % 2 == 0 ? 413 : 301;
            for (int k = 0; k < 10; k++)
                face.landmarks[k / 2][k % 2] *= k % 2 == 0 ? 413 : 301;
            if (face.score > sets[s].threshold)
                ck_assert_int_eq(anew_face_list_add(&list, &face, i, &error), ANEW_OK);
        }
        anew_face_list_sort(&list);
        anew_face_list_suppress(&list, 0.4f);
        read_post(&want, sets[s].name);
        ck_assert_int_eq(list.count, want.dims[0]);
        for (int i = 0; i < list.count; i++) {
            double largest = 0;
            const anew_face *face = &list.list[i].face;
            ck_assert_double_le(largest_difference(face->box, want.values + 15 * i, 4, &largest),
                                1e-3);
            ck_assert(face->score == want.values[15 * i + 4]);
            ck_assert_double_le(
                largest_difference(face->landmarks[0], want.values + 15 * i + 5, 10, &largest),
                1e-3);
        }
        anew_face_list_free(&list);
        npy_free(&want);
    }
    npy *const all[] = {&loc, &conf, &landms, &priors, &boxes, &points};
    for (int i = 0; i < 6; i++)
        npy_free(all[i]);
}
END_TEST

static anew_face face_at(float left, float top, float side, float score)
{
    return (anew_face){.box = {left, top, left + side, top + side}, .score = score};
}

/* A drops B; C overlaps with B alone, and stays. Equal scores keep their order; what is not finite is left out; a flood
 * keeps the best. */
START_TEST(lists)
{
    anew_face_list list = {0};
    anew_error error = {0};
    const anew_face c = face_at(10, 0, 10, 0.7f), a = face_at(0, 0, 10, 0.9f),
                    b = face_at(4, 0, 10, 0.8f), twin = face_at(100, 0, 10, 0.7f);
    anew_face broken = face_at(0, 0, 10, 1), endless = face_at(50, 50, 10, 1);
    broken.landmarks[3][1] = NAN;
    endless.box[2] = INFINITY;
    const anew_face *const all[] = {&twin, &b, &broken, &c, &a, &endless};
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(anew_face_list_add(&list, all[i], 10 - i, &error), ANEW_OK);
    ck_assert_int_eq(list.count, 4);
    anew_face_list_sort(&list);
    anew_face_list_suppress(&list, 0.4f);
    ck_assert_int_eq(list.count, 3);
    ck_assert(list.list[0].face.box[0] == 0 && list.list[1].face.box[0] == 10 &&
              list.list[2].face.box[0] == 100);
    for (int i = 0; i < 3 * ANEW_MAX_CANDIDATES; i++) {
        const anew_face one = face_at((float)i, 0, 1, (float)i / (3.0f * ANEW_MAX_CANDIDATES));
        ck_assert_int_eq(anew_face_list_add(&list, &one, 0, &error), ANEW_OK);
    }
    anew_face_list_sort(&list);
    ck_assert_int_eq(list.count, ANEW_MAX_CANDIDATES);
    ck_assert(list.list[0].face.box[0] == 3 * ANEW_MAX_CANDIDATES - 1);
    anew_face_list_free(&list);
}
END_TEST

/* A part of a face that is nearly as sure goes; one that is surer by far stays, and so does a neighbour. */
START_TEST(parts_of_faces)
{
    anew_face_list list = {0};
    anew_error error = {0};
    const anew_face all[] = {face_at(0, 0, 100, 0.9f),  face_at(20, 20, 40, 0.95f),
                             face_at(60, 60, 30, 1.0f), face_at(90, 0, 50, 0.85f),
                             face_at(25, 25, 10, 0.8f), face_at(60, 10, 60, 0.5f)};
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(anew_face_list_add(&list, &all[i], i, &error), ANEW_OK);
    anew_face_list_sort(&list);
    anew_face_list_drop_parts(&list, 0);
    ck_assert_int_eq(list.count, 4);
    static const float scores[] = {1.0f, 0.9f, 0.85f, 0.5f};
    for (int i = 0; i < 4; i++)
        ck_assert(list.list[i].face.score == scores[i]);
    anew_face_list_free(&list);
    /* A face that counts does not go for one that does not. */
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(anew_face_list_add(&list, &all[i], i, &error), ANEW_OK);
    anew_face_list_sort(&list);
    anew_face_list_drop_parts(&list, 0.92f);
    ck_assert_int_eq(list.count, 2);
    anew_face_list_drop_parts(&list, 0.96f);
    ck_assert_int_eq(list.count, 1);
    anew_face_list_free(&list);
}
END_TEST

/* ---- pictures ------------------------------------------------------------------------------------------ */

/* A place of the picture as the network sees it, doubled, as it is, and shrunk with an odd rest. */
START_TEST(views)
{
    static const uint8_t samples[3][5] = {
        {0, 40, 80, 120, 200}, {8, 16, 24, 32, 40}, {1, 2, 3, 4, 5}};
    const anew_pixels pixels = {.data = (void *)(uintptr_t)samples,
                                .width = 5,
                                .height = 3,
                                .channels = 1,
                                .row_stride = 5,
                                .pixel_stride = 1,
                                .channel_stride = 1};
    const anew_face_net plain = {.factor = 1};
    float rows[3][16], scratch[16];
    float *const planes[] = {rows[0], rows[1], rows[2]};
    anew_face_view view = anew_face_view_of(&pixels, 1);
    ck_assert(view.width == 3 && view.height == 2 && anew_face_view_factor(&view) == 2);
    anew_face_row(planes, &view, &plain, 0, 4, scratch);
    ck_assert(rows[0][0] == 16 && rows[1][1] == 64 && rows[2][2] == 120 && rows[0][3] == 0);
    anew_face_row(planes, &view, &plain, 1, 4, scratch);
    ck_assert(rows[0][0] == 1.5f && rows[0][2] == 5);
    view = anew_face_view_of(&pixels, -1);
    ck_assert(view.width == 10 && view.height == 6 && anew_face_view_factor(&view) == 0.5f);
    anew_face_row(planes, &view, &plain, 0, 10, scratch);
    ck_assert(rows[0][0] == 0 && rows[0][1] == 10 && rows[0][2] == 30 && rows[0][9] == 200);
    anew_face_row(planes, &view, &plain, 1, 10, scratch);
    ck_assert(rows[0][0] == 2 && rows[0][9] == 160);
    view = anew_face_view_of(&pixels, 0);
    anew_face_row(planes, &view, &anew_face_nets[0], 1, 6, scratch);
    ck_assert(rows[0][0] == 8 - 104 && rows[2][4] == 40 - 123 && rows[1][5] == -117);
}
END_TEST

static int find(anew_face **faces, const anew_model *model, const anew_pixels *pixels,
                void (*set)(anew_detector *detector))
{
    anew_error error = {0};
    anew_detector *detector = NULL;
    int count = 0;
    ck_assert_msg(anew_detector_open(&detector, model, &error) == ANEW_OK, "%s", error.text);
    if (set != NULL)
        set(detector);
    ck_assert_msg(anew_detector_find(detector, faces, &count, pixels, &error) == ANEW_OK, "%s",
                  error.text);
    anew_detector_close(&detector);
    return count;
}

static void exactly(anew_detector *detector)
{
    anew_detector_set_precision(detector, ANEW_PRECISION_EXACT);
}

static void by_reference(anew_detector *detector)
{
    anew_detector_set_plan(detector, ANEW_PLAN_REF);
}

static void in_low_bands(anew_detector *detector)
{
    exactly(detector);
    anew_detector_set_band(detector, 32);
    anew_detector_set_threads(detector, 3);
}

static void only_large(anew_detector *detector)
{
    exactly(detector);
    anew_detector_set_min_size(detector, 60);
}

static void at_all_scales(anew_detector *detector)
{
    exactly(detector);
    anew_detector_set_all_scales(detector, 1);
}

#define SIDE 70

/* Gray as three equal colours, 16 bits, floats, an alpha channel, strides: all the same faces; so are all ways to run
 * the network in its exact class. */
START_TEST(kinds_of_pictures)
{
    static uint8_t gray[SIDE][SIDE], rgba[SIDE][SIDE][4];
    static uint16_t wide[SIDE][SIDE][3];
    static float planar[3][SIDE][SIDE];
    anew_error error = {0};
    anew_model *model = NULL;
    ck_assert_int_eq(tiny_detector_model(&model, true, 1.5f, &error), ANEW_OK);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            gray[y][x] = (uint8_t)((x * x + 13 * y * y + x * y / 3) % 256);
            for (int c = 0; c < 3; c++) {
                rgba[y][x][c] = gray[y][x];
                wide[y][x][c] = (uint16_t)(gray[y][x] * 257);
                planar[c][y][x] = (float)gray[y][x] / 255.0f;
            }
            rgba[y][x][3] = (uint8_t)x;
        }
    const anew_pixels kinds[] = {
        {.data = gray, .width = SIDE, .height = SIDE, .channels = 1},
        {.data = rgba, .width = SIDE, .height = SIDE, .channels = 4},
        {.data = wide, .sample = ANEW_SAMPLE_U16, .width = SIDE, .height = SIDE, .channels = 3},
        {.data = planar,
         .sample = ANEW_SAMPLE_F32,
         .width = SIDE,
         .height = SIDE,
         .channels = 3,
         .row_stride = SIDE * 4,
         .pixel_stride = 4,
         .channel_stride = SIDE * SIDE * 4}};
    anew_face *want = NULL, *got = NULL;
    const int count = find(&want, model, &kinds[0], exactly);
    ck_assert_int_gt(count, 3);
    for (int i = 0; i < count; i++)
        ck_assert(want[i].score > 0.8f && (i == 0 || want[i].score <= want[i - 1].score));
    for (int k = 1; k < 4; k++) {
        ck_assert_int_eq(find(&got, model, &kinds[k], exactly), count);
        for (int i = 0; i < count; i++)
            for (int n = 0; n < 4; n++)
                ck_assert_float_eq_tol(got[i].box[n], want[i].box[n], 1e-2f);
        anew_faces_free(&got);
    }
    void (*const ways[])(anew_detector *) = {by_reference, in_low_bands};
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(find(&got, model, &kinds[0], ways[k]), count);
        ck_assert_mem_eq(got, want, (size_t)count * sizeof *got);
        anew_faces_free(&got);
    }
    const int large = find(&got, model, &kinds[0], only_large);
    int wanted = 0;
    for (int i = 0; i < count; i++)
        wanted += want[i].box[2] - want[i].box[0] >= 60 && want[i].box[3] - want[i].box[1] >= 60;
    ck_assert(large == wanted && wanted < count);
    anew_faces_free(&got);
    ck_assert_int_ne(find(&got, model, &kinds[0], at_all_scales), count);
    anew_faces_free(&got);
    anew_faces_free(&want);
    anew_model_close(&model);
}
END_TEST

/* Pictures without faces, of one pixel; pictures that cannot be; budgets; models that are no detectors. */
START_TEST(answers_and_refusals)
{
    static uint8_t pixels[300 * 200];
    anew_error error = {0};
    anew_model *model = NULL, *other = NULL;
    anew_detector *detector = NULL;
    anew_face *faces = NULL;
    int count = 7;
    ck_assert_int_eq(tiny_detector_model(&model, true, -9, &error), ANEW_OK);
    ck_assert_int_eq(anew_detector_open(&detector, model, &error), ANEW_OK);
    for (int side = 1; side <= 200; side += 66) {
        const anew_pixels p = {
            .data = pixels, .width = side, .height = 1 + side / 2, .channels = 1};
        ck_assert_int_eq(anew_detector_find(detector, &faces, &count, &p, &error), ANEW_OK);
        ck_assert(count == 0 && faces == NULL);
    }
    const anew_pixels good = {.data = pixels, .width = 300, .height = 200, .channels = 1};
    anew_detector_set_memory(detector, 100000);
    ck_assert_int_eq(anew_detector_find(detector, &faces, &count, &good, &error), ANEW_ERROR_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.text, "the smallest that would do is"));
    anew_detector_set_memory(detector, 0);
    for (int i = 0; i < 5; i++) {
        anew_pixels bad = good;
        bad.width = i == 0 ? 0 : bad.width;
        bad.height = i == 1 ? -4 : bad.height;
        bad.channels = i == 2 ? 5 : bad.channels;
        bad.data = i == 3 ? NULL : bad.data;
        bad.sample = i == 4 ? (anew_sample)9 : bad.sample;
        ck_assert_int_eq(anew_detector_find(detector, &faces, &count, &bad, &error),
                         ANEW_ERROR_ARGUMENT);
    }
    anew_detector_set_cpu(detector, "none");
    ck_assert_int_eq(anew_detector_find(detector, &faces, &count, &good, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_detector_close(&detector);
    anew_detector_close(&detector);
    ck_assert_int_eq(anew_model_open_named(&other, "photo-x4", &error), ANEW_OK);
    ck_assert_int_eq(anew_detector_open(&detector, other, &error), ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "finds no faces"));
    ck_assert_ptr_null(detector);
    ck_assert_int_eq(anew_detector_open(&detector, NULL, &error), ANEW_ERROR_ARGUMENT);
    /* And the other way round: what makes no picture enlarges none. */
    ck_assert_int_eq(anew_enhance_pixels(pixels, 30, 20, pixels, 30, 20, 1, model, 1, &error),
                     ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "makes no picture"));
    anew_model_close(&other);
    anew_model_close(&model);
}
END_TEST

/* Each allocation in its turn fails: an error, no crash, nothing left behind. */
START_TEST(any_allocation_may_fail)
{
    static uint8_t pixels[64 * 48];
    anew_error error = {0};
    anew_model *model = NULL;
    long allowed = 0;
    ck_assert_int_eq(tiny_detector_model(&model, true, 1.5f, &error), ANEW_OK);
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37 % 251);
    const anew_pixels p = {.data = pixels, .width = 64, .height = 48, .channels = 1};
    for (anew_status status = ANEW_ERROR_MEMORY; status != ANEW_OK; allowed++) {
        anew_detector *detector = NULL;
        anew_face *faces = NULL;
        int count = 0;
        anew_alloc_limit(allowed);
        status = anew_detector_open(&detector, model, &error);
        if (status == ANEW_OK) {
            anew_detector_set_all_scales(detector, 1);
            anew_detector_set_threads(detector, 1);
            status = anew_detector_find(detector, &faces, &count, &p, &error);
        }
        anew_alloc_limit(-1);
        ck_assert_msg(status == ANEW_OK || status == ANEW_ERROR_MEMORY, "%s", error.text);
        ck_assert((faces != NULL) == (count > 0));
        anew_faces_free(&faces);
        anew_detector_close(&detector);
    }
    ck_assert_int_gt(allowed, 100);
    anew_model_close(&model);
}
END_TEST

/* A network that sees faces everywhere: an answer, in no time. */
START_TEST(a_face_at_every_place)
{
    static uint8_t pixels[1600 * 1200];
    anew_error error = {0};
    anew_model *model = NULL;
    anew_face *faces = NULL;
    ck_assert_int_eq(tiny_detector_model(&model, true, 20, &error), ANEW_OK);
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    const anew_pixels p = {.data = pixels, .width = 1600, .height = 1200, .channels = 1};
    const int count = find(&faces, model, &p, NULL);
    ck_assert(count > 200 && count <= ANEW_MAX_CANDIDATES);
    anew_faces_free(&faces);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detectors");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_loop_test(all, golden_numbers, 0, (int)(sizeof goldens / sizeof goldens[0]));
    tcase_add_loop_test(all, every_way_is_equal, 0, 8);
    tcase_add_test(all, priors_by_hand);
    tcase_add_test(all, golden_priors);
    tcase_add_test(all, golden_faces);
    tcase_add_test(all, lists);
    tcase_add_test(all, parts_of_faces);
    tcase_add_test(all, any_allocation_may_fail);
    tcase_add_test(all, views);
    tcase_add_test(all, kinds_of_pictures);
    tcase_add_test(all, answers_and_refusals);
    tcase_add_test(all, a_face_at_every_place);
    return run_suite(suite);
}
