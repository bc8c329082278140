#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn store and what is around it: an output that cannot be written, lists from pipes, labels on a terminal, results that
# would take the place of others, other writers, and what a killed create has left.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

s=$work/store
m=$work/m.npy
one=$work/one.npy
npy_float "$m" '(4, 4)' 1 0 0 0 0 1 0 0 0 0 1 1 1 1 0 0
npy_float "$one" '(1, 4)' 2 2 2 2
uhn store create "$s" --dim 4

# shell COMMANDS: runs them, "$@" in them being the command and what follows; streams and status as those of run.
shell()
{
    run bash -c "$1" bash "$UHN" "${@:2}"
}

rows()
{
    "$UHN" store info "$s" --json | jq .rows
}

# What has been stored stays told as stored, whatever becomes of the words about it; the change is made once.
lasts()
{
    equal "$status" 0 "the exit status of a change that cannot be told: $1"
    equal "$(wc -l <"$work/err")" 1 "lines about it: $1"
    grep -q '^uhn store: the change is in the store, but the standard output cannot be written: .' "$work/err" ||
        fail "$1: says: $(<"$work/err")"
}
if [[ -w /dev/full ]]; then
    shell '"$@" >/dev/full' store add "$s" --memory "$one" --json
    lasts /dev/full
    equal "$(rows)" 1 'rows after an add whose output is full'
fi
before=$(rows)
shell '"$@" >&-' store add "$s" --memory "$one" --json
lasts 'a closed output'
equal "$(rows)" $((before + 1)) 'rows after an add whose output is closed'
for change in "update $s --memory $one --id 0" "remove $s --id 0" "compact $s" "create $work/closed --dim 4"; do
    # shellcheck disable=SC2086
    shell '"$@" >&-' store $change
    equal "$status$(<"$work/err")" 0 "a closed output that nothing is written to: $change"
done
shell '"$@" >&-' store info "$s"
equal "$status" 1 'the exit status of info whose output is closed'
shell '"$@" >&-' store add "$s" --memory "$work/none.npy" --json
equal "$status" 1 'the exit status of an add that fails, its output closed'

# Lists of lines from pipes and from the standard input.
s=$work/piped
uhn store create "$s" --dim 4
shell 'printf "a\n\nc\nd\n" | "$@" --labels - --ids <(seq 11 14)' store add "$s" --memory "$m"
equal "$status$(<"$work/err")" 0 'labels from the standard input and ids from a pipe'
uhn store list "$s"
equal "$(<"$work/out")" $'0\t11\ta\n1\t12\t\n2\t13\tc\n3\t14\td' 'what came through pipes'
shell 'seq 12 2 14 | "$@" --ids /dev/stdin' store get "$s"
equal "$(<"$work/out")" $'12\t\t0 1 0 0\n14\td\t1 1 0 0' 'get with ids from /dev/stdin'
mkfifo "$work/fifo"
shell "seq 13 14 >'$work/fifo' & \"\$@\" --ids '$work/fifo'; code=\$?; wait; exit \$code" store remove "$s"
equal "$status$(<"$work/err")" 0 'ids from a named pipe'
shell 'seq 100000 120000 | sed "s/$/_____________________________/" | "$@" --ids -' store remove "$s"
grep -q "^uhn store: -: line 1 is '100000_" "$work/err" || fail "ids that are none: $(<"$work/err")"
# more than one piece, each line whole
shell 'seq 100000 | "$@" --ids -' store get "$s"
equal "$(<"$work/err")" "uhn store: $s: there is no memory with id 1" 'many ids'
shell 'seq 100000 | sed "77777s/.*/x/" | "$@" --ids -' store get "$s"
equal "$(<"$work/err")" "uhn store: -: line 77777 is 'x', but ids are whole numbers below 2^63" 'a wrong id among many'
refuses 1 '/dev/zero: not text, one item a line' -- store get "$s" --ids /dev/zero
shell 'yes 1 | "$@"' --max-bytes 200K store get "$s" --ids -
equal "$status$(<"$work/err")" '1uhn store: -: holds more than the limit of 204800 bytes' 'a pipe without end'
seq 11 40000 >"$work/many"
refuses 1 "$work/many: holds more than the limit of 1024 bytes" -- --max-bytes 1K store get "$s" --ids "$work/many"

