# SPDX-License-Identifier: Apache-2.0
# Compiler, warnings, sanitizers, linker.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} silently miscompiles coroutines; use clang 19 "
    "(script/build installs it and the presets name it)")
endif()

option(ASHLAR_TESTS "build unit tests" ON)
option(ASHLAR_FUZZ "build fuzz targets (needs a sanitizer tree)" OFF)
option(ASHLAR_BENCH "build benchmarks" OFF)
set(ASHLAR_SANITIZE "" CACHE STRING "value of -fsanitize=, empty for none")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Programs are compiled as libraries are, so that both take the one precompiled header.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)

find_program(CCACHE ccache)
if(CCACHE)
  # One clone's objects serve the next: paths relative to the clone, the precompiled header by its sum.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Wno-unused-parameter
  -Wno-missing-field-initializers -Werror -g1 -fno-omit-frame-pointer -pthread)
add_compile_options(-pthread)  # everywhere: a precompiled header is of one kind
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-psabi>)
# ccache and clang's precompiled headers: the header's time must not count.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
# Clang's own spelling of "use the precompiled header beside this one": ccache knows it and makes its path relative.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include <PCH_HEADER>)
endif()
# Paths in objects are relative to the clone, so that ccache serves one clone from another.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-march=x86-64-v2)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
endif()
add_link_options(-fuse-ld=lld-19 -Wl,--gc-sections -Wl,-z,relro,-z,now)
add_compile_options(-ffunction-sections -fdata-sections)
if(ASHLAR_SANITIZE)
  add_compile_options(-fsanitize=${ASHLAR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASHLAR_SANITIZE})
endif()
