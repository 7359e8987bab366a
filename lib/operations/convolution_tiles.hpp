#pragma once

#include <vector>

#include "operations/convolution_geometry.hpp"

/// Convolution on the host as matrix products of tiles. With the patches of T output positions as
/// the rows of A (T x K, K = kernel_h kernel_w c / groups) and the weight as B (K x N):
///
///     y tile = A B,    dA = dy tile Bᵀ (scattered back into dx),    dB = Σ Aᵀ dy tile
///
/// Tiles are small enough that A stays in the second-level cache. Threads share the tiles; each
/// tile's products run on one thread.
namespace eigenprop::tiles {

/// Buffers that the functions below need, in OperationPlan::scratch.
template <class Scalar>
std::vector<TensorSpec> scratch(const ConvolutionGeometry& geometry);

/// y <- correlation of x with w (+ bias where not null) (+ y where `accumulate`).
template <class Scalar>
void correlate(const ConvolutionGeometry& geometry, const std::vector<AnyTensor>& scratch,
               const Scalar* x, const Scalar* w, const Scalar* bias, bool accumulate, Scalar* y);

/// dx <- transpose of `correlate` in x, applied to dy.
template <class Scalar>
void input_adjoint(const ConvolutionGeometry& geometry, const std::vector<AnyTensor>& scratch,
                   const Scalar* dy, const Scalar* w, Scalar* dx);

/// dw <- transpose of `correlate` in w, applied to dy.
template <class Scalar>
void weight_adjoint(const ConvolutionGeometry& geometry, const std::vector<AnyTensor>& scratch,
                    const Scalar* x, const Scalar* dy, Scalar* dw);

/// dbias(n) <- Σ over all positions of dy(., n), summed in double.
template <class Scalar>
void bias_adjoint(const ConvolutionGeometry& geometry, const std::vector<AnyTensor>& scratch,
                  const Scalar* dy, Scalar* dbias);

}  // namespace eigenprop::tiles
