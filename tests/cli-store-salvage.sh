#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A store with damaged blocks: uhn store export --skip-damaged, and what docs/store.md says to do then. And rows of a
# store with --memory-rows, of which only their blocks are read.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

rows=2000 dim=300 s=$work/s
# uint8 rows that differ; 851 or so of them make a block
{ npy_header '|u1' "($rows, $dim)"; seq -f '%06g' 1 100000 | head -c $((rows * dim)); } >"$work/m.npy"
{ npy_header '<f4' "($rows, 2)"; head -c $((rows * 8)) /dev/zero | tr '\0' '\100'; } >"$work/p.npy"
seq 5 5 $((5 * rows)) >"$work/ids"
seq -f 'label %g' 1 "$rows" >"$work/labels"
uhn store create "$s" --dim $dim --dtype uint8 --values 2 --similarity manhattan
uhn store add "$s" --memory "$work/m.npy" --values "$work/p.npy" --ids "$work/ids" --labels "$work/labels"
uhn store info "$s" --json
equal "$(json .blocks)" 3 'blocks of the store'
cp -r "$s" "$work/sound"

# Some rows of it: values, similarity, ids and labels are theirs.
uhn recall --memory "$s" --memory-rows 900:1000 --query "$work/m.npy" --query-rows 950:951 --separation max --top-k 1 --json
equal "$(json '[.memories, .value_dim, .similarity, .queries[0].best, .queries[0].best_id, .queries[0].best_label,
    .queries[0].nearest[0].index, .queries[0].nearest[0].id, .queries[0].nearest[0].label] | tostring')" \
    '[100,2,"manhattan",50,4755,"label 951",50,4755,"label 951"]' 'recall from rows of a store'
for part in 0:1 800:1900 1999: :; do
    uhn recall --memory "$s" --memory-rows "$part" --query "$work/m.npy" --query-rows 3:5 --out "$work/a.npy"
    uhn store create "$work/part" --dim $dim --dtype uint8 --values 2 --similarity manhattan
    uhn store add "$work/part" --memory "$work/m.npy" --values "$work/p.npy" --rows "$part"
    uhn recall --memory "$work/part" --query "$work/m.npy" --query-rows 3:5 --out "$work/b.npy"
    same "$work/a.npy" "$work/b.npy"
    rm -r "$work/part"
done
refuses 2 "--memory-rows asks for rows 1999 to 2001, but $s has 2000 rows" -- \
    recall --memory "$s" --memory-rows 1999:2001 --query "$work/m.npy"
refuses 2 "--query-rows asks for rows 2000 to 2001, but $s has 2000 rows" -- \
    recall --memory "$s" --query "$s" --query-rows 2000:2001

# flip BLOCK: changes a byte in a row of the block.
flip()
{
    local data at
    data=$(echo "$s"/data-*.mdb)
    # shellcheck disable=SC2059
    at=$(LC_ALL=C grep -obaP "UHNBLOCK\\x0$1\\x00\\x00\\x00\\x00\\x00\\x00\\x00" "$data" | head -1 | cut -d: -f1)
    printf '\377' | dd of="$data" bs=1 seek=$((at + 60)) conv=notrunc status=none
}

flip 1
run "$UHN" store verify "$s"
equal "$status" 1 'verify of a damaged store'
grep -q 'block 1 ' "$work/err" || fail "verify does not name block 1: $(<"$work/err")"
refuses 1 'the checksum of block 1 ' -- store export "$s" --out "$work/none.npy"
refuses 1 'the checksum of block 1 ' -- store compact "$s"
[[ ! -e $work/none.npy ]] || fail 'a refused export has written something'

# The other blocks serve still, and only what is needed is looked at.
uhn recall --memory "$s" --memory-rows 0:100 --query "$s" --query-rows 7:8 --separation max --json
equal "$(json '[.queries[0].best, .queries[0].best_id] | tostring')" '[7,40]' 'recall from a sound block'
refuses 1 'the checksum of block 1 ' -- recall --memory "$s" --memory-rows 0:1000 --query "$s" --query-rows 7:8
refuses 1 'the checksum of block 1 ' -- recall --memory "$s" --memory-rows 0:100 --query "$s" --query-rows 1000:1001

# The recipe.
run "$UHN" store export "$s" --skip-damaged --out "$work/rows.npy" --values "$work/values.npy" --ids "$work/some.ids" \
    --labels "$work/some.labels"
equal "$status" 0 'the status of export --skip-damaged'
equal "$(wc -l <"$work/err")" 1 'sentences of export --skip-damaged'
kept=$(wc -l <"$work/some.ids")
lost=$((rows - kept))
first=$(comm -23 <(sort "$work/ids") <(sort "$work/some.ids") | sort -n | head -1)
grep -qF "$s: what is damaged is left out: $lost of $rows rows (blocks: 1), and the labels of 0 more" "$work/err" ||
    fail "another sentence about what is left out: $(<"$work/err")"
[[ $lost -gt 500 && $lost -lt 1000 ]] || fail "$lost rows are lost"
equal "$(npy_shape "$work/rows.npy")" "($kept, $dim)" 'shape of the rows'
equal "$(npy_shape "$work/values.npy")" "($kept, 2)" 'shape of the values'
awk -v from=$((first / 5)) -v lost="$lost" 'NR < from || NR >= from + lost' "$work/ids" >"$work/expected.ids"
awk -v from=$((first / 5)) -v lost="$lost" 'NR < from || NR >= from + lost' "$work/labels" >"$work/expected.labels"
same "$work/some.ids" "$work/expected.ids"
same "$work/some.labels" "$work/expected.labels"
uhn store create "$work/t" --dim $dim --dtype uint8 --values 2 --similarity manhattan
uhn store add "$work/t" --memory "$work/rows.npy" --values "$work/values.npy" --ids "$work/some.ids" \
    --labels "$work/some.labels"
uhn store verify "$work/t"
uhn store get "$work/t" --ids "$work/some.ids" --json
mv "$work/out" "$work/new"
uhn store get "$work/sound" --ids "$work/some.ids" --json
same "$work/out" "$work/new"

# A label that is damaged is said to be, and its row stays.
data=$(echo "$s"/data-*.mdb)
at=$(LC_ALL=C grep -obaF 'label 1999' "$data" | tail -1 | cut -d: -f1)
printf 'X' | dd of="$data" bs=1 seek=$((at + 2)) conv=notrunc status=none
run "$UHN" store export "$s" --skip-damaged --out "$work/rows.npy" --labels "$work/some.labels"
equal "$status" 0 'the status with a damaged label'
grep -qF "$lost of $rows rows (blocks: 1), and the labels of 1 more" "$work/err" || fail "no label is missed: $(<"$work/err")"
equal "$(tail -2 "$work/some.labels" | paste -sd,)" ',label 2000' 'the last labels'

# Nothing is said of a sound store, and nothing is written of one without a sound block.
uhn store export "$work/sound" --skip-damaged --out "$work/rows.npy"
uhn store export "$work/sound" --out "$work/all.npy"
same "$work/rows.npy" "$work/all.npy"
flip 0
flip 2
refuses 1 'no block of it can be read' -- store export "$s" --skip-damaged --out "$work/none.npy"
[[ ! -e $work/none.npy ]] || fail 'an export of nothing has written something'
refuses 2 "'uhn store list' has no option --skip-damaged" -- store list "$s" --skip-damaged
finish
