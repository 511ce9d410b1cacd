/*
 * peak_memory_body.h - reading and copying, as fast as a loop of vectors does it. An including file brings the vector
 * vocabulary and the names LOAD and COPY.
 */
#define STEP 16 /* vectors of a turn of the inner loops */

double LOAD(const float *data, size_t floats, long turns)
{
    vector sum[STEP];
    _Alignas(64) float out[LANES];
    volatile float seen;
    UNROLL for (int i = 0; i < STEP; i++) sum[i] = vector_repeat(0);
    for (long turn = 0; turn < turns; turn++)
        for (size_t at = 0; at < floats; at += STEP * LANES)
            UNROLL for (int i = 0; i < STEP; i++) sum[i] =
                vector_add(sum[i], vector_load(data + at + i * LANES));
    UNROLL for (int i = 1; i < STEP; i++) sum[0] = vector_add(sum[0], sum[i]);
    vector_store(out, sum[0]);
    seen = out[0];
    (void)seen;
    return (double)turns * (double)floats * sizeof(float);
}

double COPY(float *destination, const float *source, size_t floats, long turns)
{
    for (long turn = 0; turn < turns; turn++) {
        for (size_t at = 0; at < floats; at += STEP * LANES)
            UNROLL for (int i = 0; i < STEP; i++)
                vector_store(destination + at + i * LANES, vector_load(source + at + i * LANES));
        /* Each turn counts, although it copies the same. */
        __asm__ volatile("" : : "r"(destination) : "memory");
    }
    return 2 * (double)turns * (double)floats * sizeof(float);
}
