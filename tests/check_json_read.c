/*
 * check_json_read.c - the reader of JSON: what is right is read as it stands, what is not is refused with line and
 * column, and any allocation may fail.
 *
 * Seen to fail by: surrogate pairs that are not joined, columns counted from 0, a limit of members that is not looked at,
 * what stands behind a value not looked at, and an unchecked block of memory.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_read.h"
#include "common/suite.h"
#include "core/memory.h"

static json_document *read_text(const char *text)
{
    json_document *document = NULL;
    anew_error error = {0};
    const anew_status status = json_read(&document, text, strlen(text), "text", &error);
    ck_assert_msg(status == ANEW_OK, "%s: %s", text, error.text);
    return document;
}

START_TEST(values)
{
    int count = 0;
    json_document *d =
        read_text(" {\"a\" : [1, -2.5e3,\n\ttrue, false,null, [], {}], \"b\":\"\"} ");
    const json_value *v = json_first(d, &count);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(v->kind, JSON_OBJECT);
    ck_assert_int_eq(v->count, 2);
    ck_assert_int_eq(v->column, 2);
    const json_value *a = json_member(v, "a");
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_null(json_member(v, "c"));
    ck_assert_int_eq(a->count, 7);
    static const json_kind kinds[] = {JSON_NUMBER, JSON_NUMBER, JSON_BOOLEAN, JSON_BOOLEAN,
                                      JSON_NULL,   JSON_ARRAY,  JSON_OBJECT};
    static const double numbers[] = {1, -2500, 1, 0, 0, 0, 0};
    int i = 0;
    for (const json_value *e = a->first; e != NULL; e = e->next, i++) {
        ck_assert_int_eq(e->kind, kinds[i]);
        ck_assert(e->number == numbers[i]);
        ck_assert_int_eq(e->line, i < 2 ? 1 : 2);
    }
    ck_assert_int_eq(i, 7);
    ck_assert_int_eq(a->first->next->next->column, 2);
    ck_assert_str_eq(json_member(v, "b")->text, "");
    json_free(&d);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(strings)
{
    int count = 0;
    json_document *d =
        read_text("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\", "
                  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]");
    const json_value *v = json_first(d, &count)->first;
    ck_assert_str_eq(v->text, "\"\\/\b\f\n\r\t");
    ck_assert_str_eq(v->next->text, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    ck_assert_str_eq(v->next->next->text, v->next->text + 1);
    json_free(&d);
}
END_TEST

START_TEST(several)
{
    int count = 0;
    json_document *d = read_text("{}\n{\"a\":1}\n[]\"x\" 7");
    const json_value *v = json_first(d, &count);
    ck_assert_int_eq(count, 5);
    ck_assert_int_eq(v->next->line, 2);
    ck_assert(v->next->next->next->next->number == 7);
    json_free(&d);
}
END_TEST

static const struct {
    const char *text, *said;
} wrong[] = {
    {"", "line 1, column 1: a value wanted, found the end"},
    {" \n ", "line 2, column 2: a value wanted, found the end"},
    {"{\"a\":1,}", "line 1, column 8: a member's name in quotes wanted, found '}'"},
    {"[1 2]", "line 1, column 4: ',' or ']' wanted, found '2'"},
    {"[1,\n2", "line 2, column 2: ',' or ']' wanted, found the end"},
    {"{'a':1}", "a member's name in quotes wanted"},
    {"{\"a\" 1}", "':' wanted after a member's name"},
    {"// x\n1", "a value wanted, found '/'"},
    {"1 // x", "a value wanted, found '/'"},
    {"1x", "line 1, column 2: nothing more wanted here, found 'x'"},
    {"1,2", "nothing more wanted here"},
    {"truely", "nothing more wanted here"},
    {"tru", "a value wanted, found 't'"},
    {"NaN", "a value wanted"},
    {"-Infinity", "a digit wanted, found 'I'"},
    {"01", "a number may not begin with a 0"},
    {"-01", "a number may not begin with a 0"},
    {"+1", "a value wanted"},
    {".5", "a value wanted"},
    {"1.", "a digit wanted after the point"},
    {"1e", "a digit wanted in the exponent"},
    {"0x10", "nothing more wanted here"},
    {"1e999", "line 1, column 1: the number is too large"},
    {"\"a", "the string does not end"},
    {"\"a\\\"", "the string does not end"},
    {"\"a\nb\"", "no control character may stand in a string"},
    {"\"\\x\"", "no such escape"},
    {"\"\\u12g4\"", "four hexadecimal digits wanted"},
    {"\"\\u0000\"", "U+0000"},
    {"\"\\ud800\"", "second half of a surrogate pair"},
    {"\"\\ud800\\u0041\"", "second half of a surrogate pair"},
    {"\"\\udc00\"", "half of a surrogate pair"},
    {"\"\xff\"", "a character of UTF-8 wanted, found byte ff"},
    {"\"\xc0\xaf\"", "a character of UTF-8 wanted"},
    {"\"\xed\xa0\x80\"", "a character of UTF-8 wanted"},
    {"\"\xe2\x82\"", "a character of UTF-8 wanted"},
    {"\xef\xbb\xbf{}", "a value wanted, found byte ef"},
    {"{\"a\":1,\"\\u0061\":2}", "a second member of the name \"a\""},
};

START_TEST(refusals)
{
    json_document *document = NULL;
    anew_error error = {0};
    /* In a block of its own size, so that reading past it is seen. */
    const size_t size = strlen(wrong[_i].text);
    char *copy = malloc(size + (size == 0));
    memcpy(copy, wrong[_i].text, size);
    ck_assert_msg(json_read(&document, copy, size, "text", &error) == ANEW_ERROR_FORMAT, "%s",
                  wrong[_i].text);
    ck_assert_ptr_null(document);
    ck_assert_msg(strncmp(error.text, "text: line ", 11) == 0 &&
                      strstr(error.text, wrong[_i].said) != NULL,
                  "%s: %s", wrong[_i].text, error.text);
    free(copy);
}
END_TEST

