/*
 * check_metadata.c - what stands beside the pixels: every format x depth x channels x orientation x profile is
 * written and read back; pixels come back exact (JPEG: near), metadata differ only where they must.
 *
 * Seen to fail by: not resetting the orientation; leaving the thumbnail; none in its place, one without a resolution, or
 * of the wrong picture; not swapping the density of a turned
 * picture; a profile for RGB beside gray; XMP's sizes left alone; raw profiles (src/image/raw_profile.c) with too few
 * digits, with capitals among them, without a line for their size, or with a size beyond 64 bits taken for another;
 * IPTC with its thumbnail; a directory of EXIF in a TIFF whose offsets are not moved; AVIF's turns by another table;
 * provenance of the source kept.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/suite.h"
#include "image/formats.h"

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static int turn;
    turn = !turn;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* ---- blocks of our own making -------------------------------------------------------------------------- */

#define PROFILE_BYTES 252

/* A header and one tag (ICC.1:2010, section 7). */
static void make_profile(uint8_t profile[PROFILE_BYTES], const char *colours)
{
    memset(profile, 0, 144);
    profile[3] = PROFILE_BYTES;
    profile[8] = 2; /* version 2 */
    memcpy(profile + 12, "mntr", 4);
    memcpy(profile + 16, colours, 4);
    memcpy(profile + 20, "XYZ ", 4);
    memcpy(profile + 36, "acsp", 4);
    memcpy(profile + 68, "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d", 12); /* D50 */
    profile[131] = 1;
    memcpy(profile + 132, "cprt", 4);
    profile[139] = 144;
    profile[143] = PROFILE_BYTES - 144;
    for (int i = 144; i < PROFILE_BYTES; i++)
        profile[i] = (uint8_t)(i * i * 7 + i / 3);
}

typedef struct writer {
    uint8_t *data;
    size_t at;
    bool big;
} writer;

static void put16(writer *w, unsigned int value)
{
    w->data[w->at++] = (uint8_t)(w->big ? value >> 8 : value);
    w->data[w->at++] = (uint8_t)(w->big ? value : value >> 8);
}

static void put32(writer *w, unsigned int value)
{
    put16(w, w->big ? value >> 16 : value & 0xffff);
    put16(w, w->big ? value & 0xffff : value >> 16);
}

static void put_entry(writer *w, unsigned int tag, unsigned int type, unsigned int value)
{
    put16(w, tag);
    put16(w, type);
    put32(w, 1);
    if (type == 3) {
        put16(w, value);
        put16(w, 0);
    } else {
        put32(w, value);
    }
}

#define EXIF_BYTES 160

/* 8: three entries and the details' place; 62: the details; 92: an undefined tag of a maker; 100: the thumbnail's
 * directory; 130: the thumbnail. */
static void make_exif(uint8_t exif[EXIF_BYTES], bool big, int orientation, int width, int height)
{
    writer w = {exif, 0, big};
    memset(exif, 0, EXIF_BYTES);
    memcpy(exif, big ? "MM" : "II", 2);
    w.at = 2;
    put16(&w, 42);
    put32(&w, 8);
    put16(&w, 4);
    put_entry(&w, 0x0100, 3, (unsigned int)width);
    put_entry(&w, 0x0101, 3, (unsigned int)height);
    put_entry(&w, 0x0112, 3, (unsigned int)orientation);
    put_entry(&w, 0x8769, 4, 62);
    put32(&w, 100);
    w.at = 62;
    put16(&w, 2);
    put_entry(&w, 0xA002, 4, (unsigned int)width);
    put_entry(&w, 0xA003, 3, (unsigned int)height);
    put32(&w, 0);
    memcpy(exif + 92, "maker's ", 8);
    w.at = 100;
    put16(&w, 2);
    put_entry(&w, 0x0201, 4, 130);
    put_entry(&w, 0x0202, 4, 30);
    put32(&w, 0);
    memset(exif + 130, 0xee, 30);
}

static const char xmp_text[] =
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF><rdf:Description tiff:Orientation=\"%d\" "
    "exif:PixelXDimension='%d'><exif:PixelYDimension>%d</"
    "exif:PixelYDimension><dc:title>Caf\xc3\xa9 "
    "</dc:title>%s</rdf:Description></rdf:RDF></x:xmpmeta>";
