/* peak_avx2.c - peak_body.h and peak_memory_body.h on the vectors of this level. */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx2.h"

#define NAME   anew_peak_avx2
#define LOAD   anew_load_avx2
#define COPY   anew_copy_avx2
#define CHAINS 12
#include "kernels/peak_body.h"
#include "kernels/peak_memory_body.h"
