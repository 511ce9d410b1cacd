/*
 * anew_embedded.h - the engine for devices: no files, no threads, no heap. Built by `make PROFILE=embedded`, which gives
 * libanew_embedded.a; it needs libc (memory, strings, snprintf) and libm.
 *
 * The caller hands over one block of memory, the arena, and keeps it; a model's bytes are used where they lie, in a const
 * array or in flash. Lines go in and come out, as a camera gives and a display takes them:
 *
 *     static unsigned char arena[4 << 20];
 *     anew_embedded *e;
 *     anew_error error;
 *     if (anew_embedded_open(&e, arena, sizeof arena, model, model_bytes, 640, 480, 3, &error) != ANEW_OK)
 *         return fail(error.text);
 *     for (;;)
 *         if (anew_embedded_run(e, camera_line, display_line, context, &error) != ANEW_OK) ...
 *
 * The result is that of the exact class: the same bytes as by `anew --exact` anywhere else.
 *
 * Nothing is allocated outside of the arena, ever. Two arenas know nothing of each other: a run may begin in the middle
 * of another one's line. A signal handler or a thread may do so where the compiler has _Thread_local; where it has not
 * (ANEW_NO_THREAD_LOCAL), calls of this header must not overlap in time, but for those from within a line function.
 */
#ifndef ANEW_EMBEDDED_H
#define ANEW_EMBEDDED_H

#include <anew.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model made ready for pictures of one size; it lies in its arena, and needs no closing. */
typedef struct anew_embedded anew_embedded;

/* Line y of the picture, width * channels bytes, is to be written to `line`; or of the result, is in `line`. What they
 * return, if not ANEW_OK, ends the run and is what the run returns. The call may wait for the camera. */
typedef anew_status anew_embedded_in(void *context, int y, unsigned char *line);
typedef anew_status anew_embedded_out(void *context, int y, const unsigned char *line);

/* The smallest arena that does for width x height pixels of 1 (gray) or 3 channels. It is found by doing it for the first
 * lines, so `scratch` must be at least as large; that may be on another machine of the same kind of pointers. */
ANEW_API ANEW_NODISCARD anew_status anew_embedded_size(size_t *bytes, const void *model,
                                                       size_t model_bytes, int width, int height,
                                                       int channels, void *scratch,
                                                       size_t scratch_bytes, anew_error *error);

/* `model`: bytes of a .anew file, which must stay as they are; they should begin at a multiple of 64, else they are
 * copied into the arena. What the arena has beyond the least makes bands of lines higher and the run faster. On failure
 * *embedded is NULL: ANEW_ERROR_MEMORY where the arena is too small. */
ANEW_API ANEW_NODISCARD anew_status anew_embedded_open(anew_embedded **embedded, void *arena,
                                                       size_t arena_bytes, const void *model,
                                                       size_t model_bytes, int width, int height,
                                                       int channels, anew_error *error);

/* The result's size, and the most of the arena that has been in use. */
ANEW_API int anew_embedded_width(const anew_embedded *embedded);
ANEW_API int anew_embedded_height(const anew_embedded *embedded);
ANEW_API size_t anew_embedded_used(const anew_embedded *embedded);

/* One picture: all its lines are asked for from the top, and all of the result's are handed on. Afterwards, also after a
 * failure, the arena is as it was before. */
ANEW_API ANEW_NODISCARD anew_status anew_embedded_run(anew_embedded *embedded, anew_embedded_in *in,
                                                      anew_embedded_out *out, void *context,
                                                      anew_error *error);

#ifdef __cplusplus
}
#endif
#endif
