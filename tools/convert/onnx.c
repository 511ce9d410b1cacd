/*
 * onnx.c - ONNX: one protobuf message, ModelProto, that holds the graph's nodes and its tensors
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the numbers of the fields).
 *
 * Of the messages only those are looked into that a network of convolutions needs, to a depth that is fixed:
 * model, graph, node, attribute, tensor. Graphs inside of nodes (If, Loop) are not: a walk never gets into them.
 */
#include "onnx.h"

#include <stdio.h>

#include "core/memory.h"

#define OLDEST_OPSET 7
#define NEWEST_OPSET 21

enum model_field { MODEL_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET = 8 };
enum opset_field { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum graph_field { GRAPH_NODE = 1, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum end_field { END_NAME = 1 };
enum node_field {
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP = 4,
    NODE_ATTRIBUTE = 5,
    NODE_DOMAIN = 7
};
enum attribute_field {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_REAL = 2,
    ATTRIBUTE_INTEGER = 3,
    ATTRIBUTE_TEXT = 4,
    ATTRIBUTE_TENSOR = 5,
    ATTRIBUTE_INTEGERS = 8
};
enum tensor_field {
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_FLOATS = 4,
    TENSOR_INTEGERS = 5, /* 16-bit reals, too */
    TENSOR_LONGS = 7,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    TENSOR_DOUBLES = 10,
    TENSOR_EXTERNAL = 13,
    TENSOR_LOCATION = 14
};
enum tensor_type {
    TYPE_FLOAT = 1,
    TYPE_INT32 = 6,
    TYPE_INT64 = 7,
    TYPE_FLOAT16 = 10,
    TYPE_DOUBLE = 11,
    TYPE_BFLOAT16 = 16
};

static anew_status damaged(const onnx_file *f, const message_reader *r, const uint8_t *start)
{
    return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: damaged ONNX: %s at byte %zu", f->label,
                     r->cut ? "a field longer than what is left of the file, or of the message,"
                            : "no field of a message",
                     (size_t)(r->message.data - start) + r->at);
}

bool onnx_sniff(const uint8_t *data, size_t size)
{
    /* The version comes first, as all writers have it; then another field of the model's. */
    return size >= 4 && data[0] == MODEL_VERSION << 3 && data[1] >= 1 && data[1] < 32 &&
           (data[2] & 7) == FIELD_BYTES && data[2] >> 3 >= 2 && data[2] >> 3 <= 14;
}

/* ---- tensors ------------------------------------------------------------------------------------------ */

/* Adds a dimension; false where it is unusable. */
static bool add_dimension(onnx_tensor *t, uint64_t dimension)
{
    if (t->rank == ANEW_MAX_RANK || dimension > (uint64_t)CHECKPOINT_MAX_ELEMENTS ||
        (dimension > 0 && t->elements > CHECKPOINT_MAX_ELEMENTS / (int64_t)dimension))
        return false;
    t->dims[t->rank++] = (int64_t)dimension;
    t->elements *= (int64_t)dimension;
    return true;
}

static anew_status read_tensor(const onnx_file *f, onnx_tensor *t, span_bytes message,
                               const uint8_t *start)
{
    message_reader r = message_of(message);
    message_field field;
    bool usable = true;
    *t = (onnx_tensor){.message = message, .elements = 1};
    while (message_next(&r, &field)) {
        if (field.number == TENSOR_NAME && field.kind == FIELD_BYTES)
            t->name = field.bytes;
        if (field.number == TENSOR_TYPE && field.kind == FIELD_NUMBER)
            t->type = field.value > 1000 ? 1000 : (int64_t)field.value;
        if (field.number == TENSOR_DIMS && field.kind == FIELD_NUMBER)
            usable = usable && add_dimension(t, field.value);
        if (field.number == TENSOR_DIMS && field.kind == FIELD_BYTES) {
            message_reader packed = message_of(field.bytes);
            uint64_t dimension = 0;
            while (packed_number(&packed, &dimension))
                usable = usable && add_dimension(t, dimension);
            usable = usable && !packed.damaged;
        }
    }
    if (r.damaged)
        return damaged(f, &r, start);
    if (!usable)
        return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: tensor '%.*s' has a shape that no network here has", f->label,
                         (int)(t->name.size < 60 ? t->name.size : 60), (const char *)t->name.data);
    return ANEW_OK;
}

