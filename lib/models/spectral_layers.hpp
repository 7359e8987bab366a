#pragma once

#include "models/network.hpp"

namespace eigenprop {

/// Layers of whole matrices, one a sample, for add_layers(), which documents them. They compute in
/// double between casts of what comes in and goes out in single precision; one that follows
/// another takes its double (FeatureMap::wide). Each throws InputError that names the layer.
FeatureMap add_second_order(Graph& graph, const Layer& layer, const std::vector<FeatureMap>& from);
FeatureMap add_singular_values(Graph& graph, const Layer& layer,
                               const std::vector<FeatureMap>& from);
FeatureMap add_eigenvalues(Graph& graph, const Layer& layer, const std::vector<FeatureMap>& from);
FeatureMap add_matrix_function(Graph& graph, const Layer& layer,
                               const std::vector<FeatureMap>& from);
FeatureMap add_projector(Graph& graph, const Layer& layer, const std::vector<FeatureMap>& from);
FeatureMap add_newton_schulz(Graph& graph, const Layer& layer, const std::vector<FeatureMap>& from);

}  // namespace eigenprop
