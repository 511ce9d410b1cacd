/*
 * check_ncnn.c - the ncnn reader: graphs are recognised by their wiring however they are written, a graph
 * that computes something else is refused, and damaged files do no harm.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/convert/ncnn.h"
#include "../tools/convert/recognise.h"
#include "common/suite.h"
#include "core/memory.h"

static void read_whole(anew_bytes *bytes, const char *name)
{
    char path[512];
    anew_error error = {0};
    (void)snprintf(path, sizeof path, "%s/formats/%s", data_folder(), name);
    ck_assert_msg(anew_file_read(bytes, path, 1 << 24, &error) == ANEW_OK, "%s", error.text);
}

/* The text of a .param with its first `from` after `after` replaced; freed by the caller. */
static char *changed(const anew_bytes *text, const char *after, const char *from, const char *to)
{
    char *whole = malloc(text->size + 1), *result = malloc(text->size + strlen(to) + 1);
    memcpy(whole, text->data, text->size);
    whole[text->size] = '\0';
    char *start = strstr(whole, after);
    ck_assert_msg(start != NULL, "no %s", after);
    char *place = strstr(start, from);
    ck_assert_msg(place != NULL, "no %s after %s", from, after);
    *place = '\0';
    (void)sprintf(result, "%s%s%s", whole, to, place + strlen(from));
    free(whole);
    return result;
}

/* Recognises a graph without its weights. */
static anew_status graph_of(const char *text, size_t size, checkpoint *c, anew_error *error)
{
    ncnn_file f = {.path = "graph.param", .error = error};
    *c = (checkpoint){0};
    anew_status status = ncnn_param_read(&f, text, size);
    if (status == ANEW_OK)
        status = ncnn_graph_name(&f, c);
    anew_free(f.layers);
    return status;
}

static const char *const graphs[] = {"ncnn.param", "ncnn_rrdb.param", "ncnn_rrdb_fused.param"};

START_TEST(graphs_are_recognised)
{
    anew_bytes text;
    checkpoint c;
    anew_error error = {0};
    read_whole(&text, graphs[_i]);
    ck_assert_msg(graph_of((const char *)text.data, text.size, &c, &error) == ANEW_OK, "%s",
                  error.text);
    ck_assert_int_eq(c.up_factor, _i == 0 ? 0 : 2);
    ck_assert(c.has_slope == (_i != 0));
    ck_assert(_i == 0 || (float)c.slope == 0.2f);
    anew_bytes_free(&text);
}
END_TEST

/* No tensor of RRDBNet shows by how much an enlargement enlarges; its graph does. */
START_TEST(enlargement_is_read_off_the_graph)
{
    static const float zeros[1000];
    static const char *const names[] = {"conv_first.weight", "body.0.rdb1.conv1.weight",
                                        "conv_up1.weight", "conv_last.weight"};
    const int64_t dims[4] = {3, 3, 3, 3};
    anew_bytes text;
    checkpoint c;
    recognised r;
    anew_error error = {0};
    read_whole(&text, "ncnn_rrdb.param");
    char *once = changed(&text, "Interp", "2.000000e+00 2=2", "3.000000e+00 2=3");
    const anew_bytes half = {.data = (const uint8_t *)once, .size = strlen(once)};
    char *twice = changed(&half, "Interp", "2.000000e+00 2=2", "3.000000e+00 2=3");
    ck_assert_int_ne(graph_of(once, strlen(once), &c, &error), ANEW_OK); /* 3 and then 2 */
    ck_assert_msg(graph_of(twice, strlen(twice), &c, &error) == ANEW_OK, "%s", error.text);
    ck_assert_int_eq(c.up_factor, 3);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(checkpoint_add(&c, "t", names[i], ELEMENT_F32, 4, dims, NULL,
                                        (const uint8_t *)zeros, 0, 1000, &error),
                         ANEW_OK);
    ck_assert_msg(recognise(&r, &c, "t", &error) == ANEW_OK, "%s", error.text);
    bool found = false;
    for (int h = 0; h < r.hyper_count; h++)
        found = found || (strcmp(r.hypers[h].name, "up_factor") == 0 && r.hypers[h].integer == 3);
    ck_assert(found);
    ck_assert_str_eq(r.remark, "");
    checkpoint_free(&c);
    free(once);
    free(twice);
    anew_bytes_free(&text);
}
END_TEST

