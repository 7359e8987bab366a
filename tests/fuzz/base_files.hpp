#pragma once

#include <string>

namespace eigenprop {

/// Writes a small valid file of every kind that drivers read into a folder, under the kind's name:
/// segmentation.h5, classification.h5, points.h5, checkpoint.h5, truth.mat, segs.mat, ucm.mat and
/// settings.toml.
void write_base_files(const std::string& folder);

}  // namespace eigenprop
