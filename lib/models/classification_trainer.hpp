#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/classification_source.hpp"
#include "models/gradient_descent.hpp"
#include "objectives/classification_loss.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// A network of layers with a linear classifier on top.
struct ClassifierSettings {
  std::string trunk = "none";          ///< see trunks.hpp; "none": all layers stand in `layers`
  std::string cut;                     ///< last layer of the trunk that is kept; empty: all
  std::vector<std::string> layers;     ///< further layers (network.hpp), the last one's rows are
                                       ///< classified
  double trunk_rate = 1;               ///< factor of the learning rate below the classifier
  double classifier_rate = 1;          ///< and of the classifier
  double classifier_deviation = 0.01;  ///< of the classifier's first weights
};

struct ClassificationSettings {
  std::int64_t epochs = 10;
  std::int64_t batch = 100;           ///< images of a step, over all ranks
  std::int64_t unit = 10;             ///< images that go through the network at once
  std::string objective = "softmax";  ///< or "logistic"
  std::int64_t seed = 1;
  MomentumSgdSettings optimizer;
  ScheduleSettings schedule;
  FramingSettings framing;
  PixelSettings pixels = {"rgb", {123.675, 116.28, 103.53}, {58.395, 57.12, 57.375}, false};
  ClassifierSettings model;
};

/// Declares all options: [model], [pixels], [view], [train].
void declare_classification_options(CommandLine& line, ClassificationSettings& settings);

/// Throws ConfigurationError for settings that no data set makes right.
void check_classification_settings(const ClassificationSettings& settings);

/// Layers of the model for this number of classes; the last is called "logits".
std::vector<std::string> classifier_layers(const ClassifierSettings& settings,
                                           std::int64_t classes);

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

struct ClassificationStep {
  double objective = 0;
  double error = 0;  ///< share of the step's images whose best guess was wrong
  double gradient_norm = 0;
  double learning_rate = 0;
  bool stop_requested = false;  ///< on any rank
};

struct ClassificationScores {
  double objective = 0;
  double error_top1 = 0;  ///< share of images whose best guess is wrong
  double error_top5 = 0;  ///< share of images whose class is not among the best five
};

/// Data-parallel training of a classifier. Units of images are spread over the ranks; views,
/// dropout and order depend on (seed, epoch, image) alone, and sums over units are taken in
/// double, so that the losses do not depend on the number of ranks.
class ClassificationTrainer {
 public:
  /// `data` must outlive the trainer. Collective over `comm`.
  ClassificationTrainer(const ClassificationSettings& settings, const ClassificationSource& data,
                        const Communicator& comm);

  std::int64_t steps_per_epoch() const;
  std::int64_t total_steps() const { return steps_per_epoch() * settings_.epochs; }
  std::int64_t steps_done() const { return step_; }

  /// One optimization step. `stop_requested` of this rank reaches all ranks. Throws
  /// NonFiniteError that names the first layer whose output is not finite; errors of layers name
  /// the image, or those that went through the network at once. Collective.
  ClassificationStep step(bool stop_requested);

  /// Scores of the present parameters on a data set of the same classes, by all ranks. Throws
  /// InputError where its classes or the extents of its samples are others. Collective.
  ClassificationScores evaluate(const ClassificationSource& data);

  Checkpoint checkpoint(const std::string& configuration) const;
  void restore(const Checkpoint& checkpoint, const std::string& path);
  Graph& graph() { return graph_; }

 private:
  ClassificationSettings settings_;
  const ClassificationSource& data_;
  Shape extents_;  ///< of one sample at the network's input
  Communicator comm_;
  Graph graph_;
  GradientDescent descent_;
  std::int64_t step_ = 0;
};

}  // namespace eigenprop
