/* colour_difference.h - how different two colours look. */
#ifndef ANEW_IMAGE_COLOUR_DIFFERENCE_H
#define ANEW_IMAGE_COLOUR_DIFFERENCE_H

/* A colour of CIE 1976: lightness 0 .. 100, green-red, blue-yellow. */
typedef struct anew_lab {
    double l, a, b;
} anew_lab;

/* Of linear light in the primaries of sRGB, 0 .. 1, seen under its white, D65. */
anew_lab anew_lab_of_linear(double red, double green, double blue);

/* CIEDE2000 with all weights 1: Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula: implementation notes,
 * supplementary test data, and mathematical observations", 2005. 1 is about what one can just see. */
double anew_ciede2000(const anew_lab *first, const anew_lab *second);

#endif
