// Random numbers from counters: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers:
// as easy as 1, 2, 3. SC 2011).
#include <math.h>

#include "../kernels.h"

#pragma clang fp contract(off)

enum { ROUNDS = 10 };

void braid_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    words[0] = c0; words[1] = c1; words[2] = c2; words[3] = c3;
}

// The words of one block, read as uniform numbers.
typedef struct { uint32_t words[4]; } block;

static inline block block_at(uint64_t key, uint64_t counter) {
    const uint32_t c[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
    const uint32_t k[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    block b;
    braid_philox4x32_10(c, k, b.words);
    return b;
}

// Word j in [0, 1), in steps of 2^-32; words 2j and 2j + 1 in [0, 1), in steps of 2^-53.
static inline double unit_32(const block *b, int j) { return b->words[j] * 0x1p-32; }
static inline double unit_64(const block *b, int j) {
    uint64_t bits = (uint64_t)b->words[2 * j + 1] << 32 | b->words[2 * j];
    return (double)(bits >> 11) * 0x1p-53;
}

// Box and Muller's j-th number from two uniform ones; the first is moved from [0, 1) to (0, 1].
static inline double normal(double u, double v, double step, int j) {
    const double radius = sqrt(-2.0 * log(u + step)), angle = 6.283185307179586477 * v;
    return radius * (j == 0 ? cos(angle) : sin(angle));
}

static inline float uniform_f32(double u, float a, float b) {
    float y = (float)(a + ((double)b - a) * u);
    return y >= b && b > a ? nextafterf(b, a) : y;      // rounding may reach b
}

static inline double uniform_f64(double u, double a, double b) {
    double y = a + (b - a) * u;
    return y >= b && b > a ? nextafter(b, a) : y;
}

static void random_f32(braid_random_kind kind, uint64_t key, uint64_t offset, double a, double b,
                       float *y, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end;) {
        const block r = block_at(key, offset + (uint64_t)i / 4);
        for (int j = (int)(i % 4); j < 4 && i < end; j++, i++) {
            if (kind == BRAID_RANDOM_UNIFORM) {
                y[i] = uniform_f32(unit_32(&r, j), (float)a, (float)b);
            } else if (kind == BRAID_RANDOM_BERNOULLI) {
                y[i] = unit_32(&r, j) < a;
            } else {
                const int pair = j & ~1;
                const double z =
                    normal(unit_32(&r, pair), unit_32(&r, pair + 1), 0x1p-32, j & 1);
                y[i] = (float)(a + b * z);
            }
        }
    }
}

static void random_f64(braid_random_kind kind, uint64_t key, uint64_t offset, double a, double b,
                       double *y, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end;) {
        const block r = block_at(key, offset + (uint64_t)i / 2);
        for (int j = (int)(i % 2); j < 2 && i < end; j++, i++) {
            if (kind == BRAID_RANDOM_UNIFORM) {
                y[i] = uniform_f64(unit_64(&r, j), a, b);
            } else if (kind == BRAID_RANDOM_BERNOULLI) {
                y[i] = unit_64(&r, j) < a;
            } else {
                y[i] = a + b * normal(unit_64(&r, 0), unit_64(&r, 1), 0x1p-53, j);
            }
        }
    }
}

void braid_random(braid_random_kind kind, braid_dtype type, uint64_t key, uint64_t offset, double a,
                  double b, void *y, int64_t begin, int64_t end) {
    if (type == BRAID_F64) {
        random_f64(kind, key, offset, a, b, y, begin, end);
    } else {
        random_f32(kind, key, offset, a, b, y, begin, end);
    }
}
