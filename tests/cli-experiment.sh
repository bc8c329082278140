#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn experiment: what it writes, how it goes on, what it refuses.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

# 120 images of 6 × 6 pixels, from the digits of a few primes.
images=$work/data/squares.npy
mkdir "$work/data"
mapfile -t pixels < <(awk 'BEGIN { for (i = 1; i <= 4320; i++) print (i * i * 31 + i * 17 + int(i / 36) * 7919) % 256 }')
npy_uint8 "$images" '(120, 6, 6)' "${pixels[@]}"

# Figures want gnuplot; where it is missing the results are there all the same, and one sentence says so.
experiment()
{
    run "$UHN" experiment "$@"
    checks=$((checks + 1))
    if command -v gnuplot >/dev/null; then
        [[ $status -eq 0 && ! -s $work/err ]] || fail "uhn experiment $* ended with $status: $(<"$work/err")"
    else
        [[ $status -eq 1 && $(<"$work/err") == *gnuplot* ]] || fail "uhn experiment $*: $status: $(<"$work/err")"
    fi
}

# look FILTER FILE
look()
{
    jq -c -r "$1" "$2" || fail "jq $1 $2"
}

out=$work/noise
experiment noise --data "$images" --stored 20 --runs 2 --out "$out"
equal "$(look 'keys_unsorted | join(" ")' "$out/results.json")" \
    'experiment dataset protocol runs seed version x series baseline headline command isa threads seconds' 'keys'
equal "$(look '[.experiment,.dataset,.protocol,.runs,.seed,.x.name,(.x.values|length)]|map(tostring)|join("|")' \
    "$out/results.json")" 'noise|squares|uhn|2|1|noise σ (standard deviation)|8' 'what was measured'
equal "$(look '[.series[].criteria|keys|length]|unique|tostring' "$out/results.json")" '[5]' 'criteria of each series'
equal "$(look '.series[]|select(.kind=="learned" or .kind=="limit")|.name' "$out/results.json" | tr '\n' ' ')" \
    'learned limit ' 'the learned curve and the limit'
equal "$(look '[.series[],.baseline|.criteria[]|(.mean|length),(.sd|length)]|unique|tostring' "$out/results.json")" \
    '[8]' 'a number for each level'
equal "$(head -1 "$out/results.csv")" 'experiment,dataset,protocol,series,criterion,x,mean,sd' 'head of the CSV'
equal "$(wc -l <"$out/results.csv")" $((1 + 12 * 5 * 8)) 'rows of the CSV'
[[ -s $out/report.md && ! -e $out/cells ]] || fail 'report.md is missing, or cells are left'
if command -v gnuplot >/dev/null; then
    [[ -s $out/noise.svg ]] || fail 'the figure is missing'
fi

# The same again: nothing is measured twice, nothing changes.
cp "$out/results.json" "$work/before.json"
experiment noise --data "$images" --stored 20 --runs 2 --out "$out"
same "$out/results.json" "$work/before.json"

# An archive is what is in it. Its name is no UTF-8, which JSON has to be.
odd=$work/data/$(printf 'a\xff\xc3\xa9')
tar -C "$work/data" -czf "$odd.tar.gz" squares.npy
experiment noise --data "$odd.tar.gz" --stored 20 --runs 2 --out "$work/archive"
if command -v gnuplot >/dev/null; then
    iconv -f UTF-8 -t UTF-8 "$work/archive/noise.svg" >/dev/null || fail 'the figure is not UTF-8'
fi
same <(look '.series' "$work/archive/results.json") <(look '.series' "$out/results.json")
iconv -f UTF-8 -t UTF-8 "$work/archive/results.json" >"$work/utf8.json" || fail 'results.json is not UTF-8'
same "$work/archive/results.json" "$work/utf8.json"
equal "$(look .dataset "$work/archive/results.json")" "$(printf 'a\uFFFDé')" 'name of the data'
"$UHN" info --json "$odd.tar.gz" | iconv -f UTF-8 -t UTF-8 >"$work/utf8.json" || fail 'uhn info --json is not UTF-8'
equal "$(look .format "$work/utf8.json")" archive 'format'

# Interrupted: whatever was finished, the end is the same but for the seconds.
numbers='del(.seconds,.command,.threads)'
{ timeout -s KILL 0.1 "$UHN" experiment noise --data "$images" --stored 20 --runs 2 --out "$work/cut"; } 2>/dev/null
experiment noise --data "$images" --stored 20 --runs 2 --out "$work/cut" --threads 1
look "$numbers" "$work/before.json" >"$work/expected"
look "$numbers" "$work/cut/results.json" >"$work/is"
same "$work/expected" "$work/is"

# Killed while it wrote its first file: what is left of that is not in the way.
mkdir "$work/early" && touch "$work/early/.uhn-1-0.tmp"
experiment noise --data "$images" --stored 20 --runs 2 --out "$work/early" --threads 1
look "$numbers" "$work/early/results.json" >"$work/is"
same "$work/expected" "$work/is"

# The report's command is one that a shell takes.
experiment noise --data "$images" --stored 20 --runs 1 --out "$work/it's a folder"
command=$(grep '^    uhn experiment' "$work/it's a folder/report.md")
look "$numbers" "$work/it's a folder/results.json" >"$work/expected"
run env PATH="$(dirname "$UHN"):$PATH" bash -euo pipefail -c "$command --force"
look "$numbers" "$work/it's a folder/results.json" >"$work/is"
same "$work/expected" "$work/is"
equal "$(look .command "$work/it's a folder/results.json")" "${command#    } --force" 'the command in the results'

