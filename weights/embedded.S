/* embedded.S - the models that are linked into the binary and used in place; the Makefile's EMBED lists them. */
#if defined(__APPLE__)
#error "embedding is written for ELF targets; build with EMBED=0"
#endif
    .section .rodata.anew_embedded, "a"
/* Each begins at a multiple of 64, as a model's file in memory must (weights/FORMAT.md). */
#define MODEL(symbol, name, path)           \
    .balign 64;                             \
    .globl anew_embedded_##symbol;          \
    .hidden anew_embedded_##symbol;         \
    anew_embedded_##symbol: .incbin path;   \
    .globl anew_embedded_##symbol##_end;    \
    .hidden anew_embedded_##symbol##_end;   \
    anew_embedded_##symbol##_end: .byte 0;
#include ANEW_EMBEDDED_LIST
    .section .note.GNU-stack, "", %progbits
