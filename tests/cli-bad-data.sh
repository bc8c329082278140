#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Bad data: exit status 1, one sentence that names the file, and no output file.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
q=$work/q.npy
z=$work/z.npy
npy_float "$m" '(3, 4)' 1 0 0 0 0 1 0 0 0 0 1 1
npy_float "$q" '(2, 4)' 1 0 0 0 0 1 0 1
recall=(recall --memory "$m" --query "$q" --out "$z")

# Files that are not there, cannot be read, or are not what they claim.
refuses 1 "$work/none.npy" -- recall --memory "$work/none.npy" --query "$q" --out "$z"
refuses 1 "$work/none.npy" -- recall --memory "$m" --query "$work/none.npy" --out "$z"
refuses 1 "$work/none.npy" -- "${recall[@]}" --values "$work/none.npy"
refuses 1 "$work/none.npy" -- "${recall[@]}" --observed "$work/none.npy"
refuses 1 "$work/none.npy" -- "${recall[@]}" --original "$work/none.npy"
refuses 1 "$work/none.npy" -- "${recall[@]}" --similarity table:file="$work/none.npy"
refuses 1 "$work/none.npy" -- corrupt --in "$work/none.npy" --noise 1 --out "$z"
refuses 1 "$work/none.npy" -- info "$work/none.npy"
echo 'not an array' >"$work/text.npy"
refuses 1 "$work/text.npy" -- recall --memory "$work/text.npy" --query "$q" --out "$z"
head -c -4 "$m" >"$work/short.npy"
refuses 1 "$work/short.npy" -- recall --memory "$work/short.npy" --query "$q" --out "$z"
: >"$work/empty.npy"
refuses 1 "$work/empty.npy" -- info "$work/empty.npy"
npy_float "$work/norows.npy" '(0, 4)'
refuses 1 "$work/norows.npy" -- recall --memory "$work/norows.npy" --query "$q" --out "$z"
npy_float "$work/huge.npy" '(4294967296, 4294967296)' 0
refuses 1 "$work/huge.npy" -- info "$work/huge.npy"
if [[ $(id -u) -ne 0 ]]; then
    cp "$m" "$work/secret.npy"
    chmod 0 "$work/secret.npy"
    refuses 1 "$work/secret.npy" -- info "$work/secret.npy"
fi

# Patterns that a network of neurons cannot hold; values where the next memory is the answer.
refuses 1 "$m: no memory has a negative entry" -- "${recall[@]}" --preset hopfield
refuses 1 "$m: no memory has a negative entry" -- "${recall[@]}" --preset dam
refuses 2 'values of their own' -- "${recall[@]}" --preset sequence --values "$m"

# Shapes that do not agree: both files are named.
npy_float "$work/q3.npy" '(1, 3)' 1 0 0
refuses 1 "$work/q3.npy has rows of 3 numbers" "$m have 4" -- recall --memory "$m" --query "$work/q3.npy" --out "$z"
npy_float "$work/p2.npy" '(2, 2)' 1 0 0 1
refuses 1 "$work/p2.npy has 2 rows of values" "$m has 3 memories" -- "${recall[@]}" --values "$work/p2.npy"
refuses 1 "$work/q3.npy has rows of 3 numbers" -- "${recall[@]}" --observed "$work/q3.npy"
npy_float "$work/mask3.npy" '(3, 4)' 1 0 0 0 1 0 0 0 1 0 0 0
refuses 1 "$work/mask3.npy has 3 rows" '2 queries' -- "${recall[@]}" --observed "$work/mask3.npy"
refuses 1 "$work/mask3.npy has 3 originals, but there are 2 queries" -- "${recall[@]}" --original "$work/mask3.npy"
refuses 1 "$work/p2.npy has rows of 2 numbers, but an answer has 4" -- "${recall[@]}" --original "$work/p2.npy"
npy_float "$work/p3.npy" '(3, 2)' 1 0 0 1 1 1
refuses 1 'uhn recall: ' -- "${recall[@]}" --values "$work/p3.npy" --iterate 5
npy_uint8 "$work/planar.npy" '(1, 3, 2, 2)' 0 0 0 0 1 1 1 1 2 2 2 2
npy_uint8 "$work/mixed.npy" '(1, 2, 2, 3)' 0 1 2 0 1 2 0 1 2 0 1 2
refuses 1 "$work/mixed.npy are interleaved" "$work/planar.npy are planar" -- \
    recall --memory "$work/planar.npy" --query "$work/mixed.npy" --out "$z"
