#ifndef BRAID_CALL_FRAMES_H
#define BRAID_CALL_FRAMES_H

// Swift has no variables of a thread's own. Inline, and at a place that the loader fixes, so that a call of a
// block pays two instructions.
#ifdef __ELF__
#define BRAID_FIXED_PLACE __attribute__((tls_model("initial-exec")))
#else
#define BRAID_FIXED_PLACE
#endif

/// The innermost of the calling thread's frames; see `CallFrame` in BraidPlatform.
extern _Thread_local void *_Nullable braid_innermost_frame BRAID_FIXED_PLACE;

static inline void *_Nullable braid_get_innermost_frame(void) { return braid_innermost_frame; }

static inline void braid_set_innermost_frame(void *_Nullable frame) {
    braid_innermost_frame = frame;
}

/// What a job keeps that runs without a binding; see `BareJob` in BraidPlatform.
extern _Thread_local void *_Nullable braid_bare_job BRAID_FIXED_PLACE;

static inline void *_Nullable braid_get_bare_job(void) { return braid_bare_job; }

static inline void braid_set_bare_job(void *_Nullable job) { braid_bare_job = job; }

#endif
