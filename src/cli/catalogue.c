/* catalogue.c - lines of five words to rows. */
#include "cli/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "core/file.h"
#include "core/memory.h"

#define MAX_BYTES ((size_t)1 << 20)

extern const char anew_catalogue[]; /* presets/embedded.S; ends in a zero */

#define WORDS 5

static bool is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* A name becomes a file's, so it must be no path. */
static bool is_name(const char *text)
{
    return text[0] != '.' && text[0] != '-' && strchr(text, '/') == NULL;
}

static anew_status read_line(cli_catalogue *c, char *line, const char *label, int number,
                             anew_error *error)
{
    static const char blank[] = " \t\r";
    char *words[WORDS + 1], *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(line, blank, &rest); word != NULL && count <= WORDS;
         word = strtok_r(NULL, blank, &rest))
        words[count++] = word;
    if (count == 0 || words[0][0] == '#')
        return ANEW_OK;
    if (count != WORDS || !is_name(words[0]) || !is_sha256(words[1]) ||
        (strcmp(words[2], "commercial") != 0 && strcmp(words[2], "research") != 0))
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s:%d: must be a name, a SHA-256 in small letters, commercial or "
                         "research, a licence, and a URL or -",
                         label, number);
    cli_catalogue_row *rows = anew_grow(c->rows, &c->capacity, c->count + 1, sizeof *rows);
    if (rows == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to read it", label);
    c->rows = rows;
    rows[c->count++] = (cli_catalogue_row){.name = words[0],
                                           .sha256 = words[1],
                                           .commercial = strcmp(words[2], "commercial") == 0,
                                           .licence = words[3],
                                           .url = strcmp(words[4], "-") == 0 ? NULL : words[4]};
    return ANEW_OK;
}

anew_status cli_catalogue_read(cli_catalogue *catalogue, const char *path, anew_error *error)
{
    const char *label = path == NULL ? "catalogue.txt" : path;
    anew_bytes bytes = {0};
    int number = 0;
    *catalogue = (cli_catalogue){0};
    if (path != NULL)
        ANEW_TRY(anew_file_read(&bytes, path, MAX_BYTES, error));
    const size_t size = path == NULL ? strlen(anew_catalogue) : bytes.size;
    catalogue->text = anew_alloc_zero(size + 1);
    if (catalogue->text != NULL)
        memcpy(catalogue->text, path == NULL ? (const void *)anew_catalogue : bytes.data, size);
    anew_bytes_free(&bytes);
    if (catalogue->text == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to read it", label);
    for (char *line = catalogue->text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        ANEW_TRY(read_line(catalogue, line, label, ++number, error));
        line = end == NULL ? NULL : end + 1;
    }
    return ANEW_OK;
}

anew_status cli_catalogue_open(cli_catalogue *catalogue, anew_error *error)
{
    const char *table = getenv("ANEW_CATALOGUE");
    return cli_catalogue_read(catalogue, table != NULL && table[0] != '\0' ? table : NULL, error);
}

void cli_catalogue_free(cli_catalogue *catalogue)
{
    anew_free(catalogue->rows);
    anew_free(catalogue->text);
    *catalogue = (cli_catalogue){0};
}

void cli_catalogue_print_members(const cli_catalogue_row *row)
{
    printf("\"name\":");
    json_string(stdout, row->name);
    printf(",\"licence\":");
    json_string(stdout, row->licence);
    printf(",\"commercial\":%s", row->commercial ? "true" : "false");
}

void cli_catalogue_print_json(const cli_catalogue *catalogue, bool commercial_only)
{
    const char *separator = "";
    printf("{\"schema\":1,\"catalogue\":[");
    for (size_t i = 0; i < catalogue->count; i++) {
        const cli_catalogue_row *row = &catalogue->rows[i];
        if (commercial_only && !row->commercial)
            continue;
        printf("%s{", separator);
        cli_catalogue_print_members(row);
        printf(",\"sha256\":\"%s\",\"url\":", row->sha256);
        if (row->url != NULL)
            json_string(stdout, row->url);
        else
            printf("null");
        printf("}");
        separator = ",";
    }
    printf("]}\n");
}

const cli_catalogue_row *cli_catalogue_find(const cli_catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->rows[i].name, name) == 0)
            return &catalogue->rows[i];
    return NULL;
}

void cli_catalogue_print(const cli_catalogue *catalogue, bool commercial_only)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        const cli_catalogue_row *row = &catalogue->rows[i];
        if (row->commercial || !commercial_only)
            printf("%-28s %-24s %s\n", row->name, row->licence,
                   row->url == NULL ? "to be got by hand, --from FILE" : row->url);
    }
}
