#include "data/packed_spans.hpp"

namespace eigenprop {

std::vector<std::int64_t> read_spans(const H5File& file, const std::string& name, std::size_t items,
                                     std::int64_t rows) {
  const std::string what = "file '" + file.path() + "': " + name + " ";
  const auto places = file.read_list<std::int64_t>(name);
  require(places.size() == items + 1, what + "has " + std::to_string(places.size()) +
                                          " entries, where " + std::to_string(items + 1) +
                                          " are needed, one more than there are items");
  std::int64_t before = 0;
  for (const auto place : places) {
    require(place >= before && place <= rows,
            what + "must ascend from 0 to " + std::to_string(rows) + ", but has " +
                std::to_string(place) + " after " + std::to_string(before));
    before = place;
  }
  return places;
}

}  // namespace eigenprop
