/* peak_avx512.c - peak_body.h on the vectors of this level. */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx512.h"

#define NAME   anew_peak_avx512
#define CHAINS 24
#include "kernels/x86/peak_body.h"
