/*
 * conv_direct_inorder_neon.c - direct convolution for cores that take instructions in order (Cortex-A53, A55, A35):
 * the same chains as conv_direct_neon.c, in another order of loads.
 *
 * Such a core waits for each load whose value the next multiply-add takes, and on the A53 a load of 128 bits or a
 * sum of pointers goes beside no multiply-add. So weights are loaded a channel ahead, four vectors by one
 * instruction, and all else of a turn stands together at its end. A tile is 5 pixels x 16 outputs, a turn four channels:
 *
 *     v0  - v19  sums: [vector of 4 outputs][pixel]
 *     v20 - v24  four channels of each pixel
 *     v25 - v28  weights of an even channel
 *     v28 - v31  weights of an odd channel
 *
 * v28 has two owners, or 33 registers would be needed: an even channel's last vector of weights is used up first, before
 * the odd channel's are loaded, and the same with the odd channel's first. Between two uses of a sum lie ten
 * multiply-adds, the latency of the A53. 80 multiply-adds, 21 vectors loaded. A compiler keeps neither that order nor
 * the shared register, so the turns are written in assembler.
 */
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"
#include "kernels/sums_body.h"

/* 6 KB of assembler in one literal: more than C promises, not more than compilers with an assembler take. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

#define PIXELS  5
#define VECTORS (ANEW_BLOCK / LANES)
#define SUMS    (PIXELS * VECTORS)

/* Fours of channels under a kernel: those of 3x3 with 448 channels, 8 KB of pointers. */
#define MOST_TURNS 1008

/* One vector of weights times channel `c` of the four of each pixel; s0 .. s4 are the numbers of the sums. */
#define FIVE(weights, c, s0, s1, s2, s3, s4)                                                       \
    "fmla v" #s0 ".4s, v" #weights ".4s, v20.s[" #c "]\n\t"                                        \
    "fmla v" #s1 ".4s, v" #weights ".4s, v21.s[" #c "]\n\t"                                        \
    "fmla v" #s2 ".4s, v" #weights ".4s, v22.s[" #c "]\n\t"                                        \
    "fmla v" #s3 ".4s, v" #weights ".4s, v23.s[" #c "]\n\t"                                        \
    "fmla v" #s4 ".4s, v" #weights ".4s, v24.s[" #c "]\n\t"
#define OUTPUTS_0(weights, c) FIVE(weights, c, 0, 1, 2, 3, 4)
#define OUTPUTS_1(weights, c) FIVE(weights, c, 5, 6, 7, 8, 9)
#define OUTPUTS_2(weights, c) FIVE(weights, c, 10, 11, 12, 13, 14)
#define OUTPUTS_3(weights, c) FIVE(weights, c, 15, 16, 17, 18, 19)

#define EVEN_WEIGHTS(from) "ld1 {v25.4s, v26.4s, v27.4s, v28.4s}, [" from "]\n\t"
#define ODD_WEIGHTS(from)  "ld1 {v28.4s, v29.4s, v30.4s, v31.4s}, [" from "]\n\t"
#define EVEN_CHANNEL(c, load_next)                                                                 \
    OUTPUTS_3(28, c) load_next OUTPUTS_0(25, c) OUTPUTS_1(26, c) OUTPUTS_2(27, c)
#define ODD_CHANNEL(c, load_next)                                                                  \
    OUTPUTS_0(28, c) load_next OUTPUTS_3(31, c) OUTPUTS_1(29, c) OUTPUTS_2(30, c)
#define FOUR_CHANNELS(load_next)                                                                   \
    EVEN_CHANNEL(0, ODD_WEIGHTS("%[one]"))                                                         \
    ODD_CHANNEL(1, EVEN_WEIGHTS("%[two]"))                                                         \
    EVEN_CHANNEL(2, ODD_WEIGHTS("%[three]"))                                                       \
    ODD_CHANNEL(3, load_next)

#define PIXEL_LOAD(q, offset) "ldr q" #q ", [%[source], %[" #offset "]]\n\t"
#define NEXT(pointer)         "add %[" #pointer "], %[" #pointer "], #256\n\t"

#define EACH_SUM_PAIR(f)                                                                           \
    f(0, 1, 0) f(2, 3, 32) f(4, 5, 64) f(6, 7, 96) f(8, 9, 128) f(10, 11, 160) f(12, 13, 192)      \
        f(14, 15, 224) f(16, 17, 256) f(18, 19, 288)
#define SUMS_LOAD(a, b, at)  "ldp q" #a ", q" #b ", [%[sums], #" #at "]\n\t"
#define SUMS_STORE(a, b, at) "stp q" #a ", q" #b ", [%[sums], #" #at "]\n\t"

/* sums [SUMS][LANES] += what `turns` fours of channels give: sources[turn] + first is a pixel's four, pixels lie ANEW_BLOCK
 * floats apart, weights [turns][4][16]. sources[turns] is read, too, but not what it points to. */
