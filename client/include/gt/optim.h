// Optimizers.
#pragma once

#include <gt/optim/adam.h>
#include <gt/optim/optimizer.h>
#include <gt/optim/sgd.h>
