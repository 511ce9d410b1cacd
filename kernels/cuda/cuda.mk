# cuda.mk - the CUDA plug-in, for `make CUDA=1`, and the same source for the CPU, for the tests. Included by the Makefile.
#
#   CUDA=1                    also makes $(B)/anew-cuda.so (docs/cuda.md)
#   NVCC=PATH                 CUDA's compiler: by default that of the search path, else of /usr/local/cuda
#   CUDA_ARCHITECTURES=...    compute capabilities to compile for; the last one also as PTX, for those to come
CUDA ?= 0
ifneq ($(filter-out 0 1,$(CUDA)),)
$(error CUDA is 0 or 1)
endif
NVCC ?= $(firstword $(shell command -v nvcc 2>/dev/null) $(wildcard /usr/local/cuda/bin/nvcc) nvcc)
CUDA_ARCHITECTURES ?= 75 80 86 89 90
# -fmad=false: the exact class says which operations are fused. The runtime is linked into the plug-in, the driver is
# opened by it.
NVCC_FLAGS = -std=c++17 -O3 -I. -fmad=false --threads 2 -cudart static -Werror all-warnings \
             -Xcompiler -fPIC,-fvisibility=hidden,-Wall,-Wextra,-Werror,-ffp-contract=off \
             $(foreach a,$(CUDA_ARCHITECTURES),-gencode arch=compute_$(a),code=sm_$(a)) \
             -gencode arch=compute_$(lastword $(CUDA_ARCHITECTURES)),code=compute_$(lastword $(CUDA_ARCHITECTURES))
CUDA_SOURCES := kernels/cuda/device.cu kernels/cuda/values.cuh kernels/cuda/steps.cuh kernels/cuda/conv.cuh kernels/cuda/faces.cuh kernels/cuda/device.h kernels/elementary.h
CUDA_PLUGIN  := $(if $(filter 1,$(CUDA)),$(B)/anew-cuda.so)

$(B)/anew-cuda.so: $(CUDA_SOURCES) kernels/cuda/cuda.mk
	@mkdir -p $(@D)
	$(NVCC) $(NVCC_FLAGS) -shared -Xlinker -z,now,-z,relro $< -o $@

# The shim stands in for a GPU in tests/check_cuda.c. Without a C++ compiler there is none, nor in builds whose sanitizers
# do not follow its fibers; the test says so.
SHIM_PLUGIN := $(if $(CROSS)$(filter-out release debug,$(MODE)),,$(if $(shell command -v $(CXX) 2>/dev/null),$(B)/anew-cuda-shim.so))
$(B)/anew-cuda-shim.so: $(CUDA_SOURCES) tests/cuda/shim.h kernels/cuda/cuda.mk
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -g -ffp-contract=off $(if $(X86),-mfma) -Wall -Wextra -Werror -Wno-unknown-pragmas -fPIC \
	  -fvisibility=hidden -I. -include tests/cuda/shim.h -x c++ -shared $< -o $@

$(B)/bench_cuda: $(O)/bench/bench_cuda.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LINK) $^ $(LIBS) -o $@
