/* npy_doubles.c - see npy_doubles.h; the format stands in npy.c. */
#include "common/npy_doubles.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double *npy_doubles(const char *path, size_t *count)
{
    unsigned char start[10];
    char header[1024] = "";
    double *values = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(start, 1, sizeof start, file) != sizeof start)
        goto fail;
    const size_t length = (size_t)start[8] | (size_t)start[9] << 8;
    if (length >= sizeof header || fread(header, 1, length, file) != length)
        goto fail;
    const size_t bytes = strstr(header, "'<f8'") != NULL   ? 8
                         : strstr(header, "'<f4'") != NULL ? 4
                         : strstr(header, "'|u1'") != NULL ? 1
                                                           : 0;
    const char *shape = strstr(header, "'shape': (");
    if (bytes == 0 || shape == NULL || strstr(header, "'fortran_order': False") == NULL)
        goto fail;
    *count = 1;
    for (const char *p = strchr(shape, '(') + 1; *p != ')';) {
        char *end;
        *count *= (size_t)strtol(p, &end, 10);
        if (end == p)
            goto fail;
        p = end + strspn(end, ", ");
    }
    values = malloc(*count * sizeof(double) + 1);
    for (size_t i = 0; values != NULL && i < *count; i++) {
        unsigned char sample[8];
        float narrow;
        if (fread(sample, 1, bytes, file) != bytes) {
            free(values);
            values = NULL;
            break;
        }
        if (bytes == 8) {
            memcpy(&values[i], sample, 8);
        } else if (bytes == 4) {
            memcpy(&narrow, sample, 4);
            values[i] = (double)narrow;
        } else {
            values[i] = sample[0];
        }
    }
fail:
    if (values == NULL)
        fprintf(stderr, "%s: no .npy array of numbers\n", path);
    if (file != NULL)
        (void)fclose(file);
    return values;
}
