#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// The lines of a map that belong to this rank among those that share the image, as PixelGrid
/// spreads them: between a network, which every one of them runs on the whole image, and an
/// objective whose rows are spread.
///
/// Input: a map (1, height, width, channels), double, the same on all ranks. Output: (own lines,
/// width, channels). The adjoint on a rank is that of its own lines, and zero elsewhere: the sum
/// over ranks is the whole one.
class OwnLines : public Operation {
 public:
  OwnLines(int rank, int ranks) : rank_(rank), ranks_(ranks) {}
  std::string type() const override { return "own_lines"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  int rank_;
  int ranks_;
};

}  // namespace eigenprop
