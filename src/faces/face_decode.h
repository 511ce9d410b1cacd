/*
 * face_decode.h - from what a detector's network says of a place in the picture to a face there. Pure functions.
 */
#ifndef ANEW_FACES_FACE_DECODE_H
#define ANEW_FACES_FACE_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "anew.h"

/* One place of one level of a network's output. */
typedef struct anew_face_place {
    const float *values; /* channel c at values[c * step] */
    size_t step;
    int level, anchor; /* one of the detector's levels, and of the faces that each place may have */
    int x, y;
    int width, height; /* of the network's input, in pixels */
} anew_face_place;

/* What is to be known of a network of faces beside its graph: one row for each architecture. */
typedef struct anew_face_net {
    const char *architecture;
    int levels, anchors; /* outputs of the graph; faces at each place of them */
    /* The network's input is (sample of 0 .. 255 - mean[c]) * factor, channels in the order R, G, B or, with `bgr`,
     * B, G, R; of a side that is a multiple of `unit`, with black below and right. */
    float mean[3], factor;
    bool bgr;
    int unit;
    float confidence; /* what a score must exceed unless somebody says otherwise */
    float overlap;    /* of two faces with more of it in common the weaker one is dropped */
    /* From 0 to 1. */
    float (*score)(const anew_face_place *place);
    /* Fills box and landmarks in pixels of the network's input. */
    void (*locate)(anew_face *face, const anew_face_place *place);
} anew_face_net;

extern const anew_face_net anew_face_nets[]; /* ends with a NULL architecture */

/* RetinaFace's prior: middle and size of a face that a place stands for, as shares of the picture. */
typedef struct anew_face_prior {
    float x, y, width, height;
} anew_face_prior;

anew_face_prior anew_retinaface_prior(int level, int anchor, int x, int y, int width, int height);

/* The box (left, top, right, bottom) and points that four and ten numbers make of a prior, as shares. */
void anew_retinaface_decode(float box[4], float points[5][2], const float numbers[4],
                            const float moves[10], anew_face_prior prior);

#endif
