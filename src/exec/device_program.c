/*
 * device_program.c - a plan as a program for a device: values with their places in one arena,
 * steps with all that they need to know (kernels/cuda/device.h).
 *
 * The steps are those of the plan, fused as for a CPU, but for the planar picture, which a step of its own brings into
 * blocks, as an unshuffle of it where a convolution looks at it so. A value that only convolutions read, all of which
 * would round it to the same 16 bits, is stored rounded: that changes no result.
 */
#include <string.h>

#include "core/memory.h"
#include "exec/devices.h"

#define PLACE 256 /* values begin at multiples of so many bytes */

static size_t padded(int channels)
{
    return anew_size_round_up((size_t)channels, ANEW_BLOCK);
}

/* ---- steps ---------------------------------------------------------------------------------------------- */

/* No default: a kind that is new in the plan does not compile before it has its line here. */
anew_device_kind anew_device_kind_of(anew_step_kind kind)
{
    switch (kind) {
    case ANEW_STEP_CONV:
        return ANEW_DEVICE_CONV;
    case ANEW_STEP_MAP:
        return ANEW_DEVICE_MAP;
    case ANEW_STEP_POINTWISE:
        return ANEW_DEVICE_POINTWISE;
    case ANEW_STEP_NORMALISE:
        return ANEW_DEVICE_NORMALISE;
    case ANEW_STEP_SOFTMAX:
        return ANEW_DEVICE_SOFTMAX;
    case ANEW_STEP_POOL:
        return ANEW_DEVICE_POOL;
    case ANEW_STEP_CONCAT:
        return ANEW_DEVICE_CONCAT;
    case ANEW_STEP_UPSAMPLE:
        return ANEW_DEVICE_UPSAMPLE;
    case ANEW_STEP_SHUFFLE:
        return ANEW_DEVICE_SHUFFLE;
    case ANEW_STEP_UNSHUFFLE:
        return ANEW_DEVICE_UNSHUFFLE;
    case ANEW_STEP_LOAD:
        return ANEW_DEVICE_LOAD;
    case ANEW_STEP_STORE:
        return ANEW_DEVICE_STORE;
    case ANEW_STEP_TAIL:
        return ANEW_DEVICE_TAIL;
    case ANEW_STEP_BILINEAR:
        return ANEW_DEVICE_BILINEAR;
    case ANEW_STEP_NEAREST:
        return ANEW_DEVICE_NEAREST;
    case ANEW_STEP_ADAPTIVE:
        return ANEW_DEVICE_ADAPTIVE;
    case ANEW_STEP_AVERAGE:
        return ANEW_DEVICE_AVERAGE;
    case ANEW_STEP_SLICE:
        return ANEW_DEVICE_SLICE;
    case ANEW_STEP_CROP:
        return ANEW_DEVICE_CROP;
    case ANEW_STEP_CODEBOOK:
        return ANEW_DEVICE_CODEBOOK;
    case ANEW_STEP_CONSTANT:
        return ANEW_DEVICE_CONSTANT;
    case ANEW_STEP_DEMODULATION:
        return ANEW_DEVICE_DEMODULATION;
    case ANEW_STEP_WINDOWS:
        return ANEW_DEVICE_WINDOWS;
    case ANEW_STEP_FLATTEN:
        return ANEW_DEVICE_FLATTEN;
    case ANEW_STEP_GLOBAL_MEAN:
        return ANEW_DEVICE_GLOBAL_MEAN;
    case ANEW_STEP_GROUP_NORM:
        return ANEW_DEVICE_GROUP_NORM;
    case ANEW_STEP_ADAIN:
        return ANEW_DEVICE_ADAIN;
    case ANEW_STEP_ATTENTION:
        return ANEW_DEVICE_ATTENTION;
    }
    return ANEW_DEVICE_KINDS;
}

typedef struct lifetime {
    int first, last; /* steps */
    size_t bytes;
    bool narrow; /* only convolutions of 16 bits read it */
    int arithmetic;
    bool placed;
} lifetime;

typedef struct build_state {
    const anew_device_constants *constants;
    const anew_plan *plan;
    anew_device_value *values;
    anew_device_step *steps;
    int value_count, step_count;
    struct {
        int unshuffle, value;
    } loaded[ANEW_MAX_SOURCES]; /* the picture in blocks */
    int loaded_count;
    const anew_step *step; /* being built */
    anew_error *error;
} build_state;

