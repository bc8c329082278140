#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn recall: that each option does what it says, on arrays small enough to work out by hand.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
q=$work/q.npy
z=$work/z.npy
npy_float "$m" '(3, 4)' 1 0 0 0 0 1 0 0 0 0 1 1
npy_float "$q" '(2, 4)' 1 0 0 0.5 0 0 1 0.5
npy_float "$work/p.npy" '(3, 2)' 1 2 3 4 -1 -2
recall=(recall --memory "$m" --query "$q")

# The answers, and where they go.
uhn "${recall[@]}" --separation max --out "$z"
equal "$(<"$work/out")" '' 'stdout beside --out'
equal "$(npy_shape "$z")" '(2, 4)' 'shape'
equal "$(npy_floats "$z")" '1 0 0 0 0 0 1 1' answers
uhn "${recall[@]}" --separation max --values "$work/p.npy" --out "$z"
equal "$(npy_shape "$z")" '(2, 2)' 'shape of values'
equal "$(npy_floats "$z")" '1 2 -1 -2' values
npy_float "$work/q1.npy" '(4,)' 0 0 1 0.5
uhn recall --memory "$m" --query "$work/q1.npy" --separation max --out "$z"
equal "$(npy_shape "$z")" '(4,)' 'shape of one row'
npy_float "$work/q3d.npy" '(2, 2, 2)' 1 0 0 0.5 0 0 1 0.5
uhn recall --memory "$m" --query "$work/q3d.npy" --separation max --out "$z"
equal "$(npy_shape "$z")" '(2, 2, 2)' 'shape of three dimensions'
uhn recall --memory "$m" --query "$work/q3d.npy" --query-rows 1:2 --separation max --out "$z"
equal "$(npy_shape "$z")" '(1, 2, 2)' 'shape of one of them'
equal "$(npy_floats "$z")" '0 0 1 1' 'answer to one of them'
uhn recall --memory "$work/q3d.npy" --query "$work/q3d.npy" --separation max --out "$work/z.png" --sheet "$work/s.png"
for file in z s; do
    equal "$(head -c 8 "$work/$file.png" | od -An -tx1 | tr -d ' ')" 89504e470d0a1a0a "signature of $file.png"
done

# Ranges of rows: of memory and values together, of queries.
uhn "${recall[@]}" --memory-rows 1:3 --query-rows :1 --values "$work/p.npy" --separation max --out "$z" --json
equal "$(json '[.memories, (.queries | length), .queries[0].best] | tostring')" '[2,1,0]' 'rows 1 and 2, one query'
equal "$(npy_floats "$z")" '3 4' 'value of row 1'

# uint8 means value / 255.
npy_uint8 "$work/m8.npy" '(3, 4)' 255 0 0 0 0 255 0 0 0 0 255 255
npy_uint8 "$work/q8.npy" '(1, 4)' 0 0 255 0
uhn recall --memory "$work/m8.npy" --query "$work/q8.npy" --separation max --out "$z" --json
equal "$(npy_floats "$z")" '0 0 1 1' 'answer from uint8'
equal "$(json '.queries[0] | [.best, .best_score, .margin] | tostring')" '[2,-1,1]' 'manhattan scores of uint8'

# The report.
uhn "${recall[@]}" --json
equal "$(json 'keys | join(" ")')" "compat dim isa memories preset queries retrieve_seconds separation \
separation_parameters similarity similarity_parameters threads value_dim version" 'members of the JSON'
equal "$(json '.queries[0] | keys | join(" ")')" "best best_score effective_support exact margin outcome \
outside_bound period status steps weight_sum" 'members of a query'
equal "$(json '[.memories, .dim, .value_dim, .similarity, .separation, .preset, .compat] | tostring')" \
    '[3,4,4,"manhattan","softmax",null,null]' sizes
equal "$(json '.queries[0] | [.status, .best, .best_score, .steps, .outcome, .period] | tostring')" \
    '["ok",0,-0.5,1,"single",0]' 'first query'
equal "$(json '.retrieve_seconds > 0 and .retrieve_seconds < 60')" true 'time of the recall'
equal "$(json .version)" "$("$UHN" --version | cut -d ' ' -f 2)" version
npy_float "$work/one.npy" '(1, 4)' 1 0 0 0
uhn recall --memory "$work/one.npy" --query "$q" --json
equal "$(json '.queries[0].margin')" null 'margin of a single memory'
uhn "${recall[@]}" --separation entmax:alpha=2,beta=9 --json
equal "$(json '.queries[0].exact')" true 'certificate of sparsemax'
equal "$(json '.separation_parameters | tostring')" '{"alpha":2,"beta":9}' parameters

# The table.
uhn "${recall[@]}"
prints 'query  status' 'single' '2 queries: 2 ok; 3 memories of 4 numbers'
uhn "${recall[@]}" --top-k 9 --original "$q"
prints 'nearest memories' identified '0 (-0.5)'
npy_float "$work/many.npy" '(50, 1)' 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 \
    0 1 2 3 4 0 1 2 3 4
