#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The examples of README.md do what README.md says. Each is the fenced block after a line <!-- example: NAME -->, what
# it prints the one after <!-- output: NAME -->. What depends on the machine is not compared: seconds, and the last
# digits of a mean.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

# block KIND NAME: the lines of the fenced block.
block()
{
    awk -v marker="<!-- $1: $2 -->" '
        $0 == marker { wanted = 1; next }
        wanted && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$root/README.md"
}

# comparable: the last line of a text, up to what depends on the machine.
comparable()
{
    tail -n 1 | sed 's/, mean squared error .*//'
}

# says NAME: what the example has printed ends as README.md shows.
says()
{
    local shown
    shown=$(block output "$1" | comparable)
    [[ -n $shown ]] || fail "README.md has no output of the example $1"
    equal "$(comparable <"$work/out")" "$shown" "what the example $1 prints"
}

# example NAME: runs a shell example in $work as it stands.
example()
{
    local text
    text=$(block example "$1")
    checks=$((checks + 1))
    [[ -n $text ]] || fail "README.md has no example $1"
    run env -C "$work" PATH="$(dirname "$UHN"):$PATH" bash -euo pipefail -c "$text"
    [[ $status -eq 0 ]] || fail "the example $1 ended with $status: $(<"$work/err")"
    [[ ! -s $work/err ]] || fail "the example $1 wrote to stderr: $(<"$work/err")"
    says "$1"
}

# C, against the library that was just built.
build=${UHN_BUILD_DIR:?UHN_BUILD_DIR must name the build folder}
block example c >"$work/hello.c"
read -ra flags <<<"${CFLAGS:-}"
run "${CC:-cc}" ${flags[@]+"${flags[@]}"} -std=c11 -Wall -Wextra -Wpedantic -Werror "-I$root/include" \
    -o "$work/hello" "$work/hello.c" "-L$build" -luhn "-Wl,-rpath,$build"
equal "$status" 0 "the compiler's exit status"
[[ $status -eq 0 ]] || cat "$work/err"
run "$work/hello"
equal "$status" 0 "the exit status of the example in C"
equal "$(<"$work/out")" "$(block output c)" 'what the example in C prints'

# The command, under the name that users call it by.
[[ $(basename "$UHN") == uhn ]] || fail "UHN_COMMAND is $UHN, which no example would find"
example sh
for file in cues.npy recalled.npy sheet.png; do
    checks=$((checks + 1))
    [[ -s $work/$file ]] || fail "the example sh did not write $file"
done

example store

example tune
for file in noise/results.json noise/noise.svg noise/report.md; do
    checks=$((checks + 1))
    [[ -s $work/$file ]] || fail "the example tune did not write $file"
done

# The catalogue is the one that the command has.
for table in similarities separations presets corruptions experiments; do
    equal "$(sed -n "s/^| $table | \(.*\) |$/\1/p" "$root/README.md")" \
        "$("$UHN" list "$table" --names | paste -sd, | sed 's/,/, /g')" "README.md's $table"
done

images=${UHN_DATA:-$root/../shared/data}/mnist/t10k-images-idx3-ubyte.gz
if [[ -r $images ]]; then
    ln -s "$(realpath "$images")" "$work/"
    example mnist
elif [[ ${UHN_REQUIRE_DATA:-} == 1 ]]; then
    fail "$images is not there (set UHN_DATA)"
else
    echo "left out: the example with MNIST, whose $images is not there (set UHN_DATA)"
fi
finish