static const anew_node *node_of(const build_state *s, int id)
{
    return anew_graph_node(s->plan->graph, id);
}

static anew_status refuse(const build_state *s, const char *what)
{
    char name[96], kernel[48];
    anew_step_describe(name, sizeof name, kernel, sizeof kernel, s->plan, s->step);
    return anew_fail(s->error, ANEW_ERROR_UNSUPPORTED, "the device cannot run step '%s' (%s): %s",
                     name, kernel, what);
}

/* The picture in blocks, by a step before all others. */
static anew_status load_picture(build_state *s, int *value, int unshuffle)
{
    for (int i = 0; i < s->loaded_count; i++)
        if (s->loaded[i].unshuffle == unshuffle) {
            *value = s->loaded[i].value;
            return ANEW_OK;
        }
    if (s->loaded_count == ANEW_MAX_SOURCES)
        return refuse(s, "it reads the picture in too many ways");
    const int channels = node_of(s, 0)->channels * unshuffle * unshuffle;
    *value = s->value_count;
    s->loaded[s->loaded_count].unshuffle = unshuffle;
    s->loaded[s->loaded_count++].value = *value;
    s->values[s->value_count++] = (anew_device_value){0, channels, s->plan->height / unshuffle,
                                                      s->plan->width / unshuffle, ANEW_DEVICE_F32};
    return ANEW_OK;
}

static anew_device_function function_of(anew_pointwise_kind kind)
{
    switch (kind) {
    case ANEW_POINTWISE_EXP:
        return ANEW_DEVICE_EXP;
    case ANEW_POINTWISE_ERF:
        return ANEW_DEVICE_ERF;
    case ANEW_POINTWISE_TANH:
        return ANEW_DEVICE_TANH;
    case ANEW_POINTWISE_SIGMOID:
        return ANEW_DEVICE_SIGMOID;
    case ANEW_POINTWISE_SILU:
        return ANEW_DEVICE_SILU;
    case ANEW_POINTWISE_MISH:
        return ANEW_DEVICE_MISH;
    case ANEW_POINTWISE_CLAMP:
        return ANEW_DEVICE_CLAMP;
    case ANEW_POINTWISE_GELU:
        return ANEW_DEVICE_GELU;
    case ANEW_POINTWISE_SQRT:
        return ANEW_DEVICE_SQRT;
    case ANEW_POINTWISE_MULTIPLY:
        return ANEW_DEVICE_MULTIPLY;
    case ANEW_POINTWISE_DIVIDE:
        return ANEW_DEVICE_DIVIDE;
    }
    return ANEW_DEVICE_GELU;
}

/* Fills function, factor and slopes of an epilogue's operation. */
static void set_map(anew_device_operation *to, const build_state *s, anew_epilogue_kind kind,
                    float factor, const float *slope)
{
    to->factor = factor;
    switch (kind) {
    case ANEW_EPILOGUE_PRELU:
        to->function = ANEW_DEVICE_PRELU;
        for (int i = 0; i < anew_graph_count(s->plan->graph); i++)
            if (s->plan->weights->nodes[i].slope == slope)
                to->numbers = s->constants->layers[i].slope;
        break;
    case ANEW_EPILOGUE_RELU:
        to->function = ANEW_DEVICE_RELU;
        break;
    case ANEW_EPILOGUE_SCALE:
        to->function = ANEW_DEVICE_SCALE;
        break;
    case ANEW_EPILOGUE_ADD:
        to->function = ANEW_DEVICE_ADD;
        break;
    }
}

