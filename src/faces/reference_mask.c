/* reference_mask.c - separable blurs and minima, and the sequence that makes a soft mask of classes. */
#include "faces/reference_mask.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

#define SIDE 512

/* ---- blur ----------------------------------------------------------------------------------------------- */

/* The first half and the middle of the kernel of 101 samples and sigma 11, the one that faces are masked with. OpenCV has
 * an exponential function of its own, up to 2 units in the last place from the exact value; these decide whether a
 * blurred mask sums to 1 or to just below, and so whether a sample is truncated to the next lower one. */
#define FACE_KERNEL 101
#define FACE_SIGMA  11
static const double face_kernel[FACE_KERNEL / 2 + 1] = {
    0x1.3d9320997c25bp-20, 0x1.de17a7bf38417p-20, 0x1.64e8ed67fb58cp-19, 0x1.08402ac73792fp-18,
    0x1.8412e6ca94be9p-18, 0x1.1a9d258b611acp-17, 0x1.983ce6e2d8b48p-17, 0x1.246cb61c4022cp-16,
    0x1.9f7c2e4f210b2p-16, 0x1.24bcaeb80f233p-15, 0x1.991c4ec5d6f8ep-15, 0x1.1b85423e811abp-14,
    0x1.85bc1908d022ep-14, 0x1.09aa455fcb2a8p-13, 0x1.673421a12de51p-13, 0x1.e1add23bf2656p-13,
    0x1.404c85f10d7b6p-12, 0x1.a677dc2924522p-12, 0x1.1452178d2dfc5p-11, 0x1.667cb15ebc175p-11,
    0x1.cd4230959cfabp-11, 0x1.264dd24853bf3p-10, 0x1.7477bd22f281bp-10, 0x1.d382d89d4adafp-10,
    0x1.22fd1739f5a24p-9,  0x1.6740df70cfe47p-9,  0x1.b7e1e31cfeb7cp-9,  0x1.0b165029af448p-8,
    0x1.41ab7619e5c97p-8,  0x1.8037efebc0c46p-8,  0x1.c727155fbb708p-8,  0x1.0b5f5ae5abc27p-7,
    0x1.378ad7eba8e32p-7,  0x1.680578de9fdf6p-7,  0x1.9c9eb782d6717p-7,  0x1.d502d0b5254c3p-7,
    0x1.085c4a7f64ae8p-6,  0x1.27904729ecf7bp-6,  0x1.47bada6c7b599p-6,  0x1.6867edea4945bp-6,
    0x1.8913f51fae714p-6,  0x1.a92eec6952cc7p-6,  0x1.c82029c32f07fp-6,  0x1.e54ae009f9925p-6,
    0x1.0009941ac006fp-5,  0x1.0bf1ac50126f9p-5,  0x1.1618b501c3bf9p-5,  0x1.1e421299af7d2p-5,
    0x1.243bea305ece7p-5,  0x1.27e11b8751b9cp-5,  0x1.291ac05d51e68p-5};

void anew_reference_gauss(double *kernel, int size, double sigma)
{
    /* Small kernels without a sigma are tables. */
    static const double small[5][9] = {
        {1},
        {0.25, 0.5, 0.25},
        {0.0625, 0.25, 0.375, 0.25, 0.0625},
        {0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125},
        {4 / 256.0, 13 / 256.0, 30 / 256.0, 51 / 256.0, 60 / 256.0, 51 / 256.0, 30 / 256.0,
         13 / 256.0, 4 / 256.0}};
    if (sigma <= 0 && size <= 9) {
        memcpy(kernel, small[size / 2], (size_t)size * sizeof *kernel);
        return;
    }
    if (size == FACE_KERNEL && sigma == FACE_SIGMA) {
        for (int i = 0; i <= size / 2; i++)
            kernel[i] = kernel[size - 1 - i] = face_kernel[i];
        return;
    }
    if (sigma <= 0)
        sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8;
    /* In OpenCV's order of rounding. */
    const double scale = -0.125 / (sigma * sigma);
    double sum = 0;
    for (int i = 0; i < size / 2; i++) {
        const int twice = 2 * i + 1 - size;
        kernel[i] = exp((double)(twice * twice) * scale);
        sum += kernel[i];
    }
    kernel[size / 2] = 1;
    const double share = 1 / (sum * 2 + 1);
    for (int i = 0; i <= size / 2; i++)
        kernel[size - 1 - i] = kernel[i] = kernel[i] * share;
}

static int reflected(int i, int size)
{
    while (i < 0 || i >= size)
        i = i < 0 ? -i : 2 * (size - 1) - i;
    return i;
}

/* `line`, whose middle `count` samples are set, gets its `margin` samples on either side. */
static void reflect(double *line, int count, int margin)
{
    double *middle = line + margin;
    for (int i = 1; i <= margin; i++) {
        middle[-i] = middle[reflected(-i, count)];
        middle[count - 1 + i] = middle[reflected(count - 1 + i, count)];
    }
}

static anew_status check_blur(int height, int width, int size, anew_error *error)
{
    if (size % 2 == 0 || size > ANEW_REFERENCE_KERNEL || height < 2 || width < 2)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a blur of %d samples for %dx%d pixels", size,
                         width, height);
    return ANEW_OK;
}

/* One pass along a row, from the first tap to the last; `in` begins size / 2 before the row. In float where `narrow`. */
static void blur_row(double *out, const double *in, int count, const double *kernel, int size,
                     bool narrow)
{
    for (int i = 0; i < count; i++) {
        double sum = kernel[0] * in[i];
        float narrow_sum = (float)kernel[0] * (float)in[i];
        for (int k = 1; k < size; k++) {
            if (narrow)
                narrow_sum = fmaf((float)in[i + k], (float)kernel[k], narrow_sum);
            else
                sum = fma(kernel[k], in[i + k], sum);
        }
        out[i] = narrow ? (double)narrow_sum : sum;
    }
}

