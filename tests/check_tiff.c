/*
 * check_tiff.c - TIFF files that libtiff itself writes, of every layout that is read: strips, tiles, planes, 1 to 16
 * bits, palettes, white that is 0, alpha of both kinds, turned; against the values that were put in. What is refused, with
 * the reason. EXIF's directories by hand, also damaged.
 *
 * Seen to fail by: tiles' rows one byte off; planes read from the first; alpha not divided out; the second page not
 * looked for; offsets of a directory left as they were.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/suite.h"
#include "core/memory.h"
#include "image/formats.h"

#if ANEW_TIFF
#include <tiffio.h>

static char path[64];

#define WIDTH  37
#define HEIGHT 29

typedef struct layout {
    const char *name;
    int bits, samples, photometric, extra; /* extra: -1 none */
    bool tiled, planes, big;
    int compression, orientation;
    int channels, depth; /* what is to be read; 0: refused */
    const char *refused; /* a part of the message */
} layout;

/* Sample c of pixel x, y as stored. */
static unsigned int stored(const layout *l, int x, int y, int c)
{
    const unsigned int most = (1u << l->bits) - 1;
    const unsigned int value = (unsigned int)(x * 7919 + y * 104729 + c * 31) % (most + 1);
    if (l->extra == EXTRASAMPLE_ASSOCALPHA) { /* colours are no more than alpha */
        const unsigned int alpha = (unsigned int)(x * 37 + y * 11) % (most + 1);
        return c == l->samples - 1 ? alpha : value % (alpha + 1);
    }
    return value;
}

static uint16_t colour_of(int c, int i)
{
    return (uint16_t)(c * 5000 + i * 251);
}

static void pack(uint8_t *row, size_t i, int bits, unsigned int value)
{
    const uint16_t wide = (uint16_t)value;
    if (bits == 16)
        memcpy(row + 2 * i, &wide, 2);
    else
        row[i * (size_t)bits / 8] |= (uint8_t)(value << (8 - bits - (int)(i * (size_t)bits % 8)));
}

/* Rows y to y + rows, columns x to x + columns, of one plane or all samples, to `to`. */
static void fill(const layout *l, uint8_t *to, size_t row_bytes, int x0, int y0, int columns,
                 int rows, int plane)
{
    memset(to, 0, row_bytes * (size_t)rows);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns && x0 + x < WIDTH; x++) {
            uint8_t *row = to + (size_t)y * row_bytes;
            if (l->planes)
                pack(row, (size_t)x, l->bits, stored(l, x0 + x, y0 + y, plane));
            else
                for (int c = 0; c < l->samples; c++)
                    pack(row, (size_t)(x * l->samples + c), l->bits, stored(l, x0 + x, y0 + y, c));
        }
}

static void write_page(TIFF *tiff, const layout *l)
{
    static uint8_t buffer[1 << 16];
    uint16_t map[3][256], extra = (uint16_t)l->extra;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, l->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, l->samples);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, l->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, l->compression);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 l->planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (l->orientation != 0)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, l->orientation);
    if (l->extra >= 0)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    if (l->photometric == PHOTOMETRIC_PALETTE) {
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 256; i++)
                map[c][i] = colour_of(c, i);
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0], map[1], map[2]);
    }
    const int turns = l->planes ? l->samples : 1;
    if (l->tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
        const size_t row_bytes = (size_t)TIFFTileRowSize(tiff);
        for (int s = 0; s < turns; s++)
            for (int y = 0; y < HEIGHT; y += 16)
                for (int x = 0; x < WIDTH; x += 16) {
                    fill(l, buffer, row_bytes, x, y, 16, 16, s);
                    ck_assert_int_ge(
                        TIFFWriteTile(tiff, buffer, (uint32_t)x, (uint32_t)y, 0, (uint16_t)s), 0);
                }
        return;
    }
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 7);
    const size_t row_bytes = (size_t)TIFFScanlineSize(tiff);
    for (int s = 0; s < turns; s++)
        for (int y = 0; y < HEIGHT; y++) {
            fill(l, buffer, row_bytes, 0, y, WIDTH, 1, s);
            ck_assert_int_ge(TIFFWriteScanline(tiff, buffer, (uint32_t)y, (uint16_t)s), 0);
        }
}

