#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The demonstration: what it writes, that its table is true, and pictures in a terminal only.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

uhn demo --out "$work/a/b"
cp "$work/out" "$work/table"
prints hopfield dam mchn sqeuclidean manhattan 'noise 0.6' 'mask 0.5' 'random-mask 0.6' "$work/a/b/contact-sheet.png"
grep -q $'\033' "$work/out" && fail 'there are colour codes although nobody watches'
for file in glyphs.npy cues-noise.npy cues-mask.npy cues-random-mask.npy contact-sheet.png; do
    [[ -s $work/a/b/$file ]] || fail "$file was not written"
done
equal "$(find "$work/a/b" -type f | wc -l)" 5 'number of files'
equal "$(wc -c <"$work/a/b/cues-mask.npy")" $((128 + 100 * 784 * 4)) 'size of the cues'

# exact METHOD KIND: the number in the table; kinds are columns 1, 4 and 7.
exact()
{
    awk -v method="$1" -v column="$(($2 * 3 + 2))" '$1 == method && NF == 10 && $2 ~ /^[0-9]+$/ { print $column }' "$work/table"
}
for method in hopfield dam mchn sqeuclidean manhattan; do
    for kind in 0 1 2; do
        [[ $(exact "$method" "$kind") -le 100 ]] || fail "the table has no number for $method"
    done
done
[[ $(exact manhattan 0) -ge 65 ]] || fail 'manhattan does not see through noise'
[[ $(exact dam 0) -ge 80 ]] || fail 'a dense associative memory does not see through noise'
[[ $(exact mchn 2) -ge 50 ]] || fail 'dot products are led astray by missing pixels'
[[ $(exact hopfield 0) -le 20 ]] || fail 'a Hopfield network holds more than it can'

# The same again by the commands that users have.
uhn corrupt --in "$work/a/b/glyphs.npy" --rows 0:100 --noise 0.6 --out "$work/cues.npy"
same "$work/cues.npy" "$work/a/b/cues-noise.npy"
uhn recall --memory "$work/a/b/glyphs.npy" --query "$work/cues.npy" --json --out "$work/z.npy"
best=$(json '[.queries | to_entries[] | select(.key == .value.best)] | length')
[[ $best -ge $(exact manhattan 0) ]] || fail "by hand manhattan finds $best" # what is exact is found

# In a terminal, with as many colours as it has. Threads change nothing, seeds everything.
in_terminal()
{
    local settings=() folder=$1
    shift
    while [[ $1 == *=* ]]; do
        settings+=("$1")
        shift
    done
    env -u NO_COLOR -u COLORTERM "${settings[@]}" script -qec "'$UHN' demo --out '$folder' $*" /dev/null \
        >"$work/out" </dev/null
}
in_terminal "$work/c" TERM=xterm COLORTERM=truecolor --threads 3
prints ▀ original cue $'\033[38;2;255;255;255m'
for file in glyphs.npy cues-noise.npy cues-mask.npy cues-random-mask.npy contact-sheet.png; do
    same "$work/a/b/$file" "$work/c/$file"
done
in_terminal "$work/d" TERM=xterm-256color --seed 2
prints ▀ $'\033[38;5;255m'
differ "$work/a/b/glyphs.npy" "$work/d/glyphs.npy"
in_terminal "$work/e" TERM=xterm-256color NO_COLOR=1 --seed 1
prints ▀ █
grep -q $'\033' "$work/out" && fail 'colours although NO_COLOR is set'

refuses 2 --seeds -- demo --seeds 1
refuses 2 --threads -- demo --threads -1
refuses 1 "$work/z.npy" 'Not a directory' -- demo --out "$work/z.npy/below"
refuses 1 "$work/z.npy" -- demo --out "$work/z.npy"
mkdir -p "$work/blocked/glyphs.npy"
refuses 1 "$work/blocked/glyphs.npy" 'Is a directory' -- demo --out "$work/blocked"
finish
