/*
 * bench_paste.c - what faces cost beside the networks: the crop of 512x512 pixels out of faces of several sizes, and the
 * paste of 40 faces into pictures of 4 and of 100 megapixels, which have the same faces' regions. Processor time of all
 * threads, the least of several turns.
 *
 *     bench_paste [THREADS]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faces/crop.h"
#include "faces/mask.h"
#include "faces/paste.h"

#define SIZE  512
#define TURNS 7
#define FACES 40

static anew_error error;
static const anew_row_kernels *kernels;

static void need(anew_status status)
{
    if (status == ANEW_OK)
        return;
    fprintf(stderr, "bench_paste: %s\n", error.text);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Neither flat nor so large that the memory is full: rows repeat. */
static anew_image picture(int width, int height)
{
    anew_image image;
    need(anew_image_create(&image, width, height, 3, 8, &error));
    uint8_t *p = image.pixels;
    unsigned int state = 1;
    for (size_t i = 0; i < (size_t)width * 3 * 16; i++) {
        state = state * 1664525u + 1013904223u;
        p[i] = (uint8_t)(state >> 24);
    }
    const size_t part = (size_t)width * 3 * 16;
    for (size_t i = part; i < (size_t)width * 3 * (size_t)height; i += part) {
        const size_t left = (size_t)width * 3 * (size_t)height - i;
        memcpy(p + i, p, left < part ? left : part);
    }
    return image;
}

static anew_affine turned(double scale, double angle, double x, double y)
{
    const double a = scale * cos(angle), b = scale * sin(angle);
    return (anew_affine){{{a, -b, x}, {b, a, y}}};
}

/* A face of which a pixel of the crop has `shrink` of the picture's. */
static void time_crop(double shrink, int threads)
{
    const int side = (int)(SIZE * shrink * 1.5);
    const anew_warp_options edges = {.border = ANEW_BORDER_REFLECT};
    anew_image image = picture(side, side);
    anew_planes crop;
    double wall = 1e9, used = 1e9;
    anew_affine to_picture = turned(shrink, 0.2, 0, 0), to_crop;
    const anew_point middle = anew_affine_apply(&to_picture, SIZE / 2.0, SIZE / 2.0);
    to_picture.m[0][2] = side / 2.0 - middle.x;
    to_picture.m[1][2] = side / 2.0 - middle.y;
    need(anew_affine_invert(&to_crop, &to_picture, &error));
    need(anew_planes_create(&crop, 3, SIZE, SIZE, &error));
    for (int turn = 0; turn < TURNS; turn++) {
        const double w = now(CLOCK_MONOTONIC), u = now(CLOCK_PROCESS_CPUTIME_ID);
        need(anew_face_crop(&crop, &image, &to_crop, &edges, kernels, threads, &error));
        wall = fmin(wall, now(CLOCK_MONOTONIC) - w);
        used = fmin(used, now(CLOCK_PROCESS_CPUTIME_ID) - u);
    }
    printf("crop of %d, shrunk %.2f times: %6.1f ms, %6.1f ms of processors\n", SIZE, shrink, wall,
           used);
    anew_planes_free(&crop);
    anew_image_free(&image);
}

/* Milliseconds of processors for 40 faces of some 130 pixels into a picture of that size. */
static double time_paste(int width, int height, int threads)
{
    anew_planes difference, mask;
    anew_image image = picture(width, height);
    anew_point landmarks[ANEW_LANDMARKS];
    double used = 1e9;
    int64_t visited = 0;
    need(anew_planes_create(&difference, 3, SIZE, SIZE, &error));
    need(anew_planes_create(&mask, 1, SIZE, SIZE, &error));
    for (size_t i = 0; i < (size_t)3 * SIZE * SIZE; i++)
        difference.data[i] = 0.1f * sinf((float)i);
    anew_face_template(landmarks, SIZE);
    anew_mask_from_landmarks(&mask, landmarks, 32);
    for (int turn = 0; turn < TURNS; turn++) {
        anew_paste *paste;
        const double u = now(CLOCK_PROCESS_CPUTIME_ID);
        need(anew_paste_create(&paste, width, height, 3, &error));
        for (int i = 0; i < FACES; i++) {
            const anew_affine to_picture =
                turned(0.5, 0.1 * (i % 7), 20 + (double)(width - 300) * (i % 8) / 8,
                       60 + (double)(height - 300) * (i / 8) / 5);
            anew_affine to_crop;
            need(anew_affine_invert(&to_crop, &to_picture, &error));
            need(anew_paste_add(paste, &difference, &mask, &to_crop, 1, kernels, threads, &error));
        }
        need(anew_paste_image(paste, &image, 0, threads, &error));
        used = fmin(used, now(CLOCK_PROCESS_CPUTIME_ID) - u);
        visited = anew_paste_visited(paste);
        anew_paste_free(&paste);
    }
    printf("%d faces into %dx%d pixels: %.1f ms of processors, %.2f million pixels looked at\n",
           FACES, width, height, used, (double)visited * 1e-6);
    anew_planes_free(&difference);
    anew_planes_free(&mask);
    anew_image_free(&image);
    return used;
}

int main(int count, char **arguments)
{
    static const double shrinks[] = {0.5, 1.2, 1.6, 2, 2.9, 4, 6, 10};
    const int threads = count > 1 ? atoi(arguments[1]) : 1;
    anew_isa isa;
    (void)anew_isa_detect(&isa, getenv("ANEW_CPU"));
    kernels = anew_row_kernels_for(isa);
    for (size_t i = 0; i < sizeof shrinks / sizeof shrinks[0]; i++)
        time_crop(shrinks[i], threads);
    const double small = time_paste(2400, 1700, threads), large = time_paste(12000, 8400, threads);
    printf("100 megapixels against 4: %.2f\n", large / small);
    return 0;
}
