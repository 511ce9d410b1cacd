/*
 * face_decode.c - RetinaFace, YuNet, SCRFD. With RetinaFace each place has two priors, squares of sizes that double
 * from level to level, and the network says how far the face is from them (Deng et al. 2019; the coding is SSD's, Liu
 * et al. 2016), in the order of rounding of the published programs: shares of the picture in float, times its sides at
 * the end. The others measure in strides from the place itself.
 */
#include "faces/face_decode.h"

#include <math.h>

static float value(const anew_face_place *place, int channel)
{
    return place->values[(size_t)channel * place->step];
}

/* ---- RetinaFace ------------------------------------------------------------------------------------------- */

/* Channels of a place: 2 x 4 of the boxes, 2 x 2 scores (no face, face), 2 x 10 of the points. */
#define RETINA_BOXES   0
#define RETINA_SCORES  8
#define RETINA_POINTS  12
#define MIDDLE_SHARE   0.1f /* the "variances" of the coding */
#define SIZE_SHARE     0.2f
#define SMALLEST_PRIOR 16

anew_face_prior anew_retinaface_prior(int level, int anchor, int x, int y, int width, int height)
{
    const int stride = 8 << level;
    const double size = SMALLEST_PRIOR << (2 * level + anchor);
    return (anew_face_prior){(float)((x + 0.5) * stride / width),
                             (float)((y + 0.5) * stride / height), (float)(size / width),
                             (float)(size / height)};
}

void anew_retinaface_decode(float box[4], float points[5][2], const float numbers[4],
                            const float moves[10], anew_face_prior prior)
{
    const float width = prior.width * expf(numbers[2] * SIZE_SHARE);
    const float height = prior.height * expf(numbers[3] * SIZE_SHARE);
    box[0] = prior.x + numbers[0] * MIDDLE_SHARE * prior.width - width / 2;
    box[1] = prior.y + numbers[1] * MIDDLE_SHARE * prior.height - height / 2;
    box[2] = box[0] + width;
    box[3] = box[1] + height;
    for (int k = 0; k < 5; k++) {
        points[k][0] = prior.x + moves[2 * k] * MIDDLE_SHARE * prior.width;
        points[k][1] = prior.y + moves[2 * k + 1] * MIDDLE_SHARE * prior.height;
    }
}

static float retinaface_score(const anew_face_place *place)
{
    const int first = RETINA_SCORES + 2 * place->anchor;
    return (float)(1.0 /
                   (1.0 + exp((double)value(place, first) - (double)value(place, first + 1))));
}

static void retinaface_locate(anew_face *face, const anew_face_place *place)
{
    float numbers[4], moves[10];
    for (int i = 0; i < 4; i++)
        numbers[i] = value(place, RETINA_BOXES + 4 * place->anchor + i);
    for (int i = 0; i < 10; i++)
        moves[i] = value(place, RETINA_POINTS + 10 * place->anchor + i);
    anew_retinaface_decode(face->box, face->landmarks, numbers, moves,
                           anew_retinaface_prior(place->level, place->anchor, place->x, place->y,
                                                 place->width, place->height));
    const float sides[2] = {(float)place->width, (float)place->height};
    for (int i = 0; i < 4; i++)
        face->box[i] *= sides[i % 2];
    for (int k = 0; k < 5; k++)
        for (int i = 0; i < 2; i++)
            face->landmarks[k][i] *= sides[i];
}

/* ---- YuNet ------------------------------------------------------------------------------------------------ */

/* Channels: middle and size of the box, face or not, how well the box fits, points; in units of the stride, from
 * the place's left top corner on. */
#define YUNET_CLASS  4
#define YUNET_FIT    5
#define YUNET_POINTS 6

static float sigmoid(float v)
{
    return (float)(1.0 / (1.0 + exp(-(double)v)));
}

static float yunet_score(const anew_face_place *place)
{
    return sqrtf(sigmoid(value(place, YUNET_CLASS)) * sigmoid(value(place, YUNET_FIT)));
}

static void yunet_locate(anew_face *face, const anew_face_place *place)
{
    const float stride = (float)(8 << place->level);
    const float corner[2] = {(float)place->x * stride, (float)place->y * stride};
    for (int i = 0; i < 2; i++) {
        const float middle = corner[i] + value(place, i) * stride;
        const float side = expf(value(place, 2 + i)) * stride;
        face->box[i] = middle - side / 2;
        face->box[2 + i] = middle + side / 2;
    }
    for (int k = 0; k < 10; k++)
        face->landmarks[k / 2][k % 2] = corner[k % 2] + value(place, YUNET_POINTS + k) * stride;
}

/* ---- SCRFD ------------------------------------------------------------------------------------------------ */

/* Channels: 2 x 4 distances to the left, up, right, down, 2 scores, 2 x 10 of the points; in units of the stride, from
 * the place's left top corner on. */
#define SCRFD_SCORES 8
#define SCRFD_POINTS 10

static float scrfd_score(const anew_face_place *place)
{
    return sigmoid(value(place, SCRFD_SCORES + place->anchor));
}

static void scrfd_locate(anew_face *face, const anew_face_place *place)
{
    const float stride = (float)(8 << place->level);
    const float corner[2] = {(float)place->x * stride, (float)place->y * stride};
    for (int i = 0; i < 4; i++)
        face->box[i] =
            corner[i % 2] + (i < 2 ? -1.0f : 1.0f) * value(place, 4 * place->anchor + i) * stride;
    for (int k = 0; k < 10; k++)
        face->landmarks[k / 2][k % 2] =
            corner[k % 2] + value(place, SCRFD_POINTS + 10 * place->anchor + k) * stride;
}

const anew_face_net anew_face_nets[] = {
    {.architecture = "retinaface",
     .levels = 3,
     .anchors = 2,
     .mean = {104, 117, 123}, /* of ImageNet, B, G, R */
     .factor = 1,
     .bgr = true,
     .unit = 1,
     .confidence = 0.8f,
     .overlap = 0.4f,
     .score = retinaface_score,
     .locate = retinaface_locate},
    {.architecture = "yunet",
     .levels = 3,
     .anchors = 1,
     .factor = 1,
     .bgr = true,
     .unit = 32, /* its poolings drop what is left over */
     .confidence = 0.6f,
     .overlap = 0.3f,
     .score = yunet_score,
     .locate = yunet_locate},
    {.architecture = "scrfd",
     .levels = 3,
     .anchors = 2,
     .mean = {127.5f, 127.5f, 127.5f},
     .factor = 1.0f / 128,
     .bgr = false,
     .unit = 32,
     .confidence = 0.5f,
     .overlap = 0.4f,
     .score = scrfd_score,
     .locate = scrfd_locate},
    {.architecture = NULL},
};
