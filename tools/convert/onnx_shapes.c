/*
 * onnx_shapes.c - the arithmetic of shapes in ONNX graphs. Exporters write "twice the size" as a row of nodes: the
 * shape of a value, a number out of it, a product, a list of such numbers, a Resize to them. Here a number is either
 * known or some multiple of the picture's rows or columns, so that it is known for every picture.
 */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "onnx_graph.h"

onnx_size onnx_size_of(const onnx_graph *g, int value, int axis)
{
    const nodes_value *v = nodes_value_of(&g->n, value);
    if (axis == 0 || (axis > 1 && v->single))
        return (onnx_size){.number = 1};
    if (axis == 1)
        return (onnx_size){.number = v->channels};
    return (onnx_size){
        .side = axis == 2 ? 'h' : 'w', .up = v->up, .down = v->down, .extra = v->extra};
}

onnx_size onnx_freed(const onnx_graph *g, onnx_size size, int axis)
{
    const int64_t side = g->sides[axis];
    if (size.side != 0 || side < 1 || size.number < 1)
        return size;
    for (int down = 1; down <= 16; down *= 2)
        for (int up = 1; up <= 16; up++)
            if (size.number * down == side * up)
                return (onnx_size){.side = axis == 0 ? 'h' : 'w', .up = up, .down = down};
    return size;
}

int onnx_times(onnx_size a, onnx_size b)
{
    if (a.side != b.side)
        return 0;
    if (a.side == 0)
        return b.number > 0 && a.number % b.number == 0 && a.number / b.number <= 16
                   ? (int)(a.number / b.number)
                   : 0;
    for (int times = 1; times <= 16; times++)
        if ((int64_t)a.up * b.down == (int64_t)b.up * a.down * times && a.extra == b.extra * times)
            return times;
    return 0;
}

static onnx_size multiplied(onnx_graph *g, onnx_size a, int64_t factor, int64_t divisor)
{
    if (factor < -64 || factor > 64 || divisor < 1 || divisor > 64 ||
        (a.side == 0 && (a.number > (1 << 24) || a.number < -(1 << 24)))) {
        onnx_unknown(g, "multiplies sizes by a number that is not known");
        return a;
    }
    if (a.side == 0) {
        a.number = a.number * factor / divisor;
        return a;
    }
    if (a.extra * factor % divisor != 0 || factor < 1) {
        onnx_unknown(g, "divides a side that need not be a multiple");
        return a;
    }
    a.up *= (int)factor;
    a.down *= (int)divisor;
    a.extra = (int)(a.extra * factor / divisor);
    for (int f = 2; f <= a.up && f <= a.down; f++)
        while (a.up % f == 0 && a.down % f == 0) {
            a.up /= f;
            a.down /= f;
        }
    if (a.up > 4096 || a.down > 4096)
        onnx_unknown(g, "makes a size that is not known");
    return a;
}

/* A number that is the same in all of a list: a whole number, a half and such as factor / divisor. */
static bool number_of(onnx_graph *g, int k, int64_t *factor, int64_t *divisor)
{
    const onnx_symbol s = *onnx_input(g, k);
    float real = 0;
    *divisor = 1;
    if (s.kind == ONNX_SIZES && s.count == 1 && s.sizes[0].side == 0) {
        *factor = s.sizes[0].number;
        return true;
    }
    if (s.kind != ONNX_REALS || onnx_floats(&s.tensor, &real, 1) != 1)
        return false;
    for (; *divisor <= 16; (*divisor)++)
        if (real * (float)*divisor == floorf(real * (float)*divisor) && fabsf(real) < 1000) {
            *factor = (int64_t)(real * (float)*divisor);
            return true;
        }
    return false;
}

/* a op b of sizes, one of them a known number, or both of the same length known. */
static void arithmetic(onnx_graph *g, char op)
{
    onnx_symbol a = *onnx_input(g, 0);
    int64_t factor = 0, divisor = 1;
    if (a.kind != ONNX_SIZES || (a.count == 1 && a.sizes[0].side == 0 && op != '/' && op != '-')) {
        a = *onnx_input(g, 1);
        if (!number_of(g, 0, &factor, &divisor) || a.kind != ONNX_SIZES || op == '/' || op == '-') {
            onnx_unknown(g, "computes with sizes what is not known");
            return;
        }
    } else if (!number_of(g, 1, &factor, &divisor)) {
        onnx_unknown(g, "computes with sizes what is not known");
        return;
    }
    for (int i = 0; i < a.count; i++) {
        if (op == '*')
            a.sizes[i] = multiplied(g, a.sizes[i], factor, divisor);
        else if (op == '/' && factor >= 1)
            a.sizes[i] = multiplied(g, a.sizes[i], divisor, factor);
        else if ((op == '+' || op == '-') && divisor == 1 && factor > -10000 && factor < 10000) {
            const int added = op == '+' ? (int)factor : (int)-factor;
            a.sizes[i].extra += a.sizes[i].side != 0 ? added : 0;
            a.sizes[i].number += a.sizes[i].side == 0 ? added : 0;
        } else {
            onnx_unknown(g, "computes with sizes what is not known");
        }
    }
    onnx_give(g, 0, a);
}

static void shape(onnx_graph *g)
{
    const onnx_symbol *of = onnx_input(g, 0);
    onnx_symbol s = {.kind = ONNX_SIZES, .count = 4};
    if (of->kind != ONNX_VALUE) {
        onnx_unknown(g, "asks for the shape of what is no value");
        return;
    }
    for (int i = 0; i < 4; i++)
        s.sizes[i] = onnx_size_of(g, of->value, i);
    const int64_t first = onnx_integer(g->node, "start", 0), last = onnx_integer(g->node, "end", 4);
    if (first < 0 || first > 3 || last <= first || last > 4) {
        onnx_unknown(g, "takes a part of a shape that is not known");
        return;
    }
    for (int i = 0; i < last - first; i++)
        s.sizes[i] = s.sizes[i + first];
    s.count = (int)(last - first);
    onnx_give(g, 0, s);
}

