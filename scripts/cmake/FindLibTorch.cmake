# LibTorch from the Python wheel (the wheel's own config insists on a CUDA toolkit).
#
# Looked for in LibTorch_ROOT (variable or environment), in the virtual environment that scripts/setup makes,
# and in the python3 of the caller. Gives
#   LibTorch::torch_cpu   libtorch_cpu and libc10, with the headers of ATen and of the C++ frontend
#   LibTorch::torch_cuda  the CUDA libraries, only where the wheel has them

set(LibTorch_ROOT "$ENV{LibTorch_ROOT}" CACHE PATH "Folder of the Python package torch")
set(LibTorch_ROOT_DIR ${LibTorch_ROOT})
if(NOT LibTorch_ROOT_DIR)
  file(GLOB candidates "$ENV{HOME}/.cache/gt/venv/lib/python3*/site-packages/torch")
  list(POP_FRONT candidates LibTorch_ROOT_DIR)
endif()
if(NOT LibTorch_ROOT_DIR)
  execute_process(
    COMMAND python3 -c
      "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE LibTorch_ROOT_DIR OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()

if(EXISTS "${LibTorch_ROOT_DIR}/version.py")
  file(STRINGS "${LibTorch_ROOT_DIR}/version.py" version_line REGEX "^__version__")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" LibTorch_VERSION "${version_line}")
endif()
set(LibTorch_LIBRARY_DIR ${LibTorch_ROOT_DIR}/lib)
if(EXISTS ${LibTorch_LIBRARY_DIR}/libtorch_cpu.so AND EXISTS ${LibTorch_LIBRARY_DIR}/libc10.so)
  set(LibTorch_LIBRARIES ${LibTorch_LIBRARY_DIR}/libtorch_cpu.so ${LibTorch_LIBRARY_DIR}/libc10.so)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_LIBRARIES
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE
    "run ./scripts/setup, or set LibTorch_ROOT to the folder of the Python package torch (2.11 to 2.15)")

if(LibTorch_FOUND AND NOT TARGET LibTorch::torch_cpu)
  # The wheel ships headers of other libraries (fmt among them): the system's own come first.
  function(gt_torch_target name)
    add_library(LibTorch::${name} INTERFACE IMPORTED)
    target_compile_options(LibTorch::${name} INTERFACE "SHELL:-idirafter ${LibTorch_ROOT_DIR}/include"
      "SHELL:-idirafter ${LibTorch_ROOT_DIR}/include/torch/csrc/api/include")
    target_link_options(LibTorch::${name} INTERFACE -Wl,--allow-shlib-undefined)
    target_link_libraries(LibTorch::${name} INTERFACE ${ARGN} ${LibTorch_LIBRARIES})
  endfunction()
  gt_torch_target(torch_cpu)
  if(EXISTS ${LibTorch_LIBRARY_DIR}/libtorch_cuda.so)
    gt_torch_target(torch_cuda ${LibTorch_LIBRARY_DIR}/libtorch_cuda.so ${LibTorch_LIBRARY_DIR}/libc10_cuda.so)
  endif()
endif()
