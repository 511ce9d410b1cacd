/* whole_avx2.c - whole_body.h on the vectors of this level. */
#include "kernels/whole.h"
#include "kernels/windows.h"
#include "kernels/x86/transpose_avx2.h"
#include "kernels/x86/vector_avx2.h"

ANEW_DECLARE_WHOLE_KERNELS(avx2)
anew_window_kernel anew_attend_windows_avx2;

#define WHOLE(name) name##_avx2
#include "kernels/whole_body.h"

#define WINDOWS(name) name##_avx2
#include "kernels/window_body.h"
