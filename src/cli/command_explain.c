/* command_explain.c - `anew explain MODEL`: the network and its plan, step by step, for a size of picture; a picture alone
 * is explain_picture.c's. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/explain_picture.h"
#include "cli/json.h"
#include "pipeline/activations.h"
#include "pipeline/explain_faces.h"
#include "pipeline/model_path.h"

#define DEFAULT_WIDTH  640
#define DEFAULT_HEIGHT 480

static double mebibytes(size_t bytes)
{
    return (double)bytes / 1048576;
}

static void print_step(int number, const anew_explained_step *s, double all_flops)
{
    char reads[48], gives[48], view[16] = "", sees[32];
    if (s->enlarge > 1)
        (void)snprintf(view, sizeof view, " *%d", s->enlarge);
    else if (s->unshuffle > 1)
        (void)snprintf(view, sizeof view, " /%d", s->unshuffle);
    (void)snprintf(reads, sizeof reads, "%d x %d x %d%s", s->in_channels, s->in_height, s->in_width,
                   view);
    (void)snprintf(gives, sizeof gives, "%d x %d x %d", s->out_channels, s->out_height,
                   s->out_width);
    if (s->field > 0)
        (void)snprintf(sees, sizeof sees, "%dx%d", s->field, s->field);
    else
        (void)snprintf(sees, sizeof sees, "all");
    printf("%4d  %-21s -> %-18s %7s  %4d %6.1f MiB  %5.1f %%  %-22s %s%s%s%s\n", number, reads,
           gives, sees, s->rows_kept, mebibytes(s->bytes_kept),
           all_flops > 0 ? 100 * s->flops / all_flops : 0, s->kernel, s->name,
           s->then[0] == '\0' ? "" : " (", s->then, s->then[0] == '\0' ? "" : ")");
}

static void print_explanation(const anew_model *model, const anew_explanation *e)
{
    printf("%s (%s) on %dx%d pixels -> %dx%d, %d thread%s, CPU level %s\n", anew_model_name(model),
           anew_model_architecture(model), e->width, e->height, e->out_width, e->out_height,
           e->threads, e->threads == 1 ? "" : "s", e->cpu);
    printf("layout:    %d strip%s in bands of %d rows (%d of them); ", e->strips,
           e->strips == 1 ? "" : "s", e->band, e->bands);
    if (e->strips == 1)
        printf("nothing is computed twice\n");
    else
        printf("halo %d pixels, %.0f %% computed twice\n", e->halo, 100 * e->recomputed);
    if (e->field > 0)
        printf("reach:     an output pixel sees %d input pixels in each direction, %dx%d in all\n",
               e->radius, e->field, e->field);
    else /* means over all of it, or attention */
        printf("reach:     an output pixel sees the whole picture\n");
    printf("memory:    %.1f MiB of %.0f MiB: activations %.1f, packed weights %.1f\n",
           mebibytes(e->bytes), mebibytes(e->budget_bytes), mebibytes(e->activation_bytes),
           mebibytes(e->weight_bytes));
    printf("work:      %.1f GFLOP, about %.2f s (from a trial on this machine)\n\n",
           e->flops * 1e-9, e->seconds);
    double all = 0;
    for (int i = 0; i < e->step_count; i++)
        all += e->steps[i].flops;
    printf("step  reads                 -> gives                 sees  rows kept      work  kernel"
           "                 layers\n");
    for (int i = 0; i < e->step_count; i++)
        print_step(i + 1, &e->steps[i], all);
    printf("\nShapes are channels x height x width; *2: each pixel is read as 2x2 of them;\n"
           "/2: 2x2 pixels are read as channels of one. sees: a pixel of what the step gives "
           "depends on so many\npixels of the picture.\n");
}

