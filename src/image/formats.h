/*
 * formats.h - what each format's file offers to image.c; private to src/image/.
 *
 * Decoders fill *image (zeroed before) or leave it zeroed. `label` begins every message.
 */
#ifndef ANEW_IMAGE_FORMATS_H
#define ANEW_IMAGE_FORMATS_H

#include "core/file.h"
#include "image/image.h"

/* Refuses sizes beyond the limits, before memory is asked for. */
ANEW_NODISCARD anew_status anew_image_check_size(int64_t width, int64_t height, const char *label,
                                                 const anew_image_limits *limits,
                                                 anew_error *error);

ANEW_NODISCARD anew_status anew_png_decode(anew_image *image, const uint8_t *data, size_t size,
                                           const char *label, const anew_image_limits *limits,
                                           anew_error *error);
ANEW_NODISCARD anew_status anew_jpeg_decode(anew_image *image, const uint8_t *data, size_t size,
                                            const char *label, const anew_image_limits *limits,
                                            anew_error *error);
ANEW_NODISCARD anew_status anew_pnm_decode(anew_image *image, const uint8_t *data, size_t size,
                                           const char *label, const anew_image_limits *limits,
                                           anew_error *error);

/* A decoder that gives rows from the top. */
typedef struct anew_decoder {
    void *state; /* owned; NULL: this picture cannot be read by rows, but must be decoded whole */
    anew_status (*rows)(void *state, void *pixels, int rows, anew_error *error);
    void (*release)(void *state);
} anew_decoder;

/* Begin; *shape gets size and kind. The data must stay. On failure nothing is left to release. */
ANEW_NODISCARD anew_status anew_png_decoder(anew_decoder *decoder, anew_image *shape,
                                            const uint8_t *data, size_t size, const char *label,
                                            const anew_image_limits *limits, anew_error *error);
ANEW_NODISCARD anew_status anew_jpeg_decoder(anew_decoder *decoder, anew_image *shape,
                                             const uint8_t *data, size_t size, const char *label,
                                             const anew_image_limits *limits, anew_error *error);

/* An encoder at work: rows come from the top, in any portions, until all are there. */
typedef struct anew_encoder {
    void *state; /* owned; NULL: none */
    /* Rows of the picture's width and kind; part->height of them. */
    anew_status (*rows)(void *state, const anew_image *part, anew_error *error);
    anew_status (*finish)(void *state, anew_error *error); /* after the last row */
    void (*release)(void *state);                          /* at any time */
} anew_encoder;

/* Begin a picture of the size and kind of `shape` (its pixels are not looked at). On failure nothing is
 * left to release. */
ANEW_NODISCARD anew_status anew_png_encoder(anew_encoder *encoder, const anew_image *shape,
                                            anew_output *output, const char *label,
                                            const anew_image_options *options, anew_error *error);
ANEW_NODISCARD anew_status anew_jpeg_encoder(anew_encoder *encoder, const anew_image *shape,
                                             anew_output *output, const char *label,
                                             const anew_image_options *options, anew_error *error);
ANEW_NODISCARD anew_status anew_pnm_encoder(anew_encoder *encoder, const anew_image *shape,
                                            anew_output *output, const char *label,
                                            const anew_image_options *options, anew_error *error);

/* EXIF orientation, 1 .. 8, of a TIFF block (what follows "Exif\0\0" in a JPEG); 1 where there is
 * none or the block is damaged. */
int anew_exif_orientation(const uint8_t *tiff, size_t size);

/* Turns and mirrors the picture so that orientation `orientation` becomes 1. */
ANEW_NODISCARD anew_status anew_image_orient(anew_image *image, int orientation, const char *label,
                                             anew_error *error);

#endif
