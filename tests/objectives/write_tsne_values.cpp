// Affinities, divergence and gradient of t-SNE for compare_sklearn_tsne.py:
//
//   write_tsne_values INPUT.h5 OUTPUT.h5
//
// INPUT holds points X (n, D), places Y (n, d) and perplexity (1) in groups by case; OUTPUT gets P
// (n, n padded), divergence (1) and gradient (n, d) in groups of the same names.

#include "objectives/neighbour_embedding.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "storage/hdf5.hpp"

namespace {

using namespace eigenprop;

void evaluate(const H5File& input, const std::string& group, H5File& output) {
  const Shape points = input.shape(group + "/X");
  const Shape places = input.shape(group + "/Y");
  const auto x = input.read<double>(group + "/X");
  const auto y = input.read<double>(group + "/Y");
  const auto alone = Communicator::self();
  AffinitySettings settings;
  settings.perplexity = input.read<double>(group + "/perplexity")[0];
  settings.exact = true;
  NeighbourEmbedding objective(
      EmbeddingKind::tsne,
      neighbour_affinities(x.data(), points[0], static_cast<int>(points[1]), settings, alone),
      static_cast<int>(places[1]), alone);
  std::vector<double> gradient(y.size());
  const double divergence = objective.divergence(y.data(), 1, gradient.data());
  const auto& p = objective.affinities().dense;
  output.write(group + "/P", {points[0], static_cast<std::int64_t>(p.size()) / points[0]},
               p.data());
  output.write(group + "/divergence", std::vector<double>{divergence});
  output.write(group + "/gradient", places, gradient.data());
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session&) {
    require(argc == 3, "usage: write_tsne_values INPUT.h5 OUTPUT.h5");
    const auto input = H5File::open(argv[1]);
    auto output = H5File::create(argv[2]);
    for (const auto& name : input.names("/")) evaluate(input, "/" + name, output);
    return ExitStatus::success;
  });
}