const onnx_tensor *onnx_find_tensor(const onnx_file *f, span_bytes name)
{
    for (int i = 0; name.size > 0 && i < f->tensor_count; i++)
        if (same_bytes(f->tensors[i].name, name))
            return &f->tensors[i];
    return NULL;
}

/* How the values of a type lie in a tensor's message. */
typedef struct value_layout {
    int64_t type;
    element_type element;
    uint32_t field; /* where they are not raw */
    field_kind kind;
} value_layout;

static const value_layout layouts[] = {
    {TYPE_FLOAT, ELEMENT_F32, TENSOR_FLOATS, FIELD_FOUR},
    {TYPE_FLOAT16, ELEMENT_F16, TENSOR_INTEGERS, FIELD_NUMBER},
    {TYPE_DOUBLE, ELEMENT_F64, TENSOR_DOUBLES, FIELD_EIGHT},
    {TYPE_BFLOAT16, ELEMENT_BF16, TENSOR_INTEGERS, FIELD_NUMBER},
};

static const value_layout *layout_of(const onnx_tensor *t)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].type == t->type)
            return &layouts[i];
    return NULL;
}

static void put(uint8_t *to, int64_t index, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[(size_t)index * bytes + i] = (uint8_t)(value >> (8 * i));
}

/* Values that stand in fields of their own, one by one or packed, as raw bytes; how many there are. `to` may be NULL,
 * then they are only counted; no more than `most` are stored. -1: damaged. */
static int64_t gather(uint8_t *to, int64_t most, const onnx_tensor *t, const value_layout *layout)
{
    const size_t bytes = element_bytes(layout->element);
    message_reader r = message_of(t->message);
    message_field field;
    int64_t count = 0;
    while (message_next(&r, &field)) {
        if (field.number != layout->field)
            continue;
        if (field.kind == layout->kind) {
            if (to != NULL && count < most)
                put(to, count, field.value, bytes);
            count++;
        } else if (field.kind == FIELD_BYTES && layout->kind == FIELD_NUMBER) {
            message_reader packed = message_of(field.bytes);
            for (uint64_t value = 0; packed_number(&packed, &value); count++)
                if (to != NULL && count < most)
                    put(to, count, value, bytes);
            if (packed.damaged)
                return -1;
        } else if (field.kind == FIELD_BYTES) {
            if (field.bytes.size % bytes != 0)
                return -1;
            const int64_t here = (int64_t)(field.bytes.size / bytes), left = most - count;
            if (to != NULL && left > 0)
                memcpy(to + (size_t)count * bytes, field.bytes.data,
                       (size_t)(here < left ? here : left) * bytes);
            count += here;
        }
    }
    return count;
}

/* The raw bytes, if that is how the values are stored; whether they lie in another file. */
static bool raw_bytes(span_bytes *raw, bool *elsewhere, const onnx_tensor *t)
{
    message_reader r = message_of(t->message);
    message_field field;
    bool found = false;
    *elsewhere = false;
    while (message_next(&r, &field)) {
        if (field.number == TENSOR_RAW && field.kind == FIELD_BYTES) {
            *raw = field.bytes;
            found = true;
        }
        if (field.number == TENSOR_EXTERNAL ||
            (field.number == TENSOR_LOCATION && field.kind == FIELD_NUMBER && field.value != 0))
            *elsewhere = true;
    }
    return found;
}

anew_status onnx_add_tensor(const onnx_file *f, checkpoint *c, const onnx_tensor *t,
                            const char *name)
{
    const value_layout *layout = layout_of(t);
    span_bytes raw = {NULL, 0};
    bool elsewhere = false;
    if (layout == NULL)
        return anew_fail(
            f->error, ANEW_ERROR_UNSUPPORTED,
            "%s: tensor '%s' is of the type %lld; reals of 16, 32 and 64 bits are known", f->label,
            name, (long long)t->type);
    const bool is_raw = raw_bytes(&raw, &elsewhere, t);
    if (elsewhere)
        return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: the values of tensor '%s' are in another file (external data)",
                         f->label, name);
    if (is_raw)
        return checkpoint_add(c, f->label, name, layout->element, t->rank, t->dims, NULL, raw.data,
                              0, (int64_t)(raw.size / element_bytes(layout->element)), f->error);
    if (gather(NULL, 0, t, layout) != t->elements)
        return anew_fail(f->error, ANEW_ERROR_FORMAT,
                         "%s: tensor '%s' has not as many values as its shape says, %lld", f->label,
                         name, (long long)t->elements);
    uint8_t *values =
        anew_alloc(anew_size_mul((size_t)t->elements, element_bytes(layout->element)));
    if (values == NULL)
        return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", f->label);
    (void)gather(values, t->elements, t, layout);
    const anew_status status = checkpoint_add(c, f->label, name, layout->element, t->rank, t->dims,
                                              NULL, values, 0, t->elements, f->error);
    anew_free(values);
    return status;
}

