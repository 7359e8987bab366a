#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "data/sampling.hpp"
#include "models/embedding_trainer.hpp"
#include "objectives/nearest_neighbours.hpp"
#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "storage/checkpoint.hpp"
#include "tensor/blas.hpp"
#include "tensor/lapack.hpp"

namespace {

using namespace eigenprop;

struct Settings {
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

std::vector<std::int64_t> own_points(const PointDataset& data, const Communicator& world) {
  const auto [first, last] = share_of(data.size(), world.rank(), world.size());
  std::vector<std::int64_t> points(static_cast<std::size_t>(last - first));
  std::iota(points.begin(), points.end(), first);
  return points;
}

/// An embedding of all points of a data set, on every rank.
struct Embedded {
  std::vector<double> rows;
  std::int64_t dimensions = 0;
};

Embedded gather(const std::vector<double>& own, std::int64_t rows, std::int64_t dimensions,
                const Communicator& world) {
  return {AllGatherRows(rows, static_cast<int>(dimensions), world).forward(own), dimensions};
}

/// Rows of the projection on the leading principal directions of `train`, applied to both sets.
std::vector<Embedded> principal_components(const Embedded& train, const Embedded& test,
                                           std::int64_t dimensions) {
  const auto width = static_cast<std::size_t>(train.dimensions);
  require(dimensions > 0 && dimensions <= train.dimensions,
          "dimensions must be 1 to " + std::to_string(train.dimensions));
  const std::size_t count = train.rows.size() / width;
  std::vector<double> mean(width, 0.0);
  for (std::size_t i = 0; i < train.rows.size(); ++i)
    mean[i % width] += train.rows[i] / static_cast<double>(count);
  auto centred = train.rows;
  for (std::size_t i = 0; i < centred.size(); ++i) centred[i] -= mean[i % width];
  std::vector<double> scatter(width * width, 0.0), eigenvalues(width);
  gram(static_cast<int>(width), static_cast<int>(count), 1.0, centred.data(),
       static_cast<int>(width), 0.0, scatter.data(), static_cast<int>(width));
  symmetric_eigen(static_cast<int>(width), scatter.data(), eigenvalues.data());
  std::vector<Embedded> result;
  for (const Embedded* set : {&train, &test}) {
    const std::size_t rows = set->rows.size() / width;
    Embedded projected{{}, dimensions};
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t d = 0; d < static_cast<std::size_t>(dimensions); ++d) {
        const double* direction = scatter.data() + (width - 1 - d) * width;
        double sum = 0;
        for (std::size_t k = 0; k < width; ++k)
          sum += direction[k] * (set->rows[i * width + k] - mean[k]);
        projected.rows.push_back(sum);
      }
    }
    result.push_back(std::move(projected));
  }
  return result;
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
      const auto own = own_points(*data, world);
      const auto rows = function(*data, own);
      sets.push_back(gather(rows.first, static_cast<std::int64_t>(own.size()), rows.second, world));
    }
    return sets;
  };
  if (s.method == "checkpoint") {
    const auto checkpoint = read_checkpoint(s.checkpoint, world);
    EmbeddingSettings settings;
    CommandLine line("evaluate_embedding", "");
    declare_embedding_options(line, settings);
    line.ignore_other_keys();
    line.parse_text(checkpoint.configuration, "checkpoint '" + s.checkpoint + "'");
    PointEmbedder embedder(settings, train.extents());
    load_parameters(checkpoint.parameters, embedder.graph().parameters(),
                    "checkpoint '" + s.checkpoint + "'");
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

struct Score {
  std::int64_t neighbours = 0;
  double classification = NAN;  ///< share of points whose class is not found
  double regression = NAN;      ///< root of the mean squared distance of targets
  double degrees = NAN;         ///< mean absolute difference of angles
};

double degrees_between(const double* a, const double* b) {
  const double pi = std::acos(-1.0);
  const double difference = std::atan2(a[1], a[0]) - std::atan2(b[1], b[0]);
  return std::abs(std::remainder(difference, 2 * pi)) * 180 / pi;
}

Score score(const PointDataset& train, const PointDataset& scored,
            const std::vector<std::int64_t>& own, const std::vector<std::int64_t>& neighbours,
            std::int64_t stride, std::int64_t k, bool angles, const Communicator& world) {
  std::vector<std::int64_t> nearest;
  for (std::size_t i = 0; i < neighbours.size(); i += static_cast<std::size_t>(stride))
    nearest.insert(nearest.end(), neighbours.begin() + static_cast<std::ptrdiff_t>(i),
                   neighbours.begin() + static_cast<std::ptrdiff_t>(i) + k);
  Score result;
  result.neighbours = k;
  const auto count = static_cast<double>(scored.size());
  if (!train.labels().empty() && !scored.labels().empty() && train.classes() == scored.classes()) {
    const auto classes = vote(nearest, k, train.labels());
    double wrong = 0;
    for (std::size_t i = 0; i < own.size(); ++i)
      wrong += classes[i] != scored.labels()[static_cast<std::size_t>(own[i])] ? 1 : 0;
    result.classification = world.sum(wrong) / count;
  }
  const std::int64_t t = train.target_dimensions();
  if (t > 0 && scored.target_dimensions() == t) {
    const auto means = average_targets(nearest, k, train.targets(), t);
    double squares = 0, degrees = 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double* right = scored.targets().data() + own[i] * t;
      const double* guess = means.data() + static_cast<std::int64_t>(i) * t;
      for (std::int64_t d = 0; d < t; ++d) squares += (guess[d] - right[d]) * (guess[d] - right[d]);
      if (angles) degrees += degrees_between(guess, right);
    }
    result.regression = std::sqrt(world.sum(squares) / count);
    if (angles) result.degrees = world.sum(degrees) / count;
  }
  return result;
}

