/*
 * nut.h - heads of a NUT stream (the NUT Open Container Format, version 3) of frames without compression: the smallest
 * container in which each frame of a video says its own time, exactly, in a time base of any numbers.
 */
#ifndef ANEW_IMAGE_NUT_H
#define ANEW_IMAGE_NUT_H

#include "image/video.h"

/* Seconds of a tick are numerator / denominator. */
typedef struct anew_time_base {
    int numerator, denominator;
} anew_time_base;

#define ANEW_NUT_HEADER_BYTES 256 /* at most */
#define ANEW_NUT_FRAME_BYTES  64  /* at most */
#define ANEW_NUT_FILE_ID      25  /* bytes that only a file's beginning has */

/* The beginning of a stream; its length, or 0 where NUT knows no such frames (ANEW_VIDEO_YUV and _MONO with 8, 9, 10, 12, 14
 * or 16 bits, and RGB, it does). */
size_t anew_nut_header(uint8_t to[ANEW_NUT_HEADER_BYTES], const anew_video *video,
                       anew_time_base base);

/* What stands before a frame's samples; `ticks` is from 0 on, and grows from frame to frame. Its length. */
size_t anew_nut_frame(uint8_t to[ANEW_NUT_FRAME_BYTES], uint64_t ticks, size_t frame_bytes);

#endif
