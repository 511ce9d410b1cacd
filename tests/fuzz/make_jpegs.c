/*
 * make_jpegs.c - makes the JPEG seeds of tests/fuzz/seeds/jpeg/, which anew's own encoder cannot make:
 *
 *     cc -Wall tests/fuzz/make_jpegs.c -ljpeg -o make_jpegs && ./make_jpegs tests/fuzz/seeds/jpeg
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static const unsigned char exif[] = "Exif\0\0II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0";

typedef struct kind {
    const char *name;
    int components, across, down;
    int progressive, restart, arithmetic, exif;
    int width, height;
} kind;

static void make(const char *folder, const kind *k)
{
    char path[512];
    unsigned char row[64 * 4], *rows = row;
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    (void)snprintf(path, sizeof path, "%s/%s.jpg", folder, k->name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        exit(1);
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)k->width;
    jpeg.image_height = (JDIMENSION)k->height;
    jpeg.input_components = k->components;
    jpeg.in_color_space = k->components == 1   ? JCS_GRAYSCALE
                          : k->components == 3 ? JCS_RGB
                                               : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 40, TRUE);
    jpeg.comp_info[0].h_samp_factor = k->across;
    jpeg.comp_info[0].v_samp_factor = k->down;
    jpeg.arith_code = k->arithmetic ? TRUE : FALSE;
    jpeg.optimize_coding = k->arithmetic ? FALSE : TRUE;
    jpeg.restart_interval = (unsigned int)k->restart;
    if (k->progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (k->exif)
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif - 1);
    for (int y = 0; y < k->height; y++) {
        for (int i = 0; i < k->width * k->components; i++)
            row[i] = (unsigned char)(i * 13 + y * 29);
        (void)jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    (void)fclose(file);
}

int main(int count, char **arguments)
{
    static const kind kinds[] = {
        {"gray", 1, 1, 1, 0, 0, 0, 0, 9, 7},
        {"rgb_420_exif", 3, 2, 2, 0, 0, 0, 1, 17, 9},
        {"rgb_444_restart", 3, 1, 1, 0, 1, 0, 0, 17, 9},
        {"rgb_progressive", 3, 2, 1, 1, 0, 0, 0, 17, 9},
        {"rgb_arithmetic", 3, 1, 2, 0, 0, 1, 0, 9, 9},
        {"cmyk_progressive", 4, 1, 1, 1, 0, 0, 0, 9, 7},
        {"cmyk_exif", 4, 2, 2, 0, 0, 0, 1, 9, 7},
    };
    for (size_t i = 0; count > 1 && i < sizeof kinds / sizeof kinds[0]; i++)
        make(arguments[1], &kinds[i]);
    return count == 2 ? 0 : 2;
}
