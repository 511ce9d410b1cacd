/* presets.c - names to the texts that presets/embedded.S has put into the program. */
#include "cli/presets.h"

#include <stddef.h>
#include <string.h>

extern const char anew_preset_photo[], anew_preset_portrait[], anew_preset_old_photo[],
    anew_preset_product[], anew_preset_art[], anew_preset_screenshot[], anew_preset_web[],
    anew_preset_print[];

const char *cli_preset_text(const char *name)
{
    static const struct {
        const char *name, *text;
    } presets[] = {{"photo", anew_preset_photo},
                   {"portrait", anew_preset_portrait},
                   {"old-photo", anew_preset_old_photo},
                   {"product", anew_preset_product},
                   {"art", anew_preset_art},
                   {"screenshot", anew_preset_screenshot},
                   {"web", anew_preset_web},
                   {"print", anew_preset_print}};
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].name, name) == 0)
            return presets[i].text;
    return NULL;
}
