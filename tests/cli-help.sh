#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The help texts: there for every command, complete, and in step with the man page.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

options_in_help()
{
    sed -n 's/^  \(--[a-z-]*\).*/\1/p' "$1"
}

uhn --version
equal "$(<"$work/out")" "uhn $(sed -n 's/^#define UHN_VERSION "\(.*\)"/\1/p' "$root/include/uhn/uhn.h")" version
uhn help
cp "$work/out" "$work/overview"
uhn --help
same "$work/out" "$work/overview"
uhn -h
same "$work/out" "$work/overview"

commands=$(sed -n '/^commands$/,/^$/ s/^  \([a-z]*\) .*/\1/p' "$work/overview")
for command in recall landscape basins corrupt experiment demo list info help; do
    [[ " ${commands//$'\n'/ } " == *" $command "* ]] || fail "$command is not in the overview"
done

# An escape in the man page stands for one dash of the two: .Fl -memory. Cm and Fl rows may hold several.
tr ' ' '\n' <"$root/docs/uhn.1" | sed -n 's/^-\([a-z-]*\).*/--\1/p' | sort -u >"$work/man"

for command in $commands; do
    uhn help "$command"
    cp "$work/out" "$work/help"
    uhn "$command" --help
    same "$work/out" "$work/help"
    prints "usage: uhn $command" --help example
    grep -q "^  uhn $command" "$work/help" || fail "the help of $command has no example that begins with it"
    [[ $(wc -L <"$work/help") -le 80 ]] || fail "the help of $command is wider than a page"
    for option in $(options_in_help "$work/help"); do
        [[ $option == --help || $command == demo ]] || grep -qx -- "$option" "$work/man" ||
            fail "$option of uhn $command is not in the man page"
    done
    # What the help lists is what the parser knows.
    for option in $(options_in_help "$work/help"); do
        run "$UHN" "$command" "$option" --help # which keeps it from doing its work
        grep -q 'unknown option' "$work/err" && fail "uhn $command does not know its own $option"
    done
done

# Every option that the source has a row for is in the help.
uhn help recall
while read -r option; do
    prints "  --$option"
done < <(sed -n 's/^ *ROW("\([a-z-]*\)".*/\1/p' "$root/cli/recall_options.c")
for table in similarities separations presets; do
    "$UHN" list "$table" --names >"$work/names"
    uhn help recall
    while read -r name; do
        grep -qE "^  $name( |\$)" "$work/out" || fail "$name is not in the help of recall"
    done <"$work/names"
done
uhn help corrupt
for name in $("$UHN" list corruptions --names); do
    prints "  --$name LEVEL"
done

if command -v groff >/dev/null; then
    groff -mdoc -ww -z -Tutf8 -K utf8 "$root/docs/uhn.1" >"$work/groff" 2>&1
    [[ ! -s $work/groff ]] || fail "the man page has warnings: $(<"$work/groff")"
fi
finish
