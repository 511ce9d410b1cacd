#!/bin/sh
# Help, README and the parser agree: every option of the help is in README, and is understood.
. tests/cli/common.inc
expect 0 "$anew" --help
cp "$scratch/out" "$scratch/help"
: >"$scratch/options"
# Each command's help lists options that the parser, README, the manual page and the completions know.
commands=$(sed -n 's/^       anew \([a-z]*\) .*/\1/p' "$scratch/help")
[ "$(echo "$commands" | wc -l)" -ge 6 ] || complain "the help lists too few commands: $commands"
for command in "" $commands; do
    # shellcheck disable=SC2086 # no word at all for the command without a name
    expect 0 "$anew" $command --help
    grep -oE '^ *(-[a-z], )?--[a-z-]+' "$scratch/out" | grep -oE -- '--[a-z-]+' >"$scratch/some"
    cat "$scratch/some" >>"$scratch/options"
    for option in $(cat "$scratch/some"); do
        # shellcheck disable=SC2086
        "$anew" $command "$option" 2>&1 </dev/null | grep -qE 'unknown option|is no option' &&
            complain "$command $option is not understood"
    done
done
options=$(sort -u "$scratch/options")
[ "$(echo "$options" | wc -l)" -ge 25 ] || complain "the helps list too few options"
for option in $options; do
    grep -q -- "\`$option" README.md || complain "README does not mention $option"
    for file in completions/anew.bash completions/_anew; do
        grep -q -- "$option" $file || complain "$file lacks $option"
    done
    grep -q -- " -l ${option#--} " completions/anew.fish || complain "completions/anew.fish lacks $option"
done
for command in $commands; do
    grep -q "anew $command" README.md || complain "README does not mention anew $command"
done
# What was generated is what would be generated now.
"$anew" manual | cmp -s - docs/anew.1 || complain "docs/anew.1 is not what 'anew manual' says: make generated"
for pair in bash:anew.bash zsh:_anew fish:anew.fish; do
    "$anew" completion "${pair%%:*}" | cmp -s - "completions/${pair#*:}" ||
        complain "completions/${pair#*:} is out of date: make generated"
done
# The shells themselves understand the scripts, where they are here.
if command -v bash >/dev/null; then
    bash -c '. completions/anew.bash && COMP_WORDS=(anew explain --si) && COMP_CWORD=2 && _anew &&
        [ "${COMPREPLY[*]}" = --size ] && COMP_WORDS=(anew --plan = no) && COMP_CWORD=3 && _anew &&
        [ "${COMPREPLY[*]}" = nofuse ] && COMP_WORDS=(anew expl) && COMP_CWORD=1 && _anew &&
        [ "${COMPREPLY[*]}" = explain ]' || complain "the completion for bash does not work"
else
    echo "SKIP bash completion: bash is absent"
fi
for shell in zsh fish; do
    if command -v $shell >/dev/null; then
        $shell -n "$(grep -lE "$shell completion" completions/*)" || complain "$shell does not read its completion"
    fi
done
# The pages of the other programs are written by hand.
version=$("$anew" --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)
for program in anew-convert anew-quantize; do
    grep -q "\"anew $version\"" "docs/$program.1" || complain "docs/$program.1 is not of version $version"
    "$BUILD/$program" --help | grep -oE '^  (-[a-z], )?--?[a-z-]+' | tr -d ' ' | tr ',' '\n' >"$scratch/options"
    [ "$(wc -l <"$scratch/options")" -ge 6 ] || complain "$program's help lists too few options"
    while read -r option; do
        sed 's/\\//g' "docs/$program.1" | grep -qE -- "fB${option}f" || complain "docs/$program.1 lacks $option"
    done <"$scratch/options"
done
if command -v man >/dev/null; then
    for page in docs/*.1; do
        LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | grep . &&
            complain "man complains of $page"
    done
fi
# And the other way round: every option in README's table is in a help.
for option in $(grep -oE '^\| `--[a-z-]+' README.md | grep -oE -- '--[a-z-]+'); do
    echo "$options" | grep -qx -- "$option" || complain "README mentions $option, which no help does"
done
# What it says of formats is what the build has.
for format in PNG JPEG WEBP PNM; do
    said=1
    # JPEG is not JPEG XL: a name ends at a comma or at the list's end.
    grep -qi "^(reads \(.*, \)\?${format}[,;].*writes \(.*, \)\?${format}[,)]" "$scratch/help" || said=0
    there=0
    { [ $format = PNM ] || has $format; } && there=1
    [ $said = $there ] || complain "$format: the help says $said, the build has $there"
done
grep -q "as PHOTO_x4.$extension" "$scratch/help" || complain "the help names another default than $extension"
expect 0 "$anew" --version
grep -qE '^anew [0-9]+\.[0-9]+\.[0-9]+$' "$scratch/out" || complain "version: $(cat "$scratch/out")"
expect 0 "$anew" -h
cmp -s "$scratch/out" "$scratch/help" || complain "-h is not --help"
expect 0 "$anew" help
cmp -s "$scratch/out" "$scratch/help" || complain "anew help is not --help"
expect 0 "$anew" video --help
cp "$scratch/out" "$scratch/of_video"
expect 0 "$anew" help video
cmp -s "$scratch/out" "$scratch/of_video" || complain "anew help video is not anew video --help"
refuse 2 'help pictures: must be a command; anew help lists them' "$anew" help pictures
expect 0 "$convert" --help
# Every option stands in the manual, in a page for people and in at least one other script here.
cd "$root" || exit 1
options=$(grep -o ' -l [a-z0-9-]*' completions/anew.fish | sed 's/ -l //' | sort -u)
[ "$(echo "$options" | wc -l)" -gt 90 ] || complain "the options are not seen: $options"
others=$(find tests/cli -name '*.sh' ! -name help.sh -o -name '*.py')
for option in $options; do
    # shellcheck disable=SC2086 # several files
    cat $others | grep -q -e "--$option\b" || complain "--$option is in no script of tests/cli"
    cat README.md docs/*.md | grep -q -e "--$option\b" || complain "--$option is in no document"
    sed 's/\\//g' docs/anew.1 | grep -q -e "--$option\(fR\|[^a-z-]\|\$\)" || complain "--$option is not in the manual"
done
finish
