#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "settings_of_a_run.hpp"

namespace eigenprop {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void read(RunSettings& settings, const std::string& text) {
  const ConfigurationFile file(text);
  settings.parse({"--config", file.path()});
}

// A file's name, the line and the key, in one line.
auto names(const std::string& key, int line) {
  return AllOf(StartsWith("key '" + key + "' in 'FILE', line " + std::to_string(line) + ": "),
               Not(HasSubstr("\n")));
}

TEST(Configuration, ReadsToml) {
  RunSettings s;
  read(s,
       "\xEF\xBB\xBF# a byte-order mark\r\n[train]\r\nepochs = 1_0\r\nmilestones = []\r\n"
       "rate = 4e-7\r\n[model]\r\nmap = [4,\r\n  5,  # columns\r\n]\r\nlayers = 'a: relu'\r\n");
  EXPECT_EQ(s.epochs, 10);
  EXPECT_EQ(s.rate, 4e-7);
  EXPECT_EQ(s.milestones, std::vector<double>{});
  EXPECT_EQ(s.map, (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(s.layers, std::vector<std::string>{"a: relu"});
  RunSettings integer;
  read(integer, "train.rate = 2\ndata.range = [1, 2.5]\n");
  EXPECT_EQ(integer.rate, 2);
  EXPECT_EQ(integer.range, (std::vector<double>{1, 2.5}));
}

TEST(Configuration, AnEmptyListReplacesTheDefault) {
  RunSettings s;
  read(s, "[data]\nrange = []\n");
  EXPECT_EQ(s.range, std::vector<double>{});
}

TEST(Configuration, NumbersAreWhatTheyLookLike) {
  for (const std::string number :
       {"0,5", "1,000", "", "inf", "-inf", "nan", "1e400", "1e-400", ".5", "5.", "[]", "[1]",
        "true", "\"0.5\"", "1__0", "99999999999999999999", "07", "1 2", "many"}) {
    EXPECT_THAT(error_of_file("[train]\nrate = " + number + "\n"), names("train.rate", 2));
    EXPECT_THAT(error_of_file("\n[train]\nepochs = " + number + "\n"), names("train.epochs", 3));
  }
  EXPECT_THAT(error_of_file("[train]\nepochs = 2.0\n"), names("train.epochs", 2));
  EXPECT_THAT(error_of_file("[train]\nmilestones = [1,\n 2, inf]\n"), names("train.milestones", 3));
  EXPECT_THAT(error_of_file("[model]\nmap = [1.5]\n"), names("model.map", 2));
}

TEST(Configuration, SaysWhatIsWritten) {
  EXPECT_EQ(error_of_file("[train]\n# Grün\nepochs = \"Grün\" # five\n"),
            "key 'train.epochs' in 'FILE', line 3: \"Grün\" is not an integer of 64 bits");
  EXPECT_EQ(error_of_file("[model]\ntrunk = []\n"),
            "key 'model.trunk' in 'FILE', line 2: [] is not a text in quotes");
  EXPECT_EQ(error_of_file("[data]\nflip = 1\n"),
            "key 'data.flip' in 'FILE', line 2: 1 is not true or false");
  EXPECT_EQ(error_of_file("[model]\ntrunk = \"resnet\"\n"),
            "key 'model.trunk' in 'FILE', line 2: 'resnet' is not one of small, vgg16");
  EXPECT_THAT(error_of_file("[model]\ntrunk = \"a\\nb\"\n"), names("model.trunk", 2));
  EXPECT_THAT(error_of_file("[train.rate]\nx = 1\n"), names("train.rate", 1));
  EXPECT_EQ(error_of_file("[train]\nepoch = 5\n"),
            "unknown key 'train.epoch' in 'FILE', line 2; did you mean 'train.epochs'? (--help "
            "lists all keys)");
}

// Where toml++ would reach what it says cannot be reached, or assert.
TEST(Configuration, LettersBeyondAsciiStandInStringsAndComments) {
  for (const std::string line : {"ä", "rate = 1 ä", "rate = 1\u3000", "rate\u00A0= 1", "ä = 1",
                                 "[train.ä]", "layers = [\"ä\", ä]", "rate = '' ä"})
    EXPECT_THAT(error_of_file("[train]\nepochs = 1\n" + line + "\n"),
                AllOf(HasSubstr("in 'FILE', line 3: not valid TOML ('"),
                      HasSubstr("' stands outside of quotes and comments)")));
  for (const std::string line : {"[", "[[", "[ ", "[\t#"})
    EXPECT_THAT(error_of_file("[train]\nepochs = 1\n" + line + "\n"),
                HasSubstr("line 3: not valid TOML (key: "));
  for (const std::string text :
       {"'ä'", "\"ä\"", "'''ä\n''''' # ä", R"("""a\"""ä"""")", R"("\"ä" # 'ä)", R"('"ä\')"}) {
    RunSettings s;
    read(s, "# \"ä\noutput = " + text + "\n");
    EXPECT_THAT(s.output, HasSubstr("ä")) << text;
  }
}

TEST(Configuration, AKeyStandsOnce) {
  EXPECT_THAT(error_of_file("[train]\nepochs = 1\nrate = 0.5\nepochs = 2\n"),
              AllOf(names("train.epochs", 4), HasSubstr("cannot redefine")));
  EXPECT_THAT(error_of_file("[train]\nrate = 1\n[train]\nepochs = 2\n"), names("train", 3));
}

TEST(Configuration, UnreadableFilesAreNamed) {
  for (const std::string path : {"/nonexistent/file", "/"})
    EXPECT_EQ(RunSettings().error({"--config", path}),
              "configuration file '" + path + "' cannot be read");
}

TEST(Configuration, GivesEveryNumberBackToTheLastBit) {
  RunSettings s;
  const double third = 1.0 / 3;
  s.rate = 4.0000000000000003e-07;
  s.range = {third, -0.0, 1e22, 5, 5e-324, std::numeric_limits<double>::max()};
  s.milestones = {};
  s.map = {};
  s.epochs = std::numeric_limits<std::int64_t>::min();
  s.output = "a \"b\" \\ 'c'\n\x01 ü";
  s.layers = {"a: conv 3 1", "b: resize from=a,c"};
  s.flip = false;
  const auto text = s.line.configuration();
  RunSettings again;
  again.map = {1};
  read(again, text);
  EXPECT_EQ(again.rate, s.rate);
  EXPECT_EQ(again.range, s.range);
  EXPECT_EQ(again.milestones, s.milestones);
  EXPECT_EQ(again.map, s.map);
  EXPECT_EQ(again.epochs, s.epochs);
  EXPECT_EQ(again.output, s.output);
  EXPECT_EQ(again.layers, s.layers);
  EXPECT_EQ(again.flip, s.flip);
  EXPECT_EQ(again.line.configuration(), text);
}

// Written by version 0.1, and numbers and booleans as its command line took them.
TEST(Configuration, ThatOfOlderCheckpointsIsRead) {
  RunSettings s;
  s.map = {};
  s.line.parse_text(
      "output='a \"b\".h5'\nmodel.trunk=\"vgg16\"\ntrain.epochs=0x10\ntrain.rate=.5\n"
      "data.flip=0\ndata.range=\"[0.5,1]\"\ntrain.milestones=3.\nmodel.map=[4, 5]\n"
      "model.layers=[\"a: conv 3 1\", \"b: resize from=a,c\"]\n\n",
      "checkpoint 'c.h5'");
  EXPECT_EQ(s.output, "a \"b\".h5");
  EXPECT_EQ(s.trunk, "vgg16");
  EXPECT_EQ(s.epochs, 16);
  EXPECT_EQ(s.rate, 0.5);
  EXPECT_FALSE(s.flip);
  EXPECT_EQ(s.range, (std::vector<double>{0.5, 1}));
  EXPECT_EQ(s.milestones, std::vector<double>{3});
  EXPECT_EQ(s.map, (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(s.layers, (std::vector<std::string>{"a: conv 3 1", "b: resize from=a,c"}));
  s.line.parse_text("output=5\ndata.flip=1\nmodel.layers=\"c: relu\"\n", "checkpoint 'c.h5'");
  EXPECT_EQ(s.output, "5");
  EXPECT_TRUE(s.flip);
  EXPECT_EQ(s.layers, std::vector<std::string>{"c: relu"});
}

TEST(Configuration, OfAnotherRunIsNamedWithItsLine) {
  RunSettings s;
  s.line.parse_text("[train]\nepochs = 7\n", "checkpoint 'c.h5'");
  EXPECT_EQ(s.epochs, 7);
  const auto error_of_text = [&](const std::string& text) -> std::string {
    try {
      s.line.parse_text(text, "checkpoint 'c.h5'");
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of_text("[train]\nwrong = 7\n"),
              StartsWith("unknown key 'train.wrong' in checkpoint 'c.h5', line 2;"));
  EXPECT_THAT(error_of_text("train.rate=1\ntrain.epochs=many\n"),
              StartsWith("key 'train.epochs' in checkpoint 'c.h5', line 2: "));
  s.line.ignore_other_keys();
  EXPECT_EQ(error_of_text("[train]\nwrong = 7\nepochs = 8\n[other]\nkey = 1\n"), "no error");
  EXPECT_EQ(s.epochs, 8);
}

TEST(Configuration, ListsInALanguageOfTheirOwnNameTheirPlace) {
  RunSettings s;
  std::vector<std::string> words = {"default"};
  s.line.option("words",
                TextList{[&](const std::vector<std::string>& read) {
                           require(read != std::vector<std::string>{"bad"}, "no\nsuch word");
                           words = read;
                         },
                         [&] { return words; }},
                "words");
  EXPECT_EQ(s.error({"--words", "bad"}), "key 'words' on the command line: no such word");
  read(s, "words = [\"one\", \"two\"]\n");
  EXPECT_EQ(words, (std::vector<std::string>{"one", "two"}));
  EXPECT_THAT(s.line.configuration(), HasSubstr("words = [\"one\", \"two\"]\n"));
  const ConfigurationFile file("words = [\n\"bad\"]");
  EXPECT_EQ(s.error({"--config", file.path()}),
            "key 'words' in '" + file.path() + "', line 1: no such word");
}

}  // namespace
}  // namespace eigenprop
