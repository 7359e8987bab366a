#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "runtime/command_line.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

class File {
 public:
  explicit File(const std::string& text)
      : path_(testing::TempDir() + "eigenprop_" + std::to_string(getpid()) + ".toml") {
    std::ofstream(path_) << text;
  }
  ~File() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Settings {
  std::string trunk = "small";
  std::int64_t epochs = 10;
  double rate = 0.1;
  bool flip = true;
  bool dry = false;
  std::vector<double> range = {1, 2};
  std::vector<std::string> layers;
  CommandLine line{"program", "what it does"};

  Settings() {
    line.choice("model.trunk", trunk, {"small", "vgg16"}, "network");
    line.option("train.epochs", epochs, "passes over the data");
    line.option("train.rate", rate, "learning rate");
    line.option("data.flip", flip, "mirror images");
    line.option("data.range", range, "scale jitter");
    line.option("model.layers", layers, "layers");
    line.flag("dry-run", dry, "print and stop");
  }

  bool parse(std::vector<std::string> arguments) {
    std::vector<const char*> argv = {"program"};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    return line.parse(static_cast<int>(argv.size()), argv.data());
  }

  std::string error(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST(CommandLine, ReadsSectionsAndOverridesThem) {
  const File file(
      "[model]\ntrunk = \"vgg16\"\nlayers = [\"a: conv 3 1\", \"b: relu\"]\n"
      "[train]\nepochs = 5\nrate = 0.5\n[data]\nflip = false\nrange = [0.5, 1.5]\n");
  Settings s;
  EXPECT_TRUE(s.parse({"--config", file.path(), "--train.rate", "0.25", "--dry-run"}));
  EXPECT_EQ(s.trunk, "vgg16");
  EXPECT_EQ(s.epochs, 5);
  EXPECT_EQ(s.rate, 0.25);
  EXPECT_FALSE(s.flip);
  EXPECT_TRUE(s.dry);
  EXPECT_EQ(s.range, (std::vector<double>{0.5, 1.5}));
  EXPECT_EQ(s.layers, (std::vector<std::string>{"a: conv 3 1", "b: relu"}));
}

TEST(CommandLine, ReadsArraysOverSeveralLines) {
  const File file(
      "[model]\nlayers = [  # from the image up\n  \"a: conv 3 1\",\n"
      "  # [comment]\n  \"b: resize from=a,c\",\n]\ntrunk = \"vgg16\"\n"
      "[data]\nrange = [0.5,\n1.5]\n[train]\nepochs = 5\n");
  Settings s;
  EXPECT_TRUE(s.parse({"--config", file.path()}));
  EXPECT_EQ(s.layers, (std::vector<std::string>{"a: conv 3 1", "b: resize from=a,c"}));
  EXPECT_EQ(s.trunk, "vgg16");
  EXPECT_EQ(s.range, (std::vector<double>{0.5, 1.5}));
  EXPECT_EQ(s.epochs, 5);
}

TEST(CommandLine, ItsConfigurationGivesTheSameSettingsAgain) {
  Settings s;
  s.parse({"--model.trunk=vgg16", "--train.epochs=3", "--data.flip=false", "--data.range=3,4",
           "--model.layers=c: conv 3 1"});
  const File file(s.line.configuration());
  Settings again;
  again.parse({"--config", file.path()});
  EXPECT_EQ(again.trunk, "vgg16");
  EXPECT_EQ(again.epochs, 3);
  EXPECT_EQ(again.rate, 0.1);
  EXPECT_FALSE(again.flip);
  EXPECT_EQ(again.range, (std::vector<double>{3, 4}));
  EXPECT_EQ(again.layers, std::vector<std::string>{"c: conv 3 1"});
}

TEST(CommandLine, EmptyListsSurviveTheirConfiguration) {
  Settings s;
  s.parse({});
  const File file(s.line.configuration());
  Settings again;
  again.parse({"--config", file.path()});
  EXPECT_EQ(again.epochs, 10);
}

TEST(CommandLine, TakesTheConfigurationOfAnotherRun) {
  Settings s;
  s.line.parse_text("[train]\nepochs = 7\n", "checkpoint c.h5");
  EXPECT_EQ(s.epochs, 7);
  try {
    s.line.parse_text("[train]\nwrong = 7\n", "checkpoint c.h5");
    FAIL() << "no error";
  } catch (const ConfigurationError& error) {
    EXPECT_NE(std::string(error.what()).find("'train.wrong' in checkpoint c.h5"),
              std::string::npos);
  }
}

TEST(CommandLine, PassesSingleDashesToPetsc) {
  Settings s;
  s.parse({"-svd_type", "lanczos", "--train.epochs", "3", "-log_view", "-shift", "-0.5"});
  EXPECT_EQ(s.epochs, 3);
  EXPECT_EQ(s.line.petsc_arguments(),
            (std::vector<std::string>{"-svd_type", "lanczos", "-log_view", "-shift", "-0.5"}));
}

TEST(CommandLine, AcceptsNegativeValues) {
  Settings s;
  s.parse({"--train.rate", "-0.5"});
  EXPECT_EQ(s.rate, -0.5);
}

TEST(CommandLine, NamesWhatIsWrong) {
  const File unknown("[train]\nepoch = 5\n");
  EXPECT_NE(Settings().error({"--config", unknown.path()}).find("unknown key 'train.epoch'"),
            std::string::npos);
  EXPECT_NE(Settings().error({"--config", unknown.path()}).find("'train.epochs'"),
            std::string::npos);
  EXPECT_EQ(Settings().error({"--trian.epochs", "5"}),
            "unknown key 'trian.epochs' on the command line; did you mean 'train.epochs'? (--help "
            "lists all keys)");
  const File type("[train]\nepochs = \"many\"\n");
  EXPECT_NE(Settings().error({"--config", type.path()}).find("train.epochs"), std::string::npos);
  EXPECT_NE(Settings().error({"--train.epochs", "2.5"}).find("train.epochs"), std::string::npos);
  EXPECT_NE(Settings().error({"--model.trunk", "resnet"}).find("model.trunk"), std::string::npos);
  EXPECT_NE(Settings().error({"--config", "/nonexistent/file"}).find("/nonexistent/file"),
            std::string::npos);
}

TEST(CommandLine, HelpListsKeysWithDefaults) {
  Settings s;
  EXPECT_FALSE(s.parse({"--help"}));
  EXPECT_NE(s.line.help().find("--train.epochs"), std::string::npos);
  EXPECT_NE(s.line.help().find("=10"), std::string::npos) << s.line.help();
}

}  // namespace
}  // namespace eigenprop