int onnx_floats(const onnx_tensor *t, float *values, int most)
{
    span_bytes raw = {NULL, 0};
    bool elsewhere = false;
    uint8_t bytes[4 * 16] = {0};
    if (t->type != TYPE_FLOAT || most > 16 || t->elements > most)
        return -1;
    const int count = (int)t->elements;
    if (raw_bytes(&raw, &elsewhere, t)) {
        if (raw.size != 4 * (size_t)count)
            return -1;
        if (count > 0)
            memcpy(bytes, raw.data, raw.size);
    } else if (gather(bytes, count, t, &layouts[0]) != count) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                              (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
        memcpy(&values[i], &bits, sizeof bits);
    }
    return elsewhere ? -1 : count;
}

int onnx_wholes(const onnx_tensor *t, int64_t *values, int most)
{
    static const value_layout wholes[] = {
        {TYPE_INT32, ELEMENT_I32, TENSOR_INTEGERS, FIELD_NUMBER},
        {TYPE_INT64, ELEMENT_I64, TENSOR_LONGS, FIELD_NUMBER},
    };
    span_bytes raw = {NULL, 0};
    bool elsewhere = false;
    uint8_t bytes[8 * 16] = {0};
    const value_layout *layout = t->type == TYPE_INT32   ? &wholes[0]
                                 : t->type == TYPE_INT64 ? &wholes[1]
                                                         : NULL;
    if (layout == NULL || most > 16 || t->elements > most)
        return -1;
    const int count = (int)t->elements;
    const size_t size = element_bytes(layout->element);
    if (raw_bytes(&raw, &elsewhere, t)) {
        if (raw.size != size * (size_t)count)
            return -1;
        if (count > 0)
            memcpy(bytes, raw.data, raw.size);
    } else if (gather(bytes, count, t, layout) != count) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        uint64_t bits = 0;
        for (size_t k = size; k-- > 0;)
            bits = bits << 8 | bytes[(size_t)i * size + k];
        values[i] = size == 4 ? (int64_t)(int32_t)(uint32_t)bits : (int64_t)bits;
    }
    return elsewhere ? -1 : count;
}

/* ---- attributes ----------------------------------------------------------------------------------------- */

/* The attribute's message. */
static bool find_attribute(span_bytes *attribute, const onnx_node *node, const char *name)
{
    message_reader r = message_of(node->message);
    message_field field, inner;
    while (message_next(&r, &field)) {
        if (field.number != NODE_ATTRIBUTE || field.kind != FIELD_BYTES)
            continue;
        message_reader a = message_of(field.bytes);
        while (message_next(&a, &inner))
            if (inner.number == ATTRIBUTE_NAME && inner.kind == FIELD_BYTES &&
                is_text(inner.bytes, name)) {
                *attribute = field.bytes;
                return true;
            }
    }
    return false;
}

/* The last field of that number and kind in the attribute. */
static bool attribute_field_of(message_field *found, const onnx_node *node, const char *name,
                               uint32_t number, field_kind kind)
{
    span_bytes attribute;
    message_field field;
    bool any = false;
    if (!find_attribute(&attribute, node, name))
        return false;
    message_reader r = message_of(attribute);
    while (message_next(&r, &field))
        if (field.number == number && field.kind == kind) {
            *found = field;
            any = true;
        }
    return any;
}

int onnx_integers(const onnx_node *node, const char *name, int64_t *values, int most)
{
    span_bytes attribute;
    message_field field;
    int count = 0;
    if (!find_attribute(&attribute, node, name))
        return -1;
    message_reader r = message_of(attribute);
    while (message_next(&r, &field)) {
        if (field.number != ATTRIBUTE_INTEGERS)
            continue;
        message_reader packed = message_of(field.bytes);
        uint64_t value = field.value;
        while (field.kind == FIELD_NUMBER || packed_number(&packed, &value)) {
            if (count < most)
                values[count] = (int64_t)value;
            count += count < ONNX_MAX_NODES ? 1 : 0;
            if (field.kind == FIELD_NUMBER)
                break;
        }
    }
    return count;
}

