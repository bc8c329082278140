#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn store add and update read plain .npy and IDX files where they lie, and others as a whole: the store is the same,
# and what the former need of memory does not grow with the file.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

rows=3000
dim=50

# Bytes; zeros and ones; floats; values of 3; each as it is and as gzip, which has to be read as a whole.
{ npy_header '|u1' "($rows, $dim)" && seq 100000 | head -c $((rows * dim)); } >"$work/bytes.npy"
{ npy_header '|u1' "($rows, $dim)" && seq 100000 | head -c $((rows * dim)) | tr '0-9\n' '\0\377\0\377\377\0\377\377\0\0\377'; } \
    >"$work/ones.npy"
{ printf '\0\0\10\2\0\0%b\0\0\0%b' "\\0$(printf %o $((rows / 256)))\\0$(printf %o $((rows % 256)))" "\\0$(printf %o $dim)" &&
    tail -c $((rows * dim)) "$work/bytes.npy"; } >"$work/idx.npy"
uhn corrupt --in "$work/bytes.npy" --noise 0.3 --out "$work/floats.npy"
{ npy_header '<f4' "($rows, 3)" && tail -c $((rows * 12)) "$work/floats.npy"; } >"$work/values.npy"
for file in bytes ones idx floats values; do
    gzip -k "$work/$file.npy"
done
seq $((rows - 1)) -1 0 >"$work/ids"

# fill STORE SUFFIX FILE DTYPE: two batches, of which the second fills up the last block of the first, and an update in
# the opposite order.
fill()
{
    uhn store create "$1" --dim $dim --values 3 --dtype "$4"
    uhn store add "$1" --memory "$work/$3.npy$2" --values "$work/values.npy$2"
    uhn store add "$1" --memory "$work/$3.npy$2" --values "$work/values.npy$2" --rows 517:2999
    uhn store update "$1" --memory "$work/$3.npy$2" --values "$work/values.npy$2" --rows 100:2900 --ids "$work/ids"
    uhn store verify "$1"
    uhn store export "$1" --out "$1.npy" --values "$1.values.npy"
}
for pair in bytes:uint8 bytes:float32 idx:uint8 ones:bits floats:float32; do
    fill "$work/plain-$pair" '' "${pair%:*}" "${pair#*:}"
    fill "$work/gzip-$pair" .gz "${pair%:*}" "${pair#*:}"
    same "$work/plain-$pair.npy" "$work/gzip-$pair.npy"
    same "$work/plain-$pair.values.npy" "$work/gzip-$pair.values.npy"
    equal "$(npy_shape "$work/plain-$pair.npy")" "($((rows + 2482)), $dim)" "rows of $pair"
done
same "$work/plain-bytes:uint8.npy" "$work/plain-idx:uint8.npy"

# A batch is refused as a whole, whichever row it is for.
s=$work/plain-floats:float32
head -c -1 "$work/floats.npy" >"$work/cut.npy"
refuses 1 "$work/cut.npy" 'but 599999 bytes follow' -- \
    store add "$s" --memory "$work/cut.npy" --values "$work/values.npy"
{ head -c -4 "$work/floats.npy" && printf '\0\0\300\177'; } >"$work/nan.npy"
refuses 1 'row 2999 has a NaN or an infinity at coordinate 49' -- \
    store add "$s" --memory "$work/nan.npy" --values "$work/values.npy"
refuses 1 'row 2899 has a NaN or an infinity at coordinate 49' -- \
    store add "$s" --memory "$work/nan.npy" --values "$work/values.npy" --rows 100:
refuses 1 'row 999 has a NaN or an infinity at coordinate 49' -- \
    store update "$s" --memory "$work/nan.npy" --values "$work/values.npy" --rows 2000: --ids "$work/ids"
{ npy_header '<f8' "($rows, 3)" && head -c $((rows * 24 - 8)) /dev/zero && printf '\0\0\0\0\0\0\360\107'; } >"$work/large.npy"
refuses 1 "uhn store: $work/large.npy: row 2999, column 2 is beyond float32's range" -- \
    store add "$s" --memory "$work/floats.npy" --values "$work/large.npy"
{ head -c -1 "$work/ones.npy" && printf '\7'; } >"$work/seven.npy"
refuses 1 "uhn store: $work/seven.npy: row 2999, column 49 is 0.0274" 'a store of bits takes 0 and 1' -- \
    store add "$work/plain-ones:bits" --memory "$work/seven.npy" --values "$work/values.npy"
refuses 2 '--rows asks for rows 2000 to 3001' "has 3000 rows" -- \
    store add "$s" --memory "$work/floats.npy" --values "$work/values.npy" --rows 2000:3001
for name in floats:float32 ones:bits; do
    uhn store verify "$work/plain-$name"
    uhn store export "$work/plain-$name" --out "$work/after.npy"
    same "$work/after.npy" "$work/plain-$name.npy"
done

# 96 MiB for all that is not a file: too few for 256 MiB of rows that have to be read as a whole, or for 128 MiB of
# values. (Sanitizers need much more for themselves.)
if [[ -n ${UHN_FAULT_SHIM:-} ]]; then
    npy_header '|u1' '(262144, 1024)' >"$work/huge.npy"
    truncate -s $(($(stat -c %s "$work/huge.npy") + (256 << 20))) "$work/huge.npy"
    npy_header '<f4' '(262144, 128)' >"$work/huge.values.npy"
    truncate -s $(($(stat -c %s "$work/huge.values.npy") + (128 << 20))) "$work/huge.values.npy"
    gzip -1 -k "$work/huge.npy"
    uhn store create "$work/huge" --dim 1024 --values 128 --dtype bits
    printf '#!/bin/sh\nulimit -d 98304\nexec "%s" "$@"\n' "$UHN" >"$work/limited"
    chmod +x "$work/limited"
    UHN=$work/limited
    refuses 1 "$work/huge.npy.gz: no memory for its 262144 rows" -- \
        store add "$work/huge" --memory "$work/huge.npy.gz" --values "$work/huge.values.npy"
    uhn store add "$work/huge" --memory "$work/huge.npy" --values "$work/huge.values.npy"
    uhn store info "$work/huge" --json
    equal "$(json .rows)" 262144 'rows of a file larger than the memory'
fi
finish
