/* scratches.c - a top-hat, thresholds with hysteresis, and the shape of what is connected. */
#include "finish/scratches.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "finish/smooth.h"

/* Half the square's side: so wide may a scratch be. By the picture's longer side, as scans have more pixels the larger. */
#define SIDE_OF_A_PIXEL 300
#define LEAST_REACH     2
#define MOST_REACH      7

#define SURROUNDINGS 8.0  /* pixels: the Gaussian of the local mean */
#define CONTRAST     0.05 /* least height of a light one */
#define TIMES        2.2  /* of the local mean */
#define SEED         1.5  /* of the threshold: what the strongest part must reach */

#define LONG       5.0  /* times its thickness: elongated */
#define LEAST_LONG 14   /* pixels */
#define SURE       60.0 /* pixels: so long is nothing but a scratch */
#define SPECK      3.0  /* times the threshold: the mean height of a small one */

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
    int width, height, reach;
    float *luma, *opened, *spare; /* [height][width] */
    anew_planes mean, around;     /* the top-hat, the luma, smoothed */
    uint8_t *level;               /* [height][width]: 1 above the threshold, 2 above the seeds' */
    int32_t *stack;               /* [height * width] */
    uint8_t *mask;
    anew_scratches *found;
} search;

/* spare = how much the luma stands out above its opening. */
static void top_hat(search *s)
{
    const int w = s->width, h = s->height;
    extreme(s->spare, s->luma, w, h, s->reach, 1, false);
    extreme(s->opened, s->spare, w, h, s->reach, 1, true);
    extreme(s->spare, s->opened, w, h, s->reach, -1, false);
    extreme(s->opened, s->spare, w, h, s->reach, -1, true);
    for (size_t i = 0; i < (size_t)w * (size_t)h; i++)
        s->spare[i] = s->luma[i] - s->opened[i];
}

/* Takes what is connected to a pixel onto the stack, and out of the levels; says how many, how often they end at a side,
 * their mean height over the threshold and over
 * their wider surroundings, and whether a seed is among them. */
typedef struct component {
    size_t count;
    double sides, over, above;
    int left, right, top, bottom;
    bool seeded;
} component;

static float threshold_at(const search *s, size_t i)
{
    const double wanted = TIMES * (double)s->mean.data[i];
    return (float)(wanted > CONTRAST ? wanted : CONTRAST);
}

static component gather(search *s, size_t from)
{
    component c = {.left = s->width, .top = s->height};
    c.seeded = s->level[from] == 2;
    s->level[from] = 0;
    s->stack[c.count++] = (int32_t)from;
    for (size_t next = 0; next < c.count; next++) {
        const int x = s->stack[next] % s->width, y = s->stack[next] / s->width;
        const size_t here = (size_t)s->stack[next];
        c.over += (double)(s->spare[here] / threshold_at(s, here));
        c.above += (double)(s->luma[here] - s->around.data[here]);
        c.left = x < c.left ? x : c.left;
        c.right = x > c.right ? x : c.right;
        c.top = y < c.top ? y : c.top;
        c.bottom = y > c.bottom ? y : c.bottom;
        for (int v = -1; v <= 1; v++)
            for (int u = -1; u <= 1; u++) {
                const int px = x + u, py = y + v;
                if (px < 0 || py < 0 || px >= s->width || py >= s->height)
                    continue;
                const size_t at = (size_t)py * (size_t)s->width + (size_t)px;
                if (s->level[at] != 0) {
                    c.seeded = c.seeded || s->level[at] == 2;
                    s->level[at] = 0;
                    s->stack[c.count++] = (int32_t)at;
                }
                /* Of the four sides those are ends beyond which the height is below the threshold. */
                if ((u == 0) != (v == 0) && s->spare[at] < threshold_at(s, at))
                    c.sides++;
            }
    }
    c.over /= (double)c.count;
    c.above /= (double)c.count;
    return c;
}

static bool is_scratch(const search *s, const component *c)
{
    /* Of a long line the sides are twice its length, one pixel each. */
    const double thickness = c->sides > 0 ? 2 * (double)c->count / c->sides : 1e9;
    const double extent = hypot(c->right - c->left + 1, c->bottom - c->top + 1);
    const int widest = 2 * s->reach + 1;
    if (!c->seeded || thickness > widest)
        return false;
    /* What is no lighter than its wider surroundings lies between two dark things, as the light of lips does; the
     * shorter it is, the likelier. */
    if (extent >= LEAST_LONG && extent >= LONG * thickness)
        return c->above >= CONTRAST * (extent < SURE ? SURE / extent : 1);
    return c->count >= 3 && extent <= 2 * widest && c->over >= SPECK && c->above >= 2 * CONTRAST;
}

