/*
 * machine_peak.h - measures the yardsticks of kernels/peaks.h on this machine, with as many threads as a run has.
 */
#ifndef ANEW_EXEC_MACHINE_PEAK_H
#define ANEW_EXEC_MACHINE_PEAK_H

#include "core/status.h"
#include "kernels/peaks.h"

/* Operations per second of all threads together: the best of rounds of about a millisecond each, for about
 * `seconds` in all, by the time that each thread had a processor. The best, because what else runs on the machine
 * only makes it slower. 0 where the peak is missing(). */
double anew_measure_peak(const anew_peak *peak, int threads, double seconds);

/* Bytes per second, likewise but by the wall clock: each thread reads, or copies, `bytes` of its own again and again. 0 without memory. */
double anew_measure_load(anew_isa isa, size_t bytes, int threads, double seconds);
double anew_measure_copy(anew_isa isa, size_t bytes, int threads, double seconds);

#endif