uhn recall --memory "$work/many.npy" --query "$work/many.npy"
equal "$(wc -l <"$work/out")" 23 'lines for a long batch'
prints '30 more; --json has them all' '50 queries: 50 ok'

# Similarity, separation, their parameters, --beta.
uhn "${recall[@]}" --similarity minkowski:p=1 --json
equal "$(json '.queries[0].best_score')" -0.5 'minkowski of order 1'
uhn "${recall[@]}" --similarity dot --separation softmax:beta=2 --out "$work/a.npy"
uhn "${recall[@]}" --similarity dot --beta 2 --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn "${recall[@]}" --similarity dot --out "$work/b.npy"
differ "$work/a.npy" "$work/b.npy"
uhn "${recall[@]}" --separation entmax:alpha=1.25 --beta 3 --json
equal "$(json '.separation_parameters | tostring')" '{"alpha":1.25,"beta":3}' '--beta beside another parameter'

# Presets, and what takes precedence over them.
uhn "${recall[@]}" --preset mchn:beta=2 --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn "${recall[@]}" --preset mchn --beta 2 --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn "${recall[@]}" --preset mchn --similarity manhattan --separation max --json
equal "$(json '[.preset, .similarity, .separation] | tostring')" '["mchn","manhattan","max"]' 'precedence'
npy_float "$work/signs.npy" '(2, 4)' 1 1 1 1 -1 1 -1 1
npy_float "$work/cue.npy" '(1, 4)' 1 1 1 -1
uhn recall --memory "$work/signs.npy" --query "$work/cue.npy" --preset exponential-dam:beta=4 --out "$z"
equal "$(npy_floats "$z")" '1 1 1 1' 'exponential-dam'
uhn recall --memory "$work/signs.npy" --query "$work/cue.npy" --preset exponential-dam:beta=4 --output step --out "$z"
equal "$(npy_floats "$z")" '1 1 1 1' 'with --output step'
uhn recall --memory "$work/signs.npy" --query "$work/signs.npy" --separation max --output step --out "$z"
equal "$(npy_floats "$z")" '1 1 1 1 0 1 0 1' '--output step'

# Weights and scores divided by their sums.
uhn "${recall[@]}" --similarity dot --separation identity --output none --query-rows 0:1 --out "$z"
equal "$(npy_floats "$z")" '1 0 0.5 0.5' 'plain sum'
uhn "${recall[@]}" --similarity dot --separation identity --normalise-weights --query-rows 0:1 --json
equal "$(json '.queries[0].weight_sum')" 1 '--normalise-weights'
npy_float "$work/neg.npy" '(1, 4)' 1 -1 0 1
uhn recall --memory "$m" --query "$work/neg.npy" --similarity dot --separation identity \
    --normalise-weights=absolute --out "$z" # scores 1, -1, 1
equal "$(npy_floats "$z" | cut -c 1-12)" '0.33333334 -' '--normalise-weights=absolute'
uhn "${recall[@]}" --similarity dot --separation identity --normalise-scores --query-rows 0:1 --json
equal "$(json '.queries[0].best_score * 1000000 | round')" 666667 '--normalise-scores'

# Observed coordinates: memory 2 is the only one with 1 in the third.
npy_uint8 "$work/mask.npy" '(4,)' 0 0 1 0
npy_float "$work/odd.npy" '(2, 4)' 1 0 1 0 1 0 1 0
uhn recall --memory "$m" --query "$work/odd.npy" --separation max --observed "$work/mask.npy" --json
equal "$(json '[.queries[].best] | tostring')" '[2,2]' 'one mask for all'
npy_uint8 "$work/masks.npy" '(2, 4)' 1 0 0 0 0 0 1 0
uhn recall --memory "$m" --query "$work/odd.npy" --separation max --observed "$work/masks.npy" --json
equal "$(json '[.queries[].best] | tostring')" '[0,2]' 'a mask for each'

# The k nearest.
uhn "${recall[@]}" --top-k 2 --json
equal "$(json '.queries[1].nearest | tostring')" '[{"index":2,"score":-0.5},{"index":0,"score":-2.5}]' nearest
uhn "${recall[@]}" --top-k 100 --json
equal "$(json '.queries[1].nearest | length')" 3 'nearest of 3 memories'

# Iteration, its end, and the trajectory.
uhn "${recall[@]}" --separation max --iterate 9 --trajectory "$work/t.npy" --json
equal "$(json '.queries[0] | [.steps, .outcome, .period] | tostring')" '[2,"fixed-point",1]' 'a fixed point'
equal "$(npy_shape "$work/t.npy")" '(2, 9, 4)' 'shape of the trajectory'
equal "$(npy_floats "$work/t.npy" | cut -d ' ' -f 1-4,33-36,69-72)" '1 0 0 0 1 0 0 0 0 0 1 1' 'it stays'
uhn recall --memory "$m" --query "$m" --query-rows 0:1 --preset sequence --iterate 10 --trajectory "$work/t.npy" --json
equal "$(json '.queries[0].outcome')" cycle 'a sequence comes round'
equal "$(json '.queries[0].period')" 3 'after its length'
equal "$(npy_floats "$work/t.npy")" "0 1 0 0 0 0 1 1 1 0 0 0 0 1 0 0 0 0 1 1 1 0 0 0 0 1 0 0 0 0 1 1 1 0 0 0 0 1 0 0" \
    'the sequence'

