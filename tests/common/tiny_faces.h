/*
 * tiny_faces.h - networks of faces whose weights are set by hand, so that what they make is known: a restorer that
 * gives the face again, softer by half a pixel and with a contrast of one's choice, and parsers that tell the class of
 * a pixel by its colour. For tests that need no published weights.
 */
#ifndef ANEW_TESTS_TINY_FACES_H
#define ANEW_TESTS_TINY_FACES_H

#include "model/model.h"

/* A GFPGAN of four channels for squares of 8, 16 ... 1024: v becomes gain * v, red ones gain * red * v, samples from -1
 * to 1, after means of 2x2 pixels and a bilinear enlargement. */
ANEW_NODISCARD anew_status tiny_restorer_model(anew_model **model, int side, float gain, float red,
                                               anew_error *error);

/* "parsenet" or "bisenet": of_colour[i] is the class of pixels in which red, green or blue (i = 0, 1, 2; 0 .. 1) is
 * the largest and above a half; else the class is 0. `classes` in all. */
ANEW_NODISCARD anew_status tiny_parser_model(anew_model **model, const char *architecture,
                                             const int of_colour[3], int classes,
                                             anew_error *error);

#endif
