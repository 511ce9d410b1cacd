/*
 * tile_emulator.h - runs AMX's instructions on a CPU without them: each one raises SIGILL there, and the handler
 * does what the manual says it does. So the compiled kernel itself is checked, not a copy of it.
 */
#ifndef ANEW_TESTS_TILE_EMULATOR_H
#define ANEW_TESTS_TILE_EMULATOR_H

#include <stdbool.h>

/* Takes SIGILL from here on. False where the CPU lacks the other instructions of such a kernel (AVX-512 with BF16),
 * or is no x86-64: then there is nothing to run. */
bool tile_emulator_start(void);

/* Instructions done so far. */
long tile_emulator_count(void);

#endif