# The energy of each step, where there is one: ½|z|² − (1/β) log Σ exp(β x·z), which no step raises.
uhn "${recall[@]}" --similarity dot --beta 2 --iterate 5 --json
equal "$(json .energy)" '½|z|² − (1/β) log Σ exp(β x·z)' 'formula of the energy'
equal "$(json '[.queries[] | (.energy | length) == .steps + 1] | all')" true 'an energy for each state'
equal "$(json '[.queries[].energy | . as $e | range(1; length) | $e[.] <= $e[. - 1] + 1e-6] | all')" true 'it falls'
equal "$(json '.queries[0].energy[0] * 1e6 | round')" "$(jq -n '(0.625 - 0.5 * ((2 | exp) + 1 + (1 | exp) | log)) * 1e6 |
    round')" 'energy of the query'
uhn "${recall[@]}" --similarity dot --beta 2 --json
equal "$(json '[.energy, .queries[0].energy] | tostring')" '[null,null]' 'no energy of a single step'
uhn "${recall[@]}" --similarity dot --beta 2 --iterate 5
prints 'energy from' 'energy: ½|z|²'
for why in 'pair --similarity manhattan' "values --values $m --similarity dot" 'projection --preset sequence' \
    'output --similarity dot --output clamp' "observed --similarity dot --observed $work/mask.npy" \
    'compat --similarity dot --compat paper' 'size --similarity dot --iterate 100000000'; do
    # shellcheck disable=SC2086 # words
    uhn "${recall[@]}" --iterate 5 ${why#* } --json
    equal "$(json '[.energy, .energy_reason, .queries[0].energy] | tostring')" "[\"none\",\"${why%% *}\",null]" "$why"
done
uhn "${recall[@]}" --iterate 5
prints 'energy: none (none is known for this similarity with this separation)'

# The originals.
npy_float "$work/o.npy" '(3, 4)' 0 0 1 1 1 0 0 0 0 1 0 0
uhn "${recall[@]}" --separation max --original "$work/o.npy" --original-rows 1:3 --json
equal "$(json '[.identified, [.queries[].identified], [.queries[].squared_error]] | tostring')" \
    '[1,[true,false],[0,3]]' 'identified and error'

# A table that is minus the Hamming distance of one bit.
npy_float "$work/table.npy" '(2, 2)' 0 -1 -1 0
npy_float "$work/bits.npy" '(1, 4)' 0 1 1 1
uhn recall --memory "$m" --query "$work/bits.npy" --similarity "table:file=$work/table.npy" --separation max --json
cp "$work/out" "$work/table.json"
uhn recall --memory "$m" --query "$work/bits.npy" --similarity hamming --separation max --json
equal "$(jq -c '.queries[0] | [.best, .best_score]' "$work/table.json")" \
    "$(json '.queries[0] | [.best, .best_score] | tostring')" 'table and hamming'
uhn recall --memory "$m" --query "$work/bits.npy" --similarity "table:low=-4,file=$work/table.npy,high=4" --json
equal "$(json '.similarity_parameters | [.low, .high] | tostring')" '[-4,4]' 'keys beside file='
npy_float "$work/ends.npy" '(1, 3)' 2 3 4
npy_float "$work/m1.npy" '(1, 1)' 0.5
npy_float "$work/q1.npy" '(3, 1)' 0 0.5 1
uhn recall --memory "$work/m1.npy" --query "$work/q1.npy" --similarity "table:file=$work/ends.npy" --json
equal "$(json '[.queries[].best_score] | tostring')" '[2,3,4]' 'columns for the ends, found by the shape'
refuses 2 'is read, and would be written over' -- \
    recall --memory "$work/m1.npy" --query "$work/q1.npy" --out "$work/../${work##*/}/m1.npy"
refuses 2 'is read, and would be written over' -- recall --memory "$work/m1.npy" --query "$work/q1.npy" --out "$work/q1.npy"
refuses 2 'ends' -- recall --memory "$work/m1.npy" --query "$work/q1.npy" --similarity "table:file=$work/ends.npy,ends=7"

# The paper's code: an exact match has the score 1 / 0.
run "$UHN" recall --memory "$m" --query "$m" --similarity inverse-manhattan --separation max --compat paper --json
equal "$status $(json '[.queries[].best] | tostring') $(json .compat)" '0 [0,1,2] paper' '--compat paper'

# Threads change no bit.
uhn corrupt --in "$work/many.npy" --noise 0.5 --out "$work/noisy.npy"
for threads in 1 2 3; do
    uhn recall --memory "$work/many.npy" --query "$work/noisy.npy" --threads "$threads" --out "$work/z$threads.npy" --json
    jq 'del(.threads, .retrieve_seconds)' "$work/out" >"$work/z$threads.json"
    equal "$(json .threads)" "$threads" 'threads in the report'
done
for threads in 2 3; do
    same "$work/z1.npy" "$work/z$threads.npy"
    same "$work/z1.json" "$work/z$threads.json"
done
finish
