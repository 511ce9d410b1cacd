/*
 * check_protobuf.c - the walk through protobuf's fields, at the edges of what a message can be. Whole files are in
 * tests/cli/onnx.sh, damaged ones in the fuzz target onnx.
 *
 * Seen to fail by a length that may be one byte past the end, by varints of more than 64 bits that wrap around, and by
 * fields of number 0.
 */
#include <check.h>
#include <string.h>

#include "../tools/convert/protobuf.h"
#include "common/suite.h"

static span_bytes bytes_of(const char *text, size_t size)
{
    return (span_bytes){(const uint8_t *)text, size};
}

#define MESSAGE(text) message_of(bytes_of(text, sizeof(text) - 1))

START_TEST(fields_of_all_kinds)
{
    message_reader r = MESSAGE("\x08\x96\x01" /* 1: 150 */
                               "\x12\x03" /* 2: */ "abc"
                               "\x1d\x01\x02\x03\x04"                 /* 3: four bytes */
                               "\x21\x01\x00\x00\x00\x00\x00\x00\x80" /* 4: eight */
                               "\x2a\x00"                             /* 5: none */
                               "\xf8\xff\xff\xff\x0f\x05"); /* the largest number of a field */
    message_field f;
    ck_assert(message_next(&r, &f) && f.number == 1 && f.kind == FIELD_NUMBER && f.value == 150);
    ck_assert(message_next(&r, &f) && f.number == 2 && is_text(f.bytes, "abc"));
    ck_assert(message_next(&r, &f) && f.kind == FIELD_FOUR && f.value == 0x04030201);
    ck_assert(message_next(&r, &f) && f.kind == FIELD_EIGHT && f.value == 0x8000000000000001u);
    ck_assert(message_next(&r, &f) && f.number == 5 && f.kind == FIELD_BYTES && f.bytes.size == 0);
    ck_assert(message_next(&r, &f) && f.number == 536870911 && f.value == 5);
    ck_assert(!message_next(&r, &f) && !r.damaged);
    message_reader nothing = message_of((span_bytes){NULL, 0});
    ck_assert(!message_next(&nothing, &f) && !nothing.damaged);
}
END_TEST

/* Each of them is no field, told at the byte where it begins, and nothing comes after it. */
static const struct {
    const char *text;
    size_t size;
} damaged[] = {
    {"\x08", 1},     /* no value */
    {"\x08\x80", 2}, /* a varint without an end */
    {"\x12\x04"
     "abc",
     5},                                                  /* one byte too few */
    {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* 2^64 - 1 bytes */
    {"\x12\xff\xff\xff\xff\x0f"
     "abc",
     9},                                     /* 2^32 - 1 bytes */
    {"\x1d\x01\x02\x03", 4},                 /* three of four bytes */
    {"\x21\x01\x02\x03\x04\x05\x06\x07", 8}, /* seven of eight */
    {"\x0b", 1},                             /* a group */
    {"\x0c", 1},                             /* a group's end */
    {"\x0e", 1},                             /* kinds that are none */
    {"\x0f", 1},
    {"\x00\x01", 2},                                         /* number 0 */
    {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},    /* a varint of 65 bits */
    {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12} /* of 11 bytes */
};

START_TEST(damage)
{
    message_field f;
    char whole[32] = "\x08\x01";
    memcpy(whole + 2, damaged[_i].text, damaged[_i].size);
    message_reader r = message_of(bytes_of(whole, 2 + damaged[_i].size));
    ck_assert(message_next(&r, &f) && f.value == 1);
    ck_assert(!message_next(&r, &f));
    ck_assert(r.damaged && r.at == 2);
    ck_assert(!message_next(&r, &f));
}
END_TEST

START_TEST(packed_numbers)
{
    uint64_t value = 0;
    message_reader r = MESSAGE("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00");
    ck_assert(packed_number(&r, &value) && value == 1);
    ck_assert(packed_number(&r, &value) && value == UINT64_MAX);
    ck_assert(packed_number(&r, &value) && value == 0);
    ck_assert(!packed_number(&r, &value) && !r.damaged);
    message_reader cut = MESSAGE("\x05\x80");
    ck_assert(packed_number(&cut, &value) && value == 5);
    ck_assert(!packed_number(&cut, &value) && cut.damaged);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("protobuf");
    TCase *all = add_case(suite, "all", 10);
    tcase_add_test(all, fields_of_all_kinds);
    tcase_add_loop_test(all, damage, 0, (int)(sizeof damaged / sizeof damaged[0]));
    tcase_add_test(all, packed_numbers);
    return run_suite(suite);
}
