#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Completion: what bash would offer.
# shellcheck source=tests/cli/assert.sh
source "$(dirname "$0")/cli/assert.sh"
# shellcheck source=cli/uhn.bash-completion
source "$root/cli/uhn.bash-completion"

# offers WORDS…: completes the last word of "uhn WORDS…" into $work/out, sorted, one a line.
offers()
{
    COMP_WORDS=("$UHN" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _uhn 2>"$work/err"
    printf '%s\n' "${COMPREPLY[@]}" | sort >"$work/out"
    [[ ! -s $work/err ]] || fail "completion of '$*' complains: $(<"$work/err")"
}

[[ $(complete -p uhn) == *_uhn* ]] || fail 'nothing is registered for uhn'
offers ''
prints recall corrupt demo list info help --version --max-bytes
offers rec
equal "$(<"$work/out")" recall 'rec'
offers recall --mem
equal "$(tr '\n' ' ' <"$work/out")" '--memory --memory-rows ' '--mem'
offers recall --
equal "$(<"$work/out")" "$("$UHN" help recall | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sort)" 'all options'
offers corrupt --ran
equal "$(<"$work/out")" --random-mask '--ran'
for pair in similarity:similarities separation:separations preset:presets; do
    offers recall "--${pair%:*}" ''
    equal "$(<"$work/out")" "$("$UHN" list "${pair#*:}" --names | sort)" "all ${pair#*:}"
done
offers recall --similarity manh
equal "$(<"$work/out")" manhattan manh
offers recall --similarity = manh
equal "$(<"$work/out")" manhattan '--similarity=manh'
offers recall --separation =
prints softmax max
offers recall --output ''
equal "$(tr '\n' ' ' <"$work/out")" 'clamp none sign step sum unit ' 'words of --output'
offers recall --normalise-weights = ''
equal "$(tr '\n' ' ' <"$work/out")" 'absolute sum ' 'words of --normalise-weights'
offers recall --compat ''
equal "$(<"$work/out")" paper --compat
offers experiment --protocol ''
equal "$(tr '\n' ' ' <"$work/out")" 'paper uhn ' 'words of --protocol'
offers experiment sep
equal "$(<"$work/out")" separation 'experiment sep'
offers dynamics --similarity ''
equal "$(<"$work/out")" "$("$UHN" list additive --names | sort)" 'similarities that flow'
offers dynamics --lagrangian-v ''
equal "$(tr '\n' ' ' <"$work/out")" 'layer-norm log-cosh quadratic ' 'Lagrangians of the value layer'
offers dynamics --lagrangian-h log
equal "$(tr '\n' ' ' <"$work/out")" 'log-sum-exp log-sum-relu ' 'Lagrangians of the memory layer'
offers dynamics --integrator ''
equal "$(<"$work/out")" "$("$UHN" list integrators --names | sort)" integrators
offers dynamics --leak ''
equal "$(tr '\n' ' ' <"$work/out")" 'off on ' 'words of --leak'
offers landscape --similarity ''
equal "$(<"$work/out")" "$("$UHN" list additive --names | sort)" 'similarities of a landscape'
offers basins --starts ''
equal "$(tr '\n' ' ' <"$work/out")" 'box gaussian memories ' 'words of --starts'
offers basins --lagrangian-h log-sum-e
equal "$(<"$work/out")" log-sum-exp 'Lagrangians of basins'
offers list sep
equal "$(<"$work/out")" separations 'list sep'
offers list --n
equal "$(<"$work/out")" --names 'list --n'
offers store ver
equal "$(<"$work/out")" verify 'store ver'
offers store create s --dtype ''
equal "$(tr '\n' ' ' <"$work/out")" 'bits float32 uint8 ' 'words of --dtype'
offers store create s --similarity manh
equal "$(<"$work/out")" manhattan 'similarity of a store'
offers help re
equal "$(<"$work/out")" recall 'help re'
offers --m
equal "$(<"$work/out")" --max-bytes '--m'
offers --max-bytes 1
equal "$(<"$work/out")" '' 'a number of bytes'
offers --max-bytes 1G rec
equal "$(<"$work/out")" recall '--max-bytes 1G rec'
offers --max-bytes 1G recall --mem
equal "$(tr '\n' ' ' <"$work/out")" '--memory --memory-rows ' '--max-bytes 1G recall --mem'
offers --max-bytes 1G --max-bytes 2G store ver
equal "$(<"$work/out")" verify 'store ver behind two limits'
mkdir "$work/files"
touch "$work/files/memory.npy" "$work/files/mask.npy"
offers recall --memory "$work/files/m"
equal "$(<"$work/out")" "$work/files/mask.npy"$'\n'"$work/files/memory.npy" files
offers recall --memory = "$work/files/me"
equal "$(<"$work/out")" "$work/files/memory.npy" 'a file behind ='
offers info "$work/files/me"
equal "$(<"$work/out")" "$work/files/memory.npy" 'a file of info'
finish
