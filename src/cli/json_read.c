/*
 * json_read.c - a parser by recursive descent, one function for each rule of RFC 8259's grammar. What it makes lies in
 * a few large blocks that are freed together.
 */
#include "cli/json_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"

#define BLOCK_BYTES 65536
/* Digits of a number; a double has 17 of worth, and 308 before the point at most. */
#define LONGEST_NUMBER 400

typedef struct block {
    struct block *next;
    size_t used, size;
} block;

struct json_document {
    const char *label;
    block *blocks;
    const json_value *first;
    int count;
};

typedef struct parser {
    json_document *document;
    const char *at, *end;
    const char *line_start;
    int line, values;
    anew_error *error;
} parser;

/* ---- memory ------------------------------------------------------------------------------------------ */

/* From the document's blocks; NULL without memory. */
static void *take(json_document *document, size_t bytes)
{
    const size_t header = anew_size_round_up(sizeof(block), sizeof(double));
    block *b = document->blocks;
    bytes = anew_size_round_up(bytes, sizeof(double));
    if (b == NULL || b->size - b->used < bytes) {
        const size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = anew_alloc(anew_size_add(header, size));
        if (b == NULL)
            return NULL;
        *b = (block){document->blocks, 0, size};
        document->blocks = b;
    }
    void *room = (char *)b + header + b->used;
    b->used += bytes;
    return room;
}

static anew_status no_memory(const parser *p)
{
    return anew_fail(p->error, ANEW_ERROR_MEMORY, "%s: no memory to read it", p->document->label);
}

/* ---- faults ------------------------------------------------------------------------------------------ */

/* Here, with what stands here. */
static anew_status fault(const parser *p, const char *wanted)
{
    char found[16] = "the end";
    if (p->at < p->end) {
        const unsigned char c = (unsigned char)*p->at;
        (void)snprintf(found, sizeof found, c > ' ' && c < 0x7f ? "'%c'" : "byte %02x", c);
    }
    return anew_fail(p->error, ANEW_ERROR_FORMAT, "%s: line %d, column %d: %s, found %s",
                     p->document->label, p->line, (int)(p->at - p->line_start) + 1, wanted, found);
}

static anew_status limit(const parser *p, const char *what, int most)
{
    return anew_fail(p->error, ANEW_ERROR_LIMIT, "%s: line %d, column %d: more than %d %s",
                     p->document->label, p->line, (int)(p->at - p->line_start) + 1, most, what);
}

/* ---- strings ----------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits after \u. */
static anew_status read_hex(parser *p, unsigned int *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = p->at < p->end ? hex_digit(*p->at) : -1;
        if (digit < 0)
            return fault(p, "four hexadecimal digits wanted after \\u");
        *unit = *unit * 16 + (unsigned int)digit;
        p->at++;
    }
    return ANEW_OK;
}

