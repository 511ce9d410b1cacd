/* jpeg_quality.c - the tables of a quality, and the quality of a table. */
#include "look/parts.h"

/* ITU-T T.81, tables K.1 and K.2, row by row. */
static const uint8_t LUMA[64] = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
};
static const uint8_t CHROMA[64] = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
    99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
};

/* As libjpeg scales them (jcparam.c), held to the 8 bits of a baseline file. */
void anew_look_jpeg_table(uint16_t table[64], int quality, bool chroma)
{
    const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (int i = 0; i < 64; i++) {
        const int step = ((chroma ? CHROMA[i] : LUMA[i]) * percent + 50) / 100;
        table[i] = (uint16_t)(step < 1 ? 1 : step > 255 ? 255 : step);
    }
}

int anew_look_jpeg_table_quality(const uint16_t table[64], bool *exact)
{
    int best = 1;
    double least = 1e300;
    for (int quality = 1; quality <= 100; quality++) {
        uint16_t own[64];
        double apart = 0.0;
        anew_look_jpeg_table(own, quality, false);
        for (int i = 0; i < 64; i++) {
            const double a = table[i], b = own[i];
            apart += (a > b ? a - b : b - a) / (a + b);
        }
        if (apart < least) {
            least = apart;
            best = quality;
        }
    }
    *exact = !(least > 0.0);
    return best;
}
