#include <algorithm>
#include <cmath>
#include <cstdio>

#include "gradient_comparison/extended_pooling.hpp"
#include "gradient_comparison/gradient_comparison.hpp"
#include "runtime/command_line.hpp"
#include "runtime/session.hpp"
#include "storage/output_claim.hpp"
#include "storage/run_file.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string output = "gradients.h5";
  std::int64_t locations = 64;
  std::int64_t features = 16;
  double epsilon = 1e-3;
  std::int64_t samples = 9;
  std::int64_t seed = 1;
  std::vector<std::string> functions = {"log", "sqrt"};
  std::int64_t smallest_gap = 44;
  std::int64_t largest_condition = 10;
};

constexpr const char* description =
    "Measures the error of the gradient of second-order pooling, g(F'F + eps I), by each way that\n"
    "this library has, against a reference in long double: over the relative gap between pairs of\n"
    "singular values, from 1/8 to exactly 0, and, in float and double, over the condition number.";

constexpr const char* examples =
    "Writes a run file with tables /metrics/{gap,condition}_{log,sqrt}: for each way the median\n"
    "over the samples of |G - reference| / |reference| (Frobenius norm), and its largest value as\n"
    "WAY_largest; NaN where a sample's gradient was not finite.\n"
    "  compare_gradients --output gradients.h5\n"
    "  python3 analysis/plot_gradient_gap.py gradients.h5 --output gradient_gap.png";

// NaN sorts last, so that a median is finite only where most samples are.
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end(),
            [](double a, double b) { return !std::isnan(a) && (std::isnan(b) || a < b); });
  return values[values.size() / 2];
}

double largest(const std::vector<double>& values) {
  double result = 0;
  for (const double value : values) {
    if (!(value <= result)) result = value;
    if (std::isnan(result)) return result;
  }
  return result;
}

class Table {
 public:
  explicit Table(const Settings& settings) : settings_(settings) {}

  // Problems of one row: the same singular values, other bases and adjoints.
  void start(const std::vector<double>& values, const std::string& function) {
    problems_.clear();
    references_.clear();
    row_.clear();
    for (std::int64_t sample = 0; sample < settings_.samples; ++sample) {
      auto problem = hadamard_problem(
          static_cast<int>(settings_.locations), static_cast<int>(settings_.features), values,
          static_cast<std::uint32_t>(settings_.seed), static_cast<std::uint32_t>(sample));
      problem.function = function;
      problem.epsilon = settings_.epsilon;
      problems_.push_back(problem);
    }
  }

  // Features as float holds them.
  void round_features() {
    for (auto& problem : problems_) {
      for (auto& value : problem.features) value = static_cast<float>(value);
      for (auto& value : problem.adjoint) value = static_cast<float>(value);
    }
  }

  void solve_references() {
    for (const auto& p : problems_) {
      references_.push_back(
          extended_pooling_gradient(p.m, p.d, p.features, p.adjoint, p.function, p.epsilon));
    }
  }

  void measure(const std::string& column, const std::string& way, Precision precision) {
    std::vector<double> errors;
    for (std::size_t i = 0; i < problems_.size(); ++i)
      errors.push_back(gradient_error(problems_[i], way, precision, references_[i]));
    row_[column] = median(errors);
    row_[column + "_largest"] = largest(errors);
  }

  std::map<std::string, double>& row() { return row_; }

 private:
  const Settings& settings_;
  std::vector<PoolingProblem> problems_;
  std::vector<std::vector<double>> references_;
  std::map<std::string, double> row_;
};

void compare_gaps(const Settings& s, const std::string& function, RunFile& file) {
  Table table(s);
  for (std::int64_t k = 3; k <= s.smallest_gap + 1; ++k) {
    const double gap = k <= s.smallest_gap ? std::exp2(-static_cast<double>(k)) : 0;
    table.start(paired_values(static_cast<int>(std::min(s.locations, s.features)), gap), function);
    table.solve_references();
    for (const auto& way : pooling_ways(function)) table.measure(way, way, Precision::f64);
    table.row()["gap"] = gap;
    file.append("gap_" + function, table.row());
    file.flush_if_due();
    std::printf("%-5s gap %9.2e  exact %8.1e  svd %8.1e  eig %8.1e\n", function.c_str(), gap,
                table.row()["exact"], table.row()["svd"], table.row()["eig"]);
  }
}

void compare_precisions(const Settings& s, const std::string& function, RunFile& file) {
  Table table(s);
  for (std::int64_t k = 1; k <= s.largest_condition; ++k) {
    const double condition = std::pow(10.0, static_cast<double>(k));
    table.start(
        spread_values(static_cast<int>(std::min(s.locations, s.features)), condition, s.epsilon),
        function);
    table.round_features();
    table.solve_references();
    for (const std::string way : {"exact", "svd", "eig"}) {
      table.measure(way + "_float", way, Precision::f32);
      table.measure(way + "_double", way, Precision::f64);
    }
    table.row()["condition"] = condition;
    file.append("condition_" + function, table.row());
    file.flush_if_due();
    std::printf("%-5s condition %6.0e  float: exact %8.1e  svd %8.1e  eig %8.1e   double: %8.1e\n",
                function.c_str(), condition, table.row()["exact_float"], table.row()["svd_float"],
                table.row()["eig_float"], table.row()["exact_double"]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("compare_gradients", description);
    line.file_name(s.config);
    line.option("output", s.output, "Run file to write");
    line.option("locations", s.locations, "Rows of F, a power of 2");
    line.option("features", s.features, "Columns of F, a power of 2; the product one of 4");
    line.option("epsilon", s.epsilon, "The regularizer");
    line.option("samples", s.samples, "Matrices for each gap");
    line.option("seed", s.seed, "Seed of bases and adjoints");
    line.option("functions", s.functions, "log, sqrt, or both");
    line.option("smallest_gap", s.smallest_gap, "Gaps go from 2^-3 to 2^-N, then 0");
    line.option("largest_condition", s.largest_condition, "Condition numbers go from 10 to 10^N");
    line.epilogue(examples);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.samples < 1 || s.locations < 1 || s.features < 1 || !(s.epsilon > 0))
      throw ConfigurationError("samples, locations, features and epsilon must be positive");
    if (s.smallest_gap < 3 || s.smallest_gap > 60 || s.largest_condition < 0 ||
        s.largest_condition > 30)
      throw ConfigurationError(
          "smallest_gap must lie between 3 and 60, largest_condition between 0 and 30");
    if (world.size() > 1) throw ConfigurationError("compare_gradients runs on one rank");
    // What does not fit is to be said before an earlier file is replaced.
    Table table(s);
    for (const auto& function : s.functions) {
      pooling_ways(function);
      table.start(paired_values(static_cast<int>(std::min(s.locations, s.features)), 0), function);
    }
    const OutputClaim claim({{"config", s.config}}, {{"output", s.output}}, world);
    RunFile file(s.output, {"compare_gradients", line.configuration(), s.seed}, -1, world);
    for (const auto& function : s.functions) {
      compare_gaps(s, function, file);
      compare_precisions(s, function, file);
    }
    file.flush();
    return ExitStatus::success;
  });
}