/* Writes a character (RFC 3629), at most four bytes. */
static char *put_utf8(char *to, unsigned int code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* What follows a backslash: at most four bytes for at least two. */
static anew_status read_escape(parser *p, char **to)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *found = p->at < p->end && *p->at != '\0' ? strchr(letters, *p->at) : NULL;
    unsigned int code = 0, low = 0;
    if (found != NULL) {
        *(*to)++ = meant[found - letters];
        p->at++;
        return ANEW_OK;
    }
    if (p->at == p->end || *p->at != 'u')
        return fault(p, "no such escape");
    p->at++;
    ANEW_TRY(read_hex(p, &code));
    if (code >= 0xd800 && code < 0xdc00) {
        if (p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u')
            return fault(p, "the second half of a surrogate pair wanted");
        p->at += 2;
        ANEW_TRY(read_hex(p, &low));
        if (low < 0xdc00 || low > 0xdfff)
            return fault(p, "the second half of a surrogate pair wanted before this");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return fault(p, "half of a surrogate pair stands before this");
    } else if (code == 0) {
        return fault(p, "the character U+0000 stands before this");
    }
    *to = put_utf8(*to, code);
    return ANEW_OK;
}

/* Bytes of the UTF-8 character here (Unicode 15, table 3-7), or 0 where it is none. */
static int character_here(const parser *p)
{
    const unsigned char *c = (const unsigned char *)p->at;
    const ptrdiff_t left = p->end - p->at;
    const int length = c[0] < 0x80   ? 1
                       : c[0] < 0xc2 ? 0
                       : c[0] < 0xe0 ? 2
                       : c[0] < 0xf0 ? 3
                       : c[0] < 0xf5 ? 4
                                     : 0;
    if (length > left)
        return 0;
    for (int i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return length;
}

/* At the opening quote. */
static anew_status read_string(parser *p, const char **text)
{
    const char *close = p->at + 1;
    while (close < p->end && *close != '"')
        close += *close == '\\' && p->end - close > 1 ? 2 : 1;
    char *room = take(p->document, (size_t)(close - p->at) + 4);
    if (room == NULL)
        return no_memory(p);
    *text = room;
    p->at++;
    while (p->at < p->end && *p->at != '"') {
        if ((unsigned char)*p->at < ' ')
            return fault(p, "no control character may stand in a string");
        if (*p->at == '\\') {
            p->at++;
            ANEW_TRY(read_escape(p, &room));
            continue;
        }
        const int length = character_here(p);
        if (length == 0)
            return fault(p, "a character of UTF-8 wanted");
        memcpy(room, p->at, (size_t)length);
        room += length;
        p->at += length;
    }
    if (p->at == p->end)
        return fault(p, "the string does not end");
    p->at++;
    *room = '\0';
    return ANEW_OK;
}

/* ---- numbers and words ------------------------------------------------------------------------------- */

static bool skip_digits(parser *p)
{
    const char *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return p->at > start;
}

static anew_status read_number(parser *p, double *number)
{
    char text[LONGEST_NUMBER + 1];
    const char *start = p->at;
    if (*p->at == '-')
        p->at++;
    const bool zero = p->at < p->end && *p->at == '0';
    if (!skip_digits(p))
        return fault(p, "a digit wanted");
    if (zero && p->at - start > (*start == '-' ? 2 : 1))
        return fault(p, "a number may not begin with a 0 that another digit follows");
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        if (!skip_digits(p))
            return fault(p, "a digit wanted after the point");
    }
    if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
        p->at++;
        if (p->at < p->end && (*p->at == '+' || *p->at == '-'))
            p->at++;
        if (!skip_digits(p))
            return fault(p, "a digit wanted in the exponent");
    }
    const size_t length = (size_t)(p->at - start);
    if (length > LONGEST_NUMBER)
        return limit(p, "characters in a number", LONGEST_NUMBER);
    memcpy(text, start, length);
    text[length] = '\0';
    *number = strtod(text, NULL);
    if (!isfinite(*number)) {
        p->at = start;
        return fault(p, "the number is too large");
    }
    return ANEW_OK;
}

static bool read_word(parser *p, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0)
        return false;
    p->at += length;
    return true;
}

/* ---- values ------------------------------------------------------------------------------------------ */

static void skip_space(parser *p)
{
    for (; p->at < p->end && *p->at != '\0' && strchr(" \t\r\n", *p->at) != NULL; p->at++)
        if (*p->at == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        }
}

static anew_status read_value(parser *p, json_value **value, int depth);

static anew_status check_name(const parser *p, const json_value *object, const char *name)
{
    if (json_member(object, name) == NULL)
        return ANEW_OK;
    return anew_fail(p->error, ANEW_ERROR_FORMAT,
                     "%s: line %d: a second member of the name \"%s\" in one object",
                     p->document->label, p->line, name);
}

/* Behind the opening bracket or brace. */
static anew_status read_inside(parser *p, json_value *whole, int depth)
{
    const char close = whole->kind == JSON_OBJECT ? '}' : ']';
    const json_value **link = &whole->first;
    if (depth > JSON_MOST_DEPTH)
        return limit(p, "values within each other", JSON_MOST_DEPTH);
    skip_space(p);
    if (p->at < p->end && *p->at == close) {
        p->at++;
        return ANEW_OK;
    }
    for (;;) {
        const char *name = NULL;
        json_value *inner = NULL;
        if (whole->kind == JSON_OBJECT) {
            if (p->at == p->end || *p->at != '"')
                return fault(p, "a member's name in quotes wanted");
            if (whole->count >= JSON_MOST_MEMBERS)
                return limit(p, "members in one object", JSON_MOST_MEMBERS);
            ANEW_TRY(read_string(p, &name));
            ANEW_TRY(check_name(p, whole, name));
            skip_space(p);
            if (p->at == p->end || *p->at != ':')
                return fault(p, "':' wanted after a member's name");
            p->at++;
            skip_space(p);
        }
        ANEW_TRY(read_value(p, &inner, depth));
        inner->name = name;
        *link = inner;
        link = &inner->next;
        whole->count++;
        skip_space(p);
        if (p->at < p->end && *p->at == close)
            break;
        if (p->at == p->end || *p->at != ',')
            return fault(p, close == '}' ? "',' or '}' wanted" : "',' or ']' wanted");
        p->at++;
        skip_space(p);
    }
    p->at++;
    return ANEW_OK;
}

