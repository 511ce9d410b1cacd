/*
 * check_model.c - model files: what is written is read back, and what weights/FORMAT.md tells readers
 * to reject is rejected.
 *
 * Mixtures seen to fail by: the first model's shape or parameter told as the second one's in src/model/model_mix.c.
 */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "core/file.h"
#include "core/memory.h"
#include "model/format.h"
#include "model/model_mix.h"
#include "model/model_write.h"

START_TEST(checksum_of_the_standard)
{
    /* RFC 3720, appendix B.4, and the customary check value. */
    unsigned char zeros[32] = {0}, ones[32];
    memset(ones, 0xff, sizeof ones);
    ck_assert_uint_eq(anew_crc32c("123456789", 9), 0xe3069283u);
    ck_assert_uint_eq(anew_crc32c(zeros, 32), 0x8a9136aau);
    ck_assert_uint_eq(anew_crc32c(ones, 32), 0x62a8ab43u);
}
END_TEST

/* By the definition, one bit at a time. */
static uint32_t checksum_by_bits(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
    }
    return crc ^ 0xffffffffu;
}

/* Seen to fail by: slices[4] in place of slices[5] in src/model/numbers.c, and by a rest of the bytes left out. */
START_TEST(checksum_of_any_length)
{
    static uint8_t bytes[3000];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
    for (size_t size = 0; size + 3 < sizeof bytes; size += size < 20 || size > 1010 ? 1 : 37)
        for (size_t first = 0; first < 3; first++)
            ck_assert_uint_eq(anew_crc32c(bytes + first, size),
                              checksum_by_bits(bytes + first, size));
}
END_TEST

START_TEST(half_floats_are_exact_both_ways)
{
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const float value = anew_half_to_float((uint16_t)bits);
        const bool nan = (bits & 0x7c00u) == 0x7c00u && (bits & 0x3ffu) != 0;
        ck_assert_int_eq(isnan(value) != 0, nan);
        if (!nan)
            ck_assert_uint_eq(anew_float_to_half(value), bits);
        const float wide = anew_bfloat_to_float((uint16_t)bits);
        if (!isnan(wide))
            ck_assert_uint_eq(anew_float_to_bfloat(wide), bits);
        /* The middle between this number and the next rounds to the even one. */
        if ((bits & 0x7fffu) < 0x7bffu) {
            const float next = anew_half_to_float((uint16_t)(bits + 1));
            const float middle = (value + next) / 2;
            ck_assert_uint_eq(anew_float_to_half(middle), bits + (bits & 1u));
            ck_assert_uint_eq(anew_float_to_half(nextafterf(middle, next)), bits + 1);
        }
    }
    ck_assert_uint_eq(anew_float_to_half(65519.0f), 0x7bffu);
    ck_assert_uint_eq(anew_float_to_half(65520.0f), 0x7c00u);
}
END_TEST

