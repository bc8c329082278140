#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn store, and stores as the files of other commands.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

s=$work/store
m=$work/m.npy
npy_float "$m" '(4, 4)' 1 0 0 0 0 1 0 0 0 0 1 1 1 1 0 0
npy_float "$work/p.npy" '(4, 2)' 1 0 0 1 1 1 0 0
npy_float "$work/q.npy" '(2, 4)' 1 0 0 0.25 0 0 1 0.5
printf 'one\n\nthree\nfour\r\n' >"$work/labels"
printf '7\n' >"$work/seven"

# The life of a store.
uhn store create "$s" --dim 4 --similarity sqeuclidean
equal "$(<"$work/out")" '' 'what create prints'
uhn store info "$s" --json
equal "$(json '[.rows, .dim, .values, .dtype, .bytes > 0, .version, .similarity, .labels, .next_id] | tostring')" \
    '[0,4,0,"float32",true,"1.0","sqeuclidean",0,0]' 'an empty store'
uhn store verify "$s"
uhn store add "$s" --memory "$m" --labels "$work/labels" --json
equal "$(<"$work/out")" '{"added":4,"first_id":0}' 'what add says'
uhn store add "$s" --memory "$m" --rows 1:3
uhn store list "$s"
equal "$(<"$work/out")" $'0\t0\tone\n1\t1\t\n2\t2\tthree\n3\t3\tfour\n4\t4\t\n5\t5\t' list
uhn store list "$s" --rows 2:4 --json
equal "$(json tostring)" '[{"index":2,"id":2,"label":"three"},{"index":3,"id":3,"label":"four"}]' 'list in JSON'
uhn store get "$s" --id 2
equal "$(<"$work/out")" $'2\tthree\t0 0 1 1' get
uhn store get "$s" --id 5 --json
equal "$(json tostring)" '[{"id":5,"label":null,"row":[0,0,1,1]}]' 'get in JSON'
uhn store remove "$s" --id 1
refuses 1 "$s" 'no memory with id 1' -- store get "$s" --id 1
printf '0\n5\n' >"$work/ids"
npy_float "$work/new.npy" '(2, 4)' 0.5 0.5 0.5 0.5 2 2 2 2
uhn store update "$s" --memory "$work/new.npy" --ids "$work/ids"
uhn store get "$s" --ids "$work/ids" --out "$work/got.npy"
same "$work/got.npy" "$work/new.npy"
uhn store add "$s" --memory "$m" --rows 0:1 --ids "$work/seven"
uhn store compact "$s"
uhn store verify "$s" --json
equal "$(<"$work/out")" '{"problems":[],"sound":true}' 'verify in JSON'
uhn store export "$s" --out "$work/e.npy" --ids "$work/e.ids" --labels "$work/e.labels"
equal "$(npy_shape "$work/e.npy")" '(6, 4)' 'shape of the export'
equal "$(npy_floats "$work/e.npy")" '0.5 0.5 0.5 0.5 0 0 1 1 1 1 0 0 0 1 0 0 2 2 2 2 1 0 0 0' 'rows of the export'
equal "$(paste -sd' ' "$work/e.ids")" '0 2 3 4 5 7' 'ids of the export'
equal "$(paste -sd, "$work/e.labels")" 'one,three,four,,,' 'labels of the export'
uhn store info "$s"
prints 'rows        6' 'similarity  sqeuclidean' 'labels      3' 'next id     8' 'version     1.0'

# Recall from a store is recall from a file, and names ids and labels; the store's similarity is the default.
uhn store export "$s" --out "$work/all.npy"
uhn recall --memory "$work/all.npy" --query "$work/q.npy" --similarity sqeuclidean --out "$work/a.npy"
uhn recall --memory "$s" --query "$work/q.npy" --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn recall --memory "$work/all.npy" --query "$work/q.npy" --similarity manhattan --out "$work/a.npy"
uhn recall --memory "$s" --query "$work/q.npy" --similarity manhattan --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn recall --memory "$s" --query "$work/q.npy" --separation max --top-k 2 --json
equal "$(json '[.similarity, .queries[0].best, .queries[0].best_id, .queries[0].best_label] | tostring')" \
    '["sqeuclidean",5,7,null]' 'the best memory by id'
