#include "cuts/line_halo.hpp"

#include <algorithm>
#include <limits>

#include "runtime/error.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

LineRange intersection(const LineRange& a, const LineRange& b) {
  const std::int64_t first = std::max(a.first, b.first);
  return {first, std::max<std::int64_t>(std::min(a.end(), b.end()) - first, 0)};
}

LineRange lines_above(const LineRange& own, std::int64_t count) {
  if (own.count == 0) return {own.first, 0};
  const std::int64_t first = std::max<std::int64_t>(own.first - count, 0);
  return {first, own.first - first};
}

LineRange lines_below(const LineRange& own, std::int64_t count, std::int64_t height) {
  if (own.count == 0) return {own.end(), 0};
  return {own.end(), std::min(count, height - own.end())};
}

int message_count(std::int64_t count) {
  require(count <= std::numeric_limits<int>::max(),
          "halo lines of " + std::to_string(count) + " numbers exceed an MPI message");
  return static_cast<int>(count);
}

}  // namespace

LineHalo::LineHalo(const PixelGrid& grid, std::int64_t above, std::int64_t below,
                   const Communicator* comm)
    : comm_(comm),
      own_(grid.own()),
      above_(lines_above(own_, above)),
      below_(lines_below(own_, below, grid.height())) {
  for (int r = 0; r < grid.ranks(); ++r) {
    if (r == grid.rank()) continue;
    const auto theirs = grid.lines_of(r);
    const auto add = [&](std::vector<Message>& list, const LineRange& needed,
                         const LineRange& owned, bool is_above) {
      const auto lines = intersection(needed, owned);
      if (lines.count > 0) list.push_back({r, lines, is_above});
    };
    add(received_, above_, theirs, true);
    add(received_, below_, theirs, false);
    add(sent_, lines_above(theirs, above), own_, true);
    add(sent_, lines_below(theirs, below, grid.height()), own_, false);
  }
}

template <class T>
void LineHalo::start(const T* own, T* above, T* below, std::int64_t length) {
  const PhaseScope scope(Phase::exchange);
  requests_.clear();
  const auto post = [&](auto&& call) {
    requests_.push_back(MPI_REQUEST_NULL);
    check_mpi(call(&requests_.back()));
  };
  for (const auto& m : received_) {
    T* place = (m.above ? above + (m.lines.first - above_.first) * length
                        : below + (m.lines.first - below_.first) * length);
    post([&](MPI_Request* request) {
      return MPI_Irecv(place, message_count(m.lines.count * length), mpi_type<T>(), m.rank,
                       m.above ? 0 : 1, comm_->get(), request);
    });
  }
  for (const auto& m : sent_) {
    const T* place = own + (m.lines.first - own_.first) * length;
    post([&](MPI_Request* request) {
      return MPI_Isend(place, message_count(m.lines.count * length), mpi_type<T>(), m.rank,
                       m.above ? 0 : 1, comm_->get(), request);
    });
  }
}

void LineHalo::finish() {
  const PhaseScope scope(Phase::exchange);
  check_mpi(MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
  requests_.clear();
}

template void LineHalo::start(const float*, float*, float*, std::int64_t);
template void LineHalo::start(const double*, double*, double*, std::int64_t);

}  // namespace eigenprop
