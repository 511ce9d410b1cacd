/*
 * formats.h - what each format's file offers to image_reader.c and image_writer.c; private to src/image/.
 *
 * `label`, or the input's, begins every message.
 */
#ifndef ANEW_IMAGE_FORMATS_H
#define ANEW_IMAGE_FORMATS_H

#include "core/input.h"
#include "image/animation.h"
#include "image/compose.h"

/* Refuses sizes beyond the limits, before memory is asked for. */
ANEW_NODISCARD anew_status anew_image_check_size(int64_t width, int64_t height, const char *label,
                                                 const anew_image_limits *limits,
                                                 anew_error *error);

/* What a format's file makes of an input: rows from the top, as they are stored. */
typedef struct anew_decoder {
    anew_image shape;       /* size and kind of the stored picture, no pixels */
    anew_metadata metadata; /* owned */
    int orientation;        /* 1 .. 8: how the rows must be turned, or 1 */
    anew_jpeg_facts jpeg;   /* of a JPEG */
    void *state;            /* owned; NULL: `whole` has all rows */
    anew_status (*rows)(void *state, void *pixels, int rows, anew_error *error);
    void (*release)(void *state);
    anew_image whole; /* owned */
} anew_decoder;

/* Begin with a zeroed decoder. The input must stay. What they leave in the decoder, image_reader.c frees, also
 * after a failure. */
typedef anew_status anew_decoder_open(anew_decoder *decoder, anew_input *input,
                                      const anew_image_limits *limits, anew_error *error);
anew_decoder_open anew_png_decoder, anew_jpeg_decoder, anew_pnm_decoder, anew_webp_decoder,
    anew_bmp_decoder, anew_tiff_decoder, anew_avif_decoder, anew_jxl_decoder, anew_gif_decoder;

/* An encoder at work: rows come from the top, in any portions, until all are there. */
typedef struct anew_encoder {
    void *state; /* owned; NULL: none */
    /* Rows of the picture's width and kind; part->height of them. */
    anew_status (*rows)(void *state, const anew_image *part, anew_error *error);
    anew_status (*finish)(void *state, anew_error *error); /* after the last row */
    void (*release)(void *state);                          /* at any time */
    /* After `finish`, into an output that can be rewritten: the metadata's EXIF over what was written of it, of the
     * same size. NULL: metadata are not looked at before `finish`. */
    anew_status (*rewrite_exif)(void *state, anew_error *error);
} anew_encoder;

/* Begin a picture of the size and kind of `shape` (its pixels are not looked at); `metadata` is what is to be
 * written beside it. On failure nothing is left to release. */
typedef anew_status anew_encoder_open(anew_encoder *encoder, const anew_image *shape,
                                      const anew_metadata *metadata, anew_output *output,
                                      const char *label, const anew_image_options *options,
                                      anew_error *error);
anew_encoder_open anew_png_encoder, anew_jpeg_encoder, anew_pnm_encoder, anew_webp_encoder,
    anew_tiff_encoder, anew_avif_encoder, anew_jxl_encoder, anew_gif_encoder;

/* An encoder of the format that makes a file of at most options->max_bytes (image_within.c). */
ANEW_NODISCARD anew_status anew_within_encoder(anew_encoder *encoder, anew_format format,
                                               const anew_image *shape,
                                               const anew_metadata *metadata, anew_output *output,
                                               const char *label, const anew_image_options *options,
                                               anew_error *error);

/* ---- animations ---------------------------------------------------------------------------------- */

/* The frames of an input, as they are stored: not turned by EXIF. */
typedef struct anew_frames_decoder {
    anew_image shape; /* of the canvas: 2 or 4 channels, no pixels */
    int plays;        /* 0: for ever */
    void *state;      /* owned; NULL: a still */
    /* The next frame composed; *canvas is the decoder's, until the next call, or NULL past the last frame. */
    anew_status (*next)(void *state, const anew_image **canvas, anew_delay *delay,
                        anew_error *error);
    void (*release)(void *state);
} anew_frames_decoder;

/* Begin with a zeroed decoder; the input must stay. On failure nothing is left to release. */
typedef anew_status anew_frames_open(anew_frames_decoder *decoder, anew_input *input,
                                     const anew_image_limits *limits, anew_error *error);
anew_frames_open anew_png_frames, anew_webp_frames, anew_gif_frames;

/* The first frame as a still: decoder->whole and its shape, without alpha where all is opaque and the file does not
 * announce any. */
ANEW_NODISCARD anew_status anew_first_frame(anew_decoder *decoder, anew_frames_open *open,
                                            anew_input *input, bool announced,
                                            const anew_image_limits *limits, anew_error *error);

/* An encoder of frames. Each shows the canvas, of which only `changed` differs from the frame before; the first
 * changes all of it. */
