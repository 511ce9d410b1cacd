/* model_path.c - names to files, wishes to models. */
#include "pipeline/model_path.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "model/model_mix.h"
#include "pipeline/enhance.h"

#ifndef ANEW_DATA_FOLDER
#define ANEW_DATA_FOLDER "/usr/local/share/anew"
#endif

#define MAX_PATH  4096
#define MAX_MIXED 8
#define ENDING    ".anew"

/* ---- folders ----------------------------------------------------------------------------------------- */

bool anew_models_own_folder(char *folder, size_t bytes)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int written = -1;
    if (data != NULL && data[0] == '/') /* XDG Base Directory specification: others are ignored */
        written = snprintf(folder, bytes, "%s/anew", data);
    else if (home != NULL && home[0] != '\0')
        written = snprintf(folder, bytes, "%s/.local/share/anew", home);
    return written > 0 && (size_t)written < bytes;
}

/* Folder `index` of the search path; false past the last. An entry that does not fit is left out. */
static bool folder_at(int index, char folder[MAX_PATH])
{
    const char *list = getenv("ANEW_MODELS");
    int written = -1;
    while (list != NULL && *list != '\0') {
        const size_t length = strcspn(list, ":");
        if (index-- == 0) {
            written = snprintf(folder, MAX_PATH, "%.*s", (int)length, list);
            return written > 0 && written < MAX_PATH;
        }
        list += length;
        list += *list == ':';
    }
    if (anew_models_own_folder(folder, MAX_PATH) && index-- == 0)
        return true;
    written = snprintf(folder, MAX_PATH, "%s", ANEW_DATA_FOLDER);
    return index == 0 && written < MAX_PATH;
}

static bool ends_in_anew(const char *text)
{
    const size_t length = strlen(text), ending = strlen(ENDING);
    return length > ending && strcmp(text + length - ending, ENDING) == 0;
}

/* One model as it is in its file. */
static anew_status open_one(anew_model **model, const char *name_or_path, anew_error *error)
{
    char folder[MAX_PATH], path[MAX_PATH + 256];
    *model = NULL;
    if (name_or_path == NULL || anew_is_embedded(name_or_path))
        return anew_model_open_embedded(model, name_or_path, error);
    if (strchr(name_or_path, '/') != NULL || ends_in_anew(name_or_path))
        return anew_model_open(model, name_or_path, error);
    for (int i = 0; i < 64; i++) {
        if (!folder_at(i, folder))
            continue;
        const int length = snprintf(path, sizeof path, "%s/%s" ENDING, folder, name_or_path);
        if (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0)
            return anew_model_open(model, path, error);
    }
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "there is no model '%s'; `anew models` lists those that are found, and a file "
                     "is named with its ending, like model.anew",
                     name_or_path);
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a folder's model files, sorted; the caller frees them. */
static anew_status list_folder(char ***names, size_t *count, const char *folder, anew_error *error)
{
    DIR *open = opendir(folder);
    size_t capacity = 0;
    anew_status status = ANEW_OK;
    *names = NULL;
    *count = 0;
    if (open == NULL)
        return ANEW_OK; /* a folder of the path that is not there */
    for (const struct dirent *entry; status == ANEW_OK && (entry = readdir(open)) != NULL;) {
        if (!ends_in_anew(entry->d_name))
            continue;
        char **more = anew_grow((void *)*names, &capacity, *count + 1, sizeof **names);
        char *name = anew_text_copy(entry->d_name);
        if (more != NULL)
            *names = more;
        if (more == NULL || name == NULL) {
            anew_free(name);
            status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to list it", folder);
        } else {
            (*names)[(*count)++] = name;
        }
    }
    (void)closedir(open);
    if (*count > 1)
        qsort((void *)*names, *count, sizeof **names, ascending);
    return status;
}

anew_status anew_models_walk(anew_found_function found, void *context, anew_error *error)
{
    char folder[MAX_PATH], path[MAX_PATH + 256];
    anew_status status = ANEW_OK;
    for (int i = 0; anew_embedded_name(i) != NULL; i++) {
        anew_model *model = NULL;
        ANEW_TRY(anew_model_open_embedded(&model, anew_embedded_name(i), error));
        found(context, anew_embedded_name(i), NULL, model, NULL);
        anew_model_close(&model);
    }
    for (int i = 0; status == ANEW_OK && i < 64; i++) {
        char **names = NULL;
        size_t count = 0;
        if (!folder_at(i, folder))
            continue;
        status = list_folder(&names, &count, folder, error);
        for (size_t k = 0; k < count; k++) {
            anew_model *model = NULL;
            anew_error broken = {0};
            const int length = snprintf(path, sizeof path, "%s/%s", folder, names[k]);
            if (status == ANEW_OK && length > 0 && (size_t)length < sizeof path) {
                const bool good = anew_model_open(&model, path, &broken) == ANEW_OK;
                names[k][strlen(names[k]) - strlen(ENDING)] = '\0';
                found(context, names[k], path, model, good ? NULL : &broken);
                anew_model_close(&model);
            }
            anew_free(names[k]);
        }
        anew_free((void *)names);
    }
    return status;
}

/* ---- wishes ------------------------------------------------------------------------------------------ */

