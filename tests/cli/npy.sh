# SPDX-License-Identifier: MIT
#
# Small .npy files, made of printf alone; sourced.
# shellcheck shell=bash

# The bytes of a float32, little-endian, as printf wants them.
declare -A float_bytes=(
    [0]='\0\0\0\0' [1]='\0\0\200\77' [-1]='\0\0\200\277' [2]='\0\0\0\100' [3]='\0\0\100\100' [4]='\0\0\200\100'
    [0.5]='\0\0\0\77' [0.25]='\0\0\200\76' [-2]='\0\0\0\300' [nan]='\0\0\300\177' [inf]='\0\0\200\177'
)

# npy_header DESCR SHAPE: version 1.0, padded to a multiple of 64 bytes.
npy_header()
{
    local dictionary="{'descr': '$1', 'fortran_order': False, 'shape': $2, }" length
    length=$(((10 + ${#dictionary} + 1 + 63) / 64 * 64 - 10))
    printf '\x93NUMPY\x01\x00'
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf %o $((length % 256)))\\$(printf %o $((length / 256)))"
    printf '%-*s\n' $((length - 1)) "$dictionary"
}

# npy_float PATH SHAPE NUMBER…: numbers out of the list above.
npy_float()
{
    local path=$1 shape=$2 number
    shift 2
    {
        npy_header '<f4' "$shape"
        for number; do
            # shellcheck disable=SC2059
            printf "${float_bytes[$number]:?no bytes are known for $number}"
        done
    } >"$path"
}

# npy_uint8 PATH SHAPE NUMBER…: 0 to 255.
npy_uint8()
{
    local path=$1 shape=$2 number
    shift 2
    {
        npy_header '|u1' "$shape"
        for number; do
            # shellcheck disable=SC2059
            printf "\\$(printf %o "$number")"
        done
    } >"$path"
}

# npy_shape PATH: the shape as it stands in the header.
npy_shape()
{
    head -c 512 "$1" | tr -d '\0' | grep -ao "'shape': ([^)]*)" | sed "s/.*: //"
}

# npy_floats PATH: the float32 numbers, a space between them (od writes nan and inf in words).
npy_floats()
{
    local size length
    length=$(od -An -j8 -N2 -tu2 --endian=little "$1")
    size=$((10 + length))
    od -An -v -j"$size" -tf4 --endian=little -w4 "$1" | tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}
