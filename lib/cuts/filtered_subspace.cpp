#include "cuts/filtered_subspace.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cuts/corrected_subspace.hpp"
#include "cuts/detail/block_conjugate_gradients.hpp"
#include "linalg/lapack.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

// Products on a coarse grid at most.
constexpr int coarse_products = 200;

// Products at most that only look for what random vectors have of wanted eigenvectors; and from
// how many pixels on that is too much.
constexpr int looking_products = 120;
constexpr std::int64_t many_pixels = 2000000;

// Filters of a higher degree cost more than steps with the V-cycle, whose number does not grow.
constexpr int highest_degree = 200;

// Share of 1 − λ that residuals on a coarse grid need not fall below.
constexpr double coarse_share = 0.2;

// By how much filters must have raised a wanted eigenvector in random vectors, of which it is some
// 1 / √pixels.
double raised_enough(std::int64_t pixels) { return std::sqrt(static_cast<double>(pixels)); }

// The last `count` vectors <- random ones, the same on any number of ranks.
void randomize_last(const PixelGrid& grid, int count, const VectorBlock<double>& vectors) {
  const RandomStream stream(RandomKey{1, RandomPurpose::initialization, 0, 0, 0});
  for (std::int64_t i = 0; i < vectors.rows; ++i) {
    const std::int64_t pixel = grid.first_pixel() + i;
    for (int j = 0; j < count; ++j)
      vectors.row(i)[vectors.columns - count + j] =
          stream.normal(static_cast<std::uint64_t>(pixel * count + j));
  }
}

// An interval whose part of the spectrum a filter damps.
struct Interval {
  double low, high;
  double centre() const { return (high + low) / 2; }
  double half() const { return (high - low) / 2; }
  double place(double value) const { return (value - centre()) / half(); }
  /// What a filter makes of a component with this eigenvalue, beside those within.
  double gain(double value, int degree) const {
    return std::cosh(degree * std::acosh(std::max(1.0, place(value))));
  }
};

// Degree n at which T_n of `place` reaches `factor`.
int degree_for(double factor, double place) {
  return static_cast<int>(std::ceil(std::acosh(factor) / std::acosh(place)));
}

// X <- p(M) X with p(t) = T_n(place of t) / T_n(place of 1).
template <class Weight, class X>
void chebyshev_filter(const HostExecutionSpace& space, const StencilMatrix<Weight>& matrix,
                      const Interval& damped, int degree, VectorBlock<X>& x) {
  const double e = damped.half();
  const double c = damped.centre();
  const double sigma1 = e / (1 - c);
  VectorBlock<X> next(x.rows, x.columns);
  StencilTerms<X> terms;
  terms.alpha = static_cast<X>(sigma1 / e);
  terms.beta = static_cast<X>(-c * sigma1 / e);
  matrix.apply(space, x.data(), static_cast<const X*>(nullptr), next.data(), x.columns, terms);
  double sigma = sigma1;
  for (int k = 2; k <= degree; ++k) {
    std::swap(x, next);
    const double sigma_next = 1 / (2 / sigma1 - sigma);
    terms.alpha = static_cast<X>(2 * sigma_next / e);
    terms.beta = static_cast<X>(-2 * sigma_next * c / e);
    terms.gamma = static_cast<X>(-sigma * sigma_next);
    matrix.apply(space, x.data(), next.data(), next.data(), x.columns, terms);
    sigma = sigma_next;
  }
  std::swap(x, next);
}

template <class Weight>
class LevelIteration {
 public:
  LevelIteration(const GridHierarchy<Weight>& grids, std::size_t i, Subspace& subspace, int wanted)
      : grids_(grids),
        number_(i),
        space_(grids.space()),
        level_(grids.level(i)),
        subspace_(subspace),
        wanted_(wanted),
        low_(level_.lowest) {}

  // The filter, in the precision of the weights, on the vectors from `first` on. It damps low_ ..
  // high.
  void filter(double high, int degree, int first) {
    const auto& x = subspace_.vectors;
    VectorBlock<Weight> active(x.rows, x.columns - first);
    for (;;) {
      for_each_row([&](std::int64_t i) {
        for (int j = first; j < x.columns; ++j)
          active.row(i)[j - first] = static_cast<Weight>(x.row(i)[j]);
      });
      chebyshev_filter(space_, level_.matrix, Interval{low_, high}, degree, active);
      products += degree;
      if (within_spectrum(active, {low_, high}, degree)) break;
    }
    filters_.push_back({{low_, high}, degree});
    for_each_row([&](std::int64_t i) {
      for (int j = first; j < x.columns; ++j)
        x.row(i)[j] = static_cast<double>(active.row(i)[j - first]);
    });
  }

  void rayleigh_ritz() {
    eigenprop::rayleigh_ritz(space_, level_.matrix, subspace_);
    ++products;
  }

  double worst() const { return subspace_.worst(wanted_); }

