/* whole_c.c - whole_body.h with "vectors" of one float. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"
#include "kernels/whole.h"
#include "kernels/windows.h"

ANEW_DECLARE_WHOLE_KERNELS(c)
ANEW_DECLARE_WHOLE_KERNELS(cfma)
anew_window_kernel anew_attend_windows_c, anew_attend_windows_cfma;

#define WHOLE(name) ANEW_KERNEL(name)
#include "kernels/whole_body.h"

/* A square of one. */
static inline void transpose(vector square[1])
{
    (void)square;
}

#define WINDOWS(name) ANEW_KERNEL(name)
#include "kernels/window_body.h"
