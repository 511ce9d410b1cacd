/* npy.c - NumPy's format 1.0: magic, header length, a Python dictionary as text, data. */
#include "common/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int npy_read(npy *array, const char *path)
{
    unsigned char start[10];
    char header[1024] = "";
    FILE *file = fopen(path, "rb");
    *array = (npy){0};
    if (file == NULL || fread(start, 1, sizeof start, file) != sizeof start ||
        memcmp(start, "\x93NUMPY\x01", 7) != 0)
        goto fail;
    const size_t length = (size_t)start[8] | (size_t)start[9] << 8;
    if (length >= sizeof header || fread(header, 1, length, file) != length)
        goto fail;
    const char *shape = strstr(header, "'shape': (");
    if (shape == NULL || strstr(header, "'<f4'") == NULL ||
        strstr(header, "'fortran_order': False") == NULL)
        goto fail;
    array->elements = 1;
    const char *p = strchr(shape, '(') + 1;
    while (*p != ')' && array->rank < NPY_MAX_RANK) {
        char *end;
        const long dim = strtol(p, &end, 10);
        if (end == p || dim < 0)
            goto fail;
        array->dims[array->rank++] = (int)dim;
        array->elements *= (size_t)dim;
        p = end + strspn(end, ", ");
    }
    array->values = malloc(array->elements * sizeof(float) + 1);
    if (array->values == NULL ||
        fread(array->values, sizeof(float), array->elements, file) != array->elements)
        goto fail;
    (void)fclose(file);
    return 0;
fail:
    fprintf(stderr, "%s: no .npy array of f32\n", path);
    if (file != NULL)
        (void)fclose(file);
    npy_free(array);
    return -1;
}

void npy_free(npy *array)
{
    free(array->values);
    *array = (npy){0};
}

double largest_difference(const float *a, const float *b, size_t elements, double *largest_value)
{
    double difference = 0;
    *largest_value = 0;
    for (size_t i = 0; i < elements; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= difference))
            difference = isnan(d) ? INFINITY : d;
        if (fabs((double)b[i]) > *largest_value)
            *largest_value = fabs((double)b[i]);
    }
    return difference;
}
