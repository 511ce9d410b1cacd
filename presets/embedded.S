/* embedded.S - the presets as texts that end in a zero, linked into the program (src/cli/presets.c). */
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
    .section .note.GNU-stack, "", %progbits
