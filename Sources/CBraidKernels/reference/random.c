// Random numbers from counters: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers:
// as easy as 1, 2, 3. SC 2011).
#include <math.h>
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)

#define FACTOR_0 0xD2511F53u
#define FACTOR_1 0xCD9E8D57u
#define KEY_STEP_0 0x9E3779B9u
#define KEY_STEP_1 0xBB67AE85u
enum { ROUNDS = 10 };

void braid_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)FACTOR_0 * c0, p1 = (uint64_t)FACTOR_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += KEY_STEP_0;
        k1 += KEY_STEP_1;
    }
    words[0] = c0; words[1] = c1; words[2] = c2; words[3] = c3;
}

// The words of BLOCKS counters in a row, so that the rounds of all run side by side.
enum { BLOCKS = 16 };
typedef struct { uint32_t words[BLOCKS][4]; } blocks;

static blocks blocks_at(uint64_t key, uint64_t counter) {
    uint32_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        c0[i] = (uint32_t)(counter + (uint64_t)i);
        c1[i] = (uint32_t)((counter + (uint64_t)i) >> 32);
        c2[i] = c3[i] = 0;
    }
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < ROUNDS; round++, k0 += KEY_STEP_0, k1 += KEY_STEP_1) {
        for (int i = 0; i < BLOCKS; i++) {
            uint64_t p0 = (uint64_t)FACTOR_0 * c0[i], p1 = (uint64_t)FACTOR_1 * c2[i];
            c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0;
            c1[i] = (uint32_t)p1;
            c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
            c3[i] = (uint32_t)p0;
        }
    }
    blocks b;
    for (int i = 0; i < BLOCKS; i++) {
        b.words[i][0] = c0[i];
        b.words[i][1] = c1[i];
        b.words[i][2] = c2[i];
        b.words[i][3] = c3[i];
    }
    return b;
}

// A word in [0, 1), in steps of 2^-32; two words in [0, 1), in steps of 2^-53.
static inline double unit_32(uint32_t word) { return word * 0x1p-32; }
static inline double unit_64(uint32_t low, uint32_t high) {
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

// Box and Muller's two numbers from two uniform ones; the first is moved from [0, 1) to (0, 1].
typedef struct { double values[2]; } pair;
static inline pair normal(double u, double v, double step) {
    const double radius = sqrt(-2.0 * log(u + step)), angle = 6.283185307179586477 * v;
    return (pair){{radius * cos(angle), radius * sin(angle)}};
}

// `y` holds what the blocks from `r` on give, as many elements as BLOCKS blocks have.
static void elements_f32(braid_random_kind kind, const blocks *r, double a, double b, float *y) {
    const uint32_t *words = r->words[0];
    const float low = (float)a, high = (float)b, below = nextafterf(high, low);
    switch (kind) {
    case BRAID_RANDOM_UNIFORM:
        for (int i = 0; i < 4 * BLOCKS; i++) {
            float x = (float)(low + ((double)high - low) * unit_32(words[i]));
            y[i] = x >= high ? below : x;       // rounding may reach the bound
        }
        break;
    case BRAID_RANDOM_BERNOULLI:
        for (int i = 0; i < 4 * BLOCKS; i++) { y[i] = unit_32(words[i]) < a ? 1.0f : 0.0f; }
        break;
    case BRAID_RANDOM_NORMAL:
        for (int i = 0; i < 4 * BLOCKS; i += 2) {
            const pair z = normal(unit_32(words[i]), unit_32(words[i + 1]), 0x1p-32);
            y[i] = (float)(a + b * z.values[0]);
            y[i + 1] = (float)(a + b * z.values[1]);
        }
        break;
    }
}

static void elements_f64(braid_random_kind kind, const blocks *r, double a, double b, double *y) {
    const double below = nextafter(b, a);
    for (int i = 0; i < BLOCKS; i++) {
        const uint32_t *words = r->words[i];
        const double u[2] = {unit_64(words[0], words[1]), unit_64(words[2], words[3])};
        const pair z = kind == BRAID_RANDOM_NORMAL ? normal(u[0], u[1], 0x1p-53) : (pair){{0, 0}};
        for (int j = 0; j < 2; j++) {
            if (kind == BRAID_RANDOM_UNIFORM) {
                double x = a + (b - a) * u[j];
                y[2 * i + j] = x >= b ? below : x;
            } else if (kind == BRAID_RANDOM_BERNOULLI) {
                y[2 * i + j] = u[j] < a ? 1.0 : 0.0;
            } else {
                y[2 * i + j] = a + b * z.values[j];
            }
        }
    }
}

// Batches of BLOCKS blocks, of which the first and the last may be needed in part.
#define RANDOM(SUFFIX, T, PER_BLOCK)                                                              \
    static void random_##SUFFIX(braid_random_kind kind, uint64_t key, uint64_t offset, double a,  \
                                double b, T *y, int64_t begin, int64_t end) {                     \
        T batch[PER_BLOCK * BLOCKS];                                                              \
        for (int64_t i = begin; i < end;) {                                                       \
            const int skipped = (int)(i % PER_BLOCK);                                             \
            int64_t count = PER_BLOCK * BLOCKS - skipped;                                         \
            if (count > end - i) { count = end - i; }                                             \
            const blocks r = blocks_at(key, offset + (uint64_t)(i / PER_BLOCK));                  \
            elements_##SUFFIX(kind, &r, a, b, batch);                                             \
            memcpy(y + i, batch + skipped, (size_t)count * sizeof(T));                            \
            i += count;                                                                           \
        }                                                                                         \
    }
RANDOM(f32, float, 4)
RANDOM(f64, double, 2)

void braid_random(braid_random_kind kind, braid_dtype type, uint64_t key, uint64_t offset, double a,
                  double b, void *y, int64_t begin, int64_t end) {
    if (type == BRAID_F64) {
        random_f64(kind, key, offset, a, b, y, begin, end);
    } else {
        random_f32(kind, key, offset, a, b, y, begin, end);
    }
}
