/*
 * ladder.h - one convolution, climbed in five rungs, each a short file that can be read on its own.
 *
 * The convolution is the one that SRVGGNetCompact spends its time in: 3x3, 64 channels to 64, stride
 * 1, zeros outside the picture. The rungs are teaching code: they share nothing with the engine's
 * kernels (kernels/), know one size of kernel only, and have no bias and no activation.
 *
 *     in      [height + 2][width + 2][64]   a border of zeros, one pixel wide, all round
 *     out     [height][width][64]
 *     weights [64 out][64 in][3][3]
 *
 * Height and width are multiples of 12: every rung's tiles fit, and no file has code for rests.
 */
#ifndef ANEW_BENCH_LADDER_H
#define ANEW_BENCH_LADDER_H

#include <stddef.h>

#define CHANNELS 64
#define TAPS     9 /* 3 x 3 */

typedef struct rung {
    const char *name, *idea;
    /* Largest difference from the naive rung that is allowed, as a share of its largest value: what the
     * other order of summation may cost, for Winograd also its transforms. */
    double tolerance;
    int threads;
    /* Floats of workspace: the weights as the rung wants them, and what lies between its passes. */
    size_t (*floats)(int height, int width);
    /* Lays the weights out at the workspace's start. Once per network, so it is not timed. */
    void (*prepare)(float *workspace, const float *weights);
    void (*run)(float *out, const float *in, float *workspace, int height, int width);
    /* Where the rung's activations lie otherwise, as in a network whose layers all agree on that: brings
     * the input into the workspace, and the result out of it. Not timed; NULL: in and out as above. */
    void (*enter)(float *workspace, const float *in, int height, int width);
    void (*leave)(float *out, const float *workspace, int height, int width);
} rung;

extern const rung rung_naive, rung_im2col, rung_registers, rung_winograd, rung_tiles,
    rung_tiles_threads;

/* The engine's own kernel, for comparison (ladder_engine.c): the best one of this CPU that has the ladder's
 * vectors of eight, or that ANEW_CPU allows. */
rung ladder_engine(void);

/* Floating-point operations by fused multiply-adds on registers alone: the machine's peak. */
double ladder_peak(long turns);

#endif