  // Until the goal, or `most` products. Then `random` vectors take the place of the last guards,
  // and filters look for what they have of wanted eigenvectors.
  void run(const SubspaceGoal& goal, int random, int most) {
    rayleigh_ritz();
    bool stalled = false;
    bool has_random = false;
    int looking = 0;
    for (;;) {
      const double tolerance = goal.tolerance_at(subspace_.values);
      const bool reached = worst() <= tolerance;
      if (products >= most || (reached && random == 0)) return;
      if (reached && !has_random) {
        take_random_guards(random);
        has_random = true;
        continue;
      }
      const double raised = raised_by_filters();
      const double enough = raised_enough(level_.grid().pixels());
      if (reached && (raised >= enough || looking >= looking_products)) return;
      const Interval damped{low_, subspace_.values.back()};
      const double last = damped.place(subspace_.values[index(wanted_ - 1)]);
      const int active = first_active(reached ? 4 * tolerance : tolerance);
      // Where the gap to the last vector closes, the filter only separates what it can.
      const double factor = reached ? enough / raised : 1.5 * worst() / tolerance;
      int degree = last > 1 + 1e-12 ? degree_for(factor, last) : 100;
      if (!reached && (degree > highest_degree || stalled) && level_.halves) {
        subspace_.products = products;
        correct_subspace(grids_, number_, wanted_, goal, most, subspace_);
        products = subspace_.products;
        if (worst() > goal.tolerance_at(subspace_.values)) return;
        continue;
      }
      // The largest component must not swamp the last wanted one.
      const double spread = 1e5;
      while (degree > 8 && damped.gain(subspace_.values[index(active)], degree) >
                               spread * damped.gain(subspace_.values[index(wanted_ - 1)], degree))
        degree = degree * 3 / 4;
      degree = std::clamp(degree, 4, std::min(120, std::max(4, most - products)));
      const double before = worst();
      const int counted = products;
      filter(damped.high, degree, active);
      rayleigh_ritz();
      if (reached) {
        looking += degree;
        products = counted;
      }
      // The rounding errors of filters in single precision, some 1e-6, remain.
      stalled = !reached && worst() > before / 2;
    }
  }

  // Vectors that have converged by far stay as they are: those before the result. What is left
  // over fills whole registers.
  int first_active(double tolerance) const {
    int first = 0;
    while (first < wanted_ && subspace_.residuals[index(first)] < tolerance / 4) ++first;
    const int columns = subspace_.vectors.columns;
    return std::max(0, columns - padded_columns(columns - first));
  }

  int products = 0;

 private:
  struct Filter {
    Interval damped;
    int degree;
  };

  void take_random_guards(int count) {
    const auto& x = subspace_.vectors;
    const int counted = products;
    randomize_last(level_.grid(), count, x);
    filters_.clear();
    filter(0.5, 6, std::max(0, x.columns - padded_columns(count)));
    rayleigh_ritz();
    products = counted;
  }

  // By how much the last wanted eigenvector has grown in all guards beside what is still there.
  double raised_by_filters() const {
    double result = 1;
    for (const auto& f : filters_)
      result *= f.damped.gain(subspace_.values[index(wanted_ - 1)], f.degree) /
                f.damped.gain(subspace_.values.back(), f.degree);
    return result;
  }

  // A filter makes nothing longer, unless an eigenvalue lies below the interval: level_.lowest is
  // from a few steps of Lanczos' method. Then moves the bound to where an eigenvalue must be that
  // has grown so much from a rounding error, and returns false.
  bool within_spectrum(const VectorBlock<Weight>& filtered, const Interval& damped, int degree) {
    double longest = 0;
    const auto squares =
        block::column_sums<double>(space_, filtered.rows, filtered.ld, level_.matrix.communicator(),
                                   [&](std::int64_t i, double* sums) {
                                     for (int l = 0; l < filtered.ld; ++l)
                                       sums[l] += static_cast<double>(filtered.row(i)[l]) *
                                                  static_cast<double>(filtered.row(i)[l]);
                                   });
    bool finite = true;
    for (const double square : squares) {
      finite = finite && std::isfinite(square);
      longest = std::max(longest, square);
    }
    if ((finite && longest < 1.1) || low_ <= -1) return true;
    const double growth = finite ? std::sqrt(longest) / std::numeric_limits<Weight>::epsilon()
                                 : std::numeric_limits<float>::max();
    const double place = std::cosh((std::acosh(growth) / degree + std::acosh(damped.place(1))));
    low_ = std::max(-1.0, damped.centre() - place * damped.half() - 0.01);
    return false;
  }

  template <class F>
  void for_each_row(const F& f) const {
    RowChunks(subspace_.vectors.rows)
        .for_each(space_, [&](std::int64_t, std::int64_t first, std::int64_t end) {
          for (std::int64_t i = first; i < end; ++i) f(i);
        });
  }

  const GridHierarchy<Weight>& grids_;
  std::size_t number_;
  HostExecutionSpace space_;
  const GridLevel<Weight>& level_;
  Subspace& subspace_;
  int wanted_;
  double low_;  ///< no eigenvalue is below
  std::vector<Filter> filters_;
};

}  // namespace

