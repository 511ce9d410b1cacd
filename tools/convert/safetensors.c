/*
 * safetensors.c - u64 header length, a JSON object {name: {dtype, shape, data_offsets}}, then data.
 *
 * The parser accepts exactly that shape of JSON and nothing else, so that there is no depth to bound
 * and no value to ignore: strings with escapes, whole numbers, one level of objects.
 */
#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "core/memory.h"

#define MAX_HEADER ((uint64_t)100 << 20)
#define MAX_NAME   512

typedef struct parser {
    const uint8_t *text;
    size_t at, end;
    const char *label;
    anew_error *error;
} parser;

static anew_status malformed(const parser *p, const char *what)
{
    return anew_fail(p->error, ANEW_ERROR_FORMAT,
                     "%s: damaged safetensors header: %s (at byte %zu)", p->label, what, p->at + 8);
}

static void skip_space(parser *p)
{
    while (p->at < p->end && (p->text[p->at] == ' ' || p->text[p->at] == '\n' ||
                              p->text[p->at] == '\r' || p->text[p->at] == '\t'))
        p->at++;
}

/* Takes the character if it comes next. */
static bool next_is(parser *p, char wanted)
{
    skip_space(p);
    if (p->at >= p->end || p->text[p->at] != (uint8_t)wanted)
        return false;
    p->at++;
    return true;
}

static anew_status expect(parser *p, char wanted)
{
    char what[32];
    (void)snprintf(what, sizeof what, "'%c' is missing", wanted);
    return next_is(p, wanted) ? ANEW_OK : malformed(p, what);
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* \uXXXX as UTF-8 (surrogates are refused); returns bytes written, 0 on error. */
static size_t escaped_unicode(parser *p, char *out)
{
    unsigned int code = 0;
    if (p->end - p->at < 4)
        return 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(p->text[p->at++]);
        if (digit < 0)
            return 0;
        code = code * 16 + (unsigned int)digit;
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000))
        return 0;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 63));
    out[2] = (char)(0x80 | (code & 63));
    return 3;
}

static anew_status parse_string(parser *p, char text[MAX_NAME])
{
    size_t length = 0;
    ANEW_TRY(expect(p, '"'));
    while (p->at < p->end && p->text[p->at] != '"') {
        uint8_t c = p->text[p->at++];
        if (length + 4 >= MAX_NAME)
            return malformed(p, "a string that is too long");
        if (c < ' ')
            return malformed(p, "a control character in a string");
        if (c != '\\') {
            text[length++] = (char)c;
            continue;
        }
        c = p->at < p->end ? p->text[p->at++] : 0;
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *place = c == 0 ? NULL : strchr(from, c);
        if (place != NULL) {
            text[length++] = to[place - from];
        } else {
            const size_t bytes = c == 'u' ? escaped_unicode(p, text + length) : 0;
            if (bytes == 0)
                return malformed(p, "an unknown escape in a string");
            length += bytes;
        }
    }
    text[length] = '\0';
    return expect(p, '"');
}

static anew_status parse_integer(parser *p, int64_t *value)
{
    int digits = 0;
    skip_space(p);
    *value = 0;
    for (; p->at < p->end && p->text[p->at] >= '0' && p->text[p->at] <= '9'; digits++) {
        if (digits == 18)
            return malformed(p, "a number that is too large");
        *value = *value * 10 + (p->text[p->at++] - '0');
    }
    return digits > 0 ? ANEW_OK : malformed(p, "a whole number is missing");
}

/* [a, b, ...] of at most `most` numbers. */
static anew_status parse_integers(parser *p, int64_t *values, int most, int *count)
{
    *count = 0;
    ANEW_TRY(expect(p, '['));
    if (next_is(p, ']'))
        return ANEW_OK;
    do {
        if (*count == most)
            return malformed(p, "too many numbers in a list");
        ANEW_TRY(parse_integer(p, &values[(*count)++]));
    } while (next_is(p, ','));
    return expect(p, ']');
}

/* ---- the header ------------------------------------------------------------------------------------ */

static element_type type_of(const char *dtype)
{
    static const struct {
        const char *name;
        element_type type;
    } known[] = {{"F32", ELEMENT_F32},  {"F16", ELEMENT_F16}, {"BF16", ELEMENT_BF16},
                 {"F64", ELEMENT_F64},  {"I64", ELEMENT_I64}, {"I32", ELEMENT_I32},
                 {"I16", ELEMENT_I16},  {"I8", ELEMENT_I8},   {"U8", ELEMENT_U8},
                 {"BOOL", ELEMENT_BOOL}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(dtype, known[i].name) == 0)
            return known[i].type;
    return ELEMENT_UNKNOWN;
}

