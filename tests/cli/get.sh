#!/bin/sh
# anew get: a model of the catalogue from its file to a place where it is found; another file, a licence that is not
# wanted, a download that fails: one line, and nothing is left.
#
# Seen to fail by: a SHA-256 that is not compared, --license-policy without effect, a download's folder that stays, a
# name of the catalogue that is a path, --output that is not looked at, a converter's failure that is not noticed, a list as JSON of all licences, a URL of null that is text.
. tests/cli/common.inc
cd "$scratch" || exit 1
mkdir tmp
export TMPDIR="$scratch/tmp" XDG_DATA_HOME="$scratch/data" ANEW_CATALOGUE="$scratch/table.txt"
cp "$data/goldens/srvgg_tiny_x4/weights.pth" .
sum=$(sha256sum weights.pth | cut -d' ' -f1)
other=$(printf 'other' | sha256sum | cut -d' ' -f1)
echo "no model" >text.pth
cat >table.txt <<TABLE
# name, SHA-256, use, licence, URL

tiny $sum commercial CC0-1.0 file://$scratch/weights.pth?download=1
handy   $sum  commercial  MIT  -
sternly $sum research CC-BY-NC-4.0 file://$scratch/weights.pth
wrong $other commercial MIT file://$scratch/weights.pth
gone $sum commercial MIT file://$scratch/none.pth
text $(sha256sum text.pth | cut -d' ' -f1) commercial MIT file://$scratch/text.pth
TABLE
clean() {
    [ -z "$(ls -A tmp)" ] || complain "$1: left $(ls -A tmp)"
    [ -z "$(find data -name '*.tmp' 2>/dev/null)" ] || complain "$1: left $(ls data/anew)"
}

has_json() { # NAME: the last output's lines fit the schema
    if command -v python3 >/dev/null 2>&1; then
        (cd "$root" && python3 tests/cli/json_lines.py "$1") <out || complain "--json: $1: $(cat out)"
    fi
}

# From a file that is here.
expect 0 "$anew" get handy --from weights.pth
grep -q '^handy: licence MIT (commercial use), .*/data/anew/handy.anew$' out || complain "said: $(cat out)"
expect 0 "$anew" models
grep -q '^handy .* MIT ' out || complain "handy is not found: $(cat out)"
expect 0 "$anew" -m handy --quiet "$root/tests/data/small.ppm" -o x.ppm
refuse 1 'handy.anew: exists; --force' "$anew" get handy --from weights.pth
expect 0 "$anew" get handy --from weights.pth --force --quiet
[ ! -s out ] || complain "--quiet says $(cat out)"
expect 0 "$anew" get handy --from weights.pth -o here/below
[ -s here/below/handy.anew ] || complain "--output: $(ls -R here)"

# What is refused leaves nothing.
rm -r data
refuse 1 "weights.pth: has the SHA-256 $sum and not $other; nothing of it is kept" "$anew" get wrong --from weights.pth
absent data/anew/wrong.anew
refuse 1 'handy: no URL is known; get the file' "$anew" get handy
refuse 1 "no model 'none' in the catalogue" "$anew" get none
refuse 1 'none.pth: cannot open' "$anew" get tiny --from none.pth
refuse 1 'sternly: its licence (CC-BY-NC-4.0) allows no commercial use' "$anew" get sternly --license-policy commercial --from weights.pth
absent data/anew/sternly.anew
expect 0 "$anew" get sternly --license-policy any --from weights.pth
grep -q 'licence CC-BY-NC-4.0 (only non-commercial use)' out || complain "said: $(cat out)"
expect 1 "$anew" get text --from text.pth
tail -1 err | grep -q '^anew: text: anew-convert ended with 1$' || complain "text: $(cat err)"
absent data/anew/text.anew
refuse 2 'must be one of any|commercial' "$anew" get tiny --license-policy mine
refuse 2 'from is no option' "$anew" --from weights.pth x.ppm
refuse 2 'usage: anew get' "$anew" get tiny handy
clean "refusals"

