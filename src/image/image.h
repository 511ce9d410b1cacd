/*
 * image.h - decoded pictures, and the doors to the decoders and encoders.
 *
 * Pixels are interleaved, rows top to bottom without gaps, samples u8, native-endian u16, or (in memory
 * only) f32 with 0 .. 1 for black .. white; encoded values as they stand in the file (sRGB in the usual case): networks are trained on those.
 * EXIF orientation has been applied, once.
 */
#ifndef ANEW_IMAGE_IMAGE_H
#define ANEW_IMAGE_IMAGE_H

#include <stdbool.h>

#include "core/status.h"
#include "image/metadata.h"

typedef enum anew_format {
    ANEW_FORMAT_UNKNOWN = 0,
    ANEW_FORMAT_PNG,
    ANEW_FORMAT_JPEG,
    ANEW_FORMAT_PNM, /* PGM (P2, P5), PPM (P3, P6), PAM (P7) in; P5, P6, P7 out */
    ANEW_FORMAT_WEBP,
    ANEW_FORMAT_BMP, /* in only */
    ANEW_FORMAT_TIFF,
    ANEW_FORMAT_AVIF,
    ANEW_FORMAT_JXL,
    ANEW_FORMAT_GIF,
    ANEW_FORMAT_COUNT
} anew_format;

typedef struct anew_image {
    int width, height;
    int channels; /* 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha (not premultiplied) */
    int depth;    /* 8 or 16 bits a sample; 32: f32 */
    void *pixels; /* [height][width][channels]; owned, anew_image_free */
} anew_image;

/* Default bound of anew_image_limits.max_pixels: 256 megapixels. */
#define ANEW_MAX_PIXELS ((int64_t)256 * 1000 * 1000)

typedef struct anew_image_limits {
    int64_t max_pixels; /* width * height of a decoded picture; 0 is the default */
} anew_image_limits;

/* How a file came to be no larger than it may be. */
typedef struct anew_image_taken {
    int64_t bytes;
    int quality;         /* 0: the format has none */
    int png_compression; /* -1: that of the options */
} anew_image_taken;

typedef struct anew_image_options {
    int quality;         /* of JPEG, WebP, AVIF and JPEG XL, 1..100; 0 is the default, 92 */
    int jpeg_chroma;     /* 444: full colour resolution, 420: half in both directions; 0: 444 from
                          * quality 90 on, else 420 */
    int png_compression; /* 0..9; -1 is the library's default */
    bool lossless;       /* WebP, AVIF, JPEG XL */
    bool strip;          /* of the metadata, only what says how colours look */
    bool drop_icc;       /* no colour profile */
    bool drop_thumbnail; /* none, also where the metadata's EXIF has one */
    bool keep_existing;  /* what is there when the file is whole is not replaced (core/file.h) */
    const char
        *provenance; /* how the result was made, in one line of printable ASCII; NULL: not told */
    double dpi;      /* dots an inch that the file is to say; 0: those of the metadata */
    int64_t
        max_bytes; /* of the file: its rows are kept until it is known how (image_within.c); 0: any number */
    anew_image_taken *taken;       /* told of a file with max_bytes; NULL: nobody is */
    const anew_metadata *metadata; /* of the picture that this one was made from; NULL: none */
} anew_image_options;

/* Allocates pixels (contents undefined) for the sizes; checks them. */
ANEW_NODISCARD anew_status anew_image_create(anew_image *image, int width, int height, int channels,
                                             int depth, anew_error *error);

/* Without its alpha where all is opaque. */
ANEW_NODISCARD anew_status anew_image_drop_opaque(anew_image *image, anew_error *error);

/* Frees the pixels and zeroes the struct. */
void anew_image_free(anew_image *image);

/* What the first bytes say; never the file name. */
anew_format anew_image_sniff(const uint8_t *data, size_t size);

/* Reads a picture; `limits` may be NULL. Messages begin with the path. *format (may be NULL) tells
 * what it was. On failure *image is zeroed. */
ANEW_NODISCARD anew_status anew_image_read(anew_image *image, const char *path,
                                           const anew_image_limits *limits, anew_format *format,
                                           anew_error *error);

/* The same from memory; `label` takes the path's place in messages. */
ANEW_NODISCARD anew_status anew_image_decode(anew_image *image, const uint8_t *data, size_t size,
                                             const char *label, const anew_image_limits *limits,
                                             anew_format *format, anew_error *error);

