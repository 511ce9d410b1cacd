/* dct.h - the discrete cosine transform of 8x8 samples, in which a JPEG is rounded. */
#ifndef ANEW_LOOK_DCT_H
#define ANEW_LOOK_DCT_H

#include <stdint.h>

/* The orthonormal DCT of type II in both directions, as JPEG scales it: out[v * 8 + u] for vertical frequency v and
 * horizontal frequency u. `samples` are rows of `stride`, in steps of LOOK_STEP; the result is in steps of 8 bits. */
void anew_look_dct(double out[64], const uint16_t *samples, int stride);

/* The order in which JPEG lists frequencies: zigzag[i] is v * 8 + u. */
extern const uint8_t anew_look_zigzag[64];

#endif
