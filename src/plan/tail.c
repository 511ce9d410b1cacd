/*
 * tail.c - a group of operations on single values as a list for the executor: which rows each one reads and
 * where it puts its result.
 *
 * Rows of the step's own are given out in the order of the nodes. A result takes the row of an operand that
 * nobody needs any more, else the first free one; the last result goes to the destination's row, where all
 * else is over by then. So SPAN's attention, which needs the convolution's result twice, has one row of
 * scratch.
 */
#include "plan/plan.h"

#define MOST_ROWS (ANEW_MAX_TAIL + 1)

typedef struct tail_state {
    const anew_graph *graph;
    const anew_fused *fused;
    const int *value_of;
    int root, last;
    int holds[MOST_ROWS]; /* the node whose value is in the step's own row i, or -1 */
} tail_state;

static bool is_member(const tail_state *s, int id)
{
    return id == s->root || s->fused[id].group == s->last;
}

static int row_of(const tail_state *s, int id)
{
    for (int i = 0; i < MOST_ROWS; i++)
        if (s->holds[i] == id)
            return ANEW_TAIL_ROW(i);
    return s->value_of[id];
}

/* Whether a node of the group after `done` reads the value of node `id`. */
static bool needed_after(const tail_state *s, int id, int done)
{
    for (int reader = done + 1; reader <= s->last; reader++) {
        const anew_node *node = anew_graph_node(s->graph, reader);
        for (int k = 0; k < node->source_count; k++)
            if (is_member(s, reader) && node->sources[k] == id)
                return true;
    }
    return false;
}

void anew_plan_tail_operation(anew_tail_operation *to, const anew_graph *graph,
                              const anew_node *node, const float *slope)
{
    to->map.value = -1;
    to->spread = anew_node_spreads(graph, node);
    switch (node->op) {
    case ANEW_OP_NOISE:
        to->map.kind = ANEW_EPILOGUE_ADD;
        break;
    case ANEW_OP_PRELU:
    case ANEW_OP_LEAKY_RELU:
        to->map.kind = ANEW_EPILOGUE_PRELU;
        to->map.slope = slope;
        break;
    case ANEW_OP_RELU:
        to->map.kind = ANEW_EPILOGUE_RELU;
        break;
    case ANEW_OP_SCALE:
        to->map.kind = ANEW_EPILOGUE_SCALE;
        to->map.factor = node->number;
        break;
    case ANEW_OP_ADD:
        to->map.kind = ANEW_EPILOGUE_ADD;
        break;
    default:
        to->is_function = true;
        to->function = anew_pointwise_of(node->op);
        break;
    }
}

void anew_plan_tail(anew_step *step, const anew_weights *weights, const anew_fused *fused,
                    const int *value_of, int root, int last)
{
    tail_state s = {
        .graph = weights->graph, .fused = fused, .value_of = value_of, .root = root, .last = last};
    for (int i = 0; i < MOST_ROWS; i++)
        s.holds[i] = -1;
    s.holds[0] = root;
    for (int id = root + 1; id <= last; id++) {
        if (fused[id].group != last)
            continue;
        const anew_node *node = anew_graph_node(s.graph, id);
        anew_tail_operation *to = &step->tail[step->tail_count++];
        *to = (anew_tail_operation){.first = row_of(&s, node->sources[0])};
        to->second = node->source_count > 1 ? row_of(&s, node->sources[1]) : to->first;
        anew_plan_tail_operation(to, weights->graph, node, weights->nodes[id].slope);
        to->plane = node->op == ANEW_OP_NOISE ? id : 0;
        /* In place is allowed: rows that this operation is the last to read are free for its result. */
        int row = 0;
        for (int i = 0; i < MOST_ROWS; i++)
            if (s.holds[i] >= 0 && !needed_after(&s, s.holds[i], id))
                s.holds[i] = -1;
        while (id != last && s.holds[row] >= 0)
            row++;
        s.holds[row] = id;
        to->result = ANEW_TAIL_ROW(row);
        if (step->tail_rows < row)
            step->tail_rows = row;
    }
}
