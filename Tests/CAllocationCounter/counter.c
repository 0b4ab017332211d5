// The allocator's functions, defined over glibc's own ones: what an executable defines stands before
// the C library's for every library in the process.
#include "CAllocationCounter.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <errno.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static _Thread_local int64_t allocations;
static atomic_llong live;

static void *counted(void *block) {
    if (block != NULL) {
        allocations++;
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    }
    return block;
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void free(void *block) {
    if (block != NULL) { atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed); }
    __libc_free(block);
}

// A block that moves or grows counts as asked for; the number of live ones stays.
void *realloc(void *block, size_t size) {
    if (block == NULL) { return malloc(size); }
    void *result = __libc_realloc(block, size);
    if (size == 0) {
        atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    } else {
        allocations++;
    }
    return result;
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
        return EINVAL;
    }
    void *result = memalign(alignment, size);
    if (result == NULL) { return ENOMEM; }
    *block = result;
    return 0;
}

bool braid_counts_allocations(void) { return true; }
int64_t braid_allocation_count(void) { return allocations; }
int64_t braid_live_allocation_count(void) {
    return atomic_load_explicit(&live, memory_order_relaxed);
}

#else

bool braid_counts_allocations(void) { return false; }
int64_t braid_allocation_count(void) { return 0; }
int64_t braid_live_allocation_count(void) { return 0; }

#endif
