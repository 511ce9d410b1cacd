/*
 * recognise.h - which network a checkpoint belongs to, from tensor names and shapes alone; the renaming
 * to canonical names; the hyper-parameters.
 */
#ifndef ANEW_CONVERT_RECOGNISE_H
#define ANEW_CONVERT_RECOGNISE_H

#include "checkpoint.h"

#define RECOGNISED_MAX_HYPERS 16

typedef struct recognised_hyper {
    const char *name;
    char kind; /* 'i' integer, 'r' real, 't' text */
    int64_t integer;
    double real;
    char text[64];
} recognised_hyper;

typedef struct recognised {
    const char *architecture;
    recognised_hyper hypers[RECOGNISED_MAX_HYPERS];
    int hyper_count;
    char remark[256]; /* what no tensor shows and was therefore assumed; "" if nothing */
} recognised;

/* One row per network. */
typedef struct recognition {
    const char *architecture, *names, *paper;
    bool (*matches)(const checkpoint *c);
    /* Renames the tensors and fills the hyper-parameters. */
    anew_status (*describe)(recognised *r, checkpoint *c, const char *label, anew_error *error);
} recognition;

extern const recognition recognitions[]; /* ends with a NULL architecture */

/* Fills *r; an unknown checkpoint is refused with the list of what is known. */
ANEW_NODISCARD anew_status recognise(recognised *r, checkpoint *c, const char *label,
                                     anew_error *error);

/* NAME=VALUE given by the user; replaces a hyper-parameter of that name (and kind) or adds one. */
ANEW_NODISCARD anew_status recognised_set(recognised *r, const char *assignment, anew_error *error);

/* Makes a network that was trained on samples from 0 to `value_range` one for samples from 0 to 1. All that
 * the networks here do but for adding biases gives r times the result for r times the input, so that biases
 * divided by r do it. */
ANEW_NODISCARD anew_status recognised_fold_range(recognised *r, checkpoint *c, const char *label,
                                                 anew_error *error);

/* For the pages: */
const checkpoint_tensor *recognise_find(const checkpoint *c, const char *name);
/* The same for the weights of a convolution, [out][in][ky][kx]; refuses the file where they are not that. */
ANEW_NODISCARD anew_status recognise_conv(const checkpoint_tensor **found, const checkpoint *c,
                                          const char *network, const char *name, const char *label,
                                          anew_error *error);
void recognised_integer(recognised *r, const char *name, int64_t value);
void recognised_real(recognised *r, const char *name, double value);
void recognised_text(recognised *r, const char *name, const char *value);

bool srvgg_matches(const checkpoint *c);
anew_status srvgg_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool rrdb_matches(const checkpoint *c);
anew_status rrdb_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool retinaface_matches(const checkpoint *c);
anew_status retinaface_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool yunet_matches(const checkpoint *c);
anew_status yunet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool scrfd_matches(const checkpoint *c);
anew_status scrfd_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool span_matches(const checkpoint *c);
anew_status span_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool swinir_matches(const checkpoint *c);
anew_status swinir_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool swin2sr_matches(const checkpoint *c);
anew_status swin2sr_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool hat_matches(const checkpoint *c);
anew_status hat_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool parsenet_matches(const checkpoint *c);
anew_status parsenet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool gfpgan_matches(const checkpoint *c);
anew_status gfpgan_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool codeformer_matches(const checkpoint *c);
anew_status codeformer_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool bisenet_matches(const checkpoint *c);
anew_status bisenet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool dncnn_matches(const checkpoint *c);
anew_status dncnn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool ffdnet_matches(const checkpoint *c);
anew_status ffdnet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool espcn_matches(const checkpoint *c);
anew_status espcn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool pan_matches(const checkpoint *c);
anew_status pan_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool imdn_matches(const checkpoint *c);
anew_status imdn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool rfdn_matches(const checkpoint *c);
anew_status rfdn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool bsrn_matches(const checkpoint *c);
anew_status bsrn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool safmn_matches(const checkpoint *c);
anew_status safmn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool plksr_matches(const checkpoint *c);
anew_status plksr_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool upconv_matches(const checkpoint *c);
anew_status upconv_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool cunet_matches(const checkpoint *c);
anew_status cunet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool face_unet_matches(const checkpoint *c);
anew_status face_unet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);
bool unet_matches(const checkpoint *c);
anew_status unet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error);

#endif
