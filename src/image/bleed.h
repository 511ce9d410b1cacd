/*
 * bleed.h - colours for pixels that cannot be seen.
 *
 * Under full transparency a file may hold any colour, often black. Enlarged beside the visible pixels it
 * would show as a fringe at their edges. So invisible pixels get the colour of the visible ones around
 * them, weighted by alpha (what premultiplied colours would give), before the network looks.
 */
#ifndef ANEW_IMAGE_BLEED_H
#define ANEW_IMAGE_BLEED_H

#include "image/image.h"

/* How far away a visible pixel may be, in pixels. */
#define ANEW_BLEED_REACH 16

/* Replaces the samples of invisible pixels in a row of planes, planes[c][i] being column x + i of row y of
 * an image with alpha; visible ones are left as they are. Looks at rows y - reach .. y + reach. */
void anew_bleed_row(float *const *planes, const anew_image *image, int y, int x, int width);

#endif
