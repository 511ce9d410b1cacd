/*
 * check_image.c - pictures: what is written is read back; what other programs write is read right (built
 * here with the libraries themselves, not with our encoders); damaged files are refused; resizing.
 */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if ANEW_JPEG
#include <jpeglib.h>
#endif
#if ANEW_PNG
#include <png.h>
#endif

#include "common/suite.h"
#include "core/file.h"
#include "core/memory.h"
#include "image/formats.h"
#include "image/resize.h"

static char folder[64];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/anew-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char path[512];
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(entries);
    (void)rmdir(folder);
}

static const char *in_folder(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A picture with a gradient and some noise, so that no two rows or columns are alike. */
static anew_image pattern(int width, int height, int channels, int depth)
{
    anew_image image;
    anew_error error;
    uint32_t noise = 12345;
    ck_assert_int_eq(anew_image_create(&image, width, height, channels, depth, &error), ANEW_OK);
    for (int i = 0; i < width * height * channels; i++) {
        const int pixel = i / channels, x = pixel % width, y = pixel / width, c = i % channels;
        noise = noise * 1664525u + 1013904223u;
        const uint32_t value = (uint32_t)(x * 256 * (c + 1) + y * 900 * (4 - c)) + (noise >> 20);
        if (depth == 16)
            ((uint16_t *)image.pixels)[i] = (uint16_t)value;
        else
            ((uint8_t *)image.pixels)[i] = (uint8_t)(value >> 8);
    }
    return image;
}

static size_t bytes_of(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels *
           (size_t)(image->depth / 8);
}

START_TEST(png_and_pnm_come_back_exactly)
{
    static const int sizes[][2] = {{1, 1}, {1, 37}, {37, 1}, {31, 17}, {64, 64}};
    const char *const names[] = {"a.pnm", "a.png"};
    anew_error error = {0};
    make_folder();
    for (int size = 0; size < 5; size++)
        for (int channels = 1; channels <= 4; channels++)
            for (int depth = 8; depth <= 16; depth += 8)
                for (int f = 0; f < 1 + ANEW_PNG; f++) {
                    anew_image out = pattern(sizes[size][0], sizes[size][1], channels, depth), in;
                    anew_format format;
                    ck_assert_msg(anew_image_write(&out, in_folder(names[f]),
                                                   anew_format_of_path(names[f]), NULL,
                                                   &error) == ANEW_OK,
                                  "%s", error.text);
                    ck_assert_msg(
                        anew_image_read(&in, in_folder(names[f]), NULL, &format, &error) == ANEW_OK,
                        "%s", error.text);
                    ck_assert_int_eq(format, f == 0 ? ANEW_FORMAT_PNM : ANEW_FORMAT_PNG);
                    ck_assert_int_eq(in.width, out.width);
                    ck_assert_int_eq(in.height, out.height);
                    ck_assert_int_eq(in.channels, channels);
                    ck_assert_int_eq(in.depth, depth);
                    ck_assert_mem_eq(in.pixels, out.pixels, bytes_of(&out));
                    anew_image_free(&in);
                    anew_image_free(&out);
                }
    remove_folder();
}
END_TEST

/* Rows in portions of any height give the file that the whole picture gives. */
START_TEST(portions_make_the_same_file)
{
    static const struct {
        const char *name;
        anew_format format;
        int channels, depth;
    } kinds[] = {{"a.png", ANEW_FORMAT_PNG, 4, 8},  {"b.png", ANEW_FORMAT_PNG, 3, 16},
                 {"c.jpg", ANEW_FORMAT_JPEG, 3, 8}, {"d.jpg", ANEW_FORMAT_JPEG, 1, 16},
                 {"e.pnm", ANEW_FORMAT_PNM, 3, 16}, {"f.pnm", ANEW_FORMAT_PNM, 2, 8}};
    anew_error error = {0};
    make_folder();
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        anew_image whole = pattern(33, 41, kinds[k].channels, kinds[k].depth);
        const size_t row = bytes_of(&whole) / 41;
        char first[512], second[520];
        anew_bytes a, b;
        anew_image_writer *writer = NULL;
        if (anew_format_accepts(kinds[k].format, 33, 41, 1, 8, "a", &error) != ANEW_OK) {
            anew_image_free(&whole); /* left out of this build */
            continue;
        }
        (void)snprintf(first, sizeof first, "%s", in_folder(kinds[k].name));
        (void)snprintf(second, sizeof second, "%s.2", first);
        ck_assert_int_eq(anew_image_write(&whole, first, kinds[k].format, NULL, &error), ANEW_OK);
        ck_assert_int_eq(
            anew_image_writer_open(&writer, second, kinds[k].format, &whole, NULL, &error),
            ANEW_OK);
        for (int y = 0, height = 1; y < 41; y += height, height += 3) {
            anew_image part = whole;
            part.pixels = (uint8_t *)whole.pixels + (size_t)y * row;
            part.height = 41 - y < height ? 41 - y : height;
            ck_assert_int_eq(anew_image_writer_rows(writer, &part, &error), ANEW_OK);
            ck_assert_int_ne(access(second, F_OK), 0); /* not before it is complete */
        }
        ck_assert_int_eq(anew_image_writer_commit(&writer, &error), ANEW_OK);
        ck_assert_ptr_null(writer);
        ck_assert_int_eq(anew_file_read(&a, first, 1 << 20, &error), ANEW_OK);
        ck_assert_int_eq(anew_file_read(&b, second, 1 << 20, &error), ANEW_OK);
        ck_assert_uint_eq(a.size, b.size);
        ck_assert_mem_eq(a.data, b.data, a.size);
        anew_bytes_free(&a);
        anew_bytes_free(&b);
        /* Read by rows it is what it is when read whole. */
        anew_image_reader *reader = NULL;
        anew_image shape, read, rest;
        ck_assert_int_eq(anew_image_read(&read, first, NULL, NULL, &error), ANEW_OK);
        ck_assert_int_eq(anew_image_reader_open(&reader, &shape, first, NULL, &error), ANEW_OK);
        ck_assert_int_eq(shape.width, 33);
        ck_assert_int_eq(shape.height, 41);
        ck_assert_int_eq(shape.channels, read.channels);
        ck_assert_int_eq(shape.depth, read.depth);
        ck_assert_ptr_null(shape.pixels);
        const size_t read_row = bytes_of(&read) / 41;
        uint8_t *rows = malloc(41 * read_row);
        for (int y = 0, height = 1; y < 41; y += height, height += 2) {
            height = 41 - y < height ? 41 - y : height;
            ck_assert_int_eq(
                anew_image_reader_rows(reader, rows + (size_t)y * read_row, height, &error),
                ANEW_OK);
        }
        ck_assert_mem_eq(rows, read.pixels, 41 * read_row);
        anew_image_reader_close(&reader);
        ck_assert_int_eq(anew_image_reader_open(&reader, &shape, first, NULL, &error), ANEW_OK);
        ck_assert_int_eq(anew_image_reader_all(reader, &rest, &error), ANEW_OK);
        ck_assert_mem_eq(rest.pixels, read.pixels, 41 * read_row);
        anew_image_reader_close(&reader);
        anew_image_free(&rest);
        anew_image_free(&read);
        free(rows);
        /* Given up half-way: nothing stays. */
        ck_assert_int_eq(unlink(second), 0);
        ck_assert_int_eq(
            anew_image_writer_open(&writer, second, kinds[k].format, &whole, NULL, &error),
            ANEW_OK);
        anew_image part = whole;
        part.height = 5;
        ck_assert_int_eq(anew_image_writer_rows(writer, &part, &error), ANEW_OK);
        anew_image_writer_discard(&writer);
        ck_assert_int_ne(access(second, F_OK), 0);
        anew_image_free(&whole);
    }
    remove_folder();
}
END_TEST

