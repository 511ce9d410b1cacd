/* whole_avx512.c - whole_body.h on the vectors of this level. */
#include "kernels/whole.h"
#include "kernels/windows.h"
#include "kernels/x86/transpose_avx512.h"
#include "kernels/x86/vector_avx512.h"

ANEW_DECLARE_WHOLE_KERNELS(avx512)
anew_window_kernel anew_attend_windows_avx512;

#define WHOLE(name) name##_avx512
#include "kernels/whole_body.h"

#define WINDOWS(name) name##_avx512
#include "kernels/window_body.h"