/* At the value's first byte. */
static anew_status read_value(parser *p, json_value **value, int depth)
{
    if (p->values >= JSON_MOST_VALUES)
        return limit(p, "values", JSON_MOST_VALUES);
    json_value *v = take(p->document, sizeof *v);
    if (v == NULL)
        return no_memory(p);
    *v = (json_value){.line = p->line, .column = (int)(p->at - p->line_start) + 1};
    *value = v;
    p->values++;
    const char c = p->at < p->end ? *p->at : '\0';
    if (c == '{' || c == '[') {
        v->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        p->at++;
        return read_inside(p, v, depth + 1);
    }
    if (c == '"') {
        v->kind = JSON_STRING;
        return read_string(p, &v->text);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        v->kind = JSON_NUMBER;
        return read_number(p, &v->number);
    }
    v->number = read_word(p, "true");
    v->kind = v->number > 0 || read_word(p, "false") ? JSON_BOOLEAN : JSON_NULL;
    if (v->kind == JSON_NULL && !read_word(p, "null"))
        return fault(p, "a value wanted");
    return ANEW_OK;
}

/* ---- documents --------------------------------------------------------------------------------------- */

static anew_status read_all(parser *p)
{
    const json_value **link = &p->document->first;
    for (skip_space(p); p->at < p->end || p->document->count == 0; skip_space(p)) {
        json_value *value = NULL;
        ANEW_TRY(read_value(p, &value, 0));
        *link = value;
        link = &value->next;
        p->document->count++;
        if (p->at < p->end && strchr(" \t\r\n{[\"", *p->at) == NULL)
            return fault(p, "nothing more wanted here");
    }
    return ANEW_OK;
}

anew_status json_read(json_document **document, const char *data, size_t size, const char *label,
                      anew_error *error)
{
    *document = NULL;
    if (size > JSON_MOST_BYTES)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: has %zu bytes, more than %zu", label, size,
                         JSON_MOST_BYTES);
    json_document *d = anew_alloc_zero(sizeof *d);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to read it", label);
    d->label = label;
    parser p = {.document = d,
                .at = data,
                .end = data + size,
                .line_start = data,
                .line = 1,
                .error = error};
    const anew_status status = read_all(&p);
    if (status != ANEW_OK)
        json_free(&d);
    *document = d;
    return status;
}

anew_status json_read_file(json_document **document, const char *path, anew_error *error)
{
    anew_bytes bytes = {0};
    *document = NULL;
    ANEW_TRY(anew_file_read(&bytes, path, JSON_MOST_BYTES, error));
    const anew_status status =
        json_read(document, (const char *)bytes.data, bytes.size, path, error);
    anew_bytes_free(&bytes);
    return status;
}

void json_free(json_document **document)
{
    if (*document == NULL)
        return;
    for (block *b = (*document)->blocks; b != NULL;) {
        block *next = b->next;
        anew_free(b);
        b = next;
    }
    anew_free(*document);
    *document = NULL;
}

const json_value *json_first(const json_document *document, int *count)
{
    *count = document->count;
    return document->first;
}

/* ---- what a program wants of a value ----------------------------------------------------------------- */

anew_status json_refuse(const json_document *document, const json_value *at, anew_error *error,
                        const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: line %d, column %d: %s", document->label,
                     at->line, at->column, text);
}

const json_value *json_member(const json_value *object, const char *name)
{
    for (const json_value *m = object->first; m != NULL; m = m->next)
        if (m->name != NULL && strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

const char *json_kind_name(json_kind kind)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOLEAN] = "true or false", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",        [JSON_OBJECT] = "an object",
    };
    return names[kind];
}

anew_status json_want(const json_document *document, const json_value *value, json_kind kind,
                      const char *what, anew_error *error)
{
    if (value->kind != kind)
        return json_refuse(document, value, error, "%s must be %s, not %s", what,
                           json_kind_name(kind), json_kind_name(value->kind));
    return ANEW_OK;
}

anew_status json_want_number(double *number, const json_document *document, const json_value *value,
                             double minimum, double maximum, const char *what, anew_error *error)
{
    ANEW_TRY(json_want(document, value, JSON_NUMBER, what, error));
    if (!(value->number >= minimum) || !(value->number <= maximum))
        return json_refuse(document, value, error, "%s is %.15g; it must be from %.15g to %.15g",
                           what, value->number, minimum, maximum);
    *number = value->number;
    return ANEW_OK;
}

bool json_is_listed(const char *name, const char *names)
{
    const size_t length = strlen(name);
    for (const char *at = names; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, name, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return length > 0 && strchr(name, '|') == NULL;
    }
    return false;
}

anew_status json_want_members(const json_document *document, const json_value *object,
                              const char *names, anew_error *error)
{
    for (const json_value *m = object->first; m != NULL; m = m->next)
        if (!json_is_listed(m->name, names))
            return json_refuse(document, m, error, "there is no member \"%s\"; known are %s",
                               m->name, names);
    return ANEW_OK;
}