static void gather(onnx_graph *g)
{
    const onnx_symbol from = *onnx_input(g, 0), at = *onnx_input(g, 1);
    onnx_symbol s = {.kind = ONNX_SIZES, .count = at.count};
    for (int i = 0; i < at.count; i++) {
        const int64_t index =
            at.sizes[i].number < 0 ? at.sizes[i].number + from.count : at.sizes[i].number;
        if (from.kind != ONNX_SIZES || at.kind != ONNX_SIZES || at.sizes[i].side != 0 ||
            index < 0 || index >= from.count) {
            onnx_unknown(g, "takes something out of a list that is not known");
            return;
        }
        s.sizes[i] = from.sizes[index];
    }
    onnx_give(g, 0, s);
}

static void concat(onnx_graph *g)
{
    onnx_symbol s = {.kind = ONNX_SIZES};
    for (int k = 0; k < g->node->input_count; k++) {
        const onnx_symbol part = *onnx_input(g, k);
        if (part.kind != ONNX_SIZES || s.count + part.count > ONNX_MAX_SIZES) {
            onnx_unknown(g, "joins what is not known");
            return;
        }
        for (int i = 0; i < part.count; i++)
            s.sizes[s.count++] = part.sizes[i];
    }
    onnx_give(g, 0, s);
}

/* A list from `starts` to `ends`, inputs (since opset 10) or attributes. */
static void slice(onnx_graph *g)
{
    const onnx_symbol from = *onnx_input(g, 0);
    int64_t first = 0, last = from.count;
    onnx_symbol s = {.kind = ONNX_SIZES};
    if (g->node->input_count > 2) {
        const onnx_symbol a = *onnx_input(g, 1), b = *onnx_input(g, 2);
        if (a.kind != ONNX_SIZES || b.kind != ONNX_SIZES || a.count != 1 || b.count != 1 ||
            a.sizes[0].side != 0 || b.sizes[0].side != 0 || onnx_has(g, 4)) {
            onnx_unknown(g, "takes a part of a list that is not known");
            return;
        }
        first = a.sizes[0].number;
        last = b.sizes[0].number;
    } else if (onnx_integers(g->node, "starts", &first, 1) != 1 ||
               onnx_integers(g->node, "ends", &last, 1) != 1) {
        onnx_unknown(g, "takes a part of a list that is not known");
        return;
    }
    first = first < 0 ? first + from.count : first;
    last = last < 0 ? last + from.count : last > from.count ? from.count : last;
    for (int64_t i = first < 0 ? 0 : first; i < last; i++)
        s.sizes[s.count++] = from.sizes[i];
    onnx_give(g, 0, s);
}

static void constant(onnx_graph *g)
{
    onnx_tensor tensor;
    int64_t number = 0;
    if (onnx_constant(&tensor, g->node, "value")) {
        onnx_give(g, 0, onnx_stored(g, &tensor));
    } else if (onnx_integers(g->node, "value_ints", &number, 1) > 0) {
        onnx_symbol s = {.kind = ONNX_SIZES};
        int64_t numbers[ONNX_MAX_SIZES];
        const int count = onnx_integers(g->node, "value_ints", numbers, ONNX_MAX_SIZES);
        s.count = count < ONNX_MAX_SIZES ? count : ONNX_MAX_SIZES;
        for (int i = 0; i < s.count; i++)
            s.sizes[i].number = numbers[i];
        onnx_give(g, 0, s);
    } else {
        onnx_symbol s = {.kind = ONNX_SIZES, .count = 1};
        s.sizes[0].number = onnx_integer(g->node, "value_int", INT64_MIN);
        if (s.sizes[0].number == INT64_MIN)
            onnx_unknown(g, "is a constant of a kind that is not known");
        onnx_give(g, 0, s);
    }
}

bool onnx_shape_operation(onnx_graph *g)
{
    static const struct {
        const char *name;
        char sign;
    } operations[] = {{"Mul", '*'}, {"Div", '/'}, {"Add", '+'}, {"Sub", '-'}};
    static const char *const same[] = {"Identity", "Cast",      "Dropout", "Floor",
                                       "Ceil",     "Unsqueeze", "Squeeze"};
    const span_bytes op = g->node->op;
    if (is_text(op, "Constant")) {
        constant(g);
        return true;
    }
    if (is_text(op, "Shape")) {
        shape(g);
        return true;
    }
    if (!onnx_has(g, 0))
        return false;
    const onnx_symbol first = *onnx_input(g, 0);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (is_text(op, same[i]) &&
            (first.kind == ONNX_SIZES || (first.kind == ONNX_REALS && i != 3 && i != 4))) {
            onnx_give(g, 0, first);
            return true;
        }
    const bool sizes = first.kind == ONNX_SIZES ||
                       (g->node->input_count > 1 && onnx_has(g, 1) && first.kind == ONNX_REALS &&
                        onnx_input(g, 1)->kind == ONNX_SIZES);
    if (!sizes)
        return false;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (is_text(op, operations[i].name)) {
            if (g->node->input_count > 1 && onnx_input(g, 1)->kind == ONNX_VALUE)
                return false;
            arithmetic(g, operations[i].sign);
            return true;
        }
    if (is_text(op, "Gather")) {
        gather(g);
        return true;
    }
    if (is_text(op, "Concat")) {
        concat(g);
        return true;
    }
    if (is_text(op, "Slice")) {
        slice(g);
        return true;
    }
    return false;
}
