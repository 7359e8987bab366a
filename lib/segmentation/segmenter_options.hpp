#pragma once

#include "runtime/command_line.hpp"
#include "segmentation/contour_segmenter.hpp"
#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// Declares the keys of the inference from features to segmentations.
void declare_segmenter_options(CommandLine& line, SegmenterSettings& settings);

/// Declares the keys of [hierarchy].
void declare_hierarchy_options(CommandLine& line, HierarchySettings& settings);

}  // namespace eigenprop
