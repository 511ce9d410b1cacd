/* look_median.h - one finding for pictures that are to be treated alike, such as the frames of a video. */
#ifndef ANEW_LOOK_LOOK_MEDIAN_H
#define ANEW_LOOK_LOOK_MEDIAN_H

#include "anew.h"

/* So many pictures at most. */
#define ANEW_LOOK_MOST 8

/* Each figure's median; of two in the middle the one that asks for less, and what is either so or not is so where more
 * than half of them are. Pictures that show next to nothing, such as a black frame, say nothing of the others and are
 * left out unless all are such. `count` is 1 .. ANEW_LOOK_MOST. */
void anew_look_median(anew_findings *median, const anew_findings *list, int count);

#endif