static const char thumbnails[] = "<xmp:Thumbnails><rdf:Alt>old</rdf:Alt></xmp:Thumbnails>";

static void make_xmp(char *text, size_t bytes, int orientation, int width, int height, bool small)
{
    (void)snprintf(text, bytes, xmp_text, orientation, width, height, small ? thumbnails : "");
}

/* ---- pictures ------------------------------------------------------------------------------------------- */

/* Smooth, so that JPEG keeps it, and different in every corner. */
static unsigned int sample(int x, int y, int c, int depth)
{
    const unsigned int value = (unsigned int)(40 + 9 * x + 5 * y + 11 * c);
    return depth == 16 ? value * 257 + 3 : value;
}

static void set(const anew_image *image, int x, int y, int c, unsigned int value)
{
    const size_t i =
        ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels + (size_t)c;
    if (image->depth == 16)
        ((uint16_t *)image->pixels)[i] = (uint16_t)value;
    else
        ((uint8_t *)image->pixels)[i] = (uint8_t)value;
}

static unsigned int get(const anew_image *image, int x, int y, int c)
{
    const size_t i =
        ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels + (size_t)c;
    return image->depth == 16 ? ((const uint16_t *)image->pixels)[i]
                              : ((const uint8_t *)image->pixels)[i];
}

/* A caption, a thumbnail, a name of odd length, and what remains of it. */
#define CAPTION                                                                                    \
    "8BIM\x04\x04\0\0\0\0\0\x05"                                                                   \
    "hello\0"
#define RIGHTS                                                                                     \
    "8BIM\x04\x0a\x04"                                                                             \
    "name\0\0\0\0\x01"                                                                             \
    "\x01\0"
static const char iptc_all[] = CAPTION "8BIM\x04\x0c\0\0\0\0\0\x06"
                                       "small!"
                                       "8BIM\x04\x24\0\0\0\0\0\x02"
                                       "<>" RIGHTS;
static const char iptc_kept[] = CAPTION RIGHTS;
static const char provenance_text[] = "anew 0.0 model=some";

#define WIDTH  12
#define HEIGHT 9

/* Where a stored pixel is seen (Exif 2.3, section 4.6.4 A): row 0 and column 0 by name. */
static void seen_at(int *x, int *y, int orientation, int sx, int sy)
{
    static const struct {
        bool swapped, from_right, from_bottom;
    } ways[9] = {{0},
                 {false, false, false}, /* top left */
                 {false, true, false},  /* top right */
                 {false, true, true},   /* bottom right */
                 {false, false, true},  /* bottom left */
                 {true, false, false},  /* left top */
                 {true, true, false},   /* right top */
                 {true, true, true},    /* right bottom */
                 {true, false, true}};  /* left bottom */
    const bool swapped = ways[orientation].swapped;
    const int width = swapped ? HEIGHT : WIDTH, height = swapped ? WIDTH : HEIGHT;
    *x = swapped ? sy : sx;
    *y = swapped ? sx : sy;
    if (ways[orientation].from_right)
        *x = width - 1 - *x;
    if (ways[orientation].from_bottom)
        *y = height - 1 - *y;
}

static bool same(const anew_block *block, const void *data, size_t size)
{
    return block->size == size && (size == 0 || memcmp(block->data, data, size) == 0);
}

typedef struct a_case {
    anew_format format;
    const char *name;
    int depth, channels, orientation;
    bool profile, strip;
} a_case;

/* In a TIFF the first directory is the file's own; that of the details is as it was, at another place. */
static void check_moved_exif(const a_case *c, const anew_block *exif)
{
    anew_block details = {0};
    uint8_t want[30];
    writer w = {want, 0, c->orientation % 2 == 0};
    put16(&w, 2);
    put_entry(&w, 0xA002, 4, WIDTH);
    put_entry(&w, 0xA003, 4, HEIGHT);
    put32(&w, 0);
    ck_assert_int_eq(anew_exif_is_big(exif), c->orientation % 2 == 0);
    ck_assert(anew_exif_directory(&details, exif, 0x8769, 8));
    ck_assert_msg(same(&details, want, sizeof want), "%s: EXIF of orientation %d", c->name,
                  c->orientation);
    anew_metadata freed = {.exif = details};
    anew_metadata_free(&freed);
}

