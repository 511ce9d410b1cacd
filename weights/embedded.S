/* embedded.S - the default model's file, linked into the binary and used in place. */
#if defined(__APPLE__)
#error "embedding is written for ELF targets; build with EMBED=0"
#endif
    .section .rodata.anew_embedded, "a"
    .balign 64
    .globl anew_embedded_photo_x4
    .hidden anew_embedded_photo_x4
anew_embedded_photo_x4:
#if ANEW_EMBED
    .incbin "weights/photo-x4.anew"
#endif
    .globl anew_embedded_photo_x4_end
    .hidden anew_embedded_photo_x4_end
anew_embedded_photo_x4_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
