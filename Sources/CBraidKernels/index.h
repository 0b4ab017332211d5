// Internal: how kernels read an index.
#ifndef BRAID_INDEX_H
#define BRAID_INDEX_H

#include "BraidKernels.h"

// The i-th of int32 or int64 indices, brought into [0, axis).
static inline int64_t braid_index_at(braid_dtype type, const void *indices, int64_t i,
                                     int64_t axis) {
    int64_t index = type == BRAID_I64 ? ((const int64_t *)indices)[i]
                                      : ((const int32_t *)indices)[i];
    return index < 0 ? 0 : index >= axis ? axis - 1 : index;
}

#endif
