#include "training/settings_difference.hpp"

#include <gtest/gtest.h>

namespace eigenprop {
namespace {

const std::string before =
    "data=\"a.h5\"\nlog=\"info\"\n[train]\nbatch=20\nrate=0.1\nepochs=3\nmilestones=[1, 2]\n"
    "[model]\nlayers=[\n  \"conv 8\",\n  \"relu\"\n]\n";

std::string with(const std::string& from, const std::string& to) {
  std::string text = before;
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string difference(const std::string& now) { return first_difference({before, {}}, {now, {}}); }

TEST(SettingsDifference, NamesTheFirst) {
  EXPECT_EQ(difference(before), "");
  EXPECT_EQ(difference(with("batch=20", "batch=10")), "train.batch: 20 before, 10 now");
  EXPECT_EQ(difference(with("rate=0.1", "rate=0.2")), "train.rate: 0.1 before, 0.2 now");
  EXPECT_EQ(difference(with("[1, 2]", "[1, 3]")), "train.milestones: [1, 2] before, [1, 3] now");
  EXPECT_NE(difference(with("conv 8", "conv 9")), "");
  EXPECT_NE(difference(with("[1, 2]", "[1]")), "");
}

TEST(SettingsDifference, PassesOverWhatMayDiffer) {
  EXPECT_EQ(difference(with("a.h5", "b.h5")), "");
  EXPECT_EQ(difference(with("info", "off")), "");
  EXPECT_EQ(difference(with("epochs=3", "epochs=9")), "");
  EXPECT_EQ(first_difference({"[train]\nscore_epochs=1\n", {}}, {"[train]\nscore_epochs=5\n", {}}),
            "");
  // Written by another version.
  EXPECT_EQ(difference(with("rate=0.1", "rate = 0.10")), "");
  EXPECT_EQ(difference(with("\"info\"", "'info'")), "");
  EXPECT_EQ(difference(before + "new_key=1\n"), "");
}

// A longer training goes on with a shorter one only where that would have gone the same way.
TEST(SettingsDifference, CountsEpochsOverWhichSomethingHasItsCourse) {
  const auto of = [](const std::string& added) {
    return first_difference({before + added, {}}, {with("epochs=3", "epochs=9") + added, {}});
  };
  EXPECT_EQ(of("[train]\nschedule=\"cosine\"\n"), "train.epochs: 3 before, 9 now");
  EXPECT_EQ(of("[train]\nmethod=\"sgd\"\nschedule=\"cosine\"\n"), "train.epochs: 3 before, 9 now");
  EXPECT_EQ(of("[train]\nmethod=\"cg\"\nschedule=\"cosine\"\n"), "");
  EXPECT_EQ(of("[train]\nschedule=\"step\"\n"), "");
  const std::string falling = "[objective]\nepsilon=0.1\nepsilon_final=0.5\n";
  EXPECT_EQ(of(falling + "projector=\"regularized\"\n"), "train.epochs: 3 before, 9 now");
  EXPECT_EQ(of(falling + "projector=\"exact\"\n"), "");
  const std::string cosine = "[train]\nschedule=\"cosine\"\n";
  EXPECT_EQ(first_difference({with("epochs=3", "epochs=0") + cosine, {}}, {before + cosine, {}}),
            "");
}

TEST(SettingsDifference, CountsOptionsForPetsc) {
  const auto of = [](const std::string& earlier, const std::string& now) {
    return first_difference({"# PETSc:" + earlier + "\n" + before, {}},
                            {"# PETSc:" + now + "\n" + before, {}});
  };
  EXPECT_EQ(of(" -eps_tol 1e-6 -eps_gd_krylov_start", " -eps_gd_krylov_start -eps_tol 1e-06"), "");
  EXPECT_EQ(of(" -eps_tol 1e-6", " -eps_tol 1e-3"), "-eps_tol: 1e-6 before, 1e-3 now");
  EXPECT_EQ(of(" -eps_tol -1", " -eps_tol -2"), "-eps_tol: -1 before, -2 now");
  EXPECT_EQ(difference("# PETSc: -eps_harmonic\n" + before),
            "-eps_harmonic: not given before, given now");
  EXPECT_EQ(first_difference({"# PETSc: -eps_tol 1e-6\n" + before, {}}, {before, {}}),
            "-eps_tol: 1e-6 before, not given now");
  // What only tells of a run.
  EXPECT_EQ(difference("# PETSc: -log_view -tao_monitor -eps_view_values file.txt\n" + before), "");
  // A comment of the user's own.
  EXPECT_EQ(difference(before + "# PETSc: -eps_tol 1e-3\n"), "");
}

TEST(SettingsDifference, CountsDataSetsByTheirContent) {
  const auto of = [](const std::map<std::string, std::string>& earlier,
                     const std::map<std::string, std::string>& now) {
    return first_difference({before, earlier}, {before, now});
  };
  EXPECT_EQ(of({{"data", "1"}}, {{"data", "1"}}), "");
  EXPECT_EQ(of({{"data", "1"}}, {{"data", "2"}}),
            "data: data set of digest 1 before, one of 2 now");
  EXPECT_EQ(of({{"data", "1"}}, {{"data", "1"}, {"test", "2"}}),
            "test: no data set before, one now");
  EXPECT_EQ(of({{"data", "1"}, {"test", "2"}}, {{"data", "1"}}),
            "test: a data set before, none now");
  // Of a version that did not tell.
  EXPECT_EQ(of({}, {{"data", "1"}}), "");
}

}  // namespace
}  // namespace eigenprop
