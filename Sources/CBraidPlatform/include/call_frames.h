#ifndef BRAID_CALL_FRAMES_H
#define BRAID_CALL_FRAMES_H

// Swift has no variables of a thread's own. Inline, so that a call of a block pays two instructions.

/// The innermost of the calling thread's frames; see `CallFrame` in BraidPlatform.
extern _Thread_local void *_Nullable braid_innermost_frame;

static inline void *_Nullable braid_get_innermost_frame(void) { return braid_innermost_frame; }

static inline void braid_set_innermost_frame(void *_Nullable frame) {
    braid_innermost_frame = frame;
}

/// What a job keeps that runs without a binding; see `BareJob` in BraidPlatform.
extern _Thread_local void *_Nullable braid_bare_job;

static inline void *_Nullable braid_get_bare_job(void) { return braid_bare_job; }

static inline void braid_set_bare_job(void *_Nullable job) { braid_bare_job = job; }

#endif
