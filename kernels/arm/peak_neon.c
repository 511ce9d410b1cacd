/* peak_neon.c - peak_body.h and peak_memory_body.h on the vectors of this level. */
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"

#define NAME   anew_peak_neon
#define LOAD   anew_load_neon
#define COPY   anew_copy_neon
#define CHAINS 24
#include "kernels/peak_body.h"
#include "kernels/peak_memory_body.h"
