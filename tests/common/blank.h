/* blank.h - what tests of pictures begin with. */
#ifndef ANEW_TESTS_BLANK_H
#define ANEW_TESTS_BLANK_H

#include "image/planes.h"
#include "kernels/kernels.h"

/* Those of this CPU. */
const anew_row_kernels *kernels(void);

/* One value everywhere. */
anew_planes blank(int channels, int height, int width, float value);

#endif