/* One word changed, and the graph computes something else (or nothing). */
static const struct {
    int graph;
    const char *after, *from, *to;
} wrong[] = {
    /* SRVGGNetCompact */
    {0, "Convolution", " 1=3 ", " 1=5 "},      /* kernel */
    {0, "Convolution", " 4=1 ", " 4=0 "},      /* padding */
    {0, "Convolution", " 4=1 ", " 4=1 3=2 "},  /* stride */
    {0, "Convolution", " 4=1 ", " 4=1 2=2 "},  /* dilation */
    {0, "Convolution", " 4=1 ", " 4=1 18=1 "}, /* padding by another value */
    {0, "Convolution", " 4=1 ", " 4=1 9=1 "},  /* ReLU and PReLU */
    {0, "PReLU", "PReLU", "Noop "},            /* one activation is missing */
    {0, "PixelShuffle", " 0=4", " 0=2"},       /* scale */
    {0, "PixelShuffle", " 0=4", " 0=4 1=1"},   /* order of the channels */
    {0, "Interp", " 0=1 ", " 0=2 "},           /* bilinear */
    {0, "Interp", " 1=4.0", " 1=2.0"},         /* scale */
    {0, "BinaryOp", " 0=0", " 0=2"},           /* product */
    {0, "Interp", " v1_0 ", " v2 "},           /* of something else than the picture */
    {0, "Convolution", " v1_1 ", " nothing "}, /* a blob that is nowhere */
    {0, "Split", "Split ", "Pooling "},        /* a layer that is not known */
    {0, "7767517", "\n12 ", "\n13 "},          /* more layers than there are */
    {0, "7767517", "\n12 ", "\n11 "},          /* fewer */
    {0, "Convolution", " 1 1 ", " 1 9 "},      /* more blobs than on the line */
    {0, "Convolution", " 1 1 ", " 1 -1 "},
    {0, "Convolution", " 1=3 ", " 1 3 "},
    /* RRDBNet, one layer for each thing */
    {1, "ReLU", "0=2.000000e-01", "0=1.000000e-01"}, /* one slope differs */
    {1, "Concat", "Concat", "Split "},
    {1, " 0=2 1=1", "2=2.000000e-01", "2=3.000000e-01"},
    {1, " 0=2 1=1", "0=2 1=1", "0=0 1=1"}, /* a number is added */
    {1, "Interp", "1=2.000000e+00", "1=3.000000e+00"},
    {1, "Concat", " 0=0", " 0=1"}, /* along another axis */
    {1, "Reorg", " 0=2", " 0=2 1=1"},
    /* RRDBNet, fused */
    {2, "Eltwise", "-23301=2,2.000000e-01,1.000000e+00", "-23301=2,1.000000e+00,2.000000e-01"},
    {2, "Eltwise", " 0=1 ", " 0=0 "}, /* product */
    {2, " 9=2", " 9=2", " 9=3"},      /* clipped */
    {2, " 9=2", "-23310=1,2.0", "-23310=1,3.0"},
    {2, " 9=2 -23310=1,2.000000e-01", " 9=2 -23310=1,2.000000e-01", ""},
};

START_TEST(other_graphs_are_refused)
{
    anew_bytes text;
    checkpoint c;
    anew_error error = {0};
    read_whole(&text, graphs[wrong[_i].graph]);
    char *other = changed(&text, wrong[_i].after, wrong[_i].from, wrong[_i].to);
    ck_assert_msg(graph_of(other, strlen(other), &c, &error) != ANEW_OK, "%s for %s was accepted",
                  wrong[_i].to, wrong[_i].from);
    ck_assert_msg(strncmp(error.text, "graph.param: ", 13) == 0, "%s", error.text);
    ck_assert_ptr_null(strchr(error.text, '\n'));
    free(other);
    anew_bytes_free(&text);
}
END_TEST

/* What may be written differently and means the same. */
static const struct {
    int graph;
    const char *after, *from, *to;
} same[] = {{0, "Convolution", " 1=3 ", " 1=3 11=3 2=1 12=1 3=1 13=1 14=1 15=1 16=1 "},
            {0, "BinaryOp", " 0=0", ""},
            {0, "Interp", " 0=1 ", " 0=1 3=0 4=0 6=0 "},
            {0, "Split", " v1_0 v1_1", " v1_1 v1_0"},
            {0, "7767517", "7767517\n", "7767517\r\n"},
            {0, "7767517", "\nPReLU", "\n\nPReLU"},
            {2, "Eltwise", "-23301=2,2.000000e-01,1.000000e+00", "-23301=2,0.2,1"}};

START_TEST(other_spellings_are_the_same_graph)
{
    anew_bytes text;
    checkpoint c;
    anew_error error = {0};
    read_whole(&text, graphs[same[_i].graph]);
    char *other = changed(&text, same[_i].after, same[_i].from, same[_i].to);
    ck_assert_msg(graph_of(other, strlen(other), &c, &error) == ANEW_OK, "%s", error.text);
    free(other);
    anew_bytes_free(&text);
}
END_TEST

