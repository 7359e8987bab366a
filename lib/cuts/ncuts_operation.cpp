#include "cuts/ncuts_operation.hpp"

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using HostDouble = Kokkos::View<double*, HostSpace>;

// Host copies of the inputs; on a host backend they are the inputs themselves.
struct HostInputs {
  Kokkos::View<double*, HostSpace> features;
  Kokkos::View<std::int32_t*, HostSpace> labels;
  Kokkos::View<double*, HostSpace> lambda;
  FeatureRows rows;
  Segmentations segmentations;

  HostInputs(const Arguments& a, const Communicator& comm)
      : features(Kokkos::create_mirror_view_and_copy(HostSpace(), a.inputs[0].as<double>().view())),
        labels(Kokkos::create_mirror_view_and_copy(HostSpace(),
                                                   a.inputs[1].as<std::int32_t>().view())) {
    if (a.inputs.size() > 2) {
      lambda = Kokkos::create_mirror_view_and_copy(HostSpace(), a.inputs[2].as<double>().view());
    }
    const Shape& f = a.inputs[0].shape();
    rows = {features.data(), f.rows(), static_cast<int>(f.columns())};
    segmentations =
        count_segments(labels.data(), static_cast<int>(a.inputs[1].shape()[0]), f.rows(), comm);
  }

  const double* lambda_or_null() const { return lambda.data(); }
};

const double* host_data(const AnyTensor& tensor, HostDouble& storage) {
  if (tensor.empty()) return nullptr;
  storage = Kokkos::create_mirror_view_and_copy(HostSpace(), tensor.as<double>().view());
  return storage.data();
}

}  // namespace

NormalizedCutsAlignment::NormalizedCutsAlignment(const NormalizedCutsSettings& settings)
    : settings_(settings) {
  require(settings.rank.gram_condition >= 1,
          "the condition number up to which the Gram matrix is used must be at least 1");
}

OperationPlan NormalizedCutsAlignment::plan(const std::vector<TensorSpec>& inputs) const {
  require(inputs.size() == 2 || inputs.size() == 3,
          type() + " takes features, labels, and perhaps Λ");
  require_input(type(), inputs, 0, Precision::f64, -1);
  require_input(type(), inputs, 1, Precision::i32, 2);
  const Shape& f = inputs[0].shape;
  require(f.rank() >= 2, type() + ": features " + f.text() + " are no matrix");
  require(inputs[1].shape[1] == f.rows() && inputs[1].shape[0] > 0,
          type() + ": labels " + inputs[1].shape.text() + " do not fit the " +
              std::to_string(f.rows()) + " rows of the features");
  if (inputs.size() == 3) {
    require_input(type(), inputs, 2, Precision::f64, 2);
    require(inputs[2].shape == Shape({f.columns(), f.columns()}),
            type() + ": Λ has shape " + inputs[2].shape.text());
  }
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}, {{4}, Precision::i32}};
  plan.flops = static_cast<double>(f.size() * f.columns());
  return plan;
}

void NormalizedCutsAlignment::forward(const Arguments& a) const {
  const auto self = Communicator::self();
  const HostInputs in(a, self);
  const auto result = align(settings_.objective, in.rows, in.lambda_or_null(), in.segmentations,
                            settings_.rank, self);
  from_host(a.outputs[0].as<double>(), {result.value});
  from_host(a.outputs[1].as<std::int32_t>(),
            {result.rank_w, result.rank_e, result.bound_holds ? 1 : 0, result.used_qr ? 1 : 0});
}

void NormalizedCutsAlignment::variation(const Arguments& a,
                                        const std::vector<AnyTensor>& input_variations,
                                        const std::vector<AnyTensor>& output_variations) const {
  const auto self = Communicator::self();
  const HostInputs in(a, self);
  const auto point = align(settings_.objective, in.rows, in.lambda_or_null(), in.segmentations,
                           settings_.rank, self);
  HostDouble rows_storage;
  HostDouble lambda_storage;
  const double* d_rows = host_data(input_variations[0], rows_storage);
  const double* d_lambda =
      input_variations.size() > 2 ? host_data(input_variations[2], lambda_storage) : nullptr;
  from_host(output_variations[0].as<double>(),
            {alignment_variation(settings_.objective, point, in.rows, in.lambda_or_null(),
                                 in.segmentations, d_rows, d_lambda, self)});
}

void NormalizedCutsAlignment::adjoint(const Arguments& a,
                                      const std::vector<AnyTensor>& output_adjoints,
                                      const std::vector<AnyTensor>& input_adjoints) const {
  const auto self = Communicator::self();
  const HostInputs in(a, self);
  const auto point = align(settings_.objective, in.rows, in.lambda_or_null(), in.segmentations,
                           settings_.rank, self);
  const double scale = to_host(output_adjoints[0].as<double>())[0];
  const bool rows_needed = !input_adjoints[0].empty();
  const bool lambda_needed = input_adjoints.size() > 2 && !input_adjoints[2].empty();
  // Λ's gradient comes out of the same pass as F's, which then goes to a buffer of our own.
  const auto rows_tensor =
      rows_needed ? input_adjoints[0].as<double>() : Tensor<double>(a.inputs[0].shape());
  const auto d_rows = Kokkos::create_mirror_view(rows_tensor.view());
  HostDouble d_lambda;
  if (lambda_needed) d_lambda = Kokkos::create_mirror_view(input_adjoints[2].as<double>().view());
  alignment_gradient(settings_.objective, point, in.rows, in.lambda_or_null(), in.segmentations,
                     scale, d_rows.data(), d_lambda.data(), self);
  if (rows_needed) Kokkos::deep_copy(rows_tensor.view(), d_rows);
  if (lambda_needed) Kokkos::deep_copy(input_adjoints[2].as<double>().view(), d_lambda);
}

}  // namespace eigenprop
