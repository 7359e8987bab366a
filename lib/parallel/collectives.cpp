#include "parallel/collectives.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/error.hpp"
#include "runtime/message_count.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

std::vector<int> prefix_sums(const std::vector<int>& counts) {
  std::vector<int> places;
  std::int64_t total = 0;
  for (const int count : counts) {
    places.push_back(message_count(total));
    total += count;
  }
  message_count(total);
  return places;
}

std::size_t total(const std::vector<int>& counts) {
  return static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}

}  // namespace

std::vector<double> AllReduceSum::forward(std::vector<double> x) const {
  comm_.sum(x.data(), static_cast<std::int64_t>(x.size()));
  return x;
}

AllGatherRows::AllGatherRows(std::int64_t rows, int columns, const Communicator& comm)
    : comm_(comm) {
  for (const auto count : comm.gather_all(rows)) {
    counts_.push_back(message_count(count * columns));
    total_ += count;
  }
  places_ = prefix_sums(counts_);
}

std::vector<double> AllGatherRows::forward(const std::vector<double>& x) const {
  const PhaseScope scope(Phase::exchange);
  std::vector<double> y(total(counts_));
  check_mpi(MPI_Allgatherv(x.data(), static_cast<int>(x.size()), MPI_DOUBLE, y.data(),
                           counts_.data(), places_.data(), MPI_DOUBLE, comm_.get()));
  return y;
}

std::vector<double> AllGatherRows::transpose(const std::vector<double>& y) const {
  const PhaseScope scope(Phase::exchange);
  std::vector<double> x(static_cast<std::size_t>(counts_[static_cast<std::size_t>(comm_.rank())]));
  check_mpi(
      MPI_Reduce_scatter(y.data(), x.data(), counts_.data(), MPI_DOUBLE, MPI_SUM, comm_.get()));
  return x;
}

double sum_in_order(const std::vector<double>& own, const AllGatherRows& gather) {
  const auto all = gather.forward(own);
  return std::accumulate(all.begin(), all.end(), 0.0);
}

ExchangeRows::ExchangeRows(const std::vector<int>& destinations, int columns,
                           const Communicator& comm)
    : comm_(comm), columns_(columns), order_(destinations.size()) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<std::int64_t> counts(ranks, 0);
  for (const int destination : destinations) {
    require(destination >= 0 && destination < comm.size(),
            "there is no rank " + std::to_string(destination) + " to send a row to");
    counts[static_cast<std::size_t>(destination)] += columns;
  }
  for (const auto count : counts) sent_.push_back(message_count(count));
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return destinations[a] < destinations[b]; });
  received_.assign(ranks, 0);
  check_mpi(MPI_Alltoall(sent_.data(), 1, MPI_INT, received_.data(), 1, MPI_INT, comm.get()));
  sent_places_ = prefix_sums(sent_);
  received_places_ = prefix_sums(received_);
}

std::int64_t ExchangeRows::received_rows() const {
  return static_cast<std::int64_t>(total(received_)) / std::max(columns_, 1);
}

std::vector<double> ExchangeRows::forward(const std::vector<double>& x) const {
  const PhaseScope scope(Phase::exchange);
  std::vector<double> ordered;
  ordered.reserve(x.size());
  const auto columns = static_cast<std::ptrdiff_t>(columns_);
  for (const auto row : order_) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row) * columns;
    ordered.insert(ordered.end(), begin, begin + columns);
  }
  std::vector<double> y(total(received_));
  check_mpi(MPI_Alltoallv(ordered.data(), sent_.data(), sent_places_.data(), MPI_DOUBLE, y.data(),
                          received_.data(), received_places_.data(), MPI_DOUBLE, comm_.get()));
  return y;
}

std::vector<double> ExchangeRows::transpose(const std::vector<double>& y) const {
  const PhaseScope scope(Phase::exchange);
  std::vector<double> ordered(total(sent_));
  check_mpi(MPI_Alltoallv(y.data(), received_.data(), received_places_.data(), MPI_DOUBLE,
                          ordered.data(), sent_.data(), sent_places_.data(), MPI_DOUBLE,
                          comm_.get()));
  std::vector<double> x(ordered.size());
  const auto columns = static_cast<std::size_t>(columns_);
  for (std::size_t i = 0; i < order_.size(); ++i)
    std::copy_n(&ordered[i * columns], columns, &x[order_[i] * columns]);
  return x;
}

}  // namespace eigenprop
