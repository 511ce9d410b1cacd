# anew: `make help` lists the targets. One Makefile; sources are found by wildcard, headers by -MMD.
#
#   MODE=release|debug|asan|tsan|coverage|fuzz   build flavour, objects and programs in build/$(MODE)
#   CROSS=aarch64-linux-gnu        cross-build with that compiler prefix
#   EMBED="photo-x4 restore-x1"    the models of weights/ in the binary, the default one first; EMBED=0: none
#   PNG=0 JPEG=0 WEBP=0            leave a picture library out (PNM and BMP are always there); WebP is also
#                                  left out where libwebp is not found
#   TIFF=0 AVIF=0 JXL=0 LCMS=0     likewise libtiff, libavif, libjxl, and lcms2, which converts colours (--to-srgb)
#   SYSROOT=DIR                    the target's libraries and headers, with CROSS
#   TARGET='-march=...'            flags of the target CPU; default: see below
#   SERIAL=1                       a build without worker threads
#   STATIC=1                       programs without shared libraries
#   CUDA=1                         also the plug-in for GPUs, by nvcc: kernels/cuda/cuda.mk
#   PROFILE=embedded               the library for devices without files, threads and heap: embedded.mk
#
# No program runs during the build, so there is no HOSTCC: a cross-build needs the cross-compiler only.

MODE    ?= release
CROSS   ?=
# Not face-detector: one in four of the faces that it sees in portraits is none (weights/MODELS.md).
EMBED   ?= photo-x4 photo-x4-crisp restore-x1 art-x4 tiny-x2
PNG     ?= 1
JPEG    ?= 1
WEBP    ?= 1
TIFF    ?= 1
AVIF    ?= 1
JXL     ?= 1
LCMS    ?= 1
SERIAL  ?= 0
SYSROOT ?=
STATIC  ?= 0
ANEW_SHARED ?= ../shared
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
DESTDIR ?=

ifneq ($(CROSS),)
CC         := $(CROSS)-gcc
AR         := $(CROSS)-ar
ifneq ($(SYSROOT),)
PKG_CONFIG ?= PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS)/pkgconfig:$(SYSROOT)/usr/lib/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
else
# Debian's folders of a foreign architecture; never the build machine's own libraries.
PKG_CONFIG ?= PKG_CONFIG_LIBDIR=/usr/lib/$(CROSS)/pkgconfig:/usr/share/pkgconfig pkg-config
endif
else
PKG_CONFIG ?= pkg-config
endif
ifeq ($(filter help clean format lint dist,$(MAKECMDGOALS)),)
ifeq ($(shell command -v $(firstword $(CC)) 2>/dev/null),)
$(error there is no compiler $(firstword $(CC)): apt-get install $(if $(CROSS),gcc-$(CROSS), or look what CROSS says,build-essential))
endif
endif
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
X86     := $(filter x86_64-% i686-%,$(MACHINE))
ARM32   := $(filter arm-% armv7%,$(MACHINE))
AARCH64 := $(filter aarch64-%,$(MACHINE))

# For devices: embedded.mk in place of all that follows.
ifeq ($(PROFILE),embedded)
include embedded.mk
else

B := build/$(MODE)$(if $(CROSS),-$(CROSS))

# ---- flags ------------------------------------------------------------------------------------
# -ffp-contract=off: the exact class is defined operation by operation (kernels/kernels.h).
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wvla -Wundef -Wformat=2 -Wno-unknown-warning-option -Werror
BASE := -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -ffp-contract=off -fno-math-errno \
        -fvisibility=hidden -Iinclude -Isrc -I. $(WARN)
