#include "scaling/cuts_programs.hpp"

#include <cmath>
#include <optional>
#include <utility>

#include "cuts/alignment.hpp"
#include "cuts/distributed_eigenvectors.hpp"
#include "low_rank_rows.hpp"
#include "mosaic_cuts.hpp"
#include "runtime/error.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

class LowRankProgram : public SteppedProgram {
 public:
  void declare(CommandLine& line) override {
    line.option("rows", rows_of_one_, "Rows m of F over all ranks");
    line.option("features", features_, "Columns d of F");
    line.option("segments", segments_, "Segments k");
  }
  void check() const override {
    if (rows_of_one_ < 1 || features_ < 1 || segments_ < 1 || segments_ > rows_of_one_)
      throw ConfigurationError(
          "rows, features and segments must be positive, segments at most rows");
  }
  bool grows() const override { return true; }
  std::int64_t units() const override { return rows_of_one_ * launch_.copies; }

 protected:
  void make() override {
    matrix_.emplace(rows_of_one_, features_, segments_, launch_.copies, *world_);
  }

  std::int64_t rows_of_one_ = 100000, features_ = 20, segments_ = 8;
  std::optional<LowRankRows> matrix_;
};

class LowRankGradient : public LowRankProgram {
 public:
  std::map<std::string, double> numbers() override {
    double squares = 0;
    for (const double g : gradient_) squares += g * g;
    // That of each copy is the gradient of one matrix, divided by their number.
    return {
        {"objective", value_},
        {"gradient_norm", std::sqrt(static_cast<double>(launch_.copies) * world_->sum(squares))}};
  }

 protected:
  void step() override {
    const auto rows = matrix_->rows();
    const auto segmentation = count_segments(matrix_->labels.data(), 1, rows.rows, *world_);
    gradient_.resize(matrix_->features.size());
    std::optional<Alignment> point;
    {
      const PhaseScope scope(Phase::forward);
      point.emplace(align(AlignmentObjective::j2, rows, nullptr, segmentation, {}, *world_));
    }
    const PhaseScope scope(Phase::backward);
    alignment_gradient(AlignmentObjective::j2, *point, rows, nullptr, segmentation, 1,
                       gradient_.data(), nullptr, *world_);
    value_ = point->value;
  }

 private:
  std::vector<double> gradient_;
  double value_ = 0;
};

class LowRankEigenvectors : public LowRankProgram {
 public:
  void declare(CommandLine& line) override {
    LowRankProgram::declare(line);
    line.option("vectors", vectors_, "Eigenvectors of M");
    line.choice("solver", solver_, {"gram", "slepc"}, "By the Gram matrix, or by SLEPc");
  }
  void check() const override {
    LowRankProgram::check();
    if (vectors_ < 1 || vectors_ > features_)
      throw ConfigurationError("vectors must lie between 1 and features");
  }
  std::map<std::string, double> numbers() override {
    std::map<std::string, double> result;
    for (std::size_t i = 0; i < eigenvalues_.size(); ++i)
      result["eigenvalue_" + std::to_string(i + 1)] = eigenvalues_[i];
    return result;
  }

 protected:
  void step() override {
    EigenvectorSettings settings;
    settings.dimensions = static_cast<int>(vectors_);
    const auto rows = matrix_->rows();
    eigenvalues_ = solver_ == "gram"
                       ? leading_eigenvectors(rows, nullptr, settings, *world_).eigenvalues
                       : distributed_eigenvectors(rows, nullptr, settings, *world_).eigenvalues;
  }

 private:
  std::int64_t vectors_ = 8;
  std::string solver_ = "gram";
  std::vector<double> eigenvalues_;
};

class GraphProgram : public SteppedProgram {
 public:
  void declare(CommandLine& line) override {
    line.option("pixels", pixels_, "About as many pixels of a mosaic");
    line.option("radius", radius_, "Radius of the graph's edges");
    line.option("vectors", vectors_, "Eigenvectors of M");
    line.option("tolerance", tolerance_, "Of the eigenvectors' residuals");
    line.option("adjoint_tolerance", adjoint_tolerance_, "Of the adjoint solve, relative");
  }
  void check() const override {
    if (pixels_ < 1 || vectors_ < 1 || vectors_ > 2000 || radius_ < 1 ||
        radius_ > largest_edge_radius || tolerance_ <= 0 || adjoint_tolerance_ <= 0)
      throw ConfigurationError(
          "pixels and tolerances must be positive, vectors lie between 1 and 2000, radius between "
          "1 and " +
          std::to_string(largest_edge_radius));
  }
  // Its numbers then say only that the solvers have converged: larger mosaics have eigenvalues of
  // their own.
  bool grows() const override { return true; }
  std::int64_t units() const override { return lines_; }

 protected:
  void make() override {
    GraphSpectrumSettings settings;
    settings.vectors = static_cast<int>(vectors_);
    settings.guards = 8;
    settings.tolerance = tolerance_;
    settings.adjoint_tolerance = adjoint_tolerance_;
    auto map = synthetic_mosaic(pixels_ * launch_.copies);
    lines_ = map.height;
    cuts_.emplace(std::move(map), static_cast<int>(radius_), settings, *world_);
    cuts_->make_grids();
  }
  bool has_grown() const { return launch_.copies > 1; }

  std::int64_t pixels_ = 150000, radius_ = 2, vectors_ = 8, lines_ = 0;
  double tolerance_ = 1e-4, adjoint_tolerance_ = 1e-3;
  std::optional<MosaicCuts> cuts_;
};

class GraphEigenvectorProgram : public GraphProgram {
 public:
  std::map<std::string, double> numbers() override {
    double worst = 0;
    std::map<std::string, double> result;
    for (int i = 0; i < at_->vectors; ++i) {
      const auto v = static_cast<std::size_t>(i);
      worst = std::max(worst, at_->residuals[v]);
      if (!has_grown()) result["eigenvalue_" + std::to_string(i + 1)] = at_->values[v];
    }
    result["converged"] = worst <= tolerance_ ? 1 : 0;
    return result;
  }

 protected:
  void step() override { at_ = &cuts_->solve(); }

 private:
  const GraphEigenvectors* at_ = nullptr;
};

class GraphGradientProgram : public GraphProgram {
 public:
  std::map<std::string, double> numbers() override {
    std::map<std::string, double> result = {
        {"converged", gradient_.residual <= adjoint_tolerance_ ? 1.0 : 0.0}};
    const double norm = cuts_->gradient_norm();
    if (!has_grown()) {
      result["objective"] = gradient_.value;
      result["gradient_norm"] = norm;
    }
    return result;
  }

 protected:
  void make() override {
    GraphProgram::make();
    cuts_->solve();
  }
  void step() override {
    const PhaseScope scope(Phase::backward);
    gradient_ = cuts_->gradient();
  }

 private:
  MosaicCuts::Gradient gradient_;
};

}  // namespace

ScalingPrograms cuts_programs() {
  return {{"low_rank_gradient", new_program<LowRankGradient>},
          {"low_rank_eigenvectors", new_program<LowRankEigenvectors>},
          {"graph_eigenvectors", new_program<GraphEigenvectorProgram>},
          {"graph_gradient", new_program<GraphGradientProgram>}};
}

}  // namespace eigenprop
