#pragma once

#include "runtime/command_line.hpp"
#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// Declares the keys of the inference from features to segmentations.
void declare_segmenter_options(CommandLine& line, SegmenterSettings& settings);

}  // namespace eigenprop
