#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Calling the command wrongly: exit status 2 and one sentence that says what is wrong and what would be right.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
q=$work/q.npy
npy_float "$m" '(3, 4)' 1 0 0 0 0 1 0 0 0 0 1 1
npy_float "$q" '(1, 4)' 1 0 0 0
npy_float "$work/p.npy" '(3, 2)' 1 0 0 1 1 1
recall=(recall --memory "$m" --query "$q")

# Commands.
refuses 2 'a command is missing' --
refuses 2 'unknown command recal; did you mean recall?' -- recal
refuses 2 'unknown command frobnicate' "'uhn help'" -- frobnicate
refuses 2 'unknown option --verison' -- --verison
refuses 2 'unknown command colapse' -- help colapse

# Options.
refuses 2 'uhn recall: ' 'unknown option --similarty; did you mean --similarity?' -- "${recall[@]}" --similarty dot
refuses 2 'unknown option --seperation; did you mean --separation?' -- "${recall[@]}" --seperation=max
refuses 2 'unknown option -m' -- recall -m "$m"
refuses 2 'unknown option --zzzzzzzz' "'uhn help recall'" -- "${recall[@]}" --zzzzzzzz
refuses 2 'did you mean --json?' -- info --jsn
refuses 2 'did you mean --random-mask?' -- corrupt --random_mask 0.5
refuses 2 "'$m' is not an option" -- recall "$m"
refuses 2 '--memory FILE is missing' -- recall
refuses 2 '--query FILE is missing' -- recall --memory "$m"
refuses 2 '--memory needs a value: --memory FILE' -- recall --query "$q" --memory
refuses 2 '--memory needs a value: --memory FILE' -- recall --memory --query "$q"
refuses 2 '--memory needs a value' -- recall --memory= --query "$q"
refuses 2 '--json takes no value' -- "${recall[@]}" --json=yes

# Values of options.
refuses 2 '--threads is -1, but must lie between 0 and 1024' -- "${recall[@]}" --threads -1
refuses 2 '--threads is 5000, but must lie between 0 and 1024' -- "${recall[@]}" --threads 5000
refuses 2 "--threads is 'two', but must be a whole number" -- "${recall[@]}" --threads two
refuses 2 "--seed is '1.5', but must be a whole number" -- "${recall[@]}" --seed 1.5
refuses 2 "--seed is '18446744073709551616'" 'below 2^64' -- "${recall[@]}" --seed 18446744073709551616
refuses 2 '--iterate is 0, but must lie between 1 and' -- "${recall[@]}" --iterate 0
refuses 2 '--tolerance is -0.1, but must be finite and 0 or more' -- "${recall[@]}" --tolerance -0.1
refuses 2 '--tolerance is nan' -- "${recall[@]}" --tolerance nan
refuses 2 "--beta is '3x', but must be a number" -- "${recall[@]}" --beta 3x
refuses 2 '--beta is inf, but must be finite' -- "${recall[@]}" --beta inf
refuses 2 '--top-k is 0' -- "${recall[@]}" --top-k 0
refuses 2 "--output is 'sgn', but must be none, sign, step, clamp, unit or sum" -- "${recall[@]}" --output sgn
refuses 2 "--normalise-weights is 'l1', but must be sum or absolute" -- "${recall[@]}" --normalise-weights=l1
refuses 2 "--compat is 'papr', but the only word for it is paper" -- "${recall[@]}" --compat papr
refuses 2 '--memory-rows' 'A:B' -- "${recall[@]}" --memory-rows 3
refuses 2 '--memory-rows' 'A:B' -- "${recall[@]}" --memory-rows 1:2:3
refuses 2 '--memory-rows is 2:2, which holds no row' -- "${recall[@]}" --memory-rows 2:2
refuses 2 '--memory-rows asks for rows 0 to 4' "$m has 3 rows" -- "${recall[@]}" --memory-rows 0:4
refuses 2 '--query-rows asks for rows 1 to 2' "$q has 1 row" -- "${recall[@]}" --query-rows 1:2
refuses 2 '--original-rows needs --original FILE' -- "${recall[@]}" --original-rows 0:1
refuses 2 "--out is $work/z.txt, but its name must end in .npy or .png" -- "${recall[@]}" --out "$work/z.txt"
refuses 2 '--sheet is sheet.npy, but its name must end in .png' -- "${recall[@]}" --sheet sheet.npy
refuses 2 '--trajectory is t.png, but its name must end in .npy' -- "${recall[@]}" --trajectory t.png

