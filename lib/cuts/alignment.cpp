#include "cuts/alignment.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

constexpr std::int64_t block_rows = 256;

// Λ v, or Λᵀ v; v itself for the identity.
Vector apply_lambda(const double* lambda, const Vector& v, bool transposed) {
  if (!lambda) return v;
  const auto d = static_cast<std::int64_t>(v.size());
  Vector result(v.size(), 0.0);
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j < d; ++j)
      result[index(i)] += (transposed ? lambda[j * d + i] : lambda[i * d + j]) * v[index(j)];
  }
  return result;
}

void require_nonsingular(const double* lambda, int d) {
  Vector copy(lambda, lambda + std::int64_t{d} * d);
  Vector left(copy.size()), right(copy.size()), values(index(d));
  thin_svd(d, d, copy.data(), left.data(), values.data(), right.data());
  require(values.back() > 1e-14 * values.front(),
          "Λ is singular: it removes directions from W = FΛFᵀ; use F Λ^(1/2) instead");
}

// ½‖Ψ‖² for Ψ = mean of the annotators' projectors: Σ over pairs of annotators and segments of
// |s ∩ t|² / (|s| |t|).
double half_norm_of_mean(const Segmentations& segmentations, const Vector& masses,
                         const Communicator& comm) {
  const int annotators = segmentations.annotators();
  double sum = 0;
  for (int a = 0; a < annotators; ++a) {
    const int offset_a = segmentations.offset(a);
    for (int s = 0; s < segmentations.segments[index(a)]; ++s)
      sum += masses[index(offset_a + s)] > 0 ? 1 : 0;
    for (int b = 0; b < a; ++b) {
      const int offset_b = segmentations.offset(b);
      const int k = segmentations.segments[index(b)];
      Vector shared(index(std::int64_t{segmentations.segments[index(a)]} * k), 0.0);
      const std::int32_t* first = segmentations.labels + a * segmentations.rows;
      const std::int32_t* second = segmentations.labels + b * segmentations.rows;
      for (std::int64_t i = 0; i < segmentations.rows; ++i)
        shared[index(std::int64_t{first[i]} * k + second[i])] += 1;
      comm.sum(shared.data(), static_cast<std::int64_t>(shared.size()));
      for (std::size_t e = 0; e < shared.size(); ++e) {
        if (shared[e] == 0) continue;
        const auto s = static_cast<std::int64_t>(e) / k;
        const auto t = static_cast<std::int64_t>(e) % k;
        sum +=
            2 * shared[e] * shared[e] / (masses[index(offset_a + s)] * masses[index(offset_b + t)]);
      }
    }
  }
  return 0.5 * sum / (annotators * annotators);
}

// 1 / (annotators n_s), zero for a segment without mass.
Vector segment_weights(const Segmentations& segmentations, const Vector& masses) {
  Vector weights(masses.size(), 0.0);
  for (std::size_t s = 0; s < masses.size(); ++s) {
    if (masses[s] > 0) weights[s] = 1 / (segmentations.annotators() * masses[s]);
  }
  return weights;
}

double trace_of_product(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Π_ε = A V diag(1/(σ_j² + δ)) Vᵀ Aᵀ with its eigenvalues σ_j²/(σ_j² + δ); for ε = 0 the
// projector: those that count are 1.
struct Filter {
  int directions = 0;       ///< leading ones that take part
  double epsilon_square;    ///< ε²
  double scale_square = 1;  ///< σ², with δ = ε²σ²
  bool follows_largest = false;
  double delta = 0;
  Vector inverses, values;

  Filter(AlignmentObjective objective, const SpanSpectrum& spectrum, double epsilon)
      : epsilon_square(epsilon * epsilon) {
    const double largest = spectrum.singular_values[0] * spectrum.singular_values[0];
    follows_largest = objective == AlignmentObjective::j2;
    if (follows_largest) scale_square = largest;
    delta = epsilon_square * scale_square;
    directions = delta > 0 ? static_cast<int>(spectrum.singular_values.size()) : spectrum.rank;
    for (int j = 0; j < directions; ++j) {
      const double square = spectrum.singular_values[index(j)] * spectrum.singular_values[index(j)];
      inverses.push_back(1 / (square + delta));
      values.push_back(square * inverses.back());
    }
  }

  // What ½‖Π_ε‖² and, through σ = σ₁, δ add to ∂J/∂(AᵀA): V diag(δ h_j / (σ_j² + δ)²) Vᵀ and
  // ∂J/∂δ ε² v₁v₁ᵀ.
  void add_curvature(const SpanSpectrum& spectrum, double slope, Vector& curvature) const {
    const auto d = static_cast<std::int64_t>(spectrum.singular_values.size());
    for (int r = 0; r < directions; ++r) {
      const double inverse = inverses[index(r)];
      double weight = delta * values[index(r)] * inverse * inverse;
      if (r == 0 && follows_largest) weight += slope * epsilon_square;
      const double* v = &spectrum.vectors[index(r * d)];
      for (std::int64_t i = 0; i < d; ++i) {
        for (std::int64_t j = 0; j < d; ++j) curvature[index(i * d + j)] += weight * v[i] * v[j];
      }
    }
  }
};

// c_i, the derivative of J₁ in D_i: Σ_s q_s / n_s² over the row's segments − f_iᵀ H f_i / D_i².
double degree_derivative(const Alignment& alignment, const Vector& weights,
                         const Segmentations& segmentations, std::int64_t row, double quadratic) {
  const double degree = alignment.degrees[index(row)];
  double sum = -quadratic / (degree * degree);
  for (int a = 0; a < segmentations.annotators(); ++a) {
    const auto s =
        index(segmentations.offset(a) + segmentations.labels[a * segmentations.rows + row]);
    sum += weights[s] * alignment.energies[s] / alignment.moments.masses[s];
  }
  return sum;
}

}  // namespace