static void add_operations(anew_device_step *to, const build_state *s, const anew_step *step)
{
    for (int i = 0; i < step->epilogue_count; i++) {
        const anew_step_epilogue *from = &step->epilogue[i];
        anew_device_operation *o = &to->operations[to->operation_count++];
        *o = (anew_device_operation){.numbers = ANEW_DEVICE_NONE,
                                     .first = ANEW_DEVICE_REGISTER(0),
                                     .second = ANEW_DEVICE_REGISTER(0),
                                     .result = ANEW_DEVICE_REGISTER(0)};
        set_map(o, s, from->kind, from->factor, from->slope);
        if (from->kind == ANEW_EPILOGUE_ADD)
            o->second = from->value;
    }
    for (int i = 0; i < step->tail_count; i++) {
        const anew_tail_operation *from = &step->tail[i];
        anew_device_operation *o = &to->operations[to->operation_count++];
        *o = (anew_device_operation){.numbers = ANEW_DEVICE_NONE,
                                     .first = from->first,
                                     .second = from->second,
                                     .result = from->result,
                                     .spread = from->spread};
        if (from->is_function)
            o->function = (int32_t)function_of(from->function);
        else
            set_map(o, s, from->map.kind, from->map.factor, from->map.slope);
        if (from->plane > 0) {
            o->function = ANEW_DEVICE_ADD_PLANE;
            o->numbers = s->constants->layers[from->plane].numbers;
            o->second = o->first;
        }
    }
    const int row = ANEW_DEVICE_REGISTER(0);
    for (int i = 0; i < to->operation_count; i++) {
        const anew_device_operation *o = &to->operations[i];
        if (o->first != row || o->result != row || (o->second < 0 && o->second != row))
            break;
        to->straight = i + 1;
    }
}

static anew_status add_operands(anew_device_step *to, build_state *s, const anew_step *step)
{
    for (int k = 0; k < step->operand_count; k++) {
        const anew_operand *from = &step->operands[k];
        int value = from->value;
        if (value < 0)
            ANEW_TRY(load_picture(s, &value, from->unshuffle));
        to->operands[to->operand_count++] = (anew_device_operand){
            .value = value,
            .channels = from->channels,
            .enlarge = step->kind == ANEW_STEP_CONV && from->value >= 0 ? from->enlarge : 1,
            .bilinear = step->kind == ANEW_STEP_CONV && from->bilinear,
            .corners = from->corners};
    }
    return ANEW_OK;
}

static void set_conv(anew_device_step *to, const build_state *s, const anew_step *step)
{
    const anew_conv_shape *shape = &step->packed->shape;
    const anew_device_layer *layer = &s->constants->layers[step->head];
    to->arithmetic = layer->arithmetic;
    to->weights = layer->weights;
    to->bias = layer->bias;
    to->kernel = shape->kernel_height;
    to->stride = shape->stride;
    to->dilation = shape->dilation;
    to->groups = shape->groups;
    to->in_channels = shape->in_channels;
    to->edge = (int32_t)step->edge;
}

static anew_status check_step(const build_state *s, const anew_device_step *to)
{
    if (to->kind == ANEW_DEVICE_ATTENTION &&
        to->source_height * (int64_t)to->source_width > ANEW_DEVICE_ATTENTION_PIXELS)
        return refuse(s, "attention over more than 8192 pixels");
    if (to->kind == ANEW_DEVICE_WINDOWS && to->window * to->window > ANEW_DEVICE_WINDOW_PIXELS)
        return refuse(s, "windows of more than 256 pixels");
    return ANEW_OK;
}

static anew_status add_step(build_state *s, const anew_step *step)
{
    const anew_node *head = node_of(s, step->head);
    const anew_device_layer *layer = &s->constants->layers[step->head];
    anew_device_step *to = &s->steps[s->step_count];
    s->step = step;
    if (step->epilogue_count + step->tail_count > ANEW_DEVICE_OPERATIONS)
        return refuse(s, "too many operations behind it");
    *to = (anew_device_step){.kind = (int32_t)anew_device_kind_of(step->kind),
                             .weights = layer->slope,
                             .bias = layer->bias,
                             .numbers = layer->numbers,
                             .epsilon = step->epsilon,
                             .destination = step->destination,
                             .channels = head->channels,
                             .height = step->height,
                             .width = step->width,
                             .source_height = step->source_height,
                             .source_width = step->source_width,
                             .shuffle = 1,
                             .kernel = step->kernel,
                             .stride = step->stride,
                             .groups = head->groups,
                             .shift = step->shift,
                             .factor = step->factor > 0 ? step->factor : 1,
                             .first = head->first,
                             .heads = head->heads,
                             .window = head->window};
    if (step->kind == ANEW_STEP_LOAD)
        to->factor = 1;
    if (step->kind == ANEW_STEP_WINDOWS)
        to->shift = head->shift;
    if (step->kind == ANEW_STEP_POINTWISE)
        to->function = (int32_t)function_of(step->function);
    ANEW_TRY(add_operands(to, s, step));
    if (step->kind == ANEW_STEP_CONV)
        set_conv(to, s, step);
    add_operations(to, s, step);
    if (step->destination < 0) {
        const anew_plan_output *output = &s->plan->outputs[step->output];
        to->output = output->offset;
        to->output_height = output->height;
        to->output_width = output->width;
        to->shuffle = step->kind == ANEW_STEP_STORE ? 1 : step->factor;
        to->add_input = step->add_input;
        to->add_bilinear = step->add_bilinear;
    }
    s->step_count++;
    return check_step(s, to);
}

