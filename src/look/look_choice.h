/* look_choice.h - from what is seen of a picture to what is done with it, and both in words. */
#ifndef ANEW_LOOK_LOOK_CHOICE_H
#define ANEW_LOOK_LOOK_CHOICE_H

#include <stddef.h>

#include "anew.h"

/* What the findings say, as a part of a sentence: "photo, JPEG of quality 40, noise 5.2, enlarged 2.0 times". */
void anew_look_words(char *text, size_t size, const anew_findings *findings);

/* The quality of the worst JPEG that the picture has been, by its file's tables or its pixels; 0: of none. */
int anew_look_worst_quality(const anew_findings *findings);

#endif
