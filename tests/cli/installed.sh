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
# Exactly the functions of anew.h are exported.
tr '\n' ' ' <"$root/include/anew.h" | grep -oE 'ANEW_API [^;]*' | grep -oE '\banew_[a-z_0-9]+ ?\(' |
    tr -d ' (' | sort -u >declared
nm -D --defined-only "$here/usr/local/lib/libanew.so" | awk '{print $3}' | sort -u >exported
# A parameter that is a function has a name of its own, without anew_.
cmp -s declared exported || complain "declared and exported differ: $(diff declared exported | tr '\n' ' ')"
[ "$failures" -eq 0 ]