static anew_status parse_metadata(parser *p, checkpoint *c)
{
    char key[MAX_NAME], value[MAX_NAME];
    const struct {
        const char *key;
        char **place;
    } wanted[] = {{"architecture", &c->architecture},
                  {"name", &c->name},
                  {"license", &c->licence},
                  {"licence", &c->licence},
                  {"source", &c->source}};
    ANEW_TRY(expect(p, '{'));
    if (next_is(p, '}'))
        return ANEW_OK;
    do {
        ANEW_TRY(parse_string(p, key));
        ANEW_TRY(expect(p, ':'));
        ANEW_TRY(parse_string(p, value));
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
            if (strcmp(key, wanted[i].key) == 0 && *wanted[i].place == NULL) {
                *wanted[i].place = anew_text_copy(value);
                if (*wanted[i].place == NULL)
                    return anew_fail(p->error, ANEW_ERROR_MEMORY, "%s: no memory", p->label);
            }
        }
    } while (next_is(p, ','));
    return expect(p, '}');
}

static anew_status parse_tensor(parser *p, checkpoint *c, const char *name, const uint8_t *data,
                                size_t data_bytes)
{
    char key[MAX_NAME], dtype[MAX_NAME] = "";
    int64_t dims[ANEW_MAX_RANK], range[2] = {0, 0};
    int rank = -1, range_count = 0;
    ANEW_TRY(expect(p, '{'));
    do {
        ANEW_TRY(parse_string(p, key));
        ANEW_TRY(expect(p, ':'));
        if (strcmp(key, "dtype") == 0)
            ANEW_TRY(parse_string(p, dtype));
        else if (strcmp(key, "shape") == 0)
            ANEW_TRY(parse_integers(p, dims, ANEW_MAX_RANK, &rank));
        else if (strcmp(key, "data_offsets") == 0)
            ANEW_TRY(parse_integers(p, range, 2, &range_count));
        else
            return malformed(p, "an unknown entry of a tensor");
    } while (next_is(p, ','));
    ANEW_TRY(expect(p, '}'));
    const element_type type = type_of(dtype);
    if (type == ELEMENT_UNKNOWN || rank < 0 || range_count != 2)
        return malformed(p, "a tensor without a known dtype, a shape and offsets");
    if (range[0] > range[1] || (uint64_t)range[1] > data_bytes)
        return anew_fail(p->error, ANEW_ERROR_FORMAT,
                         "%s: tensor '%s' reaches past the end of the file (bytes %lld to %lld of "
                         "%zu)",
                         p->label, name, (long long)range[0], (long long)range[1], data_bytes);
    const int64_t bytes = range[1] - range[0];
    const int64_t count = bytes / (int64_t)element_bytes(type);
    const int before = c->count;
    ANEW_TRY(checkpoint_add(c, p->label, name, type, rank, dims, NULL, data + range[0], 0, count,
                            p->error));
    if (c->tensors[before].elements * (int64_t)element_bytes(type) != bytes)
        return anew_fail(p->error, ANEW_ERROR_FORMAT,
                         "%s: tensor '%s' has %lld bytes where its shape needs %lld", p->label,
                         name, (long long)bytes,
                         (long long)c->tensors[before].elements * (long long)element_bytes(type));
    return ANEW_OK;
}

static uint64_t header_length(const uint8_t *data)
{
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | data[i];
    return length;
}

bool safetensors_sniff(const uint8_t *data, size_t size)
{
    return size > 9 && header_length(data) <= MAX_HEADER && data[8] == '{';
}

anew_status safetensors_read(checkpoint *c, const uint8_t *data, size_t size, const char *label,
                             anew_error *error)
{
    char name[MAX_NAME];
    const uint64_t length = header_length(data);
    c->container = "safetensors";
    if (length > size - 8)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: damaged safetensors: the header is cut (%llu of %llu bytes)", label,
                         (unsigned long long)(size - 8), (unsigned long long)length);
    parser p = {data + 8, 0, (size_t)length, label, error};
    ANEW_TRY(expect(&p, '{'));
    if (!next_is(&p, '}')) {
        do {
            ANEW_TRY(parse_string(&p, name));
            ANEW_TRY(expect(&p, ':'));
            if (strcmp(name, "__metadata__") == 0)
                ANEW_TRY(parse_metadata(&p, c));
            else
                ANEW_TRY(parse_tensor(&p, c, name, data + 8 + length, size - 8 - (size_t)length));
        } while (next_is(&p, ','));
        ANEW_TRY(expect(&p, '}'));
    }
    skip_space(&p);
    return p.at == p.end ? ANEW_OK : malformed(&p, "text after its end");
}