/* One pass along a column: the middle, then pairs of equal weight outwards. */
static void blur_column(double *out, const double *in, int count, const double *kernel, int size,
                        bool narrow)
{
    const double *weights = kernel + size / 2;
    for (int i = 0; i < count; i++) {
        const double *middle = in + i + size / 2;
        double sum = weights[0] * middle[0];
        float narrow_sum = (float)weights[0] * (float)middle[0];
        for (int k = 1; k <= size / 2; k++) {
            if (narrow)
                narrow_sum =
                    fmaf((float)middle[-k] + (float)middle[k], (float)weights[k], narrow_sum);
            else
                sum = fma(middle[-k] + middle[k], weights[k], sum);
        }
        out[i] = narrow ? (double)narrow_sum : sum;
    }
}

static anew_status blur(double *plane, int height, int width, int size, double sigma, bool narrow,
                        anew_error *error)
{
    double kernel[ANEW_REFERENCE_KERNEL];
    ANEW_TRY(check_blur(height, width, size, error));
    const int longest = height > width ? height : width, margin = size / 2;
    double *lines = anew_alloc(anew_size_mul(2 * sizeof(double), (size_t)longest + (size_t)margin));
    if (lines == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to blur %dx%d pixels", width, height);
    anew_reference_gauss(kernel, size, sigma);
    double *in = lines, *out = lines + longest + 2 * margin;
    for (int y = 0; y < height; y++) {
        double *row = plane + (size_t)y * (size_t)width;
        memcpy(in + margin, row, (size_t)width * sizeof(double));
        reflect(in, width, margin);
        blur_row(row, in, width, kernel, size, narrow);
    }
    for (int x = 0; x < width; x++) {
        for (int y = 0; y < height; y++)
            in[margin + y] = plane[(size_t)y * (size_t)width + (size_t)x];
        reflect(in, height, margin);
        blur_column(out, in, height, kernel, size, narrow);
        for (int y = 0; y < height; y++)
            plane[(size_t)y * (size_t)width + (size_t)x] = out[y];
    }
    anew_free(lines);
    return ANEW_OK;
}

anew_status anew_reference_blur_f64(double *plane, int height, int width, int size, double sigma,
                                    anew_error *error)
{
    return blur(plane, height, width, size, sigma, false, error);
}

anew_status anew_reference_blur_f32(float *plane, int height, int width, int size, double sigma,
                                    anew_error *error)
{
    const size_t samples = (size_t)height * (size_t)width;
    double *wide = anew_alloc(anew_size_mul(samples, sizeof(double)));
    if (wide == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to blur %dx%d pixels", width, height);
    for (size_t i = 0; i < samples; i++)
        wide[i] = (double)plane[i];
    const anew_status status = blur(wide, height, width, size, sigma, true, error);
    for (size_t i = 0; i < samples; i++)
        plane[i] = (float)wide[i];
    anew_free(wide);
    return status;
}

/* ---- erode ---------------------------------------------------------------------------------------------- */

/* Minimum of `size` samples `step` apart, from size / 2 before each; those outside do not count. */
static void least_line(float *line, const float *in, int count, int size, size_t step)
{
    for (int i = 0; i < count; i++) {
        float least = INFINITY;
        for (int k = i - size / 2; k < i - size / 2 + size; k++)
            if (k >= 0 && k < count)
                least = fminf(least, in[k]);
        line[(size_t)i * step] = least;
    }
}

anew_status anew_reference_erode(float *plane, int height, int width, int size, anew_error *error)
{
    const int longest = height > width ? height : width;
    float *in = anew_alloc(anew_size_mul(sizeof(float), (size_t)longest));
    if (in == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to erode %dx%d pixels", width,
                         height);
    size = size <= 0 ? 3 : size;
    for (int y = 0; y < height; y++) {
        float *row = plane + (size_t)y * (size_t)width;
        memcpy(in, row, (size_t)width * sizeof(float));
        least_line(row, in, width, size, 1);
    }
    for (int x = 0; x < width; x++) {
        for (int y = 0; y < height; y++)
            in[y] = plane[(size_t)y * (size_t)width + (size_t)x];
        least_line(plane + x, in, height, size, (size_t)width);
    }
    anew_free(in);
    return ANEW_OK;
}

/* ---- from classes --------------------------------------------------------------------------------------- */

anew_status anew_reference_parse_mask(double *mask, const uint8_t *classes, anew_error *error)
{
    for (int i = 0; i < SIDE * SIDE; i++)
        mask[i] = (classes[i] >= 1 && classes[i] <= 13) || classes[i] == 15 ? 255 : 0;
    for (int pass = 0; pass < 2; pass++)
        ANEW_TRY(anew_reference_blur_f64(mask, SIDE, SIDE, FACE_KERNEL, FACE_SIGMA, error));
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const bool framed = x < 10 || y < 10 || x >= SIDE - 10 || y >= SIDE - 10;
            mask[y * SIDE + x] = framed ? 0 : mask[y * SIDE + x] / 255;
        }
    return ANEW_OK;
}

/* ---- gray ----------------------------------------------------------------------------------------------- */

uint8_t anew_reference_gray_u8(uint8_t red, uint8_t green, uint8_t blue)
{
    return (uint8_t)((3735 * blue + 19235 * green + 9798 * red + (1 << 14)) >> 15);
}

float anew_reference_gray_f32(float red, float green, float blue)
{
    return fmaf(red, 0.299f, fmaf(green, 0.587f, blue * 0.114f));
}
