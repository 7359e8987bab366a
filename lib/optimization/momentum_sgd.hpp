#pragma once

#include <vector>

#include "graph/parameter.hpp"

namespace eigenprop {

struct MomentumSgdSettings {
  double momentum = 0.9;
  double weight_decay = 0;
  double clip_norm = 0;  ///< largest norm of the whole gradient; 0: no clipping
};

/// Stochastic gradient descent with momentum (Sutskever et al., ICML 2013; PyTorch's convention):
///
///     g <- gradient, scaled down to norm clip_norm where longer
///     v <- momentum v + g + weight_decay * decay_factor * w
///     w <- w - rate * rate_factor * v
class MomentumSgd {
 public:
  /// `parameters` must outlive the optimizer. Kernels run on `space`. Throws InputError for
  /// settings out of range.
  MomentumSgd(ParameterSet& parameters, const MomentumSgdSettings& settings,
              const ExecutionSpace& space = ExecutionSpace());

  /// One step along the adjoints of all parameters. Returns the norm of the gradient before
  /// clipping. Throws NonFiniteError, without changing anything, where it is not finite, and one
  /// that names the parameter where the step leads to values that are not.
  double step(double rate);

  /// Velocities in the order of the parameters, for checkpoints.
  const std::vector<AnyTensor>& velocities() const { return velocities_; }

 private:
  ParameterSet& parameters_;
  MomentumSgdSettings settings_;
  ExecutionSpace space_;
  std::vector<AnyTensor> velocities_;
  Kokkos::View<int*, ExecutionSpace> wrong_;  ///< by parameter: elements that are not finite
};

}  // namespace eigenprop
