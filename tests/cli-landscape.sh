#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn landscape: energies on lines and planes of which all is known, trajectories that fall, figures, refusals.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
npy_float "$m" '(4, 3)' 0 0 0 4 0 0 0 4 0 2 0 0
plane=(landscape --memory "$m" --memory-rows 0:3 --through 0,1,2 --similarity sqeuclidean --beta 2)
line=(landscape --memory "$m" --memory-rows 0:2 --between 0,1 --similarity sqeuclidean --beta 2)

# A line: E = −(1/β) log(e^(−β x²/2) + e^(−β (4 − x)²/2)).
uhn "${line[@]}" --grid 5 --margin 0 --json
equal "$(json '[.low, .high, .size, (.memories | map(.place))] | tostring')" '[[0],[4],[5],[[0],[4]]]' 'a line'
equal "$(json '.energies | map(. * 1e6 | round | . + 0) | join(" ")' | sed 's/-0/0/g')" \
    "$(awk 'BEGIN { for (x = 0; x <= 4; x++) { e = -log(exp(-x * x) + exp(-(4 - x) * (4 - x))) / 2
        printf "%s%.0f", x ? " " : "", e * 1e6 } }' | sed 's/-0/0/g')" 'energies of the line'
equal "$(json '.trajectories | length')" 0 'a line has no trajectories'
equal "$(json 'keys | join(" ")')" "dt energies fast high integrator lagrangian_h lagrangian_h_parameters lagrangian_v \
lagrangian_v_parameters leak limit_enforced low memories similarity size steps tau_h tau_v tolerance trajectories \
version" 'members of the JSON'
uhn "${line[@]}" --grid 5 --margin 0.5 --energies "$work/e.csv"
prints 'memory 0 at 0: energy' 'memory 1 at 4: energy' 'line of 5 places'
equal "$(head -n 2 "$work/e.csv" | tail -n 1 | cut -d , -f 1,2)" '-2,-0.5' 'the margin'
equal "$(wc -l <"$work/e.csv")" 6 'lines of the CSV'

# A plane: the grid, the memories, and trajectories that start on it, stay on it and go downhill.
uhn "${plane[@]}" --grid 13 --margin 0.5 --starts 30 --json
equal "$(json '[.low, .high, .size] | tostring')" '[[-2,-2],[6,6],[13,13]]' 'a plane'
equal "$(json '.memories | map(.place) | tostring')" '[[0,0],[4,0],[0,4]]' 'places of the memories'
equal "$(json '[.energies | length, (.[0] | length)] | tostring')" '[13,13]' 'the grid'
equal "$(json '[.memories[].energy < -1e-9, (.memories[0].energy > -1e-3)] | all')" true 'energies of the memories'
equal "$(json '[.energies[][]] | min >= -1e-3')" true 'the memories are the lowest places'
equal "$(json '.trajectories | length')" 30 '--starts'
equal "$(json '[.trajectories[] | .outcome == "fixed-point" and .increases == 0] | all')" true 'all come to rest'
equal "$(json '[.trajectories[].energies | . as $e | range(1; length) | $e[.] <= $e[. - 1] + 1e-12] | all')" true \
    'energies fall'
equal "$(json '[.trajectories[] | .largest_distance < 1e-6] | all')" true 'nothing leaves the plane of all memories'
equal "$(json '.memories as $m | [.trajectories[] | .places[-1] as $p | $m[.nearest].place | (.[0] - $p[0] | fabs) < 0.01
    and (.[1] - $p[1] | fabs) < 0.01] | all')" true 'they end at memories'
equal "$(json '[.trajectories[].places[0] | .[0] >= -2 and .[0] <= 6 and .[1] >= -2 and .[1] <= 6] | all')" true \
    'they start on the grid'
cp "$work/out" "$work/one"
uhn "${plane[@]}" --grid 13 --margin 0.5 --starts 30 --threads 3 --json
same "$work/out" "$work/one"
uhn "${plane[@]}" --grid 13 --margin 0.5 --starts 30 --seed 2 --json
differ "$work/out" "$work/one"
uhn "${plane[@]}" --grid 9
prints 'grid of 9 × 9 places' 'trajectories: 16, 16 fixed-point' 'energy increases: 0'
uhn "${plane[@]}" --grid 7 --energies "$work/e.npy" --starts 0
equal "$(npy_shape "$work/e.npy")" '(7, 7)' 'shape of the .npy'

