/*
 * peak_body.h - fused multiply-adds on registers alone: what the arithmetic units give when nothing waits
 * for memory. The yardstick of the kernel benchmark. An including file brings the vector vocabulary,
 * NAME and CHAINS, the independent sums (latency times units is 8 on current CPUs; more does no harm).
 */
#define UNROLL ANEW_UNROLL

double NAME(long turns)
{
    vector sum[CHAINS];
    const vector factor = vector_repeat(0.999999f), step = vector_repeat(1e-6f);
    float out[LANES];
    UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = vector_repeat((float)i);
    for (long turn = 0; turn < turns; turn++)
        UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = vector_fma(sum[i], factor, step);
    /* The sums must be used, or the loop is nothing. */
    UNROLL for (int i = 1; i < CHAINS; i++) sum[0] = vector_add(sum[0], sum[i]);
    vector_store(out, sum[0]);
    return (double)turns * CHAINS * LANES * 2 + (out[0] < -1e30f ? 1 : 0);
}
