/*
 * metadata.h - what a picture's file says beside its pixels, and what of it is still true of a picture of
 * another size.
 *
 * Blocks are kept as bytes: a colour profile as in ICC.1, EXIF as a TIFF block (what follows "Exif\0\0" in a
 * JPEG), XMP as a packet of XML. They always describe the pixels that they come with: a decoder that has
 * turned the picture says so in them (anew_metadata_turned).
 */
#ifndef ANEW_IMAGE_METADATA_H
#define ANEW_IMAGE_METADATA_H

#include <stdbool.h>

#include "core/status.h"

typedef struct anew_block {
    uint8_t *data; /* owned, and followed by a zero; NULL: none */
    size_t size;
} anew_block;

typedef enum anew_density {
    ANEW_DENSITY_NONE = 0,
    ANEW_DENSITY_ASPECT, /* only x : y is known */
    ANEW_DENSITY_METRE   /* pixels per metre */
} anew_density;

typedef struct anew_metadata {
    anew_block icc, exif, xmp;
    anew_density density;
    double density_x, density_y;
    /* PNG's words for colour, in 1/100000; they say something only where there is no profile. */
    bool has_srgb, has_gamma, has_chromaticities;
    int srgb_intent;
    int32_t gamma;
    int32_t chromaticities[8]; /* white x, y, red, green, blue */
} anew_metadata;

/* Frees all blocks and empties the struct. */
void anew_metadata_free(anew_metadata *metadata);

/* A copy of bytes in place of the block; false without memory (the block is then empty). */
ANEW_NODISCARD bool anew_block_set(anew_block *block, const void *data, size_t size);

/* The pixels have been turned as `orientation` (1 .. 8) asked: nobody may do it again. */
void anew_metadata_turned(anew_metadata *metadata, int orientation);

/* For a file with a picture made from this one, of so many pixels: sizes are written anew, thumbnails are
 * left out, a profile for another kind of colours, too. With `strip`, only what says how colours look
 * remains. *to is overwritten, and the caller frees it. */
ANEW_NODISCARD anew_status anew_metadata_for_result(anew_metadata *to, const anew_metadata *from,
                                                    int width, int height, int channels, bool strip,
                                                    const char *label, anew_error *error);

/* Another resolution, in dots an inch, wherever one is said. `exif_only`: the format has no place for one but EXIF,
 * which is made where there is none. False without memory. */
ANEW_NODISCARD bool anew_metadata_set_density(anew_metadata *metadata, double dpi, bool exif_only);

/* ---- EXIF (exif.c) -------------------------------------------------------------------------------- */

/* 1 .. 8; 1 where there is none or the block is damaged. */
int anew_exif_orientation(const uint8_t *data, size_t size);

/* Sets the orientation, where there is one, to 1. */
void anew_exif_reset_orientation(uint8_t *data, size_t size);

/* Sets the sizes where they are written, takes the thumbnail out. Everything else stays where it is, so
 * that makers' notes, which hold offsets of their own, remain right. */
void anew_exif_resize(anew_block *exif, int width, int height);

/* Sets the resolution where it is written. */
void anew_exif_set_density(anew_block *exif, double dpi);

/* A block that says nothing but the resolution. False without memory. */
ANEW_NODISCARD bool anew_exif_of_density(anew_block *exif, double dpi);

/* ---- XMP (xmp.c) ---------------------------------------------------------------------------------- */

void anew_xmp_reset_orientation(anew_block *xmp);

/* As for EXIF. False without memory. */
ANEW_NODISCARD bool anew_xmp_resize(anew_block *xmp, int width, int height);
ANEW_NODISCARD bool anew_xmp_set_density(anew_block *xmp, double dpi);

#endif
