/*
 * conv_tiles_amx_body.h - the direct convolution on AMX's tiles, for any kind of factor (tiles.h); an including file
 * brings, beside the vector vocabulary,
 *
 *     BLOCKS_OF_LINE         blocks of 16 channels that a line of 64 bytes holds
 *     PIECE                  pixels of a call
 *     MULTIPLY(sum, a, b)    the instruction
 *     weights_of(row)        where the weights begin
 *     round_pixel(c, to, y, line, x)   writes a line of pixel x
 *     values_of(c, sums, block)        16 sums of a pixel, as floats with the bias
 *
 * The call's source rows are rounded to lines in the scratch. Then 32 pixels x 32 outputs at a time: four tiles of
 * sums stay in registers over all taps and channels, and in each turn two source tiles and two weight tiles are
 * loaded for four products. That is 8 tiles, all there are:
 *
 *     0 1   sums of pixels  0 .. 15, outputs 0 .. 15 and 16 .. 31
 *     2 3   sums of pixels 16 .. 31
 *     4 5   sources, 6 7 weights
 *
 * The sums go through 4 KiB of scratch to the epilogue. (Intel SDM volume 1, chapter 18; the
 * configuration's layout is table 18-1.)
 */
#include "kernels/epilogue_body.h"

#define INLINE static inline __attribute__((always_inline))
#define LINE   64 /* bytes */

typedef struct tile_configuration {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes_of_line[16];
    uint8_t lines[16];
} tile_configuration;

static const tile_configuration all_full = {
    .palette = 1,
    .bytes_of_line = {LINE, LINE, LINE, LINE, LINE, LINE, LINE, LINE},
    .lines = {ANEW_TILES_PIXELS, ANEW_TILES_PIXELS, ANEW_TILES_PIXELS, ANEW_TILES_PIXELS,
              ANEW_TILES_PIXELS, ANEW_TILES_PIXELS, ANEW_TILES_PIXELS, ANEW_TILES_PIXELS}};

typedef struct convolution {
    const anew_conv_row *row;
    int source_rows, lines; /* lines of a pixel's channels */
    size_t pixels;          /* of a rounded row */
    float *rounded;         /* [source rows][lines][pixels][64 bytes], from pixel x0 - half on */
    float *sums;            /* four tiles */
} convolution;

static void round_pixel(const convolution *c, float *to, int y, int line, int x);
static vector values_of(const convolution *c, const float *sums, int block);
static const float *weights_of(const anew_conv_row *row);

/* What lies past the last pixel is left as it is: a pixel's sums come from its own line of the tile. */
static void round_sources(const convolution *c)
{
    const anew_conv_row *row = c->row;
    const int half = row->kernel_width / 2, end = row->x1 + half;
    float *to = c->rounded;
    for (int y = 0; y < c->source_rows; y++)
        for (int line = 0; line < c->lines; line++, to += c->pixels * ANEW_BLOCK) {
            float *pixel = to;
            for (int x = row->x0 - half; x < end; x++, pixel += ANEW_BLOCK)
                round_pixel(c, pixel, y, line, x);
        }
}

