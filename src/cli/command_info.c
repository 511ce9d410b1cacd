/* command_info.c - `anew info`: what a model or a picture is. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "image/animation.h"
#include "pipeline/model_path.h"

/* ---- models ------------------------------------------------------------------------------------------ */

static void print_model(const anew_model *model, const anew_model_facts *facts)
{
    const char *name = NULL;
    char value[256];
    printf("name:              %s\n", anew_model_name(model));
    printf("architecture:      %s\n", anew_model_architecture(model));
    printf("scale:             x%d\n", facts->scale);
    printf("parameters:        %lld\n", (long long)facts->parameters);
    printf("convolutions:      %d", facts->layers);
    if (facts->rounded_layers > 0)
        printf(", %d of them in 8 bits", facts->rounded_layers);
    putchar('\n');
    printf("FLOPs:             %.0f per input pixel (a multiply-add counts as two)\n",
           facts->flops_per_pixel);
    printf("receptive radius:  %d input pixels\n", facts->radius);
    if (facts->alignment > 1)
        printf("alignment:         multiples of %d pixels\n", facts->alignment);
    printf("source:            %s\n", anew_model_source(model));
    printf("licence:           %s\n", anew_model_licence(model));
    printf("hyper-parameters: ");
    int records = 0;
    for (int i = 0; anew_model_parameter_text(model, i, &name, value, sizeof value); i++) {
        if (strncmp(name, "nodes.", 6) == 0) /* a graph is no reading matter */
            records++;
        else
            printf(" %s=%s", name, value);
    }
    if (records > 0)
        printf(" %d texts with the records of its list of operations", records);
    printf("\n");
}

static void print_model_json(const anew_model *model, const anew_model_facts *facts)
{
    const char *name = NULL;
    char value[256];
    printf("{\"schema\":1,\"kind\":\"model\",\"name\":");
    json_string(stdout, anew_model_name(model));
    printf(",\"architecture\":");
    json_string(stdout, anew_model_architecture(model));
    printf(",\"scale\":%d,\"parameters\":%lld,\"convolutions\":%d,\"convolutions_in_8_bits\":%d,"
           "\"flops_per_pixel\":%.0f,"
           "\"receptive_radius\":%d,\"alignment\":%d,\"source\":",
           facts->scale, (long long)facts->parameters, facts->layers, facts->rounded_layers,
           facts->flops_per_pixel, facts->radius, facts->alignment);
    json_string(stdout, anew_model_source(model));
    printf(",\"licence\":");
    json_string(stdout, anew_model_licence(model));
    printf(",\"hyper_parameters\":{");
    for (int i = 0; anew_model_parameter_text(model, i, &name, value, sizeof value); i++) {
        printf("%s", i > 0 ? "," : "");
        json_string(stdout, name);
        printf(":");
        json_string(stdout, value);
    }
    printf("}}\n");
}

static anew_status inform_of_model(const cli_options *options, anew_error *error)
{
    anew_model *model = NULL;
    anew_model_facts facts;
    ANEW_TRY(anew_models_open(&model, options->words[0], &options->mixing, error));
    const anew_status status = anew_model_facts_of(&facts, model, error);
    if (status == ANEW_OK)
        (options->json ? print_model_json : print_model)(model, &facts);
    anew_model_close(&model);
    return status;
}

/* ---- pictures ---------------------------------------------------------------------------------------- */

/* Told by the first bytes, or else by the name: what is neither a picture nor called a model had better be told
 * what pictures there are. What cannot be opened is taken for a model's name. */
static bool is_picture(const char *path)
{
    uint8_t first[64] = {0};
    const char *dot = strrchr(path, '.');
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    const size_t size = fread(first, 1, sizeof first, file);
    (void)fclose(file);
    return anew_image_sniff(first, size) != ANEW_FORMAT_UNKNOWN ||
           (memcmp(first,
                   "\x89"
                   "ANEW",
                   5) != 0 &&
            dot != NULL && strcmp(dot, ".anew") != 0);
}

/* Such as "12 frames, 1.44 s, shown 3 times". */
static void print_animation(const anew_animation_facts *moves)
{
    printf("animation:   %d frames, %.4g s, ", moves->frames, moves->seconds);
    if (moves->plays == 0)
        printf("for ever\n");
    else
        printf("shown %d time%s\n", moves->plays, moves->plays == 1 ? "" : "s");
}

