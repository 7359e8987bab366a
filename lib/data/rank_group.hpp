#pragma once

#include <cstdint>
#include <utility>

#include "runtime/communicator.hpp"

namespace eigenprop {

/// The ranks that work on the same samples as this one: all ranks are split, in their order, into
/// groups of about equal size.
class RankGroup {
 public:
  /// Groups of `ranks` or some more; of all, where there are fewer. Throws InputError where `ranks`
  /// is not positive. Collective over `world`.
  RankGroup(std::int64_t ranks, const Communicator& world);

  /// Of the group alone.
  const Communicator& comm() const { return comm_; }

  /// Whether this rank speaks for the group.
  bool is_root() const { return comm_.is_root(); }

  /// The group's communicator; null where the group is this rank alone.
  const Communicator* shared() const { return comm_.size() > 1 ? &comm_ : nullptr; }

  /// How many groups there are, and which of them this is.
  int groups() const { return groups_; }
  int number() const { return number_; }

  /// The group's share_of() `count` samples.
  std::pair<std::int64_t, std::int64_t> share(std::int64_t count) const;

 private:
  int groups_;
  int number_;  ///< of the own group
  Communicator comm_;
};

}  // namespace eigenprop
