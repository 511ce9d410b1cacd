/*
 * anew.h - restore and enlarge photos with anew's own inference engine.
 *
 * This is the whole public API. Everything returns an anew_status; the text that a user can act on
 * stands in the anew_error that the caller passes (it may be NULL). Nothing here prints or exits.
 *
 *     #include <anew.h>
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
} anew_error;

/* An opened model: weights, hyper-parameters, provenance. Immutable once opened, so any number of
 * threads may use it. */
typedef struct anew_model anew_model;

/* Opens a model. What has a '/' in it or ends in ".anew" is a path; another name is looked for among the
 * models inside the library, then as NAME.anew in the folders of the environment variable ANEW_MODELS
 * (separated by colons), in $XDG_DATA_HOME/anew (else ~/.local/share/anew) and in PREFIX/share/anew. NULL
 * is the default, photo-x4. On failure *model is NULL. */
ANEW_API ANEW_NODISCARD anew_status anew_model_open_named(anew_model **model,
                                                          const char *name_or_path,
                                                          anew_error *error);

/* Frees a model and sets the pointer to NULL; NULL contents are allowed. */
ANEW_API void anew_model_close(anew_model **model);

/* Restores and enlarges pixels in memory: u8 samples, interleaved, 1 (gray) to 4 (RGBA) channels, rows
 * of width * channels bytes, encoded sRGB. The result has out_width x out_height pixels and as many
 * channels, in the caller's buffer of out_width * out_height * channels bytes. `threads` 0 takes all
 * processors. */
ANEW_API ANEW_NODISCARD anew_status anew_enhance_pixels(uint8_t *out, int out_width, int out_height,
                                                        const uint8_t *in, int width, int height,
                                                        int channels, const anew_model *model,
                                                        int threads, anew_error *error);

/* Reads a picture, restores it, enlarges it by the model's scale and writes it in the format that the
 * output's name says; an existing output is replaced, a failure leaves none. `model` NULL is the
 * default one. */
ANEW_API ANEW_NODISCARD anew_status anew_enhance_file(const char *input, const char *output,
                                                      const anew_model *model, anew_error *error);

#ifdef __cplusplus
}
#endif
#endif
