#pragma once

#include <map>
#include <vector>

#include "graph/parameter.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// Data-parallel sum of gradients over units of work (images or groups of images) and ranks.
///
/// Gradients accumulate in double, so that the sum does not depend on how the units are spread
/// over ranks beyond the rounding of double. Parameters are grouped in buckets in the reverse
/// order of their creation, about the order in which a backward pass completes them; each full
/// bucket starts a non-blocking all-reduce that overlaps the rest of the backward pass.
///
/// One optimization step on every rank, where ranks may have different numbers of units, or none:
///
///     exchange.begin();
///     for each own unit but the last: backward, then add(p) for every parameter p
///     last own unit:                  backward with add_last(p) as each p becomes ready
///     exchange.finish(scale);         // every parameter's adjoint is now scale * sum
class GradientExchange {
 public:
  /// Collective over `comm`, which is duplicated. `parameters` must outlive the exchange. Adjoints
  /// are read and written on `space`, or on the host after what runs there.
  GradientExchange(const ParameterSet& parameters, const Communicator& comm,
                   std::int64_t bucket_bytes = std::int64_t{4} << 20,
                   const ExecutionSpace& space = ExecutionSpace());
  GradientExchange(const GradientExchange&) = delete;
  GradientExchange& operator=(const GradientExchange&) = delete;

  /// Forgets all sums.
  void begin();

  /// Adds the adjoint of a parameter to its sum.
  void add(const Parameter& parameter);

  /// The same for the last unit of this rank: the parameter's bucket may travel from now on.
  void add_last(const Parameter& parameter);

  /// Completes all buckets, also those of ranks without units, and writes scale * sum into the
  /// adjoints of all parameters. Collective.
  void finish(double scale);

  /// Buckets of the last step whose all-reduce started before finish().
  int overlapped_buckets() const { return overlapped_; }
  int buckets() const { return static_cast<int>(buckets_.size()); }

 private:
  struct Place {
    std::size_t bucket;
    std::size_t offset;
  };
  struct Bucket {
    std::vector<double> sums;
    std::size_t parameters = 0;
    std::size_t complete = 0;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  Place place_of(const Parameter& parameter) const;
  void start_complete_buckets(bool all);

  const ParameterSet& parameters_;
  Communicator comm_;
  ExecutionSpace space_;
  std::vector<Bucket> buckets_;
  std::map<const Parameter*, Place> places_;
  std::size_t started_ = 0;
  int overlapped_ = 0;
};

}  // namespace eigenprop
