# SPDX-License-Identifier: MIT
#
# How everything is compiled. Never for the machine that compiles (-march=native): the result runs on every machine of
# its architecture, and gives the same numbers there.

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()

set(UHN_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wwrite-strings
                 -Wpointer-arith)
if(UHN_WERROR)
    list(APPEND UHN_WARNINGS -Werror)
endif()

# -ffp-contract=off: a product and a sum are rounded twice on every machine, so results do not depend on it.
set(UHN_COMPILE_OPTIONS ${UHN_WARNINGS} -ffp-contract=off)
set(UHN_LINK_OPTIONS "")

if(UHN_FUZZ)
    set(UHN_SANITIZE address,undefined,float-cast-overflow,fuzzer-no-link)
elseif(UHN_SANITIZE STREQUAL "ON")
    set(UHN_SANITIZE address,undefined)
endif()

if(UHN_FUZZ) # loops that clang does not vectorise here, of which it warns
    list(APPEND UHN_COMPILE_OPTIONS -Wno-pass-failed)
endif()
if(UHN_SANITIZE)
    set(uhn_sanitizers -fsanitize=${UHN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    # The instrumentation hides initialisations from the compiler, which then warns wrongly.
    list(APPEND UHN_COMPILE_OPTIONS ${uhn_sanitizers} -Wno-maybe-uninitialized)
    list(APPEND UHN_LINK_OPTIONS ${uhn_sanitizers})
    if(CMAKE_C_COMPILER_ID MATCHES "Clang")
        list(REMOVE_ITEM UHN_COMPILE_OPTIONS -Wno-maybe-uninitialized)
    endif()
elseif(UHN_COVERAGE)
    # Threads count too: without atomic counters OpenMP regions lose hits.
    list(APPEND UHN_COMPILE_OPTIONS --coverage -fprofile-update=atomic)
    list(APPEND UHN_LINK_OPTIONS --coverage)
else()
    # Hardening; tests/cli-hardened.sh looks for it in what was built. A level of _FORTIFY_SOURCE that the packager has
    # chosen stays; compilers that do not know level 3 take it for 2.
    include(CheckCCompilerFlag)
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
        string(MAKE_C_IDENTIFIER "uhn_has${flag}" known)
        check_c_compiler_flag(${flag} ${known})
        if(${known})
            list(APPEND UHN_COMPILE_OPTIONS ${flag})
        endif()
    endforeach()
    if(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE")
        list(APPEND UHN_COMPILE_OPTIONS $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE>
                                        $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=3>)
    endif()
endif()

set(UHN_COMMAND_LINK_OPTIONS "")
set(UHN_SHARED_LINK_OPTIONS "")
if(CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF" OR CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(UHN_COMMAND_LINK_OPTIONS -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
    set(UHN_SHARED_LINK_OPTIONS ${UHN_COMMAND_LINK_OPTIONS})
    if(NOT UHN_SANITIZE)
        list(APPEND UHN_SHARED_LINK_OPTIONS -Wl,--no-undefined)
    endif()
endif()

# Compiles `target` by the rules of the house.
function(uhn_house_target target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
                                               C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(${target} PRIVATE ${UHN_COMPILE_OPTIONS})
    target_link_options(${target} PRIVATE ${UHN_LINK_OPTIONS})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
endfunction()

# What libuhn itself needs at link time. The installed package names the libraries plainly, so that those who use it
# need no OpenMP module of their own; a program that links the static library gets them from the target.
function(uhn_link_runtime target)
    set(names m ${OpenMP_C_LIB_NAMES})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:OpenMP::OpenMP_C> $<BUILD_INTERFACE:m>)
    target_link_options(${target} PRIVATE ${UHN_LINK_OPTIONS})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        target_link_libraries(${target} INTERFACE "$<INSTALL_INTERFACE:${names}>")
    endif()
endfunction()
