/*
 * anew.h - restore and enlarge photos with anew's own inference engine.
 *
 * This is the whole public API. Everything returns an anew_status; the text that a user can act on
 * stands in the anew_error that the caller passes (it may be NULL). Nothing here prints or exits.
 *
 *     #include <anew.h>
 *     #include <stdio.h>
 *     int main(void)
 *     {
 *         anew_error error;
 *         if (anew_enhance_file("photo.jpg", "photo_x4.png", NULL, &error) != ANEW_OK)
 *             return puts(error.text), 1;
 *         return 0;
 *     }
 */
#ifndef ANEW_H
#define ANEW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ANEW_VERSION "0.1.0"

#if defined(__GNUC__)
#define ANEW_NODISCARD           __attribute__((warn_unused_result))
#define ANEW_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define ANEW_API                 __attribute__((visibility("default")))
#else
#define ANEW_NODISCARD
#define ANEW_PRINTF(text, first)
#define ANEW_API
#endif

/* Outcome of a call: 0 is success, everything else is negative. */
typedef enum anew_status {
    ANEW_OK = 0,
    ANEW_ERROR_MEMORY = -1,      /* an allocation failed, or a size does not fit in memory */
    ANEW_ERROR_IO = -2,          /* the system refused: missing file, permission, full disk */
    ANEW_ERROR_FORMAT = -3,      /* the bytes are damaged or not of a kind that we read */
    ANEW_ERROR_UNSUPPORTED = -4, /* well-formed, but beyond what this build can do */
    ANEW_ERROR_ARGUMENT = -5,    /* a value that the caller passed is out of range */
    ANEW_ERROR_LIMIT = -6,       /* larger than a limit that the caller or a format sets */
    ANEW_ERROR_CANCELLED = -7    /* the caller's progress function asked to stop */
} anew_status;

/* The first error of a call, as one line without a newline: what, where, and why. */
typedef struct anew_error {
    anew_status status;
    char text[512];
    int system_code; /* errno of what the system refused (ANEW_ERROR_IO), else 0 */
} anew_error;

/* The version of the library that runs, which may be another than the header's. */
ANEW_API const char *anew_version(void);

/* ---- models -------------------------------------------------------------------------------------- */

/* An opened model: weights, hyper-parameters, provenance. Immutable once opened, so any number of
 * threads may use it. */
typedef struct anew_model anew_model;

/* Opens a model. What has a '/' in it or ends in ".anew" is a path; another name is looked for among the
 * models inside the library, then as NAME.anew in the folders of the environment variable ANEW_MODELS
 * (separated by colons), in $XDG_DATA_HOME/anew (else ~/.local/share/anew) and in PREFIX/share/anew. NULL
 * is the default, photo-x4. A wish for several, with weights that sum to 1, is their mixture:
 * "photo-x4:0.8,photo-x4-crisp:0.2". A single model that names a partner to be mixed with usually is, where
 * the partner is found (photo-x4 is); "photo-x4:1" is that model alone. On failure *model is NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_model_open_named(anew_model **model, const char *wish,
                                                          anew_error *error);

/* The bytes of a .anew file, a model alone. They are used in place where they begin at a multiple of 64, else copied; they must
 * stay unchanged until the model is closed. On failure *model is NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_model_open_memory(anew_model **model, const void *data,
                                                           size_t size, anew_error *error);

/* What the file says of itself: "" where it says nothing. Borrowed from the model. */
ANEW_API const char *anew_model_name(const anew_model *model);
ANEW_API const char *anew_model_architecture(const anew_model *model); /* such as "srvgg" */
ANEW_API const char *anew_model_source(const anew_model *model); /* where the weights come from */
ANEW_API const char *anew_model_licence(const anew_model *model);

/* How many times larger than the input its network's output is in both directions; 0 where the network cannot be
 * built. */
ANEW_API int anew_model_scale(const anew_model *model);

/* Frees a model and sets the pointer to NULL; NULL contents are allowed. */
ANEW_API void anew_model_close(anew_model **model);

/* ---- pictures in memory --------------------------------------------------------------------------- */

typedef enum anew_sample {
    ANEW_SAMPLE_U8 = 0,  /* 0 .. 255 */
    ANEW_SAMPLE_U16 = 1, /* 0 .. 65535, the machine's byte order */
    ANEW_SAMPLE_F32 = 2  /* 0 .. 1; results are clamped to that */
} anew_sample;

/* A picture in the caller's memory, encoded sRGB: sample c of the pixel at (x, y) begins at byte
 * y * row_stride + x * pixel_stride + c * channel_stride from `data`. Strides may be negative, and need not be
 * multiples of anything. All three 0: interleaved rows without gaps. */
