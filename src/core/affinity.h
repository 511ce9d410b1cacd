/*
 * affinity.h - on which processors the threads of this process work, where somebody wants to say so.
 *
 * A thread that works (leads a team, or is a worker in one) has a processor of the list to itself, as long as there
 * are any; one that reads, writes or waits may be on any of the list. So several pictures at once, whose leaders
 * share the workers, never have two working threads on one processor while another one is free.
 */
#ifndef ANEW_CORE_AFFINITY_H
#define ANEW_CORE_AFFINITY_H

#include "core/status.h"

/* "none"; "auto": the processors that the process may use, one of each core before the second ones; or a list such as
 * "0,2-3" of them, in this order. For a program's beginning, before there are workers; not kept over fork(). */
ANEW_NODISCARD anew_status anew_affinity_set(const char *text, anew_error *error);

/* Processors of the list; 0: there is none. */
int anew_affinity_processors(void);

/* This thread begins to work, and ends; pairs within a pair do nothing. */
void anew_affinity_take(void);
void anew_affinity_give_back(void);

#endif
