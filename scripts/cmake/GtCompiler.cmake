# Language level, warnings, linker and cache: everything that holds for the whole project.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# -g1 keeps the line tables: errors name the line of the program that asked for the operation.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
set(CMAKE_CXX_FLAGS_SANITIZED "-O1 -g1")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # Results are rounded at instruction borders; a contraction would cross them.
  -ffp-contract=off
  # Objects name sources relative to the repository, so that a cache serves every checkout.
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
  -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Plain -Wshadow counts enumerators of scoped enums; the flow warnings of g++ 12 misfire on std::variant
  # and std::string.
  add_compile_options(-Wshadow=local -Wno-maybe-uninitialized -Wno-restrict -fpch-preprocess)
else()
  add_compile_options(-Wshadow -Wthread-safety)
  # What clang says of code that g++ compiles: the standard library of g++ 12 sorts with a function that it calls
  # deprecated, and kernels use `&` for truth values of any width and hints for g++.
  add_compile_options(-Wno-deprecated-declarations -Wno-unknown-pragmas -Wno-bitwise-instead-of-logical)
endif()

if(GT_SANITIZE)
  add_compile_options(-fsanitize=${GT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(GT_SANITIZE MATCHES undefined)
    # Dear to compile at every access, and found by AddressSanitizer or by the compiler.
    add_compile_options(-fno-sanitize=null,object-size,vptr)
  endif()
  add_link_options(-fsanitize=${GT_SANITIZE})
  # Compilers do not agree on macros of their own for this.
  add_compile_definitions(GT_SANITIZED)
  if(GT_SANITIZE MATCHES address)
    add_compile_definitions(GT_SANITIZED_FOR_LEAKS)
  elseif(GT_SANITIZE MATCHES thread)
    add_compile_definitions(GT_SANITIZED_FOR_RACES)
  endif()
endif()

find_program(GT_CCACHE ccache)
if(GT_CCACHE)
  # Paths are hashed relative to the repository, and precompiled headers by what they hold: checkouts share a cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${GT_CCACHE})
endif()

# g++ looks for a program of the plain name ld.lld: -B names the folder of a versioned LLVM.
find_program(GT_LLD ld.lld PATHS /usr/lib/llvm-19/bin)
if(GT_LLD)
  cmake_path(GET GT_LLD PARENT_PATH lld_folder)
  add_link_options(-fuse-ld=lld -B${lld_folder})
endif()
