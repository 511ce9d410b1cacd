/*
 * bench_faces.c - the engine as one of two that faces.py has take turns: a network that takes and gives planar f32
 * samples, one plan, then each line "run" is answered with the seconds of a run, by the wall clock and of all
 * processors, "save PATH" with "saved" when the last
 * result lies there, and "steps" with the slowest steps of all runs so far.
 *
 *     bench_faces MODEL PICTURE SIDE THREADS exact|f32 [OPTION=VALUE ...]
 *
 * PICTURE is [3][SIDE][SIDE] f32 without a header. The first answer is the memory of weights and of activations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/memory.h"
#include "exec/exec.h"
#include "nets/nets.h"

#define MOST_OPTIONS 4
#define SLOWEST      40

typedef struct bench_face {
    anew_model *model;
    anew_graph *graph;
    anew_weights *weights;
    anew_plan *plan;
    anew_executor *executor;
    anew_picture in, out;
    anew_report report;
} bench_face;

static anew_status prepare(bench_face *b, int count, char **arguments, anew_error *error)
{
    anew_option options[MOST_OPTIONS];
    int option_count = 0;
    anew_isa isa;
    const int side = atoi(arguments[3]);
    for (int i = 6; i < count && option_count < MOST_OPTIONS; i++) {
        char *equals = strchr(arguments[i], '=');
        if (equals == NULL)
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s is no OPTION=VALUE", arguments[i]);
        *equals = '\0';
        options[option_count++] = (anew_option){arguments[i], atof(equals + 1)};
    }
    (void)anew_isa_detect(&isa, NULL);
    ANEW_TRY(anew_model_open(&b->model, arguments[1], error));
    ANEW_TRY(
        anew_net_graph_with(&b->graph, b->model, (anew_options){options, option_count}, error));
    ANEW_TRY(anew_weights_pack(
        &b->weights, b->graph, isa,
        strcmp(arguments[5], "exact") == 0 ? ANEW_SELECT_EXACT : ANEW_SELECT_FAST, error));
    ANEW_TRY(anew_plan_create(&b->plan, b->weights, side, side, 0, ANEW_PLAN_FULL, error));
    ANEW_TRY(anew_executor_create(&b->executor, atoi(arguments[4]), error));
    const size_t plane = (size_t)side * (size_t)side;
    const int channels = anew_graph_node(b->graph, anew_graph_output(b->graph))->channels;
    b->in = (anew_picture){malloc(3 * plane * sizeof(float)), 3, side, side, plane, (size_t)side};
    b->out = b->in;
    b->out.channels = channels;
    b->out.data = malloc((size_t)channels * plane * sizeof(float));
    FILE *file = fopen(arguments[2], "rb");
    if (file == NULL || b->in.data == NULL || b->out.data == NULL ||
        fread(b->in.data, sizeof(float), 3 * plane, file) != 3 * plane)
        return anew_fail(error, ANEW_ERROR_IO, "%s cannot be read", arguments[2]);
    (void)fclose(file);
    printf("%zu %zu\n", b->weights->bytes, anew_execute_bytes(b->plan, atoi(arguments[4])));
    (void)fflush(stdout);
    return ANEW_OK;
}

static double processor_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void say_steps(const anew_report *report)
{
    static bool said[4096];
    double all = 0;
    for (int i = 0; i < report->step_count; i++)
        all += report->steps[i].seconds;
    memset(said, 0, sizeof said);
    for (int turn = 0; turn < SLOWEST && turn < report->step_count; turn++) {
        int most = -1;
        for (int i = 0; i < report->step_count && i < 4096; i++)
            if (!said[i] && (most < 0 || report->steps[most].seconds < report->steps[i].seconds))
                most = i;
        const anew_step_time *step = &report->steps[most];
        said[most] = true;
        fprintf(stderr, "%5.1f%% %7.2f GFLOP/s %6.1f GB/s  %4d->%-4d %4dx%-4d %-24s %s\n",
                100 * step->seconds / all, step->flops / step->seconds / 1e9,
                step->bytes / step->seconds / 1e9, step->in_channels, step->out_channels,
                step->width, step->height, step->kernel, step->name);
    }
}

int main(int count, char **arguments)
{
    static bench_face b;
    anew_error error = {0};
    char line[1024];
    if (count < 6) {
        fprintf(stderr, "usage: bench_faces MODEL PICTURE SIDE THREADS exact|f32 [OPTION=VALUE]\n");
        return 2;
    }
    anew_status status = prepare(&b, count, arguments, &error);
    while (status == ANEW_OK && fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "run") == 0) {
            const double started = anew_seconds(), used = processor_seconds();
            status = anew_execute_picture(b.executor, b.plan, &b.in, &b.out, &b.report, &error);
            printf("%.6f %.6f\n", anew_seconds() - started, processor_seconds() - used);
        } else if (strcmp(line, "steps") == 0) {
            say_steps(&b.report);
            printf("said\n");
        } else if (strncmp(line, "save ", 5) == 0) {
            FILE *file = fopen(line + 5, "wb");
            const size_t floats = b.out.plane_stride * (size_t)b.out.channels;
            if (file == NULL || fwrite(b.out.data, sizeof(float), floats, file) != floats)
                status = anew_fail(&error, ANEW_ERROR_IO, "%s cannot be written", line + 5);
            if (file != NULL)
                (void)fclose(file);
            printf("saved\n");
        }
        (void)fflush(stdout);
    }
    if (status != ANEW_OK)
        fprintf(stderr, "bench_faces: %s\n", error.text);
    anew_report_free(&b.report);
    anew_executor_free(&b.executor);
    anew_plan_free(&b.plan);
    anew_weights_free(&b.weights);
    anew_graph_free(&b.graph);
    anew_model_close(&b.model);
    free(b.in.data);
    free(b.out.data);
    return status == ANEW_OK ? 0 : 1;
}
