/*
 * sums_body.h - EACH_SUM(f): f(0) f(1) ... f(27), for the bodies that keep many sums in registers; and the
 * epilogue on them.
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

/* The epilogue on sum[...] of output blocks from `block` on. The body defines STEP(i, statement), LANE(i), the
 * sum's first lane counted from the first block's, BLOCK(i), its block, and PLACE(i), where it stands in a row
 * of that. */
#define PRELU(i)                                                                                   \
    STEP(i, sum[i] = vector_positive_or(                                                           \
                sum[i], vector_mul(sum[i], vector_load(e->slope + block * ANEW_BLOCK + LANE(i)))))
#define RELU(i)  STEP(i, sum[i] = vector_positive_or(sum[i], vector_repeat(0.0f)))
#define SCALE(i) STEP(i, sum[i] = vector_mul(sum[i], vector_repeat(e->factor)))
#define ADD(i)   STEP(i, sum[i] = vector_add(sum[i], vector_load(e->rows[BLOCK(i)] + PLACE(i))))
#define EACH_EPILOGUE(row)                                                                         \
    for (int operation = 0; operation < (row)->epilogue_count; operation++) {                      \
        const anew_epilogue *e = &(row)->epilogue[operation];                                      \
        switch (e->kind) {                                                                         \
        case ANEW_EPILOGUE_PRELU:                                                                  \
            EACH_SUM(PRELU)                                                                        \
            break;                                                                                 \
        case ANEW_EPILOGUE_RELU:                                                                   \
            EACH_SUM(RELU)                                                                         \
            break;                                                                                 \
        case ANEW_EPILOGUE_SCALE:                                                                  \
            EACH_SUM(SCALE)                                                                        \
            break;                                                                                 \
        case ANEW_EPILOGUE_ADD:                                                                    \
            EACH_SUM(ADD)                                                                          \
            break;                                                                                 \
        }                                                                                          \
    }

#endif