Alignment align(AlignmentObjective objective, const FeatureRows& rows, const double* lambda,
                const Segmentations& segmentations, const RankSettings& settings,
                const Communicator& comm) {
  require(segmentations.annotators() > 0, "normalized cuts need at least one segmentation");
  require(std::isfinite(settings.epsilon) && settings.epsilon >= 0,
          "ε of the regularized projector must be finite and not negative, not " +
              number_text(settings.epsilon));
  require(settings.epsilon == 0 || !lambda,
          "the regularized projector takes Λ in the features: F Λ^(1/2)");
  const int d = rows.columns;
  const bool j1 = objective == AlignmentObjective::j1;
  Alignment result;
  if (j1) {
    if (lambda) require_nonsingular(lambda, d);
    result.row_sums = column_sums(rows, comm);
    result.degrees = row_degrees(rows, apply_lambda(lambda, result.row_sums, false), comm);
  }
  const double* degrees = j1 ? result.degrees.data() : nullptr;
  result.moments = span_moments(rows, degrees, segmentations, comm);
  const auto spectrum = span_spectrum(rows, degrees, result.moments.gram, settings, comm);
  result.rank_w = spectrum.rank;
  result.used_qr = spectrum.used_qr;
  const Filter filter(objective, spectrum, settings.epsilon);

  // Rows v_j g_j, of which p_s = Σ_j (S_s·v_j g_j) v_j g_j. (AᵀA)⁺ itself is never formed: its
  // entries would cancel as κ², where those of the factor cancel as κ.
  const int total = segmentations.total();
  const int r = filter.directions;
  Vector whitening(spectrum.vectors.begin(), spectrum.vectors.begin() + std::int64_t{r} * d);
  for (int j = 0; j < r; ++j) {
    const double root = std::sqrt(filter.inverses[index(j)]);
    for (int i = 0; i < d; ++i) whitening[index(j * d + i)] *= root;
  }
  const auto weights = segment_weights(segmentations, result.moments.masses);
  result.targets.assign(index(std::int64_t{total} * d), 0.0);
  Vector coefficients(index(std::int64_t{total} * r));
  if (r > 0) {
    gemm(Transpose::no, Transpose::yes, total, r, d, 1.0, result.moments.sums.data(), d,
         whitening.data(), d, 0.0, coefficients.data(), r);
    gemm(Transpose::no, Transpose::no, total, d, r, 1.0, coefficients.data(), r, whitening.data(),
         d, 0.0, result.targets.data(), d);
  }
  result.energies.assign(index(total), 0.0);
  result.curvature.assign(index(std::int64_t{d} * d), 0.0);
  double captured = 0;          // tr Π_ε Ψ
  double captured_sharply = 0;  // and of the projector
  double slope = 0;             // ∂J/∂δ
  for (int s = 0; s < total; ++s) {
    const double* p = &result.targets[index(std::int64_t{s} * d)];
    const double weight = weights[index(s)];
    for (int j = 0; j < r; ++j) {
      const double c = coefficients[index(std::int64_t{s} * r + j)];
      result.energies[index(s)] += c * c;
      if (j < spectrum.rank) captured_sharply += weight * c * c / filter.values[index(j)];
    }
    if (weight == 0) continue;
    ++result.rank_e;
    captured += weight * result.energies[index(s)];
    for (int i = 0; i < d; ++i) {
      slope += weight * p[i] * p[i];
      for (int j = 0; j < d; ++j) result.curvature[index(i * d + j)] += weight * p[i] * p[j];
    }
  }
  const double constant = j1 ? 0.5 * result.rank_e / segmentations.annotators()
                             : half_norm_of_mean(segmentations, result.moments.masses, comm);
  double half_square = 0;  // ½‖Π_ε‖²
  for (int j = 0; j < r; ++j) {
    const double value = filter.values[index(j)];
    result.effective_rank += value;
    half_square += 0.5 * value * value;
    slope -= value * value * filter.inverses[index(j)];
  }
  result.value = half_square + constant - captured;
  result.projector_value = 0.5 * result.rank_w + constant - captured_sharply;
  result.bound_holds = result.projector_value < 0.5;
  if (settings.epsilon > 0) {
    result.epsilon_derivative = 2 * settings.epsilon * filter.scale_square * slope;
    filter.add_curvature(spectrum, slope, result.curvature);
  }
  return result;
}

