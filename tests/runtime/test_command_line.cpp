#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings_of_a_run.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(CommandLine, ReadsSectionsAndOverridesThem) {
  const ConfigurationFile file(
      "[model]\ntrunk = \"vgg16\"\nlayers = [\"a: conv 3 1\", \"b: relu\"]\n"
      "[train]\nepochs = 5\nrate = 0.5\n[data]\nflip = false\nrange = [0.5, 1.5]\n");
  RunSettings s;
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
  const ConfigurationFile file(
      "[model]\nlayers = [  # from the image up\n  \"a: conv 3 1\",\n"
      "  # [comment]\n  \"b: resize from=a,c\",\n]\ntrunk = \"vgg16\"\n"
      "[data]\nrange = [0.5,\n1.5]\n[train]\nepochs = 5\n");
  RunSettings s;
  EXPECT_TRUE(s.parse({"--config", file.path()}));
  EXPECT_EQ(s.layers, (std::vector<std::string>{"a: conv 3 1", "b: resize from=a,c"}));
  EXPECT_EQ(s.trunk, "vgg16");
  EXPECT_EQ(s.range, (std::vector<double>{0.5, 1.5}));
  EXPECT_EQ(s.epochs, 5);
}

TEST(CommandLine, ItsConfigurationGivesTheSameSettingsAgain) {
  RunSettings s;
  s.parse({"--model.trunk=vgg16", "--train.epochs=3", "--data.flip=false", "--data.range=3,4",
           "--model.layers=c: conv 3 1"});
  const ConfigurationFile file(s.line.configuration());
  RunSettings again;
  again.parse({"--config", file.path()});
  EXPECT_EQ(again.trunk, "vgg16");
  EXPECT_EQ(again.epochs, 3);
  EXPECT_EQ(again.rate, 0.1);
  EXPECT_FALSE(again.flip);
  EXPECT_EQ(again.range, (std::vector<double>{3, 4}));
  EXPECT_EQ(again.layers, std::vector<std::string>{"c: conv 3 1"});
}

TEST(CommandLine, PassesSingleDashesToPetsc) {
  RunSettings s;
  s.parse({"-svd_type", "lanczos", "--train.epochs", "3", "-log_view", "-shift", "-0.5"});
  EXPECT_EQ(s.epochs, 3);
  EXPECT_EQ(s.line.petsc_arguments(),
            (std::vector<std::string>{"-svd_type", "lanczos", "-log_view", "-shift", "-0.5"}));
}

TEST(CommandLine, AcceptsNegativeValues) {
  RunSettings s;
  s.parse({"--train.rate", "-0.5"});
  EXPECT_EQ(s.rate, -0.5);
}

// As a file takes them, and as what they look like.
TEST(CommandLine, IsAsStrictAsAFile) {
  for (const std::string value :
       {"0,5", "1,000", "inf", "nan", "1e400", "1e-400", "99999999999999999999", "[]", "[5]",
        "5 # five", "5\nother = 3", "many", "true", "\"5\""}) {
    for (const std::string key : {"train.rate", "train.epochs"}) {
      const auto error = RunSettings().error({"--" + key, value});
      EXPECT_THAT(error, StartsWith("key '" + key + "' on the command line: "));
      EXPECT_THAT(error, Not(HasSubstr("\n")));
      EXPECT_EQ(RunSettings().error({"--" + key + "=" + value}), error);
    }
  }
  EXPECT_EQ(RunSettings().error({"--train.epochs", "1e3"}),
            "key 'train.epochs' on the command line: 1e3 is not an integer of 64 bits");
  EXPECT_THAT(RunSettings().error({"--train.epochs", "2.5"}), HasSubstr("'train.epochs'"));
  EXPECT_THAT(RunSettings().error({"--train.rate="}), HasSubstr("train.rate"));
  EXPECT_THAT(RunSettings().error({"--train.milestones", "1,x"}), HasSubstr("'train.milestones'"));
  EXPECT_THAT(RunSettings().error({"--data.flip", "maybe"}), HasSubstr("is not true or false"));
  EXPECT_THAT(RunSettings().error({"--model.trunk", "resnet"}), HasSubstr("'model.trunk'"));
  EXPECT_THAT(RunSettings().error({"--trian.epochs", "5"}),
              StartsWith("unknown key 'trian.epochs' on the command line; did you mean "
                         "'train.epochs'?"));
}

