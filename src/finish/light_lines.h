/*
 * light_lines.h - of the thin light lines of a picture those that do not belong to it: scratches, cracks and hairs. Called by
 * scratches.c, which has measured what is thin and light.
 */
#ifndef ANEW_FINISH_LIGHT_LINES_H
#define ANEW_FINISH_LIGHT_LINES_H

#include "finish/finish.h"

/* So wide may half a line be, pixels. */
#define ANEW_MOST_REACH 7

/* What a search looks at, each [height][width]. */
typedef struct anew_light_detail {
    int width, height;
    int reach;             /* half the width of the widest line, 2 .. ANEW_MOST_REACH */
    const float *luma;     /* 0 .. 1 */
    const float *tophat;   /* the luma less its opening: how far what is thin stands out */
    const float *expected; /* the local mean of that */
    const uint8_t *colour; /* the largest of red, green and blue less the smallest */
} anew_light_detail;

/* Sets to 255 what is covered by lines that are no part of the picture, and adds their number to *count. */
ANEW_NODISCARD anew_status anew_mark_light_lines(uint8_t *mask, int *count,
                                                 const anew_light_detail *detail, int threads,
                                                 anew_error *error);

#endif
