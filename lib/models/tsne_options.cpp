#include "models/tsne_options.hpp"

#include <cmath>

#include "runtime/error.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

void declare_tsne_options(CommandLine& line, TsneSettings& s) {
  line.choice("model.kind", s.kind, {"tsne", "ssne"}, "t-SNE, or symmetric SNE");
  line.option("model.dimensions", s.dimensions, "Dimensions of the embedding");
  line.option("model.perplexity", s.perplexity,
              "Effective number of neighbours: more than 1, less than (points - 1)/3, or than "
              "points - 1 with exact affinities");
  line.choice("model.affinities", s.affinities, {"nearest", "exact"},
              "P of the 3 perplexity nearest neighbours, or of all pairs: N² / ranks numbers");
  line.choice("model.initial", s.initial, {"pca", "random"},
              "First places: principal components, or normal random numbers");
  line.option("train.iterations", s.iterations, "Steps of gradient descent");
  line.option("train.exaggeration", s.exaggeration, "Factor of P at first");
  line.option("train.exaggeration_iterations", s.exaggeration_iterations, "Steps with that factor");
  line.option("train.rate", s.rate,
              "Learning rate; 0: points / (4 exaggeration), of t-SNE 50 at least");
  line.option("train.early_momentum", s.early_momentum, "Momentum while P is exaggerated");
  line.option("train.momentum", s.momentum, "Momentum afterwards");
  line.option("train.tolerance", s.tolerance, "Norm of gradient times gains that is enough");
  line.option("train.seed", s.seed, "Determines random first places");
}

void check_tsne_settings(const TsneSettings& s) {
  const auto check = [](bool condition, const char* message) {
    if (!condition) throw ConfigurationError(message);
  };
  check(s.dimensions > 0, "model.dimensions must be positive");
  check(s.perplexity > 1 && std::isfinite(s.perplexity), "model.perplexity must exceed 1");
  constexpr std::int64_t most = 1'000'000'000;
  check(s.iterations >= 0 && s.iterations <= most && s.exaggeration_iterations >= 0,
        "train.iterations must lie between 0 and a thousand millions, and "
        "train.exaggeration_iterations not be negative");
  check(s.exaggeration >= 1 && std::isfinite(s.exaggeration),
        "train.exaggeration must be 1 or more");
  check(s.rate >= 0 && std::isfinite(s.rate), "train.rate must be positive, or 0");
  check(s.early_momentum >= 0 && s.early_momentum < 1 && s.momentum >= 0 && s.momentum < 1,
        "train.early_momentum and train.momentum must be at least 0 and less than 1");
  check(s.tolerance >= 0, "train.tolerance must not be negative");
  check(fits_seed(s.seed), "train.seed must fit 32 bits");
}

}  // namespace eigenprop
