/* presets.h - the presets that are in the program: presets/NAME.preset. */
#ifndef ANEW_CLI_PRESETS_H
#define ANEW_CLI_PRESETS_H

/* Their names, separated by '|', as the option table has them. */
#define CLI_PRESET_NAMES "photo|portrait|old-photo|product|art|screenshot|web|print"

/* The text of a preset; NULL: none has the name. */
const char *cli_preset_text(const char *name);

#endif
