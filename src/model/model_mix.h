/* model_mix.h - mixing models of one network. */
#ifndef ANEW_MODEL_MODEL_MIX_H
#define ANEW_MODEL_MODEL_MIX_H

#include "model/model.h"

/* The text parameters that name the models with which --denoise and --crisp mix, and how much of the latter is taken where
 * nobody says (weights/FORMAT.md). */
#define ANEW_DENOISE_PARTNER "denoise_partner"
#define ANEW_CRISP_PARTNER   "crisp_partner"
#define ANEW_CRISP_USUAL     "crisp"

/* The sum of weights[m] * models[m], as a model of its own with the first one's parameters; closed with
 * anew_model_close. Its licence is all of theirs, joined by AND. Models that differ in anything but
 * their weights are refused by the first difference. `label` is what messages call it. */
ANEW_NODISCARD anew_status anew_model_mix(anew_model **mixed, const anew_model *const *models,
                                          const double *weights, int count, const char *name,
                                          const char *label, anew_error *error);

#endif
