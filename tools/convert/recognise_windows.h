/* recognise_windows.h - what the checkpoints of SwinIR, Swin2SR and HAT have in common. */
#ifndef ANEW_CONVERT_RECOGNISE_WINDOWS_H
#define ANEW_CONVERT_RECOGNISE_WINDOWS_H

#include "recognise.h"

/* Leaves out what is computed for each size of picture, masks and indices; tables of biases get their canonical names. */
void windows_make_canonical(checkpoint *c);

/* The tensor that every block has under this name, of so many dimensions. */
ANEW_NODISCARD anew_status windows_find(const checkpoint_tensor **found, const checkpoint *c,
                                        const char *network, const char *part, int rank,
                                        const char *label, anew_error *error);

/* Stages, and blocks in each of them, which must be as many everywhere. */
ANEW_NODISCARD anew_status windows_count_blocks(int *stages, int *depth, const checkpoint *c,
                                                const char *network, const char *label,
                                                anew_error *error);

/* By how much the pixel shuffles of upsample.0, .2, ... enlarge together. */
int64_t windows_shuffled_scale(const checkpoint *c);

/* The whole number whose square it is; 0 where it is none. */
int windows_root(int64_t square);

/* The end that makes the picture: its kind, channels and enlargement. */
ANEW_NODISCARD anew_status windows_describe_end(recognised *r, const checkpoint *c,
                                                const char *network, int64_t colours,
                                                const char *label, anew_error *error);

/* The mean of colours that is taken from the picture, which no tensor of the files has. */
ANEW_NODISCARD anew_status windows_add_mean(checkpoint *c, const char *label, anew_error *error);

#endif