/* Format named by a path's extension (.png .apng .jpg .jpeg .ppm .pgm .pnm .pam .webp .bmp .tif .tiff
 * .avif .jxl .gif, any case), or UNKNOWN. */
anew_format anew_format_of_path(const char *path);

/* What is written where nobody names a format: PNG, or PNM in a build without libpng. */
anew_format anew_format_default(void);

/* The ending of a format's files, without the dot. */
const char *anew_format_extension(anew_format format);

/* Its name, such as "PNG". */
const char *anew_format_name(anew_format format);

/* The formats that this build reads (or else writes), such as "PNG, JPEG, PNM". */
const char *anew_format_names(bool read);

/* Whether the format can hold such a picture (JPEG: no alpha, 8 bits, sides up to 65535 ...);
 * to be asked before work starts. `path` is for the message. */
ANEW_NODISCARD anew_status anew_format_accepts(anew_format format, int width, int height,
                                               int channels, int depth, const char *path,
                                               anew_error *error);

/* Encodes and writes, complete or not at all (core/file.h); `options` may be NULL. */
ANEW_NODISCARD anew_status anew_image_write(const anew_image *image, const char *path,
                                            anew_format format, const anew_image_options *options,
                                            anew_error *error);

/* ---- reading row by row -------------------------------------------------------------------------- */

/* Rows come as the decoder makes them where format and picture allow it (PNG without interlacing, JPEG,
 * binary PNM, BMP without run lengths; nothing that must be turned): then neither the file nor the picture is
 * in memory. Others are decoded whole and then handed out. */
typedef struct anew_image_reader anew_image_reader;

/* *shape gets size and kind, without pixels. A regular file may be of any length. */
ANEW_NODISCARD anew_status anew_image_reader_open(anew_image_reader **reader, anew_image *shape,
                                                  const char *path, const anew_image_limits *limits,
                                                  anew_error *error);

/* From now on the pixels are sRGB, converted from what the profile, or PNG's words for colour, or a camera's, say
 * (colour.h). Before the first row. */
ANEW_NODISCARD anew_status anew_image_reader_to_srgb(anew_image_reader *reader, anew_error *error);

/* The next rows from the top, at most as many as are left. */
ANEW_NODISCARD anew_status anew_image_reader_rows(anew_image_reader *reader, void *pixels, int rows,
                                                  anew_error *error);

/* All rows as one picture, in place of the above; nothing can be read after it. */
ANEW_NODISCARD anew_status anew_image_reader_all(anew_image_reader *reader, anew_image *image,
                                                 anew_error *error);
void anew_image_reader_close(anew_image_reader **reader);

anew_format anew_image_reader_format(const anew_image_reader *reader);

/* What the file says beside the pixels; lives as long as the reader. */
const anew_metadata *anew_image_reader_metadata(const anew_image_reader *reader);

/* How a JPEG was coded; of its pixels as they are stored, before EXIF's orientation. */
typedef struct anew_jpeg_facts {
    bool has_table; /* of the luma: all that follows is set */
    uint16_t
        table[64]; /* quantisation steps at v * 8 + u, for vertical and horizontal frequencies */
    int chroma_x,
        chroma_y; /* how many times smaller colour differences are stored; 1, 1 where there are none */
} anew_jpeg_facts;

/* NULL where the file is no JPEG; lives as long as the reader. */
const anew_jpeg_facts *anew_image_reader_jpeg(const anew_image_reader *reader);

/* ---- writing row by row -------------------------------------------------------------------------- */

typedef struct anew_image_writer anew_image_writer;

/* Begins a picture of the size and kind of `shape`, whose pixels are not looked at. */
ANEW_NODISCARD anew_status anew_image_writer_open(anew_image_writer **writer, const char *path,
                                                  anew_format format, const anew_image *shape,
                                                  const anew_image_options *options,
                                                  anew_error *error);

/* The next part->height rows. After a failure the writer can only be discarded. */
ANEW_NODISCARD anew_status anew_image_writer_rows(anew_image_writer *writer, const anew_image *part,
                                                  anew_error *error);

/* After the last row: the file takes its place. Frees the writer, also when it fails. */
ANEW_NODISCARD anew_status anew_image_writer_commit(anew_image_writer **writer, anew_error *error);

/* Leaves no file behind and frees the writer; NULL contents are allowed. */
void anew_image_writer_discard(anew_image_writer **writer);

#endif
