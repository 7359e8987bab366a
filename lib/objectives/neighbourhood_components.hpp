#pragma once

#include "graph/operation.hpp"
#include "objectives/neighbour_softmax.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// Neighbourhood components analysis and regression over the points of all ranks (see
/// neighbour_softmax.hpp for the formulas): the parts that both share.
///
/// Inputs: embeddings (rows, d), double, of this rank, which may have none; labels (rows), int32,
/// or targets (rows, t), double. Output: the objective of all ranks' points, double (1), the same
/// on every rank; it is summed over points, not averaged. As for every value that ranks hold alike
/// (parallel/collectives.hpp), the adjoints that ranks give for it add up: one of them seeds 1, or
/// each 1/size. All maps are collective over the communicator, and what points of one call are
/// neighbours only of each other: calls with parts of a data set are the minibatch form.
///
/// Defined: one point alone, or one class alone with NCA (the objective is 0, or -N, with gradient
/// 0), a class with one member (its p_i is 0), points that coincide, fewer points than ranks.
/// Errors: values that are not finite, distances that overflow (NeighbourSoftmax).
class NeighbourhoodObjective : public Operation {
 public:
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 protected:
  /// Duplicates `comm`. Collective over it.
  NeighbourhoodObjective(PairCost cost, const Communicator& comm)
      : cost_(cost), comm_(comm.get()) {}

  /// The plan for checked inputs.
  OperationPlan plan_objective(const std::vector<TensorSpec>& inputs) const;

 private:
  NeighbourSoftmax softmax_of(const Arguments& arguments) const;

  PairCost cost_;
  Communicator comm_;
};

/// NCA (convolutional-ncar-supplement.txt, eq. 8; Goldberger et al., NIPS 2004): minus the expected
/// number of points whose randomly chosen neighbour has their own label. Labels are any integers.
class NeighbourhoodComponents : public NeighbourhoodObjective {
 public:
  explicit NeighbourhoodComponents(const Communicator& comm)
      : NeighbourhoodObjective(PairCost::same_label, comm) {}
  std::string type() const override { return "neighbourhood_components"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
};

/// NCA regression (convolutional-ncar-supplement.txt, eq. 19): the expected squared distance
/// between the targets of a point and of its randomly chosen neighbour. Differentiable in the
/// targets, too.
class NeighbourhoodRegression : public NeighbourhoodObjective {
 public:
  explicit NeighbourhoodRegression(const Communicator& comm)
      : NeighbourhoodObjective(PairCost::squared_distance, comm) {}
  std::string type() const override { return "neighbourhood_regression"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
};

}  // namespace eigenprop
