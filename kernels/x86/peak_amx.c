/*
 * peak_amx.c - matrix products of AMX on tiles alone: 16 rows of 64 bytes by 16 rows of 64 bytes, added to 16 x 16
 * sums. Two left tiles and two right ones make four independent sums, which hides the latency (Intel's optimisation
 * reference manual, chapter on AMX). The system must have been asked first: peak_features.c.
 */
#include "kernels/implementations.h"

#if defined(__x86_64__) && defined(__AMX_BF16__) && defined(__AMX_INT8__)
#include <immintrin.h>
#include <string.h>

#define TILES 8
#define ROWS  16
#define BYTES 64 /* of a row */

/* The layout that LDTILECFG reads: palette 1. */
typedef struct tile_configuration {
    unsigned char palette, start_row, reserved[14];
    unsigned short row_bytes[16];
    unsigned char rows[16];
} tile_configuration;

static void begin(void)
{
    tile_configuration configuration;
    memset(&configuration, 0, sizeof configuration);
    configuration.palette = 1;
    for (int i = 0; i < TILES; i++) {
        configuration.row_bytes[i] = BYTES;
        configuration.rows[i] = ROWS;
    }
    _tile_loadconfig(&configuration);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
}

double anew_peak_bf16_amx(long turns)
{
    if (turns == 0)
        return 0;
    begin();
    for (long turn = 0; turn < turns; turn++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
    return (double)turns * 4 * ROWS * 16 * (BYTES / 2) * 2;
}

double anew_peak_int8_amx(long turns)
{
    if (turns == 0)
        return 0;
    begin();
    for (long turn = 0; turn < turns; turn++) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    }
    _tile_release();
    return (double)turns * 4 * ROWS * 16 * BYTES * 2;
}
#else
double anew_peak_bf16_amx(long turns)
{
    (void)turns;
    return -1; /* this build's compiler does not know it */
}

double anew_peak_int8_amx(long turns)
{
    (void)turns;
    return -1;
}
#endif
