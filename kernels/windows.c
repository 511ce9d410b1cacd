/* windows.c - sizes and the table of biases of attention in windows, and its kernel for each CPU level. */
#include "kernels/windows.h"

#include "kernels/implementations.h"

static size_t round_up(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static size_t keys_of(int side)
{
    return round_up((size_t)side * (size_t)side, ANEW_WINDOW_KEYS);
}

/* window_body.h lays them out: pixels, queries where they are not among these, results, keys of a head, scores, what is
 * absent. A vector or two may be read and written past the channels of a head. */
size_t anew_window_scratch_floats(int window, int overlap, int channels, int heads)
{
    const size_t keys = keys_of(window + 2 * overlap), pixels = keys_of(window);
    const size_t c = (size_t)channels, slack = 2 * ANEW_BLOCK;
    const size_t gathered = overlap > 0 ? keys + pixels : keys;
    return gathered * (round_up(3 * c, ANEW_BLOCK) + slack) +
           pixels * (round_up(c, ANEW_BLOCK) + slack) + keys * (c / (size_t)heads + ANEW_BLOCK + 1);
}

size_t anew_window_bias_floats(int window, int overlap, int heads)
{
    return (size_t)heads * (size_t)(window * window) * keys_of(window + 2 * overlap);
}

void anew_window_spread_bias(float *biases, const float *table, int window, int overlap, int heads)
{
    const int seen = window + 2 * overlap, most = window + overlap - 1, side = 2 * most + 1;
    for (int head = 0; head < heads; head++)
        for (int i = 0; i < window * window; i++)
            for (int j = 0; j < (int)keys_of(seen); j++) {
                const int down = i / window - (j / seen - overlap) + most;
                const int right = i % window - (j % seen - overlap) + most;
                *biases++ = j < seen * seen ? table[(down * side + right) * heads + head] : 0.0f;
            }
}

anew_window_kernel anew_attend_windows_c;
#if ANEW_HAVE_X86
anew_window_kernel anew_attend_windows_cfma, anew_attend_windows_avx2, anew_attend_windows_avx512;
#elif ANEW_HAVE_NEON
anew_window_kernel anew_attend_windows_neon;
#endif

anew_window_kernel *anew_window_kernel_for(anew_isa isa)
{
#if ANEW_HAVE_X86
    if (isa >= ANEW_ISA_AVX512)
        return anew_attend_windows_avx512;
    if (isa >= ANEW_ISA_AVX2)
        return anew_attend_windows_avx2;
    if (isa >= ANEW_ISA_CFMA)
        return anew_attend_windows_cfma;
#elif ANEW_HAVE_NEON
    if (isa >= ANEW_ISA_NEON)
        return anew_attend_windows_neon;
#endif
    (void)isa;
    return anew_attend_windows_c;
}
