/*
 * plan.c - turns a fused graph into steps over values, for one size of picture.
 */
#include "plan/plan.h"

#include "core/memory.h"

typedef struct build_state {
    anew_plan *plan;
    const anew_fused *fused;
    int *value_of; /* [nodes]: index of plan->values, or -1 */
} build_state;

static const anew_node *node_of(const build_state *s, int id)
{
    return anew_graph_node(s->plan->graph, id);
}

static int blocks_of(int channels)
{
    return (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
}

/* ---- values and operands ------------------------------------------------------------------------ */

static int add_value(build_state *s, int id)
{
    anew_plan *plan = s->plan;
    const anew_node *node = node_of(s, id);
    plan->values[plan->value_count] = (anew_value){.node = id,
                                                   .channels = node->channels,
                                                   .blocks = blocks_of(node->channels),
                                                   .height = anew_node_side(node, plan->height),
                                                   .width = anew_node_side(node, plan->width),
                                                   .first_step = plan->step_count,
                                                   .last_step = plan->step_count,
                                                   .source = -1};
    s->value_of[id] = plan->value_count;
    return plan->value_count++;
}

/* A crop that is not stored. */
static void add_window(build_state *s, int id)
{
    anew_value *window = &s->plan->values[add_value(s, id)];
    window->source = s->value_of[node_of(s, id)->sources[0]];
    window->shift = node_of(s, id)->shift;
    window->first_step = s->plan->values[window->source].first_step;
}

static void note_read(build_state *s, int value)
{
    anew_value *values = s->plan->values;
    values[value].last_step = s->plan->step_count;
    if (values[value].source >= 0)
        values[values[value].source].last_step = s->plan->step_count;
}

/* The value of a stored node, noted as read by the step being built. */
static int read_value(build_state *s, int id)
{
    note_read(s, s->value_of[id]);
    return s->value_of[id];
}

/* Appends what a step reads when it reads node `id`, looking through views. */
static void add_operand(build_state *s, anew_step *step, int id)
{
    const anew_node *node = node_of(s, id);
    anew_operand operand = {.value = -1, .enlarge = 1, .unshuffle = 1, .channels = node->channels};
    if (s->fused[id].role == ANEW_ROLE_VIEW) {
        switch (node->op) {
        case ANEW_OP_CONCAT:
            for (int k = 0; k < node->source_count; k++)
                add_operand(s, step, node->sources[k]);
            return;
        case ANEW_OP_UPSAMPLE_NEAREST:
            operand.value = read_value(s, node->sources[0]);
            operand.enlarge = node->factor;
            break;
        case ANEW_OP_UPSAMPLE_BILINEAR:
            operand.value = read_value(s, node->sources[0]);
            operand.enlarge = node->factor;
            operand.bilinear = true;
            operand.corners = node->corners;
            break;
        case ANEW_OP_PIXEL_UNSHUFFLE:
            operand.unshuffle = node->factor;
            break;
        case ANEW_OP_CROP: /* a window */
            operand.value = read_value(s, id);
            break;
        default: /* the picture */
            break;
        }
    } else {
        operand.value = read_value(s, id);
    }
    step->operands[step->operand_count++] = operand;
}

/* ---- steps -------------------------------------------------------------------------------------- */

/* The operation of node `id` as an epilogue of the value `carried`. */
static anew_step_epilogue epilogue_of(build_state *s, int id, int carried)
{
    const anew_node *node = node_of(s, id);
    anew_step_epilogue epilogue = {.kind = ANEW_EPILOGUE_RELU, .value = -1};
    switch (node->op) {
    case ANEW_OP_PRELU:
    case ANEW_OP_LEAKY_RELU:
        epilogue.kind = ANEW_EPILOGUE_PRELU;
        epilogue.slope = s->plan->weights->nodes[id].slope;
        break;
    case ANEW_OP_SCALE:
        epilogue.kind = ANEW_EPILOGUE_SCALE;
        epilogue.factor = node->number;
        break;
    case ANEW_OP_ADD:
        epilogue.kind = ANEW_EPILOGUE_ADD;
        epilogue.value =
            read_value(s, node->sources[0] == carried ? node->sources[1] : node->sources[0]);
        break;
    default:
        break;
    }
    return epilogue;
}

/* Turns the group that ends in node `last`, if there is one, into operations of the step. */
static void build_tail(build_state *s, anew_step *step, int last)
{
    if (s->fused[last].group != last)
        return;
    anew_plan_tail(step, s->plan->weights, s->fused, s->value_of, s->fused[last].previous, last);
    for (int i = 0; i < step->tail_count; i++) {
        const int rows[] = {step->tail[i].first, step->tail[i].second};
        for (int k = 0; k < 2; k++)
            if (rows[k] >= 0)
                note_read(s, rows[k]);
    }
}

/* The chain that ends in node `last`: convolution, epilogue, group, and perhaps the writing of the output. */
static void build_conv(build_state *s, anew_step *step, int last)
{
    const anew_fused *fused = &s->fused[last];
    const int conv = fused->conv < 0 ? last : fused->conv;
    const anew_node *head = node_of(s, conv);
    step->kind = ANEW_STEP_CONV;
    step->head = conv;
    step->packed = &s->plan->weights->nodes[conv];
    step->unit = step->packed->kernel->rows;
    step->border = step->packed->kernel->border(&step->packed->shape);
    step->height = anew_node_side(head, s->plan->height);
    step->width = anew_node_side(head, s->plan->width);
    step->source_height = anew_node_side(node_of(s, head->sources[0]), s->plan->height);
    step->source_width = anew_node_side(node_of(s, head->sources[0]), s->plan->width);
    step->flops = 2.0 * (double)head->weight->elements * step->height * step->width;
    step->shift = head->shift;
    step->edge = head->edge;
    add_operand(s, step, head->sources[0]);
    for (int k = 0; k < step->operand_count; k++)
        step->operands[k].edge = head->edge;

    /* From the last node back to the head; the epilogue is filled from its end. */
    int count = 0;
    for (int id = last; id != conv; id = s->fused[id].previous) {
        const anew_op op = node_of(s, id)->op;
        const bool in_writing = op == ANEW_OP_PIXEL_SHUFFLE || s->fused[id].group == id ||
                                (fused->adds_input && id == last);
        count += in_writing ? 0 : 1;
    }
    step->epilogue_count = count;
    step->factor = 1;
    for (int id = last; id != conv; id = s->fused[id].previous) {
        const anew_node *node = node_of(s, id);
        if (node->op == ANEW_OP_PIXEL_SHUFFLE)
            step->factor = node->factor;
        else if (s->fused[id].group == id)
            build_tail(s, step, id);
        else if (fused->adds_input && id == last) {
            const int first = node->sources[0], previous = s->fused[id].previous;
            const int other = first == previous ? node->sources[1] : first;
            step->add_input = node->up / node->down;
            step->add_bilinear = node_of(s, other)->op == ANEW_OP_UPSAMPLE_BILINEAR;
        } else
            step->epilogue[--count] = epilogue_of(s, id, s->fused[id].previous);
    }
    if (!fused->to_output && step->factor > 1) {
        step->shuffle = step->factor;
        step->factor = 1;
        step->height *= step->shuffle;
        step->unit *= step->shuffle;
    }
}

anew_pointwise_kind anew_pointwise_of(anew_op op)
{
    static const anew_pointwise_kind functions[ANEW_OP_COUNT] = {
        [ANEW_OP_MULTIPLY] = ANEW_POINTWISE_MULTIPLY, [ANEW_OP_DIVIDE] = ANEW_POINTWISE_DIVIDE,
        [ANEW_OP_SQRT] = ANEW_POINTWISE_SQRT,         [ANEW_OP_EXP] = ANEW_POINTWISE_EXP,
        [ANEW_OP_ERF] = ANEW_POINTWISE_ERF,           [ANEW_OP_TANH] = ANEW_POINTWISE_TANH,
        [ANEW_OP_SIGMOID] = ANEW_POINTWISE_SIGMOID,   [ANEW_OP_SILU] = ANEW_POINTWISE_SILU,
        [ANEW_OP_MISH] = ANEW_POINTWISE_MISH,         [ANEW_OP_GELU] = ANEW_POINTWISE_GELU,
        [ANEW_OP_CLAMP] = ANEW_POINTWISE_CLAMP,
    };
    return functions[op];
}

/* A sum or product with a single pixel, or with noise: an operation of the tail that reads a stored value. */
static void build_spread(build_state *s, anew_step *step, int id)
{
    const anew_node *node = node_of(s, id);
    anew_tail_operation *to = &step->tail[step->tail_count++];
    step->kind = ANEW_STEP_TAIL;
    *to = (anew_tail_operation){.first = read_value(s, node->sources[0]),
                                .second = -1,
                                .plane = node->op == ANEW_OP_NOISE ? id : 0,
                                .result = ANEW_TAIL_ROW(0)};
    if (to->plane == 0)
        to->second = read_value(s, node->sources[1]);
    anew_plan_tail_operation(to, s->plan->graph, node, NULL);
}

/* The operation of node `id`, or of the node that the group begins with whose last node it is. */
static void build_single(build_state *s, anew_step *step, int id)
{
    static const anew_step_kind kinds[ANEW_OP_COUNT] = {
        [ANEW_OP_INPUT] = ANEW_STEP_LOAD,
        [ANEW_OP_PRELU] = ANEW_STEP_MAP,
        [ANEW_OP_LEAKY_RELU] = ANEW_STEP_MAP,
        [ANEW_OP_RELU] = ANEW_STEP_MAP,
        [ANEW_OP_ADD] = ANEW_STEP_MAP,
        [ANEW_OP_SCALE] = ANEW_STEP_MAP,
        [ANEW_OP_MULTIPLY] = ANEW_STEP_POINTWISE,
        [ANEW_OP_DIVIDE] = ANEW_STEP_POINTWISE,
        [ANEW_OP_SQRT] = ANEW_STEP_POINTWISE,
        [ANEW_OP_EXP] = ANEW_STEP_POINTWISE,
        [ANEW_OP_ERF] = ANEW_STEP_POINTWISE,
        [ANEW_OP_TANH] = ANEW_STEP_POINTWISE,
        [ANEW_OP_SIGMOID] = ANEW_STEP_POINTWISE,
        [ANEW_OP_SILU] = ANEW_STEP_POINTWISE,
        [ANEW_OP_MISH] = ANEW_STEP_POINTWISE,
        [ANEW_OP_CLAMP] = ANEW_STEP_POINTWISE,
        [ANEW_OP_GELU] = ANEW_STEP_POINTWISE,
        [ANEW_OP_LAYER_NORM] = ANEW_STEP_NORMALISE,
        [ANEW_OP_SOFTMAX] = ANEW_STEP_SOFTMAX,
        [ANEW_OP_MAX_POOL] = ANEW_STEP_POOL,
        [ANEW_OP_CONCAT] = ANEW_STEP_CONCAT,
        [ANEW_OP_PIXEL_SHUFFLE] = ANEW_STEP_SHUFFLE,
        [ANEW_OP_PIXEL_UNSHUFFLE] = ANEW_STEP_UNSHUFFLE,
        [ANEW_OP_UPSAMPLE_NEAREST] = ANEW_STEP_UPSAMPLE,
    };
    const int last = id;
    id = s->fused[last].group == last ? s->fused[last].previous : last;
    const anew_node *node = node_of(s, id);
    step->head = id;
    step->kind = kinds[node->op];
    step->function = anew_pointwise_of(node->op);
    step->packed = &s->plan->weights->nodes[id];
    step->epsilon = (double)node->number;
    step->height = anew_node_side(node, s->plan->height);
    step->width = anew_node_side(node, s->plan->width);
    if (node->op == ANEW_OP_MAX_POOL) {
        step->kernel = node->kernel;
        step->stride = node->stride;
        step->shift = node->shift;
        step->source_height = anew_node_side(node_of(s, node->sources[0]), s->plan->height);
        step->source_width = anew_node_side(node_of(s, node->sources[0]), s->plan->width);
    }
    step->factor = node->factor;
    if (node->op == ANEW_OP_CROP)
        step->shift = node->shift;
    step->unit = step->kind == ANEW_STEP_SHUFFLE ? step->factor : 1;
    if (step->kind == ANEW_STEP_CONV)
        step->kind = anew_whole_step_kind(node->op);
    if (step->kind == ANEW_STEP_WINDOWS) {
        step->unit = node->window;
        step->before = (node->window - node->shift) % node->window;
        step->overlap = node->overlap;
        step->flops = anew_window_flops(node) * step->height * step->width;
    }
    if (node->op == ANEW_OP_NOISE || anew_node_spreads(s->plan->graph, node)) {
        build_spread(s, step, id);
    } else if (step->kind == ANEW_STEP_MAP) {
        add_operand(s, step, node->sources[0]);
        step->epilogue[step->epilogue_count++] = epilogue_of(s, id, node->sources[0]);
    } else {
        for (int k = 0; k < node->source_count; k++)
            add_operand(s, step, node->sources[k]);
    }
    if (node->source_count > 0) {
        step->source_height = anew_node_side(node_of(s, node->sources[0]), s->plan->height);
        step->source_width = anew_node_side(node_of(s, node->sources[0]), s->plan->width);
    }
    if (step->kind == ANEW_STEP_BILINEAR) {
        step->operands[0].enlarge = node->factor;
        step->operands[0].corners = node->corners;
    }
    if (step->kind == ANEW_STEP_ADAPTIVE && step->height > 0)
        step->kernel = (step->source_height + step->height - 1) / step->height + 1;
    build_tail(s, step, last);
}

static int output_of(anew_plan *plan, int id)
{
    int output = 0;
    while (plan->outputs[output].node != id)
        output++;
    plan->outputs[output].step = plan->step_count;
    return output;
}

/* The step that computes node `id` and its chain, next in the plan. */
static void append_step(build_state *s, int id)
{
    anew_plan *plan = s->plan;
    anew_step *step = &plan->steps[plan->step_count];
    *step = (anew_step){.node = id, .destination = -1, .shuffle = 1};
    if (s->fused[id].conv >= 0 || node_of(s, id)->op == ANEW_OP_CONV)
        build_conv(s, step, id);
    else
        build_single(s, step, id);
    if (!s->fused[id].to_output)
        step->destination = add_value(s, id);
    else
        step->output = output_of(plan, id);
    plan->step_count++;
    plan->flops += step->flops;
}

/* A value that is needed again long after its first readers would keep as many rows as the network between
 * them reaches: of RRDBNet's first convolution 347 rows of 64 channels, a quarter of all activations. One
 * that is a convolution of the picture is computed twice instead: the picture's rows are kept, which have 3
 * channels. The work is the network's smallest layer once more. */
#define LONG_LIFE 12 /* steps */

static bool is_of_picture(const build_state *s, int id)
{
    const int conv = s->fused[id].conv < 0 ? id : s->fused[id].conv;
    if (node_of(s, conv)->op != ANEW_OP_CONV)
        return false;
    for (int k = id; k != conv; k = s->fused[k].previous)
        if (node_of(s, k)->op == ANEW_OP_ADD || s->fused[k].group == k)
            return false;
    const int source = node_of(s, conv)->sources[0];
    return s->fused[source].role == ANEW_ROLE_VIEW && node_of(s, source)->op != ANEW_OP_CONCAT &&
           (node_of(s, source)->op == ANEW_OP_INPUT ||
            node_of(s, node_of(s, source)->sources[0])->op == ANEW_OP_INPUT);
}

static void compute_sources_again(build_state *s, int node)
{
    for (int k = 0; k < node_of(s, node)->source_count; k++) {
        const int source = node_of(s, node)->sources[k], value = s->value_of[source];
        if (value >= 0 && s->fused[source].role == ANEW_ROLE_STEP &&
            s->plan->step_count - s->plan->values[value].last_step > LONG_LIFE &&
            is_of_picture(s, source))
            append_step(s, source);
    }
}

/* What the step that ends in node `id` reads. */
static void compute_again(build_state *s, int id)
{
    for (int node = id; node >= 0; node = s->fused[node].previous)
        for (int member = s->fused[node].group == node ? s->fused[node].previous + 1 : node;
             member <= node; member++)
            if (member == node || s->fused[member].group == node)
                compute_sources_again(s, member);
}

static void list_outputs(anew_plan *plan)
{
    plan->output_count = anew_graph_output_count(plan->graph);
    for (int i = 0; i < plan->output_count; i++) {
        const int id = anew_graph_output_at(plan->graph, i);
        const anew_node *node = anew_graph_node(plan->graph, id);
        plan->outputs[i] = (anew_plan_output){.node = id,
                                              .channels = node->channels,
                                              .height = anew_node_side(node, plan->height),
                                              .width = anew_node_side(node, plan->width)};
    }
}

static void build_steps(build_state *s)
{
    anew_plan *plan = s->plan;
    for (int id = 0; id < anew_graph_count(plan->graph); id++) {
        if (s->fused[id].role == ANEW_ROLE_VIEW && node_of(s, id)->op == ANEW_OP_CROP)
            add_window(s, id);
        if (s->fused[id].role != ANEW_ROLE_STEP)
            continue;
        compute_again(s, id);
        append_step(s, id);
    }
    for (int i = 0; i < plan->output_count; i++) {
        const int output = plan->outputs[i].node;
        if (s->fused[output].to_output)
            continue;
        anew_step *store = &plan->steps[plan->step_count];
        *store = (anew_step){.kind = ANEW_STEP_STORE,
                             .node = output,
                             .head = output,
                             .destination = -1,
                             .output = output_of(plan, output),
                             .height = anew_node_side(node_of(s, output), plan->height),
                             .width = anew_node_side(node_of(s, output), plan->width),
                             .unit = 1,
                             .shuffle = 1,
                             .factor = 1};
        add_operand(s, store, output);
        plan->step_count++;
    }
}

/* ---- borders, rows ------------------------------------------------------------------------------ */

#define SHARED_WIDTH 64

static void lay_out_rows(anew_plan *plan)
{
    for (int i = 0; i < plan->step_count; i++) {
        const anew_step *step = &plan->steps[i];
        for (int k = 0; step->kind == ANEW_STEP_CONV && k < step->operand_count; k++) {
            const anew_operand *operand = &step->operands[k];
            if (!anew_operand_is_made(operand) &&
                plan->values[operand->value].border < step->border)
                plan->values[operand->value].border = step->border;
        }
        anew_step_scratch(plan, step);
    }
    /* Rows of the same width are interchangeable (arena.c). */
    for (int i = 0; i < plan->value_count; i++)
        for (int k = 0; k < plan->value_count; k++)
            if (plan->values[k].width == plan->values[i].width &&
                plan->values[k].border > plan->values[i].border)
                plan->values[i].border = plan->values[k].border;
    for (int i = 0; i < plan->value_count; i++) {
        anew_value *value = &plan->values[i];
        size_t pixels = (size_t)value->width + 2 * (size_t)value->border;
        /* A network without padding has a width of its own for nearly each value: a few pixels more, and they can
         * share their rows. */
        if (anew_graph_margin(plan->graph) > 0)
            pixels = anew_size_round_up(pixels, SHARED_WIDTH);
        value->row_floats = anew_size_mul(pixels, ANEW_BLOCK);
    }
}

/* Rings of planar rows: the picture and the outputs. */
static void lay_out_planes(anew_plan *plan)
{
    const anew_node *input = anew_graph_node(plan->graph, 0);
    plan->input_floats = anew_size_mul(
        anew_size_mul((size_t)input->channels, (size_t)plan->input_rows), (size_t)plan->width);
    plan->output_floats = 0;
    for (int i = 0; i < plan->output_count; i++) {
        anew_plan_output *output = &plan->outputs[i];
        output->offset = plan->output_floats;
        plan->output_floats = anew_size_add(
            plan->output_floats,
            anew_size_mul(anew_size_mul((size_t)output->channels, (size_t)output->rows),
                          (size_t)output->width));
    }
}

/* ---- life --------------------------------------------------------------------------------------- */

anew_status anew_plan_create(anew_plan **plan, const anew_weights *weights, int height, int width,
                             int band, anew_plan_level level, anew_error *error)
{
    anew_status status = ANEW_OK;
    const anew_graph *graph = weights->graph;
    const size_t nodes = (size_t)anew_graph_count(graph);
    const int alignment = anew_graph_alignment(graph);
    const bool whole = height % alignment == 0 && width % alignment == 0;
    const int least = anew_graph_least_side(graph);
    if (height < least || width < least)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a plan for %dx%d pixels, fewer than %d",
                         width, height, least);
    if (height < 1 || width < 1 || (!whole && !anew_graph_takes_any_size(graph)))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a plan for %dx%d pixels, not multiples of %d",
                         width, height, alignment);

    const int side = anew_graph_side(graph);
    if (side > 0 && (height != side || width != side))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the network takes pictures of %dx%d pixels only, not %dx%d", side, side,
                         width, height);

    if (!anew_graph_fits(graph, height, width))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels is too small for the network", width, height);

    anew_fused *fused = anew_alloc(anew_size_mul(nodes, sizeof(anew_fused)));
    int *value_of = anew_alloc(anew_size_mul(nodes, sizeof(int)));
    anew_plan *p = anew_alloc_zero(sizeof *p);
    if (p != NULL) {
        p->graph = graph;
        p->weights = weights;
        p->height = height;
        p->width = width;
        p->steps = anew_alloc(anew_size_mul(2 * nodes + ANEW_MAX_OUTPUTS, sizeof(anew_step)));
        p->values = anew_alloc(anew_size_mul(2 * nodes, sizeof(anew_value)));
    }
    if (fused == NULL || value_of == NULL || p == NULL || p->steps == NULL || p->values == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
        goto out;
    }
    ANEW_TRY_GOTO(anew_plan_fuse(fused, graph, level, error), out);
    for (size_t i = 0; i < nodes; i++)
        value_of[i] = -1;
    list_outputs(p);
    build_state state = {p, fused, value_of};
    build_steps(&state);
    lay_out_rows(p);
    /* Input rows to rows of the last step. */
    const anew_step *last = &p->steps[p->step_count - 1];
    p->band = band < 1 || band >= height || anew_graph_is_whole(graph)
                  ? last->height
                  : (int)(((int64_t)band * last->height + height - 1) / height);
    ANEW_TRY_GOTO(anew_plan_list_readers(p, error), out);
    ANEW_TRY_GOTO(anew_rows_size(p, error), out);
    lay_out_planes(p);
out:
    anew_free(fused);
    anew_free(value_of);
    if (status != ANEW_OK)
        anew_plan_free(&p);
    *plan = p;
    return status;
}

void anew_plan_free(anew_plan **plan)
{
    if (*plan == NULL)
        return;
    anew_free((*plan)->steps);
    anew_free((*plan)->values);
    anew_free((*plan)->readers);
    anew_free(*plan);
    *plan = NULL;
}