# Queries start where they are; the third number is off the plane.
npy_float "$work/q.npy" '(2, 3)' 1 0 2 nan 0 0
uhn "${plane[@]}" --query "$work/q.npy" --json
equal "$(json '.trajectories[0] | [.places[0][0], .places[0][1], .largest_distance] | tostring')" '[1,0,2]' 'a query'
equal "$(json '.trajectories[1] | [.status, .outcome, .places] | tostring')" '["nonfinite",null,[]]' 'a NaN'
equal "$(json '.trajectories[0].places | length > 20')" true 'short steps'

# Neurons that saturate show no pattern beyond ±1; on the edge the energy is the limit.
npy_float "$work/b.npy" '(2, 2)' 1 1 -1 1
uhn landscape --memory "$work/b.npy" --between 0,1 --lagrangian-v log-cosh --grid 5 --margin 0.5 --json
equal "$(json '.energies | map(. == null) | tostring')" '[true,false,false,false,true]' 'outside there is none'
# log 2 for each number on the edge, − log(e² + e⁰).
equal "$(json '.energies[1] * 1e6 | round')" "$(awk 'BEGIN { printf "%.0f", (2 * log(2) - log(exp(2) + 1)) * 1e6 }')" \
    'at a memory'

# Figures.
if command -v gnuplot >/dev/null; then
    for format in svg png pdf; do
        uhn "${plane[@]}" --grid 21 --plot "$work/p.$format"
        [[ -s $work/p.$format ]] || fail "no $format"
    done
    grep -q '<title>sqeuclidean, quadratic, log-sum-exp:beta=2, leak off</title>' "$work/p.svg" || fail 'no title'
    for text in 'memory 0' 'memory 1' 'memory 2' 'effective energy' 'distance from memory 0 towards memory 1'; do
        grep -q "$text" "$work/p.svg" || fail "'$text' is not in the figure"
    done
    uhn "${line[@]}" --plot "$work/l.svg"
    grep -q 'share of the way from memory 0 to memory 1' "$work/l.svg" || fail 'no axis'
fi

# Refusals.
refuses 2 'is read, and would be written over' -- landscape --memory "$m" --through 0,1,2 --energies "$m"
refuses 2 'give --through I,J,K for a plane, or --between I,J' -- landscape --memory "$m"
refuses 2 '--through and --between exclude each other' -- landscape --memory "$m" --through 0,1,2 --between 0,1
refuses 2 "--through is '0,1', but must be I,J,K, whole numbers" -- landscape --memory "$m" --through 0,1
refuses 2 "--through is '0,1,x'" -- landscape --memory "$m" --through 0,1,x
refuses 2 "--between is '0,1,2'" -- landscape --memory "$m" --between 0,1,2
refuses 2 "--between is '0,1,'" -- landscape --memory "$m" --between 0,1,
refuses 2 "--through is '0,1,2,3'" -- landscape --memory "$m" --through 0,1,2,3
refuses 2 'names memory 4' "$m has 4" -- landscape --memory "$m" --through 0,1,4
refuses 1 'memories 0, 1 and 3 lie on a line' "$m" -- landscape --memory "$m" --through 0,1,3
refuses 1 'memories 2 and 2 are equal' -- landscape --memory "$m" --between 2,2
refuses 2 '--starts needs --through' -- landscape --memory "$m" --between 0,1 --starts 3
refuses 2 '--query and --starts exclude each other' -- landscape --memory "$m" --through 0,1,2 --query "$m" --starts 3
refuses 2 '--noise needs --query FILE' -- landscape --memory "$m" --through 0,1,2 --noise 1
refuses 2 'must end in .svg, .png or .pdf' -- landscape --memory "$m" --through 0,1,2 --plot p.gif
refuses 2 'must end in .csv or .npy' -- landscape --memory "$m" --through 0,1,2 --energies e.txt
refuses 2 'did you mean' -- landscape --memory "$m" --through 0,1,2 --similarity sqeuclid
refuses 2 'did you mean --through' -- landscape --memory "$m" --trough 0,1,2
refuses 2 'no energy' -- landscape --memory "$m" --values "$m" --through 0,1,2
refuses 1 "$work/none.npy" -- landscape --memory "$work/none.npy" --through 0,1,2
run env PATH="$work" "$UHN" "${plane[@]}" --grid 3 --plot "$work/x.svg"
equal "$status" 1 'without gnuplot'
grep -q 'gnuplot' "$work/err" || fail "no word of gnuplot: $(<"$work/err")"
finish
