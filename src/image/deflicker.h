/*
 * deflicker.h - smooths what a network makes flicker from frame to frame: each frame is blended with the one before, moved
 * as the source moved, where the source says that both show the same.
 */
#ifndef ANEW_IMAGE_DEFLICKER_H
#define ANEW_IMAGE_DEFLICKER_H

#include "image/video.h"

typedef struct anew_deflicker anew_deflicker;

/* How far consecutive frames differ, in steps of 255, where the source shows the same in both: the mean of |frame - frame
 * before, moved|, of brightness. */
typedef struct anew_flicker {
    double before, after; /* of what came in, and of what went out */
    long frames, cuts;    /* that were seen; cuts between scenes among them */
} anew_flicker;

/* `source` is what a network got, `made` what it gave. `strength` 0 .. 1; with 0 it measures and changes nothing. */
ANEW_NODISCARD anew_status anew_deflicker_create(anew_deflicker **deflicker,
                                                 const anew_video *source, const anew_video *made,
                                                 double strength, int threads, anew_error *error);
void anew_deflicker_free(anew_deflicker **deflicker);

/* The next frame: its source, and the frame itself, which is changed. */
void anew_deflicker_frame(anew_deflicker *deflicker, const uint8_t *source, uint8_t *made);

anew_flicker anew_deflicker_measure(const anew_deflicker *deflicker);

/* All that the next frame depends on, as bytes; and back, with the source of the frame before. False: these are of
 * another video or another strength. */
size_t anew_deflicker_state_bytes(const anew_deflicker *deflicker);
void anew_deflicker_save(const anew_deflicker *deflicker, uint8_t *state);
bool anew_deflicker_load(anew_deflicker *deflicker, const uint8_t *state, size_t bytes,
                         const uint8_t *source_before);

#endif
