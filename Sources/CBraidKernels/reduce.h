// Internal: a reduction's index spaces, brought into their simplest form, and the walk over them.
//
// The order of summation. The reduced elements are taken in row-major order and cut into blocks of
// REDUCE_BLOCK. In a block, lane l of REDUCE_LANES sums the elements l, l + LANES, l + 2 LANES, ...
// in order, from +0; then the lanes' upper half is added to the lower half until one is left. The
// blocks' sums are combined as a binary counter counts: two sums of 2^k blocks each make one of
// 2^(k+1); what is left at the end is combined from the smallest to the largest. The order depends
// on the number of reduced elements only, and is the same for every instruction set; products,
// maxima and minima follow it too.
#ifndef BRAID_REDUCE_H
#define BRAID_REDUCE_H

#include "BraidKernels.h"

enum {
    REDUCE_LANES = 32, REDUCE_BLOCK = 256,
    REDUCE_LEVELS = 56,     // 2^63 elements are 2^55 blocks
    REDUCE_COLUMNS = 32,    // outputs side by side that are reduced together
};

// Extents of an index space with the strides of one operand.
typedef struct {
    int rank;
    int64_t count, extents[BRAID_MAX_RANK], strides[BRAID_MAX_RANK];
} reduce_space;

// Drops extents of 1 and joins neighbours without a gap between them; at least one dimension stays.
static inline reduce_space reduce_space_of(int rank, const int64_t *extents,
                                           const int64_t *strides) {
    reduce_space s = {.rank = 0, .count = 1};
    for (int axis = 0; axis < rank; axis++) {
        s.count *= extents[axis];
        if (extents[axis] == 1) { continue; }
        int last = s.rank - 1;
        if (last >= 0 && s.strides[last] == strides[axis] * extents[axis]) {
            s.extents[last] *= extents[axis];
            s.strides[last] = strides[axis];
        } else {
            s.extents[s.rank] = extents[axis];
            s.strides[s.rank++] = strides[axis];
        }
    }
    if (s.rank == 0) {
        s.extents[0] = 1;
        s.strides[0] = 1;
        s.rank = 1;
    }
    return s;
}

// A position in a space, walked in row-major order.
typedef struct {
    int64_t offset, at[BRAID_MAX_RANK];
} reduce_position;

static inline reduce_position reduce_position_at(const reduce_space *s, int64_t index) {
    reduce_position p = {.offset = 0};
    if (s->count == 0) { return p; }
    for (int axis = s->rank - 1; axis >= 0; axis--) {
        p.at[axis] = index % s->extents[axis];
        index /= s->extents[axis];
        p.offset += p.at[axis] * s->strides[axis];
    }
    return p;
}

// Moves on by `count` elements, which must not pass the end of the innermost row.
static inline void reduce_advance(const reduce_space *s, reduce_position *p, int64_t count) {
    int axis = s->rank - 1;
    p->at[axis] += count;
    p->offset += count * s->strides[axis];
    for (; axis > 0 && p->at[axis] == s->extents[axis]; axis--) {
        p->offset += s->strides[axis - 1] - p->at[axis] * s->strides[axis];
        p->at[axis] = 0;
        p->at[axis - 1]++;
    }
}

// Elements from a position to the end of its innermost row.
static inline int64_t reduce_row_left(const reduce_space *s, const reduce_position *p) {
    return s->extents[s->rank - 1] - p->at[s->rank - 1];
}

#endif
