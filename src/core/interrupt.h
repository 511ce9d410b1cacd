/*
 * interrupt.h - for programs that end in order when they are asked to: the first SIGINT or SIGTERM is remembered for
 * whoever asks, the second ends the process at once (core/file.h).
 */
#ifndef ANEW_CORE_INTERRUPT_H
#define ANEW_CORE_INTERRUPT_H

/* After anew_output_discard_on_signals, which keeps SIGHUP and SIGPIPE. */
void anew_interrupt_catch(void);

/* The number of the first signal, 0 as long as there was none. From any thread. */
int anew_interrupted(void);

/* Waits so long, in seconds, or until there is a signal, 0.05 s late at most. */
void anew_interrupt_sleep(double seconds);

/* From now on each signal also writes a byte there (a pipe that somebody waits for); -1: no longer. */
void anew_interrupt_wake(int descriptor);

#endif
