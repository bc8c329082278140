#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# check.sh STEP FOLDER: installs this build below FOLDER (step "install"), or builds and runs a user's program against
# that installed copy (the other steps). CMAKE_COMMAND, CMAKE_GENERATOR, CC, UHN_BUILD_DIR, UHN_SOURCE_DIR and UHN_LIBDIR
# come from ctest.

set -euo pipefail

step=$1
folder=$2
prefix=$folder/prefix
work=$folder/$step
library=$prefix/$UHN_LIBDIR
consumer=$UHN_SOURCE_DIR/tests/package/consumer.c
export PKG_CONFIG_PATH=$library/pkgconfig

fail() {
    echo "package $step: $*" >&2
    exit 1
}

# The program must not find the shared library if it is there: static means static.
refuse_shared() {
    if ldd "$1" 2>/dev/null | grep -q libuhn; then
        fail "$1 was linked with the shared library"
    fi
}

# Installs into an empty prefix.
check_install() {
    rm -rf "$prefix"
    "$CMAKE_COMMAND" --install "$UHN_BUILD_DIR" --prefix "$prefix" >/dev/null
    local file
    for file in include/uhn/{uhn,dynamics,extend,store}.h "$UHN_LIBDIR"/libuhn{,-store}.{a,so} \
        "$UHN_LIBDIR"/pkgconfig/uhn{,-store}.pc; do
        [ -e "$prefix/$file" ] || fail "$file was not installed"
    done
    [ "$(pkg-config --modversion uhn)" = "$(sed -n 's/^#define UHN_VERSION "\(.*\)"/\1/p' "$prefix/include/uhn/uhn.h")" ] ||
        fail "the pkg-config file has another version than the header"
    if [ -n "${UHN_COMMAND:-}" ]; then
        "$prefix/bin/uhn" --version >/dev/null || fail "the installed command does not run"
        [ ! -e "$UHN_SOURCE_DIR/docs/uhn.1" ] || [ -e "$prefix/share/man/man1/uhn.1" ] || fail "no man page"
    fi
}

# declared HEADER…: the functions that the headers declare.
declared() {
    local header
    for header; do
        "$CC" -E "-I$prefix/include" "$prefix/include/uhn/$header"
    done | grep -v '^#' | tr '\n' ' ' |
        grep -o '__attribute__((visibility("default")))[^(]*(' | sed 's/.*[ *]\(uhn_[a-z0-9_]*\)($/\1/' |
        LC_ALL=C sort -u
}

# exported LIBRARY: the functions that it gives away.
exported() {
    nm -D --defined-only "$library/$1" | awk '$3 !~ /^\./ { print $3 }' | LC_ALL=C sort
}

# The shared libraries give away what their headers declare, no more and no less. (Names that start with a dot are the
# compiler's: it exports the lock of a named OpenMP critical section.)
check_symbols() {
    mkdir -p "$work"
    exported libuhn.so >"$work/exported"
    declared dynamics.h extend.h >"$work/declared"
    [ -s "$work/declared" ] || fail "found no declaration in the header"
    diff -u "$work/declared" "$work/exported" >&2 || fail "declared (-) and exported (+) functions differ"
    exported libuhn-store.so >"$work/exported-store"
    declared store.h | grep '^uhn_store_' >"$work/declared-store"
    diff -u "$work/declared-store" "$work/exported-store" >&2 ||
        fail "declared (-) and exported (+) functions of the store differ"
}

check_pkg-config-shared() {
    mkdir -p "$work"
    # shellcheck disable=SC2046
    "$CC" $(pkg-config --cflags uhn) -o "$work/consumer" "$consumer" $(pkg-config --libs uhn) -lm
    LD_LIBRARY_PATH=$library "$work/consumer"
    rm -rf "$work/patterns"
    # shellcheck disable=SC2046
    "$CC" $(pkg-config --cflags uhn-store) -o "$work/keeper" "$UHN_SOURCE_DIR/tests/package/keeper.c" \
        $(pkg-config --libs uhn-store)
    LD_LIBRARY_PATH=$library "$work/keeper" "$work/patterns"
}

# libuhn from its archive, the rest as the system has it: the linker looks first where there is only the archive.
check_pkg-config-static() {
    mkdir -p "$work/lib"
    cp "$library"/libuhn{,-store}.a "$work/lib"
    # shellcheck disable=SC2046
    "$CC" $(pkg-config --cflags uhn) -o "$work/consumer" "$consumer" "-L$work/lib" \
        $(pkg-config --static --libs uhn)
    refuse_shared "$work/consumer"
    "$work/consumer"
    rm -rf "$work/patterns"
    # shellcheck disable=SC2046
    "$CC" $(pkg-config --cflags uhn-store) -o "$work/keeper" "$UHN_SOURCE_DIR/tests/package/keeper.c" \
        "-L$work/lib" $(pkg-config --static --libs uhn-store)
    refuse_shared "$work/keeper"
    "$work/keeper" "$work/patterns"
}

build_with_find_package() {
    "$CMAKE_COMMAND" -S "$UHN_SOURCE_DIR/tests/package" -B "$work" -DCMAKE_BUILD_TYPE=Release \
        "-DCMAKE_C_COMPILER=$CC" "-DCMAKE_PREFIX_PATH=$prefix" && "$CMAKE_COMMAND" --build "$work"
}

check_find-package() {
    rm -rf "$work"
    if ! build_with_find_package >"$folder/find-package.log" 2>&1; then
        cat "$folder/find-package.log" >&2
        fail "the user's project does not build"
    fi
    "$work/consumer-shared"
    refuse_shared "$work/consumer-static"
    "$work/consumer-static"
    "$work/keeper-shared" "$work/patterns-shared"
    refuse_shared "$work/keeper-static"
    "$work/keeper-static" "$work/patterns-static"
}

mkdir -p "$folder"
"check_$step"
