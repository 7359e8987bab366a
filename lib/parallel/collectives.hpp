#pragma once

#include <cstdint>
#include <vector>

#include "runtime/communicator.hpp"

namespace eigenprop {

/// Collectives that a derivative passes through, each a linear map with its transpose.
///
/// Convention: the inner product of vectors spread over ranks is the sum over ranks of the local
/// ones. A value that all ranks hold alike has as its adjoint on each rank that rank's own
/// contribution. The variation of each map is the map itself. All members are collective over the
/// communicator given at construction, which must outlive the object.

/// y = Σ_r x_r on every rank. Its own transpose.
class AllReduceSum {
 public:
  explicit AllReduceSum(const Communicator& comm) : comm_(comm) {}
  std::vector<double> forward(std::vector<double> x) const;
  std::vector<double> transpose(std::vector<double> y) const { return forward(std::move(y)); }

 private:
  const Communicator& comm_;
};

/// y = the rows of all ranks in rank order, on every rank. The transpose sums what the ranks hold
/// of this rank's rows.
class AllGatherRows {
 public:
  /// `rows`: of this rank; `columns`: the same on all ranks.
  AllGatherRows(std::int64_t rows, int columns, const Communicator& comm);
  std::vector<double> forward(const std::vector<double>& x) const;
  std::vector<double> transpose(const std::vector<double>& y) const;
  std::int64_t total_rows() const { return total_; }

 private:
  const Communicator& comm_;
  std::vector<int> counts_;
  std::vector<int> places_;
  std::int64_t total_ = 0;
};

/// Sum of the numbers of all ranks, one after another in rank order: the same bits however the
/// numbers are spread over ranks. For one number a row, where an iteration would magnify the last
/// bits. `gather`: of rows of one column. Collective over its communicator.
double sum_in_order(const std::vector<double>& own, const AllGatherRows& gather);

/// Sends every row to a rank of choice; a rank receives rows ordered by sender, then by position.
/// The transpose sends them back.
class ExchangeRows {
 public:
  /// `destinations`: one rank for each row of this rank. Throws InputError for a rank that does not
  /// exist.
  ExchangeRows(const std::vector<int>& destinations, int columns, const Communicator& comm);
  std::vector<double> forward(const std::vector<double>& x) const;
  std::vector<double> transpose(const std::vector<double>& y) const;
  std::int64_t received_rows() const;

 private:
  const Communicator& comm_;
  int columns_;
  std::vector<std::size_t> order_;  ///< rows of this rank, by destination
  std::vector<int> sent_, sent_places_, received_, received_places_;
};

}  // namespace eigenprop
