/* inputs.c - words, folders and lists to pictures. */
#include "cli/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/patterns.h"
#include "core/file.h"
#include "core/memory.h"

#define MAX_LIST ((size_t)256 << 20)

typedef struct collection {
    cli_inputs *inputs;
    const cli_options *options;
    const char *mark;
    int model_scale;
    size_t below; /* of the folder that is being read: the length of its name as it was given */
    bool found;   /* what is added now was not named by a word of the command line */
    anew_error *error;
} collection;

bool cli_is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static anew_status no_memory(const collection *c, const char *path)
{
    return anew_fail(c->error, ANEW_ERROR_MEMORY, "%s: no memory to list it", path);
}

/* "a/b", or NULL without memory. */
static char *joined(const char *a, const char *b)
{
    const size_t length = strlen(a), bytes = length + strlen(b) + 2;
    const bool slash = length > 0 && a[length - 1] == '/';
    char *path = anew_alloc(bytes);
    if (path != NULL)
        (void)snprintf(path, bytes, "%s%s%s", a, slash ? "" : "/", b);
    return path;
}

static anew_status add(const collection *c, const char *path, const char *folder)
{
    cli_inputs *to = c->inputs;
    cli_input *more = anew_grow(to->list, &to->capacity, to->count + 1, sizeof *more);
    if (more == NULL)
        return no_memory(c, path);
    to->list = more;
    cli_input *input = &to->list[to->count++];
    *input = (cli_input){.path = anew_text_copy(path),
                         .folder = anew_text_copy(folder),
                         .below = c->below,
                         .found = c->found};
    return input->path == NULL || (folder != NULL && input->folder == NULL) ? no_memory(c, path)
                                                                            : ANEW_OK;
}

