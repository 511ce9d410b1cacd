/* sharpen.c - a block of rows with its halo, from which rows are sharpened by threads. */
#include "finish/sharpen.h"

#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "finish/smooth.h"

#define BATCH  32   /* rows sharpened at a time */
#define SIGMA  1.2  /* pixels of the result; 3 of them, rounded up, are the halo */
#define AMOUNT 1.5  /* of the difference, at full strength */
#define AROUND 2    /* reach of the limit, pixels */
#define BEYOND 0.1f /* share of their range */

struct anew_sharpener {
    anew_image shape;
    int threads;
    float amount, weights[ANEW_SMOOTH_RADIUS + 1];
    int received, made;
    int first;        /* row of the picture that the block begins with */
    float *block;     /* [ROWS][width][channels] */
    float *luma;      /* [ROWS][width] */
    float *made_rows; /* [BATCH][width][channels] */
    float *scratch;   /* [threads][3][width]: blurred, lowest and highest along a column */
};

#define ROWS (BATCH + 2 * ANEW_SHARPEN_HALO)

anew_status anew_sharpener_create(anew_sharpener **sharpener, const anew_image *shape,
                                  double strength, int threads, anew_error *error)
{
    const size_t width = (size_t)shape->width, row = anew_size_mul(width, (size_t)shape->channels);
    int radius = 0;
    *sharpener = NULL;
    anew_sharpener *s = anew_alloc_zero(sizeof *s);
    if (s == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to sharpen");
    s->shape = *shape;
    s->threads = threads;
    s->amount = (float)(AMOUNT * strength);
    anew_gaussian(s->weights, &radius, SIGMA);
    s->block = anew_alloc(anew_size_mul(row, ROWS * sizeof(float)));
    s->luma = anew_alloc(anew_size_mul(width, ROWS * sizeof(float)));
    s->made_rows = anew_alloc(anew_size_mul(row, BATCH * sizeof(float)));
    s->scratch =
        anew_alloc(anew_size_mul(anew_size_mul(width, 3 * (size_t)threads), sizeof(float)));
    if (s->block == NULL || s->luma == NULL || s->made_rows == NULL || s->scratch == NULL) {
        anew_sharpener_free(&s);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to sharpen rows of %d pixels",
                         shape->width);
    }
    *sharpener = s;
    return ANEW_OK;
}

void anew_sharpener_free(anew_sharpener **sharpener)
{
    anew_sharpener *s = *sharpener;
    if (s == NULL)
        return;
    anew_free(s->block);
    anew_free(s->luma);
    anew_free(s->made_rows);
    anew_free(s->scratch);
    anew_free(s);
    *sharpener = NULL;
}

