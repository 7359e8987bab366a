#pragma once

#include <memory>
#include <string>

#include "scaling/scaling_programs.hpp"

namespace eigenprop {

/// "train_ncuts", "train_classifier", "train_embedding", "train_dictionary" or "embed_tsne": steps
/// of what the driver of this name trains.
ScalingPrograms training_programs();

}  // namespace eigenprop
