// Counts what the process asks the C library's allocator for, for tests.
#ifndef BRAID_ALLOCATION_COUNTER_H
#define BRAID_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

// Whether this build counts: with glibc and without a sanitizer.
bool braid_counts_allocations(void);

// Blocks that the calling thread has asked for so far.
int64_t braid_allocation_count(void);

// Blocks that the process has asked for and not given back.
int64_t braid_live_allocation_count(void);

#endif
