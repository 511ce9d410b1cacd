/* layout.c - the geometry of strips, and the search for the cheapest layout. */
#include "pipeline/layout.h"

#include <math.h>

#include "core/memory.h"

/* Rows of a band that nobody asked to be lower: high enough to share out among the workers, low enough
 * that the rows of a layer are still in a cache when the next one reads them. */
#define HIGH_BAND 32

/* What a band of a single group of rows costs more than a high one; two groups cost a quarter of it. */
#define LOW_BAND_COST 0.35

/* Strips need the whole result in memory, one strip does not: what it may cost more to avoid that where
 * the result is larger than the budget. */
#define HELD_RESULT_COST 1.5

static int round_up(int value, int unit)
{
    return (value + unit - 1) / unit * unit;
}

void anew_geometry_set(anew_geometry *g, const anew_weights *weights, int width, int height,
                       int out_width, int out_height, int channels)
{
    const int alignment = anew_graph_alignment(weights->graph);
    const int least = anew_graph_least_side(weights->graph);
    const int margin = anew_graph_margin(weights->graph);
    *g = (anew_geometry){.width = width,
                         .height = height,
                         .margin = margin,
                         .repeats = anew_graph_repeats_edges(weights->graph),
                         .padded_width = round_up(
                             width > least ? width + 2 * margin : least + 2 * margin, alignment),
                         .padded_height = round_up(
                             height > least ? height + 2 * margin : least + 2 * margin, alignment),
                         .scale = anew_graph_scale(weights->graph),
                         .out_width = out_width,
                         .out_height = out_height,
                         .channels = channels,
                         .halo = anew_weights_halo(weights),
                         .grid = anew_weights_grid(weights)};
}

anew_strip anew_strip_of(const anew_geometry *g, int strips, int index)
{
    anew_strip s;
    const int net_width = g->width * g->scale, halo = round_up(g->halo, g->grid);
    s.out_first = (int)((int64_t)g->out_width * index / strips);
    s.out_last = (int)((int64_t)g->out_width * (index + 1) / strips);
    /* The network's output is resized in both directions or not at all. */
    if (net_width == g->out_width && g->height * g->scale == g->out_height) {
        s.net_first = s.out_first;
        s.net_last = s.out_last;
    } else {
        anew_resize_reach(&s.net_first, &s.net_last, net_width, g->out_width, s.out_first,
                          s.out_last, g->filter);
    }
    s.in_first = s.net_first / g->scale / g->grid * g->grid - halo;
    /* Pixel 0 of the result comes from the margin's first. */
    s.in_last = round_up((s.net_last - 1) / g->scale + 1 + 2 * g->margin, g->grid) + halo;
    if (s.in_first < 0)
        s.in_first = 0;
    if (s.in_last > g->padded_width)
        s.in_last = g->padded_width;
    return s;
}

anew_resize_shape anew_strip_resize(const anew_geometry *g, const anew_strip *s)
{
    return (anew_resize_shape){.channels = g->channels,
                               .src_width = g->width * g->scale,
                               .src_height = g->height * g->scale,
                               .dst_width = g->out_width,
                               .dst_height = g->out_height,
                               .dst_first = s->out_first,
                               .dst_last = s->out_last,
                               .src_first = s->net_first,
                               .src_last = s->net_last,
                               .filter = g->filter};
}

/* ---- the search -------------------------------------------------------------------------------------- */

typedef struct search {
    const anew_geometry *g;
    const anew_weights *weights;
    const anew_layout_options *options;
    anew_error *error;
    anew_plan *plan; /* of the layout that was measured last */
} search;

/* Bytes and work of a layout. */
static anew_status measure(search *s, anew_layout *layout)
{
    const anew_geometry *g = s->g;
    anew_strip widest = anew_strip_of(g, layout->strips, 0);
    double columns = 0;
    size_t resizing = 0;
    for (int i = 0; i < layout->strips; i++) {
        const anew_strip strip = anew_strip_of(g, layout->strips, i);
        const anew_resize_shape shape = anew_strip_resize(g, &strip);
        const size_t bytes = anew_resizer_bytes(&shape, s->options->threads);
        columns += strip.in_last - strip.in_first;
        if (strip.in_last - strip.in_first > widest.in_last - widest.in_first)
            widest = strip;
        if (resizing < bytes)
            resizing = bytes;
    }
    anew_plan_free(&s->plan);
    ANEW_TRY(anew_plan_create(&s->plan, s->weights, g->padded_height,
                              widest.in_last - widest.in_first, layout->band, s->options->plan,
                              s->error));
    layout->bytes = anew_size_add(anew_execute_bytes(s->plan, s->options->threads),
                                  anew_size_add(resizing, s->options->other_bytes));
    layout->work = columns / g->padded_width;
    return ANEW_OK;
}

