#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The examples of README.md do what README.md says. What depends on the machine is not compared: seconds, and the last
# digits of a mean.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/document.sh
source "$(dirname "$0")/cli/document.sh"

# comparable: the last line of a text, up to what depends on the machine.
comparable()
{
    tail -n 1 | sed 's/, mean squared error .*//'
}

document=$root/README.md

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
says sh
for file in cues.npy recalled.npy sheet.png; do
    checks=$((checks + 1))
    [[ -s $work/$file ]] || fail "the example sh did not write $file"
done

example store

example tune
says tune
for file in noise/results.json noise/noise.svg noise/report.md; do
    checks=$((checks + 1))
    [[ -s $work/$file ]] || fail "the example tune did not write $file"
done

example dynamics
says dynamics
checks=$((checks + 1))
[[ -s $work/energy.svg ]] || fail 'the example dynamics did not write energy.svg'

# The catalogue is the one that the command has.
for table in similarities separations presets corruptions experiments additive lagrangians integrators; do
    equal "$(sed -n "s/^| $table | \(.*\) |$/\1/p" "$root/README.md")" \
        "$("$UHN" list "$table" --names | paste -sd, | sed 's/,/, /g')" "README.md's $table"
done

images=${UHN_DATA:-$root/../shared/data}/mnist/t10k-images-idx3-ubyte.gz
if [[ -r $images ]]; then
    ln -s "$(realpath "$images")" "$work/"
    example mnist
    says mnist
elif [[ ${UHN_REQUIRE_DATA:-} == 1 ]]; then
    fail "$images is not there (set UHN_DATA)"
else
    echo "left out: the example with MNIST, whose $images is not there (set UHN_DATA)"
fi
finish
