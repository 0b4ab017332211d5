// Running sums and products, and linear recurrences, along an axis.
#include "../kernels.h"

#pragma clang fp contract(off)

// Lines next to each other are walked side by side.
enum { SIDE = 64 };

// Floats are summed up in double, integers wrap in 64 bits and so in fewer.
#define SCAN(T, A, START, STEP)                                                                   \
    for (int64_t o = begin_outer; o < end_outer; o++) {                                           \
        for (int64_t first = 0; first < inner; first += SIDE) {                                   \
            const int n = inner - first < SIDE ? (int)(inner - first) : SIDE;                     \
            A running[SIDE];                                                                      \
            for (int i = 0; i < n; i++) { running[i] = START; }                                   \
            for (int64_t k = 0; k < length; k++) {                                                \
                const int64_t at = (o * length + (reversed ? length - 1 - k : k)) * inner + first; \
                const T *from = (const T *)x + at;                                                \
                T *to = (T *)y + at;                                                              \
                for (int i = 0; i < n; i++) {                                                     \
                    const A before = running[i], after = before STEP (A)from[i];                  \
                    running[i] = after;                                                           \
                    to[i] = (T)(exclusive ? before : after);                                      \
                }                                                                                 \
            }                                                                                     \
        }                                                                                         \
    }
#define EITHER(T, A)                                                                              \
    if (kind == BRAID_SCAN_SUM) { SCAN(T, A, 0, +) } else { SCAN(T, A, 1, *) }

void braid_scan(braid_scan_kind kind, braid_dtype type, const void *x, void *y, int64_t length,
                int64_t inner, int exclusive, int reversed, int64_t begin_outer,
                int64_t end_outer) {
    switch (type) {
    case BRAID_F32: EITHER(float, double) break;
    case BRAID_F64: EITHER(double, double) break;
    case BRAID_I8: case BRAID_U8: EITHER(uint8_t, uint64_t) break;
    case BRAID_I16: case BRAID_U16: EITHER(uint16_t, uint64_t) break;
    case BRAID_I32: case BRAID_U32: EITHER(uint32_t, uint64_t) break;
    case BRAID_I64: case BRAID_U64: EITHER(uint64_t, uint64_t) break;
    case BRAID_F16: case BRAID_BF16: case BRAID_BOOL: break;    // refused by inference
    }
}

#define RECURRENCE(T)                                                                             \
    for (int64_t o = begin_outer; o < end_outer; o++) {                                           \
        for (int64_t first = 0; first < inner; first += SIDE) {                                   \
            const int n = inner - first < SIDE ? (int)(inner - first) : SIDE;                     \
            double running[SIDE];                                                                 \
            for (int i = 0; i < n; i++) { running[i] = 0; }                                       \
            for (int64_t k = 0; k < length; k++) {                                                \
                const int64_t at = (o * length + (reversed ? length - 1 - k : k)) * inner + first; \
                for (int i = 0; i < n; i++) {                                                     \
                    /* The first factor has nothing to multiply, be it NaN or infinite. */        \
                    const double carried = k > 0 ? ((const T *)a)[at + i] * running[i] : 0;       \
                    running[i] = carried + ((const T *)b)[at + i];                                \
                    ((T *)y)[at + i] = (T)running[i];                                             \
                }                                                                                 \
            }                                                                                     \
        }                                                                                         \
    }

void braid_recurrence(braid_dtype type, const void *a, const void *b, void *y, int64_t length,
                      int64_t inner, int reversed, int64_t begin_outer, int64_t end_outer) {
    if (type == BRAID_F32) {
        RECURRENCE(float)
    } else {
        RECURRENCE(double)
    }
}
