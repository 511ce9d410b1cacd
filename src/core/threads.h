/*
 * threads.h - the one place where threads are started: those of core/parallel.h, and jobs of a program that run
 * side by side.
 */
#ifndef ANEW_CORE_THREADS_H
#define ANEW_CORE_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread that leaves signals to the caller's thread, but for those that it raises itself. False where none
 * can be started, and in a build without threads. The caller joins or detaches it. */
bool anew_thread_start(pthread_t *thread, void *(*body)(void *context), void *context);

/* False in a build without threads. */
bool anew_threads_possible(void);

#endif