/* Steps that bring the picture into blocks, before all others. */
static void prepend_loads(build_state *s)
{
    memmove(s->steps + s->loaded_count, s->steps, (size_t)s->step_count * sizeof *s->steps);
    for (int i = 0; i < s->loaded_count; i++) {
        const anew_device_value *v = &s->values[s->loaded[i].value];
        s->steps[i] = (anew_device_step){.kind = ANEW_DEVICE_LOAD,
                                         .weights = ANEW_DEVICE_NONE,
                                         .bias = ANEW_DEVICE_NONE,
                                         .numbers = ANEW_DEVICE_NONE,
                                         .destination = s->loaded[i].value,
                                         .channels = v->channels,
                                         .height = v->height,
                                         .width = v->width,
                                         .source_height = v->height,
                                         .source_width = v->width,
                                         .shuffle = 1,
                                         .factor = s->loaded[i].unshuffle};
    }
    s->step_count += s->loaded_count;
}

/* ---- places ------------------------------------------------------------------------------------------------ */

static bool is_narrow(int arithmetic)
{
    return arithmetic == ANEW_DEVICE_ARITHMETIC_BF16 || arithmetic == ANEW_DEVICE_ARITHMETIC_FP16;
}

static void note_use(lifetime *lives, int value, int step)
{
    if (lives[value].last < step)
        lives[value].last = step;
}

static void note_uses(lifetime *lives, const anew_device_step *step, int index)
{
    if (step->destination >= 0) {
        lives[step->destination].first = index;
        note_use(lives, step->destination, index);
    }
    for (int k = 0; k < step->operand_count; k++) {
        lifetime *life = &lives[step->operands[k].value];
        const int arithmetic = step->kind == ANEW_DEVICE_CONV ? step->arithmetic : 0;
        note_use(lives, step->operands[k].value, index);
        if (!is_narrow(arithmetic) || step->operands[k].bilinear)
            life->narrow = false;
        life->arithmetic = arithmetic;
    }
    for (int i = 0; i < step->operation_count; i++) {
        const int read[] = {step->operations[i].first, step->operations[i].second};
        for (int k = 0; k < 2; k++)
            if (read[k] >= 0) {
                note_use(lives, read[k], index);
                lives[read[k]].narrow = false;
            }
    }
}

/* Doubles of sums, then factors and offsets (kernels/cuda/steps.cuh). */
static size_t scratch_of(const anew_device_step *step)
{
    if (step->kind != ANEW_DEVICE_GLOBAL_MEAN && step->kind != ANEW_DEVICE_GROUP_NORM &&
        step->kind != ANEW_DEVICE_ADAIN)
        return 0;
    const size_t lanes = padded(step->operands[0].channels);
    return anew_size_mul((size_t)step->operand_count * ((size_t)step->source_height + 1),
                         lanes * 2 * sizeof(double)) +
           2 * lanes * sizeof(float);
}

/* The lowest place at which nothing lies that lives at the same time. */
static uint64_t lowest_place(const lifetime *lives, const uint64_t *places, int count, int of)
{
    uint64_t place = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < count; i++) {
            if (!lives[i].placed || lives[i].last < lives[of].first ||
                lives[i].first > lives[of].last)
                continue;
            if (places[i] < place + lives[of].bytes && place < places[i] + lives[i].bytes) {
                place = places[i] + lives[i].bytes;
                moved = true;
            }
        }
    }
    return place;
}

