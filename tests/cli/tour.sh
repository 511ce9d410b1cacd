#!/bin/sh
# The tour: README lists about ten files of below 2000 lines; each answer of docs/tour.md is still true; links
# lead somewhere.
#
# Seen to fail by: a file of 965 lines in README's table, ANEW_MAX_EPILOGUE 5 in kernels/kernels.h, a radius of
# 17 in question 7, a question without proof, a link to no file.
# shellcheck disable=SC2016 # backticks of Markdown, not of the shell
. tests/cli/common.inc

files=$(sed -n '/^### A tour/,/^Includes point/p' README.md | grep '^| `' | cut -d'|' -f2 | grep -oE '`[^`]+`' | tr -d '`')
lines=0 count=0
for file in $files; do
    [ -f "$file" ] || complain "the tour's $file is not there"
    lines=$((lines + $(wc -l <"$file")))
    count=$((count + 1))
done
{ [ $count -ge 8 ] && [ $count -le 10 ]; } || complain "the tour has $count files, not about nine"
[ $lines -lt 2000 ] || complain "the tour has $lines lines, 2000 or more"
echo "the tour: $count files, $lines lines"

# squeeze: runs of blanks are one, and the drawing of a comment is none, so that layout is free to change
squeeze() {
    sed 's/^ *\* / /' | tr -s ' \t\n' ' '
}

# FILE says TEXT / COMMAND prints TEXT, one for each proof of an answer
proofs=$(grep -c '^Proof: ' docs/tour.md)
understood=0
sed -n 's/^Proof: `\([^`]*\)` \(says\|prints\) `\([^`]*\)`\.\{0,1\}$/\2 \1\t\3/p' docs/tour.md >"$scratch/proofs"
tab=$(printf '\t')
while IFS="$tab" read -r what text; do
    understood=$((understood + 1))
    subject=${what#* }
    case $what in
    says*)
        squeeze <"$subject" >"$scratch/subject" || complain "$subject is not there"
        ;;
    prints*)
        case $subject in "anew "*) ;; *) complain "$subject is no command of ours" ;; esac
        # shellcheck disable=SC2086 # the words of a command
        "$anew" ${subject#anew } 2>&1 | squeeze >"$scratch/subject"
        ;;
    esac
    grep -qF -- "$text" "$scratch/subject" || complain "$subject: nothing there says '$text'"
done <"$scratch/proofs"
[ "$understood" -eq "$proofs" ] || complain "$proofs proofs, of which $understood can be looked up"

# Ten questions in order, each with a proof of its own.
questions=$(awk '/^\*\*[0-9]+\. / {if (n && !proof) print "question " n " has no proof"; n++; proof = 0
    if ($1 != "**" n ".") print "question " n " is called " $1}
    /^Proof: / {proof = 1}
    END {if (!proof) print "question " n " has no proof"; if (n != 10) print n " questions"}' docs/tour.md)
[ -z "$questions" ] || complain "$questions"

# Links to files, from README and docs/.
for page in README.md docs/*.md bench/*.md tests/README.md; do
    for link in $(grep -oE '\]\([^)#: ]+' "$page" | cut -c3-); do
        [ -e "$(dirname "$page")/$link" ] || complain "$page links to $link, which is not there"
    done
done
finish
