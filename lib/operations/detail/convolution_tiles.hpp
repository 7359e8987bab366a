#pragma once

#include <vector>

#include "graph/operation.hpp"
#include "operations/convolution_geometry.hpp"

/// Convolution on the host as matrix products of tiles. With the patches of T output positions as
/// the rows of A (T x K, K = kernel_h kernel_w c / groups) and the weight as B (K x N):
///
///     y tile = A B,    dA = dy tile Bᵀ (added up in dx),    dB = Σ Aᵀ dy tile
///
/// A is never formed: rows of patches are runs of consecutive elements of the channels-last image,
/// which the innermost products (register_block.hpp) read where they are, in a copy of the tile's
/// window where the image is padded. At stride 1 the input adjoint is a convolution of dy with the
/// turned kernel; at other strides patch adjoints are formed tile by tile. Threads share the tiles.
namespace eigenprop::tiles {

/// Buffers that the functions below need, in OperationPlan::scratch.
template <class Scalar>
std::vector<TensorSpec> scratch(const ConvolutionGeometry& geometry);

/// The first of them, which `correlate` and, at stride 1, `input_adjoint` need.
template <class Scalar>
std::vector<TensorSpec> correlation_scratch(const ConvolutionGeometry& geometry);

/// y <- correlation of x with w (+ bias where not null) (+ y where `accumulate`).
template <class Scalar>
void correlate(const HostExecutionSpace& space, const ConvolutionGeometry& geometry,
               const std::vector<AnyTensor>& scratch, const Scalar* x, const Scalar* w,
               const Scalar* bias, bool accumulate, Scalar* y);

/// dx <- transpose of `correlate` in x, applied to dy.
template <class Scalar>
void input_adjoint(const HostExecutionSpace& space, const ConvolutionGeometry& geometry,
                   const std::vector<AnyTensor>& scratch, const Scalar* dy, const Scalar* w,
                   Scalar* dx);

/// dw <- transpose of `correlate` in w, applied to dy.
template <class Scalar>
void weight_adjoint(const HostExecutionSpace& space, const ConvolutionGeometry& geometry,
                    const std::vector<AnyTensor>& scratch, const Scalar* x, const Scalar* dy,
                    Scalar* dw);

/// dbias(n) <- Σ over all positions of dy(., n), summed in double.
template <class Scalar>
void bias_adjoint(const HostExecutionSpace& space, const ConvolutionGeometry& geometry,
                  const std::vector<AnyTensor>& scratch, const Scalar* dy, Scalar* dbias);

}  // namespace eigenprop::tiles
