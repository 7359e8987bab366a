#include "data/sampling.hpp"

#include <numeric>

#include "runtime/random.hpp"

namespace eigenprop {

std::vector<std::int64_t> epoch_order(std::int64_t n, std::int64_t seed, std::int64_t epoch) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const RandomStream stream(RandomKey{static_cast<std::uint32_t>(seed), RandomPurpose::shuffle,
                                      static_cast<std::uint32_t>(epoch), 0, 0});
  // Fisher and Yates
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[stream.integer(i, static_cast<std::uint32_t>(i))]);
  return order;
}

std::pair<std::int64_t, std::int64_t> share_of(std::int64_t count, int rank, int size) {
  return {count * rank / size, count * (rank + 1) / size};
}

std::vector<std::int64_t> items_of(std::int64_t count, int rank, int size) {
  const auto [first, last] = share_of(count, rank, size);
  std::vector<std::int64_t> items(static_cast<std::size_t>(last - first));
  std::iota(items.begin(), items.end(), first);
  return items;
}

}  // namespace eigenprop
