#pragma once

#include <vector>

#include "data/image.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// Concatenation over ranks, in rank order, on rank 0, and nothing elsewhere. Pixels do not travel,
/// contours in float. Collective over `comm`.
std::vector<SegmentedImage> gather_to_root(const std::vector<SegmentedImage>& own,
                                           const Communicator& comm);

/// The same of lists of numbers, each of at most 2³¹ - 1.
std::vector<std::vector<float>> gather_to_root(const std::vector<std::vector<float>>& own,
                                               const Communicator& comm);

}  // namespace eigenprop