/* The thumbnail shows the stored picture, which is small enough, over white. */
static void check_thumbnail(const a_case *c, const uint8_t *jpeg, size_t size)
{
    const int alpha = c->channels % 2 == 0 ? c->channels - 1 : -1;
    anew_image small;
    anew_error error = {0};
    anew_format format;
    ck_assert_msg(anew_image_decode(&small, jpeg, size, "it", NULL, &format, &error) == ANEW_OK,
                  "%s: %s", c->name, error.text);
    ck_assert_int_eq(format, ANEW_FORMAT_JPEG);
    ck_assert(small.width == WIDTH && small.height == HEIGHT && small.channels == 3);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int k = 0; k < 3; k++) {
                const int from = c->channels <= 2 ? 0 : k;
                const double seen = alpha < 0 ? 1 : sample(x, y, alpha, 8) / 255.0;
                const double want = sample(x, y, from, 8) * seen + 255 * (1 - seen);
                ck_assert_msg(fabs(get(&small, x, y, k) - want) <= 9,
                              "%s: %d channels: thumbnail at %d,%d is %u, not %.0f", c->name,
                              c->channels, x, y, get(&small, x, y, k), want);
            }
    anew_image_free(&small);
}

#define OLD_BYTES  130 /* what is left without the old thumbnail */
#define HEAD_BYTES (2 + 6 * 12 + 4 + 16)

/* The directory behind the block (Exif 2.3, section 4.6.5), and what it points to. */
static void check_second_directory(const a_case *c, const anew_block *exif)
{
    uint8_t want[HEAD_BYTES];
    writer w = {want, 0, c->orientation % 2 == 0};
    ck_assert_uint_gt(exif->size, OLD_BYTES + HEAD_BYTES);
    const uint8_t *second = exif->data + OLD_BYTES, *length = second + 2 + 5 * 12 + 8;
    const size_t bytes =
        w.big ? (size_t)length[2] << 8 | length[3] : (size_t)length[1] << 8 | length[0];
    put16(&w, 6);
    put_entry(&w, 0x0103, 3, 6);
    put_entry(&w, 0x011A, 5, OLD_BYTES + HEAD_BYTES - 16);
    put_entry(&w, 0x011B, 5, OLD_BYTES + HEAD_BYTES - 8);
    put_entry(&w, 0x0128, 3, 2);
    put_entry(&w, 0x0201, 4, OLD_BYTES + HEAD_BYTES);
    put_entry(&w, 0x0202, 4, (unsigned int)bytes);
    put32(&w, 0);
    for (int i = 0; i < 2; i++) {
        put32(&w, 7200);
        put32(&w, 100);
    }
    ck_assert_msg(memcmp(second, want, HEAD_BYTES) == 0, "%s: the thumbnail's directory", c->name);
    ck_assert_uint_le(OLD_BYTES + HEAD_BYTES + bytes, exif->size);
    check_thumbnail(c, second + HEAD_BYTES, bytes);
    const bool has_room = c->format == ANEW_FORMAT_PNG || c->format == ANEW_FORMAT_JPEG;
    ck_assert_uint_eq(exif->size, OLD_BYTES + HEAD_BYTES + (has_room ? 2048 : bytes));
    for (size_t i = OLD_BYTES + HEAD_BYTES + bytes; i < exif->size; i++)
        ck_assert_int_eq(exif->data[i], 0);
}

/* AVIF has 12 of 16 bits, and those not without loss. */
static int tolerance(const a_case *c)
{
    return c->format == ANEW_FORMAT_JPEG                     ? 6
           : c->format == ANEW_FORMAT_AVIF && c->depth == 16 ? 700
                                                             : 0;
}