# A label does nothing to a terminal and has no columns; JSON and files have it as it is. Values are told.
s=$work/labelled
label=$'\033[31mred\ttab\302\233bell\a\177ü'
printf '%s\n' "$label" >"$work/label"
npy_float "$work/value.npy" '(1, 2)' 0.5 3
uhn info "$m"
prints 'labels   no'
uhn store create "$s" --dim 4 --values 2
uhn store add "$s" --memory "$one" --values "$work/value.npy"
uhn info "$s" --json
equal "$(json .labels)" null 'a store without labels'
uhn store add "$s" --memory "$one" --values "$work/value.npy" --labels "$work/label"
uhn store list "$s"
equal "$(<"$work/out")" $'0\t0\t\n1\t1\t?[31mred?tab??bell??ü' 'a label in text'
uhn store get "$s" --id 1
equal "$(<"$work/out")" $'1\t?[31mred?tab??bell??ü\t2 2 2 2\t0.5 3' 'a label and a value in text'
uhn store get "$s" --id 1 --json
equal "$(json '.[0].label')" "$label" 'a label in JSON'
uhn store export "$s" --out "$work/e.npy" --labels "$work/e.labels"
equal "$(tail -1 "$work/e.labels")" "$label" 'a label in a file'
uhn info "$s"
prints 'labels   1 text'
uhn info "$s" --json
equal "$(json .labels)" 1 'labels of a store in JSON'
head -c 1025 /dev/zero | tr '\0' x >"$work/long"
refuses 1 "uhn store: $work/long: line 1 has more than the 1024 bytes of a label" -- \
    store add "$s" --memory "$one" --values "$work/value.npy" --labels "$work/long"

# No result takes the place of a file of the store, or of another result.
contents() { cksum "$s"/*.mdb && ls "$s"; }
contents >"$work/sums"
ln -s labelled "$work/link"
cd "$work" || exit 1
for path in labelled/data-1.mdb ./labelled/../labelled/lock "$s/new.npy" link/new.npy; do
    refuses 2 "$path is in the folder of the store" -- store export "$s" --out "$path"
    refuses 2 "$path is in the folder of the store" -- store get link --id 1 --out "$path"
    refuses 2 "$path is in the folder of the store" -- store export labelled/ --out x.npy --ids "$path"
done
touch labelled-not
uhn store export "$s" --out labelled-not
contents | cmp - "$work/sums" || fail 'a refused export has changed the store'
refuses 2 'x is named for two of --out, --values, --ids and --labels' -- store export "$s" --out x --ids x
refuses 2 './x is named for two of' -- store export "$s" --out y --values ./x --labels "$work/x"
touch z
ln -s z zz
refuses 2 'z is named for two of' -- store export "$s" --out z --labels zz
[[ ! -e x && ! -e x.npy && ! -e y && ! -s z ]] || fail 'a refused export has written something'
cd - >/dev/null || exit 1

# Who waits for another writer says so, and goes on.
exec 9<"$s/lock"
flock 9
"$UHN" store remove "$s" --id 0 >"$work/removed" 2>"$work/waits" 9<&- &
writer=$!
for ((i = 0; i < 600; i++)); do
    [[ ! -s $work/waits ]] || break
    sleep 0.1
done
equal "$(<"$work/waits")" "uhn store: waiting for another writer of $s" 'what a writer says that waits'
uhn store list "$s" # readers do not wait
equal "$(wc -l <"$work/out")" 2 'rows before the other has ended'
exec 9<&-
wait $writer
equal $? 0 'the exit status of a writer that has waited'
uhn store list "$s"
equal "$(wc -l <"$work/out")" 1 'rows after it'

# What a create leaves that is killed does not hinder the next; anything else does.
mkdir "$work/killed" "$work/other"
head -c 5000 /dev/zero >"$work/killed/data-1.mdb.tmp"
uhn store create "$work/killed" --dim 4
uhn store add "$work/killed" --memory "$m"
uhn store verify "$work/killed"
refuses 1 'is there already' -- store create "$work/killed" --dim 4
touch "$work/other/data-1.mdb.tmp" "$work/other/data-2.mdb.tmp"
refuses 1 'is there already' -- store create "$work/other" --dim 4
mkdir "$work/making"
exec 9<"$work/making"
flock 9
refuses 1 'is there already' -- store create "$work/making" --dim 4
[[ -d $work/making ]] || fail 'a refused create has removed the folder of another'
exec 9<&-
uhn store create "$work/making" --dim 4

# Whole numbers are told as such.
# help COMMAND: what it prints, as one line.
help()
{
    "$UHN" help "$1" | tr -s ' \n' ' ' >"$work/out"
}
help store
prints '1 to 1073741824.' 'below 2^63. 0 or more.' 'a pipe'
refuses 2 '--dim is 1073741825, but must lie between 1 and 1073741824' -- store create "$work/none" --dim 1073741825
refuses 1 'there is no memory with id 9223372036854775808' -- store get "$s" --id 9223372036854775808
help bench
prints '1 to 4000000000.'
finish