START_TEST(a_byte_of_zero_ends_nothing)
{
    json_document *document = NULL;
    anew_error error = {0};
    ck_assert_int_eq(json_read(&document, "1\0 2", 4, "text", &error), ANEW_ERROR_FORMAT);
    ck_assert_int_eq(json_read(&document, "\"\\\0\"", 4, "text", &error), ANEW_ERROR_FORMAT);
    ck_assert_int_eq(json_read(&document, " \0", 2, "text", &error), ANEW_ERROR_FORMAT);
}
END_TEST

/* `count` times the text, between two others. */
static char *repeated(const char *before, const char *text, int count, const char *behind)
{
    const size_t length = strlen(text);
    char *all = malloc(strlen(before) + length * (size_t)count + strlen(behind) + 1);
    char *at = all + sprintf(all, "%s", before);
    for (int i = 0; i < count; i++, at += length)
        memcpy(at, text, length);
    (void)strcpy(at, behind);
    return all;
}

static void check_limit(char *text, const char *said)
{
    json_document *document = NULL;
    anew_error error = {0};
    const anew_status status = json_read(&document, text, strlen(text), "text", &error);
    if (said == NULL)
        ck_assert_msg(status == ANEW_OK, "%s", error.text);
    else
        ck_assert_msg(status == ANEW_ERROR_LIMIT && strstr(error.text, said) != NULL, "%s",
                      error.text);
    json_free(&document);
    free(text);
}

