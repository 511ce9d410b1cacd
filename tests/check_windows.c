/*
 * check_windows.c - the kernel of kernels/windows.h against its definition on every CPU level: the same bytes, for windows of
 * all sides, moved and not, whole and cut at any edge, or seeing pixels around themselves, heads that end inside of a block; and that nothing else is
 * written.
 *
 * Seen to fail by, in kernels/window_body.h: places that are absent left with a score of 0, `left` counted from the cut
 * edge, lanes past the last channel not cleared, sums of a query divided by that of its neighbour; in kernels/windows.c:
 * rows and columns of the table exchanged. Of windows that see pixels around themselves: what lies outside of the picture left
 * as it was, queries taken from the rows above the window, keys' places counted from the wrong corner in the table.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "kernels/windows.h"

#define GUARD 64 /* floats before and after what may be written */

static unsigned int state = 20261124;

static float random_float(float range)
{
    state = state * 1664525u + 1013904223u;
    return ((float)(state >> 8) / 8388608.0f - 1.0f) * range;
}

static float *random_floats(size_t count, float range)
{
    float *values = malloc(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        values[i] = random_float(range);
    return values;
}

typedef struct job {
    int window, shift, heads, each;
    int rows, first_row, width;
    const float *values; /* [above + rows + below][width][3 * channels] */
    const float *table;
    int overlap, above, below;
} job;

/* Value `part` (queries, keys, values) of channel c of the pixel; 0 outside of the picture. */
static float at(const job *j, int part, int c, int y, int x)
{
    const int channels = j->heads * j->each;
    if (y < -j->above || y >= j->rows + j->below || x < 0 || x >= j->width)
        return 0.0f;
    return j
        ->values[((size_t)(j->above + y) * (size_t)j->width + (size_t)x) * 3 * (size_t)channels +
                 (size_t)(part * channels + c)];
}

/* The place of a pixel in its window, and which of those side by side that is. */
static int place_of(const job *j, int y, int x, int *which)
{
    const int moved = x + (j->window - j->shift) % j->window;
    *which = moved / j->window;
    return (j->first_row + y) * j->window + moved % j->window;
}

/* Channel c of pixel (y, x), as graph/ops.def has it. */
static float defined(const job *j, int c, int y, int x)
{
    const int head = c / j->each * j->each, w = j->window, o = j->overlap;
    const int most = w + o - 1,
              begin = x / w * w; /* of a window with an overlap, which is not moved */
    int mine, which;
    const int i = place_of(j, y, x, &mine);
    static float e[1024], u[1024];
    float lanes[16] = {0}, largest = -INFINITY, sum = 0;
    static int places[1024];
    int count = 0;
    for (int v = -o; v < j->rows + o; v++)
        for (int h = o > 0 ? begin - o : 0; h < (o > 0 ? begin + w + o : j->width); h++) {
            int place = (v + o) * (w + 2 * o) + h - begin + o;
            if (o == 0) {
                place = place_of(j, v, h, &which);
                if (which != mine)
                    continue;
            }
            float product = 0;
            for (int k = head; k < head + j->each; k++)
                product = fmaf(at(j, 0, k, y, x), at(j, 1, k, v, h), product);
            const int down = i / w + o - place / (w + 2 * o) + most;
            const int right = i % w + o - place % (w + 2 * o) + most;
            places[count] = place;
            u[count] = at(j, 2, c, v, h);
            e[count] = fmaf(product, (float)(1.0 / sqrt((double)j->each)),
                            j->table[(down * (2 * most + 1) + right) * j->heads + head / j->each]);
            largest = e[count] > largest ? e[count] : largest;
            count++;
        }
    for (int k = 0; k < count; k++) {
        e[k] = e[k] - largest;
        anew_ref_kernels_for(ANEW_ISA_C)->pointwise(ANEW_POINTWISE_EXP, &e[k], &e[k], NULL, 1);
        lanes[places[k] % 16] += e[k];
        sum = fmaf(e[k], u[k], sum);
    }
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return sum * (1.0f / lanes[0]);
}

/* Rows of blocks, [rows][blocks][width][16], with a guard at both ends; lanes past the last channel are zero. */
typedef struct blocks {
    float *memory, *rows[32 * 8];
    size_t floats;
} blocks;

static void make_blocks(blocks *b, const job *j, int channels, int part_of)
{
    const int count = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t row = (size_t)j->width * ANEW_BLOCK;
    const int top = part_of == 3 ? -j->above : 0, bottom = j->rows + (part_of == 3 ? j->below : 0);
    b->floats = (size_t)((bottom - top) * count) * row + 2 * GUARD;
    b->memory = malloc(b->floats * sizeof(float));
    memset(b->memory, 0xa5, b->floats * sizeof(float));
    for (int k = 0; k < (bottom - top) * count; k++)
        b->rows[k] = b->memory + GUARD + (size_t)k * row;
    for (int y = top; part_of > 0 && y < bottom; y++)
        for (int x = 0; x < j->width; x++)
            for (int c = 0; c < count * ANEW_BLOCK; c++)
                b->rows[(y - top) * count + c / ANEW_BLOCK][x * ANEW_BLOCK + c % ANEW_BLOCK] =
                    c >= channels  ? 0.0f
                    : part_of == 3 ? at(j, c / (channels / 3), c % (channels / 3), y, x)
                                   : defined(j, c, y, x);
}

/* Runs from x0 to x1, both edges of windows, in calls of `each` windows. */
static void run(const job *j, const blocks *from, blocks *to, const float *biases, float *scratch,
                int isa, int many)
{
    const int before = (j->window - j->shift) % j->window;
    for (int first = -before; first < j->width; first += many * j->window) {
        const int end = first + many * j->window;
        const anew_window_row row = {.sources = (const float *const *)from->rows,
                                     .destinations = to->rows,
                                     .rows = j->rows,
                                     .first_row = j->first_row,
                                     .overlap = j->overlap,
                                     .above = j->above,
                                     .below = j->below,
                                     .width = j->width,
                                     .x0 = first < 0 ? 0 : first,
                                     .x1 = end < j->width ? end : j->width,
                                     .window = j->window,
                                     .shift = j->shift,
                                     .channels = j->heads * j->each,
                                     .heads = j->heads,
                                     .biases = biases,
                                     .scratch = scratch};
        anew_window_kernel_for((anew_isa)isa)(&row);
    }
}

static void check(job *j)
{
    const int channels = j->heads * j->each, side = 2 * (j->window + j->overlap) - 1;
    const int rows = j->above + j->rows + j->below;
    float *values = random_floats((size_t)(rows * j->width * 3 * channels), 2);
    float *table = random_floats((size_t)(side * side * j->heads), 1);
    const size_t needed = anew_window_scratch_floats(j->window, j->overlap, channels, j->heads);
    float *biases =
        malloc(anew_window_bias_floats(j->window, j->overlap, j->heads) * sizeof(float));
    float *scratch = malloc((needed + GUARD) * sizeof(float));
    blocks from, want;
    anew_isa best;
    ck_assert(anew_isa_detect(&best, NULL));
    j->values = values;
    j->table = table;
    anew_window_spread_bias(biases, table, j->window, j->overlap, j->heads);
    make_blocks(&from, j, 3 * channels, 3);
    make_blocks(&want, j, channels, 1);
    for (int isa = ANEW_ISA_C; isa <= (int)best; isa++)
        for (int many = 1; many <= 3; many += 2) {
            blocks got;
            make_blocks(&got, j, channels, 0);
            memset(scratch, 0xff, (needed + GUARD) * sizeof(float)); /* not-a-numbers */
            run(j, &from, &got, biases, scratch, isa, many);
            ck_assert_msg(memcmp(got.memory, want.memory, want.floats * sizeof(float)) == 0,
                          "%s: windows of %d, moved by %d, seeing %d, %d heads of %d, %d rows from "
                          "%d of %d pixels, %d at a time",
                          anew_isa_name((anew_isa)isa), j->window, j->shift, j->overlap, j->heads,
                          j->each, j->rows, j->first_row, j->width, many);
            for (size_t i = needed * sizeof(float); i < (needed + GUARD) * sizeof(float); i++)
                ck_assert_int_eq(((unsigned char *)scratch)[i], 0xff);
            free(got.memory);
        }
    free(values);
    free(table);
    free(biases);
    free(scratch);
    free(from.memory);
    free(want.memory);
}

START_TEST(windows_of_every_kind)
{
    static const int sides[] = {2, 3, 7, 8},
                     heads[][2] = {{1, 1}, {2, 5}, {3, 10}, {1, 30}, {2, 32}};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++)
        for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
            const int w = sides[s], shift = w / 2;
            const int widths[] = {2 * w, 1, w + shift, 3 * w - 1};
            for (int k = 0; k < 4; k++) {
                /* A whole row of windows; those above and below the picture's edges, which only moved ones have. */
                const int n = heads[h][0], each = heads[h][1], wide = widths[k];
                job whole = {.window = w,
                             .shift = k % 2 == 0 ? 0 : shift,
                             .heads = n,
                             .each = each,
                             .rows = w,
                             .width = wide};
                job top = {.window = w,
                           .shift = shift,
                           .heads = n,
                           .each = each,
                           .rows = shift,
                           .first_row = w - shift,
                           .width = wide};
                job bottom = {.window = w,
                              .shift = shift,
                              .heads = n,
                              .each = each,
                              .rows = w - shift,
                              .width = wide};
                check(&whole);
                check(&top);
                check(&bottom);
            }
        }
}
END_TEST

