# Finds LLVM's static libraries by its llvm-config: the target gt_llvm has what the plugin `jit` needs of them.
find_program(GT_LLVM_CONFIG NAMES llvm-config-${GtLLVM_FIND_VERSION_MAJOR} llvm-config PATHS /usr/lib/llvm-${GtLLVM_FIND_VERSION_MAJOR}/bin
  DOC "llvm-config of LLVM ${GtLLVM_FIND_VERSION_MAJOR}")

function(gt_llvm_config out)
  execute_process(COMMAND ${GT_LLVM_CONFIG} ${ARGN} OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${GT_LLVM_CONFIG} ${ARGN} failed: are the static libraries of LLVM installed (package llvm-${GtLLVM_FIND_VERSION_MAJOR}-dev)?")
  endif()
  separate_arguments(items UNIX_COMMAND "${text}")
  set(${out} ${items} PARENT_SCOPE)
endfunction()

if(GT_LLVM_CONFIG)
  gt_llvm_config(GtLLVM_VERSION --version)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(GtLLVM REQUIRED_VARS GT_LLVM_CONFIG VERSION_VAR GtLLVM_VERSION
  REASON_FAILURE_MESSAGE "the plugin that compiles kernels needs the package llvm-${GtLLVM_FIND_VERSION_MAJOR}-dev (./scripts/setup installs it), and -DGT_WITH_LLVM=OFF builds without it")

if(GtLLVM_FOUND AND NOT TARGET gt_llvm)
  gt_llvm_config(include_folder --includedir)
  gt_llvm_config(library_folder --libdir)
  gt_llvm_config(libraries --link-static --libs core native nvptx passes runtimedyld)
  gt_llvm_config(system_libraries --link-static --system-libs core native nvptx passes runtimedyld)
  gt_llvm_config(aarch64_libraries --link-static --libs aarch64)
  add_library(gt_llvm INTERFACE)
  target_include_directories(gt_llvm SYSTEM INTERFACE ${include_folder})
  target_link_directories(gt_llvm INTERFACE ${library_folder})
  target_link_libraries(gt_llvm INTERFACE ${libraries} ${system_libraries})
  # For tests alone.
  add_library(gt_llvm_aarch64 INTERFACE)
  target_link_libraries(gt_llvm_aarch64 INTERFACE ${aarch64_libraries} gt_llvm)
endif()
