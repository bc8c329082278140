#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Each claim of docs/dynamics.md and docs/dynamics-reference.md that stands beside a command: the command prints what
# the document says. The second document uses what the examples of the first have made.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/document.sh
source "$(dirname "$0")/cli/document.sh"

# comparable: without seconds, and with what is next to nothing taken for the same.
comparable()
{
    sed -E 's/; [0-9.e-]+ s$//; s/ +-?[0-9.]+e-[0-9]+/ tiny/g'
}

[[ $(basename "$UHN") == uhn ]] || fail "UHN_COMMAND is $UHN, which no example would find"
command -v gnuplot >/dev/null || {
    echo 'skipped: the examples draw with gnuplot, which is not installed'
    exit 77
}
for document in "$root/docs/dynamics.md" "$root/docs/dynamics-reference.md"; do
    names=$(sed -n 's/^<!-- example: \(.*\) -->$/\1/p' "$document")
    [[ -n $names ]] || fail "$document has no examples"
    for name in $names; do
        example "$name"
        [[ $name == data ]] || says "$name"
    done
    for figure in $(grep -o '](dynamics/[a-z0-9.-]*\.svg)' "$document" | tr -d '()]'); do
        checks=$((checks + 1))
        [[ -s $root/docs/$figure ]] || fail "docs/$figure is not there; script/dynamics draws it"
        [[ -s $work/$(basename "$figure") ]] || fail "no example draws $figure"
    done
done
finish
