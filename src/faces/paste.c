/*
 * paste.c - row by row of the picture: which columns each face reaches, what its crop's difference and mask are
 * there, how the faces share each pixel, and one addition. All but that addition may be an engine's work.
 */
#include "faces/paste.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"

/* Below this a mask counts as 0: half of the smallest step of an 8-bit picture, were everything changed. */
#define LEAST_MASK (1.0f / 512)

/* One face. */
typedef struct patch {
    anew_planes
        layers; /* the colours' differences, and the mask; empty where the warper has its own */
    anew_warper *warper;
    anew_affine to_crop;
    float strength;
    anew_point low, high; /* beyond these positions of the crop the mask is 0 */
    anew_point centre;
    double size;
    int first_row, last_row; /* of the picture */
} patch;

struct anew_paste {
    int width, height, colours;
    patch *patches;
    size_t count, capacity;
    int64_t visited;
    const anew_engine *engine; /* or NULL */
};

anew_status anew_paste_create(anew_paste **paste, int width, int height, int colours,
                              anew_error *error)
{
    *paste = NULL;
    if (width < 1 || height < 1 || (colours != 1 && colours != 3))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "faces cannot be pasted into %dx%d pixels of %d colours", width, height,
                         colours);
    *paste = anew_alloc_zero(sizeof **paste);
    if (*paste == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to paste faces");
    (*paste)->width = width;
    (*paste)->height = height;
    (*paste)->colours = colours;
    return ANEW_OK;
}

void anew_paste_free(anew_paste **paste)
{
    if (*paste == NULL)
        return;
    for (size_t i = 0; i < (*paste)->count; i++) {
        anew_planes_free(&(*paste)->patches[i].layers);
        anew_warper_free(&(*paste)->patches[i].warper);
    }
    anew_free((*paste)->patches);
    anew_free(*paste);
    *paste = NULL;
}

void anew_paste_set_engine(anew_paste *paste, const anew_engine *engine)
{
    paste->engine = engine;
}

/* ---- faces ---------------------------------------------------------------------------------------------- */

/* The crop's part where the mask is not 0, wider by what a pixel is made of; false where there is none. */
static bool set_bounds(patch *p, const anew_planes *mask)
{
    int left = mask->width, right = -1, top = mask->height, bottom = -1;
    for (int y = 0; y < mask->height; y++)
        for (int x = 0; x < mask->width; x++)
            if (mask->data[(size_t)y * (size_t)mask->width + (size_t)x] > 0) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
    const anew_point reach = anew_warp_reach(&p->to_crop);
    p->low = (anew_point){left - reach.x, top - reach.y};
    p->high = (anew_point){right + reach.x, bottom + reach.y};
    p->centre = (anew_point){(mask->width - 1) / 2.0, (mask->height - 1) / 2.0};
    p->size = fmax(mask->width, mask->height);
    return right >= 0;
}

/* Rows of the picture that the bounds lie in; false where there are none. */
static bool set_rows(patch *p, const anew_affine *to_picture, int height)
{
    double top = INFINITY, bottom = -INFINITY;
    for (int corner = 0; corner < 4; corner++) {
        const anew_point at = anew_affine_apply(to_picture, corner % 2 == 0 ? p->low.x : p->high.x,
                                                corner / 2 == 0 ? p->low.y : p->high.y);
        top = fmin(top, at.y);
        bottom = fmax(bottom, at.y);
    }
    p->first_row = (int)fmin(fmax(ceil(top), 0), height);
    p->last_row = (int)fmin(fmax(floor(bottom) + 1, 0), height);
    return p->first_row < p->last_row;
}

/* Differences (a gray picture's: of the luma) and mask as one picture of colours + 1 channels. */
static void fill_layers(anew_planes *layers, const anew_planes *difference, const anew_planes *mask)
{
    const size_t plane = (size_t)mask->height * (size_t)mask->width;
    const int colours = layers->channels - 1;
    const float *d = difference->data;
    if (colours == 3)
        memcpy(layers->data, d, 3 * plane * sizeof(float));
    else
        for (size_t i = 0; i < plane; i++)
            layers->data[i] = 0.299f * d[i] + 0.587f * d[plane + i] + 0.114f * d[2 * plane + i];
    memcpy(layers->data + (size_t)colours * plane, mask->data, plane * sizeof(float));
}

