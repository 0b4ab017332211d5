// Factorisations of small dense matrices and what solves systems with them. All are computed in
// double; `batch` matrices stand one after the other, row by row.
#include <math.h>

#include "../kernels.h"

#pragma clang fp contract(off)

static inline double element(braid_dtype type, const void *a, int64_t i) {
    return type == BRAID_F32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
}
static inline void put(braid_dtype type, void *a, int64_t i, double value) {
    if (type == BRAID_F32) {
        ((float *)a)[i] = (float)value;
    } else {
        ((double *)a)[i] = value;
    }
}
static void load(braid_dtype type, const void *a, int64_t start, double *to, int64_t count) {
    for (int64_t i = 0; i < count; i++) { to[i] = element(type, a, start + i); }
}
static void store(braid_dtype type, void *a, int64_t start, const double *from, int64_t count) {
    for (int64_t i = 0; i < count; i++) { put(type, a, start + i, from[i]); }
}

void braid_cholesky(braid_dtype type, const void *a, void *l, int64_t n, double *scratch,
                    int64_t begin, int64_t end) {
    double *w = scratch;
    for (int64_t m = begin; m < end; m++) {
        load(type, a, m * n * n, w, n * n);
        for (int64_t j = 0; j < n; j++) {
            double *row = w + j * n;
            double pivot = row[j];
            for (int64_t k = 0; k < j; k++) { pivot -= row[k] * row[k]; }
            pivot = pivot > 0 ? sqrt(pivot) : (double)NAN;
            row[j] = pivot;
            for (int64_t i = j + 1; i < n; i++) {
                double *lower = w + i * n;
                double sum = lower[j];
                for (int64_t k = 0; k < j; k++) { sum -= lower[k] * row[k]; }
                lower[j] = sum / pivot;
                row[i] = 0;
            }
        }
        store(type, l, m * n * n, w, n * n);
    }
}

void braid_triangular_solve(braid_dtype type, const void *a, const void *b, void *x, int64_t n,
                            int64_t columns, int lower, int unit, double *scratch, int64_t begin,
                            int64_t end) {
    double *w = scratch;
    for (int64_t m = begin; m < end; m++) {
        load(type, b, m * n * columns, w, n * columns);
        for (int64_t step = 0; step < n; step++) {
            const int64_t i = lower ? step : n - 1 - step;
            double *row = w + i * columns;
            for (int64_t k = lower ? 0 : i + 1; k < (lower ? i : n); k++) {
                const double factor = element(type, a, (m * n + i) * n + k);
                const double *known = w + k * columns;
                for (int64_t c = 0; c < columns; c++) { row[c] -= factor * known[c]; }
            }
            const double pivot = unit ? 1 : element(type, a, (m * n + i) * n + i);
            for (int64_t c = 0; c < columns; c++) { row[c] /= pivot; }
        }
        store(type, x, m * n * columns, w, n * columns);
    }
}

// Gauss's elimination with the largest pivot of each column; rows of `b` move along. The product of
// the pivots with the sign of the permutation is returned.
static double eliminate(double *a, double *b, int64_t n, int64_t columns) {
    double determinant = 1;
    for (int64_t j = 0; j < n; j++) {
        int64_t best = j;
        for (int64_t i = j + 1; i < n; i++) {
            if (fabs(a[i * n + j]) > fabs(a[best * n + j])) { best = i; }
        }
        if (best != j) {
            for (int64_t k = 0; k < n; k++) {
                const double moved = a[j * n + k];
                a[j * n + k] = a[best * n + k];
                a[best * n + k] = moved;
            }
            for (int64_t c = 0; c < columns; c++) {
                const double moved = b[j * columns + c];
                b[j * columns + c] = b[best * columns + c];
                b[best * columns + c] = moved;
            }
            determinant = -determinant;
        }
        const double pivot = a[j * n + j];
        determinant *= pivot;
        if (pivot == 0) { continue; }       // singular: solutions are divided by 0 below
        for (int64_t i = j + 1; i < n; i++) {
            const double factor = a[i * n + j] / pivot;
            if (factor == 0) { continue; }
            for (int64_t k = j + 1; k < n; k++) { a[i * n + k] -= factor * a[j * n + k]; }
            for (int64_t c = 0; c < columns; c++) {
                b[i * columns + c] -= factor * b[j * columns + c];
            }
        }
    }
    return determinant;
}

