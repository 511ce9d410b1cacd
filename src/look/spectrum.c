/*
 * spectrum.c - the power spectrum of the luma, ring by ring.
 *
 * Tiles of 128x128 (64x64 in small pictures) under the window of Hann, transformed and averaged. Rings are square:
 * what a separable resampling cuts off is a square.
 */
#include "core/memory.h"
#include "look/functions.h"
#include "look/parts.h"

/* Tiles that are transformed, at most. */
#define MOST_TILES 48

typedef struct workspace {
    double cosines[128], window[128];
    double line[2 * 128];
    double plane[2 * 128 * 128];
    double sum[LOOK_RINGS];
    int64_t weight[LOOK_RINGS];
} workspace;

static void transform(workspace *w, int size)
{
    for (int y = 0; y < size; y++)
        anew_look_fft(w->plane + 2 * (size_t)y * (size_t)size, size, w->cosines);
    for (int x = 0; x < size; x++) {
        for (int y = 0; y < 2 * size; y++)
            w->line[y] = w->plane[2 * ((y / 2) * size + x) + y % 2];
        anew_look_fft(w->line, size, w->cosines);
        for (int y = 0; y < 2 * size; y++)
            w->plane[2 * ((y / 2) * size + x) + y % 2] = w->line[y];
    }
}

static void add_tile(workspace *w, int size, const uint16_t *luma, int stride)
{
    double mean = 0.0, energy = 0.0;
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            mean += anew_look_value(luma[(size_t)y * (size_t)stride + (size_t)x]);
    mean /= (double)size * size;
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            double *at = w->plane + 2 * (y * size + x);
            const double window = w->window[y] * w->window[x];
            at[0] = window * (anew_look_value(luma[(size_t)y * (size_t)stride + (size_t)x]) - mean);
            at[1] = 0.0;
            energy += window * window;
        }
    transform(w, size);
    for (int v = 0; v < size; v++)
        for (int u = 0; u < size; u++) {
            const double *at = w->plane + 2 * (v * size + u);
            const int high_u = u < size / 2 ? u : size - u, high_v = v < size / 2 ? v : size - v;
            const int ring = high_u > high_v ? high_u : high_v;
            if (ring >= size / 2)
                continue;
            w->sum[ring] += (at[0] * at[0] + at[1] * at[1]) / energy;
            w->weight[ring]++;
        }
}

anew_status anew_look_spectrum(bool *seen, double power[LOOK_RINGS],
                               const anew_look_samples *samples, anew_error *error)
{
    const anew_look_tile *first = &samples->tiles[0];
    const int side = first->width < first->height ? first->width : first->height;
    const int size = side >= 128 ? 128 : 64;
    *seen = side >= 64;
    if (!*seen)
        return ANEW_OK;
    workspace *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look at a picture's spectrum");
    anew_look_cosines(w->cosines, size);
    for (int i = 0; i < size; i++)
        w->window[i] = 0.5 - 0.5 * anew_look_cosine((i + 0.5) / size);
    /* Positions half a tile apart, every so many of them. */
    const int half = size / 2;
    const int across = first->width / half - 1, down = first->height / half - 1;
    const int64_t positions = (int64_t)across * down * samples->count;
    const int64_t taken = positions < MOST_TILES ? positions : MOST_TILES;
    for (int64_t k = 0; k < taken; k++) {
        const int64_t position = positions * k / taken;
        const anew_look_tile *tile = &samples->tiles[position / ((int64_t)across * down)];
        const int64_t within = position % ((int64_t)across * down);
        const size_t x = (size_t)(within % across * half), y = (size_t)(within / across * half);
        add_tile(w, size, tile->luma + y * (size_t)tile->width + x, tile->width);
    }
    for (int i = 0; i < LOOK_RINGS; i++) {
        const int ring = i * size / 128;
        power[i] = w->weight[ring] > 0 ? w->sum[ring] / (double)w->weight[ring] : 0.0;
    }
    anew_free(w);
    return ANEW_OK;
}