static anew_status search_all(search *s, int threads, anew_error *error)
{
    const size_t pixels = (size_t)s->width * (size_t)s->height;
    top_hat(s);
    memcpy(s->mean.data, s->spare, pixels * sizeof(float));
    memcpy(s->around.data, s->luma, pixels * sizeof(float));
    ANEW_TRY(anew_smooth_planes(&s->mean, SURROUNDINGS, threads, error));
    ANEW_TRY(anew_smooth_planes(&s->around, SURROUNDINGS, threads, error));
    for (size_t i = 0; i < pixels; i++) {
        const float threshold = threshold_at(s, i);
        s->level[i] = s->spare[i] < threshold ? 0 : s->spare[i] < (float)SEED * threshold ? 1 : 2;
    }
    for (size_t i = 0; i < pixels; i++) {
        if (s->level[i] == 0)
            continue;
        const component c = gather(s, i);
        if (!is_scratch(s, &c))
            continue;
        s->found->count++;
        for (size_t k = 0; k < c.count; k++) {
            const int x = s->stack[k] % s->width, y = s->stack[k] / s->width;
            for (int v = -1; v <= 1; v++)
                for (int u = -1; u <= 1; u++)
                    s->mask[(size_t)within(y + v, s->height) * (size_t)s->width +
                            (size_t)within(x + u, s->width)] = 255;
        }
    }
    return ANEW_OK;
}

static void read_luma(float *luma, float *rows, const anew_image *image)
{
    const size_t width = (size_t)image->width;
    for (int y = 0; y < image->height; y++) {
        float *to = luma + (size_t)y * width;
        anew_row_from_image(to, image, 0, y, 0, image->width);
        if (image->channels < 3)
            continue;
        anew_row_from_image(rows, image, 1, y, 0, image->width);
        for (size_t x = 0; x < width; x++)
            to[x] = 0.299f * to[x] + 0.587f * rows[x];
        anew_row_from_image(rows, image, 2, y, 0, image->width);
        for (size_t x = 0; x < width; x++)
            to[x] += 0.114f * rows[x];
    }
}

anew_status anew_find_scratches(uint8_t *mask, anew_scratches *found, const anew_image *image,
                                int threads, anew_error *error)
{
    const int longer = image->width > image->height ? image->width : image->height;
    const int reach = (longer + SIDE_OF_A_PIXEL / 2) / SIDE_OF_A_PIXEL;
    const size_t pixels = anew_size_mul((size_t)image->width, (size_t)image->height);
    const size_t bytes = anew_size_mul(pixels, sizeof(float));
    anew_status status = ANEW_OK;
    search s = {.width = image->width,
                .height = image->height,
                .reach = reach < LEAST_REACH  ? LEAST_REACH
                         : reach > MOST_REACH ? MOST_REACH
                                              : reach,
                .mask = mask,
                .found = found};
    *found = (anew_scratches){0};
    memset(mask, 0, pixels);
    if (pixels > INT32_MAX)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%dx%d pixels are too many to look for scratches",
                         image->width, image->height);
    ANEW_TRY_GOTO(anew_planes_create(&s.mean, 1, image->height, image->width, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&s.around, 1, image->height, image->width, error), out);
    s.luma = anew_alloc(bytes);
    s.opened = anew_alloc(bytes);
    s.spare = anew_alloc(bytes);
    s.level = anew_alloc(pixels);
    s.stack = anew_alloc(anew_size_mul(pixels, sizeof(int32_t)));
    if (s.luma == NULL || s.opened == NULL || s.spare == NULL || s.level == NULL ||
        s.stack == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for scratches");
        goto out;
    }
    read_luma(s.luma, s.spare, image);
    ANEW_TRY_GOTO(search_all(&s, threads, error), out);
    for (size_t i = 0; i < pixels; i++)
        found->pixels += mask[i] != 0;
out:
    anew_planes_free(&s.mean);
    anew_planes_free(&s.around);
    anew_free(s.luma);
    anew_free(s.opened);
    anew_free(s.spare);
    anew_free(s.level);
    anew_free(s.stack);
    return status;
}
