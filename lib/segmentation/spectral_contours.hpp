#pragma once

#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// Contours that leading eigenvectors see (spectral Pb: Arbeláez, Maire, Fowlkes and Malik, PAMI
/// 33, 2011, section 3.2): Σ_l ‖∇v_l‖ / √(1 − λ_l) over the eigenvectors after the first, with
/// v_l = D^(-1/2) u_l of mean square 1 and the gradient per node of the spectrum's grid. One value
/// a node; 0 at nodes that are tied to nothing.
PixelVectors spectral_contours(const SpectralVectors& spectrum);

}  // namespace eigenprop
