/*
 * bench_cuda.c - a network on a device, timed: its steps alone, and whole runs with the copies in and out.
 *
 *     bench_cuda MODEL WIDTH HEIGHT f32|tf32|bf16|fp16 RUNS [DEVICE [PLUG-IN]]
 *
 * One line of JSON: seconds of each of RUNS whole runs, picture of random samples in memory to result in memory; seconds of the
 * first tile's steps, each on its own; decibels against the exact class of this CPU where the picture has at most 256x256
 * pixels, and the share of its samples that differ by more than 1/255.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/devices.h"
#include "nets/nets.h"
#include "pipeline/model_path.h"

#define LARGEST_COMPARED (256 * 256)

typedef struct bench_pictures {
    float *in, *out;
    size_t in_plane, out_plane;
    int width;
    int channels;
} bench_pictures;

static anew_status fetch(void *context, int y, float *const *planes, anew_error *error)
{
    const bench_pictures *p = context;
    (void)error;
    for (int c = 0; c < p->channels; c++)
        memcpy(planes[c], p->in + (size_t)c * p->in_plane + (size_t)y * (size_t)p->width,
               (size_t)p->width * sizeof(float));
    return ANEW_OK;
}

static anew_status deliver(void *context, int y, const anew_picture *rows, anew_error *error)
{
    const bench_pictures *p = context;
    (void)error;
    for (int c = 0; c < rows->channels; c++)
        for (int r = 0; r < rows->height; r++)
            memcpy(p->out + (size_t)c * p->out_plane + (size_t)(y + r) * (size_t)rows->width,
                   rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride,
                   (size_t)rows->width * sizeof(float));
    return ANEW_OK;
}

static int complain(const char *text)
{
    fprintf(stderr, "bench_cuda: %s\n", text);
    return 1;
}

/* The steps of one tile, each on its own; a picture that does not fit whole is not measured so. */
static double seconds_of_steps(const anew_device_run *run, int height, int width, double *flops)
{
    const anew_device_functions *f = run->device->functions;
    char message[256];
    anew_error error = {0};
    anew_plan *plan = NULL;
    anew_device_program program = {0};
    void *job = NULL;
    double *seconds = NULL, sum = -1;
    if (anew_plan_create(&plan, run->weights, height, width, 0, ANEW_PLAN_FULL, &error) !=
            ANEW_OK ||
        anew_device_program_create(&program, run->loaded->constants, plan, &error) != ANEW_OK)
        goto out;
    *flops = plan->flops;
    seconds = malloc((size_t)program.step_count * sizeof *seconds);
    if (seconds == NULL || f->prepare(&job, run->device->handle, run->loaded->uploaded, &program,
                                      message, sizeof message) != ANEW_DEVICE_OK)
        goto out;
    for (int i = 0; i < 3; i++) /* the last time counts: the clock has come up by then */
        if (f->measure(job, seconds, message, sizeof message) != ANEW_DEVICE_OK)
            goto out;
    sum = 0;
    for (int i = 0; i < program.step_count; i++)
        sum += seconds[i];
out:
    if (job != NULL)
        f->release(job);
    free(seconds);
    anew_device_program_free(&program);
    anew_plan_free(&plan);
    return sum;
}

static void tell_distance(const anew_graph *graph, const bench_pictures *p, int height, int width,
                          int out_height, int out_width)
{
    anew_error error = {0};
    const size_t count = p->out_plane * (size_t)p->channels;
    float *want = malloc(count * sizeof(float));
    const anew_picture in = {p->in, p->channels, height, width, p->in_plane, (size_t)width};
    const anew_picture out = {want,      p->channels,  out_height,
                              out_width, p->out_plane, (size_t)out_width};
    anew_isa isa = ANEW_ISA_C;
    double sum = 0;
    size_t different = 0;
    if (want != NULL && anew_isa_detect(&isa, NULL) &&
        anew_execute_ref(graph, isa, &in, &out, NULL, NULL, &error) == ANEW_OK) {
        for (size_t i = 0; i < count; i++) {
            const double d = (double)p->out[i] - (double)want[i];
            sum += d * d;
            different += fabs(d) > 1.0 / 255 ? 1 : 0;
        }
        if (sum > 0)
            printf(", \"decibels\": %.2f", 10 * log10((double)count / sum));
        printf(", \"same_bits\": %s, \"beyond_one\": %.6f",
               memcmp(want, p->out, count * sizeof(float)) == 0 ? "true" : "false",
               (double)different / (double)count);
    }
    free(want);
}

