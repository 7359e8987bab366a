#pragma once

#include <memory>
#include <string>

#include "scaling/scaling_programs.hpp"

namespace eigenprop {

/// "train_ncuts", "train_classifier", "train_embedding", "train_dictionary" or "embed_tsne": steps
/// of what the driver of this name trains; null for another name.
std::unique_ptr<ScalingProgram> make_training_program(const std::string& name);

}  // namespace eigenprop
