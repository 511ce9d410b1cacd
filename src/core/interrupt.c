/* interrupt.c - one number, set by the handler. */
#include "core/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"

static atomic_int first_signal;
static atomic_int wake_descriptor = -1;

/* Async-signal-safe. */
static void remember(int number)
{
    const int code = errno;
    int none = 0;
    if (!atomic_compare_exchange_strong(&first_signal, &none, number))
        anew_output_discard_and_end(number);
    const int descriptor = atomic_load(&wake_descriptor);
    if (descriptor >= 0 && write(descriptor, "", 1) < 0)
        errno = 0; /* a full pipe wakes, too */
    errno = code;
}

void anew_interrupt_catch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    /* Calls are begun again: what is under way is finished, not failed. */
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction before;
        /* What a shell without job control has set to be ignored for its children, or nohup, stays so. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
}

int anew_interrupted(void)
{
    return atomic_load(&first_signal);
}

#define TURN 0.05 /* seconds */

void anew_interrupt_sleep(double seconds)
{
    double left = seconds;
    while (left > 0 && anew_interrupted() == 0) {
        const double turn = left < TURN ? left : TURN;
        const struct timespec pause = {.tv_nsec = (long)(turn * 1e9)};
        (void)nanosleep(&pause, NULL);
        left -= TURN;
    }
}

void anew_interrupt_wake(int descriptor)
{
    atomic_store(&wake_descriptor, descriptor);
}
