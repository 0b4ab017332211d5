#include "call_frames.h"

_Thread_local void *braid_innermost_frame BRAID_FIXED_PLACE = 0;
_Thread_local void *braid_bare_job BRAID_FIXED_PLACE = 0;