anew_status anew_paste_add(anew_paste *paste, const anew_planes *difference,
                           const anew_planes *mask, const anew_affine *to_crop, float strength,
                           const anew_row_kernels *kernels, int threads, anew_error *error)
{
    const anew_warp_options nothing_beyond = {ANEW_BORDER_CONSTANT, {0, 0, 0, 0}, NULL};
    anew_affine to_picture;
    anew_status status = ANEW_OK;
    if (difference->channels != 3 || mask->channels != 1 || difference->width != mask->width ||
        difference->height != mask->height)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a face's difference and mask differ in size");
    if (!(strength >= 0 && strength <= 1))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the strength of a face is %g; it must be from 0 to 1", (double)strength);
    ANEW_TRY(anew_affine_invert(&to_picture, to_crop, error));
    patch p = {.to_crop = *to_crop, .strength = strength};
    if (strength == 0 || !set_bounds(&p, mask) || !set_rows(&p, &to_picture, paste->height))
        return ANEW_OK; /* nothing to see */
    patch *grown = anew_grow(paste->patches, &paste->capacity, paste->count + 1, sizeof(patch));
    if (grown == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to paste faces");
    paste->patches = grown;
    ANEW_TRY_GOTO(
        anew_planes_create(&p.layers, paste->colours + 1, mask->height, mask->width, error), fail);
    fill_layers(&p.layers, difference, mask);
    const anew_plane_rows rows = anew_planes_rows(&p.layers);
    ANEW_TRY_GOTO(
        anew_warper_create(&p.warper, &rows, to_crop, &nothing_beyond, kernels, threads, error),
        fail);
    if (!anew_warper_borrows(p.warper))
        anew_planes_free(&p.layers);
    paste->patches[paste->count++] = p;
    return ANEW_OK;
fail:
    anew_planes_free(&p.layers);
    return status;
}

void anew_paste_extent(const anew_paste *paste, int *first, int *last)
{
    *first = *last = 0;
    for (size_t i = 0; i < paste->count; i++) {
        const patch *p = &paste->patches[i];
        *first = i == 0 || p->first_row < *first ? p->first_row : *first;
        *last = p->last_row > *last ? p->last_row : *last;
    }
}

int64_t anew_paste_visited(const anew_paste *paste)
{
    return paste->visited;
}

/* ---- one row -------------------------------------------------------------------------------------------- */

/* A face in a row: its columns first .. last - 1, and what its crop has there. */
typedef struct span {
    const patch *face;
    int first, last;
    float *layers[4]; /* colours, then the mask, each [last - first] */
    float *nearness;
} span;

typedef struct scratch {
    span *spans;    /* [faces] */
    float *samples; /* what the spans point into */
    float *delta;   /* [3][width] */
    float *sum;     /* [width]: of mask times nearness over the faces */
    float *largest; /* [width]: of the masks */
    bool *waits;    /* [width]: some face has the pixel, and it is not written yet */
    float *run;     /* [width]: a picture's samples */
    int64_t visited;
} scratch;

typedef struct job {
    const anew_paste *paste;
    const anew_plane_rows *rows; /* one of these two */
    anew_image *image;
    int top; /* the picture's row that is row 0 of them */
    int offset;
    scratch *workers;
} job;

/* Narrows low .. high to where least <= slope x + start <= most. */
static void narrow(double *low, double *high, double slope, double start, double least, double most)
{
    if (slope == 0) {
        if (start < least || start > most)
            *high = *low - 1;
        return;
    }
    const double one = (least - start) / slope, other = (most - start) / slope;
    *low = fmax(*low, fmin(one, other));
    *high = fmin(*high, fmax(one, other));
}

/* The columns that a face reaches in row y. */
static void columns_of(span *s, const patch *p, int y, int width)
{
    const double(*m)[3] = p->to_crop.m;
    double low = 0, high = width - 1;
    narrow(&low, &high, m[0][0], m[0][1] * y + m[0][2], p->low.x, p->high.x);
    narrow(&low, &high, m[1][0], m[1][1] * y + m[1][2], p->low.y, p->high.y);
    s->face = p;
    s->first = (int)ceil(fmin(low, width));
    s->last = (int)floor(fmax(high, -1)) + 1;
}

/* 1 in the middle of the face, falling fast. */
static float nearness(const patch *p, int x, int y)
{
    const anew_point at = anew_affine_apply(&p->to_crop, x, y);
    const double dx = (at.x - p->centre.x) / p->size, dy = (at.y - p->centre.y) / p->size;
    const double once = 1 / (1 + 64 * (dx * dx + dy * dy));
    return (float)(once * once * (once * once));
}

static void sample_span(span *s, scratch *w, int y, int colours)
{
    anew_warper_row(s->face->warper, s->layers, y, s->first, s->last);
    float *mask = s->layers[colours];
    for (int x = s->first; x < s->last; x++) {
        const int i = x - s->first;
        if (!(mask[i] >= LEAST_MASK)) {
            mask[i] = 0;
            continue;
        }
        mask[i] = fminf(mask[i], 1);
        s->nearness[i] = nearness(s->face, x, y);
        w->sum[x] += mask[i] * s->nearness[i];
        w->largest[x] = fmaxf(w->largest[x], mask[i]);
        w->waits[x] = true;
    }
    w->visited += s->last - s->first;
}

static void add_span(const span *s, scratch *w, int colours, int width)
{
    const float *mask = s->layers[colours];
    for (int x = s->first; x < s->last; x++) {
        const int i = x - s->first;
        if (mask[i] == 0)
            continue;
        /* Exactly the mask where the face is alone. */
        const float share = w->largest[x] * (mask[i] * s->nearness[i] / w->sum[x]);
        for (int c = 0; c < colours; c++)
            w->delta[(size_t)c * (size_t)width + (size_t)x] +=
                s->face->strength * share * s->layers[c][i];
    }
}

/* Adds delta to columns first .. last - 1 of row y of the picture. */
static void write_run(const job *j, const scratch *w, int y, int first, int last)
{
    const int width = j->paste->width, count = last - first;
    for (int c = 0; c < j->paste->colours; c++) {
        const float *delta = w->delta + (size_t)c * (size_t)width + (size_t)first;
        if (j->rows != NULL) {
            float *row = j->rows->data + (size_t)c * j->rows->plane_stride +
                         (size_t)(y - j->top) * j->rows->row_stride + (size_t)first;
            for (int i = 0; i < count; i++)
                row[i] += delta[i];
        } else {
            const anew_plane_rows run = {w->run, 1, 1, count, (size_t)count, (size_t)count};
            anew_row_from_image(w->run, j->image, c, y - j->top, first, count);
            for (int i = 0; i < count; i++)
                w->run[i] += delta[i];
            anew_rows_to_image(j->image, &run, c, y - j->top, first);
        }
    }
}

/* What changes in a span is written, once. */
static void write_span(const job *j, const span *s, scratch *w, int y)
{
    const size_t width = (size_t)j->paste->width;
    int from = -1;
    for (int x = s->first; x <= s->last; x++) {
        bool changes = false;
        if (x < s->last && w->waits[x]) {
            for (int c = 0; c < j->paste->colours; c++)
                changes = changes || w->delta[(size_t)c * width + (size_t)x] != 0;
            w->waits[x] = false;
        }
        if (changes && from < 0)
            from = x;
        if (!changes && from >= 0) {
            write_run(j, w, y, from, x);
            from = -1;
        }
    }
}

static void paste_row(const job *j, scratch *w, int y)
{
    const anew_paste *paste = j->paste;
    const int colours = paste->colours;
    float *room = w->samples;
    size_t count = 0;
    for (size_t i = 0; i < paste->count; i++) {
        const patch *p = &paste->patches[i];
        span *s = &w->spans[count];
        if (y < p->first_row || y >= p->last_row)
            continue;
        columns_of(s, p, y, paste->width);
        if (s->first >= s->last)
            continue;
        const size_t length = (size_t)(s->last - s->first);
        for (int c = 0; c <= colours; c++, room += length)
            s->layers[c] = room;
        s->nearness = room;
        room += length;
        memset(w->sum + s->first, 0, length * sizeof(float));
        memset(w->largest + s->first, 0, length * sizeof(float));
        memset(w->waits + s->first, 0, length * sizeof(bool));
        for (int c = 0; c < colours; c++)
            memset(w->delta + (size_t)c * (size_t)paste->width + s->first, 0,
                   length * sizeof(float));
        count++;
    }
    for (size_t i = 0; i < count; i++)
        sample_span(&w->spans[i], w, y, colours);
    for (size_t i = 0; i < count; i++)
        add_span(&w->spans[i], w, colours, paste->width);
    for (size_t i = 0; i < count; i++)
        write_span(j, &w->spans[i], w, y);
}

static void paste_part(void *context, int first, int last, int worker)
{
    const job *j = context;
    for (int i = first; i < last; i++)
        paste_row(j, &j->workers[worker], j->offset + i);
}

/* ---- by an engine ---------------------------------------------------------------------------------------- */

/* Samples of what is added that are asked for at a time. */
#define PORTION ((size_t)2 << 20)

/* The part of a paste that an engine computes at a time; all owned. */
typedef struct portion {
    anew_device_paste paste;
    const patch **patches;   /* [faces]: those that reach it */
    anew_device_face *faces; /* of each */
    int32_t *spans;          /* [rows][faces][2] */
    float *delta;            /* [colours][rows][columns] */
} portion;

static anew_device_face device_face(const patch *p)
{
    anew_device_face face = {
        .centre = {p->centre.x, p->centre.y}, .size = p->size, .strength = p->strength};
    memcpy(face.to_crop, p->to_crop.m, sizeof face.to_crop);
    return face;
}

/* Rows first .. last - 1; false where a face is none for a device. Where no face reaches them it has no columns. */
static bool fill_portion(portion *to, const anew_paste *paste, int first, int last)
{
    int low = paste->width, high = 0, count = 0;
    int32_t *at = to->spans;
    for (size_t i = 0; i < paste->count; i++) {
        const patch *p = &paste->patches[i];
        if (p->first_row >= last || p->last_row <= first)
            continue;
        to->patches[count] = p;
        to->faces[count] = device_face(p);
        if (!anew_warper_for_device(&to->faces[count++].warp, p->warper))
            return false;
    }
    for (int y = first; y < last; y++)
        for (int i = 0; i < count; i++, at += 2) {
            const patch *p = to->patches[i];
            span s = {.first = 0, .last = 0};
            if (y >= p->first_row && y < p->last_row)
                columns_of(&s, p, y, paste->width);
            at[0] = s.first;
            at[1] = s.last;
            if (s.first >= s.last)
                continue;
            low = s.first < low ? s.first : low;
            high = s.last > high ? s.last : high;
        }
    to->paste = (anew_device_paste){.faces = to->faces,
                                    .spans = to->spans,
                                    .least = LEAST_MASK,
                                    .face_count = count,
                                    .colours = paste->colours,
                                    .first_row = first,
                                    .rows = last - first,
                                    .first_column = low,
                                    .columns = low < high ? high - low : 0};
    return true;
}

typedef struct write_job {
    const job *job;
    const portion *portion;
} write_job;

/* Rows of the portion into the picture, as if its faces had been one span. */
static void write_part(void *context, int first, int last, int worker)
{
    const write_job *jobs = context;
    const job *j = jobs->job;
    const anew_device_paste *p = &jobs->portion->paste;
    scratch *w = &j->workers[worker];
    const size_t width = (size_t)j->paste->width, columns = (size_t)p->columns;
    const span all = {.first = p->first_column, .last = p->first_column + p->columns};
    for (int row = first; row < last; row++) {
        for (int c = 0; c < p->colours; c++)
            memcpy(w->delta + (size_t)c * width + (size_t)all.first,
                   jobs->portion->delta + ((size_t)c * (size_t)p->rows + (size_t)row) * columns,
                   columns * sizeof(float));
        for (int x = all.first; x < all.last; x++)
            w->waits[x] = true;
        for (int32_t i = 0; i < p->face_count; i++) {
            const int32_t *s = p->spans + 2 * ((size_t)row * (size_t)p->face_count + (size_t)i);
            w->visited += s[0] < s[1] ? s[1] - s[0] : 0;
        }
        write_span(j, &all, w, p->first_row + row);
    }
}

/* Rows from *first on as far as the engine has the memory; *first is then the next one. */
static anew_status paste_by_engine(int *first, int last, const job *j, int threads,
                                   anew_error *error)
{
    const anew_paste *paste = j->paste;
    const anew_engine *engine = paste->engine;
    const size_t row = (size_t)paste->colours * (size_t)paste->width;
    const size_t most = PORTION / row > 0 ? PORTION / row : 1;
    const size_t rows = most < (size_t)(last - *first) ? most : (size_t)(last - *first);
    portion p = {
        .patches = anew_alloc(anew_size_mul(paste->count, sizeof *p.patches)),
        .faces = anew_alloc_zero(anew_size_mul(paste->count, sizeof *p.faces)),
        .spans = anew_alloc(anew_size_mul(anew_size_mul(rows, paste->count), 2 * sizeof *p.spans)),
        .delta = anew_alloc(anew_size_mul(anew_size_mul(rows, row), sizeof *p.delta))};
    anew_status status = ANEW_OK;
    if (p.patches == NULL || p.faces == NULL || p.spans == NULL || p.delta == NULL)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to paste faces");
    while (status == ANEW_OK && *first < last) {
        const int end = last - *first < (int)rows ? last : *first + (int)rows;
        write_job jobs = {j, &p};
        if (!fill_portion(&p, paste, *first, end))
            break;
        if (p.paste.columns > 0)
            status = engine->paste(engine, p.delta, &p.paste, error);
        if (status == ANEW_OK && p.paste.columns > 0)
            anew_parallel_for(threads, p.paste.rows, 8, write_part, &jobs);
        if (status == ANEW_OK)
            *first = end;
    }
    anew_free((void *)p.patches);
    anew_free(p.faces);
    anew_free(p.spans);
    anew_free(p.delta);
    if (status != ANEW_ERROR_LIMIT)
        return status;
    anew_error_clear(error);
    return ANEW_OK; /* the rest is the CPU's */
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

/* The longest that the spans of one row can be together. */
static size_t longest_row(const anew_paste *paste, int first, int last)
{
    size_t longest = 0;
    for (int y = first; y < last; y++) {
        size_t length = 0;
        for (size_t i = 0; i < paste->count; i++) {
            const patch *p = &paste->patches[i];
            span s;
            if (y < p->first_row || y >= p->last_row)
                continue;
            columns_of(&s, p, y, paste->width);
            length += s.first < s.last ? (size_t)(s.last - s.first) : 0;
        }
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void free_scratch(scratch *w)
{
    anew_free(w->spans);
    anew_free(w->samples);
    anew_free(w->delta);
    anew_free(w->waits);
}

static bool make_scratch(scratch *w, const anew_paste *paste, size_t longest)
{
    const size_t width = (size_t)paste->width;
    w->spans = anew_alloc(anew_size_mul(paste->count, sizeof(span)));
    w->samples = anew_alloc(
        anew_size_mul(anew_size_mul(longest, (size_t)paste->colours + 2), sizeof(float)));
    w->delta = anew_alloc(anew_size_mul(width, 6 * sizeof(float)));
    w->waits = anew_alloc(anew_size_mul(width, sizeof(bool)));
    if (w->spans == NULL || w->samples == NULL || w->delta == NULL || w->waits == NULL)
        return false;
    w->sum = w->delta + 3 * width;
    w->largest = w->delta + 4 * width;
    w->run = w->delta + 5 * width;
    return true;
}

static anew_status paste_all(anew_paste *paste, const anew_plane_rows *rows, anew_image *image,
                             int top, int height, int threads, anew_error *error)
{
    int first, last;
    anew_status status = ANEW_OK;
    anew_paste_extent(paste, &first, &last);
    first = first > top ? first : top;
    last = last < top + height ? last : top + height;
    if (first >= last)
        return ANEW_OK;
    scratch *workers = anew_alloc_zero(anew_size_mul((size_t)threads, sizeof *workers));
    const size_t longest = longest_row(paste, first, last);
    bool complete = workers != NULL;
    for (int i = 0; complete && i < threads; i++)
        complete = make_scratch(&workers[i], paste, longest);
    if (complete) {
        job j = {paste, rows, image, top, first, workers};
        if (paste->engine != NULL)
            status = paste_by_engine(&j.offset, last, &j, threads, error);
        if (status == ANEW_OK && j.offset < last)
            anew_parallel_for(threads, last - j.offset, 8, paste_part, &j);
        for (int i = 0; i < threads; i++)
            paste->visited += workers[i].visited;
    } else {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to paste faces");
    }
    for (int i = 0; workers != NULL && i < threads; i++)
        free_scratch(&workers[i]);
    anew_free(workers);
    return status;
}

anew_status anew_paste_rows(anew_paste *paste, const anew_plane_rows *rows, int y, int threads,
                            anew_error *error)
{
    if (rows->width != paste->width || rows->channels != paste->colours)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "faces for %d columns of %d colours cannot be pasted into %d of %d",
                         paste->width, paste->colours, rows->width, rows->channels);
    return paste_all(paste, rows, NULL, y, rows->height, threads, error);
}

anew_status anew_paste_image(anew_paste *paste, anew_image *image, int y, int threads,
                             anew_error *error)
{
    const int colours = image->channels >= 3 ? 3 : 1;
    if (image->width != paste->width || colours != paste->colours)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "faces for %d columns of %d colours cannot be pasted into %d of %d",
                         paste->width, paste->colours, image->width, colours);
    return paste_all(paste, NULL, image, y, image->height, threads, error);
}
