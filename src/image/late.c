/* late.c - dlopen and dlsym, which POSIX has. */
#include "image/late.h"

#include <string.h>

#if defined(ANEW_AVIF_SONAME) || defined(ANEW_JXL_SONAME)
#include <dlfcn.h>

static anew_status load(anew_late_library *library, const char *label, anew_error *error)
{
    void *handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: %s needs %s, which cannot be loaded: %s", label, library->format,
                         library->soname, dlerror());
    for (size_t i = 0; i < library->count; i++) {
        void *address = dlsym(handle, library->functions[i].name);
        if (address == NULL) {
            (void)dlclose(handle);
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: %s: %s has no function %s", label,
                             library->format, library->soname, library->functions[i].name);
        }
        memcpy(library->functions[i].to, &address, sizeof address);
    }
    library->loaded = 1;
    return ANEW_OK;
}

anew_status anew_late_load(anew_late_library *library, const char *label, anew_error *error)
{
    anew_status status = ANEW_OK;
    (void)pthread_mutex_lock(&library->mutex);
    if (!library->loaded && library->count > 0)
        status = load(library, label, error);
    (void)pthread_mutex_unlock(&library->mutex);
    return status;
}

#else

anew_status anew_late_load(anew_late_library *library, const char *label, anew_error *error)
{
    (void)library;
    (void)label;
    (void)error;
    return ANEW_OK;
}

#endif
