#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn list walks all tables, in text and in JSON, and they say the same.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

uhn list
cp "$work/out" "$work/everything"
for table in similarities separations presets readers corruptions experiments additive lagrangians \
    integrators; do
    uhn list "$table"
    cp "$work/out" "$work/text"
    prints "$table: "
    uhn list "$table" --names
    cp "$work/out" "$work/names"
    [[ $(wc -l <"$work/names") -ge 3 ]] || fail "only $(wc -l <"$work/names") $table"
    equal "$(sort "$work/names" | uniq -d)" '' "$table that are there twice"
    uhn list "$table" --json
    equal "$(json ".${table}[].name")" "$(<"$work/names")" "names of $table in JSON"
    equal "$(json "[.${table}[] | select((.summary | length) < 3)] | length")" 0 "$table without a summary"
    # A parameter without a range within which its default lies is a mistake in a table (null: unbounded, derived).
    equal "$(json "[.${table}[].parameters[] | select((.minimum != null and .default != null and .default < .minimum) or
        (.maximum != null and .default != null and .default > .maximum))] | length")" 0 "defaults out of range"
    for key in $(json "[.${table}[].parameters[].key] | unique[]"); do
        [[ $table == corruptions ]] || grep -q " $key: .*" "$work/text" || fail "parameter $key is not in the text"
    done
    while read -r name; do
        grep -qE "^  $name( |\$)" "$work/text" || fail "$name is not in uhn list $table"
        grep -qE "^  $name( |\$)" "$work/everything" || fail "$name is not in uhn list"
    done <"$work/names"
done

for name in dot cosine normalised-dot correlation sqeuclidean euclidean inverse-sqeuclidean manhattan \
    inverse-manhattan chebyshev minkowski hamming kl reverse-kl jensen-shannon rbf laplace table; do
    grep -qE "^  $name( |\$)" "$work/everything" || fail "the similarity $name is missing"
done
uhn list separations
prints 'default 1'
uhn list similarities
prints 'file=T.npy' 'p > 0, default 3'
uhn list presets
prints 'needs --values' 'source: '
uhn list --json
equal "$(json 'keys | length')" 9 'tables in JSON'

refuses 2 'did you mean similarities?' -- list similarity
refuses 2 'did you mean presets?' -- list preset
refuses 2 'no table zzz' -- list zzz
refuses 2 'one argument too many' -- list presets readers
refuses 2 '--names and --json exclude each other' -- list --names --json
finish
