#!/bin/sh
# Graphs of ncnn and ONNX that are no known network: converted operation by operation; the same picture in every way of
# running; a known network by its page and by its graph; what is refused is named. Against other programs:
# graphs_peers.sh.
#
# Seen to fail by the margin left out of layout.c (anew_geometry_set) and by --bgr that turned the input's colours only.
. tests/cli/common.inc
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP graphs: python3 is absent, which makes them"
    exit 0
fi
make="python3 $root/tests/make_graph.py"
cd "$scratch" || exit 1
photo_here
"$anew" --quiet "$photo" --width 57 --height 43 -o photo.pnm || complain "no small picture"

# ---- ncnn: convolutions without padding, a mean of all pixels, transposed convolutions
for kind in f32 f16; do
    $make ncnn small $kind
    expect 0 "$convert" --force small.param -o small.anew
    grep -q '^note: .* operations taken over; samples from 0 to 1, red first (assumed' out || complain "said: $(cat out)"
done
expect 0 "$anew" info small.anew
grep -q '^scale: *x2$' out || complain "info: $(cat out)"
grep -q 'records of its list of operations' out || complain "info: $(cat out)"
expect 0 "$anew" --quiet photo.pnm --exact -m ./small.anew -o whole.pnm
[ "$(size whole.pnm)" = "114 86" ] || complain "size: $(size whole.pnm)"
for way in --threads=1 --threads=3 --plan=nofuse --plan=ref --band=4; do
    expect 0 "$anew" --quiet photo.pnm --exact $way -m ./small.anew -o way.pnm
    cmp -s whole.pnm way.pnm || complain "$way: another picture"
    rm -f way.pnm
done
expect 0 env ANEW_CPU=c "$anew" --quiet photo.pnm --exact -m ./small.anew -o way.pnm
cmp -s whole.pnm way.pnm || complain "plain C: another picture"
rm -f way.pnm
expect 0 "$anew" explain small.anew --size 57x43
expect 0 "$convert" --as-graph --range 255 --force small.param -o range.anew
grep -q 'samples from 0 to 255, red first$' out || complain "said: $(cat out)"

# Blue first: of a picture whose colours change places the result, with its colours changed back.
python3 - photo.pnm turned.pnm <<'END'
import sys
head, pixels = (lambda b: (b.split(b"\n", 3)[:3], b.split(b"\n", 3)[3]))(open(sys.argv[1], "rb").read())
turned = bytes(pixels[i - i % 3 + 2 - i % 3] for i in range(len(pixels)))
open(sys.argv[2], "wb").write(b"\n".join(head) + b"\n" + turned)
END
expect 0 "$convert" --bgr --force small.param -o bgr.anew
expect 0 "$anew" --quiet turned.pnm --exact -m ./bgr.anew -o bgr.pnm
python3 - whole.pnm bgr.pnm <<'END' || complain "--bgr is not the same with colours turned"
import sys
a, b = (open(name, "rb").read().split(b"\n", 3)[3] for name in sys.argv[1:3])
sys.exit(any(a[i] != b[i - i % 3 + 2 - i % 3] for i in range(len(a))))
END

# ---- ONNX
for what in plain shuffle gray views sides; do
    $make onnx $what.onnx $what
    expect 0 "$convert" $what.onnx -o $what.anew
    expect 0 "$anew" --quiet photo.pnm --exact -m ./$what.anew -o $what.pnm
    expect 0 "$anew" --quiet photo.pnm --exact --strip-width=16 --band=8 -m ./$what.anew -o strips.pnm
    cmp -s $what.pnm strips.pnm || complain "$what: strips give another picture"
    rm -f strips.pnm
done
[ "$(size shuffle.pnm)" = "171 129" ] || complain "shuffle: $(size shuffle.pnm)"
[ "$(size views.pnm)" = "114 86" ] || complain "views: $(size views.pnm)"
[ "$(size gray.pnm)" = "57 43" ] || complain "gray: $(size gray.pnm)"