OPT_release := -O3 -g
OPT_debug   := -O1 -g
# gcc's own manual: its sanitizers bring false "may be used uninitialized", and sizes of texts likewise.
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-maybe-uninitialized -Wno-format-truncation
OPT_tsan    := -O1 -g -fsanitize=thread
OPT_coverage := -O1 -g --coverage
# For `make fuzz`: clang's fuzzer.
OPT_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT         := $(OPT_$(MODE))
ifeq ($(OPT),)
$(error MODE=$(MODE) is not one of release, debug, asan, tsan, coverage, fuzz)
endif
HARDEN := $(if $(filter release,$(MODE)),-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIC \
          $(if $(X86),-fstack-clash-protection -fcf-protection)
# No path of the machine that builds: the same sources give the same bytes, wherever they lie.
PREFIXES := -ffile-prefix-map=$(CURDIR)=.
CFLAGS ?=
# 32-bit Arm: fused multiply-add is an instruction from VFPv4 on. NEON's own float instructions flush
# denormals there, which the exact class does not allow, so the compiler may not use them. On aarch64
# neither is a question: its baseline has fused multiply-add, and its vectors keep denormals.
TARGET := $(if $(ARM32),-march=armv7-a -mfpu=vfpv4)
ALL_CFLAGS := $(BASE) $(OPT) $(HARDEN) $(PREFIXES) $(TARGET) $(if $(SYSROOT),--sysroot=$(SYSROOT)) -DANEW_PNG=$(PNG) -DANEW_JPEG=$(JPEG) $(CFLAGS)

PICTURE_LIBS := $(if $(filter 1,$(PNG)),libpng zlib) $(if $(filter 1,$(JPEG)),libjpeg)
ifneq ($(filter-out 0 1,$(PNG) $(JPEG)),)
$(error PNG and JPEG are 0 or 1)
endif
ifneq ($(filter-out 0 1,$(SERIAL)),)
$(error SERIAL is 0 or 1)
endif
ifneq ($(strip $(PICTURE_LIBS)),)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PICTURE_LIBS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) $(if $(filter 1,$(STATIC)),--static) --libs $(PICTURE_LIBS) 2>/dev/null)
ifeq ($(filter help clean format lint dist,$(MAKECMDGOALS)),)
ifeq ($(PKG_LIBS),)
FOREIGN := $(if $(CROSS),:$(or $(patsubst aarch64-%,arm64,$(filter aarch64-%,$(CROSS))),$(patsubst arm-%,armhf,$(filter arm-%,$(CROSS))),ARCHITECTURE))
$(error libpng and libjpeg-turbo are needed ($(PKG_CONFIG) does not find $(PICTURE_LIBS)): \
        $(if $(CROSS),dpkg --add-architecture $(patsubst :%,%,$(FOREIGN)) && apt-get update && )apt-get install pkg-config libpng-dev$(FOREIGN) \
        libjpeg-dev$(FOREIGN); or leave them out by PNG=0 JPEG=0)
endif
endif
endif
CHECK_CFLAGS = $(shell $(PKG_CONFIG) --cflags check 2>/dev/null)
CHECK_LIBS   = $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
# WebP, TIFF, AVIF, JPEG XL, conversion of colours: optional.
optional_libs = $(if $(filter 0,$(1)),,$(shell $(PKG_CONFIG) --exists $(3) 2>/dev/null && \
                  $(PKG_CONFIG) $(if $(filter 1,$(STATIC)),--static) --libs $(2) 2>/dev/null))
WEBP_LIBS := $(call optional_libs,$(WEBP),libwebp libwebpdemux libwebpmux,libwebp libwebpdemux libwebpmux)
TIFF_LIBS := $(call optional_libs,$(TIFF),libtiff-4,'libtiff-4 >= 4.5')
AVIF_LIBS := $(call optional_libs,$(AVIF),libavif,'libavif >= 0.11')
JXL_LIBS  := $(call optional_libs,$(JXL),libjxl,'libjxl >= 0.7')
LCMS_LIBS := $(call optional_libs,$(LCMS),lcms2,'lcms2 >= 2.8')
HAVE_WEBP := $(if $(WEBP_LIBS),1,0)
HAVE_TIFF := $(if $(TIFF_LIBS),1,0)
HAVE_AVIF := $(if $(AVIF_LIBS),1,0)
HAVE_JXL  := $(if $(JXL_LIBS),1,0)
HAVE_LCMS := $(if $(LCMS_LIBS),1,0)
OPTIONAL_NAMES := $(if $(WEBP_LIBS),libwebp libwebpdemux libwebpmux) $(if $(TIFF_LIBS),libtiff-4) \
                  $(if $(AVIF_LIBS),libavif) $(if $(JXL_LIBS),libjxl) $(if $(LCMS_LIBS),lcms2)
