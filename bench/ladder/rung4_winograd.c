/*
 * rung4_winograd.c - fewer multiplications: F(4x4, 3x3).
 *
 * A tile of 4 x 4 outputs depends on 6 x 6 inputs and takes 4 * 4 * 9 = 144 multiplications per pair of
 * channels. Seen as a product of polynomials it takes 36: evaluate both at the points 0, 1, -1, 2, -2
 * and infinity (along both sides: 6 x 6 values), multiply value by value, interpolate the result.
 *
 *     Y = A^T [ (G g G^T) * (B^T d B) ] A        (* value by value)
 *
 * The three matrices follow from the points; scripts/winograd_matrices.py derives them and checks them.
 * G g G^T needs the weights only and is done once. Multiplying by B and A takes additions mostly. And as
 * the sum over the input channels can be taken before A, the middle is 36 matrix products,
 * [tiles x 64] times [64 x 64], which rung 3's idea does.
 *
 * What holds it back: between the passes lie 36 / 16 = 2.25 times the picture, twice, in memory.
 */
#include "bench/ladder/eight.h"
#include "bench/ladder/ladder.h"
#include "bench/ladder/winograd_steps.h"

#define TILES   6 /* of one register tile */
#define OUTPUTS 16

/* U = G g G^T of each pair of channels, as [36][block of 16 outputs][ic][16]. */
void winograd_prepare(float *workspace, const float *weights)
{
    static const double G[WINDOW][3] = {{1.0 / 4, 0, 0},
                                        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                        {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                        {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                        {0, 0, 1}};
    for (int product = 0; product < PRODUCTS; product++)
        for (int block = 0; block < CHANNELS; block += OUTPUTS)
            for (int ic = 0; ic < CHANNELS; ic++)
                for (int oc = block; oc < block + OUTPUTS; oc++) {
                    double sum = 0;
                    for (int tap = 0; tap < TAPS; tap++)
                        sum += G[product / WINDOW][tap / 3] * G[product % WINDOW][tap % 3] *
                               (double)weights[(oc * CHANNELS + ic) * TAPS + tap];
                    *workspace++ = (float)sum;
                }
}

/* B^T times a column of six, eight channels at once. */
static inline void transform_in(vector t[WINDOW], const vector d[WINDOW])
{
    t[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
    t[1] = (d[4] - 4.0f * d[2]) + (d[3] - 4.0f * d[1]);
    t[2] = (d[4] - 4.0f * d[2]) - (d[3] - 4.0f * d[1]);
    t[3] = (d[4] - d[2]) + 2.0f * (d[3] - d[1]);
    t[4] = (d[4] - d[2]) - 2.0f * (d[3] - d[1]);
    t[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

/* A^T times a column of six. */
static inline void transform_out(vector y[TILE], const vector m[WINDOW])
{
    y[0] = m[0] + (m[1] + m[2]) + (m[3] + m[4]);
    y[1] = (m[1] - m[2]) + 2.0f * (m[3] - m[4]);
    y[2] = (m[1] + m[2]) + 4.0f * (m[3] + m[4]);
    y[3] = (m[1] - m[2]) + 8.0f * (m[3] - m[4]) + m[5];
}

/* Pass 1: B^T d B of one tile and eight channels, to[product * step]. */
static void tile_in(float *to, int step, const float *in, int width)
{
    vector line[WINDOW], half[WINDOW][WINDOW], result[WINDOW];
    for (int column = 0; column < WINDOW; column++) {
        for (int row = 0; row < WINDOW; row++)
            line[row] = load(in + (row * (width + 2) + column) * CHANNELS);
        transform_in(half[column], line);
    }
    for (int row = 0; row < WINDOW; row++) {
        for (int column = 0; column < WINDOW; column++)
            line[column] = half[column][row];
        transform_in(result, line);
        for (int column = 0; column < WINDOW; column++)
            store(to + (row * WINDOW + column) * step, result[column]);
    }
}

/* Pass 2: six tiles' 16 outputs of one product, as in rung 3. */
static void multiply_tiles(float *out, const float *in, const float *weights)
{
    vector sums[TILES][2] = {{{0}}};
    for (int ic = 0; ic < CHANNELS; ic++) {
        const vector left = load(weights + ic * OUTPUTS), right = load(weights + ic * OUTPUTS + 8);
        for (int t = 0; t < TILES; t++) {
            sums[t][0] += in[t * CHANNELS + ic] * left;
            sums[t][1] += in[t * CHANNELS + ic] * right;
        }
    }
    for (int t = 0; t < TILES; t++) {
        store(out + t * CHANNELS, sums[t][0]);
        store(out + t * CHANNELS + 8, sums[t][1]);
    }
}

/* Pass 3: A^T m A of one tile and eight channels, from[product * step]. */
static void tile_out(float *out, const float *from, int step, int width)
{
    vector line[WINDOW], half[WINDOW][TILE], result[TILE];
    for (int column = 0; column < WINDOW; column++) {
        for (int row = 0; row < WINDOW; row++)
            line[row] = load(from + (row * WINDOW + column) * step);
        transform_out(half[column], line);
    }
    for (int row = 0; row < TILE; row++) {
        for (int column = 0; column < WINDOW; column++)
            line[column] = half[column][row];
        transform_out(result, line);
        for (int column = 0; column < TILE; column++)
            store(out + (row * width + column) * CHANNELS, result[column]);
    }
}

void winograd_tiles(float *out, const float *in, const float *weights, float *between, int first,
                    int count, int width)
{
    const int across = width / TILE, step = count * CHANNELS;
    float *inputs = between, *outputs = between + PRODUCTS * step; /* [36][count][64] */
    for (int t = 0; t < count; t++) {
        const int y = (first + t) / across * TILE, x = (first + t) % across * TILE;
        for (int c = 0; c < CHANNELS; c += 8)
            tile_in(inputs + t * CHANNELS + c, step, in + (y * (width + 2) + x) * CHANNELS + c,
                    width);
    }
    for (int product = 0; product < PRODUCTS; product++)
        for (int block = 0; block < CHANNELS; block += OUTPUTS)
            for (int t = 0; t < count; t += TILES)
                multiply_tiles(outputs + product * step + t * CHANNELS + block,
                               inputs + product * step + t * CHANNELS,
                               weights + (product * CHANNELS + block) * CHANNELS);
    for (int t = 0; t < count; t++) {
        const int y = (first + t) / across * TILE, x = (first + t) % across * TILE;
        for (int c = 0; c < CHANNELS; c += 8)
            tile_out(out + (y * width + x) * CHANNELS + c, outputs + t * CHANNELS + c, step, width);
    }
}

static int tile_count(int height, int width)
{
    return height / TILE * (width / TILE);
}

static size_t winograd_floats(int height, int width)
{
    return WINOGRAD_WEIGHTS + (size_t)2 * PRODUCTS * CHANNELS * (size_t)tile_count(height, width);
}

static void winograd_run(float *out, const float *in, float *workspace, int height, int width)
{
    winograd_tiles(out, in, workspace, workspace + WINOGRAD_WEIGHTS, 0, tile_count(height, width),
                   width);
}

const rung rung_winograd = {
    .name = "winograd",
    .idea = "36 multiplications instead of 144",
    .tolerance = 1e-4,
    .threads = 1,
    .floats = winograd_floats,
    .prepare = winograd_prepare,
    .run = winograd_run,
};
