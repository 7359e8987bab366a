#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "storage/checkpoint.hpp"
#include "storage/hdf5.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

ParameterSet model(std::uint32_t seed) {
  ParameterSet parameters;
  const Initializer normal{Initializer::Kind::normal, 1};
  parameters.create("conv.weight", {{3, 3, 2, 7}, Precision::f32}, normal, seed);
  parameters.create("conv.bias", {{7}, Precision::f32}, normal, seed);
  parameters.create("lambda", {{5, 5}, Precision::f64}, normal, seed);
  return parameters;
}

Checkpoint checkpoint_of(const ParameterSet& parameters) {
  Checkpoint checkpoint;
  checkpoint.step = 42;
  checkpoint.model = "input 3; conv: conv 7 3";
  checkpoint.configuration = "[train]\nepochs = 3\n";
  checkpoint.parameters = parameter_values(parameters);
  checkpoint.optimizer["velocity"] = parameter_values(parameters);
  checkpoint.results["metric"] = parameters[2]->value;
  return checkpoint;
}

void expect_same(const AnyTensor& a, const AnyTensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  a.visit([&](const auto& tensor) {
    using T = typename std::decay_t<decltype(tensor)>::value_type;
    EXPECT_EQ(to_host(tensor), to_host(b.as<T>()));
  });
}

TEST(Checkpoint, ComesBackOnEveryRank) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "checkpoint.h5";
  auto source = model(1);
  write_checkpoint(path, checkpoint_of(source), comm);
  // Overwriting is as good as writing.
  write_checkpoint(path, checkpoint_of(source), comm);
  const auto read = read_checkpoint(path, comm);
  EXPECT_EQ(read.step, 42);
  EXPECT_EQ(read.model, "input 3; conv: conv 7 3");
  EXPECT_EQ(read.configuration, "[train]\nepochs = 3\n");
  expect_same(read.results.at("metric"), source[2]->value);
  auto target = model(2);
  load_parameters(read.parameters, target, "checkpoint");
  for (std::size_t p = 0; p < source.size(); ++p) {
    expect_same(target[p]->value, source[p]->value);
    expect_same(read.optimizer.at("velocity").at(source[p]->name), source[p]->value);
  }
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

// Rank 0 reads the values for all; of large ones the others read a few rows.
TEST(Checkpoint, HasTheValuesOfRankZero) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / ("rank_" + std::to_string(comm.rank()) + ".h5");
  Checkpoint checkpoint;
  Tensor<float> large({400000});
  std::vector<float> values(400000, 1.5f);
  // A row that is not looked at to see whether it is the same file.
  values[100] = static_cast<float>(comm.rank());
  from_host(large, values);
  checkpoint.parameters["large"] = large;
  write_checkpoint(path, checkpoint, Communicator::self());
  const auto read = read_checkpoint(path, comm);
  values[100] = 0;
  EXPECT_EQ(to_host(read.parameters.at("large").as<float>()), values);

  checkpoint.model = comm.is_root() ? "one" : "another";
  write_checkpoint(path, checkpoint, Communicator::self());
  if (comm.size() == 1) return;
  EXPECT_THAT(input_error([&] { read_checkpoint(path, comm); }),
              HasSubstr("is not the same file on all ranks"));
}

TEST(Checkpoint, NamesTheParameterThatDoesNotFit) {
  const auto values = parameter_values(model(1));
  ParameterSet other;
  other.create("conv.weight", {{5, 5, 2, 7}, Precision::f32}, {}, 0);
  EXPECT_EQ(input_error([&] { load_parameters(values, other, "checkpoint 'c.h5'"); }),
            "checkpoint 'c.h5' is of another model: its parameter 'conv.weight' is float "
            "(3, 3, 2, 7), not float (5, 5, 2, 7)");
  ParameterSet more = model(1);
  more.create("extra", {{1}, Precision::f32}, {}, 0);
  EXPECT_THAT(input_error([&] { load_parameters(values, more, "c"); }),
              HasSubstr("lacks the parameter 'extra'"));
  ParameterSet fewer;
  fewer.create("lambda", {{5, 5}, Precision::f64}, {}, 0);
  EXPECT_THAT(input_error([&] { load_parameters(values, fewer, "c"); }),
              HasSubstr("that this model lacks"));
}

TEST(Checkpoint, ImportsWhatMatches) {
  const auto source = model(1);
  ParameterSet other;
  other.create("conv.weight", {{3, 3, 2, 7}, Precision::f32}, {}, 0);
  other.create("conv.bias", {{8}, Precision::f32}, {}, 0);
  other.create("head", {{2}, Precision::f32}, {}, 0);
  const auto imported = load_matching_parameters(parameter_values(source), other);
  EXPECT_EQ(imported.loaded, std::vector<std::string>{"conv.weight"});
  EXPECT_EQ(imported.remainder(),
            "; missing: head; of another shape: conv.bias is float (7), not float (8); unused: "
            "lambda");
  expect_same(other[0]->value, source[0]->value);
}

TEST(Checkpoint, FailsAlikeOnAllRanks) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  EXPECT_THAT(input_error([&] {
                write_checkpoint("/nonexistent/folder/c.h5", checkpoint_of(model(1)), comm);
              }),
              HasSubstr("/nonexistent/folder/c.h5"));
  const auto path = folder / "run.h5";
  if (comm.is_root()) {
    auto file = H5File::create(path);
    file.set_attribute("/", "format", "eigenprop-run");
    file.set_attribute("/", "version", std::int64_t{1});
  }
  comm.barrier();
  EXPECT_THAT(input_error([&] { read_checkpoint(path, comm); }),
              HasSubstr("its format is 'eigenprop-run', where 'eigenprop-checkpoint' is needed"));
}

// A crash between writing and renaming leaves a temporary file, and the old checkpoint good.
TEST(Checkpoint, SurvivesALeftOverTemporaryFile) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "checkpoint.h5";
  auto checkpoint = checkpoint_of(model(1));
  write_checkpoint(path, checkpoint, comm);
  if (comm.is_root()) std::ofstream(path + ".tmp") << "half a checkp";
  comm.barrier();
  EXPECT_EQ(read_checkpoint(path, comm).step, 42);
  checkpoint.step = 43;
  write_checkpoint(path, checkpoint, comm);
  EXPECT_EQ(read_checkpoint(path, comm).step, 43);
}

// A training would begin at a negative sample, or run for ever.
TEST(Checkpoint, RefusesStepsThatAreNone) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "checkpoint.h5";
  write_checkpoint(path, checkpoint_of(model(1)), comm);
  if (comm.is_root()) H5File::modify(path).set_attribute("/", "step", std::int64_t{-5});
  comm.barrier();
  EXPECT_THAT(input_error([&] { read_checkpoint(path, comm); }),
              HasSubstr("attribute 'step' of '/' is -5"));
  if (comm.is_root()) H5File::modify(path).set_attribute("/", "step", 2.5);
  comm.barrier();
  EXPECT_THAT(input_error([&] { read_checkpoint(path, comm); }),
              HasSubstr("attribute 'step' of '/' holds floats, not whole numbers"));
}

}  // namespace
}  // namespace eigenprop