int64_t onnx_integer(const onnx_node *node, const char *name, int64_t fallback)
{
    message_field field;
    return attribute_field_of(&field, node, name, ATTRIBUTE_INTEGER, FIELD_NUMBER)
               ? (int64_t)field.value
               : fallback;
}

float onnx_real(const onnx_node *node, const char *name, float fallback)
{
    message_field field;
    float value = fallback;
    if (attribute_field_of(&field, node, name, ATTRIBUTE_REAL, FIELD_FOUR)) {
        const uint32_t bits = (uint32_t)field.value;
        memcpy(&value, &bits, sizeof value);
    }
    return value;
}

span_bytes onnx_text(const onnx_node *node, const char *name, const char *fallback)
{
    message_field field;
    return attribute_field_of(&field, node, name, ATTRIBUTE_TEXT, FIELD_BYTES)
               ? field.bytes
               : (span_bytes){(const uint8_t *)fallback, strlen(fallback)};
}

bool onnx_constant(onnx_tensor *tensor, const onnx_node *node, const char *name)
{
    const onnx_file nobody = {.label = ""};
    message_field field;
    return attribute_field_of(&field, node, name, ATTRIBUTE_TENSOR, FIELD_BYTES) &&
           read_tensor(&nobody, tensor, field.bytes, field.bytes.data) == ANEW_OK;
}

/* ---- graphs -------------------------------------------------------------------------------------------- */

static anew_status read_node(onnx_file *f, span_bytes message, const uint8_t *start)
{
    message_reader r = message_of(message);
    message_field field;
    onnx_node node = {.message = message};
    bool foreign = false;
    while (message_next(&r, &field)) {
        if (field.kind != FIELD_BYTES)
            continue;
        if (field.number == NODE_OP)
            node.op = field.bytes;
        if (field.number == NODE_NAME)
            node.name = field.bytes;
        if (field.number == NODE_DOMAIN)
            foreign = field.bytes.size > 0 && !is_text(field.bytes, "ai.onnx");
        if (field.number == NODE_INPUT && node.input_count < ONNX_MAX_NODES) {
            if (node.input_count < ONNX_MAX_INPUTS)
                node.inputs[node.input_count] = field.bytes;
            node.input_count++;
        }
        if (field.number == NODE_OUTPUT && node.output_count < ONNX_MAX_NODES) {
            if (node.output_count == 0)
                node.output = field.bytes;
            if (node.output_count < ONNX_MAX_INPUTS)
                node.outputs[node.output_count] = field.bytes;
            node.output_count++;
        }
    }
    if (r.damaged)
        return damaged(f, &r, start);
    if (foreign)
        node.op = (span_bytes){NULL, 0}; /* an operation that means something else */
    if (f->node_count == ONNX_MAX_NODES)
        return anew_fail(f->error, ANEW_ERROR_LIMIT, "%s: more than %d nodes", f->label,
                         ONNX_MAX_NODES);
    onnx_node *nodes =
        anew_grow(f->nodes, &f->node_capacity, (size_t)f->node_count + 1, sizeof *nodes);
    if (nodes == NULL)
        return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its graph", f->label);
    f->nodes = nodes;
    nodes[f->node_count++] = node;
    return ANEW_OK;
}

static anew_status add_tensor(onnx_file *f, span_bytes message, const uint8_t *start)
{
    if (f->tensor_count == CHECKPOINT_MAX_TENSORS)
        return anew_fail(f->error, ANEW_ERROR_LIMIT, "%s: more than %d tensors", f->label,
                         CHECKPOINT_MAX_TENSORS);
    onnx_tensor *tensors =
        anew_grow(f->tensors, &f->tensor_capacity, (size_t)f->tensor_count + 1, sizeof *tensors);
    if (tensors == NULL)
        return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its graph", f->label);
    f->tensors = tensors;
    ANEW_TRY(read_tensor(f, &tensors[f->tensor_count], message, start));
    f->tensor_count++;
    return ANEW_OK;
}

