// Modules, layers, losses and initialisation.
#pragma once

#include <gt/nn/any_module.h>
#include <gt/nn/compile.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/activation.h>
#include <gt/nn/layers/attention.h>
#include <gt/nn/layers/batch_norm.h>
#include <gt/nn/layers/convolution.h>
#include <gt/nn/layers/dropout.h>
#include <gt/nn/layers/embedding.h>
#include <gt/nn/layers/functional_module.h>
#include <gt/nn/layers/linear.h>
#include <gt/nn/layers/loss.h>
#include <gt/nn/layers/normalization.h>
#include <gt/nn/layers/pooling.h>
#include <gt/nn/layers/sequential.h>
#include <gt/nn/module.h>
