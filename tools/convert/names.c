/* names.c - tensors are renamed and counted. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

int names_count(const checkpoint *c, const char *prefix)
{
    int count = 0;
    for (int i = 0; i < c->count; i++) {
        int index = 0;
        char dot = 0;
        const char *name = c->tensors[i].name;
        if (strncmp(name, prefix, strlen(prefix)) == 0 &&
            sscanf(name + strlen(prefix), "%4d%c", &index, &dot) == 2 && dot == '.' && index >= 0 &&
            index + 1 > count)
            count = index + 1;
    }
    return count;
}

anew_status names_replace(checkpoint *c, const char *label, const char *from, const char *to,
                          bool whole, anew_error *error)
{
    for (int i = 0; i < c->count; i++) {
        char *name = c->tensors[i].name, *at = strstr(name, from);
        if (at == NULL || (whole && at != name))
            continue;
        const size_t bytes = strlen(name) - strlen(from) + strlen(to) + 1;
        char *longer = anew_alloc(bytes);
        if (longer == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
        (void)snprintf(longer, bytes, "%.*s%s%s", (int)(at - name), name, to, at + strlen(from));
        anew_free(name);
        c->tensors[i].name = longer;
    }
    return ANEW_OK;
}

int64_t names_scale(int64_t channels, int64_t colours)
{
    for (int64_t s = 1; s <= 8; s++)
        if (colours * s * s == channels)
            return s;
    return 0;
}

void names_negate(checkpoint *c, const char *layer)
{
    const size_t length = strlen(layer);
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        if (strncmp(t->name, layer, length) != 0 || t->name[length] != '.')
            continue;
        for (int64_t k = 0; k < t->elements; k++)
            t->values[k] = -t->values[k];
    }
}
