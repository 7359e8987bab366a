#include <gtest/gtest.h>

#include <cstdio>

#include "runtime/session.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

const Session* current_session = nullptr;

}  // namespace

const Communicator& test_communicator() { return current_session->world(); }

}  // namespace eigenprop

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  eigenprop::Session session(argc, argv);
  eigenprop::current_session = &session;
  const auto& world = session.world();
  if (!world.is_root()) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  const int failed = RUN_ALL_TESTS();
  const auto& unit = *testing::UnitTest::GetInstance();
  if (failed && !world.is_root()) {
    for (int s = 0; s < unit.total_test_suite_count(); ++s) {
      const auto& suite = *unit.GetTestSuite(s);
      for (int t = 0; t < suite.total_test_count(); ++t) {
        const auto& result = *suite.GetTestInfo(t)->result();
        for (int p = 0; p < result.total_part_count(); ++p) {
          const auto& part = result.GetTestPartResult(p);
          if (part.failed())
            std::fprintf(stderr, "[rank %d] %s.%s:%d: %s\n", world.rank(), suite.name(),
                         suite.GetTestInfo(t)->name(), part.line_number(), part.message());
        }
      }
    }
  }
  const int any_failed = world.max(failed);
  if (!any_failed && world.is_root() && unit.skipped_test_count() == unit.test_to_run_count() &&
      unit.test_to_run_count() > 0) {
    std::puts("eigenprop: nothing to test here");
  }
  return any_failed;
}
