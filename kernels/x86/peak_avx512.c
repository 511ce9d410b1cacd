/* peak_avx512.c - peak_body.h and peak_memory_body.h on the vectors of this level. */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx512.h"

#define NAME   anew_peak_avx512
#define LOAD   anew_load_avx512
#define COPY   anew_copy_avx512
#define CHAINS 24
#include "kernels/peak_body.h"
#include "kernels/peak_memory_body.h"