/* The largest windows, and a single row of them. */
START_TEST(large_and_small)
{
    job large = {.window = 16, .shift = 8, .heads = 2, .each = 6, .rows = 16, .width = 24};
    job row = {
        .window = 5, .shift = 1, .heads = 2, .each = 9, .rows = 1, .first_row = 4, .width = 11};
    check(&large);
    check(&row);
}
END_TEST

/* Windows that see pixels around themselves: in the middle of a picture, and at each of its edges. */
START_TEST(windows_that_overlap)
{
    static const int kinds[][5] = {/* window, overlap, heads, channels of a head, windows across */
                                   {2, 1, 1, 1, 3},  {4, 2, 3, 5, 3},  {7, 3, 2, 10, 2},
                                   {8, 2, 2, 30, 1}, {16, 4, 1, 6, 2}, {16, 8, 1, 3, 1}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int edges = 0; edges < 4; edges++) {
            const int w = kinds[k][0], o = kinds[k][1];
            job j = {.window = w,
                     .overlap = o,
                     .heads = kinds[k][2],
                     .each = kinds[k][3],
                     .rows = w,
                     .width = kinds[k][4] * w,
                     .above = edges & 1 ? 0 : o,
                     .below = edges & 2 ? 0 : o};
            check(&j);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("windows");
    TCase *all = add_case(suite, "windows", 120);
    tcase_add_test(all, windows_of_every_kind);
    tcase_add_test(all, large_and_small);
    tcase_add_test(all, windows_that_overlap);
    return run_suite(suite);
}
