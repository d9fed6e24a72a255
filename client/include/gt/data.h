// Datasets, samplers and loaders.
#pragma once

#include <gt/data/data_loader.h>
#include <gt/data/example.h>
#include <gt/data/mnist.h>
#include <gt/data/sampler.h>