# The user's own curves.
experiment mask --data "$images" --stored 10 --runs 1 --out "$work/own" --similarity manhattan,minkowski:p=3 \
    --separation top-k-softmax:k=3,beta=2 --separation max --dataset mine
equal "$(look '[.series[].name]|join("|")' "$work/own/results.json")" \
    'manhattan top-k-softmax:k=3,beta=2|manhattan max|minkowski:p=3 top-k-softmax:k=3,beta=2|minkowski:p=3 max|learned|limit' \
    'the curves that were asked for'
equal "$(look .dataset "$work/own/results.json")" mine 'name of the data'
experiment capacity --protocol paper --data "$images" --stored 10 --runs 2 --out "$work/paper" --seed 7
equal "$(look '[.series[].name]|join(" ")' "$work/paper/results.json")" \
    'inverse-sqeuclidean inverse-manhattan normalised-dot kl reverse-kl jensen-shannon' 'curves of the paper'
equal "$(look '.x.values|tostring' "$work/paper/results.json")" '[2,5,10]' 'N up to what was asked for'

# The number of examples: as many as there are images besides those that are stored.
experiment learning --data "$images" --stored 65 --runs 2 --out "$work/learning"
equal "$(look '[.series[].name]|join("|")' "$work/learning/results.json")" \
    '8 bins|16 bins|32 bins|64 bins|128 bins|254 bins|manhattan|limit' 'curves of the study of learning'
equal "$(look '.x.values|tostring' "$work/learning/results.json")" '[5,10,50]' 'numbers of examples'
equal "$(grep -c 'standard error of learning' "$work/learning/report.md")" 1 'what the band is'

# All of them.
experiment suite --data "$images" --stored 10 --runs 2 --protocol paper --out "$work/suite" --format png
# (The paper does not learn.)
for name in $("$UHN" list experiments --names); do
    [[ $name == suite || $name == learning || $name == examples || -s $work/suite/$name/results.json ]] || fail "$name has no results"
done
[[ ! -e $work/suite/learning ]] || fail 'the paper has no experiment on learning'
[[ -s $work/suite/examples/noise.png && -s $work/suite/report.md ]] || fail 'no examples, or no report'

# What is refused.
refuses 2 'did you mean capacity?' -- experiment capacty --data "$images"
refuses 2 'did you mean suite?' -- experiment siute --data "$images"
refuses 2 'the name of an experiment is missing' -- experiment --data "$images"
refuses 2 '--data PATH is missing' -- experiment noise
refuses 2 "did you mean 'manhattan'?" -- experiment noise --data "$images" --similarity manhatan --out "$work/no"
refuses 2 '--separation' "did you mean 'softmax'?" -- experiment noise --data "$images" --separation sofmax --out "$work/no"
refuses 2 'a name is missing' -- experiment noise --data "$images" --similarity dot,,cosine
refuses 2 '--similarity: dot is named twice' -- experiment noise --data "$images" --similarity dot,cosine,dot
refuses 2 '--separation: max is named twice' -- experiment noise --data "$images" --separation max --separation max
refuses 2 "is not in the paper's code" -- experiment noise --protocol paper --data "$images" --similarity hamming
refuses 2 '--similarity table' -- experiment noise --data "$images" --similarity table
refuses 2 "--protocol is 'other', but must be uhn or paper" -- experiment noise --data "$images" --protocol other
refuses 2 'learning is not an experiment of the paper' -- experiment learning --protocol paper --data "$images"
refuses 1 '50 others are needed' -- experiment learning --stored 71 --data "$images" --out "$work/no"
refuses 1 '5 runs of 100 images need 500 images, but there are 120' -- experiment noise --data "$images" --out "$work/no"
refuses 1 '151 images, but there are 120' -- experiment mask --stored 101 --runs 1 --data "$images" --out "$work/no"
refuses 1 '5 runs of 1000 images need 5000 images' -- experiment suite --data "$images" --out "$work/no"
[[ ! -e $work/no ]] || fail 'a refused experiment left a folder'
refuses 1 "$work/none.npy" -- experiment noise --data "$work/none.npy" --out "$work/no"
refuses 1 "$out: holds an experiment with other options or data" -- \
    experiment noise --data "$images" --stored 20 --runs 2 --seed 2 --out "$out"
same "$out/results.json" "$work/before.json"
experiment noise --data "$images" --stored 20 --runs 2 --seed 2 --out "$out" --force
differ "$out/results.json" "$work/before.json"
# Two at once in a folder would mix their cells. The second is sent away, whatever it measures, and --force or not.
exec 9<"$out"
flock 9
cp "$out/results.json" "$work/before.json"
refuses 1 "$out: another experiment is being measured in it" -- \
    experiment noise --data "$images" --stored 20 --runs 2 --seed 3 --out "$out" --force
same "$out/results.json" "$work/before.json"
exec 9<"$work/suite/noise"
flock 9
refuses 1 "$work/suite/noise: another experiment is being measured in it" -- \
    experiment noise --data "$images" --stored 20 --runs 2 --protocol paper --out "$work/suite/noise"
exec 9<&-
refuses 1 "$work/data: holds files, but not of an experiment" -- \
    experiment noise --data "$images" --stored 20 --runs 2 --out "$work/data"
refuses 1 "$images" -- experiment noise --data "$images" --stored 20 --runs 2 --out "$images/x"
mapfile -t pixels < <(yes -- -1 | head -120)
npy_float "$work/signed.npy" '(60, 2)' "${pixels[@]}"
refuses 1 "$work/signed.npy" 'row 0, column 0 is -1' 'from 0 to 1' -- \
    experiment noise --data "$work/signed.npy" --stored 5 --runs 1 --out "$work/no"
finish
