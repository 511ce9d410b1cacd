#!/bin/sh
# examples.sh - examples/enlarge.cpp and examples/anew.py on the shared library that was built: the program's own bytes,
# other kinds of pictures (examples.py), what is refused. PYTHON names a Python that has numpy.
#
# Seen to fail by: a channel_stride of one float in enlarge.cpp, progress to 99 %; in anew.py a format "d" taken for float32,
# a result asked for without PyBUF_WRITABLE, an exception of progress() that is forgotten.
. tests/cli/common.inc
case ${MODE:-release} in
release | debug) ;;
*)
    echo "SKIP the examples: not of a build with sanitizers or counters"
    exit 0
    ;;
esac
make -s MODE="${MODE:-release}" PNG="${ANEW_PNG:-1}" JPEG="${ANEW_JPEG:-1}" WEBP="${ANEW_WEBP:-1}" library \
    >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    complain "make library fails"
}
LD_LIBRARY_PATH=$root/$BUILD ANEW_LIBRARY=$root/$BUILD/libanew.so.0
export LD_LIBRARY_PATH ANEW_LIBRARY
cd "$scratch" || exit 1
small=$data/small.ppm
expect 0 "$anew" --quiet "$small" -o want.ppm
expect 0 "$anew" --quiet "$small" --width 77 --height 41 -o odd.ppm
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x2/weights.pth" -o tiny.anew
expect 0 "$anew" --quiet -m ./tiny.anew "$small" -o tiny.ppm

# ---- C++ ----
if command -v "${CXX:-c++}" >/dev/null 2>&1; then
    "${CXX:-c++}" -std=c++17 -pedantic -Wall -Wextra -Werror -I "$root/include" "$root/examples/enlarge.cpp" \
        -L "$root/$BUILD" -lanew -o enlarge >log 2>&1 || complain "examples/enlarge.cpp does not build: $(head -n 5 log)"
    expect 0 ./enlarge "$small" got.ppm
    cmp -s want.ppm got.ppm || complain "enlarge.cpp gives another picture"
    tr '\r' '\n' <err | tail -n 1 | grep -qx '100 %' || complain "enlarge.cpp says no progress: $(cat err)"
    expect 0 ./enlarge "$small" got.ppm 77 41
    cmp -s odd.ppm got.ppm || complain "enlarge.cpp gives another picture at 77x41"
    expect 0 ./enlarge "$small" got.ppm 0 0 ./tiny.anew
    cmp -s tiny.ppm got.ppm || complain "enlarge.cpp gives another picture of another model"
    rm -f got.ppm
    refuse 1 '^enlarge: .*none\.anew' ./enlarge "$small" got.ppm 0 0 ./none.anew
    refuse 1 '^enlarge: want\.none is no PPM' ./enlarge want.none got.ppm
    expect 2 ./enlarge "$small"
    absent got.ppm
else
    echo "SKIP the C++ example: no ${CXX:-c++}"
fi

# ---- Python ----
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP the Python example: python3 is absent"
    finish
    exit
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/examples"
expect 0 python3 "$root/examples/anew.py" "$small" got.ppm
cmp -s want.ppm got.ppm || complain "anew.py gives another picture"
expect 0 python3 "$root/examples/anew.py" "$small" got.ppm ./tiny.anew
cmp -s tiny.ppm got.ppm || complain "anew.py gives another picture of another model"
rm -f got.ppm
refuse 1 '^anew.py: .*none\.anew' python3 "$root/examples/anew.py" "$small" got.ppm ./none.anew
refuse 1 '^anew.py: .*none\.ppm' python3 "$root/examples/anew.py" none.ppm got.ppm
absent got.ppm
"${PYTHON:-python3}" "$root/tests/cli/examples.py" "$small" . >log 2>&1 || complain "examples.py: $(tail -n 5 log)"
grep '^SKIP' log
finish
