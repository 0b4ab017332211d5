#define _GNU_SOURCE
#include "thread_stack.h"
#include "call_frames.h"
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that calls which are not looked at may take.
static const uintptr_t reserve = 256 << 10;

// The lowest address of the thread's stack; 0 before it is known, 1 where the system does not say.
static _Thread_local uintptr_t lowest BRAID_FIXED_PLACE = 0;

static __attribute__((noinline)) void note_bounds(void) {
    lowest = 1;
#ifdef __APPLE__
    lowest = (uintptr_t)pthread_get_stackaddr_np(pthread_self()) - pthread_get_stacksize_np(pthread_self());
#else
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    void *address = NULL;
    size_t size = 0;
    if (pthread_attr_getstack(&attributes, &address, &size) == 0 && address) lowest = (uintptr_t)address;
    pthread_attr_destroy(&attributes);
#endif
}

bool braid_stack_has_room(void) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (lowest == 0) note_bounds();
    // Below it stands what is no stack of the system's.
    return here < lowest || here - lowest > reserve;
}
