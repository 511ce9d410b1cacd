/*
 * metadata.h - what a picture's file says beside its pixels, and what of it is still true of a picture of
 * another size.
 *
 * Blocks are kept as bytes: a colour profile as in ICC.1, EXIF as a TIFF block (what follows "Exif\0\0" in a
 * JPEG), XMP as a packet of XML, IPTC as the list of resources that Photoshop puts around it ("8BIM" ...). They always describe the pixels that they come with: a decoder that has
 * turned the picture says so in them (anew_metadata_turned).
 */
#ifndef ANEW_IMAGE_METADATA_H
#define ANEW_IMAGE_METADATA_H

#include <stdbool.h>

#include "core/status.h"

/* What of the metadata goes to a result. */
typedef struct anew_metadata_wish {
    bool strip;             /* only what says how colours look */
    bool drop_icc;          /* no colour profile */
    const char *provenance; /* how the result was made; NULL, or with `strip`: not told */
} anew_metadata_wish;

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
    anew_block icc, exif, xmp, iptc;
    anew_block texts;      /* in words, such as "Title" (texts.h) */
    anew_block provenance; /* how anew made the picture: a line of ASCII that begins with "anew " */
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

/* Whether bytes can be such a line: "anew " and printable ASCII, up to ANEW_MAX_PROVENANCE. */
#define ANEW_MAX_PROVENANCE 4096
bool anew_is_provenance(const void *text, size_t size);

/* The pixels have been turned as `orientation` (1 .. 8) asked: nobody may do it again. */
void anew_metadata_turned(anew_metadata *metadata, int orientation);

/* For a file with a picture made from this one, of so many pixels: sizes are written anew, thumbnails are
 * left out (thumbnail.h makes a new one), a profile for another kind of colours, too. *to is overwritten, and the
 * caller frees it. */
ANEW_NODISCARD anew_status anew_metadata_for_result(anew_metadata *to, const anew_metadata *from,
                                                    int width, int height, int channels,
                                                    anew_metadata_wish wish, const char *label,
                                                    anew_error *error);

/* The pixels have been converted to sRGB: all blocks say so. False without memory. */
ANEW_NODISCARD bool anew_metadata_now_srgb(anew_metadata *metadata);

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

/* Whether there is a small picture of whatever kind in the second directory. */
bool anew_exif_has_thumbnail(const anew_block *exif);

/* Takes it out, and overwrites its bytes with zeros; where they are the block's last ones, they are gone. */
void anew_exif_remove_thumbnail(anew_block *exif);

/* A second directory at the block's end (there must be none), for a JPEG of up to `room` bytes, all of which the block
 * gets longer by; a block without a first directory stays as it is. False without memory. */
ANEW_NODISCARD bool anew_exif_add_thumbnail(anew_block *exif, size_t room);

/* Puts the JPEG into that room; the block's size does not change. */
void anew_exif_set_thumbnail(anew_block *exif, const uint8_t *jpeg, size_t size);

/* Whether it says, the way of cameras, that the colours are Adobe RGB: no profile, but "R03" (DCF 2.0, section 5). */
bool anew_exif_says_adobe_rgb(const anew_block *exif);

/* Sets what it says of colours to sRGB. */
void anew_exif_set_srgb(anew_block *exif);
/* Sets the resolution where it is written. */
void anew_exif_set_density(anew_block *exif, double dpi);

/* A block that says nothing but the resolution. False without memory. */
ANEW_NODISCARD bool anew_exif_of_density(anew_block *exif, double dpi);

/* ---- XMP (xmp.c) ---------------------------------------------------------------------------------- */

void anew_xmp_reset_orientation(anew_block *xmp);

/* As for EXIF. False without memory. */
ANEW_NODISCARD bool anew_xmp_resize(anew_block *xmp, int width, int height);
ANEW_NODISCARD bool anew_xmp_set_density(anew_block *xmp, double dpi);

/* Sets what it says of colours to sRGB. False without memory. */
ANEW_NODISCARD bool anew_xmp_set_srgb(anew_block *xmp);

/* How the picture was made, as a property; where there is no packet, one is made. NULL takes it out. False without
 * memory. */
ANEW_NODISCARD bool anew_xmp_set_provenance(anew_block *xmp, const char *text);

/* Its value; false without memory. Stays empty where there is none, or one that anew_is_provenance refuses. */
ANEW_NODISCARD bool anew_xmp_provenance(anew_block *text, const anew_block *xmp);

/* ---- IPTC (iptc.c) -------------------------------------------------------------------------------- */

/* Leaves out the resources that are wrong beside another picture: thumbnails, and copies of the profile, of EXIF and
 * of XMP. What is damaged ends the list. */
void anew_iptc_keep_true(anew_block *iptc);

#endif
