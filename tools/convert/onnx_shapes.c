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
    return (onnx_size){.side = axis == 2 ? 'h' : 'w',
                       .up = v->up,
                       .down = v->down,
                       .extra = v->extra,
                       .less = v->less,
                       .of = value + 1,
                       .rounded = g->n.rounded};
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

void onnx_relate(onnx_graph *g, onnx_size wanted, onnx_size is)
{
    g->relates = g->relates || (wanted.side != 0 && wanted.of != 0 && wanted.of != is.of &&
                                (is.down > 1 || wanted.down > 1));
}

int onnx_times(onnx_size a, onnx_size b)
{
    if (a.side != b.side)
        return 0;
    if (a.side == 0)
        return b.number > 0 && a.number % b.number == 0 && a.number / b.number <= 16
                   ? (int)(a.number / b.number)
                   : 0;
    if (a.rounded && (a.down > 1 || a.less > 0 || b.down > 1 || b.less > 0))
        return a.up == b.up && a.down == b.down && a.less == b.less && a.extra == b.extra ? 1 : 0;
    for (int times = 1; times <= 16; times++)
        if ((int64_t)a.up * b.down == (int64_t)b.up * a.down * times && a.extra == b.extra * times)
            return times;
    return 0;
}

onnx_size onnx_multiplied(onnx_size a, int64_t factor, int64_t divisor)
{
    const onnx_size none = {.side = '!'};
    const int64_t most = (int64_t)1 << 40;
    if (a.side == '?' || a.side == '!')
        return a;
    if (factor < -most || factor > most || divisor < 1 || divisor > most || a.number > most / 64 ||
        a.number < -most / 64)
        return none;
    if (a.side == 0 && (factor > 64 || factor < -64) &&
        (a.number > 1 << 20 || a.number < -(1 << 20)))
        return none;
    if (a.side == 0) {
        a.number = a.number * factor / divisor;
        return a;
    }
    if (a.rounded && factor == 1 && divisor > 1 && divisor <= 64) { /* rounded down */
        if (a.up != 1 || a.extra != 0 || a.down > 64)
            return none;
        a.less += a.down * (int)(divisor - 1);
        a.down *= (int)divisor;
        return a;
    }
    if (a.rounded && (divisor > 1 || (factor > 1 && (a.down > 1 || a.less > 0))))
        return none;
    if (factor < 1 || factor > 64 || divisor > 64 || (int64_t)a.extra * factor % divisor != 0)
        return none;
    a.up *= (int)factor;
    a.down *= (int)divisor;
    a.extra = (int)(a.extra * factor / divisor);
    for (int f = 2; f <= a.up && f <= a.down; f++)
        while (a.up % f == 0 && a.down % f == 0) {
            a.up /= f;
            a.down /= f;
        }
    return a.up > 4096 || a.down > 4096 ? none : a;
}

static onnx_size multiplied(onnx_graph *g, onnx_size a, int64_t factor, int64_t divisor)
{
    const onnx_size result = onnx_multiplied(a, factor, divisor);
    if (result.side == '!') {
        onnx_unknown(g, "multiplies or divides a side by what is not known");
        return a;
    }
    return result;
}

/* A number that is the same in all of a list: a whole number, a half and such as factor / divisor. */
static bool number_of(onnx_graph *g, int k, int64_t *factor, int64_t *divisor)
{
    const onnx_symbol s = *onnx_input(g, k);
    float reals[ONNX_MAX_SIZES] = {0};
    *divisor = 1;
    if (s.kind == ONNX_SIZES && s.count > 0 && s.sizes[0].side == 0) {
        *factor = s.sizes[0].number;
        for (int i = 1; i < s.count; i++)
            if (s.sizes[i].side != 0 || s.sizes[i].number != *factor)
                return false;
        return true;
    }
    const int count = s.kind == ONNX_REALS ? onnx_floats(&s.tensor, reals, ONNX_MAX_SIZES) : 0;
    if (count < 1 || count > ONNX_MAX_SIZES)
        return false;
    for (int i = 1; i < count; i++)
        if (reals[i] != reals[0])
            return false;
    for (; *divisor <= 16; (*divisor)++) {
        const float real = reals[0] * (float)*divisor;
        if (real == floorf(real) && fabsf(reals[0]) < 1000) {
            *factor = (int64_t)real;
            return true;
        }
    }
    return false;
}

/* Two sizes of the picture: an area, or what one is of the other. */
static onnx_size of_two(onnx_graph *g, char op, onnx_size a, onnx_size b)
{
    if (op == '*')
        return (onnx_size){.side = '?'};
    const int times = op == '/' ? onnx_times(a, b) : 0;
    onnx_relate(g, a, b);
    if (times == 0)
        onnx_unknown(g, "computes with two sizes what is not known");
    return (onnx_size){.number = times};
}

