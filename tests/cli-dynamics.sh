#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn dynamics: that each option does what it says and that the report tells the truth, on arrays small enough to work
# out by hand.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
q=$work/q.npy
npy_float "$m" '(3, 4)' 4 0 0 0 0 4 0 0 0 0 4 0
npy_float "$q" '(2, 4)' 3 1 0 0 0 0 2 1
flow=(dynamics --memory "$m" --query "$q")

# first FILTER SHOULD WHAT ARGUMENTS…: what jq finds in the first query of the report.
first()
{
    local filter=$1 should=$2 what=$3
    shift 3
    uhn dynamics "$@" --json
    equal "$(json ".queries[0] | $filter")" "$should" "$what"
}

# The members of the report.
uhn "${flow[@]}" --beta 4 --json
equal "$(json 'keys | join(" ")')" "dim dt fast flow_seconds guaranteed has_energy integrator isa lagrangian_h \
lagrangian_h_parameters lagrangian_v lagrangian_v_parameters leak limit_enforced memories queries similarity steps \
tau_h tau_v threads tolerance version" 'members of the JSON'
equal "$(json '.queries[0] | keys | join(" ")')" "dt effective_support energy increases largest_increase margin \
nearest nearest_score outcome period residual rounding stability_limit status steps" 'members of a query'
equal "$(json '[.memories, .dim, .similarity, .lagrangian_v, .lagrangian_h, .integrator, .leak, .guaranteed] |
    tostring')" '[3,4,"dot","quadratic","log-sum-exp",'"\"adiabatic\",true,true]" 'what was chosen'
equal "$(json '.lagrangian_h_parameters.beta')" 4 '--beta'
equal "$(json '[.queries[] | (.energy | length) == .steps + 1] | all')" true 'an energy for each state'
equal "$(json '[.queries[].energy | . as $e | range(1; length) | $e[.] <= $e[. - 1] + 1e-12] | all')" true 'they fall'
# E = ½|v|² − (1/β) log Σ exp(β x·v) at v = (3 1 0 0): ½ · 10 − 12.
equal "$(json '.queries[0].energy[0] * 1e6 | round')" -7000000 'the first energy'
equal "$(json '.queries[0].energy[-1] * 1e6 | round')" -8000000 'the energy of a memory, -½ · 16'
equal "$(json '[.queries[].nearest] | tostring')" '[0,2]' nearest
equal "$(json '.queries[0].margin * 1e6 | round')" 16000000 margin
equal "$(json '.queries[0].stability_limit')" null 'no limit for adiabatic steps'

# Every outcome.
first .outcome fixed-point 'one memory' --memory "$m" --query "$q" --beta 4
first .outcome diffuse 'all memories' --memory "$m" --query "$q" --lagrangian-h log-sum-exp:beta=0.01 --steps 1000
first .outcome limit 'steps that end' --memory "$m" --query "$q" --steps 3
npy_float "$work/eight.npy" '(8, 8)' 4 0 0 0 0 0 0 0 0 4 0 0 0 0 0 0 0 0 4 0 0 0 0 0 0 0 0 4 0 0 0 0 0 0 0 0 4 0 0 0 \
    0 0 0 0 0 4 0 0 0 0 0 0 0 0 4 0 0 0 0 0 0 0 0 4
npy_float "$work/between.npy" '(1, 8)' 2 2 0 0 0 0 0 0
first '[.outcome, (.effective_support * 1e6 | round)] | tostring' '["metastable",2000000]' 'two of eight' \
    --memory "$work/eight.npy" --query "$work/between.npy" --beta 4
npy_float "$work/next.npy" '(3, 4)' 0 4 0 0 0 0 4 0 4 0 0 0
first '[.outcome, .period, .energy[0]] | tostring' '["cycle",3,null]' 'a sequence comes round, and has no energy' \
    --memory "$m" --values "$work/next.npy" --query "$q" --beta 8 --dt inf
uhn "${flow[@]}" --values "$work/next.npy" --beta 8 --dt inf
prints 'cycle of 3' 'energy: none'

# Short steps take longer and end alike; with dt = inf a step is a recall.
uhn "${flow[@]}" --beta 2 --dt inf --steps 1 --out "$work/z.npy"
uhn recall --memory "$m" --query "$q" --preset mchn:beta=2 --out "$work/r.npy"
same "$work/z.npy" "$work/r.npy"
uhn "${flow[@]}" --similarity sqeuclidean --beta 2 --dt inf --steps 1 --out "$work/z.npy"
uhn recall --memory "$m" --query "$q" --similarity sqeuclidean --beta 1 --out "$work/r.npy" # whose score has no ½
same "$work/z.npy" "$work/r.npy"
first '.dt' 0.25 '--dt' --memory "$m" --query "$q" --dt 0.25
first '.outcome' fixed-point 'short steps' --memory "$m" --query "$q" --beta 4 --dt 0.05 --steps 2000

# The leak halves what distances recall; without it they settle at the memory.
for leak in on:2 off:4; do
    uhn "${flow[@]}" --similarity sqeuclidean --beta 4 --leak "${leak%:*}" --dt 0.5 --out "$work/z.npy"
    equal "$(npy_floats "$work/z.npy" | awk '{ printf "%.6g", $1 }')" "${leak#*:}" "--leak ${leak%:*}"
done

# Increases are caught: Euler beyond its limit, and none below it; log-sum-relu in two layers.
npy_float "$work/pair.npy" '(2, 2)' 1 0 0 1
npy_float "$work/cue.npy" '(1, 2)' 1 0.5
euler=(--memory "$work/pair.npy" --query "$work/cue.npy" --beta 8 --integrator euler --tolerance 0 --steps 50)
first '[.increases > 0, .largest_increase > .rounding, .dt, .stability_limit < 4] | tostring' '[true,true,4,true]' \
    'beyond the limit' "${euler[@]}" --dt 4 --exceed-limit
first '[.increases, .dt < 4, .dt <= .stability_limit] | tostring' '[0,true,true]' 'dt cut to the limit' "${euler[@]}" \
    --dt 4
equal "$(json '[.guaranteed, .limit_enforced] | tostring')" '[false,true]' 'nothing is proven for euler'
uhn dynamics "${euler[@]}" --dt 4 --exceed-limit
prints 'stability limit: ' 'dt is beyond it' 'not guaranteed' 'energy: rose in '
uhn dynamics "${euler[@]}" --dt 4
prints 'dt was cut to it' 'energy: rose in 0 of '
uhn dynamics "${euler[@]}" --dt 0.1
prints 'dt is within it'
first '.increases > 0' true 'log-sum-relu in two layers' --memory "$work/pair.npy" --query "$work/cue.npy" \
    --similarity dot --lagrangian-h log-sum-relu:beta=4 --integrator gauss-seidel --tau-h 10 --dt 0.5
first '.increases' 0 'log-sum-relu, adiabatic' --memory "$work/pair.npy" --query "$work/cue.npy" \
    --similarity dot --lagrangian-h log-sum-relu:beta=4 --dt 0.5
uhn "${flow[@]}" --integrator gauss-seidel --tau-v 2 --tau-h 0.5
prints 'guaranteed: it is proven' '2 queries: ' '3 memories of 4 numbers'

# Clamped numbers stay, the others do not; input moves the state.
npy_uint8 "$work/mask.npy" '(4,)' 0 1 0 0
uhn "${flow[@]}" --beta 4 --clamp "$work/mask.npy" --out "$work/z.npy"
equal "$(npy_floats "$work/z.npy" | awk '{ print $2, ($1 > 3.9), $6 }')" '1 1 0' 'one mask for all'
npy_uint8 "$work/masks.npy" '(2, 4)' 0 1 0 0 0 0 0 1
uhn "${flow[@]}" --beta 4 --clamp "$work/masks.npy" --out "$work/z.npy"
equal "$(npy_floats "$work/z.npy" | awk '{ print $2, $8 }')" '1 1' 'a mask for each'
npy_float "$work/input.npy" '(1, 4)' 0 0 0 2
uhn "${flow[@]}" --beta 4 --input "$work/input.npy" --out "$work/z.npy"
equal "$(npy_floats "$work/z.npy" | awk '{ printf "%.4f %.4f", $4, $8 }')" '2.0000 2.0000' 'an input is added'

# Value neurons that saturate: the pattern is what they show, the trajectory what they are.
uhn "${flow[@]}" --lagrangian-v log-cosh --beta 4 --out "$work/z.npy" --trajectory "$work/t.npy" --steps 50
equal "$(npy_floats "$work/z.npy" | awk '{ print ($1 > 0.99 && $1 < 1) }')" 1 'tanh v'
equal "$(npy_shape "$work/t.npy")" '(2, 51, 4)' 'shape of the trajectory'
equal "$(npy_floats "$work/t.npy" | cut -d ' ' -f 1-4)" '3 1 0 0' 'its start'
equal "$(npy_floats "$work/t.npy" | awk '{ print ($201 > 3.9) }')" 1 'its end stays'

# Traces.
uhn "${flow[@]}" --beta 4 --dt 0.5 --steps 4 --energies "$work/e.csv" --json
equal "$(head -n 2 "$work/e.csv" | tail -n 1)" "0,0,0,$(json '.queries[0].energy[0]')" 'first line of the CSV'
equal "$(wc -l <"$work/e.csv")" 11 'lines of the CSV'
equal "$(sed -n 6p "$work/e.csv" | cut -d , -f 1-3)" 0,4,2 'time is the sum of steps'
uhn "${flow[@]}" --beta 4 --energies "$work/e.npy"
equal "$(npy_shape "$work/e.npy")" '(2, 101)' 'energies as .npy'
uhn "${flow[@]}" --values "$work/next.npy" --beta 4 --steps 1 --energies "$work/e.csv"
equal "$(sed -n 2p "$work/e.csv")" '0,0,0,' 'no energy in the CSV'

# Damage as uhn corrupt does it.
uhn corrupt --in "$m" --rows 1:3 --noise 0.5 --seed 3 --out "$work/noisy.npy"
uhn dynamics --memory "$m" --query "$m" --query-rows 1:3 --noise 0.5 --seed 3 --steps 1 --trajectory "$work/t.npy"
equal "$(npy_floats "$work/t.npy" | cut -d ' ' -f 1-4)" "$(npy_floats "$work/noisy.npy" | cut -d ' ' -f 1-4)" '--noise'

# Threads and the fast kernels.
for threads in 1 3; do
    uhn "${flow[@]}" --threads "$threads" --json
    jq 'del(.threads, .flow_seconds)' "$work/out" >"$work/$threads.json"
done
same "$work/1.json" "$work/3.json"
first '[.outcome, .nearest] | tostring' '["fixed-point",0]' '--fast' --memory "$m" --query "$q" --beta 4 --fast

# Queries without an answer are no failure; the others have theirs.
npy_float "$work/nan.npy" '(2, 4)' nan 0 0 0 3 1 0 0
run "$UHN" dynamics --memory "$m" --query "$work/nan.npy" --json
equal "$status $(json '[.queries[].status] | tostring') $(json '.queries[0] | [.outcome, .nearest, .energy] | tostring')" \
    '0 ["nonfinite","ok"] [null,null,[null]]' 'a NaN in a query'
grep -q '1 of 2 queries have a NaN' "$work/err" || fail "no note about the NaN: $(<"$work/err")"
run "$UHN" "${flow[@]}" --lagrangian-h polynomial:order=4 --steps 1000
equal "$status $(grep -c domain "$work/out")" '0 2' 'an energy without a lower bound'
grep -q 'grew beyond all numbers' "$work/err" || fail "no note about the states: $(<"$work/err")"

# The figure, with images and without; nothing is lost without gnuplot.
if command -v gnuplot >/dev/null; then
    npy_float "$work/images.npy" '(2, 2, 2)' 1 0 0 0 0 1 0 0
    for data in "$m" "$work/images.npy"; do
        for ending in svg png pdf; do
            uhn dynamics --memory "$data" --query "$data" --noise 0.1 --beta 4 --plot "$work/e.$ending"
            prints 'energy: rose in 0 of'
        done
        equal "$(head -c 4 "$work/e.pdf") $(head -c 4 "$work/e.png" | tail -c 3)" '%PDF PNG' 'the kinds of figure'
        grep -c '<image' "$work/e.svg" >>"$work/images"
    done
    equal "$(head -n 1 "$work/images") $(($(tail -n 1 "$work/images") >= 6))" '0 1' 'images where there are images'
    uhn dynamics "${euler[@]}" --dt 4 --exceed-limit --plot "$work/e.svg"
    grep -q 'the energy rises' "$work/e.svg" || fail 'rises are not marked in the figure'
fi
mkdir "$work/nothing"
run env PATH="$work/nothing" "$UHN" "${flow[@]}" --out "$work/z.npy" --plot "$work/none.svg"
equal "$status $(wc -l <"$work/err") $(grep -c '^ *[01] ' "$work/out")" '1 1 2' 'without gnuplot the report is there'
grep -q 'gnuplot-nox' "$work/err" || fail "it is not said what to install: $(<"$work/err")"
[[ -s $work/z.npy && ! -e $work/none.svg ]] || fail 'what is written without gnuplot'

# Mistakes.
refuses 2 'is read, and would be written over' -- "${flow[@]}" --out "$q"
refuses 2 'above 0' -- "${flow[@]}" --tau-v -3
refuses 2 'did you mean --similarity?' -- "${flow[@]}" --similarty dot
refuses 2 "did you mean 'manhattan'?" -- "${flow[@]}" --similarity manhatan
refuses 2 "did you mean 'log-cosh'?" -- "${flow[@]}" --lagrangian-v log-cos
refuses 2 "did you mean 'entmax'?" -- "${flow[@]}" --lagrangian-h entmx
refuses 2 "did you mean 'rk4'?" -- "${flow[@]}" --integrator rk
refuses 2 --beta max -- "${flow[@]}" --lagrangian-h max --beta 2
refuses 2 --lagrangian-h beta -- "${flow[@]}" --lagrangian-h log-sum-exp:beta=-1
refuses 2 --dt -- "${flow[@]}" --dt nan
refuses 2 dt -- "${flow[@]}" --dt 0
refuses 2 dt -- "${flow[@]}" --dt inf --integrator euler
refuses 2 'time constants' -- "${flow[@]}" --tau-v 0
refuses 2 --leak 'on or off' -- "${flow[@]}" --leak maybe
refuses 2 --noise --mask -- "${flow[@]}" --noise 1 --mask 0.5
refuses 2 '.svg, .png or .pdf' -- "${flow[@]}" --plot e.gif
refuses 2 '.csv or .npy' -- "${flow[@]}" --energies e.txt
refuses 2 --out --plot -- "${flow[@]}" --out e.png --plot e.png
refuses 2 '--values there is none' -- "${flow[@]}" --values "$work/next.npy" --plot e.svg
refuses 2 'fast kernels' -- "${flow[@]}" --similarity manhattan --fast
refuses 2 '--query FILE is missing' -- dynamics --memory "$m"
refuses 1 'rows of 2 numbers' -- "${flow[@]}" --clamp "$work/cue.npy"
refuses 1 'neither clamped nor not' -- "${flow[@]}" --clamp "$work/nan.npy"
refuses 1 "$work/short.npy" -- "${flow[@]}" --input "$work/short.npy"
npy_float "$work/wide.npy" '(3, 2)' 1 2 3 4 0 0
refuses 1 values -- "${flow[@]}" --values "$work/wide.npy"
npy_float "$work/inf.npy" '(1, 4)' inf 0 0 0
refuses 1 input -- "${flow[@]}" --input "$work/inf.npy"
finish