/* A model with every kind of field and the three dtypes that are written. */
static anew_bytes sample(void)
{
    anew_model_writer *w = NULL;
    anew_bytes bytes;
    anew_error error = {0};
    const float values[6] = {1, -2.5f, 0.333333f, 1e-6f, 0, 100};
    ck_assert_int_eq(anew_model_writer_create(&w, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(w, "architecture", "srvgg", &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(w, "source", "caf\xc3\xa9, made here", &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_integer(w, "num_feat", -7, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_real(w, "slope", 0.1, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_text(w, "act_type", "prelu", &error), ANEW_OK);
    ck_assert_int_eq(
        anew_model_writer_tensor(w, "b", ANEW_DTYPE_F16, 2, (int64_t[]){2, 3}, values, &error),
        ANEW_OK);
    ck_assert_int_eq(
        anew_model_writer_tensor(w, "a", ANEW_DTYPE_F32, 1, (int64_t[]){6}, values, &error),
        ANEW_OK);
    ck_assert_int_eq(anew_model_writer_tensor(w, "c", ANEW_DTYPE_BF16, 0, NULL, values, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_model_writer_finish(w, &bytes, &error), ANEW_OK);
    anew_model_writer_free(&w);
    return bytes;
}

START_TEST(what_is_written_is_read)
{
    anew_bytes bytes = sample(), again = sample();
    anew_model *m = NULL;
    anew_error error = {0};
    int64_t integer = 0;
    double real = 0;
    const char *text = NULL;
    float values[6];
    ck_assert_uint_eq(bytes.size, again.size);
    ck_assert_mem_eq(bytes.data, again.data, bytes.size);
    ck_assert_msg(anew_model_from_memory(&m, bytes.data, bytes.size, "sample", &error) == ANEW_OK,
                  "%s", error.text);
    ck_assert_str_eq(anew_model_architecture(m), "srvgg");
    ck_assert_str_eq(anew_model_source(m), "caf\xc3\xa9, made here");
    ck_assert_str_eq(anew_model_licence(m), "");
    ck_assert(anew_model_integer(m, "num_feat", &integer) && integer == -7);
    ck_assert(anew_model_real(m, "slope", &real) && real == 0.1);
    ck_assert(anew_model_real(m, "num_feat", &real) && real == -7);
    ck_assert(anew_model_text(m, "act_type", &text) && strcmp(text, "prelu") == 0);
    ck_assert(!anew_model_integer(m, "slope", &integer));
    ck_assert(!anew_model_integer(m, "architecture", &integer));
    ck_assert_int_eq(anew_model_tensor_count(m), 3);
    ck_assert_ptr_null(anew_model_find(m, "d"));
    const anew_tensor *a = anew_model_find(m, "a"), *b = anew_model_find(m, "b");
    ck_assert_int_eq(b->rank, 2);
    ck_assert_int_eq(b->dims[0], 2);
    ck_assert_int_eq(b->dims[1], 3);
    ck_assert_int_eq((uintptr_t)a->data % 64, 0);
    anew_tensor_to_f32(values, a);
    ck_assert(values[1] == -2.5f && values[2] == 0.333333f && values[5] == 100);
    anew_tensor_to_f32(values, b);
    ck_assert(values[1] == -2.5f && fabsf(values[2] - 0.333333f) < 1e-4f && values[5] == 100);
    anew_tensor_to_f32(values, anew_model_find(m, "c"));
    ck_assert(values[0] == 1);
    anew_model_close(&m);
    anew_bytes_free(&bytes);
    anew_bytes_free(&again);
}
END_TEST

START_TEST(the_writer_refuses_what_cannot_be_read)
{
    anew_model_writer *w = NULL;
    anew_error error = {0};
    const float large[1] = {1e6f};
    ck_assert_int_eq(anew_model_writer_create(&w, &error), ANEW_OK);
    ck_assert_int_ne(anew_model_writer_integer(w, "two words", 1, &error), ANEW_OK);
    ck_assert_int_ne(anew_model_writer_real(w, "x", (double)NAN, &error), ANEW_OK);
    ck_assert_int_ne(anew_model_writer_text(w, "x", "a\nb", &error), ANEW_OK);
    ck_assert_int_eq(
        anew_model_writer_tensor(w, "t", ANEW_DTYPE_F16, 1, (int64_t[]){1}, large, &error),
        ANEW_ERROR_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.text, "'t'"));
    ck_assert_int_ne(
        anew_model_writer_tensor(w, "t", ANEW_DTYPE_F32, 1, (int64_t[]){0}, large, &error),
        ANEW_OK);
    anew_model_writer_free(&w);
}
END_TEST

START_TEST(a_valid_file_of_another_writer_is_read)
{
    char path[512];
    anew_model *m = NULL;
    anew_error error = {0};
    float values[6];
    (void)snprintf(path, sizeof path, "%s/valid.anew", data_folder());
    ck_assert_msg(anew_model_open(&m, path, &error) == ANEW_OK, "%s", error.text);
    anew_tensor_to_f32(values, anew_model_find(m, "body.0.weight"));
    ck_assert(values[0] == 1 && values[5] == 6);
    anew_tensor_to_f32(values, anew_model_find(m, "body.0.bias"));
    ck_assert(values[0] == 0.5f && values[1] == -0.5f);
    anew_model_close(&m);
}
END_TEST

START_TEST(every_rule_rejects_its_file)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/reject", data_folder());
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        anew_model *m = NULL;
        anew_error error = {0};
        if (entry->d_name[0] != 'R')
            continue;
        (void)snprintf(path, sizeof path, "%s/reject/%s", data_folder(), entry->d_name);
        const anew_status status = anew_model_open(&m, path, &error);
        ck_assert_msg(status != ANEW_OK, "%s was accepted", entry->d_name);
        ck_assert_ptr_null(m);
        ck_assert_msg(strstr(error.text, entry->d_name) != NULL, "'%s' does not name the file",
                      error.text);
        ck_assert_ptr_null(strchr(error.text, '\n'));
        files++;
    }
    (void)closedir(folder);
    ck_assert_int_ge(files, 40);
}
END_TEST

START_TEST(a_file_cut_anywhere_or_with_any_bit_turned_is_rejected)
{
    anew_bytes bytes = sample();
    uint8_t *copy = anew_alloc(bytes.size);
    anew_model *m = NULL;
    anew_error error = {0};
    for (size_t size = 0; size < bytes.size; size++) {
        memcpy(copy, bytes.data, size);
        ck_assert_int_ne(anew_model_from_memory(&m, copy, size, "cut", &error), ANEW_OK);
    }
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        memcpy(copy, bytes.data, bytes.size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(anew_model_from_memory(&m, copy, bytes.size, "turned", &error) != ANEW_OK,
                      "bit %zu of byte %zu", bit % 8, bit / 8);
    }
    anew_free(copy);
    anew_bytes_free(&bytes);
}
END_TEST

/* A model of one tensor "w" of four values. */
static anew_model *tiny_model(const char *architecture, int64_t feat, int columns,
                              const float *values)
{
    anew_model_writer *writer = NULL;
    anew_model *model = NULL;
    anew_bytes bytes;
    anew_error error;
    const int64_t dims[2] = {4 / columns, columns};
    ck_assert_int_eq(anew_model_writer_create(&writer, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(writer, "architecture", architecture, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(writer, "name", "tiny", &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(writer, "licence", "CC0-1.0", &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(writer, "source", "here", &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_integer(writer, "feat", feat, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_real(writer, "slope", 0.25, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_tensor(writer, "w", ANEW_DTYPE_F32, 2, dims, values, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_model_writer_finish(writer, &bytes, &error), ANEW_OK);
    anew_model_writer_free(&writer);
    ck_assert_msg(anew_model_from_bytes(&model, &bytes, "tiny", &error) == ANEW_OK, "%s",
                  error.text);
    return model;
}

START_TEST(models_are_mixed)
{
    static const float one[4] = {1, -2, 0.1f, 1e-30f}, two[4] = {3, 2, 0.7f, -1e-30f};
    anew_error error;
    anew_model *mixed = NULL;
    anew_model *models[2] = {tiny_model("srvgg", 64, 2, one), tiny_model("srvgg", 64, 2, two)};
    const anew_model *const list[2] = {models[0], models[1]};
    for (int i = 0; i < 3; i++) {
        const double weights[2] = {0.5 * i, 1 - 0.5 * i};
        float values[4];
        ck_assert_msg(anew_model_mix(&mixed, list, weights, 2, "mixed", "label", &error) == ANEW_OK,
                      "%s", error.text);
        anew_tensor_to_f32(values, anew_model_find(mixed, "w"));
        for (int k = 0; k < 4; k++) {
            const float want = i == 1 ? 0.5f * one[k] + 0.5f * two[k] : i == 0 ? two[k] : one[k];
            ck_assert_msg(values[k] == want, "weight %g, value %d: %g", weights[0], k,
                          (double)values[k]);
        }
        int64_t feat = 0;
        ck_assert(anew_model_integer(mixed, "feat", &feat) && feat == 64);
        ck_assert_str_eq(anew_model_name(mixed), "mixed");
        anew_model_close(&mixed);
    }
    /* Whatever differs but the weights is named. */
    const struct {
        const char *architecture, *named;
        int64_t feat;
        int columns;
    } others[] = {{"rrdb", "rrdb", 64, 2},
                  {"srvgg", "'feat' is 64 in the one, 32 in the other", 32, 2},
                  {"srvgg", "'w' is 2x2 in the one, 1x4 in the other", 64, 4}};
    for (int i = 0; i < 3; i++) {
        anew_model *other =
            tiny_model(others[i].architecture, others[i].feat, others[i].columns, one);
        const anew_model *const pair[2] = {models[0], other};
        const double halves[2] = {0.5, 0.5};
        ck_assert_int_eq(anew_model_mix(&mixed, pair, halves, 2, "mixed", "label", &error),
                         ANEW_ERROR_ARGUMENT);
        ck_assert_ptr_null(mixed);
        ck_assert_msg(strstr(error.text, others[i].named) != NULL, "%s", error.text);
        anew_model_close(&other);
    }
    anew_model_close(&models[0]);
    anew_model_close(&models[1]);
}
END_TEST

START_TEST(memory_must_be_aligned)
{
    anew_bytes bytes = sample();
    uint8_t *copy = anew_alloc(bytes.size + 8);
    anew_model *m = NULL;
    anew_error error = {0};
    memcpy(copy + 8, bytes.data, bytes.size);
    ck_assert_int_eq(anew_model_from_memory(&m, copy + 8, bytes.size, "shifted", &error),
                     ANEW_ERROR_ARGUMENT);
    anew_free(copy);
    anew_bytes_free(&bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *all = add_case(suite, "model files", 60);
    tcase_add_test(all, checksum_of_the_standard);
    tcase_add_test(all, checksum_of_any_length);
    tcase_add_test(all, half_floats_are_exact_both_ways);
    tcase_add_test(all, what_is_written_is_read);
    tcase_add_test(all, the_writer_refuses_what_cannot_be_read);
    tcase_add_test(all, a_valid_file_of_another_writer_is_read);
    tcase_add_test(all, every_rule_rejects_its_file);
    tcase_add_test(all, a_file_cut_anywhere_or_with_any_bit_turned_is_rejected);
    tcase_add_test(all, models_are_mixed);
    tcase_add_test(all, memory_must_be_aligned);
    return run_suite(suite);
}
