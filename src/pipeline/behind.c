/* behind.c - two blocks of rows that go round between the run and the thread. */
#include "pipeline/behind.h"

#include <string.h>

#include "core/memory.h"
#include "core/threads.h"

#define BLOCKS     2
#define BLOCK_ROWS 64

struct anew_behind {
    anew_row_sink to;
    anew_image blocks[BLOCKS]; /* as high as they are filled */
    bool started;
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    int filled;     /* blocks for the thread */
    int next, last; /* block that the thread, that the run takes next */
    bool over;
    anew_status status;
    anew_error error;
};

/* ---- the thread ---------------------------------------------------------------------------------------- */

static void *hand_on(void *context)
{
    anew_behind *b = context;
    (void)pthread_mutex_lock(&b->mutex);
    for (;;) {
        while (b->filled == 0 && !b->over)
            (void)pthread_cond_wait(&b->changed, &b->mutex);
        if (b->filled == 0)
            break;
        const anew_image *block = &b->blocks[b->next];
        anew_status status = b->status;
        anew_error error = {0};
        (void)pthread_mutex_unlock(&b->mutex);
        if (status == ANEW_OK)
            status = b->to.rows(b->to.context, block, &error);
        (void)pthread_mutex_lock(&b->mutex);
        if (b->status == ANEW_OK && status != ANEW_OK) {
            b->status = status;
            b->error = error;
        }
        b->next = (b->next + 1) % BLOCKS;
        b->filled--;
        (void)pthread_cond_broadcast(&b->changed);
    }
    (void)pthread_mutex_unlock(&b->mutex);
    return NULL;
}

/* ---- the run's side ------------------------------------------------------------------------------------ */

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    anew_behind *b = context;
    const int rows = shape->height < BLOCK_ROWS ? shape->height : BLOCK_ROWS;
    ANEW_TRY(b->to.begin(b->to.context, shape, error));
    bool room = true;
    for (int i = 0; i < BLOCKS && room; i++)
        room = anew_image_create(&b->blocks[i], shape->width, rows, shape->channels, shape->depth,
                                 NULL) == ANEW_OK;
    b->started = room && anew_thread_start(&b->thread, hand_on, b);
    return ANEW_OK;
}

/* Waits for room, or with none to be left filled; tells of a failure so far. */
static anew_status wait_until(anew_behind *b, int most_filled, anew_error *error)
{
    (void)pthread_mutex_lock(&b->mutex);
    while (b->filled > most_filled)
        (void)pthread_cond_wait(&b->changed, &b->mutex);
    const anew_status status = b->status;
    if (status != ANEW_OK && error != NULL)
        *error = b->error;
    (void)pthread_mutex_unlock(&b->mutex);
    return status;
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    anew_behind *b = context;
    const size_t row_bytes =
        (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    /* A whole picture, which was kept in memory: there is nothing to compute meanwhile. */
    if (!b->started || part->height > BLOCK_ROWS) {
        ANEW_TRY(wait_until(b, 0, error));
        return b->to.rows(b->to.context, part, error);
    }
    ANEW_TRY(wait_until(b, BLOCKS - 1, error));
    anew_image *block = &b->blocks[b->last];
    block->height = part->height;
    memcpy(block->pixels, part->pixels, (size_t)part->height * row_bytes);
    (void)pthread_mutex_lock(&b->mutex);
    b->last = (b->last + 1) % BLOCKS;
    b->filled++;
    (void)pthread_cond_broadcast(&b->changed);
    (void)pthread_mutex_unlock(&b->mutex);
    return ANEW_OK;
}

anew_behind *anew_behind_create(const anew_row_sink *to)
{
    anew_behind *b = anew_alloc_zero(sizeof *b);
    if (b == NULL)
        return NULL;
    b->to = *to;
    b->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    b->changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    return b;
}

anew_row_sink anew_behind_sink(anew_behind *behind)
{
    return (anew_row_sink){behind, begin, take_rows};
}

anew_status anew_behind_finish(anew_behind **behind, anew_status status, anew_error *error)
{
    anew_behind *b = *behind;
    if (b == NULL)
        return status;
    if (b->started) {
        (void)pthread_mutex_lock(&b->mutex);
        b->over = true;
        (void)pthread_cond_broadcast(&b->changed);
        (void)pthread_mutex_unlock(&b->mutex);
        (void)pthread_join(b->thread, NULL);
    }
    if (b->status != ANEW_OK) {
        status = b->status;
        if (error != NULL)
            *error = b->error;
    }
    (void)pthread_mutex_destroy(&b->mutex);
    (void)pthread_cond_destroy(&b->changed);
    for (int i = 0; i < BLOCKS; i++)
        anew_image_free(&b->blocks[i]);
    anew_free(b);
    *behind = NULL;
    return status;
}