static void check_pixels(const a_case *c, const anew_image *read)
{
    const int alpha = c->channels % 2 == 0 ? c->channels - 1 : -1;
    const bool narrowed = c->depth == 16 && read->depth == 8;
    for (int sy = 0; sy < HEIGHT; sy++)
        for (int sx = 0; sx < WIDTH; sx++)
            for (int k = 0; k < read->channels; k++) {
                int x, y;
                seen_at(&x, &y, c->format == ANEW_FORMAT_PNM ? 1 : c->orientation, sx, sy);
                const int from = read->channels == c->channels ? k
                                 : k == 3                      ? alpha
                                                               : 0; /* WebP has no gray */
                unsigned int want = sample(sx, sy, from, c->depth);
                want = narrowed ? (want * 255 + 32767) / 65535 : want;
                const int off = (int)get(read, x, y, k) - (int)want;
                ck_assert_msg(abs(off) <= tolerance(c),
                              "%s: orientation %d, %d channels: %d,%d is off by %d", c->name,
                              c->orientation, c->channels, x, y, off);
            }
}

static void check_metadata(const a_case *c, const anew_metadata *m, const uint8_t *profile,
                           int width, int height)
{
    uint8_t exif[EXIF_BYTES];
    char xmp[1024];
    if (c->format == ANEW_FORMAT_PNM) { /* which holds none */
        ck_assert(m->icc.data == NULL && m->exif.data == NULL && m->xmp.data == NULL);
        return;
    }
    /* libjxl looks into profiles, and may find this one wanting. */
    if (c->format != ANEW_FORMAT_JXL || m->icc.size != 0)
        ck_assert_msg(same(&m->icc, profile, c->profile ? PROFILE_BYTES : 0),
                      "%s: %zu bytes of profile", c->name, m->icc.size);
    if (c->strip) {
        ck_assert(m->exif.data == NULL && m->xmp.data == NULL && m->density == ANEW_DENSITY_NONE);
        ck_assert(m->iptc.data == NULL && m->provenance.data == NULL);
        return;
    }
    ck_assert(same(&m->provenance, provenance_text, strlen(provenance_text)));
    const bool has_iptc = c->format == ANEW_FORMAT_PNG || c->format == ANEW_FORMAT_JPEG ||
                          c->format == ANEW_FORMAT_TIFF;
    ck_assert_msg(same(&m->iptc, iptc_kept, has_iptc ? sizeof iptc_kept - 1 : 0),
                  "%s: %zu bytes of IPTC", c->name, m->iptc.size);
    /* What was written was for the stored picture; reading has turned it, and says so. */
    make_exif(exif, c->orientation % 2 == 0, 1, WIDTH, HEIGHT);
    writer w = {exif, 10, c->orientation % 2 == 0};
    put_entry(&w, 0x0100, 4, WIDTH); /* now of the longer type */
    put_entry(&w, 0x0101, 4, HEIGHT);
    w.at = 8 + 2 + 4 * 12;
    put32(&w, ANEW_JPEG ? OLD_BYTES : 0); /* the old thumbnail is not linked ... */
    w.at = 64;
    put_entry(&w, 0xA002, 4, WIDTH);
    put_entry(&w, 0xA003, 4, HEIGHT);
    memset(exif + 100, 0, 26); /* ... nor there */
    if (c->format == ANEW_FORMAT_TIFF)
        check_moved_exif(c, &m->exif);
    else
        ck_assert_msg(m->exif.size >= OLD_BYTES && memcmp(m->exif.data, exif, OLD_BYTES) == 0,
                      "%s: EXIF of orientation %d", c->name, c->orientation);
    if (c->format != ANEW_FORMAT_TIFF && ANEW_JPEG)
        check_second_directory(c, &m->exif);
    make_xmp(xmp, sizeof xmp, 1, WIDTH, HEIGHT, false);
    const bool in_xmp = c->format == ANEW_FORMAT_WEBP || c->format == ANEW_FORMAT_AVIF ||
                        c->format == ANEW_FORMAT_JXL;
    if (in_xmp) { /* which says how it was made, too, and else the same */
        anew_block without = {0};
        ck_assert(anew_block_set(&without, m->xmp.data, m->xmp.size));
        ck_assert(anew_xmp_set_provenance(&without, NULL));
        ck_assert_msg(same(&without, xmp, strlen(xmp)), "%s: %s", c->name,
                      (const char *)without.data);
        ck_assert_uint_gt(m->xmp.size, without.size);
        anew_metadata freed = {.xmp = without};
        anew_metadata_free(&freed);
        return; /* there is no place for the rest */
    }
    ck_assert_msg(same(&m->xmp, xmp, strlen(xmp)), "%s: %s", c->name, (const char *)m->xmp.data);

    ck_assert_int_eq(m->density, ANEW_DENSITY_METRE);
    ck_assert_double_eq_tol(m->density_x * 0.0254, c->orientation >= 5 ? 150 : 300, 0.02);
    ck_assert_double_eq_tol(m->density_y * 0.0254, c->orientation >= 5 ? 300 : 150, 0.02);
    ck_assert_int_eq(width, c->orientation >= 5 ? HEIGHT : WIDTH);
    ck_assert_int_eq(height, c->orientation >= 5 ? WIDTH : HEIGHT);
}

