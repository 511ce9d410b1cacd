/*
 * check_windows.c - the kernel of kernels/windows.h against its definition on every CPU level: the same bytes, for windows of
 * all sides, moved and not, whole and cut at any edge, heads that end inside of a block; and that nothing else is
 * written.
 *
 * Seen to fail by, in kernels/window_body.h: places that are absent left with a score of 0, `left` counted from the cut
 * edge, lanes past the last channel not cleared, sums of a query divided by that of its neighbour; in kernels/windows.c:
 * rows and columns of the table exchanged.
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
    const float *values; /* [rows][width][3 * channels] */
    const float *table;
} job;

/* Value `part` (queries, keys, values) of channel c of the pixel. */
static float at(const job *j, int part, int c, int y, int x)
{
    const int channels = j->heads * j->each;
    return j->values[((size_t)y * (size_t)j->width + (size_t)x) * 3 * (size_t)channels +
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
    const int head = c / j->each * j->each, w = j->window;
    int mine, which;
    const int i = place_of(j, y, x, &mine);
    float e[256], u[256], lanes[16] = {0}, largest = -INFINITY, sum = 0;
    int places[256], count = 0;
    for (int v = 0; v < j->rows; v++)
        for (int h = 0; h < j->width; h++) {
            const int place = place_of(j, v, h, &which);
            if (which != mine)
                continue;
            float product = 0;
            for (int k = head; k < head + j->each; k++)
                product = fmaf(at(j, 0, k, y, x), at(j, 1, k, v, h), product);
            const int down = i / w - place / w + w - 1, right = i % w - place % w + w - 1;
            places[count] = place;
            u[count] = at(j, 2, c, v, h);
            e[count] = fmaf(product, (float)(1.0 / sqrt((double)j->each)),
                            j->table[(down * (2 * w - 1) + right) * j->heads + head / j->each]);
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
    float *memory, *rows[16 * 8];
    size_t floats;
} blocks;

static void make_blocks(blocks *b, const job *j, int channels, int part_of)
{
    const int count = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t row = (size_t)j->width * ANEW_BLOCK;
    b->floats = (size_t)(j->rows * count) * row + 2 * GUARD;
    b->memory = malloc(b->floats * sizeof(float));
    memset(b->memory, 0xa5, b->floats * sizeof(float));
    for (int k = 0; k < j->rows * count; k++)
        b->rows[k] = b->memory + GUARD + (size_t)k * row;
    for (int y = 0; part_of > 0 && y < j->rows; y++)
        for (int x = 0; x < j->width; x++)
            for (int c = 0; c < count * ANEW_BLOCK; c++)
                b->rows[y * count + c / ANEW_BLOCK][x * ANEW_BLOCK + c % ANEW_BLOCK] =
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
    const int channels = j->heads * j->each, side = 2 * j->window - 1;
    float *values = random_floats((size_t)(j->rows * j->width * 3 * channels), 2);
    float *table = random_floats((size_t)(side * side * j->heads), 1);
    const size_t needed = anew_window_scratch_floats(j->window, channels, j->heads);
    float *biases = malloc(anew_window_bias_floats(j->window, j->heads) * sizeof(float));
    float *scratch = malloc((needed + GUARD) * sizeof(float));
    blocks from, want;
    anew_isa best;
    ck_assert(anew_isa_detect(&best, NULL));
    j->values = values;
    j->table = table;
    anew_window_spread_bias(biases, table, j->window, j->heads);
    make_blocks(&from, j, 3 * channels, 3);
    make_blocks(&want, j, channels, 1);
    for (int isa = ANEW_ISA_C; isa <= (int)best; isa++)
        for (int many = 1; many <= 3; many += 2) {
            blocks got;
            make_blocks(&got, j, channels, 0);
            memset(scratch, 0xff, (needed + GUARD) * sizeof(float)); /* not-a-numbers */
            run(j, &from, &got, biases, scratch, isa, many);
            ck_assert_msg(memcmp(got.memory, want.memory, want.floats * sizeof(float)) == 0,
                          "%s: windows of %d, moved by %d, %d heads of %d, %d rows from %d of %d "
                          "pixels, %d at a time",
                          anew_isa_name((anew_isa)isa), j->window, j->shift, j->heads, j->each,
                          j->rows, j->first_row, j->width, many);
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
                job whole = {
                    w,   k % 2 == 0 ? 0 : shift, heads[h][0], heads[h][1], w, 0, widths[k], NULL,
                    NULL};
                job top = {w,         shift,     heads[h][0], heads[h][1], shift,
                           w - shift, widths[k], NULL,        NULL};
                job bottom = {w, shift,     heads[h][0], heads[h][1], w - shift,
                              0, widths[k], NULL,        NULL};
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
    job large = {16, 8, 2, 6, 16, 0, 24, NULL, NULL}, row = {5, 1, 2, 9, 1, 4, 11, NULL, NULL};
    check(&large);
    check(&row);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("windows");
    TCase *all = add_case(suite, "windows", 120);
    tcase_add_test(all, windows_of_every_kind);
    tcase_add_test(all, large_and_small);
    return run_suite(suite);
}
