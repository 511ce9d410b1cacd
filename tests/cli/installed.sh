#!/bin/sh
# What `make install` installs, used as a stranger would: the program of anew.h's first comment in an empty folder,
# found by pkg-config alone, with the shared library and with the static one, as C and as C++.
#
# Seen to fail by: a library that is not named in anew.pc; a function of anew.h without ANEW_API; a symbol that
# the shared library exports besides those of anew.h.
. tests/cli/common.inc
case ${MODE:-release} in
release | debug) ;;
*)
    echo "SKIP the installed library: not of a build with sanitizers or counters"
    exit 0
    ;;
esac
command -v pkg-config >/dev/null 2>&1 || {
    echo "SKIP the installed library: pkg-config is absent"
    exit 0
}
here=$scratch/root
make -s MODE="${MODE:-release}" PNG="${ANEW_PNG:-1}" JPEG="${ANEW_JPEG:-1}" WEBP="${ANEW_WEBP:-1}" \
    install DESTDIR="$here" PREFIX=/usr/local >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    complain "make install fails"
}
mkdir "$scratch/empty" && cd "$scratch/empty" || exit 1
cp "$root/tests/data/small.ppm" photo.ppm
# The comment's program, with a picture that every build can read and write.
sed -n '/^ \*     #include <anew.h>/,/^ \*     }/s/^ \*     //p' "$here/usr/local/include/anew.h" |
    sed 's/photo\.jpg/photo.ppm/; s/photo_x4\.png/photo_x4.ppm/' >program.c
[ "$(wc -l <program.c)" -ge 8 ] || complain "no program in anew.h: $(cat program.c)"
cp program.c program.cc
PKG_CONFIG_PATH=$here/usr/local/lib/pkgconfig:${PKG_CONFIG_PATH:-}
export PKG_CONFIG_PATH
package() {
    pkg-config --define-variable=prefix="$here/usr/local" "$@" anew
}
version=$(sed -n 's/^#define ANEW_VERSION "\(.*\)"/\1/p' "$root/include/anew.h")
[ "$(package --modversion)" = "$version" ] || complain "pkg-config says version $(package --modversion)"
try() { # NAME COMMAND...: builds ./program, runs it, compares its picture with the program's own
    name=$1
    shift
    rm -f program photo_x4.ppm
    "$@" -o program >log 2>&1 || complain "$name does not build: $(head -n 5 log)"
    LD_LIBRARY_PATH=$here/usr/local/lib ./program >log 2>&1 || complain "$name fails: $(cat log)"
    cmp -s photo_x4.ppm want.ppm || complain "$name gives another picture"
}
expect 0 "$here/usr/local/bin/anew" --quiet photo.ppm -o want.ppm
compiler=${CC:-cc}
# shellcheck disable=SC2046 # words
try "C, shared" "$compiler" -std=c11 -pedantic -Wall -Werror program.c $(package --cflags --libs)
ldd ./program | grep -q 'libanew\.so\.0 ' || complain "the soname is not in: $(ldd ./program)"
# shellcheck disable=SC2046
try "C, static" "$compiler" program.c $(package --cflags) "$here/usr/local/lib/libanew.a" \
    $(package --static --libs | sed 's/-lanew//')
if command -v c++ >/dev/null 2>&1; then
    # shellcheck disable=SC2046
    try "C++, shared" c++ -std=c++11 -pedantic -Wall -Werror program.cc $(package --cflags --libs)
fi
# The example: a face found, restored by random weights, which makes it no face, and held back; a bad file is refused.
# shellcheck disable=SC2046
"$compiler" -std=c11 -pedantic -Wall -Wextra -Werror "$root/examples/restore_faces.c" $(package --cflags --libs) \
    -o restore_faces >log 2>&1 || complain "examples/restore_faces.c does not build: $(head -n 5 log)"
LD_LIBRARY_PATH=$here/usr/local/lib
export LD_LIBRARY_PATH
./restore_faces 2>/dev/null
[ $? -eq 2 ] || complain "restore_faces says nothing of its usage"
shared=$(cd "$root" && cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd || echo /absent)
models=$root/${ANEW_TEST_MODELS:-$BUILD/models}/real
weights=$shared/weights/face_det/retinaface_mnet025_Final.pth
if [ -f "$weights" ] && [ -f "$models/gfpgan_tiny_128.anew" ] && has JPEG; then
    expect 0 "$here/usr/local/bin/anew-convert" -q "$weights" --set slope=0 -o finder.anew
    expect 0 "$here/usr/local/bin/anew" --quiet -s 1 "$shared/images/open/faces/whole__facexlib_test2.jpg" -o face.ppm
    expect 0 ./restore_faces ./finder.anew "$models/gfpgan_tiny_128.anew" face.ppm done.ppm "$models/parsenet_tiny.anew"
    grep -Eq '^face 1 at [0-9]+,[0-9]+, score [01]\.[0-9]*: held back \(mask: (parsed|no face parsed)\); ' "$scratch/out" ||
        complain "the example says: $(cat "$scratch/out")"
    [ "$(wc -c <face.ppm)" -eq "$(wc -c <done.ppm)" ] || complain "the example's picture has another size"
    expect 1 ./restore_faces photo-x4 "$models/gfpgan_tiny_128.anew" face.ppm none.ppm
    grep -q 'finds no faces' "$scratch/err" || complain "the example says: $(cat "$scratch/err")"
else
    echo "SKIP the example on a face: no weights in ${ANEW_SHARED:-../shared}, or no JPEG in this build"
fi
# Exactly the functions of anew.h are exported.
tr '\n' ' ' <"$root/include/anew.h" | grep -oE 'ANEW_API [^;]*' | grep -oE '\banew_[a-z_0-9]+ ?\(' |
    tr -d ' (' | sort -u >declared
nm -D --defined-only "$here/usr/local/lib/libanew.so" | awk '{print $3}' | sort -u >exported
# A parameter that is a function has a name of its own, without anew_.
cmp -s declared exported || complain "declared and exported differ: $(diff declared exported | tr '\n' ' ')"
[ "$failures" -eq 0 ]