#if ANEW_JPEG
/* The sampling factors of the first component, as the frame header tells them. */
START_TEST(jpeg_colour_resolution)
{
    static const struct {
        int quality, chroma, factors;
    } wishes[] = {{95, 0, 0x11}, {80, 0, 0x22}, {80, 444, 0x11}, {95, 420, 0x22}};
    anew_error error = {0};
    make_folder();
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        anew_image image = pattern(20, 20, 3, 8);
        const anew_image_options options = {.quality = wishes[i].quality,
                                            .jpeg_chroma = wishes[i].chroma};
        anew_bytes file;
        ck_assert_int_eq(
            anew_image_write(&image, in_folder("a.jpg"), ANEW_FORMAT_JPEG, &options, &error),
            ANEW_OK);
        ck_assert_int_eq(anew_file_read(&file, in_folder("a.jpg"), 1 << 20, &error), ANEW_OK);
        int found = 0;
        for (size_t at = 0; at + 11 < file.size && found == 0; at++)
            if (file.data[at] == 0xff && file.data[at + 1] == 0xc0)
                found = file.data[at + 11];
        ck_assert_int_eq(found, wishes[i].factors);
        anew_bytes_free(&file);
        anew_image_free(&image);
    }
    remove_folder();
}
END_TEST

START_TEST(jpeg_comes_back_nearly)
{
    anew_error error = {0};
    make_folder();
    for (int channels = 1; channels <= 3; channels += 2) {
        anew_image out, in;
        ck_assert_int_eq(anew_image_create(&out, 50, 41, channels, 8, &error), ANEW_OK);
        for (int i = 0; i < 50 * 41 * channels; i++)
            ((uint8_t *)out.pixels)[i] = (uint8_t)(60 + i / channels % 50 * 2 + i % channels * 20);
        const anew_image_options options = {.quality = 98};
        ck_assert_int_eq(
            anew_image_write(&out, in_folder("a.jpg"), ANEW_FORMAT_JPEG, &options, &error),
            ANEW_OK);
        ck_assert_int_eq(anew_image_read(&in, in_folder("a.jpg"), NULL, NULL, &error), ANEW_OK);
        ck_assert_int_eq(in.channels, channels);
        for (size_t i = 0; i < bytes_of(&out); i++)
            ck_assert_int_le(abs(((uint8_t *)in.pixels)[i] - ((uint8_t *)out.pixels)[i]), 4);
        anew_image_free(&in);
        anew_image_free(&out);
    }
    anew_image alpha = pattern(4, 4, 4, 8);
    ck_assert_int_eq(anew_image_write(&alpha, in_folder("b.jpg"), ANEW_FORMAT_JPEG, NULL, &error),
                     ANEW_ERROR_UNSUPPORTED);
    ck_assert_int_ne(access(in_folder("b.jpg"), F_OK), 0);
    anew_image_free(&alpha);
    remove_folder();
}
END_TEST
#endif

