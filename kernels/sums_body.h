/*
 * sums_body.h - EACH_SUM(f): f(0) f(1) ... f(27), for the bodies that keep many sums in registers.
 *
 * Written out, because loops over an array of vectors stay in memory with a compiler that unrolls them
 * after it has chosen what lives in registers (clang 14: a third of the speed). A body defines what a sum
 * does as `if ((i) < sums) ...`; where `sums` is a constant once the code is inlined, the steps past it
 * vanish.
 */
#ifndef ANEW_KERNELS_SUMS_BODY_H
#define ANEW_KERNELS_SUMS_BODY_H

#define INLINE static inline __attribute__((always_inline))

#define MOST_SUMS                          28
#define EACH_SEVEN(f, a, b, c, d, e, g, h) f(a) f(b) f(c) f(d) f(e) f(g) f(h)
#define EACH_SUM(f)                                                                                \
    EACH_SEVEN(f, 0, 1, 2, 3, 4, 5, 6)                                                             \
    EACH_SEVEN(f, 7, 8, 9, 10, 11, 12, 13)                                                         \
    EACH_SEVEN(f, 14, 15, 16, 17, 18, 19, 20)                                                      \
    EACH_SEVEN(f, 21, 22, 23, 24, 25, 26, 27)

#endif
