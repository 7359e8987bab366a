#include "cuts/truncated_alignment.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/row_chunks.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// f(pixel, segment among all, 1 / mass) for all annotators' segments of own pixels with a mass.
template <class F>
void for_each_segment(const TruncatedAlignment& alignment, const Segmentations& segmentations,
                      std::int64_t pixel, const F& f) {
  for (int a = 0; a < segmentations.annotators(); ++a) {
    const std::int64_t s =
        segmentations.offset(a) + segmentations.labels[a * segmentations.rows + pixel];
    const double mass = alignment.masses[index(s)];
    if (mass > 0) f(s, 1 / mass);
  }
}

}  // namespace

TruncatedAlignment truncated_alignment(const HostExecutionSpace& space,
                                       const VectorBlock<double>& u,
                                       const std::vector<double>& degrees,
                                       const Segmentations& segmentations,
                                       const Communicator* comm) {
  TruncatedAlignment result;
  const int k = result.vectors = u.columns;
  const std::int64_t total = segmentations.total();
  auto sums = RowChunks(u.rows).sum(
      space, total * (k + 1), [&](std::int64_t first, std::int64_t end, double* out) {
        double* masses = out + total * k;
        for (int a = 0; a < segmentations.annotators(); ++a) {
          const std::int32_t* labels = segmentations.labels + a * segmentations.rows;
          for (std::int64_t i = first; i < end; ++i) {
            const std::int64_t s = segmentations.offset(a) + labels[i];
            const double root = std::sqrt(degrees[index(i)]);
            masses[s] += degrees[index(i)];
            for (int l = 0; l < k; ++l) out[s * k + l] += root * u.row(i)[l];
          }
        }
      });
  if (comm) comm->sum(sums.data(), static_cast<std::int64_t>(sums.size()));
  result.sums.assign(sums.begin(), sums.begin() + total * k);
  result.masses.assign(sums.begin() + total * k, sums.end());
  double captured = 0;
  for (std::int64_t s = 0; s < total; ++s) {
    const double mass = result.masses[index(s)];
    if (!(mass > 0)) continue;
    ++result.segments;
    for (int l = 0; l < k; ++l) {
      const double t = result.sums[index(s * k + l)];
      captured += t * t / mass;
    }
  }
  const double annotators = segmentations.annotators();
  result.value = (k + result.segments / annotators) / 2 - captured / annotators;
  return result;
}

VectorBlock<double> alignment_right_sides(const HostExecutionSpace& space,
                                          const TruncatedAlignment& alignment,
                                          const std::vector<double>& degrees,
                                          const Segmentations& segmentations) {
  const int k = alignment.vectors;
  VectorBlock<double> result(segmentations.rows, k);
  RowChunks(result.rows).for_each(space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      const double root = std::sqrt(degrees[index(i)]) / segmentations.annotators();
      for_each_segment(alignment, segmentations, i, [&](std::int64_t s, double inverse) {
        for (int l = 0; l < k; ++l)
          result.row(i)[l] -= root * inverse * alignment.sums[index(s * k + l)];
      });
    }
  });
  return result;
}

std::vector<double> alignment_degree_gradient(const HostExecutionSpace& space,
                                              const TruncatedAlignment& alignment,
                                              const VectorBlock<double>& u,
                                              const std::vector<double>& degrees,
                                              const Segmentations& segmentations) {
  const int k = alignment.vectors;
  std::vector<double> result(degrees.size(), 0.0);
  RowChunks(u.rows).for_each(space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      const double degree = degrees[index(i)];
      if (degree == 0) continue;
      for_each_segment(alignment, segmentations, i, [&](std::int64_t s, double inverse) {
        double energy = 0;
        double along = 0;
        for (int l = 0; l < k; ++l) {
          const double t = alignment.sums[index(s * k + l)];
          energy += t * t;
          along += t * u.row(i)[l];
        }
        result[index(i)] +=
            inverse * (energy * inverse - along / std::sqrt(degree)) / segmentations.annotators();
      });
    }
  });
  return result;
}

}  // namespace eigenprop
