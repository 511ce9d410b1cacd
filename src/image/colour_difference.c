/* colour_difference.c - sRGB to CIELAB, and the distance there by the equations of Sharma, Wu and Dalal 2005. */
#include "image/colour_difference.h"

#include <math.h>

#define PI 3.14159265358979323846

/* CIE 15: the cube root, and below 216/24389 the line that touches it. */
static double lightness(double ratio)
{
    return ratio > 216.0 / 24389 ? cbrt(ratio) : (24389.0 / 27 * ratio + 16) / 116;
}

anew_lab anew_lab_of_linear(double red, double green, double blue)
{
    /* Rows of the matrix of IEC 61966-2-1's primaries; each divided by its sum, which is white's X, Y, Z. */
    const double x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047;
    const double y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue;
    const double z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.0888300;
    const double fx = lightness(x), fy = lightness(y), fz = lightness(z);
    return (anew_lab){116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)};
}

static double degrees(double angle)
{
    return angle * PI / 180;
}

/* Hue in degrees, 0 .. 360; that of gray is 0 (equation 7). */
static double hue_of(double a, double b)
{
    if (a == 0 && b == 0)
        return 0;
    const double hue = atan2(b, a) * 180 / PI;
    return hue < 0 ? hue + 360 : hue;
}

static double power7(double v)
{
    const double cube = v * v * v;
    return cube * cube * v;
}

double anew_ciede2000(const anew_lab *first, const anew_lab *second)
{
    const double far = 6103515625.0; /* 25 to the 7th */
    const double mean_chroma =
        (hypot(first->a, first->b) + hypot(second->a, second->b)) / 2; /* equations 2 and 3 */
    const double seventh = power7(mean_chroma);
    const double stretch = 1 + 0.5 * (1 - sqrt(seventh / (seventh + far))); /* 4 and 5 */
    const double c1 = hypot(stretch * first->a, first->b);                  /* 6 */
    const double c2 = hypot(stretch * second->a, second->b);
    const double h1 = hue_of(stretch * first->a, first->b);
    const double h2 = hue_of(stretch * second->a, second->b);

    double turn = 0, mean_hue = h1 + h2; /* 10 and 14: without chroma hue says nothing */
    if (c1 * c2 != 0) {
        turn = h2 - h1;
        if (turn > 180)
            turn -= 360;
        else if (turn < -180)
            turn += 360;
        if (fabs(h1 - h2) <= 180)
            mean_hue = (h1 + h2) / 2;
        else
            mean_hue = h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2;
    }
    const double dl = second->l - first->l, dc = c2 - c1;         /* 8 and 9 */
    const double dh = 2 * sqrt(c1 * c2) * sin(degrees(turn / 2)); /* 11 */
    const double mean_l = (first->l + second->l) / 2, mean_c = (c1 + c2) / 2;

    const double t = 1 - 0.17 * cos(degrees(mean_hue - 30)) + 0.24 * cos(degrees(2 * mean_hue)) +
                     0.32 * cos(degrees(3 * mean_hue + 6)) -
                     0.20 * cos(degrees(4 * mean_hue - 63)); /* 15 */
    const double bend = (mean_hue - 275) / 25;
    const double rotation = 30 * exp(-bend * bend); /* 16 */
    const double mean_seventh = power7(mean_c);
    const double rc = 2 * sqrt(mean_seventh / (mean_seventh + far)); /* 17 */
    const double from_middle = (mean_l - 50) * (mean_l - 50);
    const double sl = 1 + 0.015 * from_middle / sqrt(20 + from_middle); /* 18 */
    const double sc = 1 + 0.045 * mean_c;                               /* 19 */
    const double sh = 1 + 0.015 * mean_c * t;                           /* 20 */
    const double rt = -sin(degrees(2 * rotation)) * rc;                 /* 21 */
    const double l = dl / sl, c = dc / sc, h = dh / sh;
    return sqrt(fmax(l * l + c * c + h * h + rt * c * h, 0)); /* 22 */
}
