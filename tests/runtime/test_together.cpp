#include "runtime/together.hpp"

#include <gtest/gtest.h>

#include "runtime/error.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

// Type and text of what `action` throws on this rank.
template <class Action>
std::string thrown(const Action& action) {
  try {
    together(test_communicator(), action);
  } catch (const ConfigurationError& error) {
    return std::string("configuration: ") + error.what();
  } catch (const InputError& error) {
    return std::string("input: ") + error.what();
  } catch (const Error& error) {
    return std::string("error: ") + error.what();
  }
  return "";
}

TEST(Together, AllRanksThrowWhatOneDoes) {
  const auto& comm = test_communicator();
  const int last = comm.size() - 1;
  const std::string prefix = last == 0 ? "" : "rank " + std::to_string(last) + ": ";
  EXPECT_EQ(thrown([] {}), "");
  EXPECT_EQ(thrown([&] {
              if (comm.rank() == last) throw ConfigurationError("no file");
            }),
            "configuration: " + prefix + "no file");
  EXPECT_EQ(thrown([&] {
              if (comm.rank() == last) throw InputError("no file");
            }),
            "input: " + prefix + "no file");
  EXPECT_EQ(thrown([&] {
              if (comm.rank() == last) throw std::bad_alloc();
            }),
            "error: " + prefix + "not enough memory");
  // Of several, the lowest rank's.
  EXPECT_EQ(thrown([&] { throw InputError("of " + std::to_string(comm.rank())); }), "input: of 0");
}

TEST(Together, KeepsThePlaceOfOrigin) {
  const auto& comm = test_communicator();
  const int last = comm.size() - 1;
  int line = 0;
  try {
    together(comm, [&] {
      line = __LINE__ + 1;
      if (comm.rank() == last) throw NonFiniteError("not finite");
    });
    ADD_FAILURE() << "no error";
  } catch (const NonFiniteError& error) {
    EXPECT_EQ(std::string(error.where().file), __FILE__);
    EXPECT_EQ(error.where().line, line);
    EXPECT_EQ(error.where().rank, last);
  }
}

TEST(Together, NamesTheFirstLineThatDiffers) {
  const auto& comm = test_communicator();
  require_same(comm, "a=1\nb=2\n", "settings differ");
  if (comm.size() == 1) return;
  const std::string text = comm.rank() == 1 ? "a=1\nb=3\nc=4\n" : "a=1\nb=2\n";
  try {
    require_same(comm, text, "settings differ");
    ADD_FAILURE() << "no error";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "rank 1: settings differ: 'b=3', where rank 0 has 'b=2'");
  }
}

}  // namespace
}  // namespace eigenprop
