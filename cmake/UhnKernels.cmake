# SPDX-License-Identifier: MIT
#
# The variants of the kernels: the same sources, compiled once per instruction set. No other file gets such a flag.

# The first variant runs on every machine of the architecture, and needs no flags. On 64-bit Arm this is NEON.
set(UHN_VARIANTS baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
    set(UHN_VARIANTS neon)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND UHN_VARIANTS avx2 avx512 avx512vnni avx512amx)
    set(UHN_VARIANT_FLAGS_avx2 -mavx2 -mfma -mpopcnt -mbmi2)
    set(UHN_VARIANT_FLAGS_avx512 ${UHN_VARIANT_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl
                                 -mprefer-vector-width=512)
    set(UHN_VARIANT_FLAGS_avx512vnni ${UHN_VARIANT_FLAGS_avx512} -mavx512vnni -mavx512vpopcntdq -mavx512vbmi)
    set(UHN_VARIANT_FLAGS_avx512amx ${UHN_VARIANT_FLAGS_avx512vnni} -mavx512bf16 -mamx-tile -mamx-bf16)
endif()

# Fast passes state their error; only they may fuse a product and a sum.
set(uhn_fusing_sources src/kernel/variant/entropy.c src/kernel/variant/pass_float.c src/kernel/variant/pass_folded.c
                       src/kernel/variant/project.c)
set_source_files_properties(${uhn_fusing_sources} PROPERTIES COMPILE_OPTIONS "-ffp-contract=fast;-O3")

# Compiles the variants.
function(uhn_add_kernels)
    uhn_room_sources(sources src/kernel/variant)
    foreach(variant IN LISTS UHN_VARIANTS)
        add_library(uhn_kernels_${variant} OBJECT ${sources})
        uhn_house_target(uhn_kernels_${variant})
        target_compile_options(uhn_kernels_${variant} PRIVATE -fno-math-errno ${UHN_VARIANT_FLAGS_${variant}})
        target_compile_definitions(uhn_kernels_${variant} PRIVATE UHN_ISA_NAME=${variant})
    endforeach()
endfunction()

# Puts them into `target`.
function(uhn_link_kernels target)
    foreach(variant IN LISTS UHN_VARIANTS)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:uhn_kernels_${variant}>)
    endforeach()
endfunction()