/* One "name" or "name:weight" of the list; weight is -1 where it is left out. */
static anew_status split(const char *part, size_t length, char name[MAX_PATH], double *weight,
                         anew_error *error)
{
    const char *colon = NULL;
    for (size_t i = 0; i < length; i++)
        if (part[i] == ':')
            colon = part + i;
    const size_t name_length = colon == NULL ? length : (size_t)(colon - part);
    *weight = -1;
    if (name_length == 0 || name_length >= MAX_PATH)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a model without a name in the mixture");
    memcpy(name, part, name_length);
    name[name_length] = '\0';
    if (colon == NULL)
        return ANEW_OK;
    char text[32] = "", *end = NULL;
    const size_t digits = length - name_length - 1;
    if (digits > 0 && digits < sizeof text)
        memcpy(text, colon + 1, digits);
    *weight = strtod(text, &end);
    if (end == text || *end != '\0' || !(*weight >= 0 && *weight <= 1))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: the weight '%s' must be a number from 0 to 1", name, text);
    return ANEW_OK;
}

static anew_status open_mixture(anew_model **model, const char *wish, anew_error *error)
{
    anew_model *models[MAX_MIXED] = {NULL};
    double weights[MAX_MIXED], sum = 0;
    char name[MAX_PATH];
    int count = 0;
    anew_status status = ANEW_OK;
    for (const char *part = wish; part != NULL; count++) {
        const size_t length = strcspn(part, ",");
        if (count == MAX_MIXED) {
            status = anew_fail(error, ANEW_ERROR_LIMIT, "%s: more than %d models", wish, MAX_MIXED);
            goto out;
        }
        ANEW_TRY_GOTO(split(part, length, name, &weights[count], error), out);
        ANEW_TRY_GOTO(open_one(&models[count], name, error), out);
        part = part[length] == ',' ? part + length + 1 : NULL;
        const bool left_out = weights[count] < 0;
        if (left_out && part == NULL)
            weights[count] = 1 - sum;
        if (weights[count] < 0) {
            status = anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: '%s' has no weight%s", wish, name,
                               part == NULL ? ", and nothing is left for it" : "");
            count++;
            goto out;
        }
        sum += weights[count];
    }
    if (fabs(sum - 1) > 1e-3)
        status =
            anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: the weights sum to %g, not to 1", wish, sum);
    else
        status = anew_model_mix(model, (const anew_model *const *)models, weights, count, wish,
                                wish, error);
out:
    for (int i = 0; i < MAX_MIXED; i++)
        anew_model_close(&models[i]);
    return status;
}

/* The partner stands beside the model, or is found by its name. */
static anew_status open_partner(anew_model **partner, const anew_model *model,
                                const char *parameter, const char *option, anew_error *error)
{
    const char *name = NULL, *label = anew_model_label(model);
    char path[MAX_PATH];
    if (!anew_model_text(model, parameter, &name))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: the model names no partner, so %s cannot mix it", label, option);
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: its partner '%s' is no model's name, which has no folder in it",
                         label, name);
    const char *slash = strrchr(label, '/');
    const int folder = slash == NULL ? 0 : (int)(slash - label) + 1;
    const int length = snprintf(path, sizeof path, "%.*s%s" ENDING, folder, label, name);
    if (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0)
        return anew_model_open(partner, path, error);
    return open_one(partner, name, error);
}

/* Makes *model `share` of itself and the rest of the partner, which is closed. */
static anew_status mix_with(anew_model **model, anew_model *partner, double share,
                            anew_error *error)
{
    const anew_model *const both[2] = {*model, partner};
    const double weights[2] = {share, 1 - share};
    anew_model *mixed = NULL;
    const anew_status status = anew_model_mix(&mixed, both, weights, 2, anew_model_name(*model),
                                              anew_model_label(*model), error);
    anew_model_close(&partner);
    if (status != ANEW_OK)
        return status;
    anew_model_close(model);
    *model = mixed;
    return ANEW_OK;
}

static anew_status mix_as_said(anew_model **model, const char *parameter, const char *option,
                               double share, anew_error *error)
{
    anew_model *partner = NULL;
    ANEW_TRY(open_partner(&partner, *model, parameter, option, error));
    return mix_with(model, partner, share, error);
}

/* What a model says of itself is no wish: without its partner it is taken as it is. */
static anew_status mix_as_usual(anew_model **model, anew_error *error)
{
    anew_model *partner = NULL;
    anew_error absent;
    double usual = 0;
    if (!anew_model_real(*model, ANEW_CRISP_USUAL, &usual) || !(usual > 0 && usual <= 1) ||
        open_partner(&partner, *model, ANEW_CRISP_PARTNER, "--crisp", &absent) != ANEW_OK)
        return ANEW_OK;
    return mix_with(model, partner, 1 - usual, error);
}

anew_status anew_models_open(anew_model **model, const char *wish, const anew_mixing *mixing,
                             anew_error *error)
{
    anew_status status = ANEW_OK;
    *model = NULL;
    if (wish != NULL && strpbrk(wish, ",:") != NULL && access(wish, F_OK) != 0) {
        if (mixing != NULL && (mixing->denoise >= 0 || mixing->crisp >= 0))
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s is for a single model",
                             mixing->denoise >= 0 ? "--denoise" : "--crisp");
        return open_mixture(model, wish, error);
    }
    ANEW_TRY(open_one(model, wish, error));
    if (mixing == NULL)
        return ANEW_OK;
    if (mixing->denoise >= 0)
        status = mix_as_said(model, ANEW_DENOISE_PARTNER, "--denoise", mixing->denoise, error);
    if (status == ANEW_OK && mixing->crisp >= 0)
        status = mix_as_said(model, ANEW_CRISP_PARTNER, "--crisp", 1 - mixing->crisp, error);
    else if (status == ANEW_OK)
        status = mix_as_usual(model, error);
    if (status != ANEW_OK)
        anew_model_close(model);
    return status;
}

anew_status anew_model_open_named(anew_model **model, const char *wish, anew_error *error)
{
    const anew_mixing usual = {.denoise = -1, .crisp = -1};
    return anew_models_open(model, wish, &usual, error);
}
