/* scratches.c - what is thin and light by a top-hat; of it the lines (light_lines.c) and the specks that are alone. */
#include "finish/scratches.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "finish/light_lines.h"
#include "finish/smooth.h"

/* Half the square's side: so wide may a scratch be. By the picture's longer side: larger scans have more pixels to one. */
#define SIDE_OF_A_PIXEL 300
#define LEAST_REACH     2

#define SURROUNDINGS 8.0 /* pixels: the Gaussian of the local mean */

/* A speck of dust. */
#define CONTRAST    0.05f /* least top-hat of its pixels */
#define TIMES       2.2f  /* of the local mean */
#define LEAST_COUNT 3     /* pixels */
#define WIDEST      1.5   /* times the square's side */
#define LEAST_MEAN  0.16  /* of its top-hat */
#define CALM        0.35  /* of that: the most that what is around may deviate */
#define ALONE       0.4   /* of that: the most that anything around may stand out */
#define NEUTRAL     0.06  /* so much more colour than around it may have */

static int within(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

/* to[i] = the lowest (sign 1) or highest (-1) of from[i - reach .. i + reach], along rows or columns. */
static void extreme(float *to, const float *from, int width, int height, int reach, float sign,
                    bool down)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float best = HUGE_VALF;
            for (int k = -reach; k <= reach; k++) {
                const size_t row = (size_t)(down ? within(y + k, height) : y);
                const size_t column = (size_t)(down ? x : within(x + k, width));
                const float v = sign * from[row * (size_t)width + column];
                best = v < best ? v : best;
            }
            to[(size_t)y * (size_t)width + (size_t)x] = sign * best;
        }
}

typedef struct search {
    anew_light_detail detail;
    float *luma, *tophat, *spare; /* [height][width] */
    anew_planes expected;
    uint8_t *colour;
    uint8_t *level; /* [height][width]: 1 above the specks' threshold */
    int32_t *stack; /* [height * width] */
    uint8_t *mask;
} search;

static void top_hat(search *s)
{
    const int w = s->detail.width, h = s->detail.height, reach = s->detail.reach;
    extreme(s->spare, s->luma, w, h, reach, 1, false);
    extreme(s->tophat, s->spare, w, h, reach, 1, true);
    extreme(s->spare, s->tophat, w, h, reach, -1, false);
    extreme(s->tophat, s->spare, w, h, reach, -1, true);
    for (size_t i = 0; i < (size_t)w * (size_t)h; i++)
        s->tophat[i] = s->luma[i] - s->tophat[i];
}

typedef struct speck {
    size_t count;
    double tophat, colour; /* means */
    int left, right, top, bottom;
} speck;

/* Takes what is connected to a pixel onto the stack, and out of the levels. */
static speck gather(search *s, size_t from)
{
    const int w = s->detail.width, h = s->detail.height;
    speck c = {.left = w, .top = h};
    s->level[from] = 0;
    s->stack[c.count++] = (int32_t)from;
    for (size_t next = 0; next < c.count; next++) {
        const int x = s->stack[next] % w, y = s->stack[next] / w;
        c.tophat += (double)s->tophat[s->stack[next]];
        c.colour += s->colour[s->stack[next]];
        c.left = x < c.left ? x : c.left;
        c.right = x > c.right ? x : c.right;
        c.top = y < c.top ? y : c.top;
        c.bottom = y > c.bottom ? y : c.bottom;
        for (int i = 0; i < 9; i++) {
            const int px = x + i % 3 - 1, py = y + i / 3 - 1;
            if (px < 0 || py < 0 || px >= w || py >= h)
                continue;
            const size_t at = (size_t)py * (size_t)w + (size_t)px;
            if (s->level[at] != 0) {
                s->level[at] = 0;
                s->stack[c.count++] = (int32_t)at;
            }
        }
    }
    c.tophat /= (double)c.count;
    c.colour /= (double)c.count;
    return c;
}

/* Dust lies on something calm: what is in the midst of texture is texture, a point of light in an eye has edges around. */
static bool is_dust(const search *s, const speck *c)
{
    const anew_light_detail *d = &s->detail;
    const int gap = d->reach + 1, far = gap + 3 * d->reach;
    const double extent = hypot(c->right - c->left + 1, c->bottom - c->top + 1);
    double count = 0, luma = 0, luma2 = 0, colour = 0;
    float highest = 0;
    if (c->count < LEAST_COUNT || extent > WIDEST * (2 * d->reach + 1) || c->tophat < LEAST_MEAN)
        return false;
    for (int y = c->top - far; y <= c->bottom + far; y++)
        for (int x = c->left - far; x <= c->right + far; x++) {
            const size_t at = (size_t)y * (size_t)d->width + (size_t)x;
            if (x < 0 || y < 0 || x >= d->width || y >= d->height ||
                (x > c->left - gap && x < c->right + gap && y > c->top - gap &&
                 y < c->bottom + gap))
                continue;
            count++;
            luma += (double)s->luma[at];
            luma2 += (double)(s->luma[at] * s->luma[at]);
            colour += s->colour[at];
            highest = s->tophat[at] > highest ? s->tophat[at] : highest;
        }
    if (count == 0)
        return false;
    const double deviation = sqrt(fmax(0, luma2 / count - luma / count * (luma / count)));
    return deviation <= CALM * c->tophat && (double)highest <= ALONE * c->tophat &&
           c->colour - colour / count <= 255 * NEUTRAL;
}