npy_float "$work/row.npy" '(4,)' 1 0 0 1
refuses 1 "$work/row.npy" '2 dimensions' -- "${recall[@]}" --similarity table:file="$work/row.npy"
npy_uint8 "$work/bytes.npy" '(2, 2)' 1 0 0 1
refuses 1 "$work/bytes.npy" 'floats' -- "${recall[@]}" --similarity table:file="$work/bytes.npy"

# NaN and infinity in what is stored, and what a similarity refuses.
npy_float "$work/mnan.npy" '(2, 4)' 1 0 0 0 0 nan 0 0
npy_float "$work/minf.npy" '(2, 4)' 1 0 0 0 0 inf 0 0
npy_float "$work/pnan.npy" '(3, 2)' 1 0 0 nan 1 1
npy_float "$work/mneg.npy" '(2, 4)' 1 0 0 0 0 -1 0 0
refuses 1 "$work/mnan.npy" -- recall --memory "$work/mnan.npy" --query "$q" --out "$z"
refuses 1 "$work/minf.npy" -- recall --memory "$work/minf.npy" --query "$q" --out "$z"
refuses 1 "$work/pnan.npy: row 1, column 1 is NaN" -- "${recall[@]}" --values "$work/pnan.npy"
refuses 1 "$work/mneg.npy" -- recall --memory "$work/mneg.npy" --query "$q" --similarity kl --out "$z"

# Places that cannot be written.
refuses 1 "$work/no/z.npy" -- recall --memory "$m" --query "$q" --out "$work/no/z.npy"
refuses 1 "$work/no/z.png" -- recall --memory "$m" --query "$q" --trajectory "$work/no/z.png.npy"
refuses 1 "$work/no/c.npy" -- corrupt --in "$m" --noise 1 --out "$work/no/c.npy"
refuses 1 "$work/s.png" 'images' -- recall --memory "$m" --query "$q" --sheet "$work/s.png"
refuses 1 "$work/s.png" 'not images' -- recall --memory "$m" --query "$q" --out "$work/s.png"
equal "$(find "$work" -name 'z*' -o -name 's.png*')" '' 'files left by calls that failed'

# Standard output that takes nothing.
if [[ -w /dev/full ]]; then
    for command in "recall --memory $m --query $q" "recall --memory $m --query $q --json" list "list --json" info \
        "info $m" help 'help recall' --version; do
        checks=$((checks + 1))
        # shellcheck disable=SC2086 # a command line
        "$UHN" $command >/dev/full 2>"$work/err"
        status=$?
        [[ $status -eq 1 ]] || fail "uhn $command >/dev/full ended with $status"
        grep -q 'cannot write to the standard output' "$work/err" || fail "uhn $command >/dev/full: $(<"$work/err")"
    done
    ln -s /dev/full "$work/full.npy" # a disk without room
    refuses 1 "$work/full.npy" 'No space left' -- corrupt --in "$m" --noise 1 --out "$work/full.npy"
    refuses 1 "$work/full.npy" 'No space left' -- recall --memory "$m" --query "$q" --out "$work/full.npy"
fi
"$UHN" list >&- 2>"$work/err"
equal $? 1 'exit status with a closed stdout'
"$UHN" recall --memory "$m" --query "$q" --out "$work/closed.npy" >&- 2>"$work/err"
equal $? 0 'exit status of a silent recall with a closed stdout'
equal "$(npy_shape "$work/closed.npy")" '(2, 4)' 'what it wrote'

refuses 1 "$work/mnan.npy: row 1, column 1 is NaN" -- corrupt --in "$work/mnan.npy" --noise 1 --out "$z"
refuses 1 "$work/mnan.npy: row 1, column 1 is NaN" -- "${recall[@]}" --observed "$work/mnan.npy"
refuses 1 "$work/pnan.npy: the table has a NaN" -- "${recall[@]}" --similarity "table:file=$work/pnan.npy"

# A query without an answer: its row is NaN, the others have theirs, and it worked.
npy_float "$work/qnan.npy" '(3, 4)' 1 0 0 0 nan 1 0 0 0 0 inf 1
run "$UHN" recall --memory "$m" --query "$work/qnan.npy" --separation max --out "$z" --json
equal "$status" 0 'exit status with queries that have no answer'
equal "$(json '[.queries[].status] | join(" ")')" 'ok nonfinite nonfinite' statuses
equal "$(json '[.queries[].best] | tostring')" '[0,null,null]' 'best memories'
equal "$(npy_floats "$z")" '1 0 0 0 nan nan nan nan nan nan nan nan' answers
grep -q '2 of 3 queries have no answer, their rows are NaN: 2 nonfinite' "$work/err" || fail "$(<"$work/err")"
finish