/* 16 or 32 pixels of one or two blocks of outputs. `pixel` counts from x0. */
INLINE void multiply(const convolution *c, int y, int pixel, int block, const bool two_tiles,
                     const bool two_blocks)
{
    const anew_conv_row *row = c->row;
    const size_t turns = (size_t)row->kernel_height * (size_t)c->lines * (size_t)row->kernel_width;
    const size_t next_block = turns * ANEW_TILES_FLOATS;
    const float *weights = weights_of(row) + (size_t)block * next_block;
    _tile_zero(0);
    if (two_blocks)
        _tile_zero(1);
    if (two_tiles)
        _tile_zero(2);
    if (two_tiles && two_blocks)
        _tile_zero(3);
    const float *source =
        c->rounded + ((size_t)(y * c->lines) * c->pixels + (size_t)pixel) * ANEW_BLOCK;
    /* All lines of the kernel's rows lie one after the other. */
    for (int i = 0; i < row->kernel_height * c->lines; i++, source += c->pixels * ANEW_BLOCK)
        for (int kx = 0; kx < row->kernel_width; kx++, weights += ANEW_TILES_FLOATS) {
            const float *at = source + kx * ANEW_BLOCK;
            _tile_loadd(4, at, LINE);
            _tile_loadd(6, weights, LINE);
            MULTIPLY(0, 4, 6);
            if (two_blocks) {
                _tile_loadd(7, weights + next_block, LINE);
                MULTIPLY(1, 4, 7);
            }
            if (two_tiles) {
                _tile_loadd(5, at + ANEW_TILES_PIXELS * ANEW_BLOCK, LINE);
                MULTIPLY(2, 5, 6);
                if (two_blocks)
                    MULTIPLY(3, 5, 7);
            }
        }
    _tile_stored(0, c->sums, LINE);
    if (two_blocks)
        _tile_stored(1, c->sums + ANEW_TILES_FLOATS, LINE);
    if (two_tiles)
        _tile_stored(2, c->sums + 2 * ANEW_TILES_FLOATS, LINE);
    if (two_tiles && two_blocks)
        _tile_stored(3, c->sums + 3 * ANEW_TILES_FLOATS, LINE);
}

/* Bias and epilogue of `count` pixels of a block, from x on. */
static void finish(const convolution *c, const float *sums, int y, int block, int x, int count)
{
    const anew_conv_row *row = c->row;
    const int index = y * row->out_blocks + block;
    float *destination = row->destinations[index];
    for (int i = 0; i < count; i++) {
        const vector sum = values_of(c, sums + i * ANEW_BLOCK, block);
        const int place = (x + i) * ANEW_BLOCK;
        vector_store(destination + place, vector_epilogue(sum, row->epilogue, row->epilogue_count,
                                                          block * ANEW_BLOCK, index, place));
    }
}

/* 32 pixels, or what is left of the row, of two blocks, or of the last one. */
static void convolve(const convolution *c, int y, int pixel, int block)
{
    const anew_conv_row *row = c->row;
    const int left = row->x1 - row->x0 - pixel;
    const bool two_tiles = left > ANEW_TILES_PIXELS, two_blocks = block + 1 < row->out_blocks;
    if (two_tiles && two_blocks)
        multiply(c, y, pixel, block, true, true);
    else if (two_tiles)
        multiply(c, y, pixel, block, true, false);
    else if (two_blocks)
        multiply(c, y, pixel, block, false, true);
    else
        multiply(c, y, pixel, block, false, false);
    for (int tile = 0; tile <= (two_tiles ? 1 : 0); tile++)
        for (int b = 0; b <= (two_blocks ? 1 : 0); b++) {
            const int first = pixel + tile * ANEW_TILES_PIXELS;
            const int rest = row->x1 - row->x0 - first;
            finish(c, c->sums + (2 * tile + b) * ANEW_TILES_FLOATS, y, block + b, row->x0 + first,
                   rest < ANEW_TILES_PIXELS ? rest : ANEW_TILES_PIXELS);
        }
}

static void convolve_rows(const anew_conv_row *row, int rows)
{
    convolution c = {.row = row,
                     .source_rows = rows - 1 + row->kernel_height,
                     .lines = (row->source_blocks + BLOCKS_OF_LINE - 1) / BLOCKS_OF_LINE,
                     .pixels = (size_t)PIECE + (size_t)row->kernel_width - 1,
                     .sums = row->scratch};
    c.rounded = row->scratch + 4 * ANEW_TILES_FLOATS;
    round_sources(&c);
    _tile_loadconfig(&all_full);
    /* Weights of two blocks stay in the first-level cache while all pixels pass. */
    for (int block = 0; block < row->out_blocks; block += 2)
        for (int y = 0; y < rows; y++)
            for (int pixel = 0;
                 row->destinations[y * row->out_blocks] != NULL && pixel < row->x1 - row->x0;
                 pixel += 2 * ANEW_TILES_PIXELS)
                convolve(&c, y, pixel, block);
    _tile_release();
}
