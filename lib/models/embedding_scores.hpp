#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "data/point_dataset.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// An embedding of all points of a data set, (points, dimensions), on every rank.
struct Embedded {
  std::vector<double> rows;
  std::int64_t dimensions = 0;
};

/// Own rows of all ranks, in rank order. Collective.
Embedded gather_embedding(const std::vector<double>& own, std::int64_t rows,
                          std::int64_t dimensions, const Communicator& comm);

/// Both sets projected on the leading principal directions of `train`. Throws InputError where
/// there are fewer features than `dimensions`.
std::vector<Embedded> principal_components(const Embedded& train, const Embedded& test,
                                           std::int64_t dimensions);

/// Writes embedding, classes and targets of `data` into `group` of a file of embeddings.
void write_embedded(H5File& file, const std::string& group, const PointDataset& data,
                    const Embedded& embedded);

/// How well k nearest neighbours tell classes and targets; NaN where there are none.
struct EmbeddingScore {
  std::int64_t neighbours = 0;
  double classification = NAN;  ///< share of points whose class is not found
  double regression = NAN;      ///< root of the mean squared distance of targets
  double degrees = NAN;  ///< mean absolute difference of angles, where targets are (cos, sin)
};

/// Scores the points `own` of `scored`, whose neighbours in `train` are (own, stride), by the
/// nearest k of them, over all ranks. `angles`: targets are (cos, sin) of an angle. Collective.
EmbeddingScore score_neighbours(const PointDataset& train, const PointDataset& scored,
                                const std::vector<std::int64_t>& own,
                                const std::vector<std::int64_t>& neighbours, std::int64_t stride,
                                std::int64_t k, bool angles, const Communicator& comm);

}  // namespace eigenprop
