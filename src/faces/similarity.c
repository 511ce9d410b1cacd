/* similarity.c - fits of a similarity to point pairs. All arithmetic in double but where said. */
#include "faces/similarity.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- plain maps ------------------------------------------------------------------------------------------- */

anew_point anew_affine_apply(const anew_affine *affine, double x, double y)
{
    const double(*m)[3] = affine->m;
    return (anew_point){m[0][0] * x + m[0][1] * y + m[0][2], m[1][0] * x + m[1][1] * y + m[1][2]};
}

anew_affine anew_affine_then(const anew_affine *first, const anew_affine *second)
{
    anew_affine both;
    for (int r = 0; r < 2; r++) {
        const double *s = second->m[r];
        for (int c = 0; c < 3; c++)
            both.m[r][c] = s[0] * first->m[0][c] + s[1] * first->m[1][c] + (c == 2 ? s[2] : 0);
    }
    return both;
}

anew_status anew_affine_invert(anew_affine *inverse, const anew_affine *affine, anew_error *error)
{
    const double(*m)[3] = affine->m;
    const double determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    const double d = 1 / determinant;
    const double a = m[1][1] * d, b = -m[0][1] * d, c = -m[1][0] * d, e = m[0][0] * d;
    const anew_affine result = {
        {{a, b, -(a * m[0][2] + b * m[1][2])}, {c, e, -(c * m[0][2] + e * m[1][2])}}};
    for (int i = 0; i < 6; i++)
        if (determinant == 0 || !isfinite(result.m[i / 3][i % 3]))
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "a map of the plane has no inverse");
    *inverse = result;
    return ANEW_OK;
}

anew_affine anew_affine_resize(double factor_x, double factor_y)
{
    return (anew_affine){
        {{factor_x, 0, 0.5 * factor_x - 0.5}, {0, factor_y, 0.5 * factor_y - 0.5}}};
}

/* ---- fits ------------------------------------------------------------------------------------------------- */

void anew_face_template(anew_point points[ANEW_LANDMARKS], int size)
{
    /* That of FFHQ's alignment at 512 pixels, as in facexlib. */
    static const anew_point at_512[ANEW_LANDMARKS] = {{192.98138, 239.94708},
                                                      {318.90277, 240.1936},
                                                      {256.63416, 314.01935},
                                                      {201.26117, 371.41043},
                                                      {313.08905, 371.15118}};
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        points[i] = (anew_point){at_512[i].x * (size / 512.0), at_512[i].y * (size / 512.0)};
}

/* With centred points s and d: a = sum s.d / sum |s|^2, b = sum s x d / sum |s|^2; the shift carries mean to
 * mean. False where it does not exist. Points with used[i] false are left out. */
static bool fit(anew_affine *result, const anew_point *from, const anew_point *to, int count,
                const bool *used)
{
    anew_point mean_from = {0, 0}, mean_to = {0, 0};
    double squares = 0, along = 0, across = 0;
    int points = 0;
    for (int i = 0; i < count; i++) {
        if (used != NULL && !used[i])
            continue;
        points++;
        mean_from.x += from[i].x;
        mean_from.y += from[i].y;
        mean_to.x += to[i].x;
        mean_to.y += to[i].y;
    }
    mean_from.x /= points;
    mean_from.y /= points;
    mean_to.x /= points;
    mean_to.y /= points;
    for (int i = 0; i < count; i++) {
        if (used != NULL && !used[i])
            continue;
        const double sx = from[i].x - mean_from.x, sy = from[i].y - mean_from.y;
        const double dx = to[i].x - mean_to.x, dy = to[i].y - mean_to.y;
        squares += sx * sx + sy * sy;
        along += sx * dx + sy * dy;
        across += sx * dy - sy * dx;
    }
    const double a = along / squares, b = across / squares;
    *result = (anew_affine){{{a, -b, mean_to.x - (a * mean_from.x - b * mean_from.y)},
                             {b, a, mean_to.y - (b * mean_from.x + a * mean_from.y)}}};
    return squares > 0 && isfinite(a) && isfinite(b) && a * a + b * b > 0 &&
           isfinite(result->m[0][2]) && isfinite(result->m[1][2]);
}

static anew_status no_similarity(anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "the landmarks of a face coincide or are not numbers: it cannot be aligned");
}

anew_status anew_similarity_fit(anew_affine *similarity, const anew_point *from,
                                const anew_point *to, int count, anew_error *error)
{
    if (count < 2 || !fit(similarity, from, to, count, NULL))
        return no_similarity(error);
    return ANEW_OK;
}

