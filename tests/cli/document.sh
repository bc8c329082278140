# SPDX-License-Identifier: MIT
#
# Examples in a document, run as they stand; sourced after assert.sh. Each is the fenced block after a line
# <!-- example: NAME -->, what it prints the one after <!-- output: NAME -->. The test sets `document`, and
# comparable(), which keeps of a text what does not depend on the machine.
# shellcheck shell=bash

# block KIND NAME: the lines of the fenced block.
block()
{
    awk -v marker="<!-- $1: $2 -->" '
        $0 == marker { wanted = 1; next }
        wanted && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$document"
}

# says NAME: what the example has printed is what the document shows.
says()
{
    local shown
    shown=$(block output "$1" | comparable)
    [[ -n $shown ]] || fail "$document has no output of the example $1"
    equal "$(comparable <"$work/out")" "$shown" "what the example $1 prints"
}

# example NAME: runs a shell example in $work as it stands.
example()
{
    local text
    text=$(block example "$1")
    checks=$((checks + 1))
    [[ -n $text ]] || fail "$document has no example $1"
    run env -C "$work" PATH="$(dirname "$UHN"):$PATH" bash -euo pipefail -c "$text"
    [[ $status -eq 0 ]] || fail "the example $1 ended with $status: $(<"$work/err")"
    [[ ! -s $work/err ]] || fail "the example $1 wrote to stderr: $(<"$work/err")"
}
