/* fft.c - the fast Fourier transform of Cooley and Tukey (1965), in place, of powers of two. */
#include "look/functions.h"
#include "look/parts.h"

void anew_look_cosines(double *cosines, int size)
{
    for (int i = 0; i < size; i++)
        cosines[i] = anew_look_cosine((double)i / size);
}

void anew_look_fft(double *data, int size, const double *cosines)
{
    /* To the order of reversed bits ... */
    for (int i = 1, k = 0; i < size; i++) {
        int bit = size >> 1;
        for (; k & bit; bit >>= 1)
            k ^= bit;
        k ^= bit;
        if (i < k)
            for (int part = 0; part < 2; part++) {
                const double swap = data[2 * i + part];
                data[2 * i + part] = data[2 * k + part];
                data[2 * k + part] = swap;
            }
    }
    /* ... then pairs, fours, eights: a, b become a + w b, a - w b with w = exp(-2 pi i k / length). */
    for (int length = 2; length <= size; length *= 2) {
        const int step = size / length;
        for (int k = 0; k < length / 2; k++) {
            const double real = cosines[k * step];
            const double imaginary = cosines[(k * step + size / 4) % size]; /* -sin */
            for (int i = k; i < size; i += length) {
                double *a = data + 2 * (int64_t)i, *b = a + length;
                const double x = b[0] * real - b[1] * imaginary;
                const double y = b[0] * imaginary + b[1] * real;
                b[0] = a[0] - x;
                b[1] = a[1] - y;
                a[0] += x;
                a[1] += y;
            }
        }
    }
}