double SubspaceGoal::tolerance_at(const std::vector<double>& values) const {
  if (gap_share <= 0) return tolerance;
  const int k = chosen_vectors(least_vectors, most_vectors, values);
  if (index(k) >= values.size()) return tolerance;
  // Below the last, residuals are those of rounding.
  const double share = gap_share * (values[index(k - 1)] - values[index(k)]);
  return std::min(tolerance, std::max(share, 1e-13));
}

int chosen_vectors(int least, int most, const std::vector<double>& values) {
  if (least <= 0) return most;
  int best = most;
  double widest = -1;
  for (int k = least; k <= most; ++k) {
    if (index(k) >= values.size()) break;
    const double gap = values[index(k - 1)] - values[index(k)];
    // The first of gaps that are equal but for rounding.
    if (gap > widest * (1 + 1e-9)) {
      widest = gap;
      best = k;
    }
  }
  return best;
}

double Subspace::worst(int wanted) const {
  return *std::max_element(residuals.begin(), residuals.begin() + wanted);
}

template <class Weight>
void rayleigh_ritz(const HostExecutionSpace& space, const StencilMatrix<Weight>& matrix,
                   Subspace& subspace) {
  const auto& x = subspace.vectors;
  const Communicator* comm = matrix.communicator();
  const int n = x.columns;
  orthonormalize(space, x, comm);
  VectorBlock<double> product(x.rows, n);
  matrix.apply(space, x.data(), static_cast<const double*>(nullptr), product.data(), n,
               StencilTerms<double>());
  auto small = gram_matrix(space, x, product, comm);
  std::vector<double> ascending(index(n)), rotation(small.size());
  symmetric_eigen(n, small.data(), ascending.data());
  subspace.values.assign(ascending.rbegin(), ascending.rend());
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) rotation[index(i * n + j)] = small[index((n - 1 - j) * n + i)];
  }
  rotate_block(space, x, rotation);
  rotate_block(space, product, rotation);
  // product <- M u − u λ
  std::vector<double> values(small.size(), 0.0);
  for (int i = 0; i < n; ++i) values[index(i * n + i)] = subspace.values[index(i)];
  multiply_block(space, x, values, -1, 1, product);
  subspace.residuals = column_norms(space, product, comm);
}

template <class Weight>
Subspace filtered_subspace(const GridHierarchy<Weight>& grids, const SubspaceSettings& settings) {
  const std::size_t coarsest = grids.levels() - 1;
  const auto n = static_cast<int>(grids.coarsest_values().size());
  const int block = std::min(settings.block, n);
  const int wanted = std::min(settings.wanted, block);
  Subspace subspace;
  subspace.vectors = VectorBlock<double>(n, block);
  for (int i = 0; i < n; ++i)
    std::copy_n(grids.coarsest_vectors().data() + std::int64_t{i} * n, block,
                subspace.vectors.row(i));
  subspace.values.assign(grids.coarsest_values().begin(), grids.coarsest_values().begin() + block);
  for (std::size_t i = coarsest + 1; i-- > 0;) {
    const auto& level = grids.level(i);
    if (i < coarsest) {
      VectorBlock<double> finer(level.grid().own_pixels(), block);
      grids.prolong_block(i, subspace.vectors, 1, 0, finer);
      subspace.vectors = finer;
    }
    LevelIteration<Weight> iteration(grids, i, subspace, wanted);
    const bool starts = i < coarsest && level.halves;
    if (starts) iteration.filter(0.5, 6, 0);
    // Coarse grids cost little: what they do not settle takes many products on the finest. Beyond
    // this tolerance they differ too much from it for more to be of use.
    SubspaceGoal goal = settings.goal;
    if (i > 0) {
      const double far = 1 - subspace.values[index(wanted - 1)];
      goal = {std::max(goal.tolerance_at(subspace.values), std::min(1e-4, coarse_share * far))};
    }
    const std::int64_t pixels = level.grid().pixels();
    const bool looks = starts && pixels == grids.finest().grid().pixels() && pixels <= many_pixels;
    const int random = looks ? std::min(settings.random_guards, block - wanted) : 0;
    iteration.run(goal, random, i == 0 ? settings.most_products : coarse_products);
    subspace.products = iteration.products;
    if (i == 0) {
      subspace.tolerance = goal.tolerance_at(subspace.values);
      subspace.converged = iteration.worst() <= subspace.tolerance;
    }
  }
  return subspace;
}

template void rayleigh_ritz(const HostExecutionSpace&, const StencilMatrix<float>&, Subspace&);
template void rayleigh_ritz(const HostExecutionSpace&, const StencilMatrix<double>&, Subspace&);
template Subspace filtered_subspace(const GridHierarchy<float>&, const SubspaceSettings&);
template Subspace filtered_subspace(const GridHierarchy<double>&, const SubspaceSettings&);

}  // namespace eigenprop
