/* blank.c - see blank.h. */
#include "common/blank.h"

#include <check.h>
#include <stddef.h>

const anew_row_kernels *kernels(void)
{
    anew_isa isa;
    ck_assert(anew_isa_detect(&isa, NULL));
    return anew_row_kernels_for(isa);
}

anew_planes blank(int channels, int height, int width, float value)
{
    anew_planes planes;
    ck_assert_int_eq(anew_planes_create(&planes, channels, height, width, NULL), ANEW_OK);
    for (int i = 0; i < channels * height * width; i++)
        planes.data[i] = value;
    return planes;
}