typedef struct anew_pixels {
    void *data;
    anew_sample sample;
    int width, height;
    int channels; /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha (not premultiplied) */
    ptrdiff_t row_stride, pixel_stride, channel_stride;
} anew_pixels;

/* Pictures that come and go row by row, so that neither need be in memory: `in` and `out` say size and kind, their
 * data are not looked at. `read` fills the next row of the input, `write` takes the next row of the result, both
 * interleaved without gaps and from the top; what they return, if not ANEW_OK, ends the run and is what the run
 * returns. They are called by the thread that called the run. */
typedef struct anew_rows {
    void *context;
    anew_pixels in, out;
    anew_status (*read)(void *context, int y, void *row);
    anew_status (*write)(void *context, int y, const void *row);
} anew_rows;

/* ---- sessions -------------------------------------------------------------------------------------- */

/* How a model is run. A session is used by one thread at a time; any number of sessions of one model may run at
 * once. They share its packed weights, and one set of worker threads, which is no larger than the processors that
 * affinity and a control group's quota leave the process (or the largest number that a session asks for). */
typedef struct anew_session anew_session;

/* The model must stay open. On failure *session is NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_session_open(anew_session **session,
                                                      const anew_model *model, anew_error *error);
ANEW_API void anew_session_close(anew_session **session);

/* 0, the default: as many as the process may use. */
ANEW_API void anew_session_set_threads(anew_session *session, int threads);

/* Bytes that the engine may allocate beside the caller's buffers; 0, the default: 40 % of the machine's. The result
 * is the same. */
ANEW_API void anew_session_set_memory(anew_session *session, size_t bytes);

/* How the network's sums are formed. */
typedef enum anew_precision {
    ANEW_PRECISION_F32 = 0, /* float32, in any order: within some 3e-6 of exact sums */
    ANEW_PRECISION_EXACT,   /* float32, in one defined order: the same bits on every CPU */
    ANEW_PRECISION_BF16, /* factors rounded to bfloat16 where the CPU is faster so, sums in float32 */
    ANEW_PRECISION_INT8, /* factors rounded to 8 bits where the CPU is faster so and the model has been made ready by
                            anew-quantize; other models are refused */
    ANEW_PRECISION_AUTO, /* the fastest whose picture stays within 50 dB of float32's */
    ANEW_PRECISION_TF32  /* factors rounded to 11 bits, on a GPU's tensor cores; a CPU refuses it */
} anew_precision;

ANEW_API void anew_session_set_precision(anew_session *session, anew_precision precision);

/* The standard deviation of the picture's noise, of samples from 0 to 255, for a model that is told it, such as FFDNet: 0
 * to 75; 15 where nothing is said. anew_look_file measures it. Other models do not look at it. */
ANEW_API void anew_session_set_noise_level(anew_session *session, double level);

/* Told after each band of rows how much is done, at last with done == total, by the thread that called the run;
 * 0 cancels: the run then returns ANEW_ERROR_CANCELLED. */
ANEW_API void anew_session_set_progress(anew_session *session,
                                        int (*progress)(void *context, int64_t done, int64_t total),
                                        void *context);

/* What a job would take: the size that the model makes of a picture, and the memory of a run that gives out_width x
 * out_height pixels (both 0: the model's size) of as many channels. Every pointer may be NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_session_plan(const anew_session *session, int width,
                                                      int height, int channels, int *out_width,
                                                      int *out_height, size_t *bytes,
                                                      anew_error *error);

/* Restores a picture and enlarges it to the result's size, which may be any. Both have as many channels; samples and
 * strides may differ. They may not overlap. After a failure the result's contents are undefined. */
ANEW_API ANEW_NODISCARD anew_status anew_session_run(anew_session *session, const anew_pixels *out,
                                                     const anew_pixels *in, anew_error *error);

/* The same row by row. Where the memory allows no whole rows of the network, or the picture has alpha, both pictures
 * are held nevertheless. */
ANEW_API ANEW_NODISCARD anew_status anew_session_run_rows(anew_session *session,
                                                          const anew_rows *rows, anew_error *error);

/* ---- faces ------------------------------------------------------------------------------------------- */

/* A face in a picture; in pixels, from the picture's left top corner on. */
typedef struct anew_face {
    float box[4]; /* left, top, right, bottom; a face at the edge may reach past it */
    float landmarks
        [5]
        [2]; /* left eye, right eye, nose, left and right corner of the mouth, as one sees them; x, y */
    float score; /* 0 .. 1: how sure the detector is */
} anew_face;

/* A model that finds faces, with its packed weights. Used by one thread at a time; any number of detectors of one
 * model may run at once. */
typedef struct anew_detector anew_detector;

