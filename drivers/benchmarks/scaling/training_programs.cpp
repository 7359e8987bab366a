#include "scaling/training_programs.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "runtime/error.hpp"
#include "scaling/synthetic_data.hpp"
#include "training/classification_problem.hpp"
#include "training/dictionary_problem.hpp"
#include "training/embedding_problem.hpp"
#include "training/gain_descent.hpp"
#include "training/ncuts_problem.hpp"

namespace eigenprop {
namespace {

double norm_of(const ParameterSet& parameters) {
  double squares = 0;
  for (const auto& parameter : parameters) {
    parameter->value.visit([&](const auto& tensor) {
      for (const auto value : to_host(tensor))
        squares += static_cast<double>(value) * static_cast<double>(value);
    });
  }
  return std::sqrt(squares);
}

/// Steps of a solver on a problem, over a data set that is made for it.
class TrainingProgram : public ScalingProgram {
 public:
  void run(const std::function<void()>& step_done) override {
    std::int64_t done = 0;
    solver_->run(
        [&](const Solver::Step& step) {
          // Epochs are whole.
          if (++done > steps_) return;
          last_ = step.measures;
          step_done();
        },
        nullptr);
    require(done >= steps_, "the training has converged after " + std::to_string(done) + " of " +
                                std::to_string(steps_) + " steps");
  }

  std::int64_t units() const override { return units_; }

  std::map<std::string, double> numbers() override {
    std::map<std::string, double> result = {{"parameters", norm_of(problem_->parameters())}};
    // t-SNE does not evaluate it at every step.
    if (std::isfinite(last_.objective)) result["objective"] = last_.objective;
    return result;
  }

 protected:
  using Writer = void (*)(const std::string&, const SyntheticExtents&, const Communicator&);

  /// Writes the data set; returns where.
  const std::string& make_data(const Launch& launch, Writer write, const Communicator& world) {
    steps_ = launch.steps;
    extents_.copies = launch.copies;
    data_file_.emplace(launch.scratch + "data.h5", world);
    write(data_file_->path(), extents_, world);
    return data_file_->path();
  }

  /// So many steps; a batch grows with the work.
  void give_steps(SolverSettings& solver, const Launch& launch, std::int64_t samples_of_unit) {
    const std::int64_t samples = extents_.samples * launch.copies;
    solver.batch *= launch.copies;
    const std::int64_t in_epoch = (samples + solver.batch - 1) / solver.batch;
    solver.epochs = (launch.steps + in_epoch - 1) / in_epoch;
    solver.iterations = launch.steps;
    const std::int64_t in_step = solver.by_batches() ? std::min(solver.batch, samples) : samples;
    units_ = (in_step + samples_of_unit - 1) / samples_of_unit;
  }

  void declare_samples(CommandLine& line) {
    line.option("data.samples", extents_.samples, "Samples");
  }
  void declare_image_sizes(CommandLine& line) {
    line.option("data.height", extents_.height, "Lines of an image");
    line.option("data.width", extents_.width, "Columns of an image");
  }
  void declare_classes(CommandLine& line, const char* help) {
    line.option("data.classes", extents_.classes, help);
  }

  void check_extents() const {
    const auto& e = extents_;
    if (e.samples < 1 || e.height < 1 || e.width < 1 || e.features < 1 || e.classes < 2)
      throw ConfigurationError(
          "data.samples, data.height, data.width and data.features must be positive, data.classes "
          "2 or more");
  }

  SyntheticExtents extents_;
  std::int64_t steps_ = 0, units_ = 1;
  std::optional<ScratchFile> data_file_;
  std::shared_ptr<const void> data_;  ///< must outlive what follows
  std::unique_ptr<Problem> problem_;
  std::unique_ptr<Solver> solver_;
  Measures last_;
};

class NCutsTraining : public TrainingProgram {
 public:
  void declare(CommandLine& line) override {
    declare_samples(line);
    declare_image_sizes(line);
    declare_classes(line, "Segments of an image");
    declare_ncuts_options(line, settings_);
  }
  void check() const override {
    check_extents();
    check_ncuts_settings(settings_);
    if (settings_.learns_boundaries())
      throw ConfigurationError("objective.kind must be j1 or j2: boundaries are no case");
  }
  bool grows() const override { return true; }
  void prepare(const Launch& launch, const Communicator& world) override {
    const auto data =
        std::make_shared<SegmentationDataset>(make_data(launch, write_segmented_images, world));
    data_ = data;
    give_steps(settings_.solver, launch, 1);
    problem_ = std::make_unique<NCutsProblem>(settings_, *data, NCutsScoring(), 1e-3, world);
    solver_ = make_solver(settings_.solver, *problem_, world);
  }

