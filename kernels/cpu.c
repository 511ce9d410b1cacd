/*
 * cpu.c - which level this CPU and its operating system offer.
 *
 * CPUID tells what the CPU has; XGETBV tells which registers the operating system saves when it
 * switches tasks (Intel SDM volume 1, section 13.2): both are needed. AMX's tiles are so large that Linux
 * saves them only for a process that has asked (Linux, Documentation/arch/x86/xstate.rst). On Arm the system tells
 * by the auxiliary vector (Linux, Documentation/arch/arm64/elf_hwcaps.rst).
 */
#define _DEFAULT_SOURCE /* syscall() */
#include <string.h>

#include "kernels/implementations.h"

#if ANEW_HAVE_X86
#include <cpuid.h>
#endif
#if (ANEW_HAVE_NEON || ANEW_HAVE_NEON32) && defined(__linux__) && !defined(ANEW_EMBEDDED)
#include <stdatomic.h>
#include <sys/auxv.h>
#endif
#if ANEW_HAVE_AMX && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const names[ANEW_ISA_COUNT] = {
    [ANEW_ISA_C] = "c",
#if ANEW_HAVE_X86
    [ANEW_ISA_CFMA] = "cfma",     [ANEW_ISA_AVX2] = "avx2",
    [ANEW_ISA_AVX512] = "avx512", [ANEW_ISA_AVX512VNNI] = "avx512vnni",
    [ANEW_ISA_AMX] = "amx",
#elif ANEW_HAVE_NEON
    [ANEW_ISA_NEON] = "neon",
    [ANEW_ISA_NEON_DOTPROD] = "neon-dotprod",
    [ANEW_ISA_NEON_MATRIX] = "neon-i8mm-bf16",
#elif ANEW_HAVE_NEON32
    [ANEW_ISA_NEON] = "neon",
#endif
};

const char *anew_isa_name(anew_isa isa)
{
    return names[isa];
}

#if ANEW_HAVE_X86
/* XCR0: bits 1 and 2 are the SSE and AVX halves of ymm; 5, 6 and 7 are masks and the zmm halves. */
#define STATE_YMM 0x06u
#define STATE_ZMM 0xe6u
/* Bits 17 and 18: the tiles and their configuration. */
#define STATE_TILES 0x60000u

static unsigned int saved_state(void)
{
    unsigned int low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

#define HAS_AVX512_BF16 (1u << 5)                        /* CPUID 7.1, EAX */
#define HAS_AMX         (1u << 22 | 1u << 24 | 1u << 25) /* CPUID 7.0, EDX: BF16, TILE, INT8 */

bool anew_tiles_permitted(void)
{
#if ANEW_HAVE_AMX && defined(__linux__)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* asm/prctl.h: ARCH_REQ_XCOMP_PERM */
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return false;
#endif
}

/* On a CPU with AVX-512; `features` is EDX of CPUID 7.0. */
static bool has_tiles(unsigned int state, unsigned int features)
{
    unsigned int a, b, c, d;
    return (features & HAS_AMX) == HAS_AMX && (state & STATE_TILES) == STATE_TILES &&
           __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & HAS_AVX512_BF16) != 0 &&
           anew_tiles_permitted();
}

#define HAS_VNNI (1u << 11) /* CPUID 7.0, ECX */

static anew_isa highest(void)
{
    unsigned int a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return ANEW_ISA_C;
    const bool fma = (c & bit_FMA) != 0 && (c & bit_AVX) != 0;
    if (!fma || (c & bit_OSXSAVE) == 0)
        return ANEW_ISA_C;
    const unsigned int state = saved_state();
    if ((state & STATE_YMM) != STATE_YMM || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return ANEW_ISA_C;
    if ((b & bit_AVX2) == 0)
        return ANEW_ISA_C; /* the FMA build of the C kernels uses AVX2 too */
    const unsigned int needed = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((b & needed) != needed || (state & STATE_ZMM) != STATE_ZMM)
        return ANEW_ISA_AVX2;
    if ((c & HAS_VNNI) == 0)
        return ANEW_ISA_AVX512;
    return has_tiles(state, d) ? ANEW_ISA_AMX : ANEW_ISA_AVX512VNNI;
}
#elif ANEW_HAVE_NEON
#if defined(__linux__) && !defined(ANEW_EMBEDDED)
/* asm/hwcap.h: what the kernel tells of the CPU. */
#define HAS_DOTPROD (1ul << 20) /* AT_HWCAP */
#define HAS_I8MM    (1ul << 13) /* AT_HWCAP2 */
#define HAS_BF16    (1ul << 14)

static anew_isa highest(void)
{
    if ((getauxval(AT_HWCAP) & HAS_DOTPROD) == 0)
        return ANEW_ISA_NEON;
    const unsigned long matrix = HAS_I8MM | HAS_BF16;
    return (getauxval(AT_HWCAP2) & matrix) == matrix ? ANEW_ISA_NEON_MATRIX : ANEW_ISA_NEON_DOTPROD;
}

#define HAS_CPUID (1ul << 11) /* AT_HWCAP: Linux answers for the registers that name the CPU */

/* MIDR_EL1 names the core that this thread is on. A chip with cores of two kinds may say either: both tiles give the
 * same bits, and one is a little slower on the other's core. */
bool anew_cpu_is_in_order(void)
{
    static atomic_int known; /* 0: not yet asked; 1: no; 2: yes */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == 0) {
        answer = 1;
        if ((getauxval(AT_HWCAP) & HAS_CPUID) != 0) {
            enum { IMPLEMENTER = 24, ARM = 0x41, PART = 4, A35 = 0xd04, A53 = 0xd03, A55 = 0xd05 };
            unsigned long name;
            __asm__("mrs %0, midr_el1" : "=r"(name));
            const unsigned long part = name >> PART & 0xfff;
            if (name >> IMPLEMENTER == ARM && (part == A35 || part == A53 || part == A55))
                answer = 2;
        }
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}
#else
static anew_isa highest(void)
{
    return ANEW_ISA_NEON;
}

bool anew_cpu_is_in_order(void)
{
    return false;
}
#endif
#elif ANEW_HAVE_NEON32 && defined(__linux__) && !defined(ANEW_EMBEDDED)
/* asm/hwcap.h of 32 bits. */
#define HAS_NEON  (1ul << 12)
#define HAS_VFPV4 (1ul << 16)

static anew_isa highest(void)
{
    const unsigned long needed = HAS_NEON | HAS_VFPV4;
    return (getauxval(AT_HWCAP) & needed) == needed ? ANEW_ISA_NEON : ANEW_ISA_C;
}
#else
static anew_isa highest(void)
{
    return ANEW_ISA_C;
}
#endif

bool anew_isa_is_slow(anew_isa isa)
{
    return ANEW_HAVE_X86 && isa == ANEW_ISA_C;
}

const char *anew_isa_names(void)
{
#if ANEW_HAVE_X86
    return "c, cfma, avx2, avx512, avx512vnni or amx";
#elif ANEW_HAVE_NEON
    return "c, neon, neon-dotprod or neon-i8mm-bf16";
#elif ANEW_HAVE_NEON32
    return "c or neon";
#else
    return "c, the only level of this build";
#endif
}

bool anew_isa_detect(anew_isa *isa, const char *limit)
{
    *isa = highest();
    if (limit == NULL)
        return true;
    for (int i = 0; i < ANEW_ISA_COUNT; i++) {
        if (strcmp(limit, names[i]) == 0) {
            if (*isa > (anew_isa)i)
                *isa = (anew_isa)i;
            return true;
        }
    }
    return false;
}
