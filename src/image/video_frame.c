/*
 * video_frame.c - a frame's samples to a picture's and back.
 *
 * With Y from 0 to 1 and Cb, Cr from -1/2 to 1/2 (ITU-R BT.601-7, BT.709-6, section 3, and BT.2020-2, table 4: Kr and Kb from there):
 *
 *     R = Y + 2 (1 - Kr) Cr      Y  = Kr R + Kg G + Kb B
 *     B = Y + 2 (1 - Kb) Cb      Cb = (B - Y) / (2 (1 - Kb))
 *     G = (Y - Kr R - Kb B) / Kg Cr = (R - Y) / (2 (1 - Kr))
 */
#include <math.h>
#include <string.h>

#include "image/video.h"

/* A stream's numbers. */
typedef struct scales {
    float black, luma, middle, chroma; /* sample = black + luma * Y = middle + chroma * Cb */
    float most;
    float kr, kg, kb;
} scales;

static scales scales_of(const anew_video *v)
{
    const float step = (float)(1 << (v->bits - 8)), most = (float)((1 << v->bits) - 1);
    scales s = {.most = most, .middle = 128 * step};
    s.black = v->full_range ? 0 : 16 * step;
    s.luma = v->full_range ? most : 219 * step;
    s.chroma = v->full_range ? most : 224 * step;
    static const float shares[3][2] = {{0.299f, 0.114f}, {0.2126f, 0.0722f}, {0.2627f, 0.0593f}};
    s.kr = shares[v->matrix][0];
    s.kb = shares[v->matrix][1];
    s.kg = 1 - s.kr - s.kb;
    return s;
}

static float get(const uint8_t *plane, size_t i, int bits)
{
    return bits == 8 ? (float)plane[i] : (float)(plane[2 * i] | plane[2 * i + 1] << 8);
}

static void put(uint8_t *plane, size_t i, int bits, float value, float most)
{
    const long rounded = lrintf(value < 0 ? 0 : value > most ? most : value);
    if (bits == 8) {
        plane[i] = (uint8_t)rounded;
    } else {
        plane[2 * i] = (uint8_t)rounded;
        plane[2 * i + 1] = (uint8_t)(rounded >> 8);
    }
}

/* Where a pixel stands between samples of chroma: `at` and the next one, the latter with weight `part`. */
static void place(int *at, int *next, float *part, int x, int sub, bool left, int count)
{
    const float where = sub == 1 ? (float)x : left ? (float)x / 2 : ((float)x - 0.5f) / 2;
    const float below = floorf(where);
    *part = where - below;
    *at = (int)below < 0 ? 0 : (int)below;
    *next = (int)below + 1 < count ? (int)below + 1 : count - 1;
}

static float chroma_at(const anew_video *v, const uint8_t *plane, int width, int height, int x,
                       int y)
{
    int x0, x1, y0, y1;
    float px, py;
    place(&x0, &x1, &px, x, v->sub_x, v->left, width);
    place(&y0, &y1, &py, y, v->sub_y, false, height);
    const size_t top = (size_t)y0 * (size_t)width, bottom = (size_t)y1 * (size_t)width;
    const float a = get(plane, top + (size_t)x0, v->bits),
                b = get(plane, top + (size_t)x1, v->bits);
    const float c = get(plane, bottom + (size_t)x0, v->bits);
    const float d = get(plane, bottom + (size_t)x1, v->bits);
    const float upper = a + px * (b - a), lower = c + px * (d - c);
    return upper + py * (lower - upper);
}

