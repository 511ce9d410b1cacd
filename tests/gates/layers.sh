#!/bin/sh
# layers.sh - includes point downwards only; each library's header is seen by one file; names of source
# files are unique; files stay readable in length; threads are started in one place.
#
# Seen to fail by: adding '#include "exec/exec.h"' to src/nets/rrdb.c, '#include <png.h>' to
# src/image/image.c, a pthread_create to a kernel, or a copy of a file in another folder.
set -eu
failed=0
complain() {
    echo "layers: $1" >&2
    failed=1
}

# folder: what it may include besides itself and the C library
allowed() {
    case $1 in
    kernels) echo "" ;;
    src/core) echo "anew.h" ;;
    src/model) echo "anew.h core" ;;
    src/graph) echo "anew.h core model" ;;
    src/nets) echo "graph" ;;
    src/plan) echo "anew.h core model graph kernels" ;;
    src/exec) echo "anew.h core model graph plan kernels" ;;
    src/image) echo "anew.h core kernels" ;;
    src/look) echo "anew.h core image" ;;
    src/faces) echo "anew.h core model graph nets plan exec image kernels" ;;
    src/finish) echo "anew.h core image kernels" ;;
    src/pipeline) echo "anew.h core model graph nets plan exec image look faces finish kernels" ;;
    src/cli) echo "anew.h core model exec image look faces finish pipeline kernels" ;;
    tools/convert) echo "anew.h core model graph nets" ;;
    esac
}

for folder in kernels src/core src/model src/graph src/nets src/plan src/exec src/image src/look src/faces src/finish src/pipeline src/cli tools/convert; do
    own=${folder#src/}
    for file in $(find "$folder" -name '*.[ch]' | sort); do
        for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
            case $include in
            */*) layer=${include%%/*} ;;
            anew.h) layer=anew.h ;;
            *) [ -f "$(dirname "$file")/$include" ] && continue || layer=$include ;;
            esac
            [ "$layer" = "$own" ] && continue
            case " $(allowed "$folder") " in
            *" $layer "*) ;;
            *) complain "$file includes \"$include\", which is not below it" ;;
            esac
        done
    done
done

for header in png.h jpeglib.h; do
    count=$(grep -rl "#include <$header>" src tools kernels | wc -l)
    [ "$count" -le 1 ] || complain "$header is included by $count files"
done

for file in $(grep -rlE 'pthread_create|thrd_create|pragma[[:space:]]+omp' src kernels tools --include='*.[ch]'); do
    [ "$file" = src/core/threads.c ] || complain "$file starts threads; only src/core/threads.c may"
done

twice=$(find src kernels tools tests bench -name '*.[ch]' -exec basename {} \; | sort | uniq -d)
[ -z "$twice" ] || complain "two files are called: $twice"

for file in $(find src kernels tools -name '*.[ch]'); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || complain "$file has $lines lines, more than 600"
done

if command -v shellcheck >/dev/null 2>&1; then
    shellcheck -x -e SC2013,SC2044 .ci/run tests/*.sh tests/fuzz/*.sh tests/cli/*.sh tests/gates/*.sh weights/*.sh bench/*.sh || failed=1
fi
[ "$failed" -eq 0 ] && echo "layers: ok"
exit "$failed"
