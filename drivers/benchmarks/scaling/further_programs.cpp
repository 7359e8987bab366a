#include "scaling/further_programs.hpp"

#include <sys/stat.h>

#include <cmath>
#include <optional>

#include "data/sampling.hpp"
#include "linear_neighbourhood.hpp"
#include "runtime/error.hpp"
#include "runtime/phase.hpp"
#include "scaling/synthetic_data.hpp"
#include "spectral/second_order_pooling.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {
namespace {

/// log(FᵀF + εI) of random samples and its adjoint; sample i of a copy is that of the first.
class Pooling : public SteppedProgram {
 public:
  void declare(CommandLine& line) override {
    line.option("batch", batch_, "Samples over all ranks");
    line.option("locations", locations_, "Rows m of a sample");
    line.option("features", features_, "Columns d of a sample");
  }
  void check() const override {
    if (batch_ < 1 || locations_ < 1 || features_ < 1)
      throw ConfigurationError("batch, locations and features must be positive");
  }
  bool grows() const override { return true; }
  std::int64_t units() const override { return batch_ * launch_.copies; }
  std::map<std::string, double> numbers() override {
    const auto copies = static_cast<double>(launch_.copies);
    return {{"squares", world_->sum(squares(arguments_.outputs[0])) / copies},
            {"gradient_squares", world_->sum(squares(input_adjoints_[0])) / copies}};
  }

 protected:
  void make() override {
    const auto [first, last] = share_of(batch_ * launch_.copies, world_->rank(), world_->size());
    const Shape shape{last - first, locations_, features_};
    const auto plan = pooling_.plan({{shape, Precision::f64}});
    arguments_.inputs = {normal(first, shape, 0)};
    const auto allocate = [](const std::vector<TensorSpec>& specs) {
      std::vector<AnyTensor> tensors;
      tensors.reserve(specs.size());
      for (const auto& spec : specs)
        tensors.push_back(AnyTensor::zeros(spec.shape, spec.precision));
      return tensors;
    };
    arguments_.outputs = allocate(plan.outputs);
    arguments_.saved = allocate(plan.saved);
    arguments_.scratch = allocate(plan.scratch);
    output_adjoints_ = {normal(first, {last - first, features_, features_}, 1)};
    input_adjoints_ = {Tensor<double>(shape)};
  }
  void step() override {
    {
      const PhaseScope scope(Phase::forward);
      pooling_.forward(arguments_);
    }
    const PhaseScope scope(Phase::backward);
    pooling_.adjoint(arguments_, output_adjoints_, input_adjoints_);
  }

 private:
  // Of samples first, first + 1, ...
  Tensor<double> normal(std::int64_t first, const Shape& shape, std::uint32_t which) const {
    std::vector<double> values;
    const std::int64_t size = shape.with(0, 1).size();
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      const auto sample = static_cast<std::uint32_t>((first + i) % batch_);
      const RandomStream stream(RandomKey{1, RandomPurpose::test, which, sample, 0});
      for (std::int64_t j = 0; j < size; ++j)
        values.push_back(stream.normal(static_cast<std::uint64_t>(j)));
    }
    Tensor<double> tensor(shape);
    from_host(tensor, values);
    return tensor;
  }

  static double squares(const AnyTensor& tensor) {
    double sum = 0;
    for (const double value : to_host(tensor.as<double>())) sum += value * value;
    return sum;
  }

  std::int64_t batch_ = 100, locations_ = 36, features_ = 256;
  SecondOrderPooling<double> pooling_;
  Arguments arguments_;
  std::vector<AnyTensor> output_adjoints_, input_adjoints_;
};

class NeighbourhoodGradient : public SteppedProgram {
 public:
  void declare(CommandLine& line) override {
    line.option("points", points_, "Points N over all ranks");
    line.option("features", features_, "Features D");
    line.option("dimensions", dimensions_, "Dimensions d of the embedding");
  }
  void check() const override {
    if (points_ < 1 || features_ < 1 || dimensions_ < 1)
      throw ConfigurationError("points, features and dimensions must be positive");
  }
  std::int64_t units() const override { return points_; }
  std::map<std::string, double> numbers() override { return {{"objective", value_}}; }

 protected:
  void make() override { problem_.emplace(points_, features_, dimensions_, *world_); }
  void step() override { value_ = problem_->evaluate(*world_); }

 private:
  std::int64_t points_ = 10000, features_ = 784, dimensions_ = 32;
  std::optional<LinearNeighbourhood> problem_;
  double value_ = 0;
};

/// Eight parameters of one size, in single precision, that all ranks hold.
class CheckpointProgram : public SteppedProgram {
 public:
  void declare(CommandLine& line) override {
    line.option("megabytes", megabytes_, "Size of the state, 10^6 bytes");
  }
  void check() const override {
    if (megabytes_ < 1) throw ConfigurationError("megabytes must be positive");
  }
  std::int64_t units() const override { return 1; }

 protected:
  void make() override {
    constexpr std::int64_t parameters = 8;
    file_.emplace(launch_.scratch + "checkpoint.h5", *world_);
    const std::int64_t size = megabytes_ * 1000000 / (parameters * 4);
    for (std::int64_t p = 0; p < parameters; ++p) {
      const RandomStream stream(
          RandomKey{1, RandomPurpose::test, static_cast<std::uint32_t>(p), 0, 0});
      std::vector<float> values;
      for (std::int64_t i = 0; i < size; ++i)
        values.push_back(static_cast<float>(stream.uniform(static_cast<std::uint64_t>(i))));
      Tensor<float> tensor({size});
      from_host(tensor, values);
      checkpoint_.parameters["layer" + std::to_string(p) + ".weight"] = tensor;
    }
    checkpoint_.model = "of benchmark_scaling";
  }
  void write() const { write_checkpoint(file_->path(), checkpoint_, *world_); }

  std::int64_t megabytes_ = 100;
  Checkpoint checkpoint_;
  std::optional<ScratchFile> file_;
};

class CheckpointWriting : public CheckpointProgram {
 public:
  std::map<std::string, double> numbers() override {
    double bytes = 0;
    struct stat status {};
    if (world_->is_root() && stat(file_->path().c_str(), &status) == 0)
      bytes = static_cast<double>(status.st_size);
    return {{"bytes", world_->sum(bytes)}};
  }

 protected:
  void step() override { write(); }
};

class CheckpointReading : public CheckpointProgram {
 public:
  std::map<std::string, double> numbers() override {
    double sum = 0;
    for (const auto& [name, tensor] : read_.parameters) {
      for (const float value : to_host(tensor.as<float>())) sum += static_cast<double>(value);
    }
    return {{"sum", world_->sum(sum) / world_->size()}};
  }

 protected:
  void make() override {
    CheckpointProgram::make();
    write();
  }
  void step() override { read_ = read_checkpoint(file_->path(), *world_); }

 private:
  Checkpoint read_;
};

}  // namespace

ScalingPrograms further_programs() {
  return {{"second_order_pooling", new_program<Pooling>},
          {"nca_gradient", new_program<NeighbourhoodGradient>},
          {"write_checkpoint", new_program<CheckpointWriting>},
          {"read_checkpoint", new_program<CheckpointReading>}};
}

}  // namespace eigenprop
