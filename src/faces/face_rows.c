/* face_rows.c - samples of any kind and stride, shrunk or doubled row by row, minus the network's mean. */
#include "faces/face_rows.h"

#include <stdint.h>
#include <string.h>

anew_face_view anew_face_view_of(const anew_pixels *pixels, int shift)
{
    anew_face_view view = {pixels, shift, pixels->width, pixels->height};
    if (shift < 0) {
        view.width *= 2;
        view.height *= 2;
    } else {
        view.width = ((view.width - 1) >> shift) + 1;
        view.height = ((view.height - 1) >> shift) + 1;
    }
    return view;
}

float anew_face_view_factor(const anew_face_view *view)
{
    return view->shift < 0 ? 0.5f : (float)(1 << view->shift);
}

size_t anew_face_row_floats(const anew_face_view *view)
{
    return 2 * (size_t)view->pixels->width;
}

/* Row y of the picture's channel c, 0 .. 255. */
static void picture_row(float *row, const anew_pixels *p, int c, int y)
{
    const uint8_t *at = (const uint8_t *)p->data + y * p->row_stride + c * p->channel_stride;
    for (int x = 0; x < p->width; x++, at += p->pixel_stride) {
        uint16_t wide;
        float real;
        switch (p->sample) {
        case ANEW_SAMPLE_U8:
            row[x] = (float)*at;
            break;
        case ANEW_SAMPLE_U16:
            memcpy(&wide, at, sizeof wide);
            row[x] = (float)wide / 257.0f;
            break;
        case ANEW_SAMPLE_F32:
            memcpy(&real, at, sizeof real);
            row[x] = real * 255.0f;
            break;
        }
    }
}

static void shrunk_row(float *row, const anew_face_view *view, int c, int y, float *scratch)
{
    const anew_pixels *p = view->pixels;
    const int side = 1 << view->shift, first = y << view->shift;
    const int last = first + side < p->height ? first + side : p->height;
    for (int x = 0; x < view->width; x++)
        row[x] = 0;
    for (int i = first; i < last; i++) {
        picture_row(scratch, p, c, i);
        for (int x = 0; x < p->width; x++)
            row[x >> view->shift] += scratch[x];
    }
    for (int x = 0; x < view->width; x++) {
        const int left = x << view->shift;
        const int columns = left + side < p->width ? side : p->width - left;
        row[x] /= (float)(columns * (last - first));
    }
}

/* Pixel d lies at (d + 1/2) / 2 - 1/2: three quarters of the nearer pixel, a quarter of the other one. */
static void doubled_row(float *row, const anew_face_view *view, int c, int y, float *scratch)
{
    const anew_pixels *p = view->pixels;
    const int near = y / 2, beside = y % 2 == 0 ? near - 1 : near + 1;
    const int far = beside < 0 ? 0 : beside >= p->height ? p->height - 1 : beside;
    float *other = scratch + p->width;
    picture_row(scratch, p, c, near);
    picture_row(other, p, c, far);
    for (int x = 0; x < p->width; x++)
        scratch[x] = 0.75f * scratch[x] + 0.25f * other[x];
    for (int x = 0; x < p->width; x++) {
        const float left = scratch[x > 0 ? x - 1 : 0];
        const float right = scratch[x + 1 < p->width ? x + 1 : x];
        row[2 * x] = 0.75f * scratch[x] + 0.25f * left;
        row[2 * x + 1] = 0.75f * scratch[x] + 0.25f * right;
    }
}

void anew_face_row(float *const *planes, const anew_face_view *view, const anew_face_net *net,
                   int y, int width, float *scratch)
{
    for (int i = 0; i < 3; i++) {
        float *row = planes[i];
        const int c = view->pixels->channels < 3 ? 0 : net->bgr ? 2 - i : i;
        int filled = 0;
        if (y < view->height) {
            if (view->shift == 0)
                picture_row(row, view->pixels, c, y);
            else
                (view->shift < 0 ? doubled_row : shrunk_row)(row, view, c, y, scratch);
            filled = view->width;
        }
        for (int x = filled; x < width; x++)
            row[x] = 0;
        for (int x = 0; x < width; x++)
            row[x] = (row[x] - net->mean[i]) * net->factor;
    }
}
