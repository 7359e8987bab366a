#pragma once

#include <cstdint>
#include <vector>

namespace eigenprop {

/// How well scores rank pixels that are wanted above those that are not, of which each may be both
/// to a share. Scores are logits; those of one of 4096 equal intervals of -16 .. 16 count as equal,
/// and those beyond as at its ends, so that the sums of several ranks add up.
class PrecisionTable {
 public:
  PrecisionTable();

  /// A score of a pixel of which the share `wanted`, 0 .. 1, is.
  void add(double logit, double wanted);

  /// Average precision, the mean of precision over recall: Σ_k P_k (R_k − R_(k−1)) over the scores
  /// from the highest to the lowest. 1 for a perfect order, the share of what is wanted for none.
  /// 0 where nothing is wanted.
  double average_precision() const;

  /// Means of the probability 1 / (1 + exp(-logit)) over what is wanted and over what is not; 0
  /// over nothing.
  double mean_wanted() const;
  double mean_unwanted() const;

  /// What adds up over ranks.
  std::vector<double>& sums() { return sums_; }

 private:
  std::vector<double> sums_;  ///< by interval: wanted, not wanted; then both by probability
};

}  // namespace eigenprop
