/* whole.c - the table of whole.h's kernels for each CPU level. */
#include "kernels/whole.h"

#include "kernels/implementations.h"

#define TABLE(suffix)                                                                              \
    static const anew_whole_kernels kernels_##suffix = {                                           \
        anew_row_sums_##suffix,   anew_affine_##suffix, anew_bilinear_##suffix,                    \
        anew_average_##suffix,    anew_attend_##suffix, anew_take_lanes_##suffix,                  \
        anew_take_pixels_##suffix}

ANEW_DECLARE_WHOLE_KERNELS(c)
TABLE(c);
#if ANEW_HAVE_X86
ANEW_DECLARE_WHOLE_KERNELS(cfma)
ANEW_DECLARE_WHOLE_KERNELS(avx2)
ANEW_DECLARE_WHOLE_KERNELS(avx512)
TABLE(cfma);
TABLE(avx2);
TABLE(avx512);
#elif ANEW_HAVE_NEON
ANEW_DECLARE_WHOLE_KERNELS(neon)
TABLE(neon);
#endif

const anew_whole_kernels *anew_whole_kernels_for(anew_isa isa)
{
#if ANEW_HAVE_X86
    if (isa >= ANEW_ISA_AVX512)
        return &kernels_avx512;
    if (isa >= ANEW_ISA_AVX2)
        return &kernels_avx2;
    if (isa >= ANEW_ISA_CFMA)
        return &kernels_cfma;
#elif ANEW_HAVE_NEON
    if (isa >= ANEW_ISA_NEON)
        return &kernels_neon;
#endif
    (void)isa;
    return &kernels_c;
}