/* ---- folders ----------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder but for hidden ones, sorted; the caller frees them, also after a failure. */
static anew_status names_of(char ***names, size_t *count, const collection *c, const char *folder)
{
    size_t capacity = 0;
    *names = NULL;
    *count = 0;
    DIR *open = opendir(folder);
    if (open == NULL)
        return anew_fail_system(c->error, errno, "%s: cannot open: %s", folder, strerror(errno));
    anew_status status = ANEW_OK;
    for (const struct dirent *entry; status == ANEW_OK && (entry = readdir(open)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char **more = anew_grow((void *)*names, &capacity, *count + 1, sizeof **names);
        if (more != NULL)
            *names = more;
        if (more == NULL || ((*names)[*count] = anew_text_copy(entry->d_name)) == NULL)
            status = no_memory(c, folder);
        else
            (*count)++;
    }
    (void)closedir(open);
    if (*count > 1)
        qsort((void *)*names, *count, sizeof **names, ascending);
    return status;
}

/* The pictures of a folder, told by their endings; those of the folders in it where --recursive says so,
 * but not through links, which may lead round in a circle. */
static anew_status add_folder(const collection *c, const char *folder, const char *results)
{
    char **names = NULL;
    size_t count = 0;
    anew_status status = names_of(&names, &count, c, folder);
    for (size_t i = 0; i < count; i++) {
        struct stat facts = {0};
        char *path = status == ANEW_OK ? joined(folder, names[i]) : NULL;
        if (status == ANEW_OK && path == NULL)
            status = no_memory(c, folder);
        const bool there = path != NULL && lstat(path, &facts) == 0;
        if (there && S_ISDIR(facts.st_mode) && c->options->recursive) {
            char *below = joined(results, names[i]);
            status = below == NULL ? no_memory(c, folder) : add_folder(c, path, below);
            anew_free(below);
        } else if (there && !S_ISDIR(facts.st_mode) && !cli_is_folder(path) &&
                   anew_format_of_path(names[i]) != ANEW_FORMAT_UNKNOWN) {
            status = add(c, path, results);
        }
        anew_free(path);
        anew_free(names[i]);
    }
    anew_free((void *)names);
    return status;
}

/* A folder that is named: its results go to --output, or beside it, "photos" to "photos_x4". */
static anew_status add_named_folder(const collection *collected, const char *folder)
{
    collection below = *collected;
    const collection *c = &below;
    size_t length = strlen(folder);
    below.below = length + (length > 0 && folder[length - 1] != '/');
    below.found = true;
    if (c->options->output != NULL)
        return add_folder(c, folder, c->options->output);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    const size_t dots = length >= 2 && folder[length - 1] == '.' && folder[length - 2] == '.' ? 2
                        : folder[length - 1] == '.'                                           ? 1
                                                                                              : 0;
    if (folder[length - 1] == '/' ||
        (dots > 0 && (length == dots || folder[length - dots - 1] == '/')))
        return anew_fail(c->error, ANEW_ERROR_ARGUMENT,
                         "%s: name a folder for the results with --output", folder);
    const size_t bytes = length + strlen(c->mark) + 1;
    char *results = anew_alloc(bytes);
    if (results == NULL)
        return no_memory(c, folder);
    (void)snprintf(results, bytes, "%.*s%s", (int)length, folder, c->mark);
    const anew_status status = add_folder(c, folder, results);
    anew_free(results);
    return status;
}

/* ---- words and lists --------------------------------------------------------------------------------- */

static anew_status add_path(const collection *c, const char *path)
{
    if (cli_is_folder(path))
        return add_named_folder(c, path);
    return add(c, path, c->inputs->many ? c->options->output : NULL);
}

static anew_status add_match(void *context, const char *path)
{
    collection found = *(const collection *)context;
    found.found = true;
    return add_path(&found, path);
}

static anew_status add_word(collection *c, const char *word)
{
    return cli_is_pattern(word) ? cli_pattern_walk(word, add_match, c, c->error)
                                : add_path(c, word);
}

/* One path a line; empty lines are left out, a carriage return before the line's end too. */
static anew_status add_list(const collection *all, const char *path)
{
    collection listed = *all;
    const collection *c = &listed;
    anew_bytes bytes = {0};
    listed.found = true;
    char *line = NULL;
    anew_status status = ANEW_OK;
    ANEW_TRY(anew_file_read(&bytes, path, MAX_LIST, c->error));
    for (size_t at = 0; status == ANEW_OK && at < bytes.size;) {
        const char *start = (const char *)bytes.data + at;
        const char *stop = memchr(start, '\n', bytes.size - at);
        size_t length = stop == NULL ? bytes.size - at : (size_t)(stop - start);
        at += length + 1;
        if (length > 0 && start[length - 1] == '\r')
            length--;
        if (length == 0)
            continue;
        line = anew_alloc(length + 1);
        if (line == NULL) {
            status = no_memory(c, path);
            break;
        }
        memcpy(line, start, length);
        line[length] = '\0';
        status = strlen(line) == length
                     ? add_path(c, line)
                     : anew_fail(c->error, ANEW_ERROR_FORMAT, "%s: is no list of paths", path);
        anew_free(line);
    }
    anew_bytes_free(&bytes);
    return status;
}

/* ---- pictures that differ in their ending only ------------------------------------------------------- */

static size_t stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    return dot == NULL || dot == base ? strlen(path) : (size_t)(dot - path);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* By the folder of the result, then the name without its ending. */
static int by_result(const void *a, const void *b)
{
    const cli_input *left = *(cli_input *const *)a, *right = *(cli_input *const *)b;
    const char *left_base = base_of(left->path), *right_base = base_of(right->path);
    const size_t left_length = stem_of(left->path) - (size_t)(left_base - left->path);
    const size_t right_length = stem_of(right->path) - (size_t)(right_base - right->path);
    int order = 0;
    if (left->folder != NULL && right->folder != NULL) {
        order = strcmp(left->folder, right->folder);
    } else if (left->folder == NULL && right->folder == NULL) {
        const size_t left_folder = (size_t)(left_base - left->path);
        const size_t right_folder = (size_t)(right_base - right->path);
        order = left_folder != right_folder ? (left_folder < right_folder ? -1 : 1)
                                            : memcmp(left->path, right->path, left_folder);
    } else {
        order = left->folder == NULL ? -1 : 1;
    }
    if (order == 0 && left_length != right_length)
        order = left_length < right_length ? -1 : 1;
    return order != 0 ? order : memcmp(left_base, right_base, left_length);
}

static anew_status find_pairs(const collection *c)
{
    cli_inputs *inputs = c->inputs;
    if (inputs->count < 2)
        return ANEW_OK;
    cli_input **sorted = anew_alloc(anew_size_mul(inputs->count, sizeof *sorted));
    if (sorted == NULL)
        return no_memory(c, inputs->list[0].path);
    for (size_t i = 0; i < inputs->count; i++)
        sorted[i] = &inputs->list[i];
    qsort((void *)sorted, inputs->count, sizeof *sorted, by_result);
    for (size_t i = 1; i < inputs->count; i++)
        if (by_result(&sorted[i - 1], &sorted[i]) == 0 &&
            strcmp(sorted[i - 1]->path, sorted[i]->path) != 0)
            sorted[i - 1]->with_ending = sorted[i]->with_ending = true;
    anew_free((void *)sorted);
    return ANEW_OK;
}

/* A result's path. */
typedef struct claim {
    char *path;
    size_t index;
} claim;

static int by_path(const void *a, const void *b)
{
    const claim *left = a, *right = b;
    const int order = strcmp(left->path, right->path);
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

/* Pictures of which one would overwrite the other's result, such as a.jpg of two folders: the later ones are told so
 * (cli_choose_output). The same picture named twice has nothing to lose. */
static anew_status find_twins(const collection *c)
{
    cli_inputs *inputs = c->inputs;
    anew_status status = ANEW_OK;
    if (inputs->count < 2)
        return ANEW_OK;
    claim *claims = anew_alloc_zero(anew_size_mul(inputs->count, sizeof *claims));
    if (claims == NULL)
        return no_memory(c, inputs->list[0].path);
    for (size_t i = 0; i < inputs->count && status == ANEW_OK; i++) {
        claims[i] = (claim){cli_derived_path(&inputs->list[i], c->options, c->model_scale), i};
        if (claims[i].path == NULL)
            status = no_memory(c, inputs->list[i].path);
    }
    if (status == ANEW_OK)
        qsort(claims, inputs->count, sizeof *claims, by_path);
    for (size_t i = 1, first = 0; i < inputs->count && status == ANEW_OK; i++) {
        if (strcmp(claims[first].path, claims[i].path) != 0)
            first = i;
        const cli_input *leader = &inputs->list[claims[first].index];
        cli_input *input = &inputs->list[claims[i].index];
        if (first == i || strcmp(leader->path, input->path) == 0)
            continue;
        input->twin = anew_text_copy(leader->path);
        if (input->twin == NULL)
            status = no_memory(c, input->path);
    }
    for (size_t i = 0; i < inputs->count; i++)
        anew_free(claims[i].path);
    anew_free(claims);
    return status;
}

static void free_input(cli_input *input)
{
    anew_free(input->path);
    anew_free(input->folder);
    anew_free(input->twin);
}

static void keep_shard(cli_inputs *inputs, const cli_shard *shard)
{
    size_t kept = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        if (cli_shard_has(shard, inputs->list[i].path + inputs->list[i].below))
            inputs->list[kept++] = inputs->list[i];
        else
            free_input(&inputs->list[i]);
    }
    inputs->count = kept;
}

anew_status cli_inputs_collect(cli_inputs *inputs, const cli_options *options, int model_scale,
                               anew_error *error)
{
    cli_shard shard;
    char mark[CLI_MARK_BYTES];
    collection c = {.inputs = inputs,
                    .options = options,
                    .mark = mark,
                    .model_scale = model_scale,
                    .error = error};
    cli_mark(mark, options, model_scale);
    *inputs = (cli_inputs){.many = cli_names_many(options)};
    ANEW_TRY(cli_shard_read(&shard, options->shard, error));
    for (int i = 0; i < options->word_count; i++)
        ANEW_TRY(add_word(&c, options->words[i]));
    if (options->list != NULL)
        ANEW_TRY(add_list(&c, options->list));
    ANEW_TRY(find_pairs(&c));
    ANEW_TRY(find_twins(&c));
    keep_shard(inputs, &shard);
    return ANEW_OK;
}

anew_status cli_input_may_be_read(const cli_input *input, anew_error *error)
{
    struct stat facts;
    if (input->found && stat(input->path, &facts) == 0 && !S_ISREG(facts.st_mode))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: is no regular file", input->path);
    return ANEW_OK;
}

void cli_inputs_free(cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free_input(&inputs->list[i]);
    anew_free(inputs->list);
    *inputs = (cli_inputs){0};
}
