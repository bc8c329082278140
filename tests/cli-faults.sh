#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The k-th allocation, the k-th read and the k-th write of a command fail, for k = 1, 2, … until the command works; then
# every file may grow to so many bytes and no further. Each time: exit status 1 and one sentence, or it worked after all;
# every file that it writes is the old one or the whole new one; nothing else is left. An experiment that was stopped so
# goes on, to the same results. UHN_TEST_ALL=1: every k; else all up to 16, and then ever fewer.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"
# shellcheck source=tests/cli/faults.sh
source "$(dirname "$0")/cli/faults.sh"

# 24 images of 6 × 6, as an array, gzipped, and as a folder of pictures.
mapfile -t pixels < <(awk 'BEGIN { for (i = 1; i <= 864; i++) print (i * i * 31 + i * 17 + int(i / 36) * 7919) % 256 }')
npy_uint8 "$work/m.npy" '(24, 6, 6)' "${pixels[@]}"
gzip -n <"$work/m.npy" >"$work/m.npy.gz"
mkdir "$work/images"
for i in 0 1 2; do
    uhn corrupt --in "$work/m.npy" --rows $i:$((i + 1)) --mask 0 --out "$work/images/$i.png"
done

# Figures are drawn by another program; here one that is quick.
mkdir "$work/bin"
printf '#!/bin/sh\necho "<svg><title>a</title><desc>b</desc></svg>"\n' >"$work/bin/gnuplot"
chmod +x "$work/bin/gnuplot"
export PATH="$work/bin:$PATH" OMP_NUM_THREADS=1

# The commands that write: a name, the files that it writes into $out, its arguments.
out=$work/out
commands=(
    "recall|z.npy s.png t.npy|recall --memory $work/m.npy --query $work/m.npy --query-rows 0:2 --iterate 2 --json
        --out $out/z.npy --sheet $out/s.png --trajectory $out/t.npy"
    "recall from images|z.png|recall --memory $work/images --query $work/images/1.png --separation max --top-k 2
        --out $out/z.png"
    "recall by kl|z.npy|recall --memory $work/m.npy.gz --query $work/m.npy --similarity kl --separation max
        --out $out/z.npy"
    "corrupt|c.npy|corrupt --in $work/m.npy.gz --noise 0.5 --out $out/c.npy"
    "corrupt to pictures|c.png|corrupt --in $work/images --mask 0.5 --out $out/c.png"
    "learn|t.npy|learn --data $work/m.npy --noise 0.5 --examples 6 --bins 4 --json --out $out/t.npy"
    "tune|n.npy|tune --data $work/m.npy --mask 0.5 --stored 8 --queries 3 --examples 4 --json --out $out/n.npy"
    "dynamics|z.npy|dynamics --memory $work/m.npy --query $work/m.npy --query-rows 0:2 --steps 3 --json --out $out/z.npy"
    "experiment||experiment noise --protocol paper --data $work/m.npy --stored 4 --runs 1 --out $out"
)

# What an experiment found, without what it took.
findings()
{
    jq -c 'del(.seconds, .command)' "$1/results.json"
}

start_over()
{
    rm -rf "$out" "$work/mark"
    mkdir "$out"
    local file
    for file in $files; do
        echo "what was there before, in $file" >"$out/$file"
    done
}

# Nothing half-written, nothing left over.
check_files()
{
    local file name
    for file in "$out"/* "$out"/.[!.]* "$out"/cells/.[!.]*; do
        [[ -e $file ]] || continue
        name=${file#"$out"/}
        [[ $name != *.tmp ]] || fail "$title: $1: left $name behind"
        [[ -n $files && -f $file ]] || continue
        cmp -s "$file" "$work/whole/$name" || [[ $(<"$file") == "what was there before, in $name" ]] ||
            fail "$title: $1: $name is neither the old nor the new file"
    done
    for name in $files; do
        [[ -e $out/$name ]] || fail "$title: $1: $name is gone"
    done
}

# The command has ended; $1 says what failed.
check_end()
{
    check_sentence "$1"
    check_files "$1"
    if [[ $status -eq 0 && -n $files ]]; then
        for name in $files; do
            cmp -s "$out/$name" "$work/whole/$name" || fail "$title: $1: it worked, but $name differs"
        done
    fi
    if [[ -z $files && $failures -eq 0 ]]; then # the experiment goes on
        attempt -- "${arguments[@]}"
        [[ $status -eq 0 ]] || fail "$title: $1: does not go on: $sentence"
        [[ $(findings "$out") == "$whole" ]] || fail "$title: $1: other results after it went on"
    fi
}

for command in "${commands[@]}"; do
    IFS='|' read -r -d '' title files line <<<"$command"
    read -r -d '' -a arguments <<<"$line"
    before=$faults
    start_over
    attempt -- "${arguments[@]}"
    [[ $status -eq 0 ]] || fail "$title: ended with $status: $sentence"
    rm -rf "$work/whole" && cp -r "$out" "$work/whole"
    [[ -n $files ]] || whole=$(findings "$out")
    for kind in memory read write; do
        each $kind
    done
    each_size
    echo "$title: $((faults - before)) faults"
done
finish