# ---- a network that has a page: the same bits by its graph
for network in srvgg_tiny_x4 rrdb_tiny_x2; do
    python3 "$root/tests/make_containers.py" ncnn "$data/goldens/$network/weights.safetensors" known f32
    expect 0 "$convert" --force known.param -o page.anew
    grep -q '^ncnn: \(srvgg\|rrdb\),' out || complain "$network: said $(cat out)"
    expect 0 "$convert" --force --as-graph known.param -o graph.anew
    for model in page graph; do
        rm -f $model.pnm
        expect 0 "$anew" --quiet photo.pnm --exact -m ./$model.anew -o $model.pnm
    done
    cmp -s page.pnm graph.pnm || complain "$network: the graph gives another picture than the page"
done

# ---- refused, in one line
change() { # SED-SCRIPT PATTERN
    $make ncnn bad
    sed -i "$1" bad.param
    refuse 1 "$2" "$convert" bad.param -o bad.anew
    absent bad.anew
}
change 's/^Pooling/Frobnicate/' "node 'mean' has the operation 'Frobnicate', which anew does not know (anew-convert --list"
change 's/3=2 5=1 6=256 9=1/3=2 5=1 6=256 9=7/' "node 'half' has the activation 7"
change 's/1 1 7 8/1 1 77 8/' "node 'small' reads '77', which no layer before it gives"
change 's/1 1 8 10/1 1 8 7/' "node 'double' gives '7', which another layer gives"
change 's/1 1 7 8/1 1 8 8/' "node 'small' reads '8', which no layer before it gives"
change 's/6=576/6=577/' "node 'small' has sizes that do not fit together"
change 's/0=8 1=3 5=1 6=576/0=80000000 1=3 5=1 6=576/' "node 'small' has sizes that do not fit together"
change 's/=2,2,2 /=2,1,1 /' "node 'sum' takes values of different sizes"
change 's/0=3 1=4 3=2 4=3 5=1 6=384/0=3 1=4 3=2 4=-233 5=1 6=384/' "node 'last' pads by a rule"
$make ncnn bad int8
refuse 1 "node 'first' has weights of the kind 0x000d4b38 (rounded to 8 bits" "$convert" bad.param -o bad.anew
$make ncnn bad
printf 'more' >>bad.bin
refuse 1 'its .bin is longer than its layers need' "$convert" bad.param -o bad.anew
head -c 950 bad.bin >cut.bin
cp bad.param cut.param
refuse 1 "node 'weigh' needs 256 bytes of the .bin" "$convert" cut.param -o bad.anew

graph() { # WHAT PATTERN
    $make onnx bad.onnx "$1"
    refuse 1 "$2" "$convert" bad.onnx -o bad.anew
    absent bad.anew
}
graph foo "node 'node_b' has the operation 'Foo', which anew does not know (anew-convert --list"
graph late "node 'node_b' reads 'c', which neither a node before it gives nor the file holds"
graph twice "node 'node_a' gives 'a', which is there already"
graph missing "node 'node_result' reads 'nowhere', which neither"
graph deep 'the graph has more than 8192 operations'
graph external "are in another file (external data)"
graph wide "tensor 'w' has a shape that no network here has"
refuse 2 '--range 0: must be the largest' "$convert" --range 0 small.param -o bad.anew
refuse 1 'holds no graph: ONNX files and ncnn .param files do' "$convert" --as-graph "$data/goldens/srvgg_tiny_x4/weights.pth" -o bad.anew
expect 0 "$convert" --list
grep -q '^graphs of these operations: conv prelu ' out || complain "--list: $(tail -3 out)"
grep -q '^of ONNX: Abs, Add, ' out || complain "--list: $(tail -3 out)"
grep -q '^of ncnn: ' out || complain "--list: $(tail -3 out)"
finish
