#include "evaluation/boundary_matching.hpp"

#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

struct Candidate {
  int first, second;  // numbers of the boundary pixels of either map
  int cost;           // distance in 1/100 pixel
};

// Number of each boundary pixel in row-major order; −1 elsewhere.
std::vector<int> numbers(const BoundaryMap& map, std::vector<std::size_t>& pixels) {
  std::vector<int> result(map.marks.size(), -1);
  for (std::size_t i = 0; i < map.marks.size(); ++i) {
    if (!map.marks[i]) continue;
    result[i] = static_cast<int>(pixels.size());
    pixels.push_back(i);
  }
  return result;
}

struct Step {
  int dy, dx, cost;
};

std::vector<Step> steps_within(double radius) {
  const int r = static_cast<int>(std::ceil(radius));
  std::vector<Step> steps;
  for (int dy = -r; dy <= r; ++dy) {
    for (int dx = -r; dx <= r; ++dx) {
      const double square = dx * dx + dy * dy;
      if (square <= radius * radius)
        steps.push_back({dy, dx, static_cast<int>(std::lrint(100 * std::sqrt(square)))});
    }
  }
  return steps;
}

// Parts of the candidates that share no pixel, each solved alone: the simplex method's time grows
// faster than a part.
std::vector<std::vector<Candidate>> parts_of(const std::vector<Candidate>& candidates, int firsts,
                                             int seconds) {
  std::vector<int> parents(index(firsts + seconds));
  std::iota(parents.begin(), parents.end(), 0);
  const auto root = [&](int i) {
    while (parents[index(i)] != i) i = parents[index(i)] = parents[index(parents[index(i)])];
    return i;
  };
  for (const auto& c : candidates) parents[index(root(c.first))] = root(firsts + c.second);
  std::vector<int> part(parents.size(), -1);
  std::vector<std::vector<Candidate>> parts;
  for (const auto& c : candidates) {
    int& number = part[index(root(c.first))];
    if (number < 0) {
      number = static_cast<int>(parts.size());
      parts.emplace_back();
    }
    parts[index(number)].push_back(c);
  }
  return parts;
}

// Calls pair(candidate) for each pair of one part: a circulation of least cost through arcs of
// capacity one, in which every pair earns `reward`.
template <class Pair>
void match_part(const std::vector<Candidate>& part, int reward, const Pair& pair) {
  using Graph = lemon::StaticDigraph;
  std::vector<int> firsts, seconds;
  for (const auto& c : part) {
    firsts.push_back(c.first);
    seconds.push_back(c.second);
  }
  for (auto* list : {&firsts, &seconds}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  const auto place = [](const std::vector<int>& list, int number) {
    return static_cast<int>(std::lower_bound(list.begin(), list.end(), number) - list.begin());
  };
  const int n1 = static_cast<int>(firsts.size()), n2 = static_cast<int>(seconds.size());
  const int source = n1 + n2, sink = n1 + n2 + 1;
  std::vector<std::pair<int, int>> arcs;  // by their first node, candidates first
  arcs.reserve(part.size() + firsts.size() + seconds.size() + 1);
  for (const auto& c : part)
    arcs.emplace_back(place(firsts, c.first), n1 + place(seconds, c.second));
  for (int i = 0; i < n2; ++i) arcs.emplace_back(n1 + i, sink);
  for (int i = 0; i < n1; ++i) arcs.emplace_back(source, i);
  arcs.emplace_back(sink, source);
  Graph graph;
  graph.build(n1 + n2 + 2, arcs.begin(), arcs.end());
  Graph::ArcMap<int> capacity(graph, 1);
  Graph::ArcMap<std::int64_t> cost(graph, 0);
  capacity[graph.arc(graph.arcNum() - 1)] = std::min(n1, n2);
  for (std::size_t e = 0; e < part.size(); ++e)
    cost[graph.arc(static_cast<int>(e))] = part[e].cost - reward;
  lemon::NetworkSimplex<Graph, int, std::int64_t> simplex(graph);
  const auto outcome = simplex.upperMap(capacity).costMap(cost).run();
  if (outcome != simplex.OPTIMAL) throw Error("the matching of boundary pixels was not solved");
  for (std::size_t e = 0; e < part.size(); ++e) {
    if (simplex.flow(graph.arc(static_cast<int>(e))) == 1) pair(part[e]);
  }
}

}  // namespace

BoundaryMatch match_boundaries(const BoundaryMap& first, const BoundaryMap& second, double reach) {
  require(first.height == second.height && first.width == second.width,
          "boundaries of " + std::to_string(first.height) + " x " + std::to_string(first.width) +
              " pixels cannot be compared with " + std::to_string(second.height) + " x " +
              std::to_string(second.width));
  std::vector<std::size_t> first_pixels, second_pixels;
  numbers(first, first_pixels);
  const auto at_second = numbers(second, second_pixels);
  const double radius = reach * std::hypot(first.height, first.width);
  const auto steps = steps_within(radius);
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < first_pixels.size(); ++i) {
    const int y = static_cast<int>(first_pixels[i]) / first.width;
    const int x = static_cast<int>(first_pixels[i]) % first.width;
    for (const auto& step : steps) {
      const int v = y + step.dy, u = x + step.dx;
      if (v < 0 || v >= first.height || u < 0 || u >= first.width) continue;
      const int other = at_second[index(v) * index(first.width) + index(u)];
      if (other >= 0) candidates.push_back({static_cast<int>(i), other, step.cost});
    }
  }
  const int reward = 100 * static_cast<int>(std::ceil(100 * radius));
  BoundaryMatch match{first, second, 0};
  std::fill(match.first.marks.begin(), match.first.marks.end(), std::uint8_t{0});
  std::fill(match.second.marks.begin(), match.second.marks.end(), std::uint8_t{0});
  for (const auto& part : parts_of(candidates, static_cast<int>(first_pixels.size()),
                                   static_cast<int>(second_pixels.size()))) {
    match_part(part, reward, [&](const Candidate& pair) {
      match.first.marks[first_pixels[index(pair.first)]] = 1;
      match.second.marks[second_pixels[index(pair.second)]] = 1;
      match.cost += pair.cost;
    });
  }
  return match;
}

}  // namespace eigenprop