static void add_products(float *sums, const float *const *sources, ptrdiff_t first,
                         const float *weights, long turns)
{
    const ptrdiff_t pixel = ANEW_BLOCK * (ptrdiff_t)sizeof(float),
                    start = first * (ptrdiff_t)sizeof(float);
    const float *source = *sources++;
    /* Channels 1, 2 and 3 of a turn, and 0 of the next: the instruction for four vectors takes no offset. */
    const float *one = weights + ANEW_BLOCK, *two = one + ANEW_BLOCK, *three = two + ANEW_BLOCK,
                *four = three + ANEW_BLOCK;
    __asm__ volatile(
        EACH_SUM_PAIR(SUMS_LOAD) EVEN_WEIGHTS("%[weights]")
        /* clang-format off */
        PIXEL_LOAD(20, pixel_0)
        PIXEL_LOAD(21, pixel_1)
        PIXEL_LOAD(22, pixel_2)
        PIXEL_LOAD(23, pixel_3)
        PIXEL_LOAD(24, pixel_4)
        "ldr %[source], [%[sources]], #8\n\t"
        "subs %[turns], %[turns], #1\n\t"
        "b.eq 2f\n"
        "1:\n\t"
        FOUR_CHANNELS(EVEN_WEIGHTS("%[four]"))
        PIXEL_LOAD(20, pixel_0)
        NEXT(one)
        PIXEL_LOAD(21, pixel_1)
        NEXT(two)
        PIXEL_LOAD(22, pixel_2)
        NEXT(three)
        PIXEL_LOAD(23, pixel_3)
        NEXT(four)
        PIXEL_LOAD(24, pixel_4)
        "subs %[turns], %[turns], #1\n\t"
        "ldr %[source], [%[sources]], #8\n\t"
        "b.ne 1b\n"
        "2:\n\t"
        FOUR_CHANNELS("")
        EACH_SUM_PAIR(SUMS_STORE)
        /* clang-format on */
        /* "&": written while inputs are still read. */
        : [source] "+&r"(source), [sources] "+&r"(sources), [turns] "+&r"(turns), [one] "+&r"(one),
          [two] "+&r"(two), [three] "+&r"(three), [four] "+&r"(four)
        : [sums] "r"(sums), [weights] "r"(weights), [pixel_0] "r"(start),
          [pixel_1] "r"(start + pixel), [pixel_2] "r"(start + 2 * pixel),
          [pixel_3] "r"(start + 3 * pixel), [pixel_4] "r"(start + 4 * pixel)
        : "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11",
          "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
          "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

/* Sum i belongs to vector i / PIXELS of the block and to pixel i % PIXELS. */
#define STEP(i, statement)                                                                         \
    if ((i) < SUMS) {                                                                              \
        statement;                                                                                 \
    }
#define LANE(i)  ((i) / PIXELS * LANES)
#define BLOCK(i) block
#define PLACE(i) ((x + (i) % PIXELS) * ANEW_BLOCK + LANE(i))

#define START(i)                                                                                   \
    STEP(i, vector_store(sums + (i)*LANES, vector_load(row->bias + block * ANEW_BLOCK + LANE(i))))
#define TAKE(i)  STEP(i, sum[i] = vector_load(sums + (i)*LANES))
#define STORE(i) STEP(i, vector_store(row->destinations[block] + PLACE(i), sum[i]))

static void tile(const anew_conv_row *row, int block, int x, const float *const *sources,
                 const float *weights, long turns)
{
    float sums[SUMS * LANES];
    vector sum[MOST_SUMS];
    EACH_SUM(START)
    add_products(sums, sources, (ptrdiff_t)x * ANEW_BLOCK, weights, turns);
    EACH_SUM(TAKE)
    EACH_EPILOGUE(row)
    EACH_SUM(STORE)
}

/* Where pixel 0 finds its fours of channels, in the order of the weights; 0: not all channels come in fours, or they
 * are too many. */
static long list_sources(const float **sources, const anew_conv_row *row)
{
    long turns = 0;
    for (int ky = 0; ky < row->kernel_height; ky++)
        for (int kx = 0; kx < row->kernel_width; kx++)
            for (int b = 0; b < row->source_blocks; b++) {
                const float *source =
                    row->sources[b * row->kernel_height + ky] +
                    (ptrdiff_t)(kx - row->kernel_width / 2) * row->dilation * ANEW_BLOCK;
                if (row->source_channels[b] % LANES != 0)
                    return 0;
                for (int c = 0; c < row->source_channels[b]; c += LANES) {
                    if (turns == MOST_TURNS)
                        return 0;
                    sources[turns++] = source + c;
                }
            }
    sources[turns] = NULL;
    return turns;
}

bool anew_conv_direct_inorder_neon(const anew_conv_row *row)
{
    const float *sources[MOST_TURNS + 1];
    const int width = row->x1 - row->x0;
    if (row->stride != 1 || width < PIXELS)
        return false;
    const long turns = list_sources(sources, row);
    if (turns == 0)
        return false;
    for (int block = 0; block < row->out_blocks; block++) {
        const float *weights = row->weights + (ptrdiff_t)block * turns * LANES * ANEW_BLOCK;
        /* The last tile is moved left over pixels already done. */
        for (int x = row->x0; x < row->x1; x += PIXELS) {
            x = row->x1 - x < PIXELS ? row->x1 - PIXELS : x;
            tile(row, block, x, sources, weights, turns);
        }
    }
    return true;
}
