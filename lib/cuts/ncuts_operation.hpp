#pragma once

#include <memory>

#include "cuts/alignment.hpp"
#include "graph/operation.hpp"

namespace eigenprop {

/// What the last forward map of a NormalizedCutsAlignment found, for records of a training.
struct AlignmentReport {
  double effective_rank = 0;  ///< see Alignment
  double projector_value = 0;
};

struct NormalizedCutsSettings {
  AlignmentObjective objective = AlignmentObjective::j2;
  RankSettings rank;  ///< its ε is not read: the operation has it as an input
  /// Takes ε of the regularized projector as an input.
  bool regularized = false;
  /// Written by the forward map; may be null.
  std::shared_ptr<AlignmentReport> report = nullptr;
  /// Ranks that share the rows of F; null where one rank has all of them. Must outlive the
  /// operation.
  const Communicator* comm = nullptr;
};

/// Alignment of the range of W = FΛFᵀ, or of its normalized form, with segmentations
/// (matrix-backpropagation.txt, eq. 50, 59; see alignment.hpp), for one image.
///
/// Inputs: F (..., d), double, seen as m x d; labels (annotators, m), int32; and, optionally, Λ
/// (d, d), double, else the identity; or, of the regularized objective, ε (1), double, positive and
/// the same on all ranks. Outputs: the objective, double (1); and statistics, int32 (4), without
/// derivative: rank(W), segments that occur summed over annotators, whether Lemma 2's bound holds,
/// and whether the QR decomposition was needed.
///
/// Where ranks share the rows, F and labels are the rank's own rows, perhaps none, and the outputs
/// the same on all ranks; the adjoint of the objective is the sum of what the ranks give, and that
/// of Λ or ε on a rank such that their sum is the whole one (collectives.hpp). All maps are
/// collective then.
class NormalizedCutsAlignment : public Operation {
 public:
  explicit NormalizedCutsAlignment(const NormalizedCutsSettings& settings);
  std::string type() const override { return "normalized_cuts_alignment"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  RankSettings rank_of(const Arguments& arguments) const;

  NormalizedCutsSettings settings_;
};

}  // namespace eigenprop
