/* samples_avx2.c - samples_body.h on the vectors of this level. */
#include "kernels/implementations.h"
#include "kernels/x86/vector_avx2.h"

#define KERNEL(name) name##_avx2
#include "kernels/samples_body.h"
