# SPDX-License-Identifier: MIT
#
# Rooms are folders: every .c file in a room belongs to it, so that a new file needs no line here.

# The sorted sources of the rooms in `out`.
function(uhn_room_sources out)
    set(sources "")
    foreach(room IN LISTS ARGN)
        file(GLOB found LIST_DIRECTORIES false RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
             "${PROJECT_SOURCE_DIR}/${room}/*.c")
        list(SORT found)
        list(APPEND sources ${found})
    endforeach()
    set(${out} ${sources} PARENT_SCOPE)
endfunction()
