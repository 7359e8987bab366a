#pragma once

#include <string>

#include "models/ncuts_trainer.hpp"

namespace eigenprop {

/// Table of the model's layers for a training view: output shape, parameters, memory, floating-
/// point operations of the forward pass; allocates no activations.
std::string describe_ncuts_model(const NCutsTrainingSettings& settings);

}  // namespace eigenprop