# The list, and that of the program.
expect 0 "$anew" get
[ "$(wc -l <out)" -eq 6 ] || complain "the list: $(cat out)"
cp out listed
expect 0 "$anew" models --remote
cmp -s out listed || complain "anew models --remote lists other models: $(cat out)"
expect 0 "$anew" get --json
cp out listed
has_json catalogue
grep -qF "{\"name\":\"handy\",\"licence\":\"MIT\",\"commercial\":true,\"sha256\":\"$sum\",\"url\":null}" out || complain "the list as JSON: $(cat out)"
[ "$(grep -o '"name"' out | wc -l)" -eq 6 ] || complain "the list as JSON: $(cat out)"
expect 0 "$anew" models --remote --json
cmp -s out listed || complain "anew models --remote --json lists other models: $(cat out)"
expect 0 "$anew" get --json --license-policy commercial
has_json catalogue
[ "$(grep -o '"name"' out | wc -l)" -eq 5 ] || complain "the commercial ones as JSON: $(cat out)"
expect 0 "$anew" get --json handy --from weights.pth
has_json fetched
grep -q '"name":"handy","licence":"MIT","commercial":true,"path":"[^"]*/data/anew/handy.anew"' out || complain "--json said: $(cat out)"
refuse 1 'handy.anew: exists' "$anew" get --json handy --from weights.pth
rm data/anew/handy.anew
refuse 2 'from: name the model, too' "$anew" get --from weights.pth
expect 0 "$anew" get --license-policy commercial
[ "$(wc -l <out)" -eq 5 ] || complain "the list of the commercial ones: $(cat out)"
expect 0 env -u ANEW_CATALOGUE "$anew" get
[ "$(wc -l <out)" -eq "$(grep -vc '^#' "$root/weights/catalogue.txt")" ] || complain "the program's list: $(cat out)"
# Its hashes are those of MODELS.md.
grep -v '^#' "$root/weights/catalogue.txt" | while read -r name hash _; do
    grep "$name" "$root/weights/MODELS.md" | grep -q "$hash" || echo "$name"
done >strangers
[ ! -s strangers ] || complain "weights/MODELS.md has other hashes of: $(cat strangers)"

# Tables that are wrong: the line is named.
bad() {
    printf '# one\n%s\n' "$1" >bad.txt
    refuse 1 'bad.txt:2: must be a name, a SHA-256' env ANEW_CATALOGUE=bad.txt "$anew" get tiny --from weights.pth
}
bad "tiny $sum commercial MIT"
bad "tiny $sum commercial MIT - more"
bad "tiny ${sum}0 commercial MIT -"
bad "tiny $sum perhaps MIT -"
bad "../tiny $sum commercial MIT -"
bad ".tiny $sum commercial MIT -"
refuse 1 'none.txt: cannot open' env ANEW_CATALOGUE=none.txt "$anew" get

# By a URL.
refuse 1 'curl is not installed' env PATH=/nonexistent "$anew" get tiny
clean "no curl"
if command -v curl >/dev/null 2>&1; then
    expect 0 "$anew" get tiny
    [ -s data/anew/tiny.anew ] || complain "tiny: $(ls -R data)"
    expect 0 "$anew" info tiny
    grep -q "source: *file://$scratch/weights.pth" out || complain "the source: $(cat out)"
    clean "a download"
    expect 1 "$anew" get wrong
    tail -1 err | grep -q 'nothing of it is kept' || complain "wrong: $(cat err)"
    expect 1 "$anew" get gone
    tail -1 err | grep -q '^anew: file://.*/none.pth: curl ended with' || complain "gone: $(cat err)"
    expect 0 "$anew" get handy --from "file://$scratch/weights.pth"
    expect 1 "$anew" get handy --force --from "ftp://localhost/weights.pth"
    clean "downloads that fail"
else
    echo "SKIP downloads: curl is absent"
fi
finish
