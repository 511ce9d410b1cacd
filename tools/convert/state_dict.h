/*
 * state_dict.h - the tensors of what torch.save was given, whatever container it stands in.
 */
#ifndef ANEW_CONVERT_STATE_DICT_H
#define ANEW_CONVERT_STATE_DICT_H

#include "pickle.h"

/* Where the raw elements of a storage are: data and element count of the one called `key`. */
typedef struct storage_source {
    void *context;
    anew_status (*find)(void *context, const char *key, element_type type, const char *tensor,
                        const uint8_t **data, int64_t *count, anew_error *error);
} storage_source;

/* Unwraps the object and appends its tensors; everything else in it (an optimizer's state, numbers,
 * texts) is passed over. */
ANEW_NODISCARD anew_status state_dict_add(checkpoint *c, const pickle_value *root,
                                          const storage_source *source, const char *label,
                                          anew_error *error);

#endif
