/*
 * pull.c - a run and its reader, taking turns.
 *
 *     reader: wants rows, waits        run: computes until it has some, hands them over, waits
 *     reader: copies them, goes on     ...
 */
#include "pipeline/pull.h"

#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "core/threads.h"

struct anew_pull {
    anew_pull_run run;
    void *context;
    anew_image shape;
    double seconds;
    bool started;    /* the thread, or without one the picture is there */
    bool has_thread; /* to be joined */
    pthread_t thread;
    anew_image whole; /* without a thread */
    int next;         /* its row */
    /* Between both sides, under the mutex. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    const anew_image *part; /* rows that were handed over; NULL: more are wanted */
    int taken;              /* of its rows */
    int given;              /* rows so far */
    bool over, ended;       /* the run returned; the reader wants no more */
    anew_status status;
    anew_error error;
};

static size_t row_bytes(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->channels * (size_t)(image->depth / 8);
}

static void wait_for_change(anew_pull *p)
{
    anew_leader_rests();
    (void)pthread_cond_wait(&p->changed, &p->mutex);
    anew_leader_goes_on();
}

/* ---- the run's side ------------------------------------------------------------------------------------ */

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    const anew_pull *p = context;
    if (shape->width == p->shape.width && shape->height == p->shape.height &&
        shape->channels == p->shape.channels && shape->depth == p->shape.depth)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "a pass makes %dx%d pixels of %d channels, its reader expects %dx%d of %d",
                     shape->width, shape->height, shape->channels, p->shape.width, p->shape.height,
                     p->shape.channels);
}

static anew_status hand_over(void *context, const anew_image *part, anew_error *error)
{
    anew_pull *p = context;
    (void)pthread_mutex_lock(&p->mutex);
    if (!p->ended) {
        p->part = part;
        p->taken = 0;
        (void)pthread_cond_broadcast(&p->changed);
    }
    while (p->part != NULL && !p->ended)
        wait_for_change(p);
    const bool ended = p->ended;
    (void)pthread_mutex_unlock(&p->mutex);
    return ended ? anew_fail(error, ANEW_ERROR_CANCELLED, "cancelled") : ANEW_OK;
}

static void *run_thread(void *context)
{
    anew_pull *p = context;
    const anew_row_sink sink = {p, begin, hand_over};
    anew_error error = {0};
    const anew_status status = p->run(p->context, &sink, &error);
    (void)pthread_mutex_lock(&p->mutex);
    p->over = true;
    p->status = status;
    p->error = error;
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->mutex);
    return NULL;
}

static anew_status keep(void *context, const anew_image *part, anew_error *error)
{
    anew_pull *p = context;
    (void)error;
    memcpy((unsigned char *)p->whole.pixels + (size_t)p->next * row_bytes(part), part->pixels,
           (size_t)part->height * row_bytes(part));
    p->next += part->height;
    return ANEW_OK;
}

/* The whole picture at once. */
static anew_status run_whole(anew_pull *p, anew_error *error)
{
    const anew_row_sink sink = {p, begin, keep};
    const anew_image *s = &p->shape;
    ANEW_TRY(anew_image_create(&p->whole, s->width, s->height, s->channels, s->depth, error));
    const anew_status status = p->run(p->context, &sink, error);
    p->next = 0;
    return status;
}

/* ---- the reader's side ------------------------------------------------------------------------------------ */

static anew_status start(anew_pull *p, anew_error *error)
{
    p->started = true;
    if (anew_threads_possible())
        p->has_thread = anew_thread_start(&p->thread, run_thread, p);
    return p->has_thread ? ANEW_OK : run_whole(p, error);
}

/* Until there is a row to take; under the mutex. */
static anew_status wait_for_row(anew_pull *p, anew_error *error)
{
    if (p->part != NULL && p->taken == p->part->height) {
        p->part = NULL;
        (void)pthread_cond_broadcast(&p->changed);
    }
    while (p->part == NULL && !p->over)
        wait_for_change(p);
    if (p->part != NULL)
        return ANEW_OK;
    if (p->status == ANEW_OK)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a pass ended before its last row");
    if (error != NULL)
        *error = p->error;
    return p->status;
}

static anew_status take(anew_pull *p, unsigned char *to, anew_error *error)
{
    const size_t bytes = row_bytes(&p->shape);
    if (!p->has_thread) {
        memcpy(to, (const unsigned char *)p->whole.pixels + (size_t)p->next++ * bytes, bytes);
        return ANEW_OK;
    }
    (void)pthread_mutex_lock(&p->mutex);
    const anew_status status = wait_for_row(p, error);
    const unsigned char *from =
        status == ANEW_OK ? (const unsigned char *)p->part->pixels + (size_t)p->taken * bytes
                          : NULL;
    if (from != NULL) {
        memcpy(to, from, bytes);
        p->taken++;
        p->given++;
    }
    (void)pthread_mutex_unlock(&p->mutex);
    return status;
}

static anew_status give_rows(void *context, void *pixels, int rows, anew_error *error)
{
    anew_pull *p = context;
    const double began = anew_seconds();
    anew_status status = p->started ? ANEW_OK : start(p, error);
    for (int i = 0; i < rows && status == ANEW_OK; i++)
        status = take(p, (unsigned char *)pixels + (size_t)i * row_bytes(&p->shape), error);
    p->seconds += anew_seconds() - began;
    return status;
}

static anew_status give_all(void *context, anew_image *image, anew_error *error)
{
    const anew_pull *p = context;
    const anew_image *s = &p->shape;
    ANEW_TRY(anew_image_create(image, s->width, s->height, s->channels, s->depth, error));
    const anew_status status = give_rows(context, image->pixels, s->height, error);
    if (status != ANEW_OK)
        anew_image_free(image);
    return status;
}

anew_row_source anew_pull_source(anew_pull *pull)
{
    return (anew_row_source){pull, give_rows, give_all};
}

double anew_pull_seconds(const anew_pull *pull)
{
    return pull->seconds;
}

anew_status anew_pull_create(anew_pull **pull, anew_pull_run run, void *context,
                             const anew_image *shape, anew_error *error)
{
    *pull = anew_alloc_zero(sizeof **pull);
    if (*pull == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a pass");
    (*pull)->run = run;
    (*pull)->context = context;
    (*pull)->shape = *shape;
    (*pull)->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    (*pull)->changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    return ANEW_OK;
}

void anew_pull_close(anew_pull **pull)
{
    anew_pull *p = *pull;
    if (p == NULL)
        return;
    if (p->has_thread) {
        (void)pthread_mutex_lock(&p->mutex);
        p->part = NULL; /* after the last row the run may come to its own end */
        p->ended = p->given < p->shape.height;
        (void)pthread_cond_broadcast(&p->changed);
        (void)pthread_mutex_unlock(&p->mutex);
        (void)pthread_join(p->thread, NULL);
    }
    (void)pthread_mutex_destroy(&p->mutex);
    (void)pthread_cond_destroy(&p->changed);
    anew_image_free(&p->whole);
    anew_free(p);
    *pull = NULL;
}