OPTIONAL_CFLAGS := $(if $(strip $(OPTIONAL_NAMES)),$(shell $(PKG_CONFIG) --cflags $(OPTIONAL_NAMES) 2>/dev/null))
HAVE_OPTIONAL := $(HAVE_WEBP)$(HAVE_TIFF)$(HAVE_AVIF)$(HAVE_JXL)$(HAVE_LCMS)
# libavif and libjxl are loaded when a picture needs them (src/image/late.h), but in a static build.
soname_of = $(if $(filter 1,$(STATIC)),,$(shell objdump -p "$$($(PKG_CONFIG) --variable=libdir $(1))/$(1).so" 2>/dev/null | \
              sed -n 's/^ *SONAME *//p'))
AVIF_SONAME := $(if $(AVIF_LIBS),$(call soname_of,libavif))
JXL_SONAME  := $(if $(JXL_LIBS),$(call soname_of,libjxl))
OPTIONAL_CFLAGS += $(if $(AVIF_SONAME),-DANEW_AVIF_SONAME='"$(AVIF_SONAME)"') \
                   $(if $(JXL_SONAME),-DANEW_JXL_SONAME='"$(JXL_SONAME)"')
LATE_LIBS := $(if $(AVIF_SONAME),,$(AVIF_LIBS)) $(if $(JXL_SONAME),,$(JXL_LIBS)) $(if $(AVIF_SONAME)$(JXL_SONAME),-ldl)
# zlib, for deflated checkpoints: optional.
ZLIB_LIBS := $(shell $(PKG_CONFIG) --libs zlib 2>/dev/null)
LIBS := $(PKG_LIBS) $(WEBP_LIBS) $(TIFF_LIBS) $(LATE_LIBS) $(LCMS_LIBS) -lm -lpthread
LINK := -Wl,-z,relro,-z,now -Wl,-z,noexecstack $(if $(filter 1,$(STATIC)),-static-pie,-pie)

# A change of compiler or flags starts clean: objects live in a folder named by their hash.
# Not by the folder's name, which flags of packages have in them: debug information names the objects' folder.
HASH := $(shell echo '$(CC) $(subst $(CURDIR),.,$(ALL_CFLAGS)) $(SERIAL) $(EMBED) $(PKG_CFLAGS) $(ZLIB_LIBS) $(HAVE_OPTIONAL) $(AVIF_SONAME) $(JXL_SONAME)' | cksum | cut -d' ' -f1)
O := $(B)/objects-$(HASH)