static void write_file(const layout *l, int pages)
{
    TIFF *tiff = TIFFOpen(path, l->big ? "wb" : "wl");
    ck_assert_ptr_nonnull(tiff);
    for (int page = 0; page < pages; page++) {
        write_page(tiff, l);
        ck_assert_int_eq(TIFFWriteDirectory(tiff), 1);
    }
    TIFFClose(tiff);
}

/* Sample c of pixel x, y as it must be read. */
static unsigned int wanted(const layout *l, int x, int y, int c)
{
    const unsigned int file_most = (1u << l->bits) - 1, most = l->depth == 8 ? 255 : 65535;
    unsigned int value = stored(l, x, y, c);
    if (l->photometric == PHOTOMETRIC_PALETTE)
        return colour_of(c, (int)stored(l, x, y, 0));
    const bool is_alpha = l->channels % 2 == 0 && c == l->channels - 1;
    if (l->photometric == PHOTOMETRIC_MINISWHITE && !is_alpha)
        value = file_most - value;
    value = value * most / file_most;
    if (l->extra == EXTRASAMPLE_ASSOCALPHA && !is_alpha) {
        const double alpha = stored(l, x, y, l->samples - 1) * (double)most / file_most;
        return alpha == 0 ? 0 : (unsigned int)(value * (double)most / alpha + 0.5);
    }
    return value;
}

static void check_file(const layout *l)
{
    anew_image image;
    anew_error error = {0};
    const anew_status status = anew_image_read(&image, path, NULL, NULL, &error);
    if (l->refused != NULL) {
        ck_assert_msg(status != ANEW_OK, "%s was read", l->name);
        ck_assert_msg(strstr(error.text, l->refused) != NULL, "%s: refused by: %s", l->name,
                      error.text);
        return;
    }
    ck_assert_msg(status == ANEW_OK, "%s: %s", l->name, error.text);
    ck_assert_msg(image.channels == l->channels && image.depth == l->depth,
                  "%s: %d channels of %d bits", l->name, image.channels, image.depth);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < l->channels; c++) {
                const int seen_x = l->orientation == 3 ? WIDTH - 1 - x : x;
                const int seen_y = l->orientation == 3 ? HEIGHT - 1 - y : y;
                const size_t at =
                    ((size_t)seen_y * WIDTH + (size_t)seen_x) * (size_t)l->channels + (size_t)c;
                const unsigned int got = l->depth == 16 ? ((const uint16_t *)image.pixels)[at]
                                                        : ((const uint8_t *)image.pixels)[at];
                ck_assert_msg(got == wanted(l, x, y, c), "%s: sample %d of %d,%d is %u, not %u",
                              l->name, c, x, y, got, wanted(l, x, y, c));
            }
    anew_image_free(&image);
}

#define NONE COMPRESSION_NONE
#define GRAY PHOTOMETRIC_MINISBLACK
#define RGB  PHOTOMETRIC_RGB