void write_set(H5File& file, const std::string& group, const PointDataset& data,
               const Embedded& embedded) {
  file.write(group + "/embedding", {data.size(), embedded.dimensions}, embedded.rows.data());
  if (!data.labels().empty()) {
    file.write(group + "/class", data.labels());
    file.write_strings(group + "/names", data.classes());
  }
  if (!data.targets().empty())
    file.write(group + "/targets", {data.size(), data.target_dimensions()}, data.targets().data());
}

void write_scores(H5File& file, const std::vector<Score>& scores) {
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
}

void run(const Settings& s, const Communicator& world) {
  const PointDataset train(s.train);
  std::unique_ptr<const PointDataset> test;
  if (!s.test.empty()) test = std::make_unique<PointDataset>(s.test);
  const PointDataset& scored = test ? *test : train;
  require(!s.angles || train.target_dimensions() == 2,
          "angles need targets of two columns, (cos, sin), in '" + s.train + "'");
  const auto sets = embed(s, train, test.get(), world);
  const Embedded& queries = test ? sets[1] : sets[0];

  const auto own = own_points(scored, world);
  const std::int64_t most = *std::max_element(s.neighbours.begin(), s.neighbours.end());
  const double* first = queries.rows.data() + (own.empty() ? 0 : own[0]) * queries.dimensions;
  const auto neighbours = nearest_neighbours(
      {first, static_cast<std::int64_t>(own.size()), static_cast<int>(queries.dimensions)},
      {sets[0].rows.data(), train.size(), static_cast<int>(sets[0].dimensions)}, most,
      test ? std::vector<std::int64_t>() : own);

  std::vector<Score> scores;
  for (const std::int64_t k : s.neighbours)
    scores.push_back(score(train, scored, own, neighbours, most, k, s.angles, world));
  const auto all =
      AllGatherRows(static_cast<std::int64_t>(own.size()), static_cast<int>(most), world)
          .forward({neighbours.begin(), neighbours.end()});
  if (!world.is_root()) return;
  const std::string temporary = s.output + ".tmp";
  {
    auto file = H5File::create(temporary);
    file.set_attribute("/", "format", "eigenprop-embedding");
    file.set_attribute("/", "version", std::int64_t{1});
    file.set_attribute("/", "source", s.method == "checkpoint" ? s.checkpoint : s.method);
    write_set(file, "/train", train, sets[0]);
    if (test) write_set(file, "/test", *test, sets[1]);
    const std::vector<std::int64_t> indices(all.begin(), all.end());
    file.write("/neighbours", {scored.size(), most}, indices.data());
    write_scores(file, scores);
    file.flush();
  }
  publish_file(temporary, s.output);
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
    if (!line.parse(argc, argv)) {
      if (session.world().is_root()) std::puts(line.help().c_str());
      return ExitStatus::success;
    }
    add_petsc_options(line.petsc_arguments());
    if (s.train.empty()) throw ConfigurationError("no points: give --train FILE");
    if (s.neighbours.empty()) throw ConfigurationError("neighbours: give one number at least");
    run(s, session.world());
    return ExitStatus::success;
  });
}
