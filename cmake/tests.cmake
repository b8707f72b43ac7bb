# kirogate_test(KIND ROOM): tests/KIND/ROOM/*.cpp become the executable KIND_ROOM, one ctest entry a
# test case, named "KIND/ROOM: <test case>", so that `ctest -N` lists what is proven.
list(APPEND CMAKE_MODULE_PATH ${Catch2_DIR})
include(Catch)
function(kirogate_test kind room)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${kind}/${room}/*.cpp)
    if(NOT sources OR NOT TARGET kg_${room})
        return()
    endif()
    add_executable(${kind}_${room} ${sources})
    target_precompile_headers(${kind}_${room} REUSE_FROM kirogate_test_main)
    target_link_libraries(${kind}_${room} PRIVATE kg_${room} kirogate_test_main ${ARGN})
    catch_discover_tests(${kind}_${room} TEST_PREFIX "${kind}/${room}: " PROPERTIES TIMEOUT 300)
endfunction()