equal "$(json '[.queries[1].nearest[] | [.index, .id, .label]] | tostring')" '[[1,2,"three"],[0,0,"one"]]' 'the nearest'
uhn recall --memory "$s" --memory-rows 1:3 --query "$s" --query-rows 1:2 --original "$s" --original-rows 1:2 --separation max
prints '1 identified'
uhn recall --memory "$s" --query "$work/q.npy" --values "$work/all.npy" --out "$work/b.npy"
uhn recall --memory "$work/all.npy" --memory-rows 1:3 --query "$work/q.npy" --similarity sqeuclidean --out "$work/a.npy"
uhn recall --memory "$s" --memory-rows 1:3 --query "$work/q.npy" --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn info "$s" --json
equal "$(json '[.format, .count, .dim] | tostring')" '["store",6,4]' 'uhn info of a store'
uhn corrupt --in "$s" --mask 0.5 --out "$work/c.npy"
equal "$(npy_shape "$work/c.npy")" '(6, 4)' 'uhn corrupt of a store'
uhn list readers --names
prints store

# Values, and other storages.
uhn store create "$work/v" --dim 4 --values 2
refuses 2 '--values FILE is missing' -- store add "$work/v" --memory "$m"
uhn store add "$work/v" --memory "$m" --values "$work/p.npy"
uhn recall --memory "$m" --values "$work/p.npy" --query "$work/q.npy" --out "$work/a.npy"
uhn recall --memory "$work/v" --query "$work/q.npy" --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn recall --memory "$m" --values "$work/p.npy" --memory-rows 1:3 --query "$work/q.npy" --out "$work/a.npy"
uhn recall --memory "$work/v" --memory-rows 1:3 --query "$work/q.npy" --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
npy_float "$work/o.npy" '(2, 2)' 1 0 1 1
uhn recall --memory "$work/v" --query "$work/q.npy" --original "$work/o.npy" --separation max
prints '2 identified'
uhn store get "$work/v" --id 2 --json
equal "$(json '.[0].value | tostring')" '[1,1]' 'a value'
uhn store export "$work/v" --out "$work/e.npy" --values "$work/ep.npy"
same "$work/e.npy" "$m"
same "$work/ep.npy" "$work/p.npy"
uhn store create "$work/b" --dim 4 --dtype bits
uhn store add "$work/b" --memory "$m"
uhn recall --memory "$work/b" --query "$work/q.npy" --out "$work/b.npy"
uhn recall --memory "$m" --query "$work/q.npy" --out "$work/a.npy"
same "$work/a.npy" "$work/b.npy"
refuses 1 "$work/q.npy" 'row 0, column 3 is 0.25; a store of bits takes 0 and 1' -- \
    store add "$work/b" --memory "$work/q.npy"
npy_uint8 "$work/u.npy" '(2, 4)' 0 1 2 255 9 8 7 6
uhn store create "$work/u" --dim 4 --dtype uint8
uhn store add "$work/u" --memory "$work/u.npy"
uhn store add "$work/u" --memory "$m"
uhn store export "$work/u" --out "$work/e.npy"
uhn info "$work/e.npy" --json
equal "$(json '[.storage, .count] | tostring')" '["uint8",6]' 'the export of bytes'
refuses 1 "$work/q.npy" 'row 0, column 3 is 0.25; a store of uint8 takes' -- store add "$work/u" --memory "$work/q.npy"

# Some rows of a file, with labels and ids of all of them, or of these.
uhn store create "$work/some" --dim 4
printf '10\n11\n12\n13\n' >"$work/all.ids"
uhn store add "$work/some" --memory "$m" --rows 2:4 --labels "$work/labels" --ids "$work/all.ids"
npy_uint8 "$work/classes.npy" '(4, 1)' 5 6 7 8
uhn store add "$work/some" --memory "$m" --rows 1:3 --labels "$work/classes.npy"
head -1 "$work/labels" >"$work/one.label"
uhn store add "$work/some" --memory "$m" --rows 3: --labels "$work/one.label"
uhn store list "$work/some"
equal "$(<"$work/out")" $'0\t12\tthree\n1\t13\tfour\n2\t14\t6\n3\t15\t7\n4\t16\tone' 'labels and ids of some rows'
refuses 1 "$work/one.label" '1 lines, where 2 labels' -- \
    store add "$work/some" --memory "$m" --rows 1:3 --labels "$work/one.label"
refuses 1 'one --id for 4 rows' -- store update "$work/some" --memory "$m" --id 12
mv "$work/some" "$work/s"
cd "$work" || exit 1
refuses 1 's: there is no memory with id 99' -- store get s --id 99
refuses 1 's: this store has no values of its own' -- store export s --out "$work/not.npy" --values "$work/not2.npy"
[[ ! -e $work/not.npy ]] || fail 'a refused export has written something'
cd - >/dev/null || exit 1