void braid_solve(braid_dtype type, const void *a, const void *b, void *x, int64_t n,
                 int64_t columns, double *scratch, int64_t begin, int64_t end) {
    double *u = scratch, *w = scratch + n * n;
    for (int64_t m = begin; m < end; m++) {
        load(type, a, m * n * n, u, n * n);
        load(type, b, m * n * columns, w, n * columns);
        eliminate(u, w, n, columns);
        for (int64_t i = n - 1; i >= 0; i--) {
            double *row = w + i * columns;
            for (int64_t k = i + 1; k < n; k++) {
                const double factor = u[i * n + k];
                for (int64_t c = 0; c < columns; c++) { row[c] -= factor * w[k * columns + c]; }
            }
            for (int64_t c = 0; c < columns; c++) { row[c] /= u[i * n + i]; }
        }
        store(type, x, m * n * columns, w, n * columns);
    }
}

void braid_determinant(braid_dtype type, const void *a, void *y, int64_t n, double *scratch,
                       int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; m++) {
        load(type, a, m * n * n, scratch, n * n);
        put(type, y, m, eliminate(scratch, NULL, n, 0));
    }
}

// Householder's reflections: below the diagonal of `w` their vectors are left, whose first elements
// are kept apart.
void braid_qr(braid_dtype type, const void *a, void *q, void *r, int64_t rows, int64_t columns,
              double *scratch, int64_t begin, int64_t end) {
    const int64_t n = columns;
    double *w = scratch, *full = w + rows * n, *heads = full + rows * n, *scales = heads + n;
    for (int64_t m = begin; m < end; m++) {
        load(type, a, m * rows * n, w, rows * n);
        for (int64_t j = 0; j < n; j++) {
            double norm = 0;
            for (int64_t i = j; i < rows; i++) { norm += w[i * n + j] * w[i * n + j]; }
            norm = sqrt(norm);
            const double top = w[j * n + j], image = top > 0 ? -norm : norm;
            heads[j] = top - image;
            double square = heads[j] * heads[j];
            for (int64_t i = j + 1; i < rows; i++) { square += w[i * n + j] * w[i * n + j]; }
            scales[j] = square > 0 ? 2 / square : square;   // no reflection of a column of zeros
            w[j * n + j] = image;
            for (int64_t c = j + 1; c < n; c++) {
                double sum = heads[j] * w[j * n + c];
                for (int64_t i = j + 1; i < rows; i++) { sum += w[i * n + j] * w[i * n + c]; }
                sum *= scales[j];
                w[j * n + c] -= sum * heads[j];
                for (int64_t i = j + 1; i < rows; i++) { w[i * n + c] -= sum * w[i * n + j]; }
            }
        }
        // The first columns of the identity, reflected in the opposite order.
        for (int64_t i = 0; i < rows * n; i++) { full[i] = i / n == i % n; }
        for (int64_t j = n - 1; j >= 0; j--) {
            for (int64_t c = j; c < n; c++) {
                double sum = heads[j] * full[j * n + c];
                for (int64_t i = j + 1; i < rows; i++) { sum += w[i * n + j] * full[i * n + c]; }
                sum *= scales[j];
                full[j * n + c] -= sum * heads[j];
                for (int64_t i = j + 1; i < rows; i++) { full[i * n + c] -= sum * w[i * n + j]; }
            }
        }
        // R's diagonal is made positive, which makes the factors unique.
        for (int64_t j = 0; j < n; j++) {
            const double sign = w[j * n + j] < 0 ? -1 : 1;
            for (int64_t c = 0; c < n; c++) {
                put(type, r, (m * n + j) * n + c, c < j ? 0 : sign * w[j * n + c]);
            }
            for (int64_t i = 0; i < rows; i++) {
                put(type, q, (m * rows + i) * n + j, sign * full[i * n + j]);
            }
        }
    }
}
