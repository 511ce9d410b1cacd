/* face_choice.c - the fates of faces before any is restored. */
#include "pipeline/face_choice.h"

#include <math.h>

/* In distances of the eyes, and in distances from the eyes to the mouth. */
#define NOSE_ASIDE  0.5
#define EYES_NARROW 0.5

double anew_face_side(const anew_face *face)
{
    return fmin((double)(face->box[2] - face->box[0]), (double)(face->box[3] - face->box[1]));
}

static double longer_side(const anew_face *face)
{
    return fmax((double)(face->box[2] - face->box[0]), (double)(face->box[3] - face->box[1]));
}

static double middle_x(const anew_face *face)
{
    return ((double)face->box[0] + (double)face->box[2]) / 2;
}

static double middle_y(const anew_face *face)
{
    return ((double)face->box[1] + (double)face->box[3]) / 2;
}

bool anew_face_is_turned(const anew_face *face)
{
    const float(*p)[2] = face->landmarks;
    const double across_x = (double)(p[1][0] - p[0][0]), across_y = (double)(p[1][1] - p[0][1]);
    const double eyes_x = (double)(p[0][0] + p[1][0]) / 2, eyes_y = (double)(p[0][1] + p[1][1]) / 2;
    const double mouth_x = (double)(p[3][0] + p[4][0]) / 2,
                 mouth_y = (double)(p[3][1] + p[4][1]) / 2;
    const double eyes = hypot(across_x, across_y);
    const double tall = hypot(mouth_x - eyes_x, mouth_y - eyes_y);
    /* Along the line of the eyes; written so that what is not a number counts as turned. */
    const double aside = fabs(((double)p[2][0] - eyes_x) * across_x / eyes +
                              ((double)p[2][1] - eyes_y) * across_y / eyes);
    return !(aside <= NOSE_ASIDE * eyes) || !(eyes >= EYES_NARROW * tall);
}

bool anew_face_is_cut(const anew_face *face, int width, int height)
{
    bool inside = true;
    for (int k = 0; k < 5; k++)
        inside = inside && face->landmarks[k][0] >= 0 && face->landmarks[k][1] >= 0 &&
                 face->landmarks[k][0] <= (float)width && face->landmarks[k][1] <= (float)height;
    return !inside;
}

static bool is_excluded(const anew_face *face, const anew_face_options *options)
{
    const double x = middle_x(face), y = middle_y(face);
    for (int i = 0; i < options->area_count; i++) {
        const anew_face_area *a = &options->areas[i];
        if (x >= a->x && x < a->x + a->width && y >= a->y && y < a->y + a->height)
            return true;
    }
    return false;
}

static bool is_named(int number, const anew_face_options *options)
{
    for (int i = 0; i < options->number_count; i++)
        if (options->numbers[i] == number)
            return true;
    return false;
}

/* What the face itself looks like. */
static anew_face_fate fate_of(const anew_face *face, int width, int height, double least,
                              double sure)
{
    return !((double)face->score > sure)           ? ANEW_FACE_DOUBTFUL
           : anew_face_side(face) < least          ? ANEW_FACE_SMALL
           : anew_face_is_cut(face, width, height) ? ANEW_FACE_CUT
           : anew_face_is_turned(face)             ? ANEW_FACE_TURNED
                                                   : ANEW_FACE_RESTORED;
}

void anew_faces_choose(anew_face_report *report, int count, const anew_face_options *options,
                       int width, int height, double sure)
{
    const double least = options->min_size > 0 ? options->min_size : ANEW_SMALLEST_FACE;
    const bool one = options->choice == ANEW_FACES_LARGEST || options->choice == ANEW_FACES_CENTER;
    int best = -1;
    double best_score = 0;
    for (int i = 0; i < count; i++) {
        anew_face_report *r = &report[i];
        const anew_face *f = &r->face;
        if (is_excluded(f, options)) {
            r->fate = ANEW_FACE_EXCLUDED;
        } else if (options->min_size > 0 && anew_face_side(f) < options->min_size) {
            r->fate = ANEW_FACE_SMALL;
        } else if (options->max_size > 0 && longer_side(f) > options->max_size) {
            r->fate = ANEW_FACE_LARGE;
        } else if (r->listed) {
            r->fate = r->wanted ? ANEW_FACE_RESTORED : ANEW_FACE_OTHER;
        } else if (options->choice == ANEW_FACES_NUMBERS) {
            r->fate = !((double)f->score > sure) ? ANEW_FACE_DOUBTFUL
                      : is_named(i + 1, options) ? ANEW_FACE_RESTORED
                                                 : ANEW_FACE_OTHER;
        } else {
            r->fate = fate_of(f, width, height, least, sure);
            const double score = options->choice == ANEW_FACES_CENTER
                                     ? -hypot(middle_x(f) - width / 2.0, middle_y(f) - height / 2.0)
                                     : anew_face_side(f);
            if (r->fate == ANEW_FACE_RESTORED && (best < 0 || score > best_score)) {
                best = i;
                best_score = score;
            }
        }
    }
    for (int i = 0; one && i < count; i++)
        if (i != best && !report[i].listed && report[i].fate == ANEW_FACE_RESTORED)
            report[i].fate = ANEW_FACE_OTHER;
}
