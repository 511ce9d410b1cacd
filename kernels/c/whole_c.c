/* whole_c.c - whole_body.h with "vectors" of one float. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"
#include "kernels/whole.h"

ANEW_DECLARE_WHOLE_KERNELS(c)
ANEW_DECLARE_WHOLE_KERNELS(cfma)

#define WHOLE(name) ANEW_KERNEL(name)
#include "kernels/whole_body.h"