/* a op b of sizes: lists of the same length, or one of them a number for all. */
static void arithmetic(onnx_graph *g, char op)
{
    onnx_symbol a = *onnx_input(g, 0);
    const onnx_symbol b = *onnx_input(g, 1);
    int64_t factor = 0, divisor = 1;
    bool by_number = false;
    if (a.kind == ONNX_SIZES && b.kind == ONNX_SIZES && a.count == b.count) {
        for (int i = 0; i < a.count; i++) {
            if (a.sizes[i].side != 0 && b.sizes[i].side != 0) {
                a.sizes[i] = of_two(g, op, a.sizes[i], b.sizes[i]);
                continue;
            }
            const bool turned = a.sizes[i].side == 0 && b.sizes[i].side != 0;
            const onnx_size size = turned ? b.sizes[i] : a.sizes[i],
                            other = turned ? a.sizes[i] : b.sizes[i];
            if (turned && (op == '/' || op == '-'))
                onnx_unknown(g, "computes with sizes what is not known");
            if (op == '*' || (op == '/' && other.number >= 1))
                a.sizes[i] =
                    multiplied(g, size, op == '*' ? other.number : 1, op == '*' ? 1 : other.number);
            else if (op != '/' && other.number > -(1 << 30) && other.number < 1 << 30 &&
                     (size.side == 0 || (other.number > -10000 && other.number < 10000))) {
                a.sizes[i] = size;
                a.sizes[i].extra +=
                    size.side == 0 ? 0 : (int)(op == '+' ? other.number : -other.number);
                a.sizes[i].number += size.side != 0 ? 0 : op == '+' ? other.number : -other.number;
            } else {
                onnx_unknown(g, "computes with sizes what is not known");
            }
        }
        onnx_give(g, 0, a);
        return;
    }
    by_number = a.kind == ONNX_SIZES && number_of(g, 1, &factor, &divisor);
    if (!by_number && b.kind == ONNX_SIZES && (op == '*' || op == '+') &&
        number_of(g, 0, &factor, &divisor)) {
        a = b;
        by_number = true;
    }
    if (!by_number) {
        onnx_unknown(g, "computes with sizes what is not known");
        return;
    }
    for (int i = 0; i < a.count; i++) {
        if (op == '*')
            a.sizes[i] = multiplied(g, a.sizes[i], factor, divisor);
        else if (op == '/' && factor >= 1)
            a.sizes[i] = multiplied(g, a.sizes[i], divisor, factor);
        else if ((op == '+' || op == '-') && divisor == 1 && factor > -10000 && factor < 10000 &&
                 a.sizes[i].number < (int64_t)1 << 40 && a.sizes[i].number > -((int64_t)1 << 40)) {
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
    const onnx_kind kind = onnx_input(g, 0)->kind;
    onnx_symbol s = {.kind = ONNX_SIZES};
    onnx_view view;
    if (kind == ONNX_REALS) {
        const onnx_symbol *of = onnx_input(g, 0);
        s.count = of->rank;
        for (int i = 0; i < of->rank; i++)
            s.sizes[i] = (onnx_size){.number = of->tensor.dims[i]};
    } else {
        (void)onnx_viewed(g, 0, &view);
        s.count = view.rank;
        for (int i = 0; i < view.rank; i++)
            s.sizes[i] = onnx_axis_size(&view, i);
    }
    int64_t first = onnx_integer(g->node, "start", 0), last = onnx_integer(g->node, "end", s.count);
    first += first < 0 ? s.count : 0;
    last += last < 0 ? s.count : 0;
    last = last > s.count ? s.count : last;
    if (first < 0 || last <= first) {
        onnx_unknown(g, "takes a part of a shape that is not known");
        return;
    }
    for (int i = 0; i < last - first; i++)
        s.sizes[i] = s.sizes[i + first];
    s.count = (int)(last - first);
    onnx_give(g, 0, s);
}

/* A list of numbers as a matrix, which PyTorch turns the pads of its own order with, and back. */
static void reshape_list(onnx_graph *g)
{
    onnx_symbol s = *onnx_input(g, 0);
    int64_t to[2] = {0};
    const int count = onnx_list(g, 1, "shape", to, 2);
    s.columns = count == 2 ? (int)(to[1] > 0 && to[1] <= ONNX_MAX_SIZES ? to[1] : 1) : 0;
    if (count < 1 || count > 2 || (s.columns > 0 && s.count % s.columns != 0) ||
        (count == 2 && to[0] != -1 && to[0] != s.count / s.columns) ||
        (count == 1 && to[0] != -1 && to[0] != s.count)) {
        onnx_unknown(g, "gives a list another shape in a way that is not known");
        return;
    }
    onnx_give(g, 0, s);
}

static void transpose_list(onnx_graph *g)
{
    const onnx_symbol from = *onnx_input(g, 0);
    onnx_symbol s = from;
    if (from.columns > 0) {
        const int rows = from.count / from.columns;
        for (int i = 0; i < from.count; i++)
            s.sizes[i % from.columns * rows + i / from.columns] = from.sizes[i];
        s.columns = rows;
    }
    onnx_give(g, 0, s);
}

static void constant_of_shape(onnx_graph *g)
{
    onnx_tensor tensor;
    int64_t length = 0, number = 0;
    onnx_symbol s = {.kind = ONNX_SIZES};
    const int count = onnx_list(g, 0, "shape", &length, 1);
    const bool fine =
        count == 1 && length >= 0 && length <= ONNX_MAX_SIZES &&
        (!onnx_constant(&tensor, g->node, "value") || onnx_wholes(&tensor, &number, 1) == 1);
    if (!fine)
        onnx_unknown(g, "makes a constant that is not known");
    s.count = fine ? (int)length : 0;
    for (int i = 0; i < s.count; i++)
        s.sizes[i].number = number;
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
        onnx_symbol part = *onnx_input(g, k);
        float reals[ONNX_MAX_SIZES];
        if (part.kind == ONNX_REALS) { /* factors of a Resize */
            const int count = onnx_floats(&part.tensor, reals, ONNX_MAX_SIZES);
            part.count = count < 0 ? ONNX_MAX_SIZES + 1 : count;
            for (int i = 0; i < part.count && i < ONNX_MAX_SIZES; i++) {
                if (!(fabsf(reals[i]) < 1e6f) || reals[i] != floorf(reals[i]))
                    part.count = ONNX_MAX_SIZES + 1;
                else
                    part.sizes[i] = (onnx_size){.number = (int64_t)reals[i]};
            }
            part.kind = ONNX_SIZES;
        }
        if (part.kind != ONNX_SIZES || s.count + part.count > ONNX_MAX_SIZES) {
            onnx_unknown(g, "joins what is not known");
            return;
        }
        for (int i = 0; i < part.count; i++)
            s.sizes[s.count++] = part.sizes[i];
    }
    onnx_give(g, 0, s);
}

/* A list (or the rows of a matrix) from `starts` to `ends` by `steps`. */
static void slice(onnx_graph *g)
{
    static const char *const names[] = {"starts", "ends", "axes", "steps"};
    const onnx_symbol from = *onnx_input(g, 0);
    const int each = from.columns > 0 ? from.columns : 1, rows = from.count / each;
    int64_t values[4] = {0, 0, 0, 1};
    onnx_symbol s = {.kind = ONNX_SIZES, .columns = from.columns};
    for (int i = 0; i < 4; i++) {
        const int there = onnx_list(g, i + 1, names[i], &values[i], 1);
        if (there != 1 && (i < 2 || there >= 0))
            onnx_unknown(g, "takes a part of a list that is not known");
    }
    const int64_t step = values[3];
    if (values[2] != 0 || step == 0 || step > ONNX_MAX_SIZES || step < -ONNX_MAX_SIZES) {
        onnx_unknown(g, "takes a part of a list that is not known");
        return;
    }
    for (int i = 0; i < 2; i++) {
        values[i] += values[i] < 0 ? rows : 0;
        const int64_t least = step < 0 ? -1 : 0, most = step < 0 ? rows - 1 : rows;
        values[i] = values[i] < least ? least : values[i] > most ? most : values[i];
    }
    for (int64_t i = values[0]; step > 0 ? i < values[1] : i > values[1]; i += step)
        for (int k = 0; k < each; k++)
            s.sizes[s.count++] = from.sizes[i * each + k];
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
            for (int k = 0; k < first.count && i == 4 && first.kind == ONNX_SIZES; k++)
                if (first.sizes[k].rounded && first.sizes[k].down > 1)
                    onnx_unknown(g, "rounds a size up");
            onnx_give(g, 0, first);
            return true;
        }
    bool sizes = first.kind == ONNX_SIZES ||
                 (g->node->input_count > 1 && onnx_has(g, 1) && first.kind == ONNX_REALS &&
                  onnx_input(g, 1)->kind == ONNX_SIZES);
    for (int k = 1; is_text(op, "Concat") && first.kind == ONNX_REALS && onnx_has(g, k); k++)
        sizes = sizes || onnx_input(g, k)->kind == ONNX_SIZES;
    if (!sizes)
        return false;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (is_text(op, operations[i].name)) {
            const onnx_kind second =
                g->node->input_count > 1 ? onnx_input(g, 1)->kind : ONNX_NOTHING;
            if (second == ONNX_VALUE || second == ONNX_VIEW || first.kind == ONNX_VALUE)
                return false;
            arithmetic(g, operations[i].sign);
            return true;
        }
    static const struct {
        const char *name;
        void (*does)(onnx_graph *g);
    } others[] = {{"Reshape", reshape_list},
                  {"Transpose", transpose_list},
                  {"ConstantOfShape", constant_of_shape},
                  {"Gather", gather}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (is_text(op, others[i].name)) {
            others[i].does(g);
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
