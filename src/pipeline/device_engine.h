/*
 * device_engine.h - an engine for anew_enhance_options: networks on a device (exec/devices.h). Runs of several
 * threads take turns step by step; weights stay on the device from one picture to the next.
 */
#ifndef ANEW_PIPELINE_DEVICE_ENGINE_H
#define ANEW_PIPELINE_DEVICE_ENGINE_H

#include "pipeline/enhance.h"

/* `name` and `plugin` as for anew_device_open; `memory`: bytes to be taken on the device at most, 0: nine tenths of what is
 * free. */
ANEW_NODISCARD anew_status anew_device_engine_open(const anew_engine **engine, const char *name,
                                                   const char *plugin, size_t memory,
                                                   anew_error *error);
void anew_device_engine_close(const anew_engine **engine);

#endif
