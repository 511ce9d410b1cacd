/*
 * caller_memory.c - a list of blocks side by side, each behind a head of 64 bytes; the first gap that is large enough is taken,
 * so that the same calls always end at the same addresses, and what one run needed, the next one needs.
 */
#include "core/caller_memory.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"

#define UNIT ANEW_ALIGNMENT

#if defined(ANEW_NO_THREAD_LOCAL)
#define THREAD_LOCAL
#else
#define THREAD_LOCAL _Thread_local
#endif

/* In front of every block, free or not; what it heads begins one unit further. */
typedef struct head {
    size_t units; /* of the block, its head not counted */
    bool taken;
} head;

_Static_assert(sizeof(head) <= UNIT, "a head takes one unit");

struct anew_arena {
    uint8_t *first, *end; /* heads lie between them */
    size_t before;        /* bytes of the caller's block in front of `first` */
    size_t highest, used;
};

static THREAD_LOCAL anew_arena *current;

static head *at(uint8_t *place)
{
    return (head *)(void *)place;
}

static uint8_t *behind(uint8_t *place)
{
    return place + (at(place)->units + 1) * UNIT;
}

anew_arena *anew_arena_create(void *block, size_t bytes)
{
    const size_t skip = (UNIT - (uintptr_t)block % UNIT) % UNIT;
    const size_t own = anew_size_round_up(sizeof(anew_arena), UNIT);
    if (block == NULL || bytes < skip || bytes - skip < own + 2 * UNIT)
        return NULL;
    anew_arena *arena = (anew_arena *)(void *)((uint8_t *)block + skip);
    arena->first = (uint8_t *)arena + own;
    const size_t units = (bytes - skip - own) / UNIT;
    arena->end = arena->first + units * UNIT;
    arena->before = skip + own;
    arena->highest = arena->before;
    arena->used = 0;
    *at(arena->first) = (head){units - 1, false};
    return arena;
}

anew_arena *anew_arena_use(anew_arena *arena)
{
    anew_arena *before = current;
    current = arena;
    return before;
}

/* Makes one of this gap and those that follow. */
static void join(const anew_arena *arena, uint8_t *place)
{
    for (uint8_t *next = behind(place); next < arena->end && !at(next)->taken; next = behind(place))
        at(place)->units += at(next)->units + 1;
}

void *anew_arena_take(size_t bytes)
{
    anew_arena *arena = current;
    if (arena == NULL)
        return NULL;
    const size_t units = bytes / UNIT;
    for (uint8_t *place = arena->first; place < arena->end; place = behind(place)) {
        if (at(place)->taken)
            continue;
        join(arena, place);
        const size_t there = at(place)->units;
        if (there < units)
            continue;
        if (there > units) {
            at(place)->units = units;
            *at(behind(place)) = (head){there - units - 1, false};
        }
        at(place)->taken = true;
        const size_t end = arena->before + (size_t)(behind(place) - arena->first);
        arena->highest = end > arena->highest ? end : arena->highest;
        arena->used += (units + 1) * UNIT;
        return place + UNIT;
    }
    return NULL;
}

void anew_arena_give(void *block)
{
    if (block == NULL)
        return;
    uint8_t *place = (uint8_t *)block - UNIT;
    at(place)->taken = false;
    current->used -= (at(place)->units + 1) * UNIT;
}

size_t anew_arena_highest(const anew_arena *arena)
{
    return arena->highest;
}

size_t anew_arena_used(const anew_arena *arena)
{
    return arena->used;
}
