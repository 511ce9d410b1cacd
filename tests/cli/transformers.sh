#!/bin/sh
# Swin2SR and HAT on the command line: they are told from their tensors, with what no tensor shows; on a picture whose sides are no
# multiple of the windows, any way to run them gives the same picture; what is no published form is refused in one line.
# The values themselves are compared in check_networks, which was seen to fail by windows that are never moved
# (src/nets/hat.c), the published order of the overlapping windows' table kept (tools/convert/recognise_hat.c), a head's factor
# that is not cut (tools/convert/recognise_swin2sr.c), and the wrong lower row in the picture that is added
# (src/exec/exec_conv.c).
. tests/cli/common.inc
cd "$scratch" || exit 1
same() { cmp -s "$1" "$2" || complain "$1 and $2 differ ($3)"; }

# form NAME WORDS...: converts the golden; what was read from the tensors has these words.
form() {
    name=$1
    shift
    expect 0 "$convert" --force "$root/tests/data/goldens/$name/weights.pth" -o "$name.anew"
    cat out err >said
    for word in "$@"; do
        grep -qF -- "$word" said || complain "$name: no '$word' in: $(cat said)"
    done
}
form hat_tiny_x2 'hat,' embed_dim=10 num_stage=2 depth=2 num_head=2 window_size=4 overlap=1 dim_mlp=14 num_compress=4 \
    num_squeeze=3 num_feat=6 upscale=2 conv_scale=0.01 'mean of DIV2K' '--set conv_scale='
form swin2sr_tiny_x2 'swin2sr,' embed_dim=10 num_stage=2 depth=2 num_head=2 window_size=4 dim_mlp=14 \
    upsampler=pixelshuffledirect upscale=2 img_range=1 'mean of DIV2K'
expect 0 "$convert" --list
for name in hat swin2sr; do
    grep -q "^ *$name" out || complain "$name is not in the list: $(cat out)"
done

# Whichever way they are run, the same picture. HAT's means of the whole picture leave no bands.
awk 'BEGIN { print "P3 45 30 255"; for (i = 0; i < 45 * 30 * 3; i++) print (i * i * 17 + i * 5) % 256 }' >photo.ppm
ways() { # NAME WAY...
    name=$1
    shift
    expect 0 "$anew" --quiet -f --exact -m "$name.anew" photo.ppm -o want.ppm
    [ "$(size want.ppm)" = '90 60' ] || complain "$name: size $(size want.ppm)"
    for way in '--threads 3' "$@"; do
        # shellcheck disable=SC2086 # words on purpose
        expect 0 "$anew" --quiet -f --exact $way -m "$name.anew" photo.ppm -o got.ppm
        same want.ppm got.ppm "$name $way"
    done
    for level in cfma avx2 avx512; do
        ANEW_CPU=$level "$anew" --version >/dev/null 2>&1 || continue
        ANEW_CPU=$level "$anew" --quiet -f --exact -m "$name.anew" photo.ppm -o got.ppm 2>err ||
            grep -q 'ANEW_CPU' err || complain "$name $level: $(cat err)"
        [ -s err ] || same want.ppm got.ppm "$name $level"
    done
}
ways hat_tiny_x2
ways swin2sr_tiny_x2 '--band 1' '--band 4 --threads 2' '--strip-width 12 --band 3'

# Another factor of HAT's convolutions is another picture; a scale that cannot be is refused.
expect 0 "$convert" -q --force "$root/tests/data/goldens/hat_tiny_x2/weights.pth" --set conv_scale=0.5 -o other.anew
expect 0 "$anew" --quiet -f --exact -m hat_tiny_x2.anew photo.ppm -o want.ppm
expect 0 "$anew" --quiet -f --exact -m other.anew photo.ppm -o got.ppm
! cmp -s want.ppm got.ppm || complain 'conv_scale changes nothing'
refuse 1 'num_head' "$convert" -q --force "$root/tests/data/goldens/swin2sr_tiny_x2/weights.pth" --set num_head=3 -o got.anew
finish
