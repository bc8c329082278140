#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn learn: tables learned from two files and from images that it damages itself, and recalls by them.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

# From pairs. Rows: below one half and above; columns: 0, below, above, 1; counts 1 1 0 1 and 1 0 1 1.
clean=$work/clean.npy
corrupted=$work/corrupted.npy
table=$work/T.npy
npy_float "$clean" '(2, 3)' 0 0.25 0.5 1 0.25 1
npy_float "$corrupted" '(2, 3)' 0 1 0.5 1 0.25 0
uhn learn --clean "$clean" --corrupted "$corrupted" --bins 2 --out "$table"
prints "$table" '2 x 4 bins' '2 pairs of 3 numbers' bits
equal "$(npy_shape "$table")" '(2, 4)' 'shape of the table'
equal "$(npy_floats "$table" | tr ' ' '\n' | awk '{ printf "%.4f ", exp($1) * 10 }')" \
    '3.0000 3.0000 1.0000 3.0000 3.0000 1.0000 3.0000 3.0000 ' 'ten times the probabilities'
uhn learn --clean "$clean" --corrupted "$corrupted" --rows 1:2 --bins 2 --out "$table" --json
equal "$(json '[.table, .pairs, .dim, .rows, .columns, .bits_per_number >= 0] | tostring')" \
    "[\"$table\",1,3,2,4,true]" 'the report in JSON'

# From images. What damages them is what uhn corrupt does: learned from its files, the table is the same.
uhn demo --out "$work/demo"
glyphs=$work/demo/glyphs.npy
uhn learn --data "$glyphs" --rows 0:40 --noise 0.5 --examples 40 --seed 3 --out "$table"
uhn corrupt --in "$glyphs" --rows 0:40 --noise 0.5 --seed 3 --out "$work/noisy.npy"
uhn corrupt --in "$glyphs" --rows 0:40 --noise 0 --out "$work/first.npy"
uhn learn --clean "$work/first.npy" --corrupted "$work/noisy.npy" --out "$work/other.npy"
same "$table" "$work/other.npy"
uhn learn --data "$glyphs" --rows 0:40 --noise 0.5 --examples 20 --seed 3 --out "$work/other.npy"
differ "$table" "$work/other.npy"
uhn learn --data "$glyphs" --noise 0.5 --examples 20 --seed 4 --out "$table"
uhn learn --data "$glyphs" --noise 0.5 --examples 20 --seed 4 --out "$work/other.npy"
same "$table" "$work/other.npy"

# It is a similarity, and a good one: other images, much noise.
uhn learn --data "$glyphs" --rows 200: --noise 0.6 --bins 8 --out "$table"
uhn corrupt --in "$glyphs" --rows 0:200 --noise 0.6 --seed 7 --out "$work/cue.npy"
for similarity in table:file="$table" manhattan; do
    uhn recall --memory "$glyphs" --memory-rows 0:200 --query "$work/cue.npy" --similarity "$similarity" \
        --separation max --original "$glyphs" --original-rows 0:200 --json
    json .identified >>"$work/identified"
done
{ read -r learned && read -r manhattan; } <"$work/identified"
checks=$((checks + 1))
((learned > manhattan)) || fail "the learned table identifies $learned, manhattan $manhattan"

# Mistakes.
refuses 2 'there is nothing to learn from' -- learn --out "$table"
refuses 2 'there is nothing to learn from' -- learn --clean "$clean" --out "$table"
refuses 2 '--out FILE is missing' -- learn --data "$glyphs" --noise 1
refuses 2 'the damage is missing' --noise -- learn --data "$glyphs" --out "$table"
refuses 2 '--data and --clean exclude each other' -- learn --data "$glyphs" --clean "$clean" --noise 1 --out "$table"
refuses 2 '--corrupted and --noise exclude each other' -- learn --clean "$clean" --corrupted "$corrupted" --noise 1 \
    --out "$table"
refuses 2 '--noise needs --data FILE' -- learn --clean "$clean" --noise 1 --out "$table"
# A table in the place of the images that it was learned from: they would be gone.
for input in "$clean" "$corrupted" "${clean%/*}/./${clean##*/}"; do
    cp "$input" "$work/kept.npy"
    refuses 2 'is read, and would be written over' -- \
        learn --clean "$clean" --corrupted "$corrupted" --out "$input"
    same "$input" "$work/kept.npy"
done
refuses 2 'is read, and would be written over' -- learn --data "$clean" --noise 1 --out "$clean"
refuses 2 '--examples needs --data' -- learn --clean "$clean" --corrupted "$corrupted" --examples 3 --out "$table"
refuses 2 '--out is T.png, but its name must end in .npy' -- learn --data "$glyphs" --noise 1 --out T.png
refuses 2 '--bins is 255, but must lie between 2 and 254' -- learn --data "$glyphs" --noise 1 --bins 255 --out "$table"
refuses 2 '--mask is 1.5' -- learn --data "$glyphs" --mask 1.5 --out "$table"
cp "$table" "$work/before.npy"
refuses 1 "$glyphs has 10 images to learn from, but --examples asks for 11" -- learn --data "$glyphs" --rows 0:10 \
    --examples 11 --noise 1 --out "$table"
npy_float "$work/wide.npy" '(2, 4)' 0 0 0 0 0 0 0 0
refuses 1 "$clean has 2 rows of 3 numbers, but $work/wide.npy has 2 of 4" -- learn --clean "$clean" \
    --corrupted "$work/wide.npy" --out "$table"
npy_float "$work/high.npy" '(2, 3)' 0 0 0 0 2 0
refuses 1 "$work/high.npy" 'row 1, column 1 is 2' -- learn --clean "$clean" --corrupted "$work/high.npy" --out "$table"
npy_float "$work/nan.npy" '(2, 3)' 0 0 nan 0 1 0
refuses 1 "$work/nan.npy" 'row 0, column 2 is NaN' -- learn --data "$work/nan.npy" --examples 1 --noise 1 --out "$table"
refuses 1 "$work/none/T.npy" -- learn --clean "$clean" --corrupted "$corrupted" --out "$work/none/T.npy"
same "$table" "$work/before.npy"
finish
