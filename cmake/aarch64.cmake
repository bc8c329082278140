# SPDX-License-Identifier: MIT
#
# Toolchain: 64-bit Arm, compiled and run on another machine (Debian: gcc-aarch64-linux-gnu, qemu-user).

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

# The emulator finds the shared libraries where the compiler has them.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libc.so.6 OUTPUT_VARIABLE uhn_libc
                OUTPUT_STRIP_TRAILING_WHITESPACE)
get_filename_component(uhn_libraries "${uhn_libc}" REALPATH)
get_filename_component(uhn_libraries "${uhn_libraries}" DIRECTORY)
get_filename_component(uhn_libraries "${uhn_libraries}" DIRECTORY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L "${uhn_libraries}")
