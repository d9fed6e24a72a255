# Targets over rooms: sources are what lies in the room, so that a new file needs no line here.

# gt_sources(<out> <folder>... [EXCLUDE <regex>]): the C++ sources below the folders, as absolute paths.
function(gt_sources out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCLUDE" "")
  list(TRANSFORM arg_UNPARSED_ARGUMENTS APPEND /*.cc OUTPUT_VARIABLE patterns)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${patterns})
  if(arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${arg_EXCLUDE})
  endif()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# gt_library(<name> <STATIC|OBJECT|SHARED|MODULE> SOURCES ... [LINK ...]): a room without sources is an
# interface library (a module is left out), so that whatever links it still configures.
function(gt_library name kind)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    if(NOT kind STREQUAL MODULE)
      add_library(${name} INTERFACE)
      target_link_libraries(${name} INTERFACE ${arg_LINK})
    endif()
    return()
  endif()
  add_library(${name} ${kind} ${arg_SOURCES})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  gt_precompile(${name})
endfunction()

# gt_executable(<name> SOURCES ... [LINK ...]): left out while it has no sources.
function(gt_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  if(arg_SOURCES)
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_LINK})
  endif()
endfunction()

# gt_precompile(<target> [<header>...]): the standard headers that most files use.
function(gt_precompile target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <span> <string>
    <string_view> <unordered_map> <utility> <variant> <vector> ${ARGN})
endfunction()

# gt_plugin(<name> SOURCES ... LINK ...): a library in lib/gt that an executable loads when it first needs it.
function(gt_plugin name)
  gt_library(${name} MODULE ${ARGN})
  if(TARGET ${name})
    set_target_properties(${name} PROPERTIES
      PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${GT_PLUGIN_DIR})
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
    install(TARGETS ${name} LIBRARY DESTINATION ${GT_PLUGIN_DIR})
  endif()
endfunction()
