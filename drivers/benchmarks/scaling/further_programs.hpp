#pragma once

#include <memory>
#include <string>

#include "scaling/scaling_programs.hpp"

namespace eigenprop {

/// "second_order_pooling" of a batch whose samples are spread over the ranks; "nca_gradient",
/// linear NCA of points spread over the ranks; "write_checkpoint" and "read_checkpoint".
ScalingPrograms further_programs();

}  // namespace eigenprop
