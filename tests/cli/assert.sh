# SPDX-License-Identifier: MIT
#
# What the tests of the command share; sourced. UHN_COMMAND is the command, UHN_SOURCE_DIR the root of the sources.
# A test ends with `finish`, whose exit status is the test.
# shellcheck shell=bash

set -u
export LC_ALL=C.UTF-8

UHN=${UHN_COMMAND:?UHN_COMMAND must name the command to test}
# shellcheck disable=SC2034 # used by the tests
root=${UHN_SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
checks=0

fail()
{
    failures=$((failures + 1))
    printf 'FAIL (line %s): %s\n' "${BASH_LINENO[-2]}" "$*" # the line of the test itself
}

# run COMMAND…: runs it; $status, and its streams in $work/out and $work/err.
run()
{
    "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# uhn ARGUMENTS…: must work and say nothing on stderr.
uhn()
{
    run "$UHN" "$@"
    checks=$((checks + 1))
    [[ $status -eq 0 ]] || fail "uhn $* ended with $status: $(<"$work/err")"
    [[ ! -s $work/err ]] || fail "uhn $* wrote to stderr: $(<"$work/err")"
}

# refuses STATUS TEXT… -- ARGUMENTS…: `uhn ARGUMENTS` must end with STATUS, print nothing on stdout, and say on stderr
# one line that starts with "uhn" and contains every TEXT.
refuses()
{
    local wanted=$1 texts=() text
    shift
    while [[ $1 != -- ]]; do
        texts+=("$1")
        shift
    done
    shift
    run "$UHN" "$@"
    checks=$((checks + 1))
    [[ $status -eq $wanted ]] || fail "uhn $* ended with $status, not $wanted: $(<"$work/err")"
    [[ ! -s $work/out ]] || fail "uhn $* wrote to stdout although it failed"
    [[ $(wc -l <"$work/err") -eq 1 ]] || fail "uhn $*: not one line on stderr: $(<"$work/err")"
    [[ $(<"$work/err") == uhn* ]] || fail "uhn $*: the sentence does not say who speaks: $(<"$work/err")"
    for text in "${texts[@]}"; do
        [[ $(<"$work/err") == *"$text"* ]] || fail "uhn $*: '$text' is not in: $(<"$work/err")"
    done
}

# prints TEXT…: the last stdout contains every TEXT.
prints()
{
    local text
    for text in "$@"; do
        checks=$((checks + 1))
        grep -qF -- "$text" "$work/out" || fail "'$text' is not in the output: $(head -c 600 "$work/out")"
    done
}

# equal IS SHOULD WHAT
equal()
{
    checks=$((checks + 1))
    [[ $1 == "$2" ]] || fail "$3: is '$1', should be '$2'"
}

# same FILE FILE: equal bytes.
same()
{
    checks=$((checks + 1))
    cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# differ FILE FILE
differ()
{
    checks=$((checks + 1))
    cmp -s "$1" "$2" && fail "$1 and $2 are equal"
}

# json FILTER: what jq makes of the last stdout; the whole of it must be JSON.
json()
{
    jq -c -r "$1" "$work/out" || fail "jq $1: no such JSON: $(head -c 300 "$work/out")"
}

command -v jq >/dev/null || {
    echo 'these tests need jq (Debian: jq)'
    exit 1
}

finish()
{
    echo "$checks checks, $failures failures"
    [[ $checks -gt 0 && $failures -eq 0 ]]
    exit
}
