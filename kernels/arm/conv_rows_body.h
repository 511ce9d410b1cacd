/*
 * conv_rows_body.h - how a convolution on bytes or on bfloat16 walks the pixels of its rows. An including file brings
 * tile(c, y, block, x, pixels) for 6, 4 or 1 pixels of one output block and a `convolution` with its row.
 *
 * The last tile of a row is moved left over pixels already done.
 */
#define TILE_PIXELS  6
#define SMALL_PIXELS 4

INLINE void block_of_row(const convolution *c, int y, int block)
{
    const anew_conv_row *row = c->row;
    const int width = row->x1 - row->x0;
    for (int x = row->x0; x < row->x1;) {
        const int left = row->x1 - x;
        if (width >= TILE_PIXELS && left > SMALL_PIXELS) {
            x = left < TILE_PIXELS ? row->x1 - TILE_PIXELS : x;
            tile(c, y, block, x, TILE_PIXELS);
            x += TILE_PIXELS;
        } else if (width >= SMALL_PIXELS) {
            x = left < SMALL_PIXELS ? row->x1 - SMALL_PIXELS : x;
            tile(c, y, block, x, SMALL_PIXELS);
            x += SMALL_PIXELS;
        } else {
            tile(c, y, block, x, 1);
            x++;
        }
    }
}
