/* whole_neon.c - whole_body.h on the vectors of this level. */
#include "kernels/arm/transpose_neon.h"
#include "kernels/arm/vector_neon.h"
#include "kernels/whole.h"
#include "kernels/windows.h"

ANEW_DECLARE_WHOLE_KERNELS(neon)
anew_window_kernel anew_attend_windows_neon;

#define WHOLE(name) name##_neon
#include "kernels/whole_body.h"

#define WINDOWS(name) name##_neon
#include "kernels/window_body.h"