static void print_picture(const anew_image *shape, const anew_metadata *m, anew_format format,
                          const anew_animation_facts *moves)
{
    static const char *const kinds[] = {"", "gray", "gray with transparency", "RGB",
                                        "RGB with transparency"};
    printf("format:      %s\nsize:        %dx%d pixels\nkind:        %s, %d bits a sample\n",
           anew_format_extension(format), shape->width, shape->height, kinds[shape->channels],
           shape->depth);
    if (moves->frames > 1)
        print_animation(moves);
    if (m->density == ANEW_DENSITY_METRE)
        printf("resolution:  %.5g x %.5g pixels an inch\n", m->density_x * 0.0254,
               m->density_y * 0.0254);
    if (m->density == ANEW_DENSITY_ASPECT)
        printf("pixels:      %g : %g\n", m->density_x, m->density_y);
    if (m->has_gamma && m->icc.data == NULL)
        printf("gamma:       %g\n", m->gamma / 1e5);
    const anew_block *blocks[] = {&m->icc, &m->exif, &m->xmp, &m->iptc};
    static const char *const names[] = {
        "profile:    ", "EXIF:       ", "XMP:        ", "IPTC:       "};
    for (int i = 0; i < 4; i++)
        if (blocks[i]->data != NULL)
            printf("%s %zu bytes\n", names[i], blocks[i]->size);
    if (m->provenance.data != NULL)
        printf("made by:     %s\n", (const char *)m->provenance.data);
}

static void print_picture_json(const char *path, const anew_image *shape, const anew_metadata *m,
                               anew_format format, const anew_animation_facts *moves)
{
    printf("{\"schema\":1,\"kind\":\"picture\",\"path\":");
    json_string(stdout, path);
    printf(",\"format\":\"%s\",\"size\":[%d,%d],\"channels\":%d,\"depth\":%d",
           anew_format_extension(format), shape->width, shape->height, shape->channels,
           shape->depth);
    if (moves->frames > 1)
        printf(",\"frames\":%d,\"animation_seconds\":%.6g,\"plays\":%d", moves->frames,
               moves->seconds, moves->plays);
    if (m->density == ANEW_DENSITY_METRE)
        printf(",\"pixels_per_inch\":[%.6g,%.6g]", m->density_x * 0.0254, m->density_y * 0.0254);
    printf(",\"icc_bytes\":%zu,\"exif_bytes\":%zu,\"xmp_bytes\":%zu,\"iptc_bytes\":%zu",
           m->icc.size, m->exif.size, m->xmp.size, m->iptc.size);
    if (m->provenance.data != NULL) {
        printf(",\"provenance\":");
        json_string(stdout, (const char *)m->provenance.data);
    }
    printf("}\n");
}

/* All rows, or frames, are read, so that what is said of the file is said of a sound one. */
static anew_status inform_of_picture(const cli_options *options, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_animation *animation = NULL;
    anew_animation_facts moves;
    anew_image shape, row = {0};
    const char *path = options->words[0];
    anew_status status = ANEW_OK;
    ANEW_TRY(anew_image_reader_open(&reader, &shape, path, &options->limits, error));
    ANEW_TRY_GOTO(anew_animation_open(&animation, &moves, reader, &options->limits, error), out);
    if (animation != NULL)
        shape = moves.shape;
    ANEW_TRY_GOTO(anew_image_create(&row, shape.width, 1, shape.channels, shape.depth, error), out);
    for (int y = 0; animation == NULL && y < shape.height; y++)
        ANEW_TRY_GOTO(anew_image_reader_rows(reader, row.pixels, 1, error), out);
    const anew_metadata *m = anew_image_reader_metadata(reader);
    const anew_format format = anew_image_reader_format(reader);
    if (options->json)
        print_picture_json(path, &shape, m, format, &moves);
    else
        print_picture(&shape, m, format, &moves);
out:
    anew_image_free(&row);
    anew_animation_close(&animation);
    anew_image_reader_close(&reader);
    return status;
}

int command_info(const cli_options *options)
{
    anew_error error = {0};
    const anew_status status = is_picture(options->words[0]) ? inform_of_picture(options, &error)
                                                             : inform_of_model(options, &error);
    if (status == ANEW_OK)
        return EXIT_DONE;
    fprintf(stderr, "anew: %s\n", error.text);
    return EXIT_FAILED;
}
