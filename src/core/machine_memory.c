/* machine_memory.c - asks the system. */
#include "core/machine_memory.h"

#include <stdint.h>
#include <unistd.h>

/* The rest is for the picture itself, its enlargement, and everybody else. */
#define MEMORY_SHARE 0.4

size_t anew_default_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0)
        return (size_t)1 << 30;
    /* A 32-bit process may stand on a machine with more memory than it can address. */
    const double share = (double)pages * (double)page * MEMORY_SHARE;
    return share < (double)(SIZE_MAX / 2) ? (size_t)share : SIZE_MAX / 2;
}
