/* protobuf.c - the wire format: https://protobuf.dev/programming-guides/encoding/ */
#include "protobuf.h"

#define LARGEST_NUMBER 536870911u /* of a field: 2^29 - 1 */

bool packed_number(message_reader *r, uint64_t *value)
{
    uint64_t number = 0;
    if (r->at >= r->message.size)
        return false;
    for (unsigned int shift = 0; shift < 64 && r->at < r->message.size; shift += 7) {
        const uint8_t byte = r->message.data[r->at++];
        if (shift == 63 && byte > 1)
            break; /* beyond 64 bits */
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = number;
            return true;
        }
    }
    r->cut = r->at >= r->message.size;
    r->damaged = true;
    return false;
}

/* `bytes` bytes as a number. */
static bool fixed(message_reader *r, uint64_t *value, size_t bytes)
{
    if (r->message.size - r->at < bytes) {
        r->cut = true;
        return false;
    }
    *value = 0;
    for (size_t i = bytes; i-- > 0;)
        *value = *value << 8 | r->message.data[r->at + i];
    r->at += bytes;
    return true;
}

bool message_next(message_reader *r, message_field *field)
{
    uint64_t key = 0, length = 0;
    if (r->damaged || r->at >= r->message.size)
        return false;
    const size_t start = r->at;
    bool good = packed_number(r, &key) && key >> 3 >= 1 && key >> 3 <= LARGEST_NUMBER;
    *field = (message_field){.number = (uint32_t)(key >> 3), .kind = (field_kind)(key & 7)};
    switch (good ? key & 7 : 7) {
    case FIELD_NUMBER:
        good = packed_number(r, &field->value);
        break;
    case FIELD_EIGHT:
        good = fixed(r, &field->value, 8);
        break;
    case FIELD_FOUR:
        good = fixed(r, &field->value, 4);
        break;
    case FIELD_BYTES:
        good = packed_number(r, &length);
        if (good && length > r->message.size - r->at) {
            r->cut = true;
            good = false;
        }
        if (good) {
            field->bytes = (span_bytes){r->message.data + r->at, (size_t)length};
            r->at += (size_t)length;
        }
        break;
    default: /* groups, which ONNX has none of */
        good = false;
        break;
    }
    if (!good) {
        r->damaged = true;
        r->at = start;
    }
    return good;
}