/* ---- files of other writers ---------------------------------------------------------------------------- */

typedef struct memory_file {
    uint8_t data[65536];
    size_t size;
} memory_file;

#if ANEW_PNG
static void png_to_memory(png_structp png, png_bytep data, size_t size)
{
    memory_file *file = png_get_io_ptr(png);
    ck_assert_uint_le(file->size + size, sizeof file->data);
    memcpy(file->data + file->size, data, size);
    file->size += size;
}

static void png_no_flush(png_structp png)
{
    (void)png;
}

/* 8x5 pixels of `bits` and `type`; sample or index k of the picture is k modulo 2^bits. */
static void foreign_png(memory_file *file, int bits, int type, int interlace, bool transparency)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    file->size = 0;
    png_set_write_fn(png, file, png_to_memory, png_no_flush);
    png_set_IHDR(png, info, 8, 5, bits, type, interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[16];
        png_byte alpha[16];
        for (int i = 0; i < 16; i++) {
            palette[i] = (png_color){(png_byte)(i * 3), (png_byte)(i * 5), (png_byte)(i * 7)};
            alpha[i] = (png_byte)(i * 11);
        }
        png_set_PLTE(png, info, palette, 1 << (bits > 4 ? 4 : bits));
        if (transparency)
            png_set_tRNS(png, info, alpha, 1 << (bits > 4 ? 4 : bits), NULL);
    } else if (transparency) {
        png_color_16 key = {.gray = 3, .red = 3, .green = 4, .blue = 5};
        png_set_tRNS(png, info, NULL, 0, &key);
    }
    png_write_info(png, info);
    png_set_packing(png);
    const int passes = png_set_interlace_handling(png);
    const int samples = type == PNG_COLOR_TYPE_RGB ? 3 : 1;
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < 5; y++) {
            png_byte row[24];
            for (int i = 0; i < 8 * samples; i++)
                row[i] = (png_byte)((y * 8 * samples + i) % (bits > 4 ? 16 : 1 << bits));
            png_write_row(png, row);
        }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

START_TEST(png_of_every_kind_is_expanded_right)
{
    static const struct {
        int bits, type, interlace;
        bool transparency;
        int channels;
    } kinds[] = {{1, PNG_COLOR_TYPE_GRAY, 0, false, 1},    {2, PNG_COLOR_TYPE_GRAY, 0, false, 1},
                 {4, PNG_COLOR_TYPE_GRAY, 1, false, 1},    {8, PNG_COLOR_TYPE_GRAY, 0, true, 2},
                 {2, PNG_COLOR_TYPE_GRAY, 0, true, 2},     {1, PNG_COLOR_TYPE_PALETTE, 0, false, 3},
                 {4, PNG_COLOR_TYPE_PALETTE, 1, false, 3}, {4, PNG_COLOR_TYPE_PALETTE, 0, true, 4},
                 {8, PNG_COLOR_TYPE_PALETTE, 0, true, 4},  {8, PNG_COLOR_TYPE_RGB, 1, false, 3},
                 {8, PNG_COLOR_TYPE_RGB, 0, true, 4}};
    static memory_file file;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        anew_image image;
        anew_error error = {0};
        const int bits = kinds[k].bits, limit = bits > 4 ? 16 : 1 << bits;
        foreign_png(&file, bits, kinds[k].type, kinds[k].interlace, kinds[k].transparency);
        ck_assert_msg(anew_image_decode(&image, file.data, file.size, "foreign", NULL, NULL,
                                        &error) == ANEW_OK,
                      "%zu: %s", k, error.text);
        ck_assert_int_eq(image.width, 8);
        ck_assert_int_eq(image.height, 5);
        ck_assert_msg(image.channels == kinds[k].channels, "kind %zu", k);
        ck_assert_int_eq(image.depth, 8);
        const uint8_t *p = image.pixels;
        for (int i = 0; i < 40; i++, p += image.channels) {
            if (kinds[k].type == PNG_COLOR_TYPE_GRAY) {
                const int value = i % limit, full = (1 << bits) - 1;
                ck_assert_int_eq(p[0], value * 255 / full);
                if (kinds[k].transparency)
                    ck_assert_int_eq(p[1], value == 3 ? 0 : 255);
            } else if (kinds[k].type == PNG_COLOR_TYPE_PALETTE) {
                const int value = i % limit;
                ck_assert(p[0] == value * 3 && p[1] == value * 5 && p[2] == value * 7);
                if (kinds[k].transparency)
                    ck_assert_int_eq(p[3], value * 11);
            } else {
                const int first = i * 3;
                ck_assert(p[0] == first % 16 && p[1] == (first + 1) % 16 &&
                          p[2] == (first + 2) % 16);
                if (kinds[k].transparency)
                    ck_assert_int_eq(p[3], p[0] == 3 && p[1] == 4 && p[2] == 5 ? 0 : 255);
            }
        }
        anew_image_free(&image);
    }
}
END_TEST
#endif

