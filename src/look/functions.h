/*
 * functions.h - logarithm, exponential and cosine in double, from + - * / alone.
 *
 * Those of the C library differ in the last bit from machine to machine, and what is said of a picture should not.
 * Errors are below 1e-12 of the result, or of 1.
 */
#ifndef ANEW_LOOK_FUNCTIONS_H
#define ANEW_LOOK_FUNCTIONS_H

/* Natural logarithm of a positive, finite number. */
double anew_look_log(double value);

/* 0 below -700. */
double anew_look_exp(double value);

/* cos(2 pi turns). */
double anew_look_cosine(double turns);

#endif
