/* memory.c - aligned allocation and saturating size arithmetic. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "core/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef ANEW_EMBEDDED
#include "core/caller_memory.h"
#elif defined __linux__
#include <sys/mman.h>
#endif

size_t anew_size_mul(size_t a, size_t b)
{
    if (a == 0 || b == 0)
        return 0;
    return a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

size_t anew_size_add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

size_t anew_size_round_up(size_t size, size_t unit)
{
    return size > SIZE_MAX - (unit - 1) ? SIZE_MAX : (size + unit - 1) & ~(unit - 1);
}

#ifdef ANEW_EMBEDDED

void *anew_alloc(size_t bytes)
{
    const size_t rounded = anew_size_round_up(bytes == 0 ? 1 : bytes, ANEW_ALIGNMENT);
    return rounded > PTRDIFF_MAX ? NULL : anew_arena_take(rounded);
}

void anew_free(void *block)
{
    anew_arena_give(block);
}

#else

/* Blocks from LARGE_BLOCK on are asked to be of pages of this size (x86-64 and AArch64 with pages of 4 KB). */
#define LARGE_PAGE  ((size_t)2 << 20)
#define LARGE_BLOCK ((size_t)16 << 20)

static atomic_long allowed = -1;

void anew_alloc_limit(long allocations)
{
    atomic_store(&allowed, allocations);
}

/* Takes one of the allowed allocations, where they are counted. */
static bool may_allocate(void)
{
    long left = atomic_load_explicit(&allowed, memory_order_relaxed);
    while (left > 0)
        if (atomic_compare_exchange_weak(&allowed, &left, left - 1))
            return true;
    return left < 0;
}

void *anew_alloc(size_t bytes)
{
    const size_t rounded = anew_size_round_up(bytes == 0 ? 1 : bytes, ANEW_ALIGNMENT);
    if (rounded > PTRDIFF_MAX || !may_allocate())
        return NULL;
#if defined __linux__ && defined MADV_HUGEPAGE
    /* An arena of hundreds of megabytes comes as pages of 4 KB, each of them a fault of its own when it is touched: a third of a
     * short run's time. The system may give large pages instead, where it is asked; what it answers does not matter. */
    if (rounded >= LARGE_BLOCK) {
        void *block = aligned_alloc(LARGE_PAGE, anew_size_round_up(rounded, LARGE_PAGE));
        if (block != NULL)
            (void)madvise(block, rounded & ~(LARGE_PAGE - 1), MADV_HUGEPAGE);
        return block;
    }
#endif
    return aligned_alloc(ANEW_ALIGNMENT, rounded);
}

void anew_free(void *block)
{
    free(block);
}

#endif

void *anew_alloc_zero(size_t bytes)
{
    void *block = anew_alloc(bytes);
    if (block != NULL)
        memset(block, 0, bytes);
    return block;
}

void *anew_grow(void *block, size_t *capacity, size_t needed, size_t element_bytes)
{
    if (needed <= *capacity && block != NULL)
        return block;
    size_t wanted = *capacity < 8 ? 8 : anew_size_mul(*capacity, 2);
    if (wanted < needed)
        wanted = needed;
    void *larger = anew_alloc(anew_size_mul(wanted, element_bytes));
    if (larger == NULL)
        return NULL;
    if (block != NULL)
        memcpy(larger, block, *capacity * element_bytes);
    anew_free(block);
    *capacity = wanted;
    return larger;
}

char *anew_text_copy(const char *text)
{
    if (text == NULL)
        return NULL;
    const size_t bytes = strlen(text) + 1;
    char *copy = anew_alloc(bytes);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}
