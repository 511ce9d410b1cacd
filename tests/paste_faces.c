/*
 * paste_faces.c - a look at the paste, without a network: faces of a photo are cropped, "restored" by an unsharp mask
 * (or brightened, so that the mask's shape shows), and pasted back, into the photo or an enlargement. Not a test and not
 * installed; build it by `make build/release/paste_faces`.
 *
 *     paste_faces IN OUT FACTOR sharpen|brighten COLOUR NOISE < LANDMARKS
 *
 * LANDMARKS: ten numbers a face: x y of left eye, right eye, nose, left and right mouth corner.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faces/blur.h"
#include "faces/crop.h"
#include "faces/mask.h"
#include "faces/match.h"
#include "faces/paste.h"
#include "image/resize.h"

#define SIZE 512

static const anew_row_kernels *kernels;
static anew_error error;

static void need(anew_status status)
{
    if (status != ANEW_OK) {
        fprintf(stderr, "paste_faces: %s\n", error.text);
        exit(1);
    }
}

static anew_planes planes_of(int channels, int height, int width)
{
    anew_planes planes;
    need(anew_planes_create(&planes, channels, height, width, &error));
    return planes;
}

/* Three times what a blur takes away, or a gray veil. */
static void restore(anew_planes *restored, const anew_planes *crop, bool sharpen)
{
    const size_t plane = (size_t)SIZE * SIZE;
    memcpy(restored->data, crop->data, 3 * plane * sizeof(float));
    for (int c = 0; c < 3; c++)
        need(anew_blur(restored->data + (size_t)c * plane, SIZE, SIZE, 6, &error));
    for (size_t i = 0; i < 3 * plane; i++) {
        const float low = restored->data[i], in = crop->data[i];
        restored->data[i] = sharpen ? in + 2 * (in - low) : 0.5f * in + 0.5f;
    }
}

/* One face into the paste; `down` carries pixels of the output to those of the input. */
static void one_face(anew_paste *paste, const anew_image *in, const anew_face *face,
                     const anew_affine *down, bool sharpen, float colour, float noise)
{
    const anew_warp_options options = {ANEW_BORDER_REFLECT, {0}, NULL};
    anew_planes crop = planes_of(3, SIZE, SIZE), restored = planes_of(3, SIZE, SIZE);
    anew_planes mask = planes_of(1, SIZE, SIZE), difference = planes_of(3, SIZE, SIZE);
    anew_affine to_crop;
    anew_point landmarks[ANEW_LANDMARKS];
    need(anew_face_align(&to_crop, face, SIZE, &error));
    need(anew_face_crop(&crop, in, &to_crop, &options, kernels, 2, &error));
    restore(&restored, &crop, sharpen);
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        landmarks[i] = anew_affine_apply(&to_crop, (double)face->landmarks[i][0],
                                         (double)face->landmarks[i][1]);
    const anew_affine joined = anew_affine_then(down, &to_crop);
    anew_mask_from_landmarks(&mask, landmarks, anew_mask_feather(0, &joined, SIZE));
    const anew_match_options match = {colour, noise, hypot(to_crop.m[0][0], to_crop.m[1][0])};
    need(anew_face_difference(&difference, &restored, &crop, &mask, &match, &error));
    need(anew_paste_add(paste, &difference, &mask, &joined, 1, kernels, 2, &error));
    anew_planes_free(&crop);
    anew_planes_free(&restored);
    anew_planes_free(&mask);
    anew_planes_free(&difference);
}

int main(int count, char **arguments)
{
    anew_isa isa;
    anew_image in, out;
    anew_paste *paste;
    anew_face face = {.score = 1};
    if (count != 7 || !anew_isa_detect(&isa, NULL)) {
        fprintf(stderr,
                "usage: paste_faces IN OUT FACTOR sharpen|brighten COLOUR NOISE < LANDMARKS\n");
        return 2;
    }
    kernels = anew_row_kernels_for(isa);
    need(anew_image_read(&in, arguments[1], NULL, NULL, &error));
    const double factor = strtod(arguments[3], NULL);
    const int width = (int)(in.width * factor), height = (int)(in.height * factor);
    const int colours = in.channels >= 3 ? 3 : 1;
    anew_planes small = planes_of(colours, in.height, in.width),
                large = planes_of(colours, height, width);
    anew_planes_from_image(&small, &in, 0);
    need(anew_planes_resize(&large, &small, ANEW_FILTER_LANCZOS3, kernels, 2, &error));
    need(anew_image_create(&out, width, height, colours, in.depth, &error));
    const anew_affine up = anew_affine_resize((double)width / in.width, (double)height / in.height);
    anew_affine down;
    need(anew_affine_invert(&down, &up, &error));
    need(anew_paste_create(&paste, width, height, colours, &error));
    while (true) {
        int read = 0;
        while (read < 10 && scanf("%f", &face.landmarks[read / 2][read % 2]) == 1)
            read++;
        if (read < 10)
            break;
        one_face(paste, &in, &face, &down, strcmp(arguments[4], "sharpen") == 0,
                 strtof(arguments[5], NULL), strtof(arguments[6], NULL));
    }
    const anew_plane_rows rows = anew_planes_rows(&large);
    need(anew_paste_rows(paste, &rows, 0, 2, &error));
    anew_planes_to_image(&out, &large, 0);
    need(anew_image_write(&out, arguments[2], anew_format_of_path(arguments[2]), NULL, &error));
    anew_paste_free(&paste);
    anew_planes_free(&small);
    anew_planes_free(&large);
    anew_image_free(&in);
    anew_image_free(&out);
    return 0;
}
