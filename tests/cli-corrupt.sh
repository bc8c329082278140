#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# uhn corrupt and uhn info.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=tests/cli/npy.sh
source "$(dirname "$0")/cli/npy.sh"

x=$work/x.npy
c=$work/c.npy
npy_uint8 "$x" '(2, 4, 4)' 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 \
    255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255

uhn corrupt --in "$x" --mask 0.5 --out "$c"
equal "$(<"$work/out")" '' stdout
equal "$(npy_shape "$c")" '(2, 4, 4)' 'shape of the file'
equal "$(npy_floats "$c")" '1 1 1 1 1 1 1 1 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 0 0 0 0 0 0 0 0' 'lower half masked'
uhn corrupt --in "$x" --inpaint 0.5 --rows 0:1 --out "$c"
equal "$(npy_shape "$c")" '(1, 4, 4)' 'shape of one row'
equal "$(npy_floats "$c")" '0 0 0 0 0 1 1 0 0 1 1 0 0 0 0 0' 'a frame'
uhn corrupt --in "$x" --random-mask 1 --rows 1: --out "$c"
equal "$(npy_floats "$c")" '0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0' 'everything masked'
uhn corrupt --in "$x" --noise 0 --rows :1 --out "$c"
equal "$(npy_floats "$c")" '1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1' 'no noise'

# Seeds, and rows that do not depend on their company.
uhn corrupt --in "$x" --noise 0.5 --seed 7 --out "$work/a.npy"
uhn corrupt --in "$x" --noise 0.5 --seed 7 --out "$work/b.npy"
same "$work/a.npy" "$work/b.npy"
uhn corrupt --in "$x" --noise 0.5 --out "$work/one.npy"
uhn corrupt --in "$x" --noise 0.5 --seed 1 --out "$work/b.npy"
same "$work/one.npy" "$work/b.npy"
differ "$work/a.npy" "$work/b.npy"
uhn corrupt --in "$x" --noise 0.5 --seed 7 --rows 1:2 --out "$work/b.npy"
equal "$(npy_floats "$work/b.npy")" "$(npy_floats "$work/a.npy" | cut -d ' ' -f 17-)" 'the second row alone'

# Pictures.
uhn corrupt --in "$x" --noise 0.5 --rows 0:1 --out "$work/one.png"
uhn info --json "$work/one.png"
equal "$(json '[.format, .geometry.height, .geometry.width] | tostring')" '["png",4,4]' 'one image'
uhn corrupt --in "$x" --noise 0.5 --out "$work/sheet.png"
uhn info --json "$work/sheet.png"
equal "$(json '.geometry.width > 8')" true 'a sheet of two'

# A failed run leaves the old file as it is.
cp "$c" "$work/before.npy"
refuses 2 'is read, and would be written over' -- corrupt --in "$x" --noise 1 --out "$x"
refuses 1 "$work/none.npy" -- corrupt --in "$work/none.npy" --noise 1 --out "$c"
same "$c" "$work/before.npy"

# info.
uhn info
prints version isa threads readers npy idx cifar png jpeg
uhn info --json
equal "$(json '[.version, (.readers | index("npy") != null), .threads > 0] | tostring')" \
    "[\"$("$UHN" --version | cut -d ' ' -f 2)\",true,true]" 'what the program is'
uhn info "$x"
prints "$x" 'format   npy' 'rows     2' 'length   16' 'storage  uint8' '2 × 4 × 4' '4 × 4, 1 channel' 'values   1 to 1'
npy_float "$work/f.npy" '(2, 3)' -1 0.5 nan 2 inf 0
uhn info --json "$work/f.npy"
equal "$(json 'del(.file) | tostring')" '{"format":"npy","count":2,"dim":3,"storage":"float32","shape":[2,3],'\
'"geometry":null,"minimum":-1,"maximum":2,"nonfinite":2,"labels":null}' 'info in JSON'
run "$UHN" info "$x" "$work/none.npy" "$work/f.npy"
equal "$status" 1 'exit status when one of three files is missing'
prints "$x" "$work/f.npy"
finish
