/* caller_memory.h - memory out of one block of the caller's, in place of the heap: what anew_alloc takes in this profile. */
#ifndef ANEW_CORE_CALLER_MEMORY_H
#define ANEW_CORE_CALLER_MEMORY_H

#include <stddef.h>

typedef struct anew_arena anew_arena;

/* At the beginning of the block, which need not be aligned; NULL where it is too small even for that. */
anew_arena *anew_arena_create(void *block, size_t bytes);

/* The arena that anew_alloc takes from, in this thread; gives the one before, to be put back. NULL: there is no memory. */
anew_arena *anew_arena_use(anew_arena *arena);

/* `bytes`, a multiple of 64, at such an address; NULL where no gap is as large. NULL may be given back. */
void *anew_arena_take(size_t bytes);
void anew_arena_give(void *block);

/* The furthest byte from the block's beginning that has been in use since it was created. */
size_t anew_arena_highest(const anew_arena *arena);

/* Bytes that are in use, to see that all of a run are given back. */
size_t anew_arena_used(const anew_arena *arena);

#endif
