/* samples_neon.c - samples_body.h on the vectors of this level. */
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"

#define KERNEL(name) name##_neon
#include "kernels/samples_body.h"
