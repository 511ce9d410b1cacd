/* machine_memory.h - what the engine may allocate where nobody says. */
#ifndef ANEW_CORE_MACHINE_MEMORY_H
#define ANEW_CORE_MACHINE_MEMORY_H

#include <stddef.h>

/* A share of the machine's memory. */
size_t anew_default_memory(void);

#endif
