# SPDX-License-Identifier: MIT
#
# Faults in a command, for the tests that inject them; sourced after assert.sh. Who uses it gives $title and the array
# arguments, start_over(), which makes things as they were, and check_end(), which looks at what a fault ($1) left.
# shellcheck shell=bash

# shellcheck disable=SC2154
[[ -n ${UHN_FAULT_SHIM:-} ]] || { echo 'skipped: no shim for this build'; exit 77; }
faults=0

# attempt PREFIX… -- ARGUMENTS…: runs the command; $status and $sentence.
attempt()
{
    local prefix=()
    while [[ $1 != -- ]]; do
        prefix+=("$1")
        shift
    done
    shift
    sentence=$("${prefix[@]}" "$UHN" "$@" 2>&1 >/dev/null </dev/null)
    status=$?
    sentence=${sentence#$'\n'} # libgomp, which ends the program when its memory lacks, starts with one
}

# What has to be so after a fault, $1: exit status 1 and one sentence, or it worked.
check_sentence()
{
    checks=$((checks + 1))
    faults=$((faults + 1))
    case $status in
    0) [[ -z $sentence || $sentence == *gnuplot* ]] || fail "$title: $1: it worked, but says: $sentence" ;;
    1) [[ $sentence == uhn* || $sentence == *libgomp:* ]] || fail "$title: $1: says: $sentence"
        [[ $(wc -l <<<"$sentence") -eq 1 ]] || fail "$title: $1: more than one line: $sentence" ;;
    *) fail "$title: $1: ended with $status: $sentence" ;;
    esac
}

# each KIND: the k-th call of the kind fails.
each()
{
    local k=1
    for (( ; ; k += (k < 16 || ${UHN_TEST_ALL:-0}) ? 1 : 1 + k / 4)); do
        start_over
        attempt env LD_PRELOAD="$UHN_FAULT_SHIM" UHN_FAULT="$1:$k" UHN_FAULT_MARK="$work/mark" -- "${arguments[@]}"
        [[ -e $work/mark ]] || break
        check_end "$1 $k"
        [[ $failures -lt 10 ]] || break
    done
    ((k > 3)) || fail "$title: only $((k - 1)) calls of the kind $1"
    [[ $status -eq 0 ]] || fail "$title: without a fault: $sentence"
}

# No file may have more than so many bytes, up to where it works.
each_size()
{
    local size=0
    while :; do
        start_over
        attempt prlimit --fsize=$size -- "${arguments[@]}"
        [[ $status -ne 0 ]] || break
        check_end "files of at most $size bytes"
        [[ $failures -lt 10 ]] || break
        size=$((size + 1 + size / 3))
    done
    ((size > 0)) || fail "$title: wrote nothing"
}