/* What may be is read, one more of it is not, and neither takes long. */
START_TEST(limits_of_depth)
{
    char *open = repeated("", "[", JSON_MOST_DEPTH, "");
    char *close = repeated(open, "]", JSON_MOST_DEPTH, "");
    free(open);
    check_limit(close, NULL);
    check_limit(repeated("", "[", 5000000, ""), "more than 32 values within each other");
    check_limit(repeated("", "{\"a\":", 1000000, ""), "more than 32 values within each other");
}
END_TEST

START_TEST(limits_of_members)
{
    for (int more = 0; more < 2; more++) {
        char *text = malloc((JSON_MOST_MEMBERS + 2) * 16);
        char *at = text + sprintf(text, "{");
        for (int i = 0; i < JSON_MOST_MEMBERS + more; i++)
            at += sprintf(at, "%s\"%d\":%d", i > 0 ? "," : "", i, i);
        (void)strcpy(at, "}");
        check_limit(text, more ? "more than 256 members in one object" : NULL);
    }
    check_limit(repeated("[0", ",0", JSON_MOST_VALUES - 2, "]"), NULL);
    check_limit(repeated("[0", ",0", JSON_MOST_VALUES - 1, "]"), "more than 1000000 values");
    check_limit(repeated("1", "0", 500, ""), "more than 400 characters in a number");
    check_limit(repeated("\"", "x", (int)JSON_MOST_BYTES, "\""), "more than 16777216");
}
END_TEST

START_TEST(wants)
{
    int count = 0;
    double number = 0;
    anew_error error = {0};
    json_document *d = read_text("{\"a\":2,\n \"b|c\":\"x\"}");
    const json_value *v = json_first(d, &count);
    ck_assert_int_eq(json_want(d, v, JSON_OBJECT, "all", &error), ANEW_OK);
    ck_assert_int_eq(json_want(d, v, JSON_ARRAY, "all", &error), ANEW_ERROR_FORMAT);
    ck_assert_str_eq(error.text, "text: line 1, column 1: all must be an array, not an object");
    const json_value *a = json_member(v, "a");
    ck_assert_int_eq(json_want_number(&number, d, a, 0, 2, "a", &error), ANEW_OK);
    ck_assert(number == 2);
    ck_assert_int_eq(json_want_number(&number, d, a, 0, 1.5, "a", &error), ANEW_ERROR_FORMAT);
    ck_assert_str_eq(error.text, "text: line 1, column 6: a is 2; it must be from 0 to 1.5");
    ck_assert_int_eq(json_want_members(d, v, "aa|b|c", &error), ANEW_ERROR_FORMAT);
    ck_assert_str_eq(error.text,
                     "text: line 1, column 6: there is no member \"a\"; known are aa|b|c");
    ck_assert_int_eq(json_want_members(d, v, "a|b|c", &error), ANEW_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.text, "line 2, column 8: there is no member \"b|c\""));
    json_free(&d);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    char *text = repeated("[\"", "x", 200000, "\", {\"a\": [1, 2, 3]}]");
    anew_status status = ANEW_ERROR_MEMORY;
    int failures = 0;
    for (; status != ANEW_OK; failures++) {
        json_document *document = NULL;
        anew_error error = {0};
        anew_alloc_limit(failures);
        status = json_read(&document, text, strlen(text), "text", &error);
        anew_alloc_limit(-1);
        ck_assert(status == ANEW_OK || (status == ANEW_ERROR_MEMORY && document == NULL));
        ck_assert(status == ANEW_OK || strncmp(error.text, "text: no memory", 15) == 0);
        json_free(&document);
    }
    ck_assert_int_gt(failures, 3);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_read");
    TCase *tests = add_case(suite, "json_read", 60);
    tcase_add_test(tests, values);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, several);
    tcase_add_loop_test(tests, refusals, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(tests, a_byte_of_zero_ends_nothing);
    tcase_add_test(tests, limits_of_depth);
    tcase_add_test(tests, limits_of_members);
    tcase_add_test(tests, wants);
    tcase_add_test(tests, any_allocation_may_fail);
    return run_suite(suite);
}
