#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "optimization/solver_settings.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// What is learned from points x without labels. With k atoms, for each of n points, means over
/// points, and γ‖D‖² (or that of all weights) added:
///
///     sparse:       min_s ‖x - sD‖² + λ‖s‖₁
///     topographic:  min_s ‖x - sD‖² + λ Σ sqrt(V (s ∘ s) + ε)
///     rica:         ‖WᵀWx - x‖² + λ Σ sqrt((Wx)² + ε)
///     autoencoder:  ‖σ₂(W₂ σ₁(W₁x + b₁) + b₂) - x‖²
///
/// (backpropagation-for-matrix-functions.txt, examples 1 to 3; deep-learning-exercises.txt, eq.
/// 24). V groups the atoms, which lie on a map, in square neighbourhoods that wrap around its
/// edges.
struct DictionaryModelSettings {
  std::string objective = "sparse";          ///< or "topographic", "rica", "autoencoder"
  std::int64_t atoms = 256;                  ///< k, also of hidden units
  double sparsity = 0.5;                     ///< λ
  double decay = 0;                          ///< γ
  double smoothing = 1e-2;                   ///< ε
  std::string constraint = "ball";           ///< or "none": atoms of norm at most 1
  std::string initial = "points";            ///< or "random": first atoms
  std::vector<std::int64_t> map = {16, 16};  ///< topographic: rows and columns of the atoms' map
  std::int64_t neighbourhood = 3;            ///< topographic: side of a group
  std::string activation = "sigmoid";        ///< autoencoder: σ₁, or "relu", "tanh"
  std::string output = "linear";             ///< autoencoder: σ₂, or "sigmoid"
  bool tied = false;                         ///< autoencoder: W₂ = W₁ᵀ
};

/// How codes are found.
struct CodeSearchSettings {
  std::string method = "fista";  ///< sparse: or "ista"; topographic: quasi-Newton through TAO
  std::int64_t iterations = 200;
  double tolerance = 1e-2;  ///< sparse: largest generalized gradient; topographic: of the norm
};

struct DictionarySettings {
  std::int64_t unit = 64;  ///< points that go through the graph at once; ranks share whole units
  /// With codes, the iterations of cg and lmvm are alternations, of solver.restart steps each.
  SolverSettings solver = {"sgd", 5, 256, 50};
  CodeSearchSettings codes;
  DictionaryModelSettings model;
};

/// Declares all options: [model], [codes], [train].
void declare_dictionary_options(CommandLine& line, DictionarySettings& settings);

/// Throws ConfigurationError for settings that no data set makes right.
void check_dictionary_settings(const DictionarySettings& settings);

/// The objective as a graph of matrix expressions, for points of so many features. Inputs, all
/// double: points (n, features); codes (n, atoms) for sparse and topographic, differentiable;
/// groups (atoms, atoms) for topographic; ones (n, 1) for autoencoder. Outputs: "objective", summed
/// over points, without λ‖s‖₁ and γ‖·‖²; "reconstruction", ‖x̂ - x‖² of it; "penalty", γ‖·‖² (1).
/// Parameters: "dictionary" (atoms, features); for autoencoder "encoder" (features, atoms),
/// "encoder_bias" (1, atoms), "decoder" (atoms, features) unless tied, "decoder_bias".
Graph build_dictionary(const DictionarySettings& settings, std::int64_t features);

/// Inputs of that graph for n points.
std::vector<TensorSpec> dictionary_inputs(const DictionarySettings& settings, std::int64_t features,
                                          std::int64_t n);

/// One line that identifies the model in checkpoints.
std::string dictionary_signature(const DictionarySettings& settings, std::int64_t features);

}  // namespace eigenprop
