/*
 * device_faces.c - a warp and a paste of faces on a device, where it has the memory.
 */
#include "exec/devices.h"

static anew_status short_of(const anew_device *device, uint64_t bytes, size_t memory,
                            anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_LIMIT,
                     "%s: %.1f MiB of memory are too few for %.1f MiB of faces", device->name,
                     (double)memory / 1048576, (double)bytes / 1048576);
}

static anew_status told(const anew_device *device, int result, const char *message,
                        anew_error *error)
{
    if (result == ANEW_DEVICE_OK)
        return ANEW_OK;
    return anew_fail(error, result == ANEW_DEVICE_NO_MEMORY ? ANEW_ERROR_LIMIT : ANEW_ERROR_IO,
                     "%s: faces: %s", device->name, message);
}

anew_status anew_device_warp_faces(anew_device *device, size_t memory, float *to,
                                   const anew_device_warp *warp, int height, int width,
                                   anew_error *error)
{
    char message[256] = "";
    const uint64_t bytes = anew_device_warp_bytes(warp, height, width);
    if (bytes > memory)
        return short_of(device, bytes, memory, error);
    (void)pthread_mutex_lock(&device->mutex);
    const int result =
        device->functions->warp(device->handle, to, warp, height, width, message, sizeof message);
    (void)pthread_mutex_unlock(&device->mutex);
    return told(device, result, message, error);
}

anew_status anew_device_paste_faces(anew_device *device, size_t memory, float *delta,
                                    const anew_device_paste *paste, anew_error *error)
{
    char message[256] = "";
    const uint64_t bytes = anew_device_paste_bytes(paste);
    if (bytes > memory)
        return short_of(device, bytes, memory, error);
    (void)pthread_mutex_lock(&device->mutex);
    const int result =
        device->functions->paste(device->handle, delta, paste, message, sizeof message);
    (void)pthread_mutex_unlock(&device->mutex);
    return told(device, result, message, error);
}
