#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# UHN_ISA: which kernels run, and that exact results are the same bits on all of them.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

m=$work/m.npy
q=$work/q.npy
{
    npy_header '|u1' '(600, 21)'
    # shellcheck disable=SC2059 # the format is the bytes
    printf "$(awk 'BEGIN {
        for (x = 1; n++ < 12600; x = x * 1103515245 % 2147483648 + 12345)
            printf "\\%03o", int(x / 8388608) % 256
    }')"
} >"$m"
"$UHN" corrupt --in "$m" --rows 100:140 --noise 0.2 --seed 3 --out "$q" || exit 1
"$UHN" corrupt --in "$m" --rows :10 --noise 0 --out "$work/plain.npy" || exit 1

# A name that is not there.
UHN_ISA=nonsense refuses 2 'UHN_ISA=nonsense is not an instruction set that this machine runs: baseline' -- \
    recall --memory "$m" --query "$q"
UHN_ISA=nonsense refuses 2 UHN_ISA=nonsense -- recall --memory "$m" --query "$q" --preset hopfield
UHN_ISA='' uhn recall --memory "$m" --query "$q" --query-rows :1 --separation max --out "$work/z.npy"
IFS=', ' read -ra names <<<"$(UHN_ISA=nonsense "$UHN" recall --memory "$m" --query "$q" 2>&1 | sed 's/.*: //')"
echo "this machine runs ${names[*]}"
for isa in "${names[@]}"; do
    UHN_ISA=$isa uhn info --json
    equal "$(json .isa)" "$isa" 'the set that was asked for'
done
uhn info --json
equal "$(json .isa)" "$(UHN_ISA='' "$UHN" info --json | jq -r .isa)" 'the set without UHN_ISA, or with an empty one'

# close FILE FILE: the numbers differ by a hundredth of the first at most: twice what docs/mathematics.md, section 12,
# grants to weights of softmax.
close()
{
    checks=$((checks + 1))
    paste -d ' ' <(npy_floats "$1" | tr ' ' '\n') <(npy_floats "$2" | tr ' ' '\n') |
        awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 0.016 * $1 + 1e-6) bad++ } END { exit !(NR > 0 && !bad) }' ||
        fail "$1 and $2 are not near each other"
}

# The first name is the reference for the others. Logarithms may differ in their last bits: they are left out.
for similarity in dot cosine correlation sqeuclidean euclidean manhattan chebyshev inverse-manhattan; do
    for separation in max k-winners:k=5 sparsemax:beta=3 polynomial softmax; do
        query=$q
        [[ $separation == sparse* ]] && query=$work/plain.npy
        for isa in "${names[@]}"; do
            UHN_ISA=$isa uhn recall --memory "$m" --query "$query" --similarity "$similarity" \
                --separation "$separation" --out "$work/$isa.npy"
            if [[ $separation == softmax ]]; then
                close "$work/${names[0]}.npy" "$work/$isa.npy"
            else
                same "$work/${names[0]}.npy" "$work/$isa.npy"
            fi
        done
    done
done
finish
