/*
 * peak_features.c - what the yardsticks beyond f32 need of the CPU (CPUID leaf 7, Intel SDM volume 2A), of the
 * operating system (cpu.c asks it) and of the compiler.
 */
#include "kernels/x86/peak_features.h"

#include <cpuid.h>
#include <stdbool.h>

#include "kernels/implementations.h"

typedef struct leaf_seven {
    unsigned int ebx, ecx, edx; /* subleaf 0 */
    unsigned int eax_1;         /* subleaf 1 */
} leaf_seven;

static leaf_seven leaf_seven_of_cpu(void)
{
    leaf_seven leaf = {0};
    unsigned int a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &leaf.ebx, &leaf.ecx, &leaf.edx))
        return (leaf_seven){0};
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
        leaf.eax_1 = a;
    return leaf;
}

static bool has_avx512(void)
{
    anew_isa isa;
    return anew_isa_detect(&isa, NULL) && isa >= ANEW_ISA_AVX512;
}

static const char *missing(bool of_cpu, const char *cpu_reason, bool of_compiler)
{
    return !of_cpu ? cpu_reason : !of_compiler ? "the compiler did not know it" : NULL;
}

const char *anew_peak_missing_avx512_bf16(void)
{
    return missing(has_avx512() && (leaf_seven_of_cpu().eax_1 & 1u << 5) != 0, "no AVX512-BF16",
                   anew_peak_bf16_avx512(0) >= 0);
}

const char *anew_peak_missing_avx512_fp16(void)
{
    return missing(has_avx512() && (leaf_seven_of_cpu().edx & 1u << 23) != 0, "no AVX512-FP16",
                   anew_peak_fp16_avx512(0) >= 0);
}

const char *anew_peak_missing_avx512_vnni(void)
{
    return missing(has_avx512() && (leaf_seven_of_cpu().ecx & 1u << 11) != 0, "no AVX512-VNNI",
                   anew_peak_int8_avx512(0) >= 0);
}

static const char *missing_amx(unsigned int bit)
{
    const unsigned int features = leaf_seven_of_cpu().edx;
    if ((features & 1u << 24) == 0 || (features & bit) == 0)
        return "no AMX";
    return !anew_tiles_permitted() ? "the system refuses AMX"
                                   : missing(true, "", anew_peak_bf16_amx(0) >= 0);
}

const char *anew_peak_missing_amx_bf16(void)
{
    return missing_amx(1u << 22);
}

const char *anew_peak_missing_amx_int8(void)
{
    return missing_amx(1u << 25);
}
