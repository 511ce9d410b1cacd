/* reference_paste.c - masks at the output's size, and a blend in double (square masks: float), truncated. */
#include "faces/reference_paste.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "faces/reference_mask.h"

#define SIDE 512

/* What one face needs, at the output's size. */
typedef struct layers {
    uint8_t *back;  /* [height][width][3]: the face itself */
    float *square;  /* eroded square */
    float *soft;    /* the same, blurred */
    double *parse;  /* soft mask of the classes */
    double *crop;   /* [512][512] of the classes, in the crop */
    double *result; /* [height][width][3]: the running picture */
} layers;

static const double black[4] = {0, 0, 0, 0};

static double sample(const anew_reference_picture *p, size_t at)
{
    return p->kind == ANEW_REFERENCE_U16 ? ((const uint16_t *)p->samples)[at]
                                         : ((const uint8_t *)p->samples)[at];
}

/* The square: ones through the warp, eroded, then once more by what its area says, and blurred as much. */
static anew_status square_mask(layers *l, const anew_reference_picture *out, int size,
                               const anew_affine *back, double upscale, anew_error *error)
{
    const size_t pixels = (size_t)out->width * (size_t)out->height;
    anew_status status = ANEW_OK;
    float *ones = anew_alloc(anew_size_mul((size_t)size * (size_t)size, sizeof(float)));
    if (ones == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to paste a face");
    for (int i = 0; i < size * size; i++)
        ones[i] = 1;
    const anew_reference_picture from = {ones, ANEW_REFERENCE_F32, size, size, 1};
    const anew_reference_picture to = {l->square, ANEW_REFERENCE_F32, out->width, out->height, 1};
    ANEW_TRY_GOTO(anew_reference_warp(&to, &from, back, black, error), done);
    ANEW_TRY_GOTO(
        anew_reference_erode(l->square, out->height, out->width, (int)(2 * upscale), error), done);
    double area = 0;
    for (size_t i = 0; i < pixels; i++)
        area += (double)l->square[i];
    const int edge = (int)sqrt(area) / 20;
    memcpy(l->soft, l->square, pixels * sizeof(float));
    ANEW_TRY_GOTO(anew_reference_erode(l->soft, out->height, out->width, 2 * edge, error), done);
    ANEW_TRY_GOTO(anew_reference_blur_f32(l->soft, out->height, out->width, 2 * edge + 1, 0, error),
                  done);
done:
    anew_free(ones);
    return status;
}

static anew_status one_face(layers *l, const anew_reference_picture *out,
                            const anew_reference_face *face, double upscale, bool fork,
                            anew_error *error)
{
    const size_t pixels = (size_t)out->width * (size_t)out->height;
    anew_affine back;
    ANEW_TRY(anew_affine_invert(&back, &face->to_crop, error));
    for (int i = 0; i < 6; i++)
        back.m[i / 3][i % 3] *= upscale;
    for (int r = 0; r < 2 && upscale > 1; r++)
        back.m[r][2] += 0.5 * upscale;
    /* Only read. */
    const anew_reference_picture from = {(void *)(uintptr_t)face->restored, ANEW_REFERENCE_U8,
                                         face->size, face->size, 3};
    const anew_reference_picture to = {l->back, ANEW_REFERENCE_U8, out->width, out->height, 3};
    ANEW_TRY(anew_reference_warp(&to, &from, &back, black, error));
    const bool squared = fork || face->classes == NULL;
    if (squared)
        ANEW_TRY(square_mask(l, out, face->size, &back, upscale, error));
    if (face->classes != NULL) {
        const anew_reference_picture mask = {l->crop, ANEW_REFERENCE_F64, SIDE, SIDE, 1};
        const anew_reference_picture warped = {l->parse, ANEW_REFERENCE_F64, out->width,
                                               out->height, 1};
        ANEW_TRY(anew_reference_parse_mask(l->crop, face->classes, error));
        ANEW_TRY(anew_reference_warp(&warped, &mask, &back, black, error));
    }
    for (size_t i = 0; i < 3 * pixels; i++) {
        const double pasted = squared ? (double)(l->square[i / 3] * (float)l->back[i]) : l->back[i];
        if (face->classes == NULL) {
            const float m = l->soft[i / 3];
            l->result[i] = (double)(m * (float)pasted + (1 - m) * (float)l->result[i]);
            continue;
        }
        double m = l->parse[i / 3];
        if (fork && !(m < (double)l->soft[i / 3]))
            m = (double)l->soft[i / 3];
        l->result[i] = m * pasted + (1 - m) * l->result[i];
    }
    return ANEW_OK;
}

anew_status anew_reference_paste(const anew_reference_picture *out,
                                 const anew_reference_face *faces, int count, double upscale,
                                 bool fork, anew_error *error)
{
    const size_t pixels = (size_t)out->width * (size_t)out->height;
    const size_t channels = (size_t)out->channels;
    anew_status status = ANEW_OK;
    layers l = {.back = anew_alloc(anew_size_mul(pixels, 3)),
                .square = anew_alloc(anew_size_mul(pixels, sizeof(float))),
                .soft = anew_alloc(anew_size_mul(pixels, sizeof(float))),
                .parse = anew_alloc(anew_size_mul(pixels, sizeof(double))),
                .crop = anew_alloc(SIDE * SIDE * sizeof(double)),
                .result = anew_alloc(anew_size_mul(pixels, 3 * sizeof(double)))};
    if (l.back == NULL || l.square == NULL || l.soft == NULL || l.parse == NULL || l.crop == NULL ||
        l.result == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to paste a face");
        goto done;
    }
    for (size_t i = 0; i < 3 * pixels; i++)
        l.result[i] = sample(out, i / 3 * channels + i % 3);
    for (int i = 0; i < count; i++)
        ANEW_TRY_GOTO(one_face(&l, out, &faces[i], upscale, fork, error), done);
    for (size_t i = 0; i < 3 * pixels; i++) {
        const size_t at = i / 3 * channels + i % 3;
        if (out->kind == ANEW_REFERENCE_U16)
            ((uint16_t *)out->samples)[at] = (uint16_t)l.result[i];
        else
            ((uint8_t *)out->samples)[at] = (uint8_t)l.result[i];
    }
done:
    anew_free(l.back);
    anew_free(l.square);
    anew_free(l.soft);
    anew_free(l.parse);
    anew_free(l.crop);
    anew_free(l.result);
    return status;
}
