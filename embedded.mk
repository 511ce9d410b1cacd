# embedded.mk - `make PROFILE=embedded`: the engine for devices (include/anew_embedded.h), one library and a demo.
#
#   CROSS=arm-linux-gnueabihf      with that compiler prefix; CC=musl-gcc STATIC=1 for one file for a rescue image
#   MODEL=weights/tiny-x2.anew     the model inside the demo
#   TARGET='-mcpu=...'             flags of the target CPU
#   PLAIN=1                        the plain C kernels alone, also where the CPU has NEON; on x86 always so
#   make PROFILE=embedded size     what each room costs
#
# The library is one object: what nothing reaches from anew_embedded.h is left out when it is linked, and no name but that
# header's is seen from outside.

MODEL    ?= weights/tiny-x2.anew
EMBEDDED := build/embedded$(if $(CROSS),-$(CROSS))$(if $(filter musl-gcc,$(CC)),-musl)
LD       := $(if $(CROSS),$(CROSS)-)ld
OBJCOPY  := $(if $(CROSS),$(CROSS)-)objcopy
SIZE     := $(if $(CROSS),$(CROSS)-)size
NM       := $(if $(CROSS),$(CROSS)-)nm

NEON     := $(if $(filter 1,$(PLAIN)),,$(filter aarch64-%,$(MACHINE)))
# With an instruction for a fused multiply-add, which the exact class is made of.
# Atomics in place, not by libgcc's functions that ask the system which instructions there are.
TARGET   := $(if $(filter arm-% armv7%,$(MACHINE)),-march=armv7-a -mfpu=vfpv4) $(if $(filter aarch64-%,$(MACHINE)),-mno-outline-atomics) $(if $(filter x86_64-%,$(MACHINE)),-mavx2 -mfma)
EMBEDDED_FLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -fno-math-errno -fvisibility=hidden -Iinclude -Isrc -I. \
                  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Werror \
                  -Os -DRESULT_ROWS=1 -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. -DANEW_EMBEDDED -DNDEBUG \
                  $(if $(NEON),,-DANEW_PLAIN_C) -DANEW_PNG=0 -DANEW_JPEG=0 -DANEW_WEBP=0 -DANEW_TIFF=0 -DANEW_AVIF=0 -DANEW_JXL=0 -DANEW_SERIAL=1 $(TARGET) $(CFLAGS)

# Their own core, with neither files nor threads; one network.
ROOMS := src/embedded src/core src/model src/graph src/nets src/plan src/exec src/pipeline src/image kernels
EMBEDDED_SRC := $(wildcard src/embedded/*.c) src/core/status.c src/core/memory.c src/core/caller_memory.c src/core/parallel.c \
                src/model/model.c src/model/numbers.c $(wildcard src/graph/*.c) src/nets/nets.c src/nets/srvgg.c \
                $(wildcard src/plan/*.c) $(wildcard src/exec/exec_*.c) src/exec/step_facts.c \
                $(addprefix src/pipeline/,enhance.c setup.c prepare.c layout.c strips.c) \
                $(addprefix src/image/,image.c resize.c planes.c bleed.c transfer.c) \
                $(wildcard kernels/*.c kernels/c/*.c) $(if $(NEON),$(filter-out %_neonbf16.c %_neoni8mm.c %_neondotprod.c,$(wildcard kernels/arm/*.c)))
EMBEDDED_OBJ := $(EMBEDDED_SRC:%.c=$(EMBEDDED)/%.o)
API := anew_embedded_size anew_embedded_open anew_embedded_run anew_embedded_width anew_embedded_height anew_embedded_used

# What is built by other words than the last time is built again: each of these files changes where its line would.
said_before = $(shell mkdir -p $(EMBEDDED) && printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - $(EMBEDDED)/$(1) || \
                printf '%s\n' '$(subst ','\'',$(2))' >$(EMBEDDED)/$(1))
ifneq ($(MAKECMDGOALS),clean)
$(call said_before,said.flags,$(CC) $(EMBEDDED_FLAGS))
$(call said_before,said.model,$(MODEL))
$(call said_before,said.link,$(STATIC))
endif

.PHONY: embedded size clean
embedded: $(EMBEDDED)/libanew_embedded.a $(EMBEDDED)/demo

# The kernels are what runs: they are compiled for speed.
$(EMBEDDED)/kernels/%.o: EMBEDDED_FLAGS += -O2
$(EMBEDDED)/kernels/arm/conv_%.o: EMBEDDED_FLAGS += -fno-schedule-insns
$(EMBEDDED)/%.o: %.c embedded.mk $(EMBEDDED)/said.flags
	@mkdir -p $(@D)
	$(CC) $(EMBEDDED_FLAGS) -MMD -MP -c $< -o $@

$(EMBEDDED)/anew_embedded.o: $(EMBEDDED_OBJ)
	$(LD) -r --gc-sections $(addprefix -u ,$(API)) $^ -o $@
	$(OBJCOPY) $(addprefix --keep-global-symbol=,$(API)) --strip-unneeded $@

$(EMBEDDED)/libanew_embedded.a: $(EMBEDDED)/anew_embedded.o
	@rm -f $@
	$(AR) rcs $@ $^

$(EMBEDDED)/model.o: $(MODEL) embedded.mk $(EMBEDDED)/said.flags $(EMBEDDED)/said.model
	@mkdir -p $(@D)
	printf '%s\n' '.section .rodata.model,"a"' '.balign 64' '.globl demo_model' 'demo_model:' '.incbin "$(MODEL)"' \
	  '.globl demo_model_end' 'demo_model_end: .byte 0' '.section .note.GNU-stack,"",%progbits' >$(EMBEDDED)/model.S
	$(CC) $(TARGET) -c $(EMBEDDED)/model.S -o $@

$(EMBEDDED)/demo: examples/embedded_demo.c $(EMBEDDED)/model.o $(EMBEDDED)/libanew_embedded.a $(EMBEDDED)/said.link
	$(CC) $(EMBEDDED_FLAGS) $(filter-out %/said.link,$^) -Wl,--gc-sections $(if $(filter 1,$(STATIC)),-static) -lm -o $@

## size: code and constants of the library, room by room, as they are linked
size: $(EMBEDDED)/libanew_embedded.a
	@$(SIZE) -t $(EMBEDDED)/libanew_embedded.a
	@for room in $(ROOMS); do \
	  printf '%-16s %7d\n' $$room $$(find $(EMBEDDED)/$$room -name '*.o' -exec $(SIZE) {} + | awk 'NR > 1 && !/TOTALS/ { sum += $$1 } END { print sum + 0 }'); \
	done
	@echo '(the rooms as compiled; what the linker leaves out of them is not in the first figure)'

clean:
	rm -rf $(EMBEDDED)

-include $(EMBEDDED_OBJ:.o=.d)
