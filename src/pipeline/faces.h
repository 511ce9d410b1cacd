/*
 * faces.h - the faces of a picture restored and pasted into its enlargement:
 *
 *     picture -> detector -> for each face: aligned crop of the enlargement -> restorer -> what it changed -> guard
 *     -> paste
 *
 * Faces are found in the picture as it came and cut from the enlargement, to which what the restorer changed is added
 * (faces/paste.h): so detail that the enlargement has stays, nothing is sharpened twice, and a restorer that changes
 * nothing changes nothing. For this the enlargement is in memory.
 */
#ifndef ANEW_PIPELINE_FACES_H
#define ANEW_PIPELINE_FACES_H

#include "faces/face_parser.h"
#include "faces/guard.h"
#include "image/planes.h"
#include "pipeline/enhance.h"

/* What became of a face. */
typedef enum anew_face_fate {
    ANEW_FACE_RESTORED = 0,
    ANEW_FACE_HELD_BACK, /* the guard let only a part of the change pass */
    /* Left alone: */
    ANEW_FACE_SMALL,    /* too few pixels to tell who it is, or fewer than are asked for */
    ANEW_FACE_LARGE,    /* more pixels than are asked for */
    ANEW_FACE_OTHER,    /* not one of those asked for */
    ANEW_FACE_EXCLUDED, /* its middle lies in an area that is excluded */
    ANEW_FACE_DOUBTFUL, /* its score is not above what the detector is to be sure by */
    ANEW_FACE_CUT,      /* the picture's edge cuts off eyes, nose or mouth */
    ANEW_FACE_TURNED,   /* seen from the side */
    ANEW_FACE_UNCLEAR   /* its landmarks make no face */
} anew_face_fate;

/* By what it was decided which pixels of a face take part. */
typedef enum anew_face_mask {
    ANEW_FACE_MASK_LANDMARKS = 0, /* by its landmarks' shape alone */
    ANEW_FACE_MASK_PARSED,        /* ... and by what a parser sees as the face */
    ANEW_FACE_MASK_NOT_PARSED     /* ... alone, for the parser sees no face there */
} anew_face_mask;

typedef struct anew_face_report {
    anew_face face;
    anew_face_fate fate;
    double share;                    /* of the change that was pasted, strength not counted */
    double displacement, eye_colour; /* faces/guard.h; 0 where the face was left alone */
    anew_face_mask mask;
    bool listed, wanted;       /* the caller named it, and to be restored */
    double strength, fidelity; /* its own; below 0: those of the options */
} anew_face_report;

typedef enum anew_face_choice {
    ANEW_FACES_ALL = 0,
    ANEW_FACES_LARGEST,
    ANEW_FACES_CENTER, /* the one nearest to the picture's centre */
    ANEW_FACES_NUMBERS /* those that `numbers` names */
} anew_face_choice;

/* In pixels of the picture. */
typedef struct anew_face_area {
    double x, y, width, height;
} anew_face_area;

#define ANEW_MOST_FACE_NUMBERS 256
#define ANEW_MOST_FACE_AREAS   64

typedef struct anew_face_options {
    anew_face_choice choice;
    double strength; /* 0 .. 1; 0 changes nothing */
    double fidelity; /* of a restorer that has this (CodeFormer's w): 0 .. 1, -1: its default */
    double min_size; /* shorter side of a face's box in pixels; 0: 24 */
    double max_size; /* longer side; 0: any */
    bool guard;      /* hold a change back that moves the landmarks or colours the eyes */
    int numbers[ANEW_MOST_FACE_NUMBERS]; /* by falling score, from 1 */
    int number_count;
    anew_face_area areas[ANEW_MOST_FACE_AREAS]; /* faces whose middle lies in one are left alone */
    int area_count;
} anew_face_options;

/* A face that the caller names, in place of the detector. */
typedef struct anew_face_wish {
    anew_face face;
    bool restore;
    double strength, fidelity; /* below 0: those of the options */
} anew_face_wish;

typedef struct anew_face_wishes {
    const anew_face_wish *list;
    int count;
    bool
        found; /* by this detector in this picture, before: they are chosen from as if it looked now */
} anew_face_wishes;

/* A restorer with its packed weights; used by one thread at a time. */
typedef struct anew_face_restorer anew_face_restorer;

/* The model must stay open, and take and give a square of 3 channels; `enhance` says level, threads, precision and
 * memory. Fails where the network and what it needs do not fit into the memory. */
ANEW_NODISCARD anew_status anew_face_restorer_open(anew_face_restorer **restorer,
                                                   const anew_model *model,
                                                   const anew_face_options *options,
                                                   const anew_enhance_options *enhance,
                                                   anew_error *error);
