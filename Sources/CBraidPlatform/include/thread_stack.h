#pragma once
#include <stdbool.h>

// Whether the stack of the calling thread has room for calls of the usual depth.
bool braid_stack_has_room(void);
