# Build helpers: compiler options, one library per folder, llhttp from the distribution's sources.

add_library(kirogate_options INTERFACE)
target_include_directories(kirogate_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(kirogate_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>  # false alarms of g++ 12 on std::optional
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)             # and on std::string operator+ (GCC bug 105651)
if(KIROGATE_WERROR)
    target_compile_options(kirogate_options INTERFACE -Werror)
endif()
if(KIROGATE_SANITIZE)
    target_compile_options(kirogate_options INTERFACE
        -fsanitize=${KIROGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(kirogate_options INTERFACE -fsanitize=${KIROGATE_SANITIZE})
endif()
if(KIROGATE_LTO)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# kirogate_library(NAME PATH dir [RECURSE] [DEPS layer...] [LIBS target...])
# Every .cpp of the folder (with RECURSE also of its subfolders) becomes the library kg_NAME.
function(kirogate_library name)
    cmake_parse_arguments(arg "RECURSE" "PATH" "DEPS;LIBS" ${ARGN})
    if(arg_RECURSE)
        file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${arg_PATH}/*.cpp)
    else()
        file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${arg_PATH}/*.cpp)
    endif()
    list(FILTER sources EXCLUDE REGEX "/cmd/main\\.cpp$")
    if(NOT sources)
        return()
    endif()
    add_library(kg_${name} STATIC ${sources})
    target_link_libraries(kg_${name} PRIVATE kirogate_options)
    foreach(dep IN LISTS arg_DEPS)
        target_link_libraries(kg_${name} PUBLIC kg_${dep})
    endforeach()
    foreach(lib IN LISTS arg_LIBS)
        target_link_libraries(kg_${name} PRIVATE ${lib})
    endforeach()
endfunction()

# Debian ships llhttp as C sources (package llhttp-dev, provided by node-llhttp), not as a library.
function(kirogate_add_llhttp)
    find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp REQUIRED)
    find_path(LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp REQUIRED)
    add_library(kirogate_llhttp STATIC
        ${LLHTTP_SOURCE}/api.c ${LLHTTP_SOURCE}/http.c ${LLHTTP_SOURCE}/llhttp.c)
    target_include_directories(kirogate_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
    # Strict mode refuses URLs and header names that proxies in front of us may read differently.
    target_compile_definitions(kirogate_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
    target_compile_options(kirogate_llhttp PRIVATE -O2 -w)
endfunction()

# kirogate_generated_source(TARGET FILE CONTENT): written only when it is another, so that nothing is built anew.
function(kirogate_generated_source target output content)
    set(previous "")
    if(EXISTS ${output})
        file(READ ${output} previous)
    endif()
    if(NOT previous STREQUAL content)
        file(WRITE ${output} "${content}")
    endif()
    target_sources(${target} PRIVATE ${output})
endfunction()

# kirogate_embed_migrations(TARGET DIR): DIR/NNN_name.sql, in order, become built_in_migrations()
# of core/store/sqlite/migrate.hpp, so that the executable needs no files beside it.
function(kirogate_embed_migrations target dir)
    file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.sql)
    list(SORT scripts)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${scripts})
    set(rows "")
    set(expected 1)
    foreach(script IN LISTS scripts)
        get_filename_component(name ${script} NAME_WE)
        if(NOT name MATCHES "^([0-9][0-9][0-9])_[a-z0-9_]+$")
            message(FATAL_ERROR "${script}: a migration is named NNN_what_it_does.sql")
        endif()
        math(EXPR number "1${CMAKE_MATCH_1} - 1000")
        if(NOT number EQUAL expected)
            message(FATAL_ERROR "${script}: expected number ${expected}, migrations have no gaps")
        endif()
        math(EXPR expected "${expected} + 1")
        file(READ ${script} sql)
        string(APPEND rows "    {${number}, \"${name}\", R\"kgsql(${sql})kgsql\"},\n")
    endforeach()
    set(output ${PROJECT_BINARY_DIR}/generated/store_migrations.cpp)
    set(content "#include \"core/store/sqlite/migrate.hpp\"

namespace kg::store::sqlite {
namespace {

constexpr Migration kMigrations[] = {
${rows}};

}  // namespace

std::span<const Migration> built_in_migrations() { return kMigrations; }

}  // namespace kg::store::sqlite
")
    kirogate_generated_source(${target} ${output} "${content}")
endfunction()

# kirogate_embed_texts(TARGET DIR FUNCTION): DIR/*.json become FUNCTION() of daemon/demo/embedded.hpp.
function(kirogate_embed_texts target dir function)
    if(NOT TARGET ${target})
        return()
    endif()
    file(GLOB texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.json)
    list(SORT texts)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${texts})
    set(rows "")
    foreach(text IN LISTS texts)
        get_filename_component(name ${text} NAME_WE)
        file(READ ${text} content)
        string(APPEND rows "    {\"${name}\", R\"kgjson(${content})kgjson\"},\n")
    endforeach()
    set(output ${PROJECT_BINARY_DIR}/generated/${function}.cpp)
    set(content "#include \"daemon/demo/embedded.hpp\"

namespace kg::demo {
namespace {

constexpr EmbeddedText kTexts[] = {
${rows}};

}  // namespace

std::span<const EmbeddedText> ${function}() { return kTexts; }

}  // namespace kg::demo
")
    kirogate_generated_source(${target} ${output} "${content}")
endfunction()

# kirogate_embed_openapi(TARGET DIR): DIR/*.json, in order, become openapi_parts() of daemon/admin/openapi.hpp,
# which puts the members of their "paths", "schemas" and "securitySchemes" into one document.
function(kirogate_embed_openapi target dir)
    if(NOT TARGET ${target})
        return()
    endif()
    file(GLOB texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.json)
    list(SORT texts)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${texts})
    set(rows "")
    foreach(text IN LISTS texts)
        file(READ ${text} content)
        string(APPEND rows "    R\"kgjson(${content})kgjson\",\n")
    endforeach()
    set(output ${PROJECT_BINARY_DIR}/generated/openapi_parts.cpp)
    set(content "#include \"daemon/admin/openapi.hpp\"

namespace kg::admin {
namespace {

constexpr std::string_view kParts[] = {
${rows}};

}  // namespace

std::span<const std::string_view> openapi_parts() { return kParts; }

}  // namespace kg::admin
")
    kirogate_generated_source(${target} ${output} "${content}")
endfunction()

# kirogate_embed_web(TARGET DIR): the files below DIR that browsers get become assets() of
# daemon/web/assets.hpp, packed with gzip (every Debian has it) and included by the assembler, which
# knows no limit of a literal and takes no time.
function(kirogate_embed_web target dir)
    find_program(GZIP_PROGRAM gzip REQUIRED)
    set(root ${PROJECT_SOURCE_DIR}/${dir})
    set(packed ${PROJECT_BINARY_DIR}/generated/web)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${root}
        ${root}/*.html ${root}/*.css ${root}/*.js ${root}/*.svg)
    list(SORT files)
    set(rows "")
    set(symbols "")
    set(includes "")
    set(hashes "")
    set(inputs "")
    set(number 0)
    foreach(file IN LISTS files)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${root}/${file})
        file(SHA256 ${root}/${file} hash)
        file(SIZE ${root}/${file} size)
        string(SUBSTRING ${hash} 0 16 hash)
        string(APPEND hashes "${file} ${hash}\n")
        set(input ${packed}/${hash}.gz)
        if(NOT EXISTS ${input})
            file(MAKE_DIRECTORY ${packed})
            execute_process(COMMAND ${GZIP_PROGRAM} -9nc ${root}/${file} OUTPUT_FILE ${input}.new
                COMMAND_ERROR_IS_FATAL ANY)
            file(RENAME ${input}.new ${input})
        endif()
        list(APPEND inputs ${input})
        string(APPEND includes
            ".global kirogate_web_${number}\n.global kirogate_web_${number}_end\n"
            "kirogate_web_${number}:\n.incbin \"${input}\"\nkirogate_web_${number}_end:\n.byte 0\n")
        string(APPEND symbols
            "extern const std::uint8_t kirogate_web_${number}[], kirogate_web_${number}_end[];\n")
        string(APPEND rows
            "    {\"${file}\", kirogate_web_${number}, kirogate_web_${number}_end, ${size},"
            " \"${hash}\"},\n")
        math(EXPR number "${number} + 1")
    endforeach()
    string(SHA256 version "${hashes}")
    string(SUBSTRING ${version} 0 12 version)
    kirogate_write_if_new(${PROJECT_BINARY_DIR}/generated/web_assets.s
        "    .section .rodata\n${includes}    .section .note.GNU-stack,\"\",%progbits\n")
    kirogate_write_if_new(${PROJECT_BINARY_DIR}/generated/web_assets.cpp "#include \"daemon/web/assets.hpp\"

extern \"C\" {
${symbols}}

namespace kg::web {
namespace {

const Asset kAssets[] = {
${rows}};

}  // namespace

std::span<const Asset> assets() { return kAssets; }
std::string_view assets_version() { return \"${version}\"; }

}  // namespace kg::web
")
    set_source_files_properties(${PROJECT_BINARY_DIR}/generated/web_assets.s PROPERTIES OBJECT_DEPENDS "${inputs}")
    # A library of its own: the options of the house are for C++.
    add_library(kirogate_web_assets STATIC ${PROJECT_BINARY_DIR}/generated/web_assets.s)
    set_target_properties(kirogate_web_assets PROPERTIES LINKER_LANGUAGE CXX)
    target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated/web_assets.cpp)
    target_link_libraries(${target} PRIVATE kirogate_web_assets)
endfunction()

function(kirogate_write_if_new output content)
    set(previous "")
    if(EXISTS ${output})
        file(READ ${output} previous)
    endif()
    if(NOT previous STREQUAL content)
        file(WRITE ${output} "${content}")
    endif()
endfunction()
