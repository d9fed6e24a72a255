// The driver of NVIDIA GPUs, found when it is needed: nothing here needs one to be installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gt::worker::jit {

/// Types of the driver's interface (cuda.h), of which only these are used.
using CudaResult = int;
using CudaDevice = int;
using CudaContext = struct CudaContextOfDriver*;
using CudaModule = struct CudaModuleOfDriver*;
using CudaFunction = struct CudaFunctionOfDriver*;
using CudaStream = struct CudaStreamOfDriver*;
using CudaGraph = struct CudaGraphOfDriver*;
using CudaGraphNode = struct CudaGraphNodeOfDriver*;
using CudaGraphExecutable = struct CudaGraphExecutableOfDriver*;

/// CUDA_KERNEL_NODE_PARAMS in its second version: what cuGraphExecKernelNodeSetParams_v2 takes.
struct CudaKernelNode {
  CudaFunction function;
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  void** parameters;
  void** extra;
  void* kernel;  ///< in place of the function
  CudaContext context;
};

struct CudaDriver {
  CudaResult (*init)(unsigned flags);
  CudaResult (*device_get)(CudaDevice* device, int ordinal);
  CudaResult (*device_get_attribute)(int* value, int attribute, CudaDevice device);
  CudaResult (*device_get_name)(char* name, int length, CudaDevice device);
  CudaResult (*primary_context_retain)(CudaContext* context, CudaDevice device);
  CudaResult (*primary_context_release)(CudaDevice device);
  CudaResult (*context_push)(CudaContext context);
  CudaResult (*context_pop)(CudaContext* context);
  CudaResult (*context_synchronize)();
  CudaResult (*module_load_data)(CudaModule* module, const void* image, unsigned options,
                                 int* names, void** values);
  CudaResult (*module_unload)(CudaModule module);
  CudaResult (*module_get_function)(CudaFunction* function, CudaModule module, const char* name);
  CudaResult (*launch_kernel)(CudaFunction function, unsigned grid_x, unsigned grid_y,
                              unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                              unsigned shared_bytes, CudaStream stream, void** parameters,
                              void** extra);
  /// `status` is 1 while the stream is captured; then `nodes` are the last ones.
  CudaResult (*stream_get_capture_info)(CudaStream stream, int* status, std::uint64_t* id,
                                        CudaGraph* graph, const CudaGraphNode** nodes,
                                        std::size_t* node_count);
  CudaResult (*graph_set_kernel_node)(CudaGraphExecutable graph, CudaGraphNode node,
                                      const CudaKernelNode* parameters);
  CudaResult (*get_error_string)(CudaResult error, const char** text);

  /// Loads the driver at the first call. Throws CommonError(kInternal) where there is none.
  [[nodiscard]] static const CudaDriver& get();

  /// Throws CommonError(kInternal): what could not be done, and the driver's words.
  void check(CudaResult result, const std::string& what) const;
};

}  // namespace gt::worker::jit
