/*
 * reference_paste.h - the paste of the published tools (facexlib as GFPGAN uses it, and CodeFormer's fork), pixel-centre
 * slips and truncation and all. For comparison with them; see paste.h for anew's own.
 */
#ifndef ANEW_FACES_REFERENCE_PASTE_H
#define ANEW_FACES_REFERENCE_PASTE_H

#include "faces/reference_warp.h"

typedef struct anew_reference_face {
    const uint8_t *restored; /* [size][size][3] */
    int size;                /* 512 where there are classes */
    const uint8_t *classes;  /* [512][512] of ParseNet, or NULL: the square mask */
    anew_affine to_crop;
} anew_reference_face;

/* Pastes faces, one after the other, into `out`, which already holds the background (u8 or u16, 3 or 4 channels in the
 * faces' order, at its final size: what anew_reference_resize makes of it). `fork`: as CodeFormer's. A face of 8 bits is
 * not scaled up for a background of 16. */
ANEW_NODISCARD anew_status anew_reference_paste(const anew_reference_picture *out,
                                                const anew_reference_face *faces, int count,
                                                double upscale, bool fork, anew_error *error);

/* Resize of u8 or u16 to the size of `to` by Lanczos4, or else linear (u8 only); equal sizes are copied. */
ANEW_NODISCARD anew_status anew_reference_resize(const anew_reference_picture *to,
                                                 const anew_reference_picture *from, bool lanczos,
                                                 anew_error *error);

#endif
