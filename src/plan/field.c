/*
 * field.c - the receptive field of every value: how many pixels of the picture it depends on.
 *
 * Rows of a value are walked back to rows of the picture, both ends at once: a convolution reaches half
 * a kernel further, an enlargement by f comes from a f-th as many rows, an unshuffle from f times as
 * many. After enlargements, rows of one value have different fields (of two rows that repeat one, the
 * upper one sees no further down); the largest counts. Columns are as rows.
 */
#include "core/memory.h"
#include "plan/plan.h"

/* A row of the picture so far down that no walk from there gets above row 0, and so little that its
 * enlargement is still an int: a multiple of this and of the alignment. */
#define FAR_DOWN (1 << 16)

typedef struct span {
    int first, last; /* both included */
    bool used;
} span;

static void join(span *to, span from)
{
    if (!to->used || to->first > from.first)
        to->first = from.first;
    if (!to->used || to->last < from.last)
        to->last = from.last;
    to->used = true;
}

/* Rows of its sources that these rows of the node are made of. */
static span source_span(const anew_node *node, span rows)
{
    switch (node->op) {
    case ANEW_OP_CONV:
        rows.first = rows.first * node->stride - node->kernel / 2 * node->dilation + node->shift;
        rows.last = rows.last * node->stride + node->kernel / 2 * node->dilation + node->shift;
        break;
    case ANEW_OP_CROP:
        rows.first += node->shift;
        rows.last += node->shift;
        break;
    case ANEW_OP_MAX_POOL:
        rows.first = rows.first * node->stride - (node->kernel - 1) / 2 + node->shift;
        rows.last = rows.last * node->stride + node->kernel / 2 + node->shift;
        break;
    case ANEW_OP_PIXEL_SHUFFLE:
    case ANEW_OP_UPSAMPLE_NEAREST:
        rows.first /= node->factor;
        rows.last /= node->factor;
        break;
    case ANEW_OP_UPSAMPLE_BILINEAR:
    case ANEW_OP_RESIZE_BILINEAR:
    case ANEW_OP_RESIZE_NEAREST:
        rows.first = rows.first / node->factor - 1;
        rows.last = rows.last / node->factor + 1;
        break;
    case ANEW_OP_PIXEL_UNSHUFFLE:
    case ANEW_OP_AVERAGE_POOL:
    case ANEW_OP_ADAPTIVE_MAX_POOL:
        rows.first *= node->factor;
        rows.last = rows.last * node->factor + node->factor - 1;
        break;
    case ANEW_OP_WINDOW_ATTENTION: {
        const int w = node->window, before = (w - node->shift) % w;
        rows.first = (rows.first + before) / w * w - before - node->overlap;
        rows.last = ((rows.last + before) / w + 1) * w - before - 1 + node->overlap;
        break;
    }
    default:
        break;
    }
    return rows;
}

/* Rows of the picture that row y of the node depends on; `spans` is scratch. */
static int field_of_row(span *spans, const anew_graph *graph, int id, int y)
{
    for (int i = 0; i < id; i++)
        spans[i].used = false;
    spans[id] = (span){y, y, true};
    for (int i = id; i > 0; i--) {
        const anew_node *node = anew_graph_node(graph, i);
        for (int k = 0; spans[i].used && k < node->source_count; k++)
            join(&spans[node->sources[k]], source_span(node, spans[i]));
    }
    return spans[0].used ? spans[0].last - spans[0].first + 1 : 0;
}

anew_status anew_graph_fields(int *fields, const anew_graph *graph, anew_error *error)
{
    const int count = anew_graph_count(graph), alignment = anew_graph_alignment(graph);
    span *spans = anew_alloc_zero(anew_size_mul((size_t)count, sizeof *spans));
    if (spans == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the receptive fields");
    if (anew_graph_is_whole(graph)) { /* all of the picture: no number of pixels */
        for (int id = 0; id < count; id++)
            fields[id] = anew_graph_side(graph);
        anew_free(spans);
        return ANEW_OK;
    }
    for (int id = 0; id < count; id++) {
        /* The rows that one aligned group of the picture's becomes: after them all repeats. */
        const anew_node *node = anew_graph_node(graph, id);
        const int group = alignment < node->down ? 1 : alignment / node->down * node->up;
        fields[id] = 0;
        for (int i = 0; i < group; i++) {
            const int field = field_of_row(spans, graph, id, FAR_DOWN * group + i);
            fields[id] = field > fields[id] ? field : fields[id];
        }
    }
    anew_free(spans);
    return ANEW_OK;
}
