/*
 * bench_network.c - the engine as one of the processes that compare.py has take turns (bench/peers/worker.py has
 * the protocol): a model and a picture are loaded once, then each line "run" is answered with the seconds of one run
 * from f32 samples in memory to f32 samples in memory, by the wall clock and of all processors, and "save PATH"
 * with "saved" when the last result lies there.
 *
 *     bench_network MODEL PICTURE WIDTH HEIGHT THREADS exact|f32|bf16|int8 [CPU-LEVEL]
 *
 * PICTURE is [HEIGHT][WIDTH][3] f32 without a header, and so is what is saved, in its size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pipeline/enhance.h"
#include "pipeline/model_path.h"

#define CHANNELS 3

typedef struct bench_job {
    anew_model *model;
    anew_enhance_options options;
    anew_image shape; /* of the picture */
    float *in, *out;
    size_t in_floats, out_floats;
    size_t read, written; /* floats so far */
} bench_job;

static anew_status read_rows(void *context, void *pixels, int rows, anew_error *error)
{
    bench_job *job = context;
    const size_t count = (size_t)rows * (size_t)job->shape.width * CHANNELS;
    (void)error;
    memcpy(pixels, job->in + job->read, count * sizeof(float));
    job->read += count;
    return ANEW_OK;
}

/* For a network that looks at the channels one by one. */
static anew_status read_all(void *context, anew_image *image, anew_error *error)
{
    const anew_image *shape = &((bench_job *)context)->shape;
    ANEW_TRY(anew_image_create(image, shape->width, shape->height, shape->channels, shape->depth,
                               error));
    return read_rows(context, image->pixels, shape->height, error);
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    bench_job *job = context;
    const size_t floats = (size_t)shape->width * (size_t)shape->height * CHANNELS;
    if (floats == job->out_floats)
        return ANEW_OK;
    free(job->out);
    job->out_floats = floats;
    job->out = malloc(floats * sizeof(float));
    return job->out != NULL ? ANEW_OK : anew_fail(error, ANEW_ERROR_MEMORY, "no memory");
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    bench_job *job = context;
    const size_t count = (size_t)part->width * (size_t)part->height * CHANNELS;
    (void)error;
    memcpy(job->out + job->written, part->pixels, count * sizeof(float));
    job->written += count;
    return ANEW_OK;
}

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One run; the answer to the line. */
static anew_status run(bench_job *job, double *wall, double *processors, anew_error *error)
{
    const anew_row_source source = {job, read_rows, read_all};
    const anew_row_sink sink = {job, begin, write_rows};
    *wall = clock_seconds(CLOCK_MONOTONIC);
    *processors = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    job->read = job->written = 0;
    ANEW_TRY(
        anew_enhance_rows(&sink, &source, &job->shape, job->model, &job->options, NULL, error));
    *wall = clock_seconds(CLOCK_MONOTONIC) - *wall;
    *processors = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - *processors;
    return ANEW_OK;
}

static bool load(float *values, size_t count, const char *path)
{
    FILE *file = fopen(path, "rb");
    const bool read = file != NULL && fread(values, sizeof(float), count, file) == count;
    if (file != NULL)
        (void)fclose(file);
    return read;
}

static bool save(const float *values, size_t count, const char *path)
{
    FILE *file = fopen(path, "wb");
    const bool written = file != NULL && fwrite(values, sizeof(float), count, file) == count;
    return (file == NULL || fclose(file) == 0) && written;
}

static int answer(const char *text)
{
    puts(text);
    (void)fflush(stdout);
    return 1;
}

int main(int count, char **words)
{
    bench_job job = {0};
    anew_error error = {0};
    char line[4096];
    double wall, processors;
    if (count < 7)
        return answer("failed bench_network MODEL PICTURE WIDTH HEIGHT THREADS exact|f32|bf16|int8 "
                      "[CPU-LEVEL]");
    job.shape = (anew_image){atoi(words[3]), atoi(words[4]), CHANNELS, 32, NULL};
    job.options =
        (anew_enhance_options){.threads = atoi(words[5]),
                               .precision = strcmp(words[6], "exact") == 0  ? ANEW_PRECISION_EXACT
                                            : strcmp(words[6], "bf16") == 0 ? ANEW_PRECISION_BF16
                                            : strcmp(words[6], "int8") == 0 ? ANEW_PRECISION_INT8
                                                                            : ANEW_PRECISION_F32,
                               .depth = 32,
                               .cpu = count > 7 ? words[7] : NULL};
    if (job.shape.width < 1 || job.shape.height < 1)
        return answer("failed a picture without pixels");
    job.in_floats = (size_t)job.shape.width * (size_t)job.shape.height * CHANNELS;
    job.in = malloc(job.in_floats * sizeof(float));
    if (job.in == NULL || !load(job.in, job.in_floats, words[2]))
        return answer("failed the picture cannot be read");
    if (anew_model_open_named(&job.model, words[1], &error) != ANEW_OK ||
        run(&job, &wall, &processors, &error) != ANEW_OK) {
        printf("failed %s\n", error.text);
        return 1;
    }
    (void)answer("ready " ANEW_VERSION);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "run") == 0 && run(&job, &wall, &processors, &error) == ANEW_OK)
            printf("%.9f %.9f\n", wall, processors);
        else if (strncmp(line, "save ", 5) == 0 && save(job.out, job.out_floats, line + 5))
            puts("saved");
        else
            printf("failed %s: %s\n", line, error.text);
        (void)fflush(stdout);
    }
    free(job.in);
    free(job.out);
    anew_model_close(&job.model);
    return 0;
}
