/* whole.c - the table of whole.h's kernels for each CPU level. */
#include "kernels/whole.h"

#include "kernels/implementations.h"

#define ROW(suffix)                                                                                \
    {                                                                                              \
        anew_row_sums_##suffix, anew_affine_##suffix, anew_bilinear_##suffix,                      \
            anew_average_##suffix, anew_attend_##suffix                                            \
    }

ANEW_DECLARE_WHOLE_KERNELS(c)
#if ANEW_HAVE_X86
ANEW_DECLARE_WHOLE_KERNELS(cfma)
ANEW_DECLARE_WHOLE_KERNELS(avx2)
ANEW_DECLARE_WHOLE_KERNELS(avx512)
#endif

const anew_whole_kernels *anew_whole_kernels_for(anew_isa isa)
{
    static const anew_whole_kernels tables[ANEW_ISA_COUNT] = {
        [ANEW_ISA_C] = ROW(c),
#if ANEW_HAVE_X86
        [ANEW_ISA_CFMA] = ROW(cfma),
        [ANEW_ISA_AVX2] = ROW(avx2),
        [ANEW_ISA_AVX512] = ROW(avx512),
        [ANEW_ISA_AMX] = ROW(avx512),
#endif
    };
    return &tables[isa];
}
