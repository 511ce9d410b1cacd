#!/bin/sh
# objects.sh FOLDER - what the compiler made: every global symbol of the library begins with anew_, and
# an object without an ISA in its name has no instruction of AVX or later, so that the program starts on
# any x86-64.
#
# Seen to fail by: a global function 'helper' in src/core/memory.c, and by compiling kernels/c/rows.c with
# -mavx2.
set -eu
objects=$1
failed=0
if [ ! -d "$objects" ]; then
    echo "objects: SKIP, nothing is built"
    exit 0
fi
for object in $(find "$objects/src" "$objects/kernels" -name '*.o' ! -path '*/src/cli/*' | sort); do
    bad=$(nm --defined-only -g "$object" | awk 'NF == 3 && $3 !~ /^(anew_|__asan|__odr_asan|__tsan|_?_?ubsan|\.)/ {print $3}')
    if [ -n "$bad" ]; then
        echo "objects: $object exports $bad" >&2
        failed=1
    fi
    case $object in
    *_cfma.o | *_avx2.o | *_avx512*.o | *_amx.o) continue ;;
    esac
    if objdump -d "$object" | awk -F'\t' '$3 ~ /^v[a-z]/ && $3 !~ /^ver[rw]/ {found = 1; exit} END {exit !found}'; then
        echo "objects: $object has AVX instructions, but no ISA in its name" >&2
        failed=1
    fi
done
[ "$failed" -eq 0 ] && echo "objects: ok"
exit "$failed"