/* ---- least median of squares ------------------------------------------------------------------------------ */

/* Rounds that find two right points out of five with 99 % where 45 % are wrong: log(0.01) / log(1 - 0.55^2). */
#define ROUNDS 13

/* The generator of OpenCV, multiply with carry (Marsaglia 2003), as it starts each time. */
static unsigned int draw(uint64_t *state)
{
    *state = (uint64_t)(uint32_t)*state * UINT64_C(4164903690) + (*state >> 32);
    return (uint32_t)*state % ANEW_LANDMARKS;
}

/* Squared distances in float, as OpenCV forms them: the order of the medians hangs on it. */
static void residuals(float squared[ANEW_LANDMARKS], const anew_affine *model,
                      const anew_point *from, const anew_point *to)
{
    float m[2][3];
    for (int i = 0; i < 6; i++)
        m[i / 3][i % 3] = (float)model->m[i / 3][i % 3];
    for (int i = 0; i < ANEW_LANDMARKS; i++) {
        const float x = (float)from[i].x, y = (float)from[i].y;
        const float dx = m[0][0] * x + m[0][1] * y + m[0][2] - (float)to[i].x;
        const float dy = m[1][0] * x + m[1][1] * y + m[1][2] - (float)to[i].y;
        squared[i] = dx * dx + dy * dy;
    }
}

static float median_of(const float values[ANEW_LANDMARKS])
{
    float sorted[ANEW_LANDMARKS] = {0};
    for (int i = 0; i < ANEW_LANDMARKS; i++) {
        int at = i;
        for (; at > 0 && sorted[at - 1] > values[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = values[i];
    }
    return sorted[ANEW_LANDMARKS / 2];
}

/* volatile: gcc 12 takes two roundings side by side for none when it makes one vector of them. */
static double to_float(double value)
{
    const volatile float narrow = (float)value;
    return (double)narrow;
}

static bool rounded(anew_point to[ANEW_LANDMARKS], const anew_point from[ANEW_LANDMARKS])
{
    bool finite = true;
    for (int i = 0; i < ANEW_LANDMARKS; i++) {
        to[i] = (anew_point){to_float(from[i].x), to_float(from[i].y)};
        finite = finite && isfinite(to[i].x) && isfinite(to[i].y);
    }
    return finite;
}

anew_status anew_similarity_robust(anew_affine *similarity, bool inliers[ANEW_LANDMARKS],
                                   const anew_point from[ANEW_LANDMARKS],
                                   const anew_point to[ANEW_LANDMARKS], anew_error *error)
{
    anew_point f[ANEW_LANDMARKS], t[ANEW_LANDMARKS];
    float squared[ANEW_LANDMARKS];
    if (!rounded(f, from) || !rounded(t, to))
        return no_similarity(error);
    uint64_t state = UINT64_MAX;
    anew_affine best;
    float smallest = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        const unsigned int first = draw(&state);
        unsigned int second = draw(&state);
        while (second == first)
            second = draw(&state);
        const anew_point pair_from[2] = {f[first], f[second]};
        const anew_point pair_to[2] = {t[first], t[second]};
        anew_affine model;
        if (!fit(&model, pair_from, pair_to, 2, NULL))
            continue; /* two landmarks in one place tell nothing */
        residuals(squared, &model, f, t);
        const float median = median_of(squared);
        if (median < smallest) {
            smallest = median;
            best = model;
        }
    }
    if (!isfinite(smallest))
        return no_similarity(error);
    /* A robust standard deviation from the median (Rousseeuw and Leroy 1987, with 5 points and 2 to fit). */
    const double sigma =
        fmax(2.5 * 1.4826 * (1 + 5.0 / (ANEW_LANDMARKS - 2)) * sqrt((double)smallest), 0.001);
    const float limit = (float)(sigma * sigma);
    bool used[ANEW_LANDMARKS];
    residuals(squared, &best, f, t);
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        used[i] = squared[i] <= limit;
    if (!fit(similarity, f, t, ANEW_LANDMARKS, used))
        return no_similarity(error);
    if (inliers != NULL)
        memcpy(inliers, used, sizeof used);
    return ANEW_OK;
}

anew_status anew_face_align(anew_affine *to_crop, const anew_face *face, int size,
                            anew_error *error)
{
    anew_point from[ANEW_LANDMARKS], to[ANEW_LANDMARKS];
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        from[i] = (anew_point){(double)face->landmarks[i][0], (double)face->landmarks[i][1]};
    anew_face_template(to, size);
    return anew_similarity_robust(to_crop, NULL, from, to, error);
}