#if ANEW_JPEG
/* A JPEG made with libjpeg itself; `exif_orientation` 0 writes no EXIF. */
static void foreign_jpeg(memory_file *file, int components, int across, int down, bool progressive,
                         int exif_orientation, bool big_endian)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned char *data = NULL;
    unsigned long size = 0;
    uint8_t row[48 * 4];
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = 48;
    jpeg.image_height = 32;
    jpeg.input_components = components;
    jpeg.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    if (components == 3) {
        jpeg.comp_info[0].h_samp_factor = across;
        jpeg.comp_info[0].v_samp_factor = down;
    }
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (exif_orientation > 0) {
        uint8_t exif[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0";
        const uint8_t big[] =
            "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0";
        if (big_endian)
            memcpy(exif, big, sizeof big);
        exif[big_endian ? 25 : 24] = (uint8_t)exif_orientation;
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif - 1);
    }
    while (jpeg.next_scanline < 32) {
        const int y = (int)jpeg.next_scanline;
        JSAMPROW rows = row;
        /* A dark picture, its top left quarter light. */
        for (int x = 0; x < 48; x++)
            for (int c = 0; c < components; c++)
                row[x * components + c] = x < 24 && y < 16 ? 200 : 40;
        (void)jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    ck_assert_uint_le(size, sizeof file->data);
    memcpy(file->data, data, size);
    file->size = size;
    free(data);
}

