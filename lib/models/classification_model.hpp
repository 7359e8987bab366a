#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/classification_source.hpp"
#include "graph/execution.hpp"
#include "models/layer.hpp"
#include "objectives/classification_loss.hpp"
#include "optimization/solver_settings.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// A network of layers with a linear classifier on top.
struct ClassifierSettings {
  std::string trunk = "none";          ///< see trunks.hpp; "none": all layers stand in `layers`
  std::string cut;                     ///< last layer of the trunk that is kept; empty: all
  std::vector<Layer> layers;           ///< further layers (network.hpp), the last one's rows are
                                       ///< classified
  double trunk_rate = 1;               ///< factor of the learning rate below the classifier
  double classifier_rate = 1;          ///< and of the classifier
  double classifier_deviation = 0.01;  ///< of the classifier's first weights
};

struct ClassificationSettings {
  std::int64_t unit = 10;             ///< images that go through the network at once
  std::string objective = "softmax";  ///< or "logistic"
  SolverSettings solver = {"sgd", 10, 100};
  FramingSettings framing;
  PixelSettings pixels = {"rgb", {123.675, 116.28, 103.53}, {58.395, 57.12, 57.375}, false};
  ClassifierSettings model;
};

/// Declares all options: [model], [pixels], [view], [train].
void declare_classification_options(CommandLine& line, ClassificationSettings& settings);

/// Throws ConfigurationError for settings that no data set makes right.
void check_classification_settings(const ClassificationSettings& settings);

/// Layers of the model for this number of classes; the last is called "logits".
std::vector<Layer> classifier_layers(const ClassifierSettings& settings, std::int64_t classes);

/// The network with its loss, for samples of the given channels. Input 0: samples, float (n,
/// height, width, channels); input 1: labels, int32 (n). Outputs "logits", "objective": double (1),
/// and "better" (ClassificationLoss).
Graph build_classifier(const ClassificationSettings& settings, std::int64_t classes,
                       std::int64_t channels);

/// Inputs of build_classifier's graph for n samples of extents (height, width, channels).
std::vector<TensorSpec> classifier_inputs(const Shape& extents, std::int64_t n);

/// Puts these samples and their labels into the inputs of the graph's plan for them: as random
/// views of `epoch` in training, whole and centred in inference.
Execution& load_images(Graph& graph, const ClassificationSettings& settings,
                       const ClassificationSource& data, const std::vector<std::int64_t>& samples,
                       std::int64_t epoch, Mode mode);

/// Runs `body`, which puts these samples through the network; an error of it names the image, or,
/// where it does not know which one failed, the first and the last of them.
void naming_images(const ClassificationSource& data, const std::vector<std::int64_t>& samples,
                   const std::function<void()>& body);

/// One line that identifies the model in checkpoints.
std::string classifier_signature(const ClassificationSettings& settings, std::int64_t classes,
                                 const Shape& extents);

}  // namespace eigenprop