/* How long it takes, in units of a whole picture in high bands: columns computed twice, rows that are
 * computed in groups of which a low band needs a part only, and the more frequent meeting of the workers
 * (measured: bench/NOTES.md). */
static double cost(const search *s, const anew_layout *layout)
{
    const int unit = s->g->grid / anew_graph_alignment(s->weights->graph);
    const int groups = (layout->band + unit - 1) / unit;
    const bool held = layout->strips > 1 && s->options->result_bytes > s->options->budget_bytes;
    return layout->work * (1 + LOW_BAND_COST / ((double)groups * groups)) *
           (held ? HELD_RESULT_COST : 1);
}

/* The fewest strips, at most `most`, with which a band of this height fits; false where none does (the
 * layout then is that of `most` strips). */
static anew_status fewest_strips(search *s, anew_layout *layout, int most, bool *fits)
{
    int low = 1, high = most;
    layout->strips = most;
    ANEW_TRY(measure(s, layout));
    *fits = layout->bytes <= s->options->budget_bytes;
    if (!*fits)
        return ANEW_OK;
    while (low < high) {
        anew_layout middle = *layout;
        middle.strips = (low + high) / 2;
        ANEW_TRY(measure(s, &middle));
        if (middle.bytes <= s->options->budget_bytes)
            high = middle.strips;
        else
            low = middle.strips + 1;
    }
    layout->strips = high;
    return measure(s, layout);
}

/* Goes through the heights of bands; `last` is the layout that was measured last. */
static anew_status try_bands(search *s, anew_layout *layout, anew_layout *last)
{
    const anew_geometry *g = s->g;
    const anew_layout_options *options = s->options;
    const int high = HIGH_BAND > 8 * options->threads ? HIGH_BAND : 8 * options->threads;
    int most = (g->padded_width + g->grid - 1) / g->grid;
    if (options->strip > 0)
        most = (g->width + options->strip - 1) / options->strip;
    if (most > g->out_width)
        most = g->out_width;
    size_t smallest = SIZE_MAX;
    double best = HUGE_VAL;
    for (int band = options->band > 0 ? options->band : high; band >= 1; band /= 2) {
        anew_layout candidate = {.strips = most,
                                 .band = band > g->padded_height ? g->padded_height : band};
        bool fits = false;
        if (options->strip > 0) {
            ANEW_TRY(measure(s, &candidate));
            fits = candidate.bytes <= options->budget_bytes;
        } else {
            candidate.strips = 1;
            ANEW_TRY(measure(s, &candidate));
            fits = candidate.bytes <= options->budget_bytes;
            if (!fits)
                ANEW_TRY(fewest_strips(s, &candidate, most, &fits));
        }
        *last = candidate;
        if (candidate.bytes < smallest)
            smallest = candidate.bytes;
        if (fits && cost(s, &candidate) < best) {
            best = cost(s, &candidate);
            *layout = candidate;
        }
        if (options->band > 0 || (fits && candidate.strips == 1))
            break;
    }
    if (best == HUGE_VAL)
        return anew_fail(
            s->error, ANEW_ERROR_LIMIT,
            "a memory of %.1f MiB is too small for %dx%d pixels with this network; the "
            "smallest that would do is %.0f MiB",
            (double)options->budget_bytes / 1048576, g->width, g->height,
            ceil((double)smallest / 1048576));
    return ANEW_OK;
}

anew_status anew_layout_choose(anew_layout *layout, const anew_geometry *g,
                               const anew_weights *weights, const anew_layout_options *options,
                               anew_error *error)
{
    search s = {g, weights, options, error, NULL};
    anew_layout last = {0};
    *layout = (anew_layout){0};
    if (g->halo < 0)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for planning");
    const anew_status status = try_bands(&s, layout, &last);
    if (status == ANEW_OK && layout->strips == last.strips && layout->band == last.band)
        layout->plan = s.plan;
    else
        anew_plan_free(&s.plan);
    return status;
}

void anew_layout_free(anew_layout *layout)
{
    anew_plan_free(&layout->plan);
}
