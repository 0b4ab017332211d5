#include "call_frames.h"

_Thread_local void *braid_innermost_frame = 0;
_Thread_local void *braid_bare_job = 0;