refuses 2 "$work/z.npy is named for two of --out" -- recall --memory "$m" --query "$q" --out "$work/z.npy" \
    --trajectory "$work/z.npy"

# A preset with an update rule of its own leaves nothing for these options to do.
refuses 2 '--preset dam excludes --similarity' -- "${recall[@]}" --preset dam --similarity manhattan
refuses 2 '--preset sdm excludes --normalise-weights' -- "${recall[@]}" --preset sdm --normalise-weights
refuses 2 '--preset hopfield excludes --beta' -- "${recall[@]}" --preset hopfield --beta 2

# Names and parameters.
refuses 2 '--similarity' 'p is given twice' -- "${recall[@]}" --similarity minkowski:p=3,p=4
refuses 2 '--similarity' 'manhatan' 'manhattan' -- "${recall[@]}" --similarity manhatan
refuses 2 '--separation' 'sofmax' 'softmax' -- "${recall[@]}" --separation sofmax
refuses 2 '--preset' 'hopfeld' 'hopfield' -- "${recall[@]}" --preset hopfeld
refuses 2 '--similarity' 'q' -- "${recall[@]}" --similarity minkowski:q=3
refuses 2 '--similarity' 'p' '-1' -- "${recall[@]}" --similarity minkowski:p=-1
refuses 2 '--separation' 'alpha' -- "${recall[@]}" --separation entmax:alpha=0.5
refuses 2 '--separation' 'beta' -- "${recall[@]}" --separation softmax:beta=x
refuses 2 '--beta' 'the separation max has no beta' -- "${recall[@]}" --separation max --beta 2
refuses 2 '--beta' -- "${recall[@]}" --separation softmax --beta -2
refuses 2 'table needs its file: table:file=T.npy' -- "${recall[@]}" --similarity table
refuses 2 'table needs its file' -- "${recall[@]}" --similarity table:low=0
refuses 2 'preset bam needs --values' -- "${recall[@]}" --preset bam
refuses 2 'preset hetero needs --values' -- "${recall[@]}" --preset hetero:beta=2

# Corruptions.
corrupt=(corrupt --in "$m" --out "$work/c.npy")
refuses 2 'uhn corrupt: ' 'the damage is missing' --noise --mask --random-mask -- "${corrupt[@]}"
refuses 2 '--noise and --mask exclude each other' -- "${corrupt[@]}" --mask 0.5 --noise 1
refuses 2 '--mask is 1.5, but must lie between 0 and 1' -- "${corrupt[@]}" --mask 1.5
refuses 2 '--noise is -1, but must be finite and 0 or more' -- "${corrupt[@]}" --noise -1
refuses 2 '--noise is inf' -- "${corrupt[@]}" --noise inf
refuses 2 '--in FILE is missing' -- corrupt --out "$work/c.npy" --noise 1
refuses 2 '--out FILE is missing' -- corrupt --in "$m" --noise 1
refuses 2 'must end in .npy or .png' -- corrupt --in "$m" --noise 1 --out "$work/c.jpg"
refuses 2 '--rows asks for rows 2 to 9' "$m has 3 rows" -- "${corrupt[@]}" --noise 1 --rows 2:9

# Nothing of all this has written a file.
equal "$(find "$work" -name 'c.*' -o -name 'z.*')" '' 'files written by refused calls'

# --option=value, and -- before an operand that looks like an option.
uhn recall --memory="$m" --query="$q" --separation=max --json
equal "$(json .queries[0].best)" 0 'best memory'
refuses 1 '--names' -- info -- --names
finish