int main(int count, char **words)
{
    static const char *const names[] = {"f32", "tf32", "bf16", "fp16"};
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_weights *weights = NULL;
    anew_device *device = NULL;
    anew_device_loaded loaded = {0};
    anew_device_account account = {0};
    anew_isa isa = ANEW_ISA_C;
    int arithmetic = 0;
    if (count < 6)
        return complain("bench_cuda MODEL WIDTH HEIGHT f32|tf32|bf16|fp16 RUNS [DEVICE [PLUG-IN]]");
    const int width = atoi(words[2]), height = atoi(words[3]), runs = atoi(words[5]);
    while (arithmetic < 4 && strcmp(words[4], names[arithmetic]) != 0)
        arithmetic++;
    if (width < 1 || height < 1 || runs < 1 || arithmetic == 4 || !anew_isa_detect(&isa, NULL))
        return complain("a size, a count of runs or an arithmetic that is none");
    if (anew_model_open_named(&model, words[1], &error) != ANEW_OK ||
        anew_net_graph(&graph, model, &error) != ANEW_OK ||
        anew_weights_pack(&weights, graph, isa, ANEW_SELECT_EXACT, &error) != ANEW_OK ||
        anew_device_open(&device, count > 6 ? words[6] : "cuda", count > 7 ? words[7] : NULL,
                         &error) != ANEW_OK ||
        anew_device_load(&loaded, device, weights, (anew_device_arithmetic)arithmetic, &error) !=
            ANEW_OK)
        return complain(error.text);
    const int scale = anew_graph_scale(graph);
    bench_pictures p = {.in_plane = (size_t)height * (size_t)width,
                        .width = width,
                        .channels = anew_graph_node(graph, 0)->channels};
    p.out_plane = p.in_plane * (size_t)scale * (size_t)scale;
    p.in = malloc(p.in_plane * (size_t)p.channels * sizeof(float));
    p.out = malloc(p.out_plane * (size_t)p.channels * sizeof(float));
    if (p.in == NULL || p.out == NULL)
        return complain("no memory");
    unsigned int state = 1;
    for (size_t i = 0; i < p.in_plane * (size_t)p.channels; i++) {
        state = state * 1664525u + 1013904223u;
        p.in[i] = (float)(state >> 8) / 16777216.0f;
    }
    const anew_device_run run = {.device = device,
                                 .weights = weights,
                                 .arithmetic = (anew_device_arithmetic)arithmetic,
                                 .loaded = &loaded,
                                 .level = ANEW_PLAN_FULL};
    const anew_stream stream = {&p, fetch, deliver, NULL};
    printf("{\"device\": \"%s\", \"width\": %d, \"height\": %d, \"arithmetic\": \"%s\", "
           "\"seconds\": [",
           device->facts.name, width, height, names[arithmetic]);
    for (int i = 0; i < runs; i++) {
        const double started = anew_seconds();
        if (anew_device_execute(&run, height, width, &stream, &account, NULL, &error) != ANEW_OK)
            return complain(error.text);
        printf("%s%.6f", i == 0 ? "" : ", ", anew_seconds() - started);
    }
    double flops = 0;
    const double steps = account.tiles == 1 ? seconds_of_steps(&run, height, width, &flops) : -1;
    printf("], \"tiles\": %d, \"bytes\": %zu, \"steps_seconds\": %.6f, \"flops\": %.0f",
           account.tiles, account.bytes, steps, flops);
    if (p.in_plane <= LARGEST_COMPARED)
        tell_distance(graph, &p, height, width, height * scale, width * scale);
    puts("}");
    free(p.in);
    free(p.out);
    anew_device_unload(&loaded, device);
    anew_device_close(&device);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
    return 0;
}