static int gray_at(const anew_image *image, int x, int y)
{
    return ((const uint8_t *)image
                ->pixels)[((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels];
}

START_TEST(jpeg_of_every_kind_is_read)
{
    static memory_file file;
    static const int factors[][2] = {{1, 1}, {2, 1}, {2, 2}, {4, 1}, {1, 2}};
    anew_error error = {0};
    for (int components = 1; components <= 4; components += components == 1 ? 2 : 1)
        for (int f = 0; f < (components == 3 ? 5 : 1); f++)
            for (int progressive = 0; progressive <= 1; progressive++) {
                anew_image image;
                foreign_jpeg(&file, components, factors[f][0], factors[f][1], progressive != 0, 0,
                             false);
                ck_assert_msg(anew_image_decode(&image, file.data, file.size, "foreign", NULL, NULL,
                                                &error) == ANEW_OK,
                              "%s", error.text);
                ck_assert_int_eq(image.channels, components == 1 ? 1 : 3);
                /* CMYK of an Adobe file is inverted: 200 of all inks is 200 * 200 / 255. */
                const int light = components == 4 ? 157 : 200, dark = components == 4 ? 6 : 40;
                ck_assert_int_le(abs(gray_at(&image, 5, 5) - light), 4);
                ck_assert_int_le(abs(gray_at(&image, 40, 28) - dark), 4);
                anew_image_free(&image);
            }
}
END_TEST

START_TEST(orientation_is_applied_once)
{
    /* Where the light quarter must lie: left or right, top or bottom. */
    static const bool right[] = {false, true, true, false, false, true, true, false};
    static const bool bottom[] = {false, false, true, true, false, false, true, true};
    static memory_file file;
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int big = 0; big <= 1; big++) {
            anew_image image;
            anew_error error = {0};
            foreign_jpeg(&file, 3, 1, 1, false, orientation, big != 0);
            ck_assert_int_eq(
                anew_image_decode(&image, file.data, file.size, "exif", NULL, NULL, &error),
                ANEW_OK);
            ck_assert_int_eq(image.width, orientation >= 5 ? 32 : 48);
            ck_assert_int_eq(image.height, orientation >= 5 ? 48 : 32);
            for (int quarter = 0; quarter < 4; quarter++) {
                const bool q_right = quarter % 2 != 0, q_bottom = quarter / 2 != 0;
                const int value =
                    gray_at(&image, q_right ? image.width - 6 : 5, q_bottom ? image.height - 6 : 5);
                const bool light =
                    q_right == right[orientation - 1] && q_bottom == bottom[orientation - 1];
                ck_assert_msg(abs(value - (light ? 200 : 40)) <= 4,
                              "orientation %d, quarter %d: %d", orientation, quarter, value);
            }
            anew_image_free(&image);
        }
}
END_TEST
#endif

/* Orientation 6 in numbers: the stored left column becomes the top row, from bottom to top. */
START_TEST(orientation_moves_single_pixels_right)
{
    static const int wanted[8][6] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                     {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                     {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
    for (int orientation = 1; orientation <= 8; orientation++) {
        anew_image image;
        anew_error error = {0};
        ck_assert_int_eq(anew_image_create(&image, 3, 2, 1, 8, &error), ANEW_OK);
        memcpy(image.pixels, "\1\2\3\4\5\6", 6);
        ck_assert_int_eq(anew_image_orient(&image, orientation, "t", &error), ANEW_OK);
        ck_assert_int_eq(image.width, orientation >= 5 ? 2 : 3);
        for (int i = 0; i < 6; i++)
            ck_assert_msg(((uint8_t *)image.pixels)[i] == wanted[orientation - 1][i],
                          "orientation %d, pixel %d", orientation, i);
        anew_image_free(&image);
    }
}
END_TEST

START_TEST(pnm_of_other_writers_is_read)
{
    static const struct {
        const char *text;
        size_t size;
        int width, height, channels, depth, first;
    } files[] = {
#define FILE_TEXT(text) text, sizeof text - 1
        {FILE_TEXT("P2 2 1 255 7 255"), 2, 1, 1, 8, 7},
        {FILE_TEXT("P2\n# a comment\n2 # another\n1\n15\n5 15\n"), 2, 1, 1, 8, 85},
        {FILE_TEXT("P3 1 1 1000 500 0 1000"), 1, 1, 3, 16, 32768},
        {FILE_TEXT("P5 2 1 100\n\x32\x64"), 2, 1, 1, 8, 128},
        {FILE_TEXT("P6 1 1 65535\n\x12\x34\0\0\0\0"), 1, 1, 3, 16, 0x1234},
        {FILE_TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd"),
         1, 1, 4, 8, 'a'}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        anew_image image;
        anew_error error = {0};
        ck_assert_msg(anew_image_decode(&image, (const uint8_t *)files[i].text, files[i].size,
                                        "pnm", NULL, NULL, &error) == ANEW_OK,
                      "%zu: %s", i, error.text);
        ck_assert_int_eq(image.width, files[i].width);
        ck_assert_int_eq(image.height, files[i].height);
        ck_assert_int_eq(image.channels, files[i].channels);
        ck_assert_int_eq(image.depth, files[i].depth);
        const int first =
            image.depth == 16 ? ((uint16_t *)image.pixels)[0] : ((uint8_t *)image.pixels)[0];
        ck_assert_msg(first == files[i].first, "%zu: %d", i, first);
        anew_image_free(&image);
    }
}
END_TEST

/* ---- damaged and hostile files --------------------------------------------------------------------------- */

START_TEST(a_picture_cut_anywhere_is_refused)
{
    static memory_file file;
    anew_error error = {0};
    anew_image image;
    for (int kind = 0; kind < 4; kind++) {
        file.size = 0;
        if (kind == 0)
            file.size = (size_t)snprintf((char *)file.data, sizeof file.data, "P6 4 1 255\n%s",
                                         "abcdefghijkl");
#if ANEW_JPEG
        if (kind == 1)
            foreign_jpeg(&file, 3, 2, 2, false, 0, false);
        if (kind == 2)
            foreign_jpeg(&file, 3, 2, 2, true, 6, false);
#endif
#if ANEW_PNG
        if (kind == 3)
            foreign_png(&file, 8, PNG_COLOR_TYPE_RGB, 1, false);
#endif
        for (size_t size = 0; size < file.size; size++) {
            uint8_t *copy = malloc(size + 1);
            memcpy(copy, file.data, size);
            /* A JPEG without its last marker still has all its pixels. */
            const bool whole = (kind == 1 || kind == 2) && size + 2 >= file.size;
            const anew_status status =
                anew_image_decode(&image, copy, size, "cut", NULL, NULL, &error);
            ck_assert_msg(whole || status != ANEW_OK, "kind %d, %zu of %zu bytes", kind, size,
                          file.size);
            if (status == ANEW_OK)
                anew_image_free(&image);
            else
                ck_assert_ptr_null(image.pixels);
            free(copy);
        }
    }
}
END_TEST

START_TEST(hostile_sizes_are_refused_before_memory_is_taken)
{
    anew_image image;
    anew_error error = {0};
#if ANEW_PNG
    static memory_file file;
    foreign_png(&file, 8, PNG_COLOR_TYPE_GRAY, 0, false);
    const anew_image_limits few = {.max_pixels = 39};
    ck_assert_int_eq(anew_image_decode(&image, file.data, file.size, "big", &few, NULL, &error),
                     ANEW_ERROR_LIMIT);
    const anew_image_limits enough = {.max_pixels = 40};
    ck_assert_int_eq(anew_image_decode(&image, file.data, file.size, "big", &enough, NULL, &error),
                     ANEW_OK);
    anew_image_free(&image);
#endif
    static const char *const headers[] = {"P5 999999999 999999999 255\n",
                                          "P5 65536 65536 255\nx",
                                          "P2 100000 100000 255 1",
                                          "P5 0 5 255\n",
                                          "P6 5 5 70000\n",
                                          "P6 5 5 0\n",
                                          "P5 -1 4 255\n",
                                          "P7\nWIDTH 4\nENDHDR\n",
                                          "P5",
                                          "P5 99999999999999999999 1 255\n"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        ck_assert_msg(anew_image_decode(&image, (const uint8_t *)headers[i], strlen(headers[i]),
                                        "big", NULL, NULL, &error) != ANEW_OK,
                      "%s", headers[i]);
}
END_TEST

/* A build without a library knows the format still, and says which library it lacks. */
START_TEST(what_was_left_out_is_said)
{
    static const struct {
        anew_format format;
        bool built;
        const char *first, *said;
    } kinds[] = {
        {ANEW_FORMAT_PNG, ANEW_PNG, "\x89PNG\r\n\x1a\n", "has no PNG (libpng was left out)"},
        {ANEW_FORMAT_JPEG, ANEW_JPEG, "\xff\xd8\xff\xe0", "has no JPEG (libjpeg was left out)"}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        anew_image image;
        anew_error error = {0};
        const anew_status read = anew_image_decode(&image, (const uint8_t *)kinds[k].first,
                                                   strlen(kinds[k].first), "a", NULL, NULL, &error);
        ck_assert_int_eq(read == ANEW_ERROR_UNSUPPORTED, !kinds[k].built);
        ck_assert_int_eq(strstr(error.text, kinds[k].said) != NULL, !kinds[k].built);
        ck_assert_int_eq(anew_format_accepts(kinds[k].format, 9, 9, 3, 8, "a", &error) == ANEW_OK,
                         kinds[k].built);
        if (!kinds[k].built)
            ck_assert_ptr_nonnull(strstr(error.text, kinds[k].said));
    }
    ck_assert_int_eq(anew_format_default(), ANEW_PNG ? ANEW_FORMAT_PNG : ANEW_FORMAT_PNM);
}
END_TEST

START_TEST(content_decides_not_the_name)
{
    anew_image image = pattern(5, 4, 3, 8), in;
    anew_format format;
    anew_error error = {0};
    make_folder();
    ck_assert_int_eq(anew_image_write(&image, in_folder("a.jpg"), ANEW_FORMAT_PNM, NULL, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_image_read(&in, in_folder("a.jpg"), NULL, &format, &error), ANEW_OK);
    ck_assert_int_eq(format, ANEW_FORMAT_PNM);
    anew_image_free(&in);
    anew_image_free(&image);
    ck_assert_int_eq(
        anew_image_decode(&in, (const uint8_t *)"GIF89a......", 12, "a.png", NULL, NULL, &error),
        ANEW_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.text, "GIF"));
    ck_assert_int_eq(anew_format_of_path("x/y.JPeG"), ANEW_FORMAT_JPEG);
    ck_assert_int_eq(anew_format_of_path("a.png/b"), ANEW_FORMAT_UNKNOWN);
    remove_folder();
}
END_TEST

/* ---- planes and resizing ---------------------------------------------------------------------------------- */

START_TEST(planes_keep_every_value)
{
    anew_image image, back;
    anew_planes planes;
    anew_error error = {0};
    ck_assert_int_eq(anew_image_create(&image, 256, 256, 1, 16, &error), ANEW_OK);
    ck_assert_int_eq(anew_image_create(&back, 256, 256, 1, 16, &error), ANEW_OK);
    ck_assert_int_eq(anew_planes_create(&planes, 1, 256, 256, &error), ANEW_OK);
    for (int i = 0; i < 65536; i++)
        ((uint16_t *)image.pixels)[i] = (uint16_t)i;
    anew_planes_from_image(&planes, &image, 0);
    anew_planes_to_image(&back, &planes, 0);
    ck_assert_mem_eq(image.pixels, back.pixels, 131072);
    planes.data[0] = NAN;
    planes.data[1] = -3;
    planes.data[2] = 7;
    planes.data[3] = INFINITY;
    anew_planes_to_image(&back, &planes, 0);
    ck_assert_int_eq(((uint16_t *)back.pixels)[0], 0);
    ck_assert_int_eq(((uint16_t *)back.pixels)[1], 0);
    ck_assert_int_eq(((uint16_t *)back.pixels)[2], 65535);
    ck_assert_int_eq(((uint16_t *)back.pixels)[3], 65535);
    anew_image_free(&image);
    anew_image_free(&back);
    anew_planes_free(&planes);
    /* 8 bits, and rounding half to even: 0.5 / 255 is 0, 1.5 / 255 is 2. */
    ck_assert_int_eq(anew_image_create(&image, 256, 1, 1, 8, &error), ANEW_OK);
    ck_assert_int_eq(anew_image_create(&back, 256, 1, 1, 8, &error), ANEW_OK);
    ck_assert_int_eq(anew_planes_create(&planes, 1, 1, 256, &error), ANEW_OK);
    for (int i = 0; i < 256; i++)
        ((uint8_t *)image.pixels)[i] = (uint8_t)i;
    anew_planes_from_image(&planes, &image, 0);
    anew_planes_to_image(&back, &planes, 0);
    ck_assert_mem_eq(image.pixels, back.pixels, 256);
    anew_image_free(&image);
    anew_image_free(&back);
    anew_planes_free(&planes);
}
END_TEST

static double lanczos3(double x)
{
    const double pi = acos(-1.0);
    x = fabs(x);
    return x < 1e-12 ? 1 : x >= 3 ? 0 : sin(pi * x) / (pi * x) * sin(pi * x / 3) / (pi * x / 3);
}

/* One output sample by the definition, in double. */
static double resampled(const anew_planes *src, double fy, double fx, int y, int x)
{
    const double sy = fy > 1 ? fy : 1, sx = fx > 1 ? fx : 1;
    const double cy = (y + 0.5) * fy - 0.5, cx = (x + 0.5) * fx - 0.5;
    double sum = 0, weights = 0;
    for (int v = (int)floor(cy - 3 * sy); v <= (int)ceil(cy + 3 * sy); v++)
        for (int u = (int)floor(cx - 3 * sx); u <= (int)ceil(cx + 3 * sx); u++) {
            const double w = lanczos3((v - cy) / sy) * lanczos3((u - cx) / sx);
            const int vv = v < 0 ? 0 : v >= src->height ? src->height - 1 : v;
            const int uu = u < 0 ? 0 : u >= src->width ? src->width - 1 : u;
            sum += w * (double)src->data[vv * src->width + uu];
            weights += w;
        }
    return sum / weights;
}

START_TEST(resizing_meets_its_definition)
{
    static const int sizes[][4] = {{23, 17, 46, 34}, {23, 17, 11, 8}, {23, 17, 40, 60},
                                   {5, 40, 50, 4},   {1, 1, 7, 9},    {64, 48, 16, 12},
                                   {2, 3, 1, 1},     {30, 20, 31, 19}};
    anew_isa isa;
    anew_error error = {0};
    ck_assert(anew_isa_detect(&isa, NULL));
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const int *n = sizes[s];
        anew_image image = pattern(n[0], n[1], 1, 8);
        anew_planes src, dst, again;
        ck_assert_int_eq(anew_planes_create(&src, 1, n[1], n[0], &error), ANEW_OK);
        ck_assert_int_eq(anew_planes_create(&dst, 1, n[3], n[2], &error), ANEW_OK);
        ck_assert_int_eq(anew_planes_create(&again, 1, n[3], n[2], &error), ANEW_OK);
        anew_planes_from_image(&src, &image, 0);
        ck_assert_int_eq(anew_planes_resize(&dst, &src, ANEW_FILTER_LANCZOS3,
                                            anew_row_kernels_for(isa), 1, &error),
                         ANEW_OK);
        for (int y = 0; y < n[3]; y++)
            for (int x = 0; x < n[2]; x++) {
                const double want = resampled(&src, (double)n[1] / n[3], (double)n[0] / n[2], y, x);
                ck_assert_msg(fabs((double)dst.data[y * n[2] + x] - want) < 3e-6,
                              "%dx%d to %dx%d at %d, %d: %g, not %g", n[0], n[1], n[2], n[3], x, y,
                              (double)dst.data[y * n[2] + x], want);
            }
        /* Neither threads nor the CPU level change a bit. */
        for (int level = ANEW_ISA_C; level <= (int)isa; level++) {
            ck_assert_int_eq(anew_planes_resize(&again, &src, ANEW_FILTER_LANCZOS3,
                                                anew_row_kernels_for((anew_isa)level), 3, &error),
                             ANEW_OK);
            ck_assert_mem_eq(dst.data, again.data, (size_t)(n[2] * n[3]) * sizeof(float));
        }
        anew_planes_free(&src);
        anew_planes_free(&dst);
        anew_planes_free(&again);
        anew_image_free(&image);
    }
}
END_TEST

START_TEST(every_filter_keeps_what_is_constant_and_centred)
{
    anew_isa isa;
    anew_error error = {0};
    ck_assert(anew_isa_detect(&isa, NULL));
    for (int filter = ANEW_FILTER_LANCZOS3; filter <= ANEW_FILTER_AREA; filter++)
        for (int size = 1; size <= 40; size += 3) {
            anew_planes src, dst;
            ck_assert_int_eq(anew_planes_create(&src, 2, 12, 12, &error), ANEW_OK);
            ck_assert_int_eq(anew_planes_create(&dst, 2, size, size, &error), ANEW_OK);
            for (int i = 0; i < 144; i++) {
                src.data[i] = 0.7f;
                /* Symmetric about the middle: must stay so. */
                src.data[144 + i] = fabsf((float)(i % 12) - 5.5f) / 8;
            }
            ck_assert_int_eq(anew_planes_resize(&dst, &src, (anew_filter)filter,
                                                anew_row_kernels_for(isa), 2, &error),
                             ANEW_OK);
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++) {
                    const float *second = dst.data + size * size + y * size;
                    ck_assert(fabsf(dst.data[y * size + x] - 0.7f) < 1e-5f);
                    ck_assert_msg(fabsf(second[x] - second[size - 1 - x]) < 1e-5f,
                                  "filter %d, size %d is shifted", filter, size);
                }
            anew_planes_free(&src);
            anew_planes_free(&dst);
        }
}
END_TEST

/* ---- files -------------------------------------------------------------------------------------------------- */

static int files_in_folder(void)
{
    int count = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(entries);
    return count;
}

START_TEST(outputs_are_complete_or_absent)
{
    anew_output *output = NULL;
    anew_error error = {0};
    anew_bytes bytes;
    const bool named = _i != 0;
    make_folder();
    anew_output_always_named(named);
    ck_assert_int_eq(anew_output_open(&output, in_folder("a"), &error), ANEW_OK);
    ck_assert_int_eq(anew_output_write(output, "first", 5, &error), ANEW_OK);
    ck_assert_int_eq(access(in_folder("a"), F_OK), -1); /* not before it is complete */
    ck_assert_int_eq(anew_output_commit(&output, &error), ANEW_OK);
    ck_assert_int_eq(files_in_folder(), 1);
    ck_assert_int_eq(chmod(in_folder("a"), 0640), 0);

    ck_assert_int_eq(anew_output_open(&output, in_folder("a"), &error), ANEW_OK);
    ck_assert_int_eq(anew_output_write(output, "second", 6, &error), ANEW_OK);
    anew_output_discard(&output);
    ck_assert_int_eq(files_in_folder(), 1);
    ck_assert_int_eq(anew_file_read(&bytes, in_folder("a"), 100, &error), ANEW_OK);
    ck_assert(bytes.size == 5 && memcmp(bytes.data, "first", 5) == 0);
    anew_bytes_free(&bytes);

    ck_assert_int_eq(anew_output_open(&output, in_folder("a"), &error), ANEW_OK);
    ck_assert_int_eq(anew_output_write(output, "third", 5, &error), ANEW_OK);
    ck_assert_int_eq(anew_output_commit(&output, &error), ANEW_OK);
    struct stat facts;
    ck_assert_int_eq(stat(in_folder("a"), &facts), 0);
    ck_assert_int_eq(facts.st_mode & 0777, 0640);
    ck_assert_int_eq(anew_file_map(&bytes, in_folder("a"), &error), ANEW_OK);
    ck_assert(bytes.size == 5 && memcmp(bytes.data, "third", 5) == 0);
    anew_bytes_free(&bytes);

    /* What a signal handler would do. */
    ck_assert_int_eq(anew_output_open(&output, in_folder("b"), &error), ANEW_OK);
    ck_assert_int_eq(files_in_folder(), named ? 2 : 1);
    anew_output_discard_all();
    ck_assert_int_eq(files_in_folder(), 1);
    anew_output_discard(&output);
    anew_output_always_named(false);
    remove_folder();
}
END_TEST

START_TEST(what_cannot_be_read_or_written_says_why)
{
    anew_output *output = NULL;
    anew_bytes bytes;
    anew_error error = {0};
    make_folder();
    ck_assert_int_eq(anew_output_open(&output, "/no/such/folder/a", &error), ANEW_ERROR_IO);
    ck_assert_ptr_nonnull(strstr(error.text, "/no/such/folder/a"));
    ck_assert_int_eq(anew_output_open(&output, folder, &error), ANEW_ERROR_IO);
    ck_assert_int_eq(anew_file_read(&bytes, folder, 100, &error), ANEW_ERROR_IO);
    ck_assert_int_eq(anew_file_read(&bytes, in_folder("none"), 100, &error), ANEW_ERROR_IO);
    FILE *empty = fopen(in_folder("empty"), "w");
    (void)fclose(empty);
    ck_assert_int_eq(anew_file_read(&bytes, in_folder("empty"), 100, &error), ANEW_ERROR_FORMAT);
    FILE *full = fopen(in_folder("full"), "w");
    (void)fputs("0123456789", full);
    (void)fclose(full);
    ck_assert_int_eq(anew_file_read(&bytes, in_folder("full"), 9, &error), ANEW_ERROR_LIMIT);
    ck_assert_int_eq(anew_file_read(&bytes, in_folder("full"), 10, &error), ANEW_OK);
    anew_bytes_free(&bytes);
    remove_folder();
}
END_TEST

START_TEST(sizes_saturate)
{
    ck_assert_uint_eq(anew_size_mul(SIZE_MAX / 2, 3), SIZE_MAX);
    ck_assert_uint_eq(anew_size_mul(SIZE_MAX, 0), 0);
    ck_assert_uint_eq(anew_size_mul(3, 5), 15);
    ck_assert_uint_eq(anew_size_add(SIZE_MAX, 1), SIZE_MAX);
    ck_assert_uint_eq(anew_size_round_up(65, 64), 128);
    ck_assert_uint_eq(anew_size_round_up(SIZE_MAX, 64), SIZE_MAX);
    ck_assert_ptr_null(anew_alloc(SIZE_MAX));
    void *block = anew_alloc(0);
    ck_assert_ptr_nonnull(block);
    anew_free(block);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *all = add_case(suite, "pictures and files", 120);
    tcase_add_test(all, png_and_pnm_come_back_exactly);
    tcase_add_test(all, portions_make_the_same_file);
#if ANEW_PNG
    tcase_add_test(all, png_of_every_kind_is_expanded_right);
#else
    printf("SKIP PNG: libpng was left out of this build\n");
#endif
#if ANEW_JPEG
    tcase_add_test(all, jpeg_comes_back_nearly);
    tcase_add_test(all, jpeg_colour_resolution);
    tcase_add_test(all, jpeg_of_every_kind_is_read);
    tcase_add_test(all, orientation_is_applied_once);
#else
    printf("SKIP JPEG: libjpeg was left out of this build\n");
#endif
    tcase_add_test(all, orientation_moves_single_pixels_right);
    tcase_add_test(all, pnm_of_other_writers_is_read);
    tcase_add_test(all, a_picture_cut_anywhere_is_refused);
    tcase_add_test(all, hostile_sizes_are_refused_before_memory_is_taken);
    tcase_add_test(all, what_was_left_out_is_said);
    tcase_add_test(all, content_decides_not_the_name);
    tcase_add_test(all, planes_keep_every_value);
    tcase_add_test(all, resizing_meets_its_definition);
    tcase_add_test(all, every_filter_keeps_what_is_constant_and_centred);
    tcase_add_loop_test(all, outputs_are_complete_or_absent, 0, 2);
    tcase_add_test(all, what_cannot_be_read_or_written_says_why);
    tcase_add_test(all, sizes_saturate);
    return run_suite(suite);
}
