#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn basins: tables of networks of which all is known, merging, refusals.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
npy_float "$m" '(2, 2)' 0 0 4 0
two=(basins --memory "$m" --similarity sqeuclidean)

# Two memories: half of the box each. β = 4/16 is where they merge.
uhn "${two[@]}" --count 400 --json
equal "$(json 'keys | join(" ")')" "count dt fast fates fractions integrator lagrangian_h lagrangian_h_parameters \
lagrangian_v lagrangian_v_parameters leak limit_enforced memories similarity spurious_fixed_points starts steps tau_h \
tau_v tolerance version" 'members of the JSON'
equal "$(json '[.count, .starts, .fates.memory, .fractions.memory] | tostring')" '[400,"box",400,1]' 'all in memories'
equal "$(json '[.memories[].starts] | add')" 400 'sum over memories'
equal "$(json '[.memories[].fraction > 0.4] | all')" true 'half each'
equal "$(json '.memories[0].starts >= .memories[1].starts')" true 'most starts first'
equal "$(json '.spurious_fixed_points | length')" 0 'no others'
cp "$work/out" "$work/one"
uhn "${two[@]}" --count 400 --threads 3 --json
same "$work/out" "$work/one"
uhn "${two[@]}" --count 400 --seed 2 --json
differ "$work/out" "$work/one"
uhn "${two[@]}" --count 400 --beta 0.2 --json
equal "$(json '[.fates.diffuse, (.spurious_fixed_points | length), .spurious_fixed_points[0].starts] | tostring')" \
    '[400,1,400]' 'one mixture'
equal "$(json '.spurious_fixed_points[0] | [.outcome, .stable, (.effective_support * 1e3 | round)] | tostring')" \
    '["diffuse",true,2000]' 'its row'
equal "$(json '.fractions | add')" 1 'fractions sum to 1'

# As text; each fate has a row.
uhn "${two[@]}" --starts gaussian --count 50
prints 'all memories' spurious diffuse cycle limit undefined '50 starts: gaussian' 'spurious fixed points: 0'
equal "$(awk '$1 == "all" { print $3, $4 }' "$work/out")" '50 1.0000' 'the row of all memories'

# The queries themselves: one on the ridge, one without an answer.
npy_float "$work/q.npy" '(4, 2)' 1 3 3 0.5 2 0 nan 0
uhn "${two[@]}" --query "$work/q.npy" --json
equal "$(json '[.starts, .fates] | tostring')" \
    '["query",{"memory":2,"spurious":0,"diffuse":1,"cycle":0,"limit":0,"undefined":1}]' 'fates of queries'
equal "$(json '.spurious_fixed_points[0] | [.first_start, .stable] | tostring')" '[2,false]' 'the ridge is no rest'
uhn "${two[@]}" --query "$work/q.npy" --query-rows 0:1 --steps 1 --json
equal "$(json '.fates.limit')" 1 'too few steps'

# Damaged memories come back to where they are from.
npy_float "$work/unit.npy" '(3, 3)' 1 0 0 0 1 0 0 0 1
damaged=(basins --memory "$work/unit.npy" --similarity sqeuclidean --beta 20 --starts memories --count 60)
uhn "${damaged[@]}" --json
equal "$(json '.recovered')" 60 'undamaged'
uhn "${damaged[@]}" --noise 0.2
prints 'ended in the memory that they come from' '60 starts: memories'
uhn "${damaged[@]}" --random-mask 1 --json
equal "$(json '.recovered < 60')" true 'all is masked'

# Merging, alone and by memory. Effective support is 1.5 at β = √3 atanh(1/√3) · 4/16.
uhn "${two[@]}" --count 1 --merge 0,1 --steps 20000 --dt inf --precision 1e-4 --json
equal "$(json '.merging[0] | [.memories, (.beta * 1e3 | round), .low < .high] | tostring')" '[[0,1],250,true]' --merge
uhn "${two[@]}" --count 1 --merge 1,0 --steps 20000 --dt inf
prints 'memories 1 and 0 merge at beta: 0.2'
uhn "${two[@]}" --count 1 --merge all --precision 1e-6 --json
equal "$(json '[.merging[] | .beta * 1e5 | round] | tostring')" '[28513,28513]' '--merge all'
uhn "${two[@]}" --count 1 --merge all
prints 'beta above which it has a fixed point of its own'
npy_float "$work/twice.npy" '(2, 2)' 1 0 1 0
uhn basins --memory "$work/twice.npy" --similarity sqeuclidean --count 1 --merge 0,1
prints 'merge at beta: none up to'
uhn basins --memory "$work/twice.npy" --similarity sqeuclidean --count 1 --merge 0,1 --json
equal "$(json '.merging[0] | [.beta, .high] | tostring')" '[null,null]' 'equal memories never part'

# Refusals.
refuses 2 '--query and --starts exclude each other' -- "${two[@]}" --query "$m" --starts box
refuses 2 'must be box, gaussian or memories' -- "${two[@]}" --starts random
refuses 2 '--noise needs --starts memories or --query FILE' -- "${two[@]}" --noise 0.1
refuses 2 '--count says how many' -- "${two[@]}" --query "$m" --count 3
refuses 2 '--precision needs --merge' -- "${two[@]}" --precision 0.1
refuses 2 "--merge is '0,1,2'" -- "${two[@]}" --merge 0,1,2
refuses 2 "--merge is 'al'" -- "${two[@]}" --merge al
refuses 2 '--merge names memory 2' "$m has 2" -- "${two[@]}" --merge 0,2
refuses 2 '--merge names memory 1 twice' -- "${two[@]}" --merge 1,1
refuses 2 "'max' has no beta" -- "${two[@]}" --lagrangian-h max --merge 0,1
refuses 2 '--radius is 0' -- "${two[@]}" --radius 0
refuses 2 "did you mean 'log-sum-exp'" -- "${two[@]}" --lagrangian-h log-sum-ex
refuses 1 "$work/none.npy" -- basins --memory "$work/none.npy"
finish
