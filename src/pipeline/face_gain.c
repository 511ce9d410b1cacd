/* face_gain.c - face by face. */
#include "pipeline/face_gain.h"

#include <math.h>

bool anew_face_gains(const anew_face_detail *detail, const anew_face_need *need)
{
    const double room = fmin(need->side, detail->square * need->enlarge);
    const double shown = detail->shown * (1 - need->damage / 2);
    return shown > 0 && room >= ANEW_FACE_GAIN * shown;
}

anew_status anew_faces_that_gain(bool *gains, const anew_face_report *report, int count,
                                 const anew_image *picture, double noise,
                                 const anew_face_need *need, const anew_row_kernels *kernels,
                                 int threads, anew_error *error)
{
    for (int i = 0; i < count; i++) {
        anew_face_detail detail;
        gains[i] = false;
        if (report[i].fate != ANEW_FACE_RESTORED)
            continue;
        ANEW_TRY(anew_face_detail_measure(&detail, picture, &report[i].face, noise, kernels,
                                          threads, error));
        gains[i] = anew_face_gains(&detail, need);
    }
    return ANEW_OK;
}