static void run_case(const a_case *c)
{
    uint8_t profile[PROFILE_BYTES], exif[EXIF_BYTES];
    char xmp[1024];
    anew_image image, shape, read;
    anew_error error = {0};
    anew_image_reader *reader = NULL;
    anew_metadata metadata = {
        .density = ANEW_DENSITY_METRE, .density_x = 300 / 0.0254, .density_y = 150 / 0.0254};
    make_profile(profile, c->channels <= 2 ? "GRAY" : "RGB ");
    make_exif(exif, c->orientation % 2 == 0, c->orientation, 7, 5);
    make_xmp(xmp, sizeof xmp, c->orientation, 7, 55555, true);
    if (c->profile)
        ck_assert(anew_block_set(&metadata.icc, profile, sizeof profile));
    ck_assert(anew_block_set(&metadata.exif, exif, sizeof exif));
    ck_assert(anew_block_set(&metadata.xmp, xmp, strlen(xmp)));
    ck_assert(anew_block_set(&metadata.iptc, iptc_all, sizeof iptc_all - 1));
    ck_assert(anew_xmp_set_provenance(&metadata.xmp, "anew 9 of the source"));
    ck_assert(anew_block_set(&metadata.provenance, "anew 9 of the source", 20));
    ck_assert_int_eq(anew_image_create(&image, WIDTH, HEIGHT, c->channels, c->depth, &error),
                     ANEW_OK);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int k = 0; k < c->channels; k++)
                set(&image, x, y, k, sample(x, y, k, c->depth));
    const anew_image_options options = {.quality = 100,
                                        .png_compression = -1,
                                        .lossless = c->format != ANEW_FORMAT_AVIF || c->depth == 8,
                                        .strip = c->strip,
                                        .provenance = provenance_text,
                                        .metadata = &metadata};
    const char *path = in_folder(c->name);
    ck_assert_msg(anew_image_write(&image, path, c->format, &options, &error) == ANEW_OK, "%s",
                  error.text);
    ck_assert_msg(anew_image_reader_open(&reader, &shape, path, NULL, &error) == ANEW_OK, "%s",
                  error.text);
    ck_assert_int_eq(anew_image_reader_format(reader), c->format);
    check_metadata(c, anew_image_reader_metadata(reader), profile, shape.width, shape.height);
    ck_assert_msg(anew_image_reader_all(reader, &read, &error) == ANEW_OK, "%s", error.text);
    if (!c->strip)
        check_pixels(c, &read);
    anew_image_free(&read);
    anew_image_free(&image);
    anew_image_reader_close(&reader);
    anew_metadata_free(&metadata);
}

START_TEST(every_combination)
{
    static const struct {
        anew_format format;
        const char *name;
    } kinds[] = {{ANEW_FORMAT_PNG, "a.png"},   {ANEW_FORMAT_JPEG, "a.jpg"},
                 {ANEW_FORMAT_WEBP, "a.webp"}, {ANEW_FORMAT_PNM, "a.pam"},
                 {ANEW_FORMAT_TIFF, "a.tif"},  {ANEW_FORMAT_AVIF, "a.avif"},
                 {ANEW_FORMAT_JXL, "a.jxl"}};
    int cases = 0;
    for (int i = 0; i < 7 * 2 * 4 * 8 * 4; i++) {
        const int rest = i / 7;
        const a_case c = {.format = kinds[i % 7].format,
                          .name = kinds[i % 7].name,
                          .depth = rest % 2 == 0 ? 8 : 16,
                          .channels = 1 + rest / 2 % 4,
                          .orientation = 1 + rest / 8 % 8,
                          .profile = rest / 64 % 2 != 0,
                          .strip = rest / 128 != 0};
        anew_error error;
        if (anew_format_accepts(c.format, WIDTH, HEIGHT, c.channels, c.depth, c.name, &error) ==
            ANEW_OK) {
            run_case(&c);
            cases++;
        }
    }
    printf("%d combinations\n", cases);
    ck_assert_int_ge(cases, 256); /* PNM alone */
}
END_TEST