# ---- sources ----------------------------------------------------------------------------------
KERNEL_C   := $(wildcard kernels/c/*.c)
KERNEL_X86 := $(if $(X86),$(filter-out $(if $(filter x86_64-%,$(MACHINE)),,%_amx.c),$(wildcard kernels/x86/*.c)))
# Of 32-bit Arm the convolutions: the fast class.
KERNEL_ARM := $(if $(AARCH64),$(wildcard kernels/arm/*.c)) \
              $(if $(ARM32),$(patsubst %,kernels/arm/conv_%_neon.c,direct winograd few depthwise grouped))
KERNEL_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard kernels/*.c) $(KERNEL_C) $(KERNEL_X86) $(KERNEL_ARM))
# The plain C kernels once more with hardware fused multiply-add (a libm call is 100 times slower).
KERNEL_OBJ += $(if $(X86),$(patsubst %.c,$(O)/%_cfma.o,$(KERNEL_C)))

LEFT_OUT   := $(if $(filter 0,$(PNG)),src/image/image_png.c src/image/png_blocks.c src/image/animation_png.c src/image/animation_png_write.c) $(if $(filter 0,$(JPEG)),src/image/image_jpeg.c) \
              $(if $(filter 0,$(HAVE_WEBP)),src/image/image_webp.c src/image/animation_webp.c) \
              $(if $(filter 0,$(HAVE_TIFF)),src/image/image_tiff.c src/image/image_tiff_write.c) \
              $(if $(filter 0,$(HAVE_AVIF)),src/image/image_avif.c) $(if $(filter 0,$(HAVE_JXL)),src/image/image_jxl.c)
ENGINE_SRC := $(filter-out $(LEFT_OUT),$(wildcard src/core/*.c src/model/*.c src/graph/*.c src/nets/*.c src/plan/*.c \
                         src/exec/*.c src/image/*.c src/look/*.c src/faces/*.c src/finish/*.c src/pipeline/*.c))
CLI_SRC     := $(wildcard src/cli/*.c)
CONVERT_SRC := $(wildcard tools/convert/*.c)
QUANTIZE_SRC := $(wildcard tools/quantize/*.c)
ENGINE_OBJ  := $(ENGINE_SRC:%.c=$(O)/%.o) $(KERNEL_OBJ) $(O)/weights/embedded.o
LIBRARY     := $(B)/libanew.a
# The soname's number changes when a program that was built against anew.h must be built again.
SONAME      := libanew.so.0
VERSION     := $(shell sed -n 's/^\#define ANEW_VERSION "\(.*\)"/\1/p' include/anew.h)
SHARED_LIB  := $(B)/libanew.so.$(VERSION)

CHECK_SRC := $(filter-out tests/check_kernels.c,$(wildcard tests/check_*.c))
CHECKS    := $(CHECK_SRC:tests/%.c=$(B)/%)
# A target needs the library of its format.
NO_TARGET := $(if $(filter 0,$(PNG)),tests/fuzz/fuzz_png.c) $(if $(filter 0,$(JPEG)),tests/fuzz/fuzz_jpeg.c) \
             $(if $(filter 0,$(HAVE_WEBP)),tests/fuzz/fuzz_webp.c) $(if $(filter 0,$(HAVE_TIFF)),tests/fuzz/fuzz_tiff.c) \
             $(if $(filter 0,$(HAVE_AVIF)),tests/fuzz/fuzz_avif.c) $(if $(filter 0,$(HAVE_JXL)),tests/fuzz/fuzz_jxl.c)
FUZZERS   := $(patsubst tests/fuzz/%.c,$(B)/%,$(filter-out $(NO_TARGET),$(wildcard tests/fuzz/fuzz_*.c)))

# Whatever is included above `all`.
.DEFAULT_GOAL := all
.PHONY: always all library help check install clean format format-check lint bench ladder asan fuzz fuzz-targets soak tsan generated analyse coverage valgrind reproducible
.DELETE_ON_ERROR:
.SUFFIXES:
# Objects that only a chain of patterns asks for stay, too: make would delete them at its end.
.SECONDARY:

include kernels/cuda/cuda.mk

## all: the programs anew, anew-convert and anew-quantize (the default)
all: $(B)/anew $(B)/anew-convert $(B)/anew-quantize $(CUDA_PLUGIN)

## library: libanew.a and libanew.so, for other programs (anew.h)
library: $(LIBRARY) $(SHARED_LIB) $(B)/anew.pc

## size: (with PROFILE=embedded) what each room of the library for devices costs
## help: this list
help:
	@sed -n 's/^## //p' Makefile package.mk

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ISA) $(PKG_CFLAGS) $(OPTIONAL_CFLAGS) -MMD -MP -c $< -o $@

$(O)/kernels/c/%_cfma.o: kernels/c/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -mavx2 -mfma -DANEW_SUFFIX=cfma -MMD -MP -c $< -o $@

# One ISA per file, told by its suffix.
$(O)/%_avx2.o:   ISA := -mavx2 -mfma
$(O)/%_avx512.o: ISA := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512
$(O)/%_amx.o:    ISA := -mamx-tile -mamx-bf16 -mamx-int8 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512bf16 -mavx2 -mfma -mprefer-vector-width=512
# Yardsticks beyond f32 (kernels/peaks.h), with the flags that the compiler knows.
knows = $(shell $(CC) $(1) -E -x c /dev/null >/dev/null 2>&1 && echo '$(1)')
$(O)/%_avx512bf16.o: ISA := $(call knows,-mavx512f -mavx512bf16)
$(O)/%_avx512fp16.o: ISA := $(call knows,-mavx512f -mavx512fp16)
$(O)/%_avx512vnni.o: ISA := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mavx2 -mfma -mprefer-vector-width=512
$(O)/%/peak_amx.o: ISA := $(call knows,-mamx-tile -mamx-bf16 -mamx-int8)
$(O)/%_neon.o: ISA := $(if $(ARM32),-mfpu=neon-vfpv4)
$(O)/%_neondotprod.o: ISA := -march=armv8.2-a+dotprod
$(O)/%_neoni8mm.o: ISA := -march=armv8.2-a+i8mm
$(O)/%_neonbf16.o: ISA := -march=armv8.2-a+bf16
UNSCHEDULED := $(if $(AARCH64)$(ARM32),$(shell $(CC) -Werror -fno-schedule-insns -E -x c /dev/null >/dev/null 2>&1 && echo -fno-schedule-insns))
# gcc's scheduler before the choice of registers loads so far ahead that sums leave the registers.
$(O)/kernels/arm/conv_%.o: ALL_CFLAGS += $(UNSCHEDULED)
$(O)/kernels/c/peak.o: ISA := -ffp-contract=fast
$(O)/tools/convert/%.o: ISA := -DANEW_ZLIB=$(if $(ZLIB_LIBS),1,0)
# The one object that knows PREFIX is made anew when that changes.
$(shell mkdir -p $(B); echo '$(PREFIX) $(LIBDIR)' | cmp -s - $(B)/prefix || echo '$(PREFIX) $(LIBDIR)' >$(B)/prefix)
$(O)/src/pipeline/model_path.o: $(B)/prefix
$(O)/src/pipeline/model_path.o: ISA := -DANEW_DATA_FOLDER='"$(PREFIX)/share/anew"'
$(O)/src/image/image.o: ISA := -DANEW_WEBP=$(HAVE_WEBP) -DANEW_TIFF=$(HAVE_TIFF) -DANEW_AVIF=$(HAVE_AVIF) -DANEW_JXL=$(HAVE_JXL)
$(O)/src/image/colour.o: ISA := -DANEW_LCMS=$(HAVE_LCMS)
$(O)/src/exec/device_open.o: ISA := -DANEW_PLUGINS=$(if $(filter 1,$(STATIC)),0,1)
$(O)/src/core/parallel.o $(O)/src/core/threads.o: ISA := -DANEW_SERIAL=$(SERIAL)

PRESETS := $(O)/presets/embedded.o
$(PRESETS): presets/embedded.S $(wildcard presets/*.preset) weights/catalogue.txt
	@mkdir -p $(@D)
	$(CC) -I. -c $< -o $@

# The list of models in the binary, for weights/embedded.S and src/pipeline/models.c: a line MODEL(symbol, name, file) each.
EMBEDDED_MODELS := $(filter-out 0,$(EMBED))
EMBEDDED_LIST   := $(O)/weights/embedded_models.h
$(EMBEDDED_LIST): $(EMBEDDED_MODELS:%=weights/%.anew)
	@mkdir -p $(@D)
	@printf '/* made by the Makefile from EMBED */\n' >$@
	@for name in $(EMBEDDED_MODELS); do \
	  printf 'MODEL(%s, "%s", "weights/%s.anew")\n' "$$(printf '%s' "$$name" | tr -c 'a-zA-Z0-9' _)" "$$name" "$$name" >>$@; \
	done
$(O)/weights/embedded.o: weights/embedded.S $(EMBEDDED_LIST)
	@mkdir -p $(@D)
	$(CC) -DANEW_EMBEDDED_LIST='"$(EMBEDDED_LIST)"' -I. -c $< -o $@
$(O)/src/pipeline/models.o: $(EMBEDDED_LIST)
$(O)/src/pipeline/models.o: ISA := -DANEW_EMBEDDED_LIST='"$(EMBEDDED_LIST)"'

# Which objects and libraries this folder's programs were made of. Written only when that changes, so that
# `make PNG=0` and then `make` link again, although all objects are there.
CONFIGURATION := $(B)/configuration
$(CONFIGURATION): always
	@mkdir -p $(@D)
	@echo '$(O) $(LIBS)' | cmp -s - $@ || echo '$(O) $(LIBS)' >$@

$(LIBRARY): $(ENGINE_OBJ) $(CONFIGURATION)
	@rm -f $@
	$(AR) rcs $@ $(ENGINE_OBJ)

$(SHARED_LIB): $(ENGINE_OBJ) $(CONFIGURATION)
	$(CC) $(ALL_CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--no-undefined \
	  $(ENGINE_OBJ) $(LIBS) -o $@
	ln -sf $(notdir $@) $(B)/$(SONAME)
	ln -sf $(SONAME) $(B)/libanew.so

$(B)/anew.pc: Makefile include/anew.h $(B)/prefix $(CONFIGURATION)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))' 'includedir=$${prefix}/include' '' 'Name: anew' \
	  'Description: restores and enlarges photos' 'Version: $(VERSION)' \
	  'Requires.private: $(PICTURE_LIBS) $(strip $(OPTIONAL_NAMES))' \
	  'Libs: -L$${libdir} -lanew' 'Libs.private: -lm -lpthread' 'Cflags: -I$${includedir}' >$@

