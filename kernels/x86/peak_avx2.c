/* peak_avx2.c - peak_body.h on the vectors of this level. */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx2.h"

#define NAME   anew_peak_avx2
#define CHAINS 12
#include "kernels/x86/peak_body.h"
