#include "data/rank_group.hpp"

#include <algorithm>

#include "data/sampling.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

int groups_of(std::int64_t ranks, int size) {
  require(ranks > 0, "groups of " + std::to_string(ranks) + " ranks; at least one is needed");
  return static_cast<int>(size / std::min<std::int64_t>(ranks, size));
}

}  // namespace

RankGroup::RankGroup(std::int64_t ranks, const Communicator& world)
    : groups_(groups_of(ranks, world.size())),
      number_(static_cast<int>(std::int64_t{world.rank()} * groups_ / world.size())),
      comm_(world.split(number_)) {}

std::pair<std::int64_t, std::int64_t> RankGroup::share(std::int64_t count) const {
  return share_of(count, number_, groups_);
}

}  // namespace eigenprop
