/*
 * letters.h - words in pictures that explain: captions of contact sheets.
 *
 * One size of letters, of our own drawing, for the printable characters of ASCII; each stands in a cell of
 * ANEW_LETTER_WIDTH x ANEW_LETTER_HEIGHT pixels, the gap to the next one included.
 */
#ifndef ANEW_IMAGE_LETTERS_H
#define ANEW_IMAGE_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

#define ANEW_LETTER_WIDTH  6
#define ANEW_LETTER_HEIGHT 9

/* Draws a line of text into a picture of 8 bits and 3 channels, every dot `scale` pixels wide and high, its left top
 * corner at (left, top). A character that is not ASCII becomes one question mark; what lies outside of the picture is
 * left out. */
void anew_letters_draw(anew_image *picture, int left, int top, int scale, const uint8_t colour[3],
                       const char *text);

/* The text in at most `most` characters and as `line` holds them (room: its bytes, one at least): a longer one keeps its
 * beginning and its end, with three dots between. Characters are counted as anew_letters_draw shows them. */
void anew_letters_fit(char *line, size_t room, const char *text, int most);

#endif
