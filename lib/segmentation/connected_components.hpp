#pragma once

#include "data/image.hpp"

namespace eigenprop {

enum class Connectivity { four, eight };

/// Splits every segment into its connected parts. Parts are numbered in the row-major order of
/// their first pixels.
LabelMap connected_components(const LabelMap& map, Connectivity connectivity);

}  // namespace eigenprop