static const layout layouts[] = {
    {"gray 1", 1, 1, GRAY, -1, false, false, false, NONE, 0, 1, 8, NULL},
    {"gray 2", 2, 1, GRAY, -1, false, false, true, NONE, 0, 1, 8, NULL},
    {"gray 4, tiles", 4, 1, GRAY, -1, true, false, false, NONE, 0, 1, 8, NULL},
    {"gray 1, tiles", 1, 1, PHOTOMETRIC_MINISWHITE, -1, true, false, false, NONE, 0, 1, 8, NULL},
    {"gray 8, white is 0", 8, 1, PHOTOMETRIC_MINISWHITE, -1, false, false, false, COMPRESSION_LZW,
     0, 1, 8, NULL},
    {"gray 16", 16, 1, GRAY, -1, false, false, true, COMPRESSION_LZW, 0, 1, 16, NULL},
    {"gray 16, white is 0", 16, 1, PHOTOMETRIC_MINISWHITE, -1, true, false, true, NONE, 0, 1, 16,
     NULL},
    {"gray and alpha", 8, 2, GRAY, EXTRASAMPLE_UNASSALPHA, false, true, false, NONE, 0, 2, 8, NULL},
    {"gray and what it is is not said", 8, 2, GRAY, EXTRASAMPLE_UNSPECIFIED, false, false, false,
     NONE, 0, 1, 8, NULL},
    {"palette 4", 4, 1, PHOTOMETRIC_PALETTE, -1, false, false, false, NONE, 0, 3, 16, NULL},
    {"palette 8", 8, 1, PHOTOMETRIC_PALETTE, -1, true, false, false, COMPRESSION_LZW, 0, 3, 16,
     NULL},
    {"rgb 8", 8, 3, RGB, -1, false, false, false, COMPRESSION_PACKBITS, 0, 3, 8, NULL},
    {"rgb 8, turned", 8, 3, RGB, -1, false, false, false, NONE, 3, 3, 8, NULL},
    {"rgb 8, tiles", 8, 3, RGB, -1, true, false, true, COMPRESSION_LZW, 0, 3, 8, NULL},
    {"rgb 8, planes", 8, 3, RGB, -1, false, true, false, COMPRESSION_LZW, 0, 3, 8, NULL},
    {"rgb 16, planes in tiles", 16, 3, RGB, -1, true, true, true, NONE, 0, 3, 16, NULL},
    {"rgb and alpha 16", 16, 4, RGB, EXTRASAMPLE_UNASSALPHA, false, false, false, NONE, 0, 4, 16,
     NULL},
    {"rgb times alpha", 8, 4, RGB, EXTRASAMPLE_ASSOCALPHA, false, false, false, NONE, 0, 4, 8,
     NULL},
    {"rgb times alpha 16, planes", 16, 4, RGB, EXTRASAMPLE_ASSOCALPHA, false, true, false, NONE, 0,
     4, 16, NULL},
    {"rgb 4", 4, 3, RGB, -1, false, false, false, NONE, 0, 0, 0, "4 bits a sample"},
    {"cmyk", 8, 4, PHOTOMETRIC_SEPARATED, -1, false, false, false, NONE, 0, 0, 0, "CMYK"},
    {"YCbCr", 8, 3, PHOTOMETRIC_YCBCR, -1, false, false, false, NONE, 0, 0, 0,
     "YCbCr colours that are not in JPEG"},
    {"Lab", 8, 3, PHOTOMETRIC_CIELAB, -1, false, false, false, NONE, 0, 0, 0, "neither gray, RGB"},
};

START_TEST(every_layout)
{
    write_file(&layouts[_i], 1);
    check_file(&layouts[_i]);
}
END_TEST

START_TEST(pages)
{
    static const layout several = {.name = "two pages", .refused = "several pages"};
    write_file(&layouts[11], 2);
    check_file(&several);
    /* A smaller copy of the first page is none. */
    TIFF *tiff = TIFFOpen(path, "w");
    write_page(tiff, &layouts[11]);
    ck_assert_int_eq(TIFFWriteDirectory(tiff), 1);
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    write_page(tiff, &layouts[5]);
    TIFFClose(tiff);
    check_file(&layouts[11]);
}
END_TEST

START_TEST(floating_point_is_refused)
{
    static const layout real = {.name = "f32", .refused = "floating-point samples"};
    float row[WIDTH] = {0};
    TIFF *tiff = TIFFOpen(path, "w");
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 32);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFWriteScanline(tiff, row, 0, 0);
    TIFFClose(tiff);
    check_file(&real);
}
END_TEST

