/* threads.c - starts threads, or says that there are none. */
#include "core/threads.h"

#include <signal.h>
#include <stddef.h>

#if !ANEW_SERIAL

bool anew_thread_start(pthread_t *thread, void *(*body)(void *context), void *context)
{
    /* Signals are the caller's affair, but for those that a thread raises itself: blocked, they would kill the
     * process past any handler. */
    static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    sigset_t all, before;
    (void)sigfillset(&all);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        (void)sigdelset(&all, own[i]);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(thread, NULL, body, context) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool anew_threads_possible(void)
{
    return true;
}

#else

bool anew_thread_start(pthread_t *thread, void *(*body)(void *context), void *context)
{
    (void)thread, (void)body, (void)context;
    return false;
}

bool anew_threads_possible(void)
{
    return false;
}

#endif
