#pragma once

#include "graph/operation.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// A map between a network that every rank runs on the whole image, and what the ranks do with
/// their own lines of it: the identity, whose adjoint on the first rank is the sum over ranks, and
/// zero on the others. Sums over ranks of what comes further down are as before; but what the
/// network computes in single precision has one rank's whole adjoint to start from, and rounds as
/// on one rank.
///
/// Input and output: a tensor of doubles, the same on all ranks. The adjoint is collective over
/// `comm`, which must outlive the operation; null for one rank.
class SharedMap : public Operation {
 public:
  explicit SharedMap(const Communicator* comm) : comm_(comm) {}
  std::string type() const override { return "shared_map"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  const Communicator* comm_;
};

}  // namespace eigenprop