static int within(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

static float lower(float a, float b)
{
    return a < b ? a : b;
}

static float higher(float a, float b)
{
    return a > b ? a : b;
}

/* Luma of row y of the picture, which is in the block; rows beyond the picture repeat its edge. */
static const float *luma_row(const anew_sharpener *s, int y)
{
    const size_t row = (size_t)(within(y, s->shape.height) - s->first);
    return s->luma + row * (size_t)s->shape.width;
}

/* Along the columns: the Gaussian, and the extremes. */
static void look_down(float *blurred, float *lowest, float *highest, const anew_sharpener *s, int y)
{
    const int width = s->shape.width;
    const float *own = luma_row(s, y);
    for (int x = 0; x < width; x++) {
        blurred[x] = s->weights[0] * own[x];
        lowest[x] = highest[x] = own[x];
    }
    for (int k = 1; k <= ANEW_SHARPEN_HALO; k++) {
        const float *above = luma_row(s, y - k), *below = luma_row(s, y + k);
        for (int x = 0; x < width; x++)
            blurred[x] += s->weights[k] * (above[x] + below[x]);
        for (int x = 0; k <= AROUND && x < width; x++) {
            lowest[x] = lower(lowest[x], lower(above[x], below[x]));
            highest[x] = higher(highest[x], higher(above[x], below[x]));
        }
    }
}

/* What the luma at column x becomes. */
static float sharpened(const anew_sharpener *s, float luma, const float *blurred,
                       const float *lowest, const float *highest, int x)
{
    const int width = s->shape.width;
    float sum = s->weights[0] * blurred[x], low = lowest[x], high = highest[x];
    for (int k = 1; k <= ANEW_SHARPEN_HALO; k++) {
        const int left = within(x - k, width), right = within(x + k, width);
        sum += s->weights[k] * (blurred[left] + blurred[right]);
        if (k > AROUND)
            continue;
        low = lower(low, lower(lowest[left], lowest[right]));
        high = higher(high, higher(highest[left], highest[right]));
    }
    const float room = BEYOND * (high - low), wanted = luma + s->amount * (luma - sum);
    return lower(higher(wanted, low - room), high + room);
}

static void sharpen_rows(void *context, int first, int last, int worker)
{
    const anew_sharpener *s = context;
    const size_t width = (size_t)s->shape.width, step = (size_t)s->shape.channels;
    const size_t colours = step >= 3 ? 3 : 1;
    float *blurred = s->scratch + (size_t)worker * 3 * width;
    float *lowest = blurred + width, *highest = lowest + width;
    for (int i = first; i < last; i++) {
        const int y = s->made + i;
        const float *luma = luma_row(s, y);
        const float *from = s->block + (size_t)(y - s->first) * width * step;
        float *to = s->made_rows + (size_t)i * width * step;
        look_down(blurred, lowest, highest, s, y);
        memcpy(to, from, width * step * sizeof(float));
        for (size_t x = 0; x < width; x++) {
            const float change = sharpened(s, luma[x], blurred, lowest, highest, (int)x) - luma[x];
            for (size_t c = 0; c < colours; c++) {
                const float v = from[x * step + c] + change;
                to[x * step + c] = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    }
}

/* A row into the block. */
static void keep_row(anew_sharpener *s, const float *row)
{
    const size_t width = (size_t)s->shape.width, step = (size_t)s->shape.channels;
    const size_t at = (size_t)(s->received - s->first);
    float *luma = s->luma + at * width;
    memcpy(s->block + at * width * step, row, width * step * sizeof(float));
    for (size_t x = 0; x < width; x++)
        luma[x] = step < 3 ? row[x * step]
                           : 0.299f * row[x * step] + 0.587f * row[x * step + 1] +
                                 0.114f * row[x * step + 2];
    s->received++;
}

/* Leaves out of the block what no row yet to be made needs. */
static void move_up(anew_sharpener *s)
{
    const size_t width = (size_t)s->shape.width, step = (size_t)s->shape.channels;
    const int needed = s->made > ANEW_SHARPEN_HALO ? s->made - ANEW_SHARPEN_HALO : 0;
    const size_t gone = (size_t)(needed - s->first), left = (size_t)(s->received - needed);
    memmove(s->block, s->block + gone * width * step, left * width * step * sizeof(float));
    memmove(s->luma, s->luma + gone * width, left * width * sizeof(float));
    s->first = needed;
}

anew_status anew_sharpener_push(anew_sharpener *s, const anew_image *part,
                                anew_sharpened_function deliver, void *context, anew_error *error)
{
    const size_t row = (size_t)s->shape.width * (size_t)s->shape.channels;
    for (int taken = 0; taken < part->height;) {
        while (taken < part->height && s->received - s->first < ROWS)
            keep_row(s, (const float *)part->pixels + (size_t)taken++ * row);
        const bool all = s->received == s->shape.height;
        for (;;) {
            const int ready = (all ? s->received : s->received - ANEW_SHARPEN_HALO) - s->made;
            const int count = ready < BATCH ? ready : BATCH;
            /* Whole batches, so that threads have something to share; the rest at the end. */
            if (count <= 0 || (count < BATCH && !all))
                break;
            anew_parallel_for(s->threads, count, 4, sharpen_rows, s);
            const anew_image made = {s->shape.width, count, s->shape.channels, 32, s->made_rows};
            const int y = s->made;
            s->made += count;
            ANEW_TRY(deliver(context, y, &made, error));
        }
        move_up(s);
    }
    return ANEW_OK;
}