/* What libtiff itself finds in a file of ours. */
START_TEST(exif_as_libtiff_reads_it)
{
    static const char exif[] =
        "MM\0*\0\0\0\x08\0\x03\x01\x0f\0\x02\0\0\0\x06\0\0\0\x32\x01\x12\0\x03\0\0\0\x01\0\x01\0\0"
        "\x87\x69\0\x04\0\0\0\x01\0\0\0\x38\0\0\0\0Maker\0\0\x02\x82\x9a\0\x05\0\0\0\x01\0\0\0\x56"
        "\xa0\x02\0\x04\0\0\0\x01\0\0\0\x05\0\0\0\0\0\0\0\x01\0\0\0\x40";
    anew_metadata metadata = {0};
    anew_image image;
    anew_error error = {0};
    const anew_image_options options = {.png_compression = -1, .metadata = &metadata};
    ck_assert(anew_block_set(&metadata.exif, exif, sizeof exif - 1));
    ck_assert_int_eq(anew_image_create(&image, 5, 4, 3, 8, &error), ANEW_OK);
    memset(image.pixels, 7, 60);
    ck_assert_msg(anew_image_write(&image, path, ANEW_FORMAT_TIFF, &options, &error) == ANEW_OK,
                  "%s", error.text);
    anew_metadata_free(&metadata);
    anew_image_free(&image);
    char *maker = NULL;
    uint64_t place = 0;
    float exposure = 0;
    TIFF *tiff = TIFFOpen(path, "r");
    ck_assert_ptr_nonnull(tiff);
    ck_assert(TIFFIsBigEndian(tiff));
    ck_assert(TIFFGetField(tiff, TIFFTAG_MAKE, &maker));
    ck_assert_str_eq(maker, "Maker");
    ck_assert(TIFFGetField(tiff, TIFFTAG_EXIFIFD, &place));
    ck_assert(TIFFReadEXIFDirectory(tiff, place));
    ck_assert(TIFFGetField(tiff, EXIFTAG_EXPOSURETIME, &exposure));
    ck_assert_float_eq_tol(exposure, 1 / 64.0f, 1e-7f);
    TIFFClose(tiff);
}
END_TEST

/* Every byte at its extremes, and every length: nothing is read or written outside, and no copy grows without end. */
START_TEST(damaged_files_do_no_harm)
{
    static uint8_t data[1 << 16], copy[1 << 16];
    write_file(&layouts[10], 1);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    for (size_t at = 0; at < size; at += at < 16 || at > size - 260 ? 1 : 97)
        for (int way = 0; way < 3; way++) {
            anew_image image;
            anew_error error = {0};
            const anew_image_limits limits = {.max_pixels = 1 << 16};
            memcpy(copy, data, size);
            copy[at] = (uint8_t)(way == 0 ? 0 : way == 1 ? 0xff : copy[at] ^ 0x11);
            if (anew_image_decode(&image, copy, way == 2 ? at : size, "x", &limits, NULL, &error) ==
                ANEW_OK)
                anew_image_free(&image);
            else
                ck_assert_msg(strncmp(error.text, "x: ", 3) == 0, "%s", error.text);
        }
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("tiff");
#if ANEW_TIFF
    TCase *all = add_case(suite, "all", 60);
    (void)snprintf(path, sizeof path, "/tmp/check_tiff.XXXXXX");
    const int made = mkstemp(path);
    if (made < 0)
        return 1;
    (void)close(made);
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    tcase_add_loop_test(all, every_layout, 0, sizeof layouts / sizeof layouts[0]);
    tcase_add_test(all, pages);
    tcase_add_test(all, floating_point_is_refused);
    tcase_add_test(all, exif_as_libtiff_reads_it);
    tcase_add_test(all, damaged_files_do_no_harm);
    const int code = run_suite(suite);
    (void)unlink(path);
    return code;
#else
    printf("SKIP TIFF: libtiff was left out of this build\n");
    return run_suite(suite);
#endif
}