typedef struct anew_frames_encoder {
    void *state; /* owned */
    anew_status (*frame)(void *state, const anew_image *canvas, const anew_rectangle *changed,
                         anew_delay delay, anew_error *error);
    anew_status (*finish)(void *state, anew_error *error);
    void (*release)(void *state);
} anew_frames_encoder;

/* Begin an animation of facts->frames frames, of fewer where the output can be rewritten. On failure nothing is left to
 * release. What is pointed to must stay. */
typedef anew_status anew_frames_encoder_open(anew_frames_encoder *encoder,
                                             const anew_animation_facts *facts,
                                             const anew_metadata *metadata, anew_output *output,
                                             const char *label, const anew_image_options *options,
                                             anew_error *error);
anew_frames_encoder_open anew_png_frames_encoder, anew_webp_frames_encoder, anew_gif_frames_encoder;

/* A part of a canvas as a picture of its own. */
ANEW_NODISCARD anew_status anew_image_cut(anew_image *part, const anew_image *canvas,
                                          const anew_rectangle *area, anew_error *error);

/* A part of a canvas as a file in memory, by the format's encoder for stills, without metadata; freed by
 * anew_bytes_free. */
ANEW_NODISCARD anew_status anew_encode_part(anew_bytes *file, const anew_image *canvas,
                                            const anew_rectangle *area, anew_format format,
                                            const anew_metadata *metadata, const char *label,
                                            const anew_image_options *options, anew_error *error);

/* Units of 1 / `units` seconds that the next frame lasts, so that all frames up to its end last as long as they should:
 * *at is the time in seconds up to here, which grows. */
int64_t anew_delay_units(double *at, anew_delay delay, int units);

/* NULL where the format has no frames, or its library was left out. */
anew_frames_open *anew_format_frames(anew_format format);
anew_frames_encoder_open *anew_format_frames_encoder(anew_format format);

/* What of options->metadata is to stand beside the pixels of a result (image_writer.c); *to is overwritten, and the
 * caller frees it, also after a failure. */
ANEW_NODISCARD anew_status anew_choose_metadata(anew_metadata *to, anew_format format,
                                                const anew_image *shape, const char *path,
                                                const anew_image_options *options,
                                                anew_error *error);

/* What animation.c takes over from a reader (image_reader.c): its input, and the way of its colours. */
anew_input *anew_image_reader_input(anew_image_reader *reader);
int anew_image_reader_orientation(const anew_image_reader *reader);
/* Of the frames; the reader's own rows are gone. Before anew_image_reader_to_srgb is asked for. */
void anew_image_reader_set_shape(anew_image_reader *reader, const anew_image *shape);
void anew_image_reader_convert(const anew_image_reader *reader, void *pixels, size_t count);

/* The codecs of a format; NULL where there is none, or its library was left out. */
anew_decoder_open *anew_format_decoder(anew_format format);
anew_encoder_open *anew_format_encoder(anew_format format);

/* Whether this build can read (or else write) the format; else a message that says why. */
ANEW_NODISCARD anew_status anew_format_check(anew_format format, bool read, const char *label,
                                             anew_error *error);

/* All that stands in a PNG's chunks but colours and resolution, which libpng reads (png_blocks.c). False without memory. */
#define ANEW_PNG_BLOCK (16u << 20) /* a longer one is passed over */
ANEW_NODISCARD bool anew_png_blocks(anew_metadata *metadata, anew_input *input);

/* The EXIF, XMP or IPTC block that a PNG's "Raw profile type ..." spells in hexadecimal takes its place in the metadata; a
 * text of another form changes nothing. False without memory. */
ANEW_NODISCARD bool anew_raw_profile_read(anew_metadata *metadata, const anew_block *text);

/* The same the other way: *text, which is replaced, is followed by a zero. False without memory. */
ANEW_NODISCARD bool anew_raw_profile_write(anew_block *text, const char *kind,
                                           const anew_block *from);

/* ---- EXIF in a TIFF (exif_move.c) ---- */

/* What a TIFF file says in its first directory at `offset`, and in those for EXIF and GPS, as a block of EXIF of its own;
 * *exif stays empty where that is nothing. False without memory. */
ANEW_NODISCARD bool anew_exif_of_tiff(anew_block *exif, anew_input *file);

/* The directory that the entry `tag` of a block's first directory points to, with all it points to, as bytes that may
 * stand at `base` in another file of that byte order; *directory stays empty where there is none. */
ANEW_NODISCARD bool anew_exif_directory(anew_block *directory, const anew_block *exif, uint32_t tag,
                                        uint32_t base);

/* A text of a block's first directory, such as 271, the camera's maker; NULL: none. It ends by a zero. */
const char *anew_exif_text(const anew_block *exif, uint32_t tag);

/* Whether the block's byte order is most significant first. */
bool anew_exif_is_big(const anew_block *exif);

/* Turns and mirrors the picture so that orientation `orientation` becomes 1. */
ANEW_NODISCARD anew_status anew_image_orient(anew_image *image, int orientation, const char *label,
                                             anew_error *error);

#endif
