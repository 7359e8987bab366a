#pragma once

#include "models/ncuts_trainer.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// Declares the keys of training, model, objective, data views and pixels. The drivers that use a
/// trained model declare the same keys and take their values from its checkpoint.
void declare_ncuts_options(CommandLine& line, NCutsTrainingSettings& settings);

/// Checks what single keys cannot show, after parsing. Throws ConfigurationError.
void check_ncuts_settings(const NCutsTrainingSettings& settings);

}  // namespace eigenprop
