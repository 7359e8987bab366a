#include "data/packed_spans.hpp"

namespace eigenprop {

std::vector<std::int64_t> read_spans(const H5File& file, const std::string& name,
                                     std::size_t items) {
  constexpr std::int64_t most = std::int64_t{1} << 59;
  const std::string what = "file '" + file.path() + "': " + name + " ";
  auto places = file.read_list<std::int64_t>(name);
  require(places.size() == items + 1, what + "has " + std::to_string(places.size()) +
                                          " entries, where " + std::to_string(items + 1) +
                                          " are needed, one more than there are items");
  std::int64_t before = 0;
  for (const auto place : places) {
    require(place >= before && place <= most, what + "must ascend from 0, but has " +
                                                  std::to_string(place) + " after " +
                                                  std::to_string(before));
    before = place;
  }
  return places;
}

}  // namespace eigenprop