/* The model must stay open, and be one of a detector ("retinaface" ...). On failure *detector is NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_detector_open(anew_detector **detector,
                                                       const anew_model *model, anew_error *error);
ANEW_API void anew_detector_close(anew_detector **detector);

/* 0, the defaults: as many threads as the process may use; 40 % of the machine's memory. */
ANEW_API void anew_detector_set_threads(anew_detector *detector, int threads);
ANEW_API void anew_detector_set_memory(anew_detector *detector, size_t bytes);
ANEW_API void anew_detector_set_precision(anew_detector *detector, anew_precision precision);

/* Faces are left out whose score is not above `confidence` (0, the default: what is usual for the network), or
 * whose box has a side of less than `pixels` (default 0). */
ANEW_API void anew_detector_set_confidence(anew_detector *detector, double confidence);
ANEW_API void anew_detector_set_min_size(anew_detector *detector, double pixels);

/* 0, the default: looks at the picture at its own size, where networks see faces of some 16 to 700 pixels. 1: also
 * doubled, and halved again and again, so that faces may have any size. */
ANEW_API void anew_detector_set_all_scales(anew_detector *detector, int all_scales);

/* The faces of a picture of any size and kind, by falling score. *faces (NULL where there are none) is the caller's,
 * freed with anew_faces_free. */
ANEW_API ANEW_NODISCARD anew_status anew_detector_find(anew_detector *detector, anew_face **faces,
                                                       int *count, const anew_pixels *picture,
                                                       anew_error *error);

/* Frees the list and sets the pointer to NULL; NULL contents are allowed. */
ANEW_API void anew_faces_free(anew_face **faces);

/* ---- restoring faces --------------------------------------------------------------------------------- */

/* A model that restores faces ("gfpgan", "codeformer", "face_unet"), with its packed weights once it has run. What it changes in
 * each aligned face, a square of anew_restorer_side() pixels, is added to the picture inside a soft mask: nothing
 * outside changes, and a model that changed nothing would change nothing. Used by one thread at a time; any number of
 * restorers of one model may run at once. */
typedef struct anew_restorer anew_restorer;

/* The model must stay open. On failure *restorer is NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_restorer_open(anew_restorer **restorer,
                                                       const anew_model *model, anew_error *error);
ANEW_API void anew_restorer_close(anew_restorer **restorer);

/* Of the square that the network takes, in pixels. */
ANEW_API int anew_restorer_side(const anew_restorer *restorer);

/* 0, the defaults: as many threads as the process may use; 40 % of the machine's memory, for restorer and parser
 * together. */
ANEW_API void anew_restorer_set_threads(anew_restorer *restorer, int threads);
ANEW_API void anew_restorer_set_memory(anew_restorer *restorer, size_t bytes);
ANEW_API void anew_restorer_set_precision(anew_restorer *restorer, anew_precision precision);

/* How much of the change is taken over: 0 .. 1, by default 1. */
ANEW_API void anew_restorer_set_strength(anew_restorer *restorer, double strength);

/* CodeFormer: 0 is the clearest, 1 the nearest to the picture; below 0, the default: what the model says, 0.5. */
ANEW_API void anew_restorer_set_fidelity(anew_restorer *restorer, double fidelity);

/* Faces whose box has a side of fewer pixels are left alone: they do not say who it is. 0, the default: 24. */
ANEW_API void anew_restorer_set_min_size(anew_restorer *restorer, double pixels);

/* The guard: a change that moves eyes, nose and mouth, as this detector sees them, by more than a tenth of the eyes'
 * distance, or that colours the eyes, is held back as far as that takes. NULL, the default: no guard. The detector
 * must stay open, and is used by the restorer's thread during a run. */
ANEW_API void anew_restorer_set_guard(anew_restorer *restorer, anew_detector *detector);

/* A model that tells the parts of a face ("parsenet", "bisenet"): only what is face and hair is changed, so that hats,
 * necks, clothes and the background stay as they are. NULL, the default: the shape that the landmarks give. The model
 * must stay open. */
ANEW_API void anew_restorer_set_parser(anew_restorer *restorer, const anew_model *parser);

/* What became of a face. The texts are the library's and stay. */
typedef struct anew_restored_face {
    anew_face face; /* as it was given */
    int changed;    /* 1: at least a part of the change is in the picture */
    double share;   /* 0 .. 1: that part, strength not counted; 0 where the face was left alone */
    double
        displacement; /* what the guard saw: the largest way of a landmark, in distances of the eyes; infinite
                          * where the face was not found again; 0 without a guard */
    double eye_colour; /* ... and how far the eyes' chroma moved, of 1 from end to end */
    const char *
        decision; /* "restored", "held back", "too small", "cut off", "turned away", "no clear face" */
    const char *
        mask; /* "landmarks", "parsed", or "no face parsed": a parser saw none, the landmarks decided */
    char reason[160]; /* one line for people */
} anew_restored_face;

