#include "cuts/ncuts_operation.hpp"

#include <memory>

#include "runtime/error.hpp"
#include "runtime/numbers.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

AnyTensor tensor_or_none(const std::vector<AnyTensor>& tensors, std::size_t i) {
  return i < tensors.size() ? tensors[i] : AnyTensor();
}

// The inputs in host memory.
struct HostInputs {
  HostInput<double> features;
  HostInput<std::int32_t> labels;
  IfGiven<HostInput<double>> lambda;
  FeatureRows rows;
  Segmentations segmentations;

  HostInputs(const Arguments& a, bool regularized, const Communicator& comm)
      : features(a.space, a.inputs[0]),
        labels(a.space, a.inputs[1]),
        lambda(a.space, regularized ? AnyTensor() : tensor_or_none(a.inputs, 2)) {
    const Shape& f = a.inputs[0].shape();
    rows = {features.data(), f.rows(), static_cast<int>(f.columns()), a.host_space()};
    segmentations =
        count_segments(labels.data(), static_cast<int>(a.inputs[1].shape()[0]), f.rows(), comm);
  }
};

// The ranks that share the rows; this rank alone where nobody else does.
class Sharing {
 public:
  explicit Sharing(const Communicator* comm) : given_(comm) {
    if (!given_) self_ = std::make_unique<Communicator>(Communicator::self());
  }
  const Communicator& comm() const { return given_ ? *given_ : *self_; }

 private:
  const Communicator* given_;
  std::unique_ptr<Communicator> self_;
};

}  // namespace

NormalizedCutsAlignment::NormalizedCutsAlignment(const NormalizedCutsSettings& settings)
    : settings_(settings) {
  require(settings.rank.gram_condition >= 1,
          "the condition number up to which the Gram matrix is used must be at least 1");
}

OperationPlan NormalizedCutsAlignment::plan(const std::vector<TensorSpec>& inputs) const {
  if (settings_.regularized) {
    require(inputs.size() == 3, type() + " takes features, labels and ε");
  } else {
    require(inputs.size() == 2 || inputs.size() == 3,
            type() + " takes features, labels, and perhaps Λ");
  }
  require_input(type(), inputs, 0, Precision::f64, -1);
  require_input(type(), inputs, 1, Precision::i32, 2);
  const Shape& f = inputs[0].shape;
  require(f.rank() >= 2, type() + ": features " + f.text() + " are no matrix");
  require(inputs[1].shape[1] == f.rows() && inputs[1].shape[0] > 0,
          type() + ": labels " + inputs[1].shape.text() + " do not fit the " +
              std::to_string(f.rows()) + " rows of the features");
  if (settings_.regularized) {
    require_input(type(), inputs, 2, Precision::f64, 1);
    require(inputs[2].shape == Shape({1}), type() + ": ε has shape " + inputs[2].shape.text());
  } else if (inputs.size() == 3) {
    require_input(type(), inputs, 2, Precision::f64, 2);
    require(inputs[2].shape == Shape({f.columns(), f.columns()}),
            type() + ": Λ has shape " + inputs[2].shape.text());
  }
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}, {{4}, Precision::i32}};
  plan.flops = static_cast<double>(f.size() * f.columns());
  return plan;
}

RankSettings NormalizedCutsAlignment::rank_of(const Arguments& a) const {
  auto rank = settings_.rank;
  rank.epsilon = 0;
  if (settings_.regularized) {
    rank.epsilon = to_host(a.space, a.inputs[2].as<double>())[0];
    require(rank.epsilon > 0, type() + ": ε must be positive, not " + number_text(rank.epsilon));
  }
  return rank;
}

void NormalizedCutsAlignment::forward(const Arguments& a) const {
  const Sharing sharing(settings_.comm);
  const auto& comm = sharing.comm();
  const HostInputs in(a, settings_.regularized, comm);
  const auto result =
      align(settings_.objective, in.rows, in.lambda.data(), in.segmentations, rank_of(a), comm);
  from_host(a.space, a.outputs[0].as<double>(), {result.value});
  if (settings_.report) *settings_.report = {result.effective_rank, result.projector_value};
  from_host(a.space, a.outputs[1].as<std::int32_t>(),
            {result.rank_w, result.rank_e, result.bound_holds ? 1 : 0, result.used_qr ? 1 : 0});
}

void NormalizedCutsAlignment::variation(const Arguments& a,
                                        const std::vector<AnyTensor>& input_variations,
                                        const std::vector<AnyTensor>& output_variations) const {
  const Sharing sharing(settings_.comm);
  const auto& comm = sharing.comm();
  const HostInputs in(a, settings_.regularized, comm);
  const auto point =
      align(settings_.objective, in.rows, in.lambda.data(), in.segmentations, rank_of(a), comm);
  const IfGiven<HostInput<double>> d_rows(a.space, input_variations[0]);
  const IfGiven<HostInput<double>> d_third(a.space, tensor_or_none(input_variations, 2));
  double change =
      alignment_variation(settings_.objective, point, in.rows, in.lambda.data(), in.segmentations,
                          d_rows.data(), settings_.regularized ? nullptr : d_third.data(), comm);
  if (settings_.regularized && d_third.data())
    change += point.epsilon_derivative * d_third.data()[0];
  from_host(a.space, output_variations[0].as<double>(), {change});
}

void NormalizedCutsAlignment::adjoint(const Arguments& a,
                                      const std::vector<AnyTensor>& output_adjoints,
                                      const std::vector<AnyTensor>& input_adjoints) const {
  const Sharing sharing(settings_.comm);
  const auto& comm = sharing.comm();
  const HostInputs in(a, settings_.regularized, comm);
  const auto point =
      align(settings_.objective, in.rows, in.lambda.data(), in.segmentations, rank_of(a), comm);
  const double scale = comm.sum(to_host(a.space, output_adjoints[0].as<double>())[0]);
  // Λ's gradient comes out of the same pass as F's, which then goes to a buffer of our own.
  const HostOutput<double> d_rows(a.space, input_adjoints[0].empty()
                                               ? Tensor<double>(a.inputs[0].shape())
                                               : input_adjoints[0].as<double>());
  const IfGiven<HostOutput<double>> d_third(a.space, tensor_or_none(input_adjoints, 2));
  alignment_gradient(settings_.objective, point, in.rows, in.lambda.data(), in.segmentations, scale,
                     d_rows.data(), settings_.regularized ? nullptr : d_third.data(), comm);
  if (settings_.regularized && d_third.data()) d_third.data()[0] = scale * point.epsilon_derivative;
  if (d_third.data() && comm.rank() > 0)
    std::fill_n(d_third.data(), a.inputs[2].shape().size(), 0.0);
  d_rows.flush();
  d_third.flush();
}

}  // namespace eigenprop