 private:
  NCutsTrainingSettings settings_;
};

class ClassifierTraining : public TrainingProgram {
 public:
  void declare(CommandLine& line) override {
    declare_samples(line);
    declare_image_sizes(line);
    declare_classes(line, "Classes");
    declare_classification_options(line, settings_);
  }
  void check() const override {
    check_extents();
    check_classification_settings(settings_);
  }
  bool grows() const override { return true; }
  void prepare(const Launch& launch, const Communicator& world) override {
    const std::shared_ptr<const ClassificationSource> data =
        open_classification_source(make_data(launch, write_classified_images, world));
    data_ = data;
    give_steps(settings_.solver, launch, settings_.unit);
    problem_ = std::make_unique<ClassificationProblem>(settings_, *data, nullptr, world);
    solver_ = make_solver(settings_.solver, *problem_, world);
  }

 private:
  ClassificationSettings settings_;
};

/// Of points.
class PointTraining : public TrainingProgram {
 protected:
  void declare_points(CommandLine& line) {
    declare_samples(line);
    declare_classes(line, "Classes of the points");
    line.option("data.features", extents_.features, "Features of a point");
  }
  /// Features up to a GiB stay in memory.
  const PointDataset& make_points(const Launch& launch, const Communicator& world) {
    const auto data = std::make_shared<PointDataset>(make_data(launch, write_points, world),
                                                     std::int64_t{1} << 30);
    data_ = data;
    return *data;
  }
};

class EmbeddingTraining : public PointTraining {
 public:
  void declare(CommandLine& line) override {
    declare_points(line);
    declare_embedding_options(line, settings_);
  }
  void check() const override {
    check_extents();
    check_embedding_settings(settings_);
  }
  void prepare(const Launch& launch, const Communicator& world) override {
    const auto& data = make_points(launch, world);
    give_steps(settings_.solver, launch, settings_.unit);
    problem_ = std::make_unique<EmbeddingProblem>(settings_, data, world);
    solver_ = make_solver(settings_.solver, *problem_, world);
  }

 private:
  EmbeddingSettings settings_;
};

class DictionaryTraining : public PointTraining {
 public:
  void declare(CommandLine& line) override {
    declare_points(line);
    declare_dictionary_options(line, settings_);
  }
  void check() const override {
    check_extents();
    check_dictionary_settings(settings_);
  }
  void prepare(const Launch& launch, const Communicator& world) override {
    const auto& data = make_points(launch, world);
    give_steps(settings_.solver, launch, settings_.unit);
    problem_ = std::make_unique<DictionaryProblem>(settings_, data, nullptr, world);
    solver_ = make_solver(settings_.solver, *problem_, world);
  }

 private:
  DictionarySettings settings_;
};

class TsneEmbedding : public PointTraining {
 public:
  void declare(CommandLine& line) override {
    declare_points(line);
    declare_tsne_options(line, settings_);
  }
  void check() const override {
    check_extents();
    check_tsne_settings(settings_);
  }
  void prepare(const Launch& launch, const Communicator& world) override {
    const auto& data = make_points(launch, world);
    settings_.iterations = launch.steps;
    units_ = extents_.samples;
    auto problem = std::make_unique<TsneProblem>(settings_, data, world);
    solver_ = std::make_unique<GainDescent>(settings_, *problem, world);
    problem_ = std::move(problem);
  }

 private:
  TsneSettings settings_;
};

}  // namespace

ScalingPrograms training_programs() {
  return {{"train_ncuts", new_program<NCutsTraining>},
          {"train_classifier", new_program<ClassifierTraining>},
          {"train_embedding", new_program<EmbeddingTraining>},
          {"train_dictionary", new_program<DictionaryTraining>},
          {"embed_tsne", new_program<TsneEmbedding>}};
}

}  // namespace eigenprop
