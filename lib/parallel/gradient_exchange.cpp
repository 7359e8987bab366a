#include "parallel/gradient_exchange.hpp"

#include <algorithm>
#include <climits>

#include "runtime/error.hpp"
#include "runtime/phase.hpp"
#include "tensor/host_access.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {

GradientExchange::GradientExchange(const ParameterSet& parameters, const Communicator& comm,
                                   std::int64_t bucket_bytes, const ExecutionSpace& space)
    : parameters_(parameters), comm_(comm.get()), space_(space) {
  require(bucket_bytes > 0, "buckets of gradients need a positive size");
  for (std::size_t i = parameters.size(); i-- > 0;) {
    const auto size = static_cast<std::size_t>(parameters[i]->value.shape().size());
    const auto full = static_cast<std::size_t>(bucket_bytes) / sizeof(double);
    if (buckets_.empty() || buckets_.back().sums.size() + size > full) buckets_.emplace_back();
    auto& bucket = buckets_.back();
    places_[parameters[i].get()] = {buckets_.size() - 1, bucket.sums.size()};
    bucket.sums.resize(bucket.sums.size() + size);
    ++bucket.parameters;
    require(bucket.sums.size() <= INT_MAX,
            "parameter '" + parameters[i]->name + "' is too large for one message");
  }
}

void GradientExchange::begin() {
  for (auto& bucket : buckets_) {
    std::fill(bucket.sums.begin(), bucket.sums.end(), 0.0);
    bucket.complete = 0;
  }
  started_ = 0;
  overlapped_ = 0;
}

GradientExchange::Place GradientExchange::place_of(const Parameter& parameter) const {
  const auto found = places_.find(&parameter);
  require(found != places_.end(),
          "parameter '" + parameter.name + "' was created after its exchange");
  return found->second;
}

void GradientExchange::add(const Parameter& parameter) {
  const PhaseScope scope(Phase::exchange);
  const auto place = place_of(parameter);
  double* sums = buckets_[place.bucket].sums.data() + place.offset;
  parameter.adjoint.visit([&](const auto& tensor) {
    using T = typename std::decay_t<decltype(tensor)>::value_type;
    const HostInput<T> host(space_, tensor);
    const T* values = host.data();
    const auto threads = host_space_of(space_);
    for_each_index(threads, "add gradient", tensor.size(),
                   [=](std::int64_t i) { sums[i] += static_cast<double>(values[i]); });
    threads.fence();
  });
}

void GradientExchange::add_last(const Parameter& parameter) {
  add(parameter);
  ++buckets_[place_of(parameter).bucket].complete;
  start_complete_buckets(false);
}

// Collectives must start in the same order on all ranks, hence bucket by bucket.
void GradientExchange::start_complete_buckets(bool all) {
  const PhaseScope scope(Phase::exchange);
  if (comm_.size() == 1) return;
  for (; started_ < buckets_.size(); ++started_) {
    auto& bucket = buckets_[started_];
    if (!all && bucket.complete < bucket.parameters) break;
    check_mpi(MPI_Iallreduce(MPI_IN_PLACE, bucket.sums.data(), static_cast<int>(bucket.sums.size()),
                             MPI_DOUBLE, MPI_SUM, comm_.get(), &bucket.request));
    if (!all) ++overlapped_;
  }
  // Many MPI implementations move data only inside calls.
  for (std::size_t i = 0; i < started_; ++i) {
    int done = 0;
    check_mpi(MPI_Test(&buckets_[i].request, &done, MPI_STATUS_IGNORE));
  }
}

void GradientExchange::finish(double scale) {
  const PhaseScope scope(Phase::exchange);
  start_complete_buckets(true);
  for (auto& bucket : buckets_) check_mpi(MPI_Wait(&bucket.request, MPI_STATUS_IGNORE));
  for (const auto& parameter : parameters_) {
    const auto place = place_of(*parameter);
    const double* sums = buckets_[place.bucket].sums.data() + place.offset;
    parameter->adjoint.visit([&](const auto& tensor) {
      using T = typename std::decay_t<decltype(tensor)>::value_type;
      const HostOutput<T> host(space_, tensor);
      T* values = host.data();
      const auto threads = host_space_of(space_);
      for_each_index(threads, "store gradient", tensor.size(),
                     [=](std::int64_t i) { values[i] = static_cast<T>(scale * sums[i]); });
      threads.fence();
      host.flush();
    });
  }
}

}  // namespace eigenprop
