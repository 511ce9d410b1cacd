/*
 * fuse.c - the fuse pass: which operations need no step of their own.
 *
 * 1. Views. A concat, a nearest-neighbour enlargement, an unshuffle of the picture, and the picture
 *    itself are never stored when all their readers are convolutions: a convolution reads several
 *    source rows anyway, and looks at them through an index.
 * 2. Chains. From a convolution on, each activation, scaling and addition that is the only reader of
 *    the value before it becomes an epilogue of the convolution. The step takes the place of the
 *    chain's last node, so the other operand of an addition is always there.
 * 3. Groups. What no epilogue can do, functions of single values and additions that need a value twice, is
 *    done to the finished row while it is in the cache: all the operations that lead from one value to
 *    another, when nothing else reads what is between. SPAN's attention is such a group behind its
 *    convolution; where there is no convolution, a group stands behind the step of its first operation.
 *    A pixel shuffle behind a convolution is part of it, too, and a group may stand behind that.
 * 4. Windows. A crop that is read only by operations on single values is never stored: they read the rows of the
 *    whole value from where it begins.
 * 5. The outputs. A chain that ends the network writes the planar picture itself, with the pixel
 *    shuffle and the addition of the enlarged input (SRVGG's tail, SAFMN's) folded into the writing.
 *
 * None of this changes a rounding: fused and unfused plans give the same bits.
 */
#include <string.h>

#include "core/memory.h"
#include "plan/plan.h"

typedef struct fuse_state {
    const anew_graph *graph;
    anew_fused *fused;
    int *readers;     /* [nodes]: how many operands name the node; an output counts as one */
    int *only_reader; /* [nodes]: the last reader seen */
    bool moves;       /* shuffles and crops need no step of their own */
} fuse_state;

static const anew_node *node_of(const fuse_state *s, int id)
{
    return anew_graph_node(s->graph, id);
}

static bool is_output(const fuse_state *s, int id)
{
    return anew_graph_is_output(s->graph, id);
}

static void count_readers(fuse_state *s)
{
    for (int i = 0; i < anew_graph_count(s->graph); i++) {
        const anew_node *node = node_of(s, i);
        for (int k = 0; k < node->source_count; k++) {
            s->readers[node->sources[k]]++;
            s->only_reader[node->sources[k]] = i;
        }
    }
    for (int i = 0; i < anew_graph_output_count(s->graph); i++)
        s->readers[anew_graph_output_at(s->graph, i)]++;
}

/* The picture, or the picture enlarged by repetition or bilinear interpolation of whole pixels. */
static bool is_enlarged_input(const fuse_state *s, int id)
{
    const anew_node *node = node_of(s, id);
    const bool enlarged = node->op == ANEW_OP_UPSAMPLE_NEAREST ||
                          (node->op == ANEW_OP_UPSAMPLE_BILINEAR && !node->corners);
    return node->op == ANEW_OP_INPUT ||
           (enlarged && node_of(s, node->sources[0])->op == ANEW_OP_INPUT);
}

/* The node is the network's last operation and adds the picture to the chain's value `id`. */
static bool is_final_addition(const fuse_state *s, int node_id, int id)
{
    const anew_node *node = node_of(s, node_id);
    if (node->op != ANEW_OP_ADD || !is_output(s, node_id))
        return false;
    const int other = node->sources[0] == id ? node->sources[1] : node->sources[0];
    return other != id && is_enlarged_input(s, other);
}

static bool is_elementwise(anew_op op)
{
    return op == ANEW_OP_PRELU || op == ANEW_OP_LEAKY_RELU || op == ANEW_OP_RELU ||
           op == ANEW_OP_SCALE || op == ANEW_OP_ADD;
}

static bool is_of_single_values(anew_op op)
{
    return is_elementwise(op) || (op >= ANEW_OP_MULTIPLY && op <= ANEW_OP_GELU) ||
           op == ANEW_OP_NOISE;
}

/* The second operand, which stands for all pixels of the first, is the value `id`. */
static bool is_spread(const fuse_state *s, const anew_node *node, int id)
{
    return anew_node_spreads(s->graph, node) && node->sources[1] == id;
}

static void take(fuse_state *s, int node, int previous, int conv)
{
    s->fused[previous].role = ANEW_ROLE_INNER;
    s->fused[node].previous = previous;
    s->fused[node].conv = conv;
}

