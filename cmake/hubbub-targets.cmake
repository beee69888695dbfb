# The targets of hubbub, whose headers are in hubbub_include_dir:
#
#   hubbub::hubbub                  headers alone: the local bus, the hub, JSON and MessagePack
#   hubbub::redis, ::redis_tls      with hiredis, and with OpenSSL, if these are found
#   hubbub::json                    with nlohmann_json, for types that have its conversions
#   hubbub::compiled, ::redis_compiled, ::redis_tls_compiled
#                                   the first three with the library compiled once
#
# A target of the project's own is taken before one that is installed.
if(TARGET hubbub::hubbub)
  return()
endif()

# hubbub_problem(WHAT): hubbub cannot be had.
macro(hubbub_problem what)
  if(CMAKE_FIND_PACKAGE_NAME STREQUAL "hubbub")
    set(hubbub_FOUND FALSE)
    set(hubbub_NOT_FOUND_MESSAGE "${what}")
    return()
  endif()
  message(FATAL_ERROR "hubbub: ${what}")
endmacro()

# hubbub_add(NAME LIBRARY...): the headers with these libraries.
function(hubbub_add name)
  add_library(hubbub_${name} INTERFACE)
  add_library(hubbub::${name} ALIAS hubbub_${name})
  target_link_libraries(hubbub_${name} INTERFACE ${ARGN})
endfunction()

# hubbub_add_compiled(NAME SOURCE LIBRARY...): these libraries with the source compiled once.
function(hubbub_add_compiled name source)
  add_library(hubbub_${name} STATIC EXCLUDE_FROM_ALL "${hubbub_include_dir}/hubbub/${source}")
  add_library(hubbub::${name} ALIAS hubbub_${name})
  target_compile_definitions(hubbub_${name} PUBLIC HUBBUB_SEPARATE_COMPILATION)
  target_link_libraries(hubbub_${name} PUBLIC ${ARGN})
endfunction()

# hubbub_find_package(TARGET PACKAGE...): the target is there for the whole project, if it is found.
function(hubbub_find_package target)
  if(TARGET ${target})
    return()
  endif()
  find_package(${ARGN} QUIET)
  if(TARGET ${target})
    get_target_property(aliased ${target} ALIASED_TARGET)
    get_target_property(imported ${target} IMPORTED)
    if(imported AND NOT aliased)
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endif()
endfunction()

# hubbub_find_header(NAME HEADER [LIBRARY]): makes hubbub_found_NAME of what has no package file.
# Debian 12 has neither for Asio nor for hiredis one with a target.
function(hubbub_find_header name header)
  find_path(HUBBUB_${name}_INCLUDE_DIR ${header})
  foreach(library ${ARGN})
    find_library(HUBBUB_${name}_LIBRARY ${library})
  endforeach()
  if(HUBBUB_${name}_INCLUDE_DIR AND (NOT ARGN OR HUBBUB_${name}_LIBRARY))
    add_library(hubbub_found_${name} INTERFACE)
    target_include_directories(hubbub_found_${name} SYSTEM INTERFACE "${HUBBUB_${name}_INCLUDE_DIR}")
    if(ARGN)
      target_link_libraries(hubbub_found_${name} INTERFACE "${HUBBUB_${name}_LIBRARY}")
    endif()
  endif()
endfunction()

# hubbub_find(NAME HEADER [LIBRARY]): sets hubbub_NAME to the target of the project, of its package, or
# of what is installed, and to nothing if there is none.
function(hubbub_find name header)
  if(NOT TARGET ${name})
    hubbub_find_package(${name}::${name} ${name} CONFIG)
  endif()
  if(NOT TARGET ${name} AND NOT TARGET ${name}::${name})
    hubbub_find_header(${name} ${header} ${ARGN})
  endif()
  foreach(candidate ${name}::${name} ${name} hubbub_found_${name})
    if(TARGET ${candidate})
      set(hubbub_${name} ${candidate} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(hubbub_${name} "" PARENT_SCOPE)
endfunction()

hubbub_find(asio asio/version.hpp)
if(NOT hubbub_asio)
  hubbub_problem("it needs Asio 1.22.1 or newer, standalone: no asio/version.hpp is found")
endif()
hubbub_find_package(Threads::Threads Threads)
if(NOT TARGET Threads::Threads)
  hubbub_problem("it needs threads")
endif()

hubbub_add(hubbub ${hubbub_asio} Threads::Threads)
target_include_directories(hubbub_hubbub INTERFACE "${hubbub_include_dir}")
target_compile_features(hubbub_hubbub INTERFACE cxx_std_20)
# All of a program is to allocate in one way: see meson.build.
target_compile_definitions(hubbub_hubbub INTERFACE ASIO_HAS_STD_ALIGNED_ALLOC=1)
hubbub_add_compiled(compiled src.cpp hubbub_hubbub)

hubbub_find(hiredis hiredis/hiredis.h hiredis)
if(hubbub_hiredis)
  hubbub_add(redis hubbub_hubbub ${hubbub_hiredis})
  hubbub_add_compiled(redis_compiled redis/src.cpp hubbub_compiled ${hubbub_hiredis})
  hubbub_find_package(OpenSSL::Crypto OpenSSL)
  hubbub_find_package(OpenSSL::SSL OpenSSL)
  if(TARGET OpenSSL::SSL)
    hubbub_add(redis_tls hubbub_redis OpenSSL::SSL OpenSSL::Crypto)
    hubbub_add_compiled(redis_tls_compiled redis/src_tls.cpp hubbub_redis_compiled OpenSSL::SSL
      OpenSSL::Crypto)
  endif()
endif()

hubbub_find_package(nlohmann_json::nlohmann_json nlohmann_json 3.10 CONFIG)
if(TARGET nlohmann_json::nlohmann_json)
  hubbub_add(json hubbub_hubbub nlohmann_json::nlohmann_json)
endif()

set(hubbub_needs_redis hiredis)
set(hubbub_needs_redis_tls "hiredis and OpenSSL")
set(hubbub_needs_json nlohmann_json)
foreach(component redis redis_tls json)
  if(TARGET hubbub::${component})
    set(hubbub_${component}_FOUND TRUE)
  elseif(hubbub_FIND_REQUIRED_${component})
    hubbub_problem("its component ${component} needs ${hubbub_needs_${component}}")
  elseif(NOT CMAKE_FIND_PACKAGE_NAME STREQUAL "hubbub")
    message(STATUS "hubbub: without ${hubbub_needs_${component}} there is no hubbub::${component}")
  endif()
endforeach()
