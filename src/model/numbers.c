/* numbers.c - checksums, element sizes, shapes, and the two 16-bit float formats. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/format.h"
#include "model/model.h"

/* Eight bytes at a time ("slicing by 8": M. Kounavis, F. Berry, "A systematic approach to building high performance,
 * software-based, CRC generators", 2005). slices[s][b] is what a byte b does to the remainder s bytes later. The
 * remainder is linear: a byte does what its bits do, so that each entry is one exclusive or of two others, and the
 * tables are made in some microseconds for each call that is worth it. */
typedef uint32_t crc_slices[8][256];

#define POLYNOMIAL 0x82f63b78u /* 0x1edc6f41, reflected */
#define WORTH_IT   1024        /* bytes */

static void make_slices(crc_slices slices)
{
    uint32_t remainder = 1;
    slices[0][0] = 0;
    for (int bit = 7; bit >= 0; bit--) {
        remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? POLYNOMIAL : 0);
        slices[0][1 << bit] = remainder;
    }
    for (uint32_t b = 1; b < 256; b++)
        slices[0][b] = slices[0][b & (b - 1)] ^ slices[0][b & (0u - b)];
    for (int s = 1; s < 8; s++)
        for (uint32_t b = 0; b < 256; b++)
            slices[s][b] = (slices[s - 1][b] >> 8) ^ slices[0][slices[s - 1][b] & 255];
}

static uint32_t crc_of_bytes(uint32_t crc, const uint8_t *bytes, size_t size)
{
    /* Four bits at a time. */
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                       0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                       0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = table[crc & 15] ^ (crc >> 4);
        crc = table[crc & 15] ^ (crc >> 4);
    }
    return crc;
}

uint32_t anew_crc32c(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = 0xffffffffu;
    if (size >= WORTH_IT) {
        crc_slices slices;
        make_slices(slices);
        for (; size >= 8; size -= 8, bytes += 8) {
            crc ^= bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                   (uint32_t)bytes[3] << 24;
            crc = slices[7][crc & 255] ^ slices[6][crc >> 8 & 255] ^ slices[5][crc >> 16 & 255] ^
                  slices[4][crc >> 24] ^ slices[3][bytes[4]] ^ slices[2][bytes[5]] ^
                  slices[1][bytes[6]] ^ slices[0][bytes[7]];
        }
    }
    return crc_of_bytes(crc, bytes, size) ^ 0xffffffffu;
}

size_t anew_dtype_bytes(int dtype)
{
    switch (dtype) {
    case ANEW_DTYPE_F32:
        return 4;
    case ANEW_DTYPE_F16:
    case ANEW_DTYPE_BF16:
        return 2;
    case ANEW_DTYPE_I8:
        return 1;
    default:
        return 0;
    }
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float anew_half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 31u, fraction = half & 0x3ffu;
    if (exponent == 31)
        return float_of(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0)
        return float_of(sign | (exponent + 112) << 23 | fraction << 13);
    const float small = ldexpf((float)fraction, -24); /* zero or subnormal */
    return sign ? -small : small;
}

uint16_t anew_float_to_half(float value)
{
    const uint32_t bits = bits_of(value);
    const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u); /* NaN */
    if (magnitude >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00u); /* 65520 and more round to infinity */
    if (magnitude < 0x38800000u) {
        /* Subnormal: a multiple of 2^-24; scaling by a power of two is exact, rintf rounds to even. */
        return (uint16_t)(sign | (uint32_t)rintf(ldexpf(fabsf(value), 24)));
    }
    const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
    return (uint16_t)(sign | (rounded - 0x38000000u) >> 13);
}

float anew_bfloat_to_float(uint16_t bits)
{
    return float_of((uint32_t)bits << 16);
}

uint16_t anew_float_to_bfloat(float value)
{
    const uint32_t bits = bits_of(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

void anew_tensor_to_f32(float *dst, const anew_tensor *tensor)
{
    const size_t count = (size_t)tensor->elements;
    const uint16_t *halves = tensor->data;
    const int8_t *bytes = tensor->data;
    switch (tensor->dtype) {
    case ANEW_DTYPE_F32:
        memcpy(dst, tensor->data, count * sizeof(float));
        break;
    case ANEW_DTYPE_F16:
        for (size_t i = 0; i < count; i++)
            dst[i] = anew_half_to_float(halves[i]);
        break;
    case ANEW_DTYPE_BF16:
        for (size_t i = 0; i < count; i++)
            dst[i] = anew_bfloat_to_float(halves[i]);
        break;
    case ANEW_DTYPE_I8: {
        const size_t row = count / (size_t)tensor->dims[0];
        for (size_t i = 0; i < count; i++)
            dst[i] = (float)bytes[i] * tensor->row_scale[i / row];
        break;
    }
    }
}

const char *anew_shape_text(char text[ANEW_SHAPE_TEXT], int rank, const int64_t *dims)
{
    (void)snprintf(text, ANEW_SHAPE_TEXT, "%s", rank > 0 ? "" : "of a single number");
    for (int i = 0; i < rank && i < ANEW_MAX_RANK; i++)
        (void)snprintf(text + strlen(text), ANEW_SHAPE_TEXT - strlen(text), "%s%lld", i ? "x" : "",
                       (long long)dims[i]);
    return text;
}
