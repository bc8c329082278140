#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn bench on small workloads: what it prints, what it refuses. How fast it is, is not tested.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

small=(bench --dim 20 --stored 30 --queries 4 --rounds 2)

# The list.
uhn "${small[@]}" --json
equal "$(json '.workloads | length')" 8 'workloads of the list'
equal "$(json '[.workloads[].similarity] | unique | join(" ")')" 'dot hamming jensen-shannon manhattan sqeuclidean' \
    'similarities of the list'
equal "$(json '[.workloads[].storage] | unique | join(" ")')" 'bits float32 uint8' 'storages of the list'
equal "$(json '[.workloads[] | [.dim, .stored, .queries]] | unique | tojson')" '[[20,30,4]]' sizes
equal "$(json '[.workloads[] | select(.minimum_seconds > 0 and .minimum_seconds <= .seconds and
    .seconds <= .maximum_seconds)] | length')" 8 'times in order'
equal "$(json '[.workloads[] | .pairs_per_second * .seconds / (.dim * .stored * .queries) |
    select(. > 0.999999 and . < 1.000001)] | length')" 8 'pairs a second that belong to the time'
equal "$(json 'keys_unsorted | join(" ")')" 'workloads rounds threads isa version' members
equal "$(json .rounds)" 2 rounds
isa=$("$UHN" info --json | jq -r .isa)
equal "$(json .isa)" "$isa" isa

# As text: a line for each, without progress where there is no terminal.
uhn "${small[@]}" --threads 1
prints "$isa, 1 thread, median of 2 rounds" 'similarity' \
    'jensen-shannon  softmax:beta=10   float32     20      30      4'
equal "$(wc -l <"$work/out")" 11 lines
uhn "${small[@]}" --threads 2 --rounds 1
prints ', 2 threads, median of 1 round;'

# One workload; what is not chosen has the defaults of recall.
uhn "${small[@]}" --json --threads 1 --similarity minkowski:p=1.5 --storage uint8
equal "$(json '.workloads | map([.similarity, .separation, .storage]) | tojson')" \
    '[["minkowski:p=1.5","softmax:beta=1","uint8"]]' 'a chosen similarity'
equal "$(json .threads)" 1 threads
uhn "${small[@]}" --json --separation k-winners:k=3
equal "$(json '.workloads | map([.similarity, .separation, .storage]) | tojson')" \
    '[["manhattan","k-winners:k=3","float32"]]' 'a chosen separation'
uhn "${small[@]}" --json --storage bits
equal "$(json '.workloads | map([.similarity, .separation, .storage]) | tojson')" \
    '[["manhattan","softmax:beta=1","bits"]]' 'a chosen storage'
uhn bench --similarity dot --dim 3 --stored 2 --rounds 1 --json
equal "$(json '.workloads[0].queries')" 100 'queries, if not given'

# Every similarity is fed what it takes, in every storage.
for similarity in $("$UHN" list similarities --names); do
    for storage in float32 uint8 bits; do
        uhn bench --dim 9 --stored 5 --queries 2 --rounds 1 --similarity "$similarity" --separation max \
            --storage "$storage" --json
        equal "$(json '.workloads[0] | .similarity + " " + .storage')" "$similarity $storage" 'similarity and storage'
    done
done

# Odd sizes.
uhn bench --dim 1 --stored 1 --queries 1 --rounds 1 --json
equal "$(json '[.workloads[].seconds | select(. > 0)] | length')" 8 'times of single numbers'

# What is wrong is said before anything is timed.
refuses 2 '--similarity: ' 'manhatan' 'manhattan' -- "${small[@]}" --similarity manhatan
refuses 2 '--separation: ' 'sofmax' 'softmax' -- "${small[@]}" --separation sofmax
refuses 2 '--separation: ' 'beta' -- "${small[@]}" --separation softmax:beta=-1
refuses 2 "--storage is 'float64', but must be float32, uint8 or bits" -- "${small[@]}" --storage float64
refuses 2 '--dim is 0, but must lie between 1 and' -- bench --dim 0
refuses 2 '--rounds is 0, but must lie between 1 and 1000' -- bench --rounds 0
refuses 2 '--rounds is 1001' -- bench --rounds 1001
refuses 2 '--threads is 5000' -- bench --threads 5000
refuses 2 'did you mean --stored?' -- bench --store 5
refuses 2 "'fast' is not an option" -- bench fast
refuses 1 'out of memory for' '4000000000 memories' -- bench --dim 4000000000 --queries 4000000000 --stored 4000000000
finish
