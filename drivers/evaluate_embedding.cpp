#include <algorithm>
#include <cstdio>
#include <memory>

#include "data/sampling.hpp"
#include "models/embedding_scores.hpp"
#include "models/point_embedder.hpp"
#include "objectives/nearest_neighbours.hpp"
#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "storage/array_descriptions.hpp"
#include "storage/digest.hpp"
#include "storage/output_claim.hpp"
#include "storage/trained_settings.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string train, test;
  std::string checkpoint = "checkpoint.h5";
  std::string method = "checkpoint";
  std::int64_t dimensions = 2;
  std::vector<std::int64_t> neighbours = {1, 3, 5};
  bool angles = false;
  std::string output = "embedding.h5";
};

constexpr const char* description =
    "Scores an embedding by the nearest neighbours of test points among training points, or of "
    "each\n"
    "training point among the others where there is no test set: error of classification and of\n"
    "regression. Stores embeddings, neighbours and scores. Points are spread over the ranks.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 evaluate_embedding --train train.h5 --test test.h5 --checkpoint checkpoint.h5\n"
    "  evaluate_embedding --train train.h5 --test test.h5 --method pca --dimensions 16\n"
    "  evaluate_embedding --train train.h5 --method features";

void declare(CommandLine& line, Settings& s) {
  line.file_name(s.config);
  line.option("train", s.train, "Points that neighbours are looked for among");
  line.option("test", s.test, "Points that are scored; without: the training points, one left out");
  line.choice("method", s.method, {"checkpoint", "features", "pca"},
              "What is compared: a trained embedding, the features as they are, or their leading "
              "principal components");
  line.option("checkpoint", s.checkpoint, "Checkpoint of train_embedding");
  line.option("dimensions", s.dimensions, "Principal components");
  line.option("neighbours", s.neighbours, "Numbers of neighbours k");
  line.option("angles", s.angles,
              "Targets are (cos, sin) of an angle: errors are also told in degrees");
  line.option("output", s.output, "Where embeddings, neighbours and scores go");
  line.epilogue(examples);
}

std::vector<Embedded> embed(const Settings& s, const PointDataset& train, const PointDataset* test,
                            const Communicator& world) {
  const auto of = [&](const auto& function) {
    std::vector<Embedded> sets;
    for (const PointDataset* data : {&train, test}) {
      if (!data) {
        sets.emplace_back();
        continue;
      }
      const auto own = items_of(data->size(), world.rank(), world.size());
      const auto rows = function(*data, own);
      sets.push_back(
          gather_embedding(rows.first, static_cast<std::int64_t>(own.size()), rows.second, world));
    }
    return sets;
  };
  if (s.method == "checkpoint") {
    const auto checkpoint = read_checkpoint(s.checkpoint, world);
    const std::string source = "checkpoint '" + s.checkpoint + "'";
    PointEmbedder embedder(trained_settings(checkpoint, source, declare_embedding_options),
                           train.extents());
    load_parameters(checkpoint.parameters, embedder.graph().parameters(), source);
    embedder.restore(checkpoint, s.checkpoint);
    return of([&](const PointDataset& data, const std::vector<std::int64_t>& own) {
      return std::pair(embedder.embed(data, own), embedder.dimensions());
    });
  }
  auto features = of([&](const PointDataset& data, const std::vector<std::int64_t>& own) {
    require(data.extents() == train.extents(), "training and test points have different extents");
    return std::pair(data.features(own), data.extents().size());
  });
  return s.method == "pca" ? principal_components(features[0], features[1], s.dimensions)
                           : features;
}

void write_scores(H5File& file, const std::vector<EmbeddingScore>& scores) {
  std::vector<std::int64_t> k;
  std::vector<double> classification, regression, degrees;
  for (const auto& s : scores) {
    k.push_back(s.neighbours);
    classification.push_back(s.classification);
    regression.push_back(s.regression);
    degrees.push_back(s.degrees);
  }
  file.write("/scores/neighbours", k);
  file.write("/scores/classification_error", classification);
  file.write("/scores/regression_error", regression);
  file.write("/scores/degrees", degrees);
  const std::vector<std::string> row = {"neighbours"};
  describe_arrays(
      file, {{"/scores/neighbours", row, "number of neighbours"},
             {"/scores/classification_error", row, "share of points of another class"},
             {"/scores/regression_error", row, "root of the mean squared distance of the targets"},
             {"/scores/degrees", row, "mean error of the angle", "degree"}});
}

void run(const Settings& s, const Communicator& world) {
  std::vector<NamedFile> inputs = {{"config", s.config}, {"train", s.train}, {"test", s.test}};
  if (s.method == "checkpoint") inputs.push_back({"checkpoint", s.checkpoint});
  const OutputClaim claim(inputs, {{"output", s.output}}, world);
  require_same_data({{"train", s.train}, {"test", s.test}}, world);
  const PointDataset train(s.train);
  std::unique_ptr<const PointDataset> test;
  if (!s.test.empty()) test = std::make_unique<PointDataset>(s.test);
  const PointDataset& scored = test ? *test : train;
  require(!s.angles || train.target_dimensions() == 2,
          "angles need targets of two columns, (cos, sin), in '" + s.train + "'");
  const auto sets = embed(s, train, test.get(), world);
  const Embedded& queries = test ? sets[1] : sets[0];

  const auto own = items_of(scored.size(), world.rank(), world.size());
  const std::int64_t most = *std::max_element(s.neighbours.begin(), s.neighbours.end());
  const double* first = queries.rows.data() + (own.empty() ? 0 : own[0]) * queries.dimensions;
  const auto neighbours = nearest_neighbours(
      {first, static_cast<std::int64_t>(own.size()), static_cast<int>(queries.dimensions)},
      {sets[0].rows.data(), train.size(), static_cast<int>(sets[0].dimensions)}, most,
      test ? std::vector<std::int64_t>() : own);

  std::vector<EmbeddingScore> scores;
  for (const std::int64_t k : s.neighbours)
    scores.push_back(score_neighbours(train, scored, own, neighbours, most, k, s.angles, world));
  const auto all =
      AllGatherRows(static_cast<std::int64_t>(own.size()), static_cast<int>(most), world)
          .forward({neighbours.begin(), neighbours.end()});
  if (!world.is_root()) return;
  auto file = H5File::compose(s.output);
  file.set_format("eigenprop-embedding", 1);
  file.set_attribute("/", "source", s.method == "checkpoint" ? s.checkpoint : s.method);
  write_embedded(file, "/train", train, sets[0]);
  if (test) write_embedded(file, "/test", *test, sets[1]);
  const std::vector<std::int64_t> indices(all.begin(), all.end());
  file.write("/neighbours", {scored.size(), most}, indices.data());
  describe_arrays(file, {{"/neighbours", {"query", "place"}, "numbers of the nearest points"}});
  write_scores(file, scores);
  file.publish();
  std::puts("   k   classification error   regression error   degrees");
  for (const auto& r : scores) {
    std::printf("%4lld   %20.4f   %16.4f   %7.2f\n", static_cast<long long>(r.neighbours),
                r.classification, r.regression, r.degrees);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("evaluate_embedding", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.train.empty()) throw ConfigurationError("no points: give --train FILE");
    if (s.neighbours.empty()) throw ConfigurationError("neighbours: give one number at least");
    run(s, session.world());
    return ExitStatus::success;
  });
}
