#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn tune: its table, its JSON, and that the commands that it prints run.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

uhn demo --out "$work/demo"
mkdir "$work/a folder's"
glyphs=$work/a\ folder\'s/glyphs.npy
uhn corrupt --in "$work/demo/glyphs.npy" --rows 0:260 --noise 0 --out "$glyphs" # as it is

# printed_commands: runs the last two lines of the last output as a shell takes them; sets $status.
printed_commands()
{
    tail -n 2 "$work/out" >"$work/commands"
    run env -C "$work" PATH="$(dirname "$UHN"):$PATH" bash -euo pipefail "$work/commands"
    checks=$((checks + 1))
    [[ $status -eq 0 ]] || fail "the printed commands ended with $status: $(<"$work/err")"
}

# With a known law the likelihood wins, and needs no file.
uhn tune --data "$glyphs" --noise 0.5
prints similarity separation identified 'likelihood-gaussian:sigma=0.5' 'learned table' \
    '210 images stored, 100 queries to choose by, 50 images to learn from.' 'On 100 other queries' 'manhattan with max'
cp "$work/out" "$work/first"
printed_commands
prints '100 identified' # 210 memories, of which the cues are the first 100
uhn tune --data "$glyphs" --noise 0.5 --rows 40:200 --stored 60
prints "--rows 40:70 --noise 0.5" "--memory-rows 40:100 " "--original-rows 40:70 "
printed_commands
prints '30 identified'
uhn tune --data "$glyphs" --noise 0.5 --threads 1
same "$work/out" "$work/first"

# A region: the best needs a file, which is written when there is a name for it.
uhn tune --data "$glyphs" --mask 0.5
prints 'The best needs a file; --out FILE writes it.' 'manhattan, where observed'
printed_commands
checks=$((checks + 1))
[[ ! -e $work/needed.npy ]] || fail 'a file was written without --out'
uhn tune --data "$glyphs" --mask 0.5 --out "$work/needed.npy"
prints "--observed $work/needed.npy"
equal "$(npy_shape "$work/needed.npy" | cut -c 1-3)" '(1,' 'shape of the mask'
printed_commands
prints '100 identified'

# A learned table: where there is no law to be better. (Here it is as good as the mask and nearly as good as the law,
# so only what is written is looked at.)
uhn tune --data "$glyphs" --noise 0.6 --stored 100 --queries 30 --examples 20 --seed 5 --json
equal "$(json '[.stored, .queries, .examples] | tostring')" '[100,30,20]' 'counts'
equal "$(json '[.candidates[] | select(.similarity == "table" and .separation == "max") | .bins] | sort | tostring')" \
    '[8,16,32,64]' 'learned tables'
equal "$(json '[.candidates[] | [-.identified, .normalised_error]] | . == sort')" true 'best first'
equal "$(json '.candidates[.winner] | .observed or .bins != null')" false 'the winner needs no file'
equal "$(json '.test.identified >= 0 and .manhattan.identified <= 1')" true 'scores of the test'
equal "$(json '.commands | length')" 2 commands
json '.commands[]' >"$work/lines" && cp "$work/lines" "$work/out"
printed_commands

# Mistakes.
refuses 2 '--data FILE is missing' -- tune --noise 1
refuses 2 'the damage is missing' --inpaint -- tune --data "$glyphs"
refuses 2 '--noise and --mask exclude each other' -- tune --data "$glyphs" --noise 1 --mask 0.5
refuses 2 'its name must end in .npy' -- tune --data "$glyphs" --noise 1 --out T.png
refuses 2 'is read, and would be written over' -- tune --data "$glyphs" --noise 1 --out "$glyphs"
refuses 1 '310 images are needed, 300 to store and 10 others to learn from, but there are 260' "$glyphs" -- tune \
    --data "$glyphs" --noise 1 --stored 300 --examples 10
refuses 1 'enough for 20 queries' -- tune --data "$glyphs" --noise 1 --stored 40 --queries 21
npy_float "$work/high.npy" '(4, 2)' 0 0 1 0 0 2 0 1
refuses 1 "$work/high.npy" 'row 2, column 1 is 2' -- tune --data "$work/high.npy" --noise 1
npy_float "$work/one.npy" '(1, 2)' 0 1
refuses 1 "$work/one.npy" 'images are needed' -- tune --data "$work/one.npy" --noise 1
finish
