/* embedded.S - the presets and the catalogue of models as texts that end in a zero, linked into the program
 * (src/cli/presets.c, src/cli/catalogue.c). */
    .macro preset symbol, file
    .globl anew_preset_\symbol
    .hidden anew_preset_\symbol
anew_preset_\symbol:
    .incbin "presets/\file\().preset"
    .byte 0
    .endm
    .section .rodata.anew_presets, "a"
    preset photo, photo
    preset portrait, portrait
    preset old_photo, old-photo
    preset product, product
    preset art, art
    preset screenshot, screenshot
    preset web, web
    preset print, print
    .globl anew_catalogue
    .hidden anew_catalogue
anew_catalogue:
    .incbin "weights/catalogue.txt"
    .byte 0
    .section .note.GNU-stack, "", %progbits
