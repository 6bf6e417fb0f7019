# SPDX-License-Identifier: Apache-2.0
# Third-party libraries, all Debian packages. Which module may include which stands in tests/tidy.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(date 3.0 REQUIRED CONFIG)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2>=1.52)
pkg_check_modules(CODINGS REQUIRED IMPORTED_TARGET libdeflate libbrotlienc libbrotlidec libzstd)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.85)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq>=15)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)

find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)  # has no file of its own that says where it is
find_path(ZXCVBN_INCLUDE zxcvbn.h REQUIRED)
add_library(zxcvbn INTERFACE)
target_include_directories(zxcvbn SYSTEM INTERFACE ${ZXCVBN_INCLUDE})
target_link_libraries(zxcvbn INTERFACE ${ZXCVBN_LIBRARY})

add_library(asio INTERFACE)
target_compile_definitions(asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ERROR_CODE_HEADER_ONLY)
target_link_libraries(asio INTERFACE Threads::Threads)
if(ASHLAR_TESTS)
  find_package(GTest REQUIRED)
endif()
