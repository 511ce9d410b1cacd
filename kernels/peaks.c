/*
 * peaks.c - the table of peaks.h.
 */
#include "kernels/peaks.h"

#include "kernels/implementations.h"
#include "kernels/x86/peak_features.h"

static const char *never_missing(void)
{
    return NULL;
}

#if ANEW_HAVE_X86
static const char *missing_avx2(void)
{
    anew_isa isa;
    (void)anew_isa_detect(&isa, NULL);
    return isa >= ANEW_ISA_AVX2 ? NULL : "no AVX2";
}

static const char *missing_avx512(void)
{
    anew_isa isa;
    (void)anew_isa_detect(&isa, NULL);
    return isa >= ANEW_ISA_AVX512 ? NULL : "no AVX-512";
}
#endif

const anew_peak anew_peaks[] = {
    {"f32 multiply-add (baseline)", anew_peak_c, never_missing},
#if ANEW_HAVE_X86
    {"f32 multiply-add (AVX2)", anew_peak_avx2, missing_avx2},
    {"f32 multiply-add (AVX-512)", anew_peak_avx512, missing_avx512},
    {"bf16 dot products (AVX-512)", anew_peak_bf16_avx512, anew_peak_missing_avx512_bf16},
    {"fp16 multiply-add (AVX-512)", anew_peak_fp16_avx512, anew_peak_missing_avx512_fp16},
    {"int8 dot products (AVX-512)", anew_peak_int8_avx512, anew_peak_missing_avx512_vnni},
    {"bf16 matrix products (AMX)", anew_peak_bf16_amx, anew_peak_missing_amx_bf16},
    {"int8 matrix products (AMX)", anew_peak_int8_amx, anew_peak_missing_amx_int8},
#elif ANEW_HAVE_NEON
    {"f32 multiply-add (NEON)", anew_peak_neon, never_missing},
#endif
    {0},
};

const anew_peak *anew_peak_of(anew_isa isa)
{
#if ANEW_HAVE_X86
    if (isa >= ANEW_ISA_AVX512)
        return &anew_peaks[2];
    if (isa >= ANEW_ISA_CFMA) /* which needs AVX2, too */
        return &anew_peaks[1];
#elif ANEW_HAVE_NEON
    if (isa >= ANEW_ISA_NEON)
        return &anew_peaks[1];
#endif
    (void)isa;
    return &anew_peaks[0];
}

const anew_peak *anew_peak_of_kernels(anew_isa isa, anew_exactness exactness)
{
#if ANEW_HAVE_X86
    if (isa == ANEW_ISA_AMX && exactness == ANEW_BF16)
        return &anew_peaks[6];
    if (isa >= ANEW_ISA_AVX512VNNI && exactness == ANEW_INT8)
        return &anew_peaks[isa == ANEW_ISA_AMX ? 7 : 5];
#endif
    (void)exactness;
    return anew_peak_of(isa);
}

anew_load_function anew_load_of(anew_isa isa)
{
#if ANEW_HAVE_X86
    if (isa >= ANEW_ISA_CFMA)
        return isa >= ANEW_ISA_AVX512 ? anew_load_avx512 : anew_load_avx2;
#elif ANEW_HAVE_NEON
    if (isa >= ANEW_ISA_NEON)
        return anew_load_neon;
#endif
    (void)isa;
    return anew_load_c;
}

anew_copy_function anew_copy_of(anew_isa isa)
{
#if ANEW_HAVE_X86
    if (isa >= ANEW_ISA_CFMA)
        return isa >= ANEW_ISA_AVX512 ? anew_copy_avx512 : anew_copy_avx2;
#elif ANEW_HAVE_NEON
    if (isa >= ANEW_ISA_NEON)
        return anew_copy_neon;
#endif
    (void)isa;
    return anew_copy_c;
}
