// The whole public interface.
#pragma once

#include <gt/autograd.h>
#include <gt/cluster.h>
#include <gt/data.h>
#include <gt/error.h>
#include <gt/functions.h>
#include <gt/indexing.h>
#include <gt/nn.h>
#include <gt/optim.h>
#include <gt/printing.h>
#include <gt/random.h>
#include <gt/signal.h>
#include <gt/tensor.h>
#include <gt/tensor_data.h>
#include <gt/types.h>