TEST(CommandLine, NumbersKeepTheirDigits) {
  RunSettings s;
  s.parse({"--train.rate", "0.12345678901234567", "--train.epochs", "9223372036854775807"});
  EXPECT_EQ(s.rate, 0.12345678901234567);
  EXPECT_EQ(s.epochs, 9223372036854775807);
}

TEST(CommandLine, TakesListsAsHelpPrintsThem) {
  const auto milestones = [](const std::vector<std::string>& arguments) {
    RunSettings s;
    s.milestones = {7};
    EXPECT_EQ(s.error(arguments), "no error");
    return s.milestones;
  };
  EXPECT_EQ(milestones({}), std::vector<double>{7});
  EXPECT_EQ(milestones({"--train.milestones", "[]"}), std::vector<double>{});
  EXPECT_EQ(milestones({"--train.milestones=[]"}), std::vector<double>{});
  const std::vector<double> two = {0.5, 3};
  EXPECT_EQ(milestones({"--train.milestones", "[0.5, 3]"}), two);
  EXPECT_EQ(milestones({"--train.milestones=[0.5,3]"}), two);
  EXPECT_EQ(milestones({"--train.milestones", "0.5", "3"}), two);
  EXPECT_EQ(milestones({"--train.milestones", "0.5,3"}), two);
  RunSettings texts;
  texts.parse({"--model.layers", "a: conv 3 1", "b: resize from=a,c", "--output", "[x].h5"});
  EXPECT_EQ(texts.layers, (std::vector<std::string>{"a: conv 3 1", "b: resize from=a,c"}));
  EXPECT_EQ(texts.output, "[x].h5");
  // As in a file.
  for (const char* list :
       {"[\"a: conv 3 1\", 'b: resize from=a,c']", "[ 'a: conv 3 1',\"b: resize from=a,c\" ]"}) {
    RunSettings listed;
    listed.parse({"--model.layers", list});
    EXPECT_EQ(listed.layers, texts.layers);
  }
  EXPECT_THAT(RunSettings().error({"--model.layers", "['a: relu', b]"}),
              HasSubstr("a list of texts in quotes"));
  RunSettings none;
  none.layers = {"a: relu"};
  none.parse({"--model.layers", "[]"});
  EXPECT_EQ(none.layers, std::vector<std::string>{});
}

TEST(CommandLine, TheLastOfAKeyCounts) {
  RunSettings s;
  s.parse({"--train.epochs", "3", "--output", "a", "--train.epochs", "4", "--output=b"});
  EXPECT_EQ(s.epochs, 4);
  EXPECT_EQ(s.output, "b");
}

TEST(CommandLine, OwnKeysHaveTwoDashes) {
  for (const std::string argument :
       {"-train.epochs", "-train.epochs=3", "-train.epoch", "-output", "-config", "-dry-run"})
    EXPECT_THAT(RunSettings().error({argument, "3"}), HasSubstr("keys begin with two dashes"));
}

TEST(CommandLine, HelpListsKeysWithDefaults) {
  RunSettings s;
  EXPECT_FALSE(s.parse({"--help"}));
  EXPECT_NE(s.line.help().find("--train.epochs"), std::string::npos);
  EXPECT_NE(s.line.help().find("=10"), std::string::npos) << s.line.help();
  EXPECT_THAT(s.line.help(), HasSubstr("BOOL=true"));
  EXPECT_THAT(s.line.help(), HasSubstr("TEXT:{small,vgg16}=small"));
  EXPECT_THAT(s.line.help(), HasSubstr("FLOAT=[]"));
  EXPECT_FALSE(RunSettings().parse({"-h"}));
}

}  // namespace
}  // namespace eigenprop
