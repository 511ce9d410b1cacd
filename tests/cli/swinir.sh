#!/bin/sh
# SwinIR on the command line: each form is told from its tensors alone; bands, strips, threads, little memory and CPU
# levels give the same picture, on sizes that are no multiple of the windows; gray networks, --restore, refusals.
#
# Seen to fail by: windows that strips do not reach beyond (window_radius in src/plan/halo.c gives its radius back) and masks
# of the checkpoint that are kept (tools/convert/recognise_swinir.c).
. tests/cli/common.inc
cd "$scratch" || exit 1
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
same() { cmp -s "$1" "$2" || complain "$1 and $2 differ ($3)"; }

make_network() { # FILE FORM [FLAW...]
    file=$1.safetensors
    shift
    python3 "$root/tests/make_swinir_network.py" "$file" "$@" || complain "no network $*"
}

# form NAME WORDS...: converts it; what was read from the tensors has these words.
form() {
    name=$1
    shift
    make_network "$name" "$name"
    expect 0 "$convert" --force "$name.safetensors" -o "$name.anew"
    cat out err >said
    for word in swinir "$@"; do
        grep -qF -- "$word" said || complain "$name: no '$word' in: $(cat said)"
    done
}
form classical_x2 num_in_ch=3 embed_dim=12 num_stage=2 depth=2 num_head=2 window_size=8 dim_mlp=24 narrow=0 \
    upsampler=pixelshuffle upscale=2 img_range=1 'mean of DIV2K'
form classical_x3 upsampler=pixelshuffle upscale=3
form classical_x8 upsampler=pixelshuffle upscale=8 num_head=3
form light_x3 upsampler=pixelshuffledirect upscale=3
form light_x4 upsampler=pixelshuffledirect upscale=4
form real_l_x4 upsampler=nearest+conv upscale=4 narrow=1
form denoise upsampler=none upscale=1 img_range=1 -- '--set img_range=255'
form denoise_gray num_in_ch=1 upsampler=none
form jpeg upsampler=none window_size=7 img_range=255 -- '--set img_range=1'

# All of them run, on a picture smaller than a window, and on one that is no multiple of it.
awk 'BEGIN { print "P3 45 29 255"; for (i = 0; i < 45 * 29 * 3; i++) print (i * i * 31 + i * 7) % 256 }' >photo.ppm
awk 'BEGIN { print "P3 3 1 255"; for (i = 0; i < 9; i++) print i * 28 }' >tiny.ppm
for name in classical_x2:90:58 classical_x3:135:87 classical_x8:360:232 light_x3:135:87 light_x4:180:116 real_l_x4:180:116 \
    denoise:45:29 denoise_gray:45:29 jpeg:45:29; do
    sides=${name#*:} name=${name%%:*}
    expect 0 "$anew" --quiet -f -m "$name.anew" photo.ppm -o out.ppm
    [ "$(size out.ppm)" = "${sides%:*} ${sides#*:}" ] || complain "$name: size $(size out.ppm)"
    expect 0 "$anew" --quiet -f -m "$name.anew" tiny.ppm -o out.ppm
done

# Whichever way it is run, the same picture.
awk 'BEGIN { print "P3 131 50 255"; for (i = 0; i < 131 * 50 * 3; i++) print (i * i * 17 + i * 5) % 256 }' >wide.ppm
for name in denoise jpeg light_x3; do
    expect 0 "$anew" --quiet -f --exact -m $name.anew wide.ppm -o want.ppm
    for way in '--band 1' '--band 8 --threads 3' '--strip-width 40' '--strip-width 9 --band 3 --threads 2' '--memory 3M'; do
        # shellcheck disable=SC2086 # words on purpose
        expect 0 "$anew" --quiet -f --exact $way -m $name.anew wide.ppm -o got.ppm
        same want.ppm got.ppm "$name $way"
    done
    for level in cfma avx2 avx512; do
        ANEW_CPU=$level "$anew" --version >/dev/null 2>&1 || continue
        ANEW_CPU=$level "$anew" --quiet -f --exact -m $name.anew wide.ppm -o got.ppm 2>err ||
            grep -q 'ANEW_CPU' err || complain "$name $level: $(cat err)"
        [ -s err ] || same want.ppm got.ppm "$name $level"
    done
done
refuse 1 'too small for' "$anew" --quiet -f --memory 100K -m denoise.anew wide.ppm -o got.ppm

# A network that finds nothing to change: the picture, in colours and in gray; and as the first of two passes.
for name in denoise denoise_gray jpeg; do
    make_network quiet $name quiet
    expect 0 "$convert" -q --force quiet.safetensors -o quiet_$name.anew
    expect 0 "$anew" --quiet -f -m quiet_$name.anew photo.ppm -o got.ppm
    expect 0 "$anew" compare photo.ppm got.ppm --json
    grep -q '"differing":0,' out || complain "$name changes: $(cat out)"
done
expect 0 "$anew" --quiet -f photo.ppm -s 2 --restore quiet_jpeg.anew -o restored.ppm
expect 0 "$anew" --quiet -f photo.ppm -s 2 -o plain.ppm
same restored.ppm plain.ppm 'a pass that changes nothing'

# The range can be said; what is no published form is refused in one line.
expect 0 "$convert" --force jpeg.safetensors --set img_range=1 -o got.anew
cat out err >said
grep -q 'img_range=1,' said || complain "the range is not taken: $(cat said)"
! grep -q assumed said || complain "what was said is called assumed: $(cat said)"
refused() { # PATTERN FORM FLAW...
    wanted=$1
    shift
    make_network flawed "$@"
    refuse 1 "$wanted" "$convert" -q --force flawed.safetensors -o got.anew
}
refused '2 blocks in its first stage and 3 in another' classical_x2 uneven
refused 'learned positions' denoise positions
refused 'for 4 channels' four_colours
refused "attn.relative_position_bias_table' is missing\|bias_table' is missing" denoise without \
    layers.0.residual_group.blocks.0.attn.relative_position_bias_table
refused "'norm.bias' is missing" denoise without norm.bias
finish
