#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The command and the shared library are hardened: what the linker has written down, and what the compiler has put in.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"

[[ ${UHN_HARDENED:-} == 1 ]] || { echo 'skipped: this build is not one that users get'; exit 77; }

# has FILE WHAT PATTERN TEXT: TEXT, which was read from FILE, has a line like PATTERN.
has()
{
    checks=$((checks + 1))
    grep -qE "$3" <<<"$4" || fail "$1 lacks $2"
}

for file in "$UHN" "$UHN_BUILD_DIR"/libuhn.so; do
    headers=$(readelf -hlW "$file")
    dynamic=$(readelf -dW "$file")
    symbols=$(readelf --dyn-syms -W "$file")
    code=$(objdump -d --no-show-raw-insn "$file")
    has "$file" 'an address of its own in each run (PIE)' 'Type: +DYN' "$headers"
    has "$file" 'read-only relocations (RELRO)' 'GNU_RELRO' "$headers"
    has "$file" 'a stack that holds no code' 'GNU_STACK .* RW ' "$headers"
    has "$file" 'binding at start (BIND_NOW)' 'BIND_NOW|FLAGS_1.*NOW' "$dynamic"
    has "$file" 'stack protectors' '__stack_chk_fail' "$symbols"
    has "$file" 'checked calls (_FORTIFY_SOURCE)' '__[a-z]+_chk@' "$symbols"
    if [[ $(uname -m) == x86_64 ]]; then
        has "$file" 'marked targets of indirect jumps (-fcf-protection)' 'endbr64' "$code"
        has "$file" 'probes of large stack frames (-fstack-clash-protection)' 'orq +\$0x0,\(%rsp\)|orq +\$0x0,0x[0-9a-f]+\(%rsp\)' "$code"
    fi
done
has "$UHN" 'the flag of a PIE' 'FLAGS_1.*PIE' "$(readelf -dW "$UHN")"
finish
