#include "scaling/scaling_run.hpp"

#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <thread>

#include "runtime/error.hpp"
#include "runtime/numbers.hpp"
#include "runtime/timer.hpp"
#include "runtime/together.hpp"
#include "scaling/scaling_programs.hpp"
#include "storage/run_origin.hpp"

namespace eigenprop {
namespace {

// Of ranks that fail, for each other to come.
constexpr auto patience = std::chrono::seconds(5);

std::vector<std::string> hosts_of(const Communicator& comm) {
  std::vector<std::string> hosts;
  hosts.reserve(static_cast<std::size_t>(comm.size()));
  for (int rank = 0; rank < comm.size(); ++rank) hosts.push_back(comm.broadcast(host_name(), rank));
  return hosts;
}

double load_of_machine() {
  double load[1] = {NAN};
  return getloadavg(load, 1) == 1 ? load[0] : NAN;
}

// Of all ranks whether one of them failed; where this one did and others do not come, nothing.
std::optional<bool> any_failed(bool own, const Communicator& comm) {
  int failed = own ? 1 : 0, done = 0;
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(PMPI_Iallreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, comm.get(), &request));
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    check_mpi(PMPI_Test(&request, &done, MPI_STATUS_IGNORE));
    if (done != 0) return failed != 0;
    if (own && std::chrono::steady_clock::now() > end) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Largest difference of a number that both have, relative.
double difference_of(const Numbers& numbers, const Numbers& reference, std::string& worst) {
  double largest = 0;
  bool compared = false;
  for (const auto& [name, value] : numbers) {
    const auto found = reference.find(name);
    if (found == reference.end()) continue;
    compared = true;
    const double scale = std::max(std::abs(value), std::abs(found->second));
    const double difference = value == found->second ? 0 : std::abs(value - found->second) / scale;
    // A number that is not finite differs from all.
    if (difference <= largest) continue;
    largest = std::isfinite(difference) ? difference : INFINITY;
    worst = name;
  }
  require(compared, "none of its numbers is one of those that it is compared with");
  return largest;
}

// Throws where they differ by more than the case allows.
void compare(const ScalingCase& c, const ScalingFile& file, const ScalingPlace& place,
             ScalingRow& row) {
  row.reference = place.name();
  const auto reference = file.reference(c.name);
  if (!reference || reference->first == row.reference) return;
  row.reference = reference->first;
  std::string worst;
  row.difference = difference_of(row.numbers, reference->second, worst);
  if (row.difference <= c.tolerance) return;
  throw InputError("numbers differ: " + worst + " is " + number_text(row.numbers.at(worst)) +
                   ", and " + number_text(reference->second.at(worst)) + " on " + reference->first +
                   " (relative " + short_number(row.difference) + ", allowed " +
                   short_number(c.tolerance) + ")");
}

void measure(const ScalingCase& c, ScalingProgram& program, const ScalingRequest& request,
             const Communicator& world, ScalingRow& row) {
  ScalingMeter meter(c.warmup, c.repeats, c.steps, world);
  const Timer timer;
  program.prepare({row.copies, meter.total_steps(), request.output + "." + c.name + "."}, world);
  row.setup_seconds = world.max(timer.seconds());
  row.units = program.units();
  meter.begin();
  program.run([&] { meter.step_done(); });
  row.numbers = program.numbers();
  gather_repeats(meter, world, row);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string description_of(const ScalingCase& c, const std::string& settings) {
  return "# " + c.scaling + ", " + std::to_string(c.repeats) + " repeats of " +
         std::to_string(c.steps) + " steps after " + std::to_string(c.warmup) + " of " + c.runs +
         ":\n" + settings;
}

}  // namespace

ScalingPlace place_of(const Communicator& comm) {
  ScalingPlace place;
  place.hosts = hosts_of(comm);
  place.nodes = static_cast<std::int64_t>(
      std::set<std::string>(place.hosts.begin(), place.hosts.end()).size());
  place.ranks = comm.size();
  place.threads = Kokkos::DefaultHostExecutionSpace().concurrency();
  return place;
}

std::string scaling_line(const std::string& name, const ScalingPlace& place, const ScalingRow& row,
                         const std::string& status) {
  double middle = NAN, fastest = NAN, slowest = NAN, memory = NAN;
  double messages = NAN, bytes = NAN;
  if (!row.seconds.empty()) {
    const auto seconds = row.slowest(place.ranks);
    middle = median(seconds);
    fastest = *std::min_element(seconds.begin(), seconds.end());
    slowest = *std::max_element(seconds.begin(), seconds.end());
    memory = 1024 * *std::max_element(row.peak_memory.begin(), row.peak_memory.end());
    messages = row.most_sent(row.messages, place.ranks);
    bytes = row.most_sent(row.message_bytes, place.ranks);
  }
  char text[512];
  std::snprintf(text, sizeof text,
                "scaling case=%s scaling=%s nodes=%lld ranks=%lld threads=%lld seconds=%.6g "
                "fastest=%.6g slowest=%.6g messages=%.6g bytes=%.9g memory_mib=%.1f "
                "difference=%.3g status=%s",
                name.c_str(), row.scaling.c_str(), static_cast<long long>(place.nodes),
                static_cast<long long>(place.ranks), static_cast<long long>(place.threads), middle,
                fastest, slowest, messages, bytes, memory, row.difference, status.c_str());
  return text + (row.error.empty() ? "" : " error=" + on_one_line(row.error));
}

bool run_scaling_case(const ScalingCase& c, const ScalingRequest& request,
                      const Communicator& world) {
  const auto place = place_of(world);
  const ScalingFile file(request.output);
  auto configured = program_of_case(c, request.small);
  const auto description = description_of(c, configured.configuration);
  ScalingRow row;
  std::int32_t known = 0;
  together(world, [&] {
    if (!world.is_root()) return;
    file.check_configuration(c.name, description);
    const auto finished = request.repeat ? std::nullopt : file.finished(c.name, place);
    known = finished ? 1 : 0;
    if (finished) row = *finished;
  });
  world.broadcast(&known, 1);
  const auto print = [&](const char* status) {
    if (!world.is_root()) return;
    std::printf("%s\n", scaling_line(c.name, place, row, status).c_str());
    std::fflush(stdout);
  };
  if (known != 0) {
    print("known");
    return true;
  }
  row.scaling = c.scaling;
  row.copies = c.copies(place.ranks);
  row.steps = c.steps;
  row.cores = sysconf(_SC_NPROCESSORS_ONLN);
  row.load = load_of_machine();
  // What stays where the case ends the program.
  row.error = "the case ended the program before it was finished";
  together(world, [&] {
    if (world.is_root()) file.write(c.name, description, place, row);
  });
  row.error.clear();
  const Communicator verdict(world.get());
  std::exception_ptr exception;
  try {
    measure(c, *configured.program, request, world, row);
    together(world, [&] {
      if (world.is_root()) compare(c, file, place, row);
    });
  } catch (const std::exception& error) {
    exception = std::current_exception();
    row.error = message_of(error);
  }
  const auto failed = any_failed(exception != nullptr, verdict);
  if (!failed) {
    // The others wait for this rank within the case.
    row.error = "rank " + std::to_string(world.rank()) + ": " + row.error;
    file.write(c.name, description, place, row);
    std::printf("%s\n", scaling_line(c.name, place, row, "failed").c_str());
    std::fflush(stdout);
    std::rethrow_exception(exception);
  }
  if (*failed) {
    const auto ranks = verdict.gather_all(static_cast<std::int32_t>(exception ? 1 : 0));
    const auto first = std::find(ranks.begin(), ranks.end(), 1) - ranks.begin();
    row.error = verdict.broadcast(row.error, static_cast<int>(first));
  }
  together(verdict, [&] {
    if (world.is_root()) file.write(c.name, description, place, row);
  });
  print(*failed ? "failed" : "ok");
  return !*failed;
}

}  // namespace eigenprop