double effective_rank(AlignmentObjective objective, const FeatureRows& rows,
                      const RankSettings& settings, const Communicator& comm) {
  require(std::isfinite(settings.epsilon) && settings.epsilon > 0,
          "ε of the regularized projector must be positive and finite, not " +
              number_text(settings.epsilon));
  Vector degrees;
  if (objective == AlignmentObjective::j1)
    degrees = row_degrees(rows, column_sums(rows, comm), comm);
  const double* mass = degrees.empty() ? nullptr : degrees.data();
  const auto gram = span_moments(rows, mass, {}, comm).gram;
  const Filter filter(objective, span_spectrum(rows, mass, gram, settings, comm), settings.epsilon);
  return std::accumulate(filter.values.begin(), filter.values.end(), 0.0);
}

void alignment_gradient(AlignmentObjective objective, const Alignment& alignment,
                        const FeatureRows& rows, const double* lambda,
                        const Segmentations& segmentations, double scale, double* d_rows,
                        double* d_lambda, const Communicator& comm) {
  const int d = rows.columns;
  const bool j1 = objective == AlignmentObjective::j1;
  const auto weights = segment_weights(segmentations, alignment.moments.masses);
  // Rows of targets already divided by their masses and multiplied by −2 scale.
  Vector pulls(alignment.targets);
  for (std::size_t s = 0; s < weights.size(); ++s) {
    for (int j = 0; j < d; ++j) pulls[s * index(d) + index(j)] *= -2 * scale * weights[s];
  }

  // J₂ and the direct part of J₁: row i is −2 (mean_a p_{s(i)} / n_s − H f_i / D_i). The same pass
  // gathers z = Σ_i c_i f_i for the way through the degrees.
  const RowChunks chunks(rows.rows);
  Vector row_factors(j1 ? index(rows.rows) : 0);
  auto z = chunks.sum(rows.space, d, [&](std::int64_t first, std::int64_t end, double* out) {
    for (std::int64_t begin = first; begin < end; begin += block_rows) {
      const std::int64_t count = std::min(block_rows, end - begin);
      const double* block = rows.data + begin * d;
      double* gradient = d_rows + begin * d;
      gemm(Transpose::no, Transpose::no, static_cast<int>(count), d, d, j1 ? 1.0 : 2 * scale, block,
           d, alignment.curvature.data(), d, 0.0, gradient, d);
      for (std::int64_t i = 0; i < count; ++i) {
        double* g = gradient + i * d;
        if (j1) {
          const double degree = alignment.degrees[index(begin + i)];
          if (degree == 0) {
            std::fill(g, g + d, 0.0);
            continue;
          }
          double quadratic = 0;
          for (int j = 0; j < d; ++j) quadratic += g[j] * block[i * d + j];
          const double c =
              degree_derivative(alignment, weights, segmentations, begin + i, quadratic);
          row_factors[index(begin + i)] = c;
          for (int j = 0; j < d; ++j) {
            out[j] += c * block[i * d + j];
            g[j] *= 2 * scale / degree;
          }
        }
        for (int a = 0; a < segmentations.annotators(); ++a) {
          const auto s =
              segmentations.offset(a) + segmentations.labels[a * segmentations.rows + begin + i];
          const double* pull = &pulls[index(std::int64_t{s} * d)];
          for (int j = 0; j < d; ++j) g[j] += pull[j];
        }
      }
    }
  });
  if (d_lambda) std::fill(d_lambda, d_lambda + std::int64_t{d} * d, 0.0);
  if (!j1) return;

  // D_i = f_i·Λt with t = Σ f_j: row i gains c_i Λt + Λᵀz, and Λ gains z tᵀ.
  comm.sum(z.data(), d);
  const auto direct = apply_lambda(lambda, alignment.row_sums, false);
  const auto through_sums = apply_lambda(lambda, z, true);
  chunks.for_each(rows.space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      for (int j = 0; j < d; ++j)
        d_rows[i * d + j] +=
            scale * (row_factors[index(i)] * direct[index(j)] + through_sums[index(j)]);
    }
  });
  if (!d_lambda) return;
  for (int i = 0; i < d; ++i) {
    for (int j = 0; j < d; ++j)
      d_lambda[i * d + j] = scale * z[index(i)] * alignment.row_sums[index(j)];
  }
}

