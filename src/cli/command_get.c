/*
 * command_get.c - `anew get NAME`: a published model from its file's URL to a place where it is found by its name:
 *
 *     catalogue -> licence -> download (curl), or a file -> SHA-256 -> anew-convert -> NAME.anew
 *
 * Nothing is kept of a file with another SHA-256.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/catalogue.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/inputs.h"
#include "cli/json.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "pipeline/model_path.h"

#define MAX_PATH  4096
#define MAX_MODEL ((size_t)2 << 30)

/* ---- the file ---------------------------------------------------------------------------------------- */

typedef struct fetched {
    char folder[MAX_PATH]; /* for the download; "": none was made */
    char path[MAX_PATH];
} fetched;

static void forget(fetched *f)
{
    if (f->folder[0] == '\0')
        return;
    (void)unlink(f->path);
    (void)rmdir(f->folder);
    f->folder[0] = '\0';
}

static bool is_url(const char *text)
{
    return strstr(text, "://") != NULL;
}

/* Downloads to a folder of its own, under the URL's last word: its ending tells the kind. */
static anew_status download(fetched *f, const char *url, bool quiet, anew_error *error)
{
    const char *temporary = getenv("TMPDIR"), *slash = strrchr(url, '/');
    char name[256];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(slash + 1, "?#"), slash + 1);
    if (name[0] == '\0' || name[0] == '.')
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: the URL names no file", url);
    const int length = snprintf(f->folder, sizeof f->folder, "%s/anew-get-XXXXXX",
                                temporary != NULL && temporary[0] == '/' ? temporary : "/tmp");
    if (length < 0 || (size_t)length >= sizeof f->folder - sizeof name || !mkdtemp(f->folder)) {
        f->folder[0] = '\0';
        return anew_fail(error, ANEW_ERROR_IO, "%s: cannot make a folder for the download", url);
    }
    (void)snprintf(f->path, sizeof f->path, "%.*s/%s", length, f->folder, name);
    const char *words[] = {"curl",
                           "--fail",
                           "--location",
                           "--retry",
                           "3",
                           "--proto",
                           "=https,http,file",
                           "--output",
                           f->path,
                           quiet ? "--silent" : "--progress-bar",
                           "--show-error",
                           "--",
                           url,
                           NULL};
    return cli_child_run(words, false, url, error);
}

static anew_status verify(const char *path, const char *wanted, anew_error *error)
{
    char hex[ANEW_SHA256_TEXT];
    anew_bytes bytes = {0};
    ANEW_TRY(anew_file_read(&bytes, path, MAX_MODEL, error));
    anew_sha256(hex, bytes.data, bytes.size);
    anew_bytes_free(&bytes);
    if (strcmp(hex, wanted) == 0)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_FORMAT,
                     "%s: has the SHA-256 %s and not %s; nothing of it is kept", path, hex, wanted);
}

/* ---- the model --------------------------------------------------------------------------------------- */

/* Where it will be found, or where --output says. */
static anew_status choose_place(char path[MAX_PATH], const cli_options *o,
                                const cli_catalogue_row *row, anew_error *error)
{
    char folder[MAX_PATH];
    if (o->output != NULL)
        (void)snprintf(folder, sizeof folder, "%s", o->output);
    else if (!anew_models_own_folder(folder, sizeof folder))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: neither XDG_DATA_HOME nor HOME says where models are; name a folder "
                         "with --output",
                         row->name);
    const int length = snprintf(path, MAX_PATH, "%s/%s.anew", folder, row->name);
    if (length < 0 || length >= MAX_PATH)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: the path is too long", folder);
    if (!o->force && anew_output_overwrites(path))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it", path);
    return cli_make_folder(folder, error);
}

static anew_status convert(const char *file, const char *target, const cli_catalogue_row *row,
                           anew_error *error)
{
    const char *words[] = {"anew-convert", file,        "-o",         target,    "--name",
                           row->name,      "--licence", row->licence, "--force", "--quiet",
                           NULL,           NULL,        NULL};
    if (row->url != NULL) {
        words[10] = "--source";
        words[11] = row->url;
    }
    return cli_child_run(words, true, row->name, error);
}

/* For programs: the model that is there now. */
static void tell(const cli_catalogue_row *row, const char *path)
{
    printf("{\"schema\":1,\"event\":\"fetched\",");
    cli_catalogue_print_members(row);
    printf(",\"path\":");
    json_string(stdout, path);
    printf("}\n");
}

static anew_status get(const cli_options *o, const cli_catalogue_row *row, anew_error *error)
{
    char target[MAX_PATH];
    fetched f = {.folder = "", .path = ""};
    const char *from = o->from != NULL ? o->from : row->url;
    anew_status status = ANEW_OK;
    if (o->commercial_only && !row->commercial)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: its licence (%s) allows no commercial use, which --license-policy "
                         "commercial asks for",
                         row->name, row->licence);
    if (from == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: no URL is known; get the file (weights/MODELS.md) and name it with "
                         "--from",
                         row->name);
    ANEW_TRY(choose_place(target, o, row, error));
    if (is_url(from))
        ANEW_TRY_GOTO(download(&f, from, o->quiet || o->json, error), out);
    else
        (void)snprintf(f.path, sizeof f.path, "%s", from);
    ANEW_TRY_GOTO(verify(f.path, row->sha256, error), out);
    ANEW_TRY_GOTO(convert(f.path, target, row, error), out);
    if (o->json)
        tell(row, target);
    else if (!o->quiet)
        printf("%s: licence %s (%s use), %s\n", row->name, row->licence,
               row->commercial ? "commercial" : "only non-commercial", target);
out:
    forget(&f);
    return status;
}

int command_get(const cli_options *options)
{
    cli_catalogue catalogue = {0};
    anew_error error = {0};
    anew_status status = ANEW_OK;
    if (options->word_count == 0 && options->from != NULL) {
        cli_complain("--from: name the model, too, as `anew get` without options lists it");
        return EXIT_USAGE;
    }
    ANEW_TRY_GOTO(cli_catalogue_open(&catalogue, &error), out);
    if (options->word_count == 0) {
        (options->json ? cli_catalogue_print_json : cli_catalogue_print)(&catalogue,
                                                                         options->commercial_only);
        goto out;
    }
    const cli_catalogue_row *row = cli_catalogue_find(&catalogue, options->words[0]);
    if (row == NULL)
        status = anew_fail(&error, ANEW_ERROR_ARGUMENT,
                           "no model '%s' in the catalogue; `anew get` lists it, and anew-convert "
                           "takes any file",
                           options->words[0]);
    else
        status = get(options, row, &error);
out:
    if (status != ANEW_OK)
        cli_complain_error(&error);
    cli_catalogue_free(&catalogue);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
