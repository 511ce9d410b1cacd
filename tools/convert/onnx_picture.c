/* onnx_picture.c - the graph's input: its name, type and shape (ValueInfoProto and what is in it). */
#include "onnx.h"

enum graph_field { GRAPH_INPUT = 11 };
enum end_field { END_NAME = 1, END_TYPE = 2 };
enum shape_field {
    TYPE_TENSOR = 1,
    TENSOR_ELEMENT = 1,
    TENSOR_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1
};

span_bytes onnx_picture(const onnx_file *f)
{
    message_reader r = message_of(f->graph), inner;
    message_field field, name;
    while (message_next(&r, &field)) {
        if (field.number != GRAPH_INPUT || field.kind != FIELD_BYTES)
            continue;
        inner = message_of(field.bytes);
        while (message_next(&inner, &name))
            if (name.number == END_NAME && name.kind == FIELD_BYTES &&
                onnx_find_tensor(f, name.bytes) == NULL)
                return name.bytes;
    }
    return (span_bytes){NULL, 0};
}

bool onnx_is_input(const onnx_file *f, span_bytes name)
{
    message_reader r = message_of(f->graph), inner;
    message_field field, part;
    while (message_next(&r, &field)) {
        if (field.number != GRAPH_INPUT || field.kind != FIELD_BYTES)
            continue;
        inner = message_of(field.bytes);
        while (message_next(&inner, &part))
            if (part.number == END_NAME && part.kind == FIELD_BYTES && same_bytes(part.bytes, name))
                return true;
    }
    return false;
}

/* The field of that number that is a message. */
static span_bytes part_of(span_bytes message, uint32_t number)
{
    message_reader r = message_of(message);
    message_field field;
    while (message_next(&r, &field))
        if (field.number == number && field.kind == FIELD_BYTES)
            return field.bytes;
    return (span_bytes){NULL, 0};
}

int onnx_picture_shape(const onnx_file *f, int64_t dims[4], int64_t *type)
{
    const span_bytes picture = onnx_picture(f);
    message_reader r = message_of(f->graph);
    message_field field;
    int rank = 0;
    *type = 0;
    while (message_next(&r, &field)) {
        if (field.number != GRAPH_INPUT || field.kind != FIELD_BYTES ||
            !same_bytes(part_of(field.bytes, END_NAME), picture))
            continue;
        const span_bytes tensor = part_of(part_of(field.bytes, END_TYPE), TYPE_TENSOR);
        message_reader t = message_of(tensor);
        while (message_next(&t, &field))
            if (field.number == TENSOR_ELEMENT && field.kind == FIELD_NUMBER)
                *type = field.value > 1000 ? 1000 : (int64_t)field.value;
        message_reader s = message_of(part_of(tensor, TENSOR_SHAPE));
        while (message_next(&s, &field)) {
            if (field.number != SHAPE_DIM || field.kind != FIELD_BYTES)
                continue;
            message_field side;
            message_reader d = message_of(field.bytes);
            int64_t value = 0;
            while (message_next(&d, &side))
                if (side.number == DIM_VALUE && side.kind == FIELD_NUMBER)
                    value = side.value < (1 << 20) ? (int64_t)side.value : 0;
            if (rank < 4)
                dims[rank] = value;
            rank += rank < 1000 ? 1 : 0;
        }
        return rank;
    }
    return 0;
}
