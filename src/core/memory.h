/*
 * memory.h - every allocation of ours, and every product of sizes, passes through here.
 *
 * Blocks are aligned to 64 bytes: one cache line, one AVX-512 vector. A size is computed with
 * anew_size_mul / anew_size_add, which saturate at SIZE_MAX instead of wrapping; anew_alloc refuses
 * SIZE_MAX, so a chain of products needs one check only, at its end.
 */
#ifndef ANEW_CORE_MEMORY_H
#define ANEW_CORE_MEMORY_H

#include <stddef.h>

#define ANEW_ALIGNMENT 64

/* a * b, or SIZE_MAX when that does not fit (also when a or b is SIZE_MAX and the other not 0). */
size_t anew_size_mul(size_t a, size_t b);

/* a + b, or SIZE_MAX when that does not fit. */
size_t anew_size_add(size_t a, size_t b);

/* The size rounded up to a multiple of `unit` (a power of two), or SIZE_MAX. */
size_t anew_size_round_up(size_t size, size_t unit);

/* `bytes` bytes, aligned to 64, contents undefined. NULL when there is no memory or bytes is
 * SIZE_MAX. A request of 0 bytes gives a valid block. Freed with anew_free. */
void *anew_alloc(size_t bytes);

/* The same, zeroed. */
void *anew_alloc_zero(size_t bytes);

/* Grows a block to hold at least `needed` elements of `element_bytes`, keeping the first *capacity
 * ones; doubles so that appending is linear. Returns NULL (the old block stays valid) when there is
 * no memory. `block` may be NULL when *capacity is 0. */
void *anew_grow(void *block, size_t *capacity, size_t needed, size_t element_bytes);

/* For tests: only so many further allocations succeed, in all threads together; negative: any number. */
void anew_alloc_limit(long allocations);

/* Frees a block of the functions above; NULL is allowed. */
void anew_free(void *block);

/* A copy of a NUL-terminated text, or NULL when there is no memory (or text is NULL). */
char *anew_text_copy(const char *text);

#endif