/* The largest group that begins with the value of `root`; returns its last node, or `root` where there is
 * none. `waiting` counts the operands that name a value of the group and belong to nodes still to come: when
 * only the newest node's readers are left, the group may end. */
static int grow_group(fuse_state *s, int root, int conv)
{
    int members[ANEW_MAX_TAIL], count = 0, closed = 0;
    int waiting = s->readers[root];
    for (int id = root + 1; !is_output(s, root) && id < anew_graph_count(s->graph) && waiting > 0 &&
                            count < ANEW_MAX_TAIL;
         id++) {
        const anew_node *node = node_of(s, id);
        int reads = 0;
        bool spread = false;
        for (int k = 0; k < node->source_count; k++) {
            bool member = node->sources[k] == root;
            for (int i = 0; i < count; i++)
                member = member || node->sources[k] == members[i];
            reads += member ? 1 : 0;
            spread = spread || (member && is_spread(s, node, node->sources[k]));
        }
        if (reads == 0)
            continue;
        if (spread || !is_of_single_values(node->op) || s->fused[id].conv >= 0 ||
            s->fused[id].group >= 0 || is_final_addition(s, id, node->sources[0]) ||
            is_final_addition(s, id, node->sources[1]))
            break;
        members[count++] = id;
        waiting += s->readers[id] - reads;
        if (waiting == s->readers[id])
            closed = count;
        if (is_output(s, id))
            break;
    }
    if (closed == 0)
        return root;
    const int last = members[closed - 1];
    for (int i = 0; i < closed; i++)
        s->fused[members[i]] =
            (anew_fused){.role = ANEW_ROLE_INNER, .conv = conv, .previous = -1, .group = last};
    s->fused[last].role = ANEW_ROLE_STEP;
    s->fused[last].previous = root;
    s->fused[root].role = ANEW_ROLE_INNER;
    return last;
}

/* The shuffle that alone reads the chain's end, and a group behind it. Sums stay before it: the rows of what is added would
 * be counted as before the shuffle, those of the step as after it. */
static void take_shuffle(fuse_state *s, int end, int conv)
{
    if (!s->moves || is_output(s, end) || s->readers[end] != 1 ||
        node_of(s, s->only_reader[end])->op != ANEW_OP_PIXEL_SHUFFLE)
        return;
    for (int id = end; id != conv; id = s->fused[id].previous)
        if (s->fused[id].group >= 0 || node_of(s, id)->op == ANEW_OP_ADD)
            return;
    const int shuffle = s->only_reader[end];
    take(s, shuffle, end, conv);
    (void)grow_group(s, shuffle, conv);
}

/* Follows the single readers from a convolution on. */
static void grow_chain(fuse_state *s, int conv)
{
    int end = conv, epilogues = 0;
    s->fused[conv].conv = conv;
    while (s->readers[end] == 1 && !is_output(s, end)) {
        const int reader = s->only_reader[end];
        const anew_node *node = node_of(s, reader);
        if (!is_elementwise(node->op) || epilogues == ANEW_MAX_EPILOGUE ||
            s->fused[reader].conv >= 0 || is_final_addition(s, reader, end) ||
            anew_node_spreads(s->graph, node))
            break;
        take(s, reader, end, conv);
        end = reader;
        epilogues++;
    }
    end = grow_group(s, end, conv);

    /* The tail: an optional pixel shuffle, an optional addition of the picture, the output. */
    int tail = end;
    if (!is_output(s, tail) && s->readers[tail] == 1 &&
        node_of(s, s->only_reader[tail])->op == ANEW_OP_PIXEL_SHUFFLE)
        tail = s->only_reader[tail];
    const int shuffled = tail;
    bool adds_input = false;
    if (!is_output(s, tail) && s->readers[tail] == 1 &&
        is_final_addition(s, s->only_reader[tail], tail)) {
        tail = s->only_reader[tail];
        adds_input = true;
    }
    if (!is_output(s, tail) || s->readers[tail] > 1) {
        take_shuffle(s, end, conv);
        return;
    }
    if (shuffled != end)
        take(s, shuffled, end, conv);
    if (tail != shuffled)
        take(s, tail, shuffled, conv);
    s->fused[tail].to_output = true;
    s->fused[tail].adds_input = adds_input;
}

