#include "call_frames.h"

_Thread_local void *braid_innermost_frame = 0;