/* ---- what must not go along -------------------------------------------------------------------------------- */

static void result_of(anew_metadata *to, const anew_metadata *from, int channels)
{
    anew_error error = {0};
    const anew_metadata_wish wish = {0};
    ck_assert_int_eq(anew_metadata_for_result(to, from, 48, 36, channels, wish, "x", &error),
                     ANEW_OK);
}

START_TEST(profiles_of_other_colours_are_left_out)
{
    uint8_t profile[PROFILE_BYTES];
    anew_metadata from = {0}, to;
    make_profile(profile, "RGB ");
    ck_assert(anew_block_set(&from.icc, profile, sizeof profile));
    result_of(&to, &from, 3);
    ck_assert_uint_eq(to.icc.size, PROFILE_BYTES);
    anew_metadata_free(&to);
    result_of(&to, &from, 2);
    ck_assert_uint_eq(to.icc.size, 0);
    anew_metadata_free(&to);
    from.icc.data[16] = 'C'; /* of CMYK */
    result_of(&to, &from, 3);
    ck_assert_uint_eq(to.icc.size, 0);
    anew_metadata_free(&to);
    from.icc.data[16] = 'R';
    from.icc.data[3] = PROFILE_BYTES - 1; /* another length than it has */
    result_of(&to, &from, 3);
    ck_assert_uint_eq(to.icc.size, 0);
    anew_metadata_free(&to);
    anew_metadata_free(&from);
}
END_TEST

/* Every byte of a sound block at its extremes, and every length: nothing is read or written outside. */
START_TEST(damaged_exif_does_no_harm)
{
    uint8_t exif[EXIF_BYTES];
    for (int big = 0; big <= 1; big++)
        for (size_t cut = 0; cut <= EXIF_BYTES; cut++)
            for (int at = -1; at < EXIF_BYTES; at++) {
                anew_metadata from = {0}, to;
                make_exif(exif, big != 0, 6, 7, 5);
                if (at >= 0)
                    exif[at] = (uint8_t)(cut % 3 == 0 ? 0xff : cut % 3 == 1 ? 0 : exif[at] ^ 0x81);
                /* A block of its own, without the zero behind it, for the sanitizers. */
                uint8_t *copy = malloc(cut + (cut == 0));
                ck_assert_ptr_nonnull(copy);
                memcpy(copy, exif, cut);
                const int orientation = anew_exif_orientation(copy, cut);
                ck_assert(orientation >= 1 && orientation <= 8);
                anew_exif_reset_orientation(copy, cut);
                ck_assert_int_eq(anew_exif_orientation(copy, cut), 1);
                anew_block block = {copy, cut};
                anew_exif_resize(&block, 99, 98);
                ck_assert_uint_le(block.size, cut);
                ck_assert(!anew_exif_has_thumbnail(&block));
                free(copy);
                ck_assert(anew_block_set(&from.exif, exif, cut));
                (void)anew_exif_has_thumbnail(&from.exif);
                result_of(&to, &from, 3);
                ck_assert(anew_exif_add_thumbnail(&to.exif, 20));
                anew_exif_set_thumbnail(&to.exif, (const uint8_t *)"a small picture", 15);
                anew_metadata_free(&to);
                anew_metadata_free(&from);
            }
}
END_TEST

