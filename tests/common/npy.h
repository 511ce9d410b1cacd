/* npy.h - reads NumPy's .npy arrays (f32, little-endian, C order) for the tests. */
#ifndef ANEW_TESTS_NPY_H
#define ANEW_TESTS_NPY_H

#include <stddef.h>

#define NPY_MAX_RANK 8

typedef struct npy {
    int rank;
    int dims[NPY_MAX_RANK];
    size_t elements;
    float *values;
} npy;

/* Returns 0, or -1 with a line on stderr. Freed with npy_free. */
int npy_read(npy *array, const char *path);
void npy_free(npy *array);

/* Largest |a - b| over the elements, and the largest |b|. NaN counts as infinite difference. */
double largest_difference(const float *a, const float *b, size_t elements, double *largest_value);

#endif
