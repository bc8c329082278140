#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/with-isa.sh ISA PROGRAM…: runs the program on the kernels for ISA. Exit status 77, skipped: this machine cannot.

set -euo pipefail

export UHN_ISA=$1
shift
in_use=$("$UHN_COMMAND" info --json | jq -r .isa)
if [ "$in_use" != "$UHN_ISA" ]; then
    echo "this machine does not run $UHN_ISA" >&2
    exit 77
fi
exec "$@"