static void print_json(const anew_model *model, const anew_explanation *e)
{
    printf("{\"schema\":1,\"model\":");
    json_string(stdout, anew_model_name(model));
    printf(",\"architecture\":");
    json_string(stdout, anew_model_architecture(model));
    printf(",\"input_size\":[%d,%d],\"output_size\":[%d,%d],\"threads\":%d,\"cpu\":\"%s\"",
           e->width, e->height, e->out_width, e->out_height, e->threads, e->cpu);
    printf(",\"strips\":%d,\"band\":%d,\"bands\":%d,\"radius\":%d,\"field\":%d,\"halo\":%d,"
           "\"recomputed\":%.6f",
           e->strips, e->band, e->bands, e->radius, e->field, e->halo, e->recomputed);
    printf(",\"memory_bytes\":%zu,\"activation_bytes\":%zu,\"weight_bytes\":%zu,"
           "\"budget_bytes\":%zu,\"flops\":%.0f,\"seconds\":%.3f,\"steps\":[",
           e->bytes, e->activation_bytes, e->weight_bytes, e->budget_bytes, e->flops, e->seconds);
    for (int i = 0; i < e->step_count; i++) {
        const anew_explained_step *s = &e->steps[i];
        printf("%s{\"name\":", i > 0 ? "," : "");
        json_string(stdout, s->name);
        printf(",\"kernel\":");
        json_string(stdout, s->kernel);
        printf(",\"then\":");
        json_string(stdout, s->then);
        printf(",\"in_channels\":%d,\"in_size\":[%d,%d],\"enlarge\":%d,\"unshuffle\":%d",
               s->in_channels, s->in_width, s->in_height, s->enlarge, s->unshuffle);
        printf(",\"out_channels\":%d,\"size\":[%d,%d],\"field\":%d,\"reach\":%.1f,"
               "\"rows_kept\":%d,\"bytes_kept\":%zu,\"flops\":%.0f}",
               s->out_channels, s->out_width, s->out_height, s->field, (s->field - 1) * 0.5,
               s->rows_kept, s->bytes_kept, s->flops);
    }
    printf("]}\n");
}

int command_explain(const cli_options *options)
{
    anew_model *model = NULL;
    anew_explanation explanation = {0};
    anew_image picture = {0};
    anew_error error;
    anew_status status = ANEW_OK;
    anew_enhance_options enhance = options->enhance;
    const char *name = options->word_count > 0 ? options->words[0] : options->model;
    int width = DEFAULT_WIDTH, height = DEFAULT_HEIGHT;
    if (options->word_count == 1 && cli_is_picture(options->words[0], options))
        return cli_explain_picture(options->words[0], options);
    if (options->dump_activations != NULL && options->word_count < 2) {
        fprintf(stderr, "anew: --dump-activations %s: needs a model and a picture before it\n",
                options->dump_activations);
        return EXIT_USAGE;
    }
    if (options->word_count == 2) {
        ANEW_TRY_GOTO(anew_image_read(&picture, options->words[1], &options->limits, NULL, &error),
                      out);
        width = picture.width;
        height = picture.height;
    }
    if (options->size_width > 0) {
        width = options->size_width;
        height = options->size_height;
    }
    cli_targets_resolve(&enhance, &options->targets, width, height);
    ANEW_TRY_GOTO(anew_models_open(&model, name, &options->mixing, &error), out);
    ANEW_TRY_GOTO(anew_is_face_network(model)
                      ? anew_explain_faces(&explanation, model, width, height, &enhance, &error)
                      : anew_explain(&explanation, model, width, height, &enhance, true, &error),
                  out);
    if (options->dump_activations != NULL)
        ANEW_TRY_GOTO(anew_dump_activations(model, &picture, options->dump_activations, &error),
                      out);
    (options->json ? print_json : print_explanation)(model, &explanation);
out:
    if (status != ANEW_OK)
        fprintf(stderr, "anew: %s\n", error.text);
    anew_image_free(&picture);
    anew_explanation_free(&explanation);
    anew_model_close(&model);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