void anew_face_restorer_close(anew_face_restorer **restorer);

/* From now on. */
void anew_face_restorer_set_options(anew_face_restorer *restorer, const anew_face_options *options);

/* Masks are narrowed by this parser from now on; NULL: they are not. It is borrowed, and used by the restorer's
 * thread. */
void anew_face_restorer_set_parser(anew_face_restorer *restorer, anew_face_parser *parser);

/* That it takes, with its weights. */
size_t anew_face_restorer_bytes(const anew_face_restorer *restorer);

/* Side of the model's square; fails where it restores no faces. */
ANEW_NODISCARD anew_status anew_face_model_side(int *side, const anew_model *model,
                                                anew_error *error);

/* What the guard lets pass (faces/guard.h). */
extern const anew_guard_limits anew_face_limits;

/* Restores these faces of a picture of width x height in `image`, an enlargement of it (or itself), whose pixels
 * change, as far as the restorer's options choose them; report[count] has the faces, with strength and fidelity, and is
 * filled. The guard asks the detector; NULL: no guard. After a failure the picture is as it was. */
ANEW_NODISCARD anew_status anew_faces_restore(anew_face_restorer *restorer, anew_detector *detector,
                                              const anew_image *image, int width, int height,
                                              anew_face_report *report, int count,
                                              anew_error *error);

/* Beside the picture and its enlargement, which is of so many pixels across: the networks, and what one face takes while
 * it is restored. The detector may be NULL: no guard. */
ANEW_NODISCARD anew_status anew_face_stage_bytes(size_t *bytes, const anew_face_restorer *restorer,
                                                 anew_detector *detector, int width,
                                                 anew_error *error);

/* What each face that is restored leaves until the last one is. */
size_t anew_face_kept_bytes(const anew_face_restorer *restorer, int channels);

/* Side of the square that the network takes and gives. */
int anew_face_restorer_side(const anew_face_restorer *restorer);

/* Restores one aligned crop of 3 channels (RGB, 0 .. 1) and that side. Samples go to the network as -1 .. 1 and come back
 * as 0 .. 1, clamped; what is not finite stays as it was. */
ANEW_NODISCARD anew_status anew_face_restorer_run(anew_face_restorer *restorer,
                                                  anew_planes *restored, const anew_planes *crop,
                                                  anew_error *error);

/* The faces of one picture, and its enlargement as it comes. */
typedef struct anew_face_work anew_face_work;

/* Finds the faces of `picture`, or takes `wishes` (may be NULL) for them; restorer and detector are borrowed until the
 * enlargement is there. The detector may be NULL where there are wishes and no guard; the restorer may be NULL where only
 * the fates are wanted, which then are those of `options`. */
ANEW_NODISCARD anew_status anew_face_work_create(anew_face_work **work,
                                                 anew_face_restorer *restorer,
                                                 anew_detector *detector, const anew_image *picture,
                                                 const anew_face_options *options,
                                                 const anew_face_wishes *wishes, anew_error *error);
void anew_face_work_free(anew_face_work **work);

/* How many of the faces of a work are to be restored. */
int anew_face_work_count(const anew_face_work *work);

/* Told of each face that is restored, by its number (from 1): the crop of the enlargement, and what becomes of it at full
 * strength: RGB, 0 .. 1 and, where a change is added, some way beyond. */
typedef anew_status anew_face_watcher(void *context, int number, const anew_planes *crop,
                                      const anew_planes *restored, anew_error *error);
void anew_face_work_watch(anew_face_work *work, anew_face_watcher *watcher, void *context);

/* After the last row: the enlargement with its faces, which the caller may change. */
anew_image *anew_face_work_result(anew_face_work *work);

/* A sink for the rows of the enlargement; after the last one the faces are restored and all is handed on to `to`,
 * which must live as long. */
anew_row_sink anew_face_work_sink(anew_face_work *work, const anew_row_sink *to);

/* The faces by falling score (or in the order of the wishes), and what became of each: after the last row. Before that
 * those to be restored say so. Borrowed. */
const anew_face_report *anew_face_work_report(const anew_face_work *work, int *count);

/* A picture in memory as a source; used up by it, and `image` emptied where all is asked for at once. */
typedef struct anew_picture_source {
    anew_image *image;
    int next; /* row */
} anew_picture_source;

anew_row_source anew_picture_rows(anew_picture_source *source);

/* For people: such as "too small". */
const char *anew_face_fate_name(anew_face_fate fate);
const char *anew_face_mask_name(anew_face_mask mask);

#endif
