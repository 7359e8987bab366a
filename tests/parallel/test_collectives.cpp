#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

Vector random_vector(std::size_t size, std::uint32_t seed) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0,
                                      static_cast<std::uint32_t>(test_communicator().rank()), 0});
  Vector v(size);
  for (std::size_t i = 0; i < size; ++i) v[i] = stream.normal(i);
  return v;
}

double inner(const Vector& a, const Vector& b) {
  return test_communicator().sum(std::inner_product(a.begin(), a.end(), b.begin(), 0.0));
}

// ȳ : L(dx) = L*(ȳ) : dx, summed over ranks.
template <class Map>
void expect_transposes(const Map& map, std::size_t size) {
  const auto dx = random_vector(size, 1);
  const auto dy = map.forward(dx);
  const auto y = random_vector(dy.size(), 2);
  const auto x = map.transpose(y);
  ASSERT_EQ(x.size(), dx.size());
  const double left = inner(y, dy);
  const double right = inner(x, dx);
  EXPECT_NEAR(left, right, 1e-12 * std::sqrt(inner(y, y) * inner(dy, dy)) + 1e-300);
}

std::size_t own_rows() { return static_cast<std::size_t>(3 * test_communicator().rank()); }

TEST(AllReduceSum, IsItsOwnTranspose) {
  const auto& comm = test_communicator();
  const AllReduceSum map(comm);
  EXPECT_EQ(map.forward({1, comm.rank() + 0.0}),
            (Vector{comm.size() + 0.0, comm.size() * (comm.size() - 1) / 2.0}));
  expect_transposes(map, 5);
}

TEST(AllGatherRows, TransposeSumsContributions) {
  const auto& comm = test_communicator();
  const AllGatherRows map(static_cast<std::int64_t>(own_rows()), 2, comm);
  const auto all = map.forward(Vector(2 * own_rows(), comm.rank()));
  EXPECT_EQ(static_cast<std::int64_t>(all.size()), 2 * map.total_rows());
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  expect_transposes(map, 2 * own_rows());
}

// Numbers whose sum depends on the order, to the last bit.
TEST(SumInOrder, IsThatOfOneRank) {
  const auto& comm = test_communicator();
  const RandomStream stream(RandomKey{3, RandomPurpose::test, 0, 0, 0});
  Vector all, own;
  for (std::size_t i = 0; i < 999; ++i) {
    all.push_back(stream.normal(i) * std::pow(10.0, static_cast<double>(i % 17)));
    // The last rank has most, and the first of several none.
    const int owner = comm.size() == 1 ? 0 : 1 + static_cast<int>(i / 100);
    if (std::min(owner, comm.size() - 1) == comm.rank()) own.push_back(all.back());
  }
  const AllGatherRows gather(static_cast<std::int64_t>(own.size()), 1, comm);
  EXPECT_EQ(sum_in_order(own, gather), std::accumulate(all.begin(), all.end(), 0.0));
}

TEST(ExchangeRows, TransposeSendsBack) {
  const auto& comm = test_communicator();
  std::vector<int> destinations;
  for (std::size_t i = 0; i < own_rows(); ++i)
    destinations.push_back(static_cast<int>((i * i + 1) % static_cast<std::size_t>(comm.size())));
  const ExchangeRows map(destinations, 2, comm);
  Vector targets;
  for (const int destination : destinations) targets.insert(targets.end(), {destination + 0.0, 7});
  const auto received = map.forward(targets);
  ASSERT_EQ(static_cast<std::int64_t>(received.size()), 2 * map.received_rows());
  for (std::size_t i = 0; i < received.size(); i += 2) EXPECT_EQ(received[i], comm.rank());
  EXPECT_EQ(map.transpose(received), targets);
  expect_transposes(map, 2 * own_rows());
  EXPECT_THROW(ExchangeRows({comm.size()}, 2, comm), InputError);
}

// Counts beyond what MPI takes are refused before they are narrowed: 2^32 + 8 would become 8.
TEST(Collectives, RefuseCountsBeyondAnInt) {
  const auto refused = [](const auto& make) {
    try {
      make();
    } catch (const InputError&) {
      return true;
    }
    return false;
  };
  constexpr std::int64_t many = (std::int64_t{1} << 30) + 2;
  EXPECT_TRUE(refused([&] { AllGatherRows(many, 4, test_communicator()); }));
  EXPECT_TRUE(refused([&] { AllGatherRows(many / 2, 4, test_communicator()); }));
  EXPECT_TRUE(refused([&] {
    const std::vector<int> to_the_first(5, 0);
    ExchangeRows(to_the_first, 1 << 30, test_communicator());
  }));
}

}  // namespace
}  // namespace eigenprop
