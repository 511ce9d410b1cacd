/* input.c - reading at any place, through a window of the file for small portions. */
#include "core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

#define WINDOW 65536

struct anew_input {
    char *label;
    int descriptor; /* -1: all is in memory */
    uint64_t size;
    const uint8_t *data; /* of the whole file, or NULL */
    anew_bytes owned;    /* what `data` is, where it is ours */
    uint64_t window_offset;
    size_t window_bytes;
    uint8_t window[WINDOW];
};

static anew_status create(anew_input **input, const char *label, anew_error *error)
{
    anew_input *in = anew_alloc_zero(sizeof *in);
    *input = in;
    if (in != NULL) {
        in->descriptor = -1;
        in->label = anew_text_copy(label);
    }
    if (in == NULL || in->label == NULL) {
        anew_input_close(input);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to read it", label);
    }
    return ANEW_OK;
}

/* A regular file stays open; anything else is read whole. */
static anew_status open_file(anew_input *in, const char *path, size_t max_bytes,
                             anew_file_kind *kind, anew_error *error)
{
    struct stat facts;
    const int fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0) {
        in->descriptor = fd;
        in->size = (uint64_t)facts.st_size;
        return ANEW_OK;
    }
    if (fd >= 0)
        (void)close(fd);
    ANEW_TRY(anew_file_read_kind(&in->owned, path, max_bytes, kind, error));
    in->data = in->owned.data;
    in->size = in->owned.size;
    return ANEW_OK;
}

anew_status anew_input_open(anew_input **input, const char *path, size_t max_bytes,
                            anew_file_kind *kind, anew_error *error)
{
    ANEW_TRY(create(input, strcmp(path, "-") == 0 ? "standard input" : path, error));
    const anew_status status = open_file(*input, path, max_bytes, kind, error);
    if (status != ANEW_OK)
        anew_input_close(input);
    return status;
}

anew_status anew_input_open_memory(anew_input **input, const uint8_t *data, size_t size,
                                   const char *label, anew_error *error)
{
    ANEW_TRY(create(input, label, error));
    (*input)->data = data;
    (*input)->size = size;
    return ANEW_OK;
}

void anew_input_close(anew_input **input)
{
    anew_input *in = *input;
    if (in == NULL)
        return;
    if (in->descriptor >= 0)
        (void)close(in->descriptor);
    anew_bytes_free(&in->owned);
    anew_free(in->label);
    anew_free(in);
    *input = NULL;
}

uint64_t anew_input_size(const anew_input *input)
{
    return input->size;
}

const char *anew_input_label(const anew_input *input)
{
    return input->label;
}

/* From the file itself. */
static size_t read_at(const anew_input *in, uint64_t offset, uint8_t *to, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        const ssize_t got = pread(in->descriptor, to + done, bytes - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

size_t anew_input_some(anew_input *in, uint64_t offset, void *to, size_t bytes)
{
    if (offset >= in->size)
        return 0;
    if (bytes > in->size - offset)
        bytes = (size_t)(in->size - offset);
    if (in->data != NULL) {
        memcpy(to, in->data + offset, bytes);
        return bytes;
    }
    if (bytes >= WINDOW)
        return read_at(in, offset, to, bytes);
    size_t done = 0;
    while (done < bytes) {
        const uint64_t at = offset + done;
        if (at < in->window_offset || at >= in->window_offset + in->window_bytes) {
            in->window_offset = at;
            in->window_bytes = read_at(in, at, in->window, WINDOW);
            if (in->window_bytes == 0)
                break;
        }
        const size_t skip = (size_t)(at - in->window_offset), there = in->window_bytes - skip;
        const size_t now = there < bytes - done ? there : bytes - done;
        memcpy((uint8_t *)to + done, in->window + skip, now);
        done += now;
    }
    return done;
}

anew_status anew_input_exactly(anew_input *in, uint64_t offset, void *to, size_t bytes,
                               anew_error *error)
{
    if (anew_input_some(in, offset, to, bytes) != bytes)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the file is cut", in->label);
    return ANEW_OK;
}

anew_status anew_input_whole(anew_input *in, const uint8_t **data, size_t *size, size_t max_bytes,
                             anew_error *error)
{
    if (in->size > max_bytes)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: larger than %zu bytes", in->label,
                         max_bytes);
    if (in->data == NULL) {
        uint8_t *bytes = anew_alloc((size_t)in->size);
        if (bytes == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its %llu bytes",
                             in->label, (unsigned long long)in->size);
        in->owned = (anew_bytes){.data = bytes, .size = (size_t)in->size};
        ANEW_TRY(anew_input_exactly(in, 0, bytes, (size_t)in->size, error));
        in->data = bytes;
    }
    *data = in->data;
    *size = (size_t)in->size;
    return ANEW_OK;
}
