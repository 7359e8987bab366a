#pragma once

#include <cstdint>
#include <string>

#include "runtime/command_line.hpp"

namespace eigenprop {

struct TsneSettings {
  std::string kind = "tsne";           ///< or "ssne"
  std::string affinities = "nearest";  ///< or "exact"
  double perplexity = 30;
  std::int64_t dimensions = 2;
  std::string initial = "pca";  ///< or "random"
  std::int64_t iterations = 1000;
  double exaggeration = 12;
  std::int64_t exaggeration_iterations = 250;
  double rate = 0;  ///< 0: N / (4 exaggeration), of t-SNE 50 at least
  double early_momentum = 0.5;
  double momentum = 0.8;
  double tolerance = 1e-7;  ///< norm of the gradient times the gains that is enough
  std::int64_t seed = 1;
};

/// Declares all options: [model], [train].
void declare_tsne_options(CommandLine& line, TsneSettings& settings);

/// Throws ConfigurationError for settings that no data set makes right.
void check_tsne_settings(const TsneSettings& settings);

}  // namespace eigenprop
