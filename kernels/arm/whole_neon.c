/* whole_neon.c - whole_body.h on the vectors of this level. */
#include "kernels/arm/vector_neon.h"
#include "kernels/whole.h"

ANEW_DECLARE_WHOLE_KERNELS(neon)

#define WHOLE(name) name##_neon
#include "kernels/whole_body.h"