void anew_video_to_picture(anew_image *image, const anew_video *v, const uint8_t *frame)
{
    const size_t pixels = (size_t)v->width * (size_t)v->height, bytes = v->bits > 8 ? 2 : 1;
    const int width = (v->width + v->sub_x - 1) / v->sub_x;
    const int height = (v->height + v->sub_y - 1) / v->sub_y;
    const uint8_t *cb = frame + pixels * bytes;
    const uint8_t *cr = cb + (size_t)width * (size_t)height * bytes;
    const scales s = scales_of(v);
    float *out = image->pixels;
    if (image->depth == 8) {
        memcpy(image->pixels, frame, pixels * (size_t)image->channels);
        return;
    }
    for (int y = 0; y < v->height; y++)
        for (int x = 0; x < v->width; x++) {
            const size_t i = (size_t)y * (size_t)v->width + (size_t)x;
            const float luma = (get(frame, i, v->bits) - s.black) / s.luma;
            if (v->kind == ANEW_VIDEO_MONO) {
                out[i] = luma < 0 ? 0 : luma > 1 ? 1 : luma;
                continue;
            }
            const float blue = (chroma_at(v, cb, width, height, x, y) - s.middle) / s.chroma;
            const float red = (chroma_at(v, cr, width, height, x, y) - s.middle) / s.chroma;
            const float r = luma + 2 * (1 - s.kr) * red, b = luma + 2 * (1 - s.kb) * blue;
            const float rgb[3] = {r, (luma - s.kr * r - s.kb * b) / s.kg, b};
            for (size_t c = 0; c < 3; c++)
                out[3 * i + c] = rgb[c] < 0 ? 0 : rgb[c] > 1 ? 1 : rgb[c];
        }
}

/* ---- back ------------------------------------------------------------------------------------------------- */

/* Luma, and the differences of blue and red from it, of a pixel; beyond the edge, the edge's. */
static void differences(float out[3], const anew_image *image, const scales *s, int x, int y)
{
    x = x < 0 ? 0 : x >= image->width ? image->width - 1 : x;
    y = y < 0 ? 0 : y >= image->height ? image->height - 1 : y;
    const float *p =
        (const float *)image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    out[0] = s->kr * p[0] + s->kg * p[1] + s->kb * p[2];
    out[1] = (p[2] - out[0]) / (2 * (1 - s->kb));
    out[2] = (p[0] - out[0]) / (2 * (1 - s->kr));
}

/* The pixels around a sample of chroma: two, or one at its place and half of each neighbour. */
static void chroma_of(float out[2], const anew_video *v, const anew_image *image, const scales *s,
                      int x, int y)
{
    const int rows = v->sub_y, first = v->sub_x == 2 && v->left ? -1 : 0;
    const int columns = v->sub_x == 1 ? 1 : v->left ? 3 : 2;
    float sum = 0;
    out[0] = out[1] = 0;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            const float weight = columns == 3 && c == 1 ? 2 : 1;
            float pixel[3];
            differences(pixel, image, s, x * v->sub_x + first + c, y * v->sub_y + r);
            out[0] += weight * pixel[1];
            out[1] += weight * pixel[2];
            sum += weight;
        }
    out[0] /= sum;
    out[1] /= sum;
}

void anew_video_from_picture(uint8_t *frame, const anew_video *v, const anew_image *image)
{
    const size_t pixels = (size_t)v->width * (size_t)v->height, bytes = v->bits > 8 ? 2 : 1;
    const int width = (v->width + v->sub_x - 1) / v->sub_x;
    const int height = (v->height + v->sub_y - 1) / v->sub_y;
    uint8_t *cb = frame + pixels * bytes, *cr = cb + (size_t)width * (size_t)height * bytes;
    const scales s = scales_of(v);
    if (image->depth == 8) {
        memcpy(frame, image->pixels, pixels * (size_t)image->channels);
        return;
    }
    for (size_t i = 0; i < pixels; i++) {
        const float *p = (const float *)image->pixels + i * (size_t)image->channels;
        const float luma = image->channels == 1 ? p[0] : s.kr * p[0] + s.kg * p[1] + s.kb * p[2];
        put(frame, i, v->bits, s.black + s.luma * luma, s.most);
    }
    if (v->kind == ANEW_VIDEO_MONO)
        return;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const size_t i = (size_t)y * (size_t)width + (size_t)x;
            float both[2];
            chroma_of(both, v, image, &s, x, y);
            put(cb, i, v->bits, s.middle + s.chroma * both[0], s.most);
            put(cr, i, v->bits, s.middle + s.chroma * both[1], s.most);
        }
}