static void mark_dust(search *s, int *found)
{
    const int w = s->detail.width, h = s->detail.height;
    const size_t pixels = (size_t)w * (size_t)h;
    for (size_t i = 0; i < pixels; i++)
        s->level[i] = s->tophat[i] >= CONTRAST && s->tophat[i] >= TIMES * s->expected.data[i];
    for (size_t i = 0; i < pixels; i++) {
        if (s->level[i] == 0)
            continue;
        const speck c = gather(s, i);
        if (!is_dust(s, &c))
            continue;
        ++*found;
        for (size_t k = 0; k < c.count; k++)
            for (int n = 0; n < 9; n++)
                s->mask[(size_t)within(s->stack[k] / w + n / 3 - 1, h) * (size_t)w +
                        (size_t)within(s->stack[k] % w + n % 3 - 1, w)] = 255;
    }
}

/* The luma and how far a pixel is from gray; `rows` has space for three. */
static void read_picture(search *s, float *rows, const anew_image *image)
{
    const size_t width = (size_t)image->width;
    float *const red = rows, *const green = rows + width, *const blue = rows + 2 * width;
    for (int y = 0; y < image->height; y++) {
        float *luma = s->luma + (size_t)y * width;
        uint8_t *colour = s->colour + (size_t)y * width;
        memset(colour, 0, width);
        anew_row_from_image(image->channels < 3 ? luma : red, image, 0, y, 0, image->width);
        if (image->channels < 3)
            continue;
        anew_row_from_image(green, image, 1, y, 0, image->width);
        anew_row_from_image(blue, image, 2, y, 0, image->width);
        for (size_t x = 0; x < width; x++) {
            const float most = fmaxf(red[x], fmaxf(green[x], blue[x]));
            const float least = fminf(red[x], fminf(green[x], blue[x]));
            luma[x] = 0.299f * red[x] + 0.587f * green[x] + 0.114f * blue[x];
            colour[x] = (uint8_t)lrintf(255 * fminf(most - least, 1));
        }
    }
}

anew_status anew_find_scratches(uint8_t *mask, anew_scratches *found, const anew_image *image,
                                int threads, anew_error *error)
{
    const int longer = image->width > image->height ? image->width : image->height;
    const int reach = (longer + SIDE_OF_A_PIXEL / 2) / SIDE_OF_A_PIXEL;
    const size_t pixels = anew_size_mul((size_t)image->width, (size_t)image->height);
    const size_t bytes = anew_size_mul(pixels, sizeof(float));
    float *rows = NULL;
    anew_status status = ANEW_OK;
    search s = {.mask = mask};
    *found = (anew_scratches){0};
    memset(mask, 0, pixels);
    if (pixels >= INT32_MAX)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%dx%d pixels are too many to look for scratches",
                         image->width, image->height);
    ANEW_TRY_GOTO(anew_planes_create(&s.expected, 1, image->height, image->width, error), out);
    rows = anew_alloc(anew_size_mul(anew_size_mul((size_t)image->width, 3), sizeof(float)));
    s.luma = anew_alloc(bytes);
    s.tophat = anew_alloc(bytes);
    s.spare = anew_alloc(bytes);
    s.colour = anew_alloc(pixels);
    s.level = anew_alloc(pixels);
    s.stack = anew_alloc(anew_size_mul(pixels, sizeof(int32_t)));
    if (rows == NULL || s.luma == NULL || s.tophat == NULL || s.spare == NULL || s.colour == NULL ||
        s.level == NULL || s.stack == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for scratches");
        goto out;
    }
    s.detail = (anew_light_detail){
        .width = image->width,
        .height = image->height,
        .reach = reach < LEAST_REACH       ? LEAST_REACH
                 : reach > ANEW_MOST_REACH ? ANEW_MOST_REACH
                                           : reach,
        .luma = s.luma,
        .tophat = s.tophat,
        .expected = s.expected.data,
        .colour = s.colour,
    };
    read_picture(&s, rows, image);
    top_hat(&s);
    memcpy(s.expected.data, s.tophat, bytes);
    ANEW_TRY_GOTO(anew_smooth_planes(&s.expected, SURROUNDINGS, threads, error), out);
    mark_dust(&s, &found->count);
    /* The lines need memory of their own. */
    anew_free(s.spare);
    anew_free(s.level);
    anew_free(s.stack);
    s.spare = NULL;
    s.level = NULL;
    s.stack = NULL;
    ANEW_TRY_GOTO(anew_mark_light_lines(mask, &found->count, &s.detail, threads, error), out);
    for (size_t i = 0; i < pixels; i++)
        found->pixels += mask[i] != 0;
out:
    anew_planes_free(&s.expected);
    anew_free(rows);
    anew_free(s.luma);
    anew_free(s.tophat);
    anew_free(s.spare);
    anew_free(s.colour);
    anew_free(s.level);
    anew_free(s.stack);
    return status;
}
