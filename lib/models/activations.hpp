#pragma once

#include <functional>
#include <string>

#include "models/classification_model.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

struct ActivationSettings {
  std::string layer;       ///< whose first output is stored
  std::int64_t unit = 10;  ///< images that go through the network at once
  std::string source;      ///< name of the checkpoint, for messages and the file
};

/// Stores the output of one layer of a trained classifier for every image of a data set in one
/// file, which rank 0 writes as the images pass through the network on all ranks: format
/// "eigenprop-activations", version 1; /features (images, ...), in the layer's own precision,
/// chunked by whole images; /images/name; /labels/class and /labels/names; root attributes layer,
/// source, step and data. Images are whole and centred, and dropout is off, as in a test.
///
/// `progress` is called with the number of own images done. Throws InputError where there is no
/// such layer or the checkpoint is of another model, and NonFiniteError that names the images where
/// a value is not finite; an older file of the name stays as it was. Collective over `comm`.
void extract_activations(const ActivationSettings& request, const ClassificationSettings& settings,
                         const Checkpoint& checkpoint, const ClassificationSource& data,
                         const std::string& output,
                         const std::function<void(std::int64_t)>& progress,
                         const Communicator& comm);

}  // namespace eigenprop
