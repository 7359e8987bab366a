#include "models/embedding_scores.hpp"

#include <algorithm>

#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "objectives/nearest_neighbours.hpp"
#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "storage/array_descriptions.hpp"

namespace eigenprop {
namespace {

double degrees_between(const double* a, const double* b) {
  const double pi = std::acos(-1.0);
  const double difference = std::atan2(a[1], a[0]) - std::atan2(b[1], b[0]);
  return std::abs(std::remainder(difference, 2 * pi)) * 180 / pi;
}

}  // namespace

Embedded gather_embedding(const std::vector<double>& own, std::int64_t rows,
                          std::int64_t dimensions, const Communicator& comm) {
  return {AllGatherRows(rows, static_cast<int>(dimensions), comm).forward(own), dimensions};
}

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

void write_embedded(H5File& file, const std::string& group, const PointDataset& data,
                    const Embedded& embedded) {
  file.write(group + "/embedding", {data.size(), embedded.dimensions}, embedded.rows.data());
  if (!data.labels().empty()) {
    file.write(group + "/class", data.labels());
    file.write_strings(group + "/names", data.classes());
  }
  if (!data.targets().empty()) {
    file.write(group + "/targets", {data.size(), data.target_dimensions()}, data.targets().data());
  }
  describe_arrays(file, {{group + "/embedding", {"point", "component"}, "places of the points"},
                         {group + "/class", {"point"}, "number of the class"},
                         {group + "/names", {"class_number"}, "name of the class"},
                         {group + "/targets", {"point", "target"}, "targets of the points"}});
}

EmbeddingScore score_neighbours(const PointDataset& train, const PointDataset& scored,
                                const std::vector<std::int64_t>& own,
                                const std::vector<std::int64_t>& neighbours, std::int64_t stride,
                                std::int64_t k, bool angles, const Communicator& comm) {
  std::vector<std::int64_t> nearest;
  for (std::size_t i = 0; i < neighbours.size(); i += static_cast<std::size_t>(stride))
    nearest.insert(nearest.end(), neighbours.begin() + static_cast<std::ptrdiff_t>(i),
                   neighbours.begin() + static_cast<std::ptrdiff_t>(i) + k);
  EmbeddingScore result;
  result.neighbours = k;
  const auto count = static_cast<double>(scored.size());
  if (!train.labels().empty() && !scored.labels().empty() && train.classes() == scored.classes()) {
    const auto classes = vote(nearest, k, train.labels());
    double wrong = 0;
    for (std::size_t i = 0; i < own.size(); ++i)
      wrong += classes[i] != scored.labels()[static_cast<std::size_t>(own[i])] ? 1 : 0;
    result.classification = comm.sum(wrong) / count;
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
    result.regression = std::sqrt(comm.sum(squares) / count);
    if (angles) result.degrees = comm.sum(degrees) / count;
  }
  return result;
}

}  // namespace eigenprop
