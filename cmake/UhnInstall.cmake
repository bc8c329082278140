# SPDX-License-Identifier: MIT
#
# cmake --install: header, libraries, pkg-config file, CMake package, command, man page, bash completion.

include(CMakePackageConfigHelpers)

install(TARGETS uhn_shared uhn_static EXPORT uhn-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/uhn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(uhn_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/uhn)
install(EXPORT uhn-targets NAMESPACE uhn:: DESTINATION ${uhn_package_dir})
configure_package_config_file(cmake/uhn-config.cmake.in uhn-config.cmake INSTALL_DESTINATION ${uhn_package_dir})
write_basic_package_version_file(uhn-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/uhn-config.cmake" "${PROJECT_BINARY_DIR}/uhn-config-version.cmake"
        DESTINATION ${uhn_package_dir})

# The file finds its prefix from where it lies, so that an installed tree can be moved.
file(RELATIVE_PATH uhn_prefix_from_pc "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/+$" "" uhn_prefix_from_pc "${uhn_prefix_from_pc}")
set(uhn_private_libraries "-lm")
foreach(name IN LISTS OpenMP_C_LIB_NAMES)
    string(APPEND uhn_private_libraries " -l${name}")
endforeach()
configure_file(cmake/uhn.pc.in uhn.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/uhn.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET uhn_store_shared)
    install(TARGETS uhn_store_shared uhn_store_static EXPORT uhn-targets
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    configure_file(cmake/uhn-store.pc.in uhn-store.pc @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/uhn-store.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

if(TARGET uhn_command)
    install(TARGETS uhn_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    if(EXISTS "${PROJECT_SOURCE_DIR}/docs/uhn.1")
        install(FILES docs/uhn.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    endif()
    if(EXISTS "${PROJECT_SOURCE_DIR}/cli/uhn.bash-completion")
        install(FILES cli/uhn.bash-completion DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
                RENAME uhn)
    endif()
endif()