/* What raw profiles of PNG spell (raw_profile.c), and what is no such. */
START_TEST(raw_profiles_are_read_or_left)
{
    static const struct {
        const char *text, *exif, *xmp;
    } cases[] = {
        {"\nexif\n       9\n457869660000616263\n", "abc", NULL},
        {"\nAPP1\n9\n45786966\n0000\n61 6263", "abc", NULL}, /* lines anywhere, no last one */
        {"exif\n9\n4578696600004A4b4C\n", "JKL", NULL},
        {"\nexif\n9\n457869660000616263646566\n", "abc", NULL}, /* more digits than said */
        {"\nAPP1\n31\n687474703a2f2f6e732e61646f62652e636f6d2f7861702f312e302f003c3e\n", NULL,
         "<>"},
        {"\nexif\n10\n457869660000616263\n", NULL, NULL}, /* fewer */
        {"\nexif\n9\n4578696600006162\n", NULL, NULL},
        {"\nexif\n6\n457869660000\n", NULL, NULL}, /* nothing behind the signature */
        {"\nexif\n3\n616263\n", NULL, NULL},       /* another one */
        {"\nexif\n9\n45786966000061626g\n", NULL, NULL},
        {"\nexif\n9 457869660000616263\n", NULL, NULL},                     /* no line of its own */
        {"\nexif\n18446744073709551625\n457869660000616263\n", NULL, NULL}, /* 9 + 2^64 */
        {"\nexif\n-9\n457869660000616263\n", NULL, NULL},
        {"\nexif\n0\n", NULL, NULL},
        {"\nexif\n", NULL, NULL},
        {"\n\n\n", NULL, NULL},
        {"9", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        /* A block of its own, without the zero behind it, for the sanitizers. */
        const size_t size = strlen(cases[i].text);
        anew_metadata m = {0};
        uint8_t *copy = malloc(size + (size == 0));
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, cases[i].text, size);
        const anew_block text = {copy, size};
        ck_assert(anew_raw_profile_read(&m, &text));
        const char *exif = cases[i].exif == NULL ? "" : cases[i].exif;
        const char *xmp = cases[i].xmp == NULL ? "" : cases[i].xmp;
        ck_assert_msg(same(&m.exif, exif, strlen(exif)) && same(&m.xmp, xmp, strlen(xmp)),
                      "'%s' gives %zu bytes of EXIF, %zu of XMP", cases[i].text, m.exif.size,
                      m.xmp.size);
        anew_metadata_free(&m);
        free(copy);
    }
}
END_TEST

START_TEST(png_keeps_its_own_words_for_colour)
{
    anew_image image, shape;
    anew_error error = {0};
    anew_image_reader *reader = NULL;
    anew_metadata metadata = {
        .has_gamma = true,
        .gamma = 100000,
        .has_chromaticities = true,
        .chromaticities = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000},
        .density = ANEW_DENSITY_ASPECT,
        .density_x = 2,
        .density_y = 1};
    const anew_image_options options = {
        .png_compression = -1, .strip = false, .metadata = &metadata};
    if (!ANEW_PNG) {
        printf("SKIP PNG was left out of this build\n");
        return;
    }
    ck_assert_int_eq(anew_image_create(&image, 1, 1, 3, 8, &error), ANEW_OK);
    memset(image.pixels, 5, 3);
    const char *path = in_folder("gamma.png");
    ck_assert_int_eq(anew_image_write(&image, path, ANEW_FORMAT_PNG, &options, &error), ANEW_OK);
    ck_assert_int_eq(anew_image_reader_open(&reader, &shape, path, NULL, &error), ANEW_OK);
    const anew_metadata *m = anew_image_reader_metadata(reader);
    ck_assert(m->has_gamma && m->gamma == 100000 && m->has_chromaticities && !m->has_srgb);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(m->chromaticities[i], metadata.chromaticities[i]);
    ck_assert_int_eq(m->density, ANEW_DENSITY_ASPECT);
    ck_assert(m->density_x == 2 && m->density_y == 1);
    anew_image_reader_close(&reader);
    anew_image_free(&image);
}
END_TEST

int main(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/check_metadata.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    Suite *suite = suite_create("metadata");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_test(all, every_combination);
    tcase_add_test(all, profiles_of_other_colours_are_left_out);
    tcase_add_test(all, damaged_exif_does_no_harm);
    tcase_add_test(all, raw_profiles_are_read_or_left);
    tcase_add_test(all, png_keeps_its_own_words_for_colour);
    const int code = run_suite(suite);
    char command[96];
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) == 0 ? code : 1;
}