$(B)/anew: $(CLI_SRC:%.c=$(O)/%.o) $(PRESETS) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/anew-convert: $(CONVERT_SRC:%.c=$(O)/%.o) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) $(ZLIB_LIBS) -o $@

$(B)/anew-quantize: $(QUANTIZE_SRC:%.c=$(O)/%.o) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

# ---- tests ------------------------------------------------------------------------------------
$(O)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests -D_DEFAULT_SOURCE -Wno-pedantic -Wno-float-equal $(ISA) $(PKG_CFLAGS) $(OPTIONAL_CFLAGS) $(CHECK_CFLAGS) -MMD -MP -c $< -o $@

# Converter sources but for main, so that suites can call the readers.
CONVERT_PARTS := $(filter-out $(O)/tools/convert/convert_main.o,$(CONVERT_SRC:%.c=$(O)/%.o))
TEST_PARTS    := $(patsubst %.c,$(O)/%.o,$(wildcard tests/common/*.c))

$(B)/check_%: $(O)/tests/check_%.o $(TEST_PARTS) $(CONVERT_PARTS) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) $(ZLIB_LIBS) $(CHECK_LIBS) -o $@

# The program but for its main.
CLI_PARTS := $(patsubst %.c,$(O)/%.o,$(filter-out src/cli/main.c,$(CLI_SRC))) $(PRESETS)
$(B)/check_allocations: $(O)/tests/check_allocations.o $(TEST_PARTS) $(CLI_PARTS) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) $(CHECK_LIBS) -o $@

$(B)/check_json_read: $(O)/tests/check_json_read.o $(TEST_PARTS) $(CLI_PARTS) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) $(CHECK_LIBS) -o $@
$(B)/check_provenance: $(O)/tests/check_provenance.o $(TEST_PARTS) $(CLI_PARTS) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) $(CHECK_LIBS) -o $@
$(O)/tests/check_colour.o: ISA := -DANEW_LCMS=$(HAVE_LCMS)
$(O)/tests/check_tiff.o: ISA := -DANEW_TIFF=$(HAVE_TIFF)

# gcc 12 for aarch64 fails inside its vectoriser on some of these files (internal error, vect_transform_reduction).
$(O)/tests/check_kernels.o $(if $(AARCH64),$(CHECK_SRC:%.c=$(O)/%.o)): ALL_CFLAGS += -fno-tree-vectorize

$(B)/check_kernels: $(O)/tests/check_kernels.o $(O)/tests/common/tile_emulator.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/digest_operations: $(O)/tests/digest_operations.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

# A look at the paste of faces; no test.
$(B)/paste_faces: $(O)/tests/paste_faces.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

# Fuzz targets: with clang's fuzzer in MODE=fuzz, else with a main that runs files.
FUZZ_PARTS := $(patsubst %.c,$(O)/%.o,tests/fuzz/common.c tests/fuzz/picture.c \
                $(if $(filter fuzz,$(MODE)),,tests/fuzz/replay.c))
$(B)/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(FUZZ_PARTS) $(CLI_PARTS) $(CONVERT_PARTS) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer) $^ $(LIBS) $(ZLIB_LIBS) -o $@

# The oracle sees no header and no object of ours.
$(B)/oracle: tests/oracle/oracle.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -Werror -ffp-contract=off $< -lm -o $@

## check: build and run every test; with CROSS=aarch64-linux-gnu RUN='qemu-aarch64 -cpu cortex-a53' what an emulator can run
# Where the target's libcheck is absent, its suites are left out, and the fuzz targets always.
RUN ?=
CHECKED := $(if $(RUN),$(if $(CHECK_LIBS),$(CHECKS)),$(SHIM_PLUGIN) $(B)/bench_network $(CHECKS) $(FUZZERS) $(B)/ladder)
check: all $(CHECKED) $(B)/check_kernels $(B)/oracle
	ANEW_SHARED='$(ANEW_SHARED)' BUILD='$(B)' MODE='$(MODE)' ANEW_PNG=$(PNG) ANEW_JPEG=$(JPEG) ANEW_WEBP=$(HAVE_WEBP) \
	  ANEW_TIFF=$(HAVE_TIFF) ANEW_AVIF=$(HAVE_AVIF) ANEW_JXL=$(HAVE_JXL) ANEW_LCMS=$(HAVE_LCMS) \
	  CROSS='$(CROSS)' RUN='$(RUN)' tests/run.sh

## asan: the same tests under AddressSanitizer and UndefinedBehaviorSanitizer
asan:
	$(MAKE) MODE=asan check

## fuzz: clang's fuzzer on every parser, for SECONDS=60 in all; corpora grow in build/fuzz/corpus
SECONDS := 60
fuzz:
	@command -v clang >/dev/null || { echo 'fuzz: clang is needed: apt-get install clang libclang-rt-dev'; exit 1; }
	$(MAKE) MODE=fuzz CC=clang build/fuzz/anew build/fuzz/anew-convert fuzz-targets
	tests/fuzz/fuzz.sh $(SECONDS)
fuzz-targets: $(FUZZERS)

## soak: what `make check` does in a small way: more numbers at their extremes, 1000 files in one run
soak: all $(FUZZERS)
	BUILD='$(B)' ANEW_EVERY=700 tests/fuzz/replay.sh
	BUILD='$(B)' ANEW_MANY=1000 ANEW_PNG=$(PNG) ANEW_JPEG=$(JPEG) sh tests/cli/many.sh

## tsan: the workers, several sessions, a picture by bands, several pictures at once, an encoder behind, anew worker, under ThreadSanitizer
tsan:
	$(MAKE) MODE=tsan build/tsan/check_parallel build/tsan/check_session build/tsan/check_jobs build/tsan/anew build/tsan/anew-convert
	CK_FORK=no TSAN_OPTIONS='halt_on_error=1 exitcode=66 die_after_fork=0' build/tsan/check_parallel
	CK_FORK=no CK_RUN_CASE=many TSAN_OPTIONS='halt_on_error=1 exitcode=66' build/tsan/check_session
	CK_FORK=no CK_RUN_CASE=behind TSAN_OPTIONS='halt_on_error=1 exitcode=66' build/tsan/check_jobs
	TSAN_OPTIONS='halt_on_error=1 exitcode=66' build/tsan/anew tests/data/small.ppm --threads 3 --band 2 \
	    --force -o build/tsan/small.ppm
	TSAN_OPTIONS='halt_on_error=1 exitcode=66' build/tsan/anew tests/data/small.ppm --restore photo-x4 --strength 0.7 -s 8 \
	    --threads 3 --band 2 --force -o build/tsan/passes.ppm
	for i in 1 2 3 4 5 6; do cp tests/data/small.ppm build/tsan/small$$i.ppm; done
	TSAN_OPTIONS='halt_on_error=1 exitcode=66' build/tsan/anew build/tsan/small[1-6].ppm build/tsan/none.ppm \
	    --threads 4 --jobs 2 --affinity auto --json --force -o build/tsan; test $$? -eq 1
	rm -rf build/tsan/worker && mkdir build/tsan/worker
	build/tsan/anew-convert -q tests/data/goldens/srvgg_tiny_x4/weights.safetensors -o build/tsan/worker/tiny.anew
	cd build/tsan/worker && \
	    TSAN_OPTIONS='halt_on_error=1 exitcode=66' ANEW_AUTO=off python3 ../../../tests/cli/worker.py ../anew tiny.anew \
	    sessions refusals

## bench: kernels, and whole networks against the peers that are installed
bench: all $(B)/bench_kernels $(B)/bench_network $(B)/bench_parallel
	BUILD='$(B)' ANEW_SHARED='$(ANEW_SHARED)' bench/run.sh

$(B)/bench_network: $(O)/bench/bench_network.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/bench_traffic: $(O)/bench/bench_traffic.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/bench_faces: $(O)/bench/bench_faces.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/bench_paste: $(O)/bench/bench_paste.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/bench_parallel: $(O)/bench/bench_parallel.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(B)/bench_kernels: $(patsubst %.c,$(O)/%.o,$(wildcard bench/kernels/*.c)) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

# The ladder's rungs are compiled for the vectors that the engine's middle level has, and the compiler may
# join a multiplication and an addition, so that `sum += a * b` is one instruction (bench/ladder/ladder.h).
LADDER_SRC := $(wildcard bench/ladder/*.c)
$(O)/bench/ladder/%.o: ISA := $(if $(X86),-mavx2 -mfma) -ffp-contract=fast
$(O)/bench/ladder/ladder.o: ISA := -DLADDER_NEEDS_AVX2=$(if $(X86),1,0)
$(O)/bench/ladder/ladder_engine.o: ISA :=
# As for check_kernels above.
$(O)/bench/ladder/ladder.o: ALL_CFLAGS += -fno-tree-vectorize

$(B)/ladder: $(LADDER_SRC:%.c=$(O)/%.o) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@

## ladder: one convolution made fast in five rungs, with a table of their speed
ladder: $(B)/ladder
	$(B)/ladder

## install: programs into DESTDIR/PREFIX
install: all library
	install -d '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(PREFIX)/include'
	install -m 644 include/anew.h '$(DESTDIR)$(PREFIX)/include/'
	install -m 644 $(B)/anew.pc '$(DESTDIR)$(LIBDIR)/pkgconfig/'
	install -m 644 $(LIBRARY) '$(DESTDIR)$(LIBDIR)/'
	install -m 755 $(SHARED_LIB) '$(DESTDIR)$(LIBDIR)/'
	ln -sf $(notdir $(SHARED_LIB)) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libanew.so'
	$(if $(filter 1,$(CUDA)),install -d '$(DESTDIR)$(LIBDIR)/anew' && install -m 755 $(B)/anew-cuda.so '$(DESTDIR)$(LIBDIR)/anew/')
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/doc/anew'
	install -m 755 $(B)/anew $(B)/anew-convert $(B)/anew-quantize '$(DESTDIR)$(PREFIX)/bin/'
	install -d '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/bash-completion/completions' \
	  '$(DESTDIR)$(PREFIX)/share/zsh/site-functions' '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	install -m 644 docs/anew.1 docs/anew-convert.1 docs/anew-quantize.1 '$(DESTDIR)$(PREFIX)/share/man/man1/'
	install -m 644 completions/anew.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/anew'
	install -m 644 completions/_anew '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_anew'
	install -m 644 completions/anew.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/anew.fish'
	install -d '$(DESTDIR)$(PREFIX)/share/anew/presets'
	install -m 644 presets/*.preset '$(DESTDIR)$(PREFIX)/share/anew/presets/'
	install -m 644 README.md LICENSE weights/FORMAT.md weights/MODELS.md '$(DESTDIR)$(PREFIX)/share/doc/anew/'

FORMATTED := $(shell find src kernels tools/convert tests bench include -name '*.[ch]' 2>/dev/null | sort)
## format: lay out all C sources with clang-format
format:
	clang-format -i $(FORMATTED)

## format-check: fail where clang-format would change something
format-check:
	clang-format --dry-run -Werror $(FORMATTED)

## lint: layers, exported names, instruction sets, names of files, shell scripts
lint:
	tests/gates/layers.sh
	BUILD='$(B)' tests/gates/objects.sh '$(O)'
	tests/gates/tables.sh

## analyse: clang-tidy and cppcheck
analyse:
	tests/gates/analyse.sh

## coverage: lines that the tests run, of the engine, the program and the converter
coverage:
	rm -rf build/coverage
	$(MAKE) MODE=coverage check || echo 'some tests failed in this build; make check tells'
	scripts/coverage.py build/coverage/objects-*

## valgrind: the main job and the suites of kernels and files under valgrind (levels up to AVX2)
valgrind: all $(CHECKS) $(B)/check_kernels
	BUILD='$(B)' tests/valgrind.sh

## reproducible: two builds in two folders give the same bytes
reproducible:
	tests/reproducible.sh

## generated: the manual page and the shells' completions, from the option table
generated: $(B)/anew
	$(B)/anew manual >docs/anew.1
	$(B)/anew completion bash >completions/anew.bash
	$(B)/anew completion zsh >completions/_anew
	$(B)/anew completion fish >completions/anew.fish

## clean: remove everything built
clean:
	rm -rf build

include package.mk

-include $(shell find $(O) -name '*.d' 2>/dev/null)

endif