/* Restores `count` faces in a picture, in place. `picture` is the picture in which they were found, or an enlargement
 * of it; they were found in width x height pixels (both 0: the picture's own size). results[count] is the caller's; a
 * face that cannot be restored is no failure, its decision says why. Only the faces' surroundings are read and
 * written. Rows without gaps are worked on where they lie, others through a copy of the picture. Alpha stays; gray
 * stays gray. After a failure the picture is as it was. */
ANEW_API ANEW_NODISCARD anew_status anew_restorer_run(anew_restorer *restorer,
                                                      const anew_pixels *picture, int width,
                                                      int height, const anew_face *faces, int count,
                                                      anew_restored_face *results,
                                                      anew_error *error);

/* ---- looking at a picture ------------------------------------------------------------------------------ */

/* What a picture shows of what has been done to it. Steps are those of 8 bits, 0 .. 255, whatever the samples are.
 * A file is looked at row by row; of a picture of more than 4 megapixels, 4 megapixels that are spread over it. The same
 * on every machine. */
typedef struct anew_findings {
    int width, height, channels; /* of the picture, as it is looked at: after EXIF's orientation */
    int64_t pixels_seen;
    /* What a JPEG's own quantisation tables say: libjpeg's quality, 1 .. 100; 0 where the file is none. Tables of other
     * programs: the nearest quality, with file_quality_exact 0. */
    int file_quality, file_quality_exact;
    /* How many times smaller the file's colour differences are, across and down: 2 and 2 is 4:2:0. 0: no JPEG. */
    int file_chroma_x, file_chroma_y;
    /* What the pixels say: the quality of a JPEG that they have been, also where the file is something else; 0: no trace
     * of one. The grid: column and row, 0 .. 7, at which its blocks begin; -1: none. */
    int jpeg_quality, jpeg_grid_x, jpeg_grid_y;
    double noise_luma;   /* standard deviation of white noise, in steps: of the luma */
    double noise_chroma; /* of a colour difference (Cb, Cr); 0 in a gray picture */
    /* By which factor it seems to have been enlarged before, 1: not; `detail` is the share of its size that would hold
     * what it shows, 0 .. 1. */
    double enlarged, detail;
    double blur; /* standard deviation of a Gaussian, in pixels, beyond what a sharp picture has */
    int gray;    /* no colours, whatever the number of channels */
    int sepia;   /* one brownish tint throughout */
    int drawing; /* a drawing, text, a screen; else a photo */
    double black,
        white; /* the luma, in steps, below which 0.5 % and above which 0.5 % of the pixels lie */
    double yellowing; /* how much less blue than red and green the brightest 2 % have, in steps */
    double shadows, highlights; /* share of the pixels at either end of the luma's range */
    int faded;                  /* blacks and whites are gray */
    int yellowed; /* whites are yellow, and nothing in the picture is neutral or blue */
    int repeated; /* enlarged by repeating pixels, as pixel art is */
} anew_findings;

/* Looks at a picture in memory. What only a file knows is 0. */
ANEW_API ANEW_NODISCARD anew_status anew_look(anew_findings *findings, const anew_pixels *picture,
                                              anew_error *error);

/* Looks at a picture's file. */
ANEW_API ANEW_NODISCARD anew_status anew_look_file(anew_findings *findings, const char *path,
                                                   anew_error *error);

/* What such a picture needs, in the order in which it is done: reduced to what it shows, restored at its own size,
 * enlarged. */
typedef struct anew_choice {
    double shrink_first; /* divide its size by this before anything else; 1: leave it */
    double
        restore_strength; /* 0 .. 1: how much of a restoring network's change to take over; 0: it needs none */
    double denoise;   /* 0 .. 1: the share of denoising, for a network that has it apart */
    int is_drawing;   /* take a model for drawings */
    int wants_faces;  /* a photo so damaged that faces in it, if any, should be restored */
    char reason[256]; /* one line for people: what was seen, and what was chosen */
} anew_choice;

ANEW_API void anew_choose(anew_choice *choice, const anew_findings *findings);

/* ---- shortcuts ------------------------------------------------------------------------------------- */

/* u8 samples, interleaved without gaps, in and out; `threads` as above. */
ANEW_API ANEW_NODISCARD anew_status anew_enhance_pixels(uint8_t *out, int out_width, int out_height,
                                                        const uint8_t *in, int width, int height,
                                                        int channels, const anew_model *model,
                                                        int threads, anew_error *error);

/* Reads a picture, restores it, enlarges it by the model's scale and writes it in the format that the
 * output's name says; an existing output is replaced, a failure leaves none. `model` NULL is the
 * default one. Of an animation the first frame. */
ANEW_API ANEW_NODISCARD anew_status anew_enhance_file(const char *input, const char *output,
                                                      const anew_model *model, anew_error *error);

#ifdef __cplusplus
}
#endif
#endif
