/*
 * video.h - frames of a video stream: Y4M's header (mjpegtools, yuv4mpeg(5)) and raw frames, and a frame's samples to a
 * picture and back.
 *
 * Frames are planes one behind the other: Y, Cb, Cr; beyond 8 bits a sample is 16 bits, least significant byte first.
 * rgb24 and gray8 are what they say. Chroma is interpolated between its places to every pixel, and on the way back averaged
 * around them; range, matrix and places of the result are those of the source. RGB outside 0 .. 1, which such frames can
 * spell, is clamped.
 */
#ifndef ANEW_IMAGE_VIDEO_H
#define ANEW_IMAGE_VIDEO_H

#include "image/image.h"

typedef enum anew_video_kind { ANEW_VIDEO_YUV, ANEW_VIDEO_MONO, ANEW_VIDEO_RGB } anew_video_kind;
typedef enum anew_video_matrix {
    ANEW_MATRIX_601,
    ANEW_MATRIX_709,
    ANEW_MATRIX_2020
} anew_video_matrix;

typedef struct anew_video {
    anew_video_kind kind;
    int width, height;
    int bits;         /* 8 .. 16 */
    int sub_x, sub_y; /* pixels a sample of chroma, 1 or 2 in each direction */
    bool left;        /* such a sample stands at the left of its two pixels; else in their middle */
    bool full_range;  /* 0 is black and all ones white; else 16 and 235 (of 8 bits) */
    anew_video_matrix matrix;
    char words[200]; /* of a Y4M header: all but the sizes, each with a space before it */
} anew_video;

/* From a header, without its line's end. The matrix, of which Y4M says nothing, is that which is usual for the size: BT.709
 * from 720 rows or 1280 columns on, else BT.601. Interlaced streams are refused. */
ANEW_NODISCARD anew_status anew_video_read_header(anew_video *video, const char *line,
                                                  const char *label, anew_error *error);

/* From words such as "640x480:yuv420p"; "rgb24" and "gray8", "yuv422p", "yuv444p". */
ANEW_NODISCARD anew_status anew_video_read_raw(anew_video *video, const char *words,
                                               anew_error *error);

/* The header of the same stream in its own size, with the line's end; `bytes` are at least 256. */
void anew_video_write_header(const anew_video *video, char *line, size_t bytes);

/* Bytes of a frame; SIZE_MAX: more than memory can hold. */
size_t anew_video_frame_bytes(const anew_video *video);

/* The kind of picture that stands for a frame: 1 or 3 channels; f32, but for what is RGB or gray of 8 bits already. */
ANEW_NODISCARD anew_status anew_video_picture(anew_image *image, const anew_video *video,
                                              anew_error *error);

/* Both sizes are the video's. */
void anew_video_to_picture(anew_image *image, const anew_video *video, const uint8_t *frame);
void anew_video_from_picture(uint8_t *frame, const anew_video *video, const anew_image *image);

#endif