START_TEST(a_text_cut_or_changed_anywhere_does_no_harm)
{
    anew_bytes text;
    checkpoint c;
    read_whole(&text, graphs[_i]);
    /* The long graphs are repetitive, so that steps through them meet every kind of place. */
    const size_t step = text.size / 1500 + 1;
    for (size_t size = 0; size + 1 < text.size; size += step) {
        anew_error error = {0};
        char *copy = malloc(size > 0 ? size : 1);
        memcpy(copy, text.data, size);
        const anew_status status = graph_of(copy, size, &c, &error);
        /* The last parameters of the last layer tell its weights' size, which only the .bin contradicts. */
        ck_assert_msg(status != ANEW_OK || size + 20 > text.size, "%zu of %zu bytes", size,
                      text.size);
        free(copy);
    }
    char *copy = malloc(text.size);
    for (size_t at = 0; at < text.size; at += step) {
        static const char others[] = {'9', '-', ' ', '\n', '=', ',', 'e', '\xff', '\0'};
        for (size_t k = 0; k < sizeof others; k++) {
            anew_error error = {0};
            memcpy(copy, text.data, text.size);
            copy[at] = others[k];
            (void)graph_of(copy, text.size, &c, &error);
        }
    }
    free(copy);
    anew_bytes_free(&text);
}
END_TEST

/* Reads so many bytes of weights, in memory of exactly that size: a read past it is seen by
 * AddressSanitizer. */
static anew_status read_cut(ncnn_file *f, const anew_bytes *weights, size_t bytes)
{
    uint8_t *copy = malloc(bytes > 0 ? bytes : 1);
    checkpoint c = {0};
    memset(copy, 0, bytes);
    memcpy(copy, weights->data, bytes < weights->size ? bytes : weights->size);
    f->bin = copy;
    f->bin_size = bytes;
    f->at = 0;
    const anew_status status = ncnn_weights_read(f, &c);
    checkpoint_free(&c);
    free(copy);
    return status;
}

START_TEST(weights_cut_anywhere_are_refused)
{
    anew_bytes text, weights;
    anew_error error = {0};
    checkpoint c = {0};
    char said[128];
    ncnn_file f = {.path = "x.param", .error = &error};
    read_whole(&text, "ncnn.param");
    read_whole(&weights, "ncnn.bin");
    ck_assert_int_eq(ncnn_param_read(&f, (const char *)text.data, text.size), ANEW_OK);
    ck_assert_int_eq(ncnn_graph_name(&f, &c), ANEW_OK);
    ck_assert_msg(read_cut(&f, &weights, weights.size) == ANEW_OK, "%s", error.text);
    ck_assert_int_ne(read_cut(&f, &weights, weights.size + 1), ANEW_OK);
    (void)snprintf(said, sizeof said,
                   "x.param: its .bin is longer than its layers need: %zu bytes, not %zu",
                   weights.size + 1, weights.size);
    ck_assert_str_eq(error.text, said);
    for (size_t size = 0; size < weights.size; size += size < 1000 ? 1 : 13) {
        ck_assert_msg(read_cut(&f, &weights, size) != ANEW_OK, "%zu of %zu bytes", size,
                      weights.size);
        ck_assert_ptr_nonnull(strstr(error.text, "x.param: its .bin is too short: "));
    }
    anew_free(f.layers);
    anew_bytes_free(&text);
    anew_bytes_free(&weights);
}
END_TEST

START_TEST(missing_weights_are_named)
{
    anew_bytes text;
    anew_error error = {0};
    checkpoint c = {0};
    read_whole(&text, "ncnn.param");
    ck_assert_int_ne(ncnn_read(&c, text.data, text.size, "/nowhere/x.param", &error), ANEW_OK);
    ck_assert_str_eq(error.text, "/nowhere/x.param: its weights, /nowhere/x.bin, are missing");
    checkpoint_free(&c);
    anew_bytes_free(&text);
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_refused)
{
    static const char *const sizes[] = {"6=0",           "6=-324", "6=323", "6=1e300",
                                        "6=99999999999", "6=nan",  "6=648"};
    anew_bytes text;
    char path[512];
    read_whole(&text, "ncnn.param");
    (void)snprintf(path, sizeof path, "%s/formats/ncnn.param", data_folder());
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        checkpoint c = {0};
        recognised r;
        anew_error error = {0};
        char *other = changed(&text, "Convolution", "6=324", sizes[i]);
        const anew_status status =
            ncnn_read(&c, (const uint8_t *)other, strlen(other), path, &error);
        ck_assert_msg(status != ANEW_OK || recognise(&r, &c, path, &error) != ANEW_OK, "%s",
                      sizes[i]);
        checkpoint_free(&c);
        free(other);
    }
    anew_bytes_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ncnn");
    TCase *all = add_case(suite, "graphs and weights", 300);
    tcase_add_loop_test(all, graphs_are_recognised, 0, 3);
    tcase_add_test(all, enlargement_is_read_off_the_graph);
    tcase_add_loop_test(all, other_graphs_are_refused, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_loop_test(all, other_spellings_are_the_same_graph, 0,
                        (int)(sizeof same / sizeof same[0]));
    tcase_add_loop_test(all, a_text_cut_or_changed_anywhere_does_no_harm, 0, 3);
    tcase_add_test(all, weights_cut_anywhere_are_refused);
    tcase_add_test(all, missing_weights_are_named);
    tcase_add_test(all, sizes_that_do_not_fit_are_refused);
    return run_suite(suite);
}