/* Largest first. Scratch of step i is counted as value value_count + i. */
static anew_status place_values(anew_device_program *program, build_state *s)
{
    const int count = s->value_count + s->step_count;
    lifetime *lives = anew_alloc_zero(anew_size_mul((size_t)count, sizeof *lives));
    uint64_t *places = anew_alloc_zero(anew_size_mul((size_t)count, sizeof *places));
    if (lives == NULL || places == NULL) {
        anew_free(lives);
        anew_free(places);
        return anew_fail(s->error, ANEW_ERROR_MEMORY, "no memory for planning");
    }
    for (int i = 0; i < s->value_count; i++)
        lives[i] = (lifetime){.last = -1, .narrow = true};
    for (int i = 0; i < s->step_count; i++) {
        note_uses(lives, &s->steps[i], i);
        lives[s->value_count + i] = (lifetime){
            .first = i, .last = i, .bytes = anew_size_round_up(scratch_of(&s->steps[i]), PLACE)};
    }
    for (int i = 0; i < s->value_count; i++) {
        anew_device_value *v = &s->values[i];
        if (lives[i].narrow && lives[i].arithmetic != ANEW_DEVICE_ARITHMETIC_F32)
            v->element = lives[i].arithmetic == ANEW_DEVICE_ARITHMETIC_BF16 ? ANEW_DEVICE_BF16
                                                                            : ANEW_DEVICE_FP16;
        const size_t pixels = anew_size_mul((size_t)v->height, (size_t)v->width);
        lives[i].bytes =
            anew_size_round_up(anew_size_mul(anew_size_mul(pixels, padded(v->channels)),
                                             v->element == ANEW_DEVICE_F32 ? 4 : 2),
                               PLACE);
    }
    for (int n = 0; n < count; n++) {
        int next = -1;
        for (int i = 0; i < count; i++)
            if (!lives[i].placed && (next < 0 || lives[i].bytes > lives[next].bytes))
                next = i;
        places[next] = lowest_place(lives, places, count, next);
        lives[next].placed = true;
        if (program->arena_bytes < places[next] + lives[next].bytes)
            program->arena_bytes = places[next] + lives[next].bytes;
    }
    for (int i = 0; i < s->value_count; i++)
        s->values[i].offset = places[i];
    for (int i = 0; i < s->step_count; i++)
        s->steps[i].scratch = places[s->value_count + i];
    anew_free(lives);
    anew_free(places);
    return ANEW_OK;
}

anew_status anew_device_program_create(anew_device_program *program,
                                       const anew_device_constants *constants,
                                       const anew_plan *plan, anew_error *error)
{
    anew_status status = ANEW_OK;
    const size_t values = (size_t)plan->value_count + ANEW_MAX_SOURCES;
    const size_t steps = (size_t)plan->step_count + ANEW_MAX_SOURCES;
    build_state s = {
        .constants = constants, .plan = plan, .value_count = plan->value_count, .error = error};
    *program = (anew_device_program){.input_channels = anew_graph_node(plan->graph, 0)->channels,
                                     .input_height = plan->height,
                                     .input_width = plan->width,
                                     .output_floats = plan->output_floats};
    s.values = anew_alloc_zero(anew_size_mul(values, sizeof *s.values));
    s.steps = anew_alloc_zero(anew_size_mul(steps, sizeof *s.steps));
    if (s.values == NULL || s.steps == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
        goto fail;
    }
    for (int i = 0; i < plan->value_count; i++)
        s.values[i] = (anew_device_value){0, plan->values[i].channels, plan->values[i].height,
                                          plan->values[i].width, ANEW_DEVICE_F32};
    for (int i = 0; i < plan->step_count; i++)
        ANEW_TRY_GOTO(add_step(&s, &plan->steps[i]), fail);
    prepend_loads(&s);
    ANEW_TRY_GOTO(place_values(program, &s), fail);
    program->values = s.values;
    program->steps = s.steps;
    program->value_count = s.value_count;
    program->step_count = s.step_count;
    return ANEW_OK;
fail:
    anew_free(s.values);
    anew_free(s.steps);
    return status;
}

void anew_device_program_free(anew_device_program *program)
{
    anew_free((void *)(uintptr_t)program->values);
    anew_free((void *)(uintptr_t)program->steps);
    *program = (anew_device_program){0};
}
