/*
 * protobuf.h - walks through the fields of a protobuf message, in memory, trusting nothing. A message is a row of
 * fields: a number and a wire type, then a value; nothing tells beforehand what is in it.
 */
#ifndef ANEW_CONVERT_PROTOBUF_H
#define ANEW_CONVERT_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes in the file: a message, a text, packed numbers. */
typedef struct span_bytes {
    const uint8_t *data;
    size_t size;
} span_bytes;

typedef enum field_kind {
    FIELD_NUMBER = 0, /* varint */
    FIELD_EIGHT = 1,  /* 8 bytes, little-endian */
    FIELD_BYTES = 2,
    FIELD_FOUR = 5 /* 4 bytes */
} field_kind;

typedef struct message_field {
    uint32_t number;
    field_kind kind;
    uint64_t value; /* all but BYTES */
    span_bytes bytes;
} message_field;

typedef struct message_reader {
    span_bytes message;
    size_t at;
    bool damaged; /* a field that cannot be, at byte `at` */
    bool cut;     /* because it reaches past the message's end */
} message_reader;

/* The next field; false at the end, or where the message is damaged. */
bool message_next(message_reader *reader, message_field *field);

/* The next varint of packed ones; false at the end or where it is damaged. */
bool packed_number(message_reader *reader, uint64_t *value);

static inline message_reader message_of(span_bytes message)
{
    return (message_reader){.message = message};
}

static inline bool same_bytes(span_bytes a, span_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool is_text(span_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

#endif
