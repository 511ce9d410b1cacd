/* npy_doubles.h - NumPy arrays of other kinds than f32 (f64, u8; f32 too), as doubles. */
#ifndef ANEW_TESTS_NPY_DOUBLES_H
#define ANEW_TESTS_NPY_DOUBLES_H

#include <stddef.h>

/* The values of an array in C order, malloced, or NULL with a line on stderr; *count is their number. */
double *npy_doubles(const char *path, size_t *count);

#endif
