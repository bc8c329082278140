#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Golden vectors through the command: two of every seven cases on [0,1], signed and binary data, answers and statuses.
# The other cases, and the rest of what the vectors say, are checked through the library.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

golden=${UHN_GOLDEN:-$root/../shared/golden}
if [[ ! -r $golden/golden.json ]]; then
    echo "skipped: $golden/golden.json is not there (set UHN_GOLDEN)"
    [[ ${UHN_REQUIRE_DATA:-} == 1 ]] && exit 1
    exit 77
fi

queries=5
values=11

# The names and keys of the manifest and those of the command, and from a case to a line: number, similarity,
# separation, normalisation, tolerance (0: nothing is answered), statuses.
read -r -d '' filter <<'JQ'
def ours: {
    ndot: "normalised-dot", pearson: "correlation", neg_sqeuclid: "sqeuclidean", neg_euclid: "euclidean",
    inv_sqeuclid: "inverse-sqeuclidean", neg_manhattan: "manhattan", inv_manhattan: "inverse-manhattan",
    neg_chebyshev: "chebyshev", neg_minkowski: "minkowski", neg_hamming: "hamming", neg_kl: "kl",
    neg_rkl: "reverse-kl", neg_js: "jensen-shannon", poly: "polynomial", rpoly: "rectified-polynomial",
    max_uniform: "max-uniform", topk_softmax: "top-k-softmax", kwin: "k-winners", entmax15: "entmax",
    lsr: "log-sum-relu", epan: "epanechnikov", sdm_circle: "sdm-circle"
};
def key: {eps: "epsilon", n: "order", r: "radius"}[.] // .;
def keys_of($name): to_entries | map(select(($name == "sdm_circle" and .key == "n") | not)
    | select((.key == "eps" and .value == 0 and ($name | startswith("inv"))) | not)
    | "\(.key | key)=\(.value)");
def typed($name; $more): (ours[$name] // $name) + (keys_of($name) + $more | if length > 0 then ":" + join(",") else "" end);
.groups[$group].cases[] | select(.id % 7 < 2) | . as $case | [
    .id,
    (.simpar | typed($case.sim; [])),
    (.seppar | typed($case.sep; if $case.sep == "entmax15" and ($case.seppar.alpha | not) then ["alpha=1.5"] else [] end)),
    .norm, (.tol32 // 0), (.status // ["OK", "OK", "OK", "OK", "OK"] | map(ascii_downcase | sub("_"; "-")) | join(" "))
] | @tsv
JQ

for group in pos signed bits; do
    jq -r --arg group "$group" "$filter" "$golden/golden.json" >"$work/cases" || fail "the manifest's group $group"
    header=$((10 + $(od -An -j8 -N2 -tu2 --endian=little "$golden/z_$group.npy")))
    bytes=$((queries * values * 8))
    while IFS=$'\t' read -r id similarity separation norm tolerance statuses; do
        arguments=(recall --memory "$golden/M_$group.npy" --values "$golden/P_$group.npy" --query "$golden/q_$group.npy"
            --similarity "$similarity" --separation "$separation" --out "$work/z.npy" --json)
        [[ $norm == sum ]] && arguments+=(--normalise-weights)
        run "$UHN" "${arguments[@]}"
        equal "$status" 0 "exit status of $group $id: $(<"$work/err")"
        equal "$(json '[.queries[].status] | join(" ")')" "$statuses" "statuses of $group $id, $similarity $separation"
        od -An -v -tf4 -w4 -j $(($(wc -c <"$work/z.npy") - queries * values * 4)) "$work/z.npy" >"$work/is"
        od -An -v -tf8 -w8 -j $((header + id * bytes)) -N "$bytes" "$golden/z_$group.npy" >"$work/should"
        paste "$work/is" "$work/should" | awk -v tolerance="$tolerance" '
            { nan = ($1 ~ /nan/) + ($2 ~ /nan/); off = $1 > $2 ? $1 - $2 : $2 - $1 }
            nan == 1 || (nan == 0 && !(off <= tolerance)) { print; bad = 1 }
            END { exit bad || NR != '$((queries * values))' }' >"$work/off" ||
            fail "answers of $group $id, $similarity $separation $norm: $(head -3 "$work/off" | tr '\n\t' '; ')"
        checks=$((checks + 1))
    done <"$work/cases"
done
checked=$((checks / 3))
[[ $checked -ge 200 ]] || fail "only $checked cases"
echo "$checked cases"
finish
