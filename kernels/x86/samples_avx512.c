/* samples_avx512.c - samples_body.h on the vectors of this level. */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx512.h"

#define KERNEL(name) name##_avx512
#include "kernels/samples_body.h"
