#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Files that decode to more than is allowed are refused, and --max-bytes changes what is allowed.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

# 100 MB of zeros as 100 KB of gzip; an image of 65,535 × 65,535 pixels as some bytes of PNG.
{ printf '\x93NUMPY\x01\x00\x76\x00' && printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (1000, 100000), }" &&
    head -c 100000000 /dev/zero; } | gzip >"$work/bomb.npy.gz"
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\0\0\0\0\x93\x6e\x86\x8c\0\0\0\0IDAT\x35\xaf\x06\x1e' >"$work/bomb.png"

uhn info "$work/bomb.npy.gz"
refuses 1 "$work/bomb.npy.gz: decodes to more than the limit of 1048576 bytes" -- \
    --max-bytes 1M info "$work/bomb.npy.gz"
uhn --max-bytes 1G info "$work/bomb.npy.gz"
refuses 1 "$work/bomb.png: the header says 65535 × 65535 pixels, more than" -- info "$work/bomb.png"
UHN_MAX_BYTES=1K refuses 1 'the limit of 1024 bytes' -- info "$work/bomb.npy.gz"

# A plain file may not be longer either.
npy_float "$work/m.npy" '(3, 4)' 1 0 0 0 0 1 0 0 0 0 1 1
refuses 1 "$work/m.npy: holds more than the limit of 100 bytes" -- \
    --max-bytes 100 recall --memory "$work/m.npy" --query "$work/m.npy" --out "$work/z.npy"
uhn --max-bytes 176 recall --memory "$work/m.npy" --query "$work/m.npy" --out "$work/z.npy"

# Mistakes.
for text in '' 0 -1 x 1x 1KB 99999999999999999999 99999999T; do
    refuses 2 '--max-bytes needs a number of bytes' -- --max-bytes "$text" info
done
refuses 2 '--max-bytes needs a number of bytes' -- --max-bytes
refuses 2 'a command is missing' -- --max-bytes 1G
finish