/* An output of the graph: its name. */
static void read_output(onnx_file *f, span_bytes message)
{
    message_reader r = message_of(message);
    message_field field;
    while (f->output_count < ONNX_MAX_ENDS && message_next(&r, &field))
        if (field.number == END_NAME && field.kind == FIELD_BYTES) {
            f->outputs[f->output_count++] = field.bytes;
            return;
        }
}

static anew_status read_graph(onnx_file *f, span_bytes message, const uint8_t *start)
{
    message_reader r = message_of(message);
    message_field field;
    while (message_next(&r, &field)) {
        if (field.kind != FIELD_BYTES)
            continue;
        if (field.number == GRAPH_NODE)
            ANEW_TRY(read_node(f, field.bytes, start));
        else if (field.number == GRAPH_TENSOR)
            ANEW_TRY(add_tensor(f, field.bytes, start));
        else if (field.number == GRAPH_OUTPUT)
            read_output(f, field.bytes);
    }
    return r.damaged ? damaged(f, &r, start) : ANEW_OK;
}

/* The version of the operations that every graph may use, the domain without a name. */
static void read_opset(onnx_file *f, span_bytes message)
{
    message_reader r = message_of(message);
    message_field field;
    bool main_domain = true;
    int64_t version = 0;
    while (message_next(&r, &field)) {
        if (field.number == OPSET_DOMAIN && field.kind == FIELD_BYTES)
            main_domain = field.bytes.size == 0 || is_text(field.bytes, "ai.onnx");
        if (field.number == OPSET_VERSION && field.kind == FIELD_NUMBER)
            version = field.value > 1000 ? 1000 : (int64_t)field.value;
    }
    if (main_domain)
        f->opset = version;
}

anew_status onnx_parse(onnx_file *f, const uint8_t *data, size_t size)
{
    message_reader r = message_of((span_bytes){data, size});
    message_field field;
    bool has_graph = false;
    while (message_next(&r, &field)) {
        if (field.number == MODEL_OPSET && field.kind == FIELD_BYTES)
            read_opset(f, field.bytes);
        if (field.number == MODEL_GRAPH && field.kind == FIELD_BYTES) {
            if (has_graph)
                return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: two graphs in one ONNX file",
                                 f->label);
            has_graph = true;
            f->graph = field.bytes;
            ANEW_TRY(read_graph(f, field.bytes, data));
        }
    }
    if (r.damaged)
        return damaged(f, &r, data);
    if (!has_graph)
        return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: an ONNX file without a graph", f->label);
    if (f->opset < OLDEST_OPSET || f->opset > NEWEST_OPSET)
        return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: operations of ONNX version %lld; %d to %d are known", f->label,
                         (long long)f->opset, OLDEST_OPSET, NEWEST_OPSET);
    return ANEW_OK;
}

static int count_ops(const onnx_file *f, const char *op)
{
    int count = 0;
    for (int i = 0; i < f->node_count; i++)
        count += is_text(f->nodes[i].op, op) ? 1 : 0;
    return count;
}

anew_status onnx_read(checkpoint *c, const uint8_t *data, size_t size, const char *label,
                      anew_error *error)
{
    onnx_file f = {.label = label, .error = error};
    c->container = "ONNX";
    anew_status status = onnx_parse(&f, data, size);
    if (status == ANEW_OK) {
        /* What tells the two apart at a glance; the walk then looks at every operation. */
        if (f.output_count == 12 && count_ops(&f, "MaxPool") > 0)
            status = onnx_yunet(&f, c);
        else if (f.output_count == 9 && count_ops(&f, "MaxPool") == 0)
            status = onnx_scrfd(&f, c);
        else
            status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                               "%s: no network that is known here as ONNX (%d nodes, %d of them "
                               "convolutions, %d results). Known as ONNX: YuNet, SCRFD with five "
                               "points",
                               label, f.node_count, count_ops(&f, "Conv"), f.output_count);
    }
    anew_free(f.nodes);
    anew_free(f.tensors);
    return status;
}

anew_status onnx_read_graph(checkpoint *c, const uint8_t *data, size_t size, const char *label,
                            const nodes_options *options, anew_error *error)
{
    onnx_file f = {.label = label, .error = error};
    c->container = "ONNX";
    anew_status status = onnx_parse(&f, data, size);
    if (status == ANEW_OK)
        status = onnx_nodes(&f, c, options);
    anew_free(f.nodes);
    anew_free(f.tensors);
    return status;
}
