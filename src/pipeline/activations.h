/* activations.h - what a network makes of a picture, layer by layer, as pictures: for people who learn or search. */
#ifndef ANEW_PIPELINE_ACTIVATIONS_H
#define ANEW_PIPELINE_ACTIVATIONS_H

#include "image/image.h"
#include "model/model.h"

/* Runs the network by its definition on the middle of the picture, 128x128 pixels at most, and writes one gray
 * sheet for each value of the graph into a new folder: up to 64 channels in rows of eight, each at most 128x128
 * pixels, black and white being the sheet's lowest and highest value. index.txt there says which is which. A failure
 * leaves no folder. */
ANEW_NODISCARD anew_status anew_dump_activations(const anew_model *model, const anew_image *picture,
                                                 const char *folder, anew_error *error);

#endif