# Wrong calls.
refuses 2 'what to do is missing' -- store
refuses 2 'no subcommand ad; did you mean add?' -- store ad "$s"
refuses 2 'the store is missing: uhn store add STORE' -- store add
refuses 2 "'uhn store add' has no option --dim" -- store add "$s" --memory "$m" --dim 4
refuses 2 '--dim D is missing' -- store create "$work/none"
refuses 2 '--memory FILE is missing' -- store add "$s"
refuses 2 '--id N or --ids FILE' -- store remove "$s"
refuses 2 '--id and --ids exclude each other' -- store get "$s" --id 1 --ids "$work/ids"
refuses 2 '--out FILE is missing' -- store export "$s"
refuses 2 '--rows asks for rows 2 to 9' "$s has 6 rows" -- store list "$s" --rows 2:9
refuses 2 'cosin' cosine -- store create "$work/none" --dim 4 --similarity cosin
refuses 1 "$s" 'is there already' -- store create "$s" --dim 4
refuses 1 "$work/none" -- store info "$work/none"
uhn store create "$work/five" --dim 5
refuses 1 "$m has rows of 4 numbers, but those of $work/five have 5" -- store add "$work/five" --memory "$m"
refuses 1 '2 ids for 4 rows' -- store add "$s" --memory "$m" --ids "$work/ids"
printf '1\nx\n' >"$work/bad"
refuses 1 "$work/bad" "line 2 is 'x'" -- store remove "$s" --ids "$work/bad"
refuses 1 "$work/bad" '2 lines, where 4 labels' -- store add "$s" --memory "$m" --labels "$work/bad"
refuses 1 "$work/five" 'the store is empty' -- recall --memory "$work/five" --query "$m"
[[ ! -e $work/none ]] || fail 'a refused create has made something'

# Compaction changes nobody's permissions.
umask 022
uhn store create "$work/private" --dim 4
uhn store add "$work/private" --memory "$m"
chmod 600 "$work/private/data-1.mdb"
chmod 666 "$work/private/data-1.mdb-lock"
uhn store compact "$work/private"
uhn store verify "$work/private"
equal "$(stat -c '%a %n' "$work"/private/data-* | sed 's:/.*/::' | paste -sd,)" '600 data-2.mdb,666 data-2.mdb-lock' \
    'permissions after compaction'

# A batch that does not fit is not there; nor is half of one.
{ npy_header '<f4' '(250000, 4)'; head -c 4000000 /dev/zero; } >"$work/large.npy"
run bash -c "ulimit -f 1000; '$UHN' store add '$s' --memory '$work/large.npy'"
equal "$status" 1 'the exit status on a full disk'
equal "$(wc -l <"$work/err")" 1 'one line about the full disk'
uhn store verify "$s"
uhn store list "$s"
equal "$(wc -l <"$work/out")" 6 'rows after the batch that did not fit'
uhn store add "$s" --memory "$work/large.npy"
uhn store verify "$s"

# A damaged label is not the same as none.
uhn store create "$work/label" --dim 4
uhn store add "$work/label" --memory "$m" --labels "$work/labels"
sed -i 's/three/threw/' "$work/label/data-1.mdb"
damaged="$work/label/data-1.mdb: the label of id 2 is damaged"
refuses 1 "$damaged" -- store list "$work/label"
refuses 1 "$damaged" -- store get "$work/label" --id 2 --json
refuses 1 "$damaged" -- store export "$work/label" --out "$work/l.npy" --labels "$work/l.labels"
[[ ! -e $work/l.labels ]] || fail 'an export of damaged labels has written something'
refuses 1 "$damaged" -- recall --memory "$work/label" --query "$m" --json
refuses 1 "$damaged" -- recall --memory "$work/label" --query "$work/q.npy" --top-k 4 --separation max --json
run "$UHN" store verify "$work/label"
equal "$status" 1 'verify of a damaged label'
uhn store get "$work/label" --id 3
uhn store export "$work/label" --out "$work/l.npy" --ids "$work/l.ids"
uhn recall --memory "$work/label" --query "$m"

# A damaged store: verify says where, recall refuses it.
data=$(echo "$s"/data-*.mdb)
size=$(stat -c %s "$data")
printf '\377' | dd of="$data" bs=1 seek=$((size / 2)) conv=notrunc status=none
run "$UHN" store verify "$s"
equal "$status" 1 'verify of a damaged store'
grep -q 'block [0-9]' "$work/err" || fail "verify names no block: $(<"$work/err")"
refuses 1 "$data" 'the checksum of block' -- recall --memory "$s" --query "$work/q.npy"
truncate -s $((size / 3)) "$data"
refuses 1 "$data" 'damaged' -- store info "$s"
refuses 1 "$data" 'damaged' -- recall --memory "$s" --query "$work/q.npy"
finish