/* Operations that a reader may look through. */
static bool can_be_view(const fuse_state *s, int id)
{
    const anew_node *node = node_of(s, id);
    return node->op == ANEW_OP_INPUT || node->op == ANEW_OP_UPSAMPLE_NEAREST ||
           node->op == ANEW_OP_CONCAT ||
           (node->op == ANEW_OP_UPSAMPLE_BILINEAR &&
            (node_of(s, node->sources[0])->op != ANEW_OP_INPUT || is_enlarged_input(s, id))) ||
           (node->op == ANEW_OP_PIXEL_UNSHUFFLE &&
            node_of(s, node->sources[0])->op == ANEW_OP_INPUT);
}

/* `reader` can look through the node `id`. An operand is one value and one index, so a view is never
 * read through another view, but for the picture below an unshuffle or an enlargement; and the
 * enlarged picture is read by the writer of the output only. */
static bool looks_through(const fuse_state *s, int reader, int id)
{
    if (s->fused[reader].adds_input && is_enlarged_input(s, id))
        return true;
    if (s->fused[reader].role == ANEW_ROLE_VIEW)
        return node_of(s, id)->op == ANEW_OP_INPUT;
    const bool enlarged_picture = node_of(s, id)->op != ANEW_OP_INPUT && is_enlarged_input(s, id);
    /* Groups need channels where they stand in the concatenation. */
    const bool cut = node_of(s, id)->op == ANEW_OP_CONCAT && node_of(s, reader)->groups > 1;
    return node_of(s, reader)->op == ANEW_OP_CONV && !enlarged_picture && !cut;
}

/* A crop of a stored value that only operations on single values read. */
static bool is_window(const fuse_state *s, int id)
{
    const anew_node *node = node_of(s, id);
    if (!s->moves || node->op != ANEW_OP_CROP || is_output(s, id) ||
        can_be_view(s, node->sources[0]) || node_of(s, node->sources[0])->op == ANEW_OP_CROP)
        return false;
    for (int reader = id + 1; reader < anew_graph_count(s->graph); reader++)
        for (int k = 0; k < node_of(s, reader)->source_count; k++)
            if (node_of(s, reader)->sources[k] == id &&
                (!is_of_single_values(node_of(s, reader)->op) ||
                 anew_node_spreads(s->graph, node_of(s, reader))))
                return false;
    return true;
}

/* From the last node to the first, so that the readers are settled before what they read. */
static void mark_views(fuse_state *s)
{
    const int count = anew_graph_count(s->graph);
    for (int id = count - 1; id >= 0; id--) {
        bool view = can_be_view(s, id) && !is_output(s, id);
        for (int reader = id + 1; view && reader < count; reader++)
            for (int k = 0; k < node_of(s, reader)->source_count; k++)
                if (node_of(s, reader)->sources[k] == id && !looks_through(s, reader, id))
                    view = false;
        if (view)
            s->fused[id].role = ANEW_ROLE_VIEW;
    }
}

anew_status anew_plan_fuse(anew_fused *fused, const anew_graph *graph, anew_plan_level level,
                           anew_error *error)
{
    const int count = anew_graph_count(graph);
    for (int i = 0; i < count; i++)
        fused[i] = (anew_fused){.role = ANEW_ROLE_STEP, .conv = -1, .previous = -1, .group = -1};
    if (level != ANEW_PLAN_FULL && level != ANEW_PLAN_DEVICE)
        return ANEW_OK;
    int *counters = anew_alloc_zero(anew_size_mul((size_t)count, 2 * sizeof(int)));
    if (counters == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
    fuse_state s = {graph, fused, counters, counters + count, level == ANEW_PLAN_FULL};
    count_readers(&s);
    for (int i = 0; i < count; i++)
        if (node_of(&s, i)->op == ANEW_OP_CONV)
            grow_chain(&s, i);
    for (int i = 0; i < count; i++) {
        const anew_op op = node_of(&s, i)->op;
        if (is_window(&s, i))
            fused[i].role = ANEW_ROLE_VIEW;
        else if (fused[i].conv < 0 && fused[i].group < 0 &&
                 (is_of_single_values(op) || anew_op_leads(op)))
            (void)grow_group(&s, i, -1);
    }
    mark_views(&s);
    anew_free(counters);
    return ANEW_OK;
}