double alignment_variation(AlignmentObjective objective, const Alignment& alignment,
                           const FeatureRows& rows, const double* lambda,
                           const Segmentations& segmentations, const double* change_of_rows,
                           const double* change_of_lambda, const Communicator& comm) {
  const int d = rows.columns;
  const int total = segmentations.total();
  const bool j1 = objective == AlignmentObjective::j1;
  const auto weights = segment_weights(segmentations, alignment.moments.masses);
  const std::int64_t square = std::int64_t{d} * d;

  // dD_i = df_i·Λt + f_i·(dΛ t + Λ dt)
  Vector along_change;
  Vector along_rows(index(d), 0.0);
  if (j1) {
    along_change = apply_lambda(lambda, alignment.row_sums, false);
    if (change_of_lambda) along_rows = apply_lambda(change_of_lambda, alignment.row_sums, false);
    if (change_of_rows) {
      const auto change_of_sums = column_sums({change_of_rows, rows.rows, d, rows.space}, comm);
      const auto add = apply_lambda(lambda, change_of_sums, false);
      for (int j = 0; j < d; ++j) along_rows[index(j)] += add[index(j)];
    }
  }

  // Changes of the moments: half of dG (to be symmetrized by the trace), dS and dn.
  const std::int64_t length = square + std::int64_t{total} * (d + 1);
  auto changes = RowChunks(rows.rows).sum(
      rows.space, length, [&](std::int64_t first, std::int64_t end, double* out) {
        double* d_sums = out + square;
        double* d_masses = d_sums + std::int64_t{total} * d;
        const Vector zeros(index(d), 0.0);
        for (std::int64_t i = first; i < end; ++i) {
          const double* f = rows.data + i * d;
          const double* df = change_of_rows ? change_of_rows + i * d : zeros.data();
          double inverse = 1;
          double d_degree = 0;
          if (j1) {
            if (alignment.degrees[index(i)] == 0) continue;
            inverse = 1 / alignment.degrees[index(i)];
            for (int j = 0; j < d; ++j)
              d_degree += df[j] * along_change[index(j)] + f[j] * along_rows[index(j)];
          }
          for (int p = 0; p < d; ++p) {
            const double left = f[p] * inverse;
            for (int q = 0; q < d; ++q)
              out[p * d + q] += left * (df[q] - 0.5 * f[q] * d_degree * inverse);
          }
          for (int a = 0; a < segmentations.annotators(); ++a) {
            const std::int64_t s =
                segmentations.offset(a) + segmentations.labels[a * segmentations.rows + i];
            for (int j = 0; j < d; ++j) d_sums[s * d + j] += df[j];
            d_masses[s] += d_degree;
          }
        }
      });
  comm.sum(changes.data(), length);

  const Vector half_gram(changes.begin(), changes.begin() + square);
  const double* d_sums = changes.data() + square;
  const double* d_masses = d_sums + std::int64_t{total} * d;
  double change = 2 * trace_of_product(alignment.curvature, half_gram);
  for (std::int64_t s = 0; s < total; ++s) {
    if (weights[index(s)] == 0) continue;
    double moved = 0;
    for (int j = 0; j < d; ++j) moved += d_sums[s * d + j] * alignment.targets[index(s * d + j)];
    change += weights[index(s)] *
              (alignment.energies[index(s)] * d_masses[s] / alignment.moments.masses[index(s)] -
               2 * moved);
  }
  return change;
}

}  // namespace eigenprop
