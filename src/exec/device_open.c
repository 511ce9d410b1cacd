/*
 * device_open.c - the way to a device: the plug-in's file, its version, its devices. What is not there is said in one
 * line, with what would help.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "exec/devices.h"

#define PLUGIN "anew-cuda.so"

#ifndef ANEW_PLUGINS /* 0 in a static build, which can load nothing */
#define ANEW_PLUGINS 1
#endif

#if ANEW_PLUGINS
#include <dlfcn.h>
#include <unistd.h>

/* The folder of the running program, with its slash; "" where the system does not tell. */
static void program_folder(char *folder, size_t bytes)
{
    const ssize_t length = readlink("/proc/self/exe", folder, bytes - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
    else
        folder[0] = '\0';
}

static void *load(const char *plugin, char *tried, size_t tried_bytes)
{
    char folder[1024], path[1200];
    void *handle;
    if (plugin != NULL) {
        handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
        (void)snprintf(tried, tried_bytes, "%s", handle == NULL ? dlerror() : plugin);
        return handle;
    }
    program_folder(folder, sizeof folder);
    const char *const places[] = {"", "../lib/anew/"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s%s", folder, places[i], PLUGIN);
        if (access(path, F_OK) != 0)
            continue;
        handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        (void)snprintf(tried, tried_bytes, "%s", handle == NULL ? dlerror() : path);
        return handle;
    }
    (void)snprintf(tried, tried_bytes,
                   "no %s beside the program or in ../lib/anew (`make CUDA=1` makes it)", PLUGIN);
    return NULL;
}

static anew_status find_functions(const anew_device_functions **functions, const char *plugin,
                                  anew_error *error)
{
    char tried[1400];
    anew_device_plugin_function *function = NULL;
    void *handle = load(plugin, tried, sizeof tried);
    if (handle == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "CUDA is off: %s", tried);
    void *address = dlsym(handle, "anew_device_plugin");
    memcpy(&function, &address, sizeof function);
    const anew_device_functions *found = function == NULL ? NULL : function();
    if (found != NULL && found->interface == ANEW_DEVICE_INTERFACE) {
        *functions = found;
        return ANEW_OK; /* it stays loaded: drivers do not like to go */
    }
    (void)dlclose(handle);
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "CUDA is off: %s is no plug-in of this version of anew; build both together",
                     tried);
}
#else
static anew_status find_functions(const anew_device_functions **functions, const char *plugin,
                                  anew_error *error)
{
    (void)functions;
    (void)plugin;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "CUDA is off: this is a static build, which can load no %s", PLUGIN);
}
#endif

/* N of "cuda:N"; -1 where the name is not of that kind. */
static int index_of(const char *name)
{
    if (strcmp(name, "cuda") == 0)
        return 0;
    if (strncmp(name, "cuda:", 5) != 0 || name[5] == '\0' || strlen(name) > 8 ||
        strspn(name + 5, "0123456789") != strlen(name + 5))
        return -1;
    return atoi(name + 5);
}

anew_status anew_device_open(anew_device **device, const char *name, const char *plugin,
                             anew_error *error)
{
    char message[256] = "";
    anew_status status = ANEW_OK;
    const int index = index_of(name);
    if (index < 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "'%s' is no device; use cpu, cuda or cuda:N",
                         name);
    anew_device *d = anew_alloc_zero(sizeof *d);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a device");
    (void)pthread_mutex_init(&d->mutex, NULL);
    ANEW_TRY_GOTO(find_functions(&d->functions, plugin, error), fail);
    const int count = d->functions->count(message, sizeof message);
    if (index >= count) {
        status = count == 0 ? anew_fail(error, ANEW_ERROR_UNSUPPORTED, "CUDA is off: %s", message)
                            : anew_fail(error, ANEW_ERROR_ARGUMENT,
                                        "there is no device cuda:%d; the last one is cuda:%d",
                                        index, count - 1);
        goto fail;
    }
    (void)snprintf(d->name, sizeof d->name, "cuda:%d", index);
    if (d->functions->open(&d->handle, index, message, sizeof message) != ANEW_DEVICE_OK ||
        d->functions->facts(d->handle, &d->facts, message, sizeof message) != ANEW_DEVICE_OK) {
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED, "CUDA is off: %s: %s", d->name, message);
        goto fail;
    }
    *device = d;
    return ANEW_OK;
fail:
    anew_device_close(&d);
    return status;
}

void anew_device_close(anew_device **device)
{
    if (*device == NULL)
        return;
    if ((*device)->handle != NULL && (*device)->functions != NULL)
        (*device)->functions->close((*device)->handle);
    (void)pthread_mutex_destroy(&(*device)->mutex);
    anew_free(*device);
    *device = NULL;
}
