#include "evaluation/boundary_scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluation/benchmark_table.hpp"
#include "evaluation/boundary_matching.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;
using Point = BoundarySummary::Point;

double pixels(const BoundaryMap& map) {
  return static_cast<double>(std::accumulate(map.marks.begin(), map.marks.end(), std::int64_t{0}));
}

double ratio(double part, double whole) { return whole == 0 ? part : part / whole; }

double f_measure(double recall, double precision) {
  return ratio(2 * precision * recall, precision + recall);
}

Point point(double scale, double recall, double precision) {
  return {scale, recall, precision, f_measure(recall, precision)};
}

// The highest F of a curve, between neighbouring scales at 100 places (maxF of
// collect_eval_bdry.m).
Point best_between(const std::vector<Point>& curve) {
  constexpr int places = 100;
  Point best = curve[0];
  for (std::size_t i = 1; i < curve.size(); ++i) {
    for (int place = 0; place < places; ++place) {
      const double d = place / (places - 1.0);
      const auto between = [&](double Point::*value) {
        return curve[i].*value * d + curve[i - 1].*value * (1 - d);
      };
      const auto p =
          point(between(&Point::scale), between(&Point::recall), between(&Point::precision));
      if (p.f > best.f) best = p;
    }
  }
  return best;
}

// Σ of the precision at recalls 0, 0.01 .. 1 by linear interpolation, 0 outside, times 0.01. Of
// equal recalls the last counts, as in the MATLAB of the published files.
double area_under(const std::vector<Point>& curve) {
  std::vector<Point> rising;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const bool again =
        std::any_of(curve.begin() + static_cast<std::ptrdiff_t>(i) + 1, curve.end(),
                    [&](const Point& later) { return later.recall == curve[i].recall; });
    if (!again) rising.push_back(curve[i]);
  }
  std::sort(rising.begin(), rising.end(),
            [](const Point& a, const Point& b) { return a.recall < b.recall; });
  double sum = 0;
  for (int i = 0; i <= 100; ++i) {
    const double recall = i / 100.0;
    const auto above =
        std::lower_bound(rising.begin(), rising.end(), recall,
                         [](const Point& p, double value) { return p.recall < value; });
    if (above == rising.end() || rising.size() < 2) continue;
    if (above->recall == recall) {
      sum += above->precision;
    } else if (above != rising.begin()) {
      const auto below = above - 1;
      const double d = (recall - below->recall) / (above->recall - below->recall);
      sum += below->precision + d * (above->precision - below->precision);
    }
  }
  return sum * 0.01;
}

}  // namespace

BoundaryCounts count_boundaries(const std::vector<BoundaryMap>& scales,
                                const std::vector<BoundaryMap>& people, double reach) {
  require(!scales.empty(), "there are no boundaries");
  require(!people.empty(), "there is no ground truth");
  double human = 0;
  for (const auto& person : people) human += pixels(person);
  BoundaryCounts counts;
  for (std::size_t t = 0; t < scales.size(); ++t) {
    const auto& machine = scales[t];
    counts.human.push_back(human);
    counts.machine.push_back(pixels(machine));
    if (t > 0 && machine.marks == scales[t - 1].marks && machine.width == scales[t - 1].width) {
      counts.recalled.push_back(counts.recalled.back());
      counts.correct.push_back(counts.correct.back());
      continue;
    }
    double recalled = 0;
    BoundaryMap correct{machine.height, machine.width,
                        std::vector<std::uint8_t>(machine.marks.size(), 0)};
    for (const auto& person : people) {
      const auto match = match_boundaries(machine, person, reach);
      recalled += pixels(match.second);
      std::transform(correct.marks.begin(), correct.marks.end(), match.first.marks.begin(),
                     correct.marks.begin(), [](std::uint8_t a, std::uint8_t b) {
                       return static_cast<std::uint8_t>(a | b);
                     });
    }
    counts.recalled.push_back(recalled);
    counts.correct.push_back(pixels(correct));
  }
  return counts;
}

BoundaryCounts count_people(const std::vector<BoundaryMap>& people, double reach) {
  require(people.size() > 1, "people can be compared only where there are two or more");
  BoundaryCounts sum{{0}, {0}, {0}, {0}};
  for (std::size_t person = 0; person < people.size(); ++person) {
    auto others = people;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(person));
    const auto one = count_boundaries({people[person]}, others, reach);
    sum.recalled[0] += one.recalled[0];
    sum.human[0] += one.human[0];
    sum.correct[0] += one.correct[0];
    sum.machine[0] += one.machine[0];
  }
  return sum;
}

BoundarySummary summarize_boundaries(const std::vector<BoundaryCounts>& images,
                                     std::vector<double> scales) {
  require(!images.empty(), "there is no image to summarize");
  std::size_t count = 0;
  for (const auto& image : images) count = std::max(count, image.human.size());
  if (scales.empty()) {
    scales.resize(count);
    std::iota(scales.begin(), scales.end(), 1.0);
  }
  BoundarySummary summary;
  summary.images = static_cast<std::int64_t>(images.size());
  struct Sums {
    double recalled = 0, human = 0, correct = 0, machine = 0;
    Point at(double scale) const {
      return point(scale, ratio(recalled, human), ratio(correct, machine));
    }
  };
  std::vector<Sums> total(count);
  Sums best_total;
  for (const auto& image : images) {
    const auto recalled = extended(image.recalled, count), human = extended(image.human, count);
    const auto correct = extended(image.correct, count), machine = extended(image.machine, count);
    std::vector<Point> curve;
    Vector f;
    for (std::size_t t = 0; t < count; ++t) {
      const Sums own{recalled[t], human[t], correct[t], machine[t]};
      curve.push_back(own.at(scales[t]));
      f.push_back(curve.back().f);
      total[t] = {total[t].recalled + own.recalled, total[t].human + own.human,
                  total[t].correct + own.correct, total[t].machine + own.machine};
    }
    summary.best_of.push_back(best_between(curve));
    const auto best = last_of_max(f);
    best_total = {best_total.recalled + recalled[best], best_total.human + human[best],
                  best_total.correct + correct[best], best_total.machine + machine[best]};
  }
  for (std::size_t t = 0; t < count; ++t) summary.curve.push_back(total[t].at(scales[t]));
  summary.ods = best_between(summary.curve);
  summary.ois = best_total.at(0);
  summary.area = area_under(summary.curve);
  return summary;
}

std::vector<std::string> boundary_files(const std::string& folder) {
  std::vector<std::string> paths;
  for (const char* name : {"bdry", "bdry_img", "bdry_thr"})
    paths.push_back(folder + "/eval_" + name + ".txt");
  return paths;
}

void write_boundary_files(const BoundarySummary& s, const std::string& folder) {
  BenchmarkTable total, images, thresholds;
  total.row({s.ods.scale, s.ods.recall, s.ods.precision, s.ods.f, s.ois.recall, s.ois.precision,
             s.ois.f, s.area});
  for (std::size_t i = 0; i < s.best_of.size(); ++i) {
    const auto& p = s.best_of[i];
    images.row({static_cast<double>(i + 1), p.scale, p.recall, p.precision, p.f});
  }
  for (const auto& p : s.curve) thresholds.row({p.scale, p.recall, p.precision, p.f});
  const auto paths = boundary_files(folder);
  const BenchmarkTable* tables[] = {&total, &images, &thresholds};
  for (std::size_t i = 0; i < paths.size(); ++i) tables[i]->write(paths[i]);
}

}  // namespace eigenprop
