#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The k-th allocation, read and write of a command that changes a store fail, for k = 1, 2, …; then files may grow to so
# many bytes and no further. Each time: exit status 1 and one sentence, and the store is as before, or it worked; verify
# finds nothing, and the next change works. UHN_TEST_ALL=1: every k; else all up to 16, and then ever fewer.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"
# shellcheck source=tests/cli/faults.sh
source "$(dirname "$0")/cli/faults.sh"

mapfile -t pixels < <(awk 'BEGIN { for (i = 1; i <= 360; i++) print (i * i * 31 + i * 17) % 256 }')
npy_uint8 "$work/m.npy" '(10, 36)' "${pixels[@]}"
npy_uint8 "$work/one.npy" '(1, 36)' "${pixels[@]:100:36}"
printf '%s\n' a b c d e f g h i j >"$work/labels"
printf '3\n' >"$work/three"

# The store before: ten labelled rows, of which one has been removed.
uhn store create "$work/before" --dim 36 --dtype uint8 --similarity manhattan
uhn store add "$work/before" --memory "$work/m.npy" --labels "$work/labels"
printf '5\n' >"$work/five"
uhn store remove "$work/before" --ids "$work/five"

store=$work/store
commands=(
    "create|store create $work/new --dim 36"
    "add|store add $store --memory $work/m.npy --labels $work/labels"
    "update|store update $store --memory $work/one.npy --ids $work/three"
    "remove|store remove $store --ids $work/three"
    "compact|store compact $store"
)

start_over()
{
    rm -rf "$store" "$work/new" "$work/mark"
    cp -r "$work/before" "$store"
}

# What a store holds, as far as commands tell.
contents()
{
    "$UHN" store export "$1" --out "$work/rows.npy" >/dev/null 2>&1 && cksum <"$work/rows.npy"
    "$UHN" store list "$1"
}

check_end()
{
    check_sentence "$1"
    local failed=$status
    "$UHN" store verify "$store" >"$work/out" 2>&1 || fail "$title: $1: verify: $(<"$work/out")"
    if [[ $failed -eq 1 ]]; then
        [[ $(contents "$store") == "$original" ]] || fail "$title: $1: it failed, but the store has changed"
        attempt -- "${arguments[@]}"
        [[ $status -eq 0 ]] || fail "$title: $1: does not work after that: $sentence"
        status=$failed
    fi
    [[ $(contents "$store") == "$after" ]] || fail "$title: $1: the store does not hold what it should"
}

original=$(contents "$work/before")
for command in "${commands[@]}"; do
    IFS='|' read -r title line <<<"$command"
    read -r -a arguments <<<"$line"
    before=$faults
    start_over
    attempt -- "${arguments[@]}"
    [[ $status -eq 0 ]] || fail "$title: ended with $status: $sentence"
    after=$(contents "$store")
    for kind in memory read write; do
        each $kind
    done
    each_size
    echo "$title: $((faults - before)) faults"
done
finish
