// How calls and swaps of a code slot meet, on the code as it is: clean in every execution of every
// scene; and each of its memory orders, weakened, is found out in a scene.
// Guarantee M of docs/trust.md.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "code_scenes.hpp"

namespace {

using code_scenes::scene;
using model::verb;

/// Function, word, operation, order: "enter: entered.fetch_add seq_cst".
std::string name_of(model::access const &a, std::string const &word) {
  std::string const function = a.at.function;
  return function.substr(0, function.find('<')) + ": " + word.substr(word.find(' ') + 1) + "." +
         model::trace::verb_name(a.what) + " " + model::trace::order_name(a.order);
}

/// The next weaker orders of an access that is seq_cst, acquire or release.
std::vector<std::memory_order> weaker(model::access const &a) {
  if (a.order != std::memory_order_seq_cst) return {std::memory_order_relaxed};
  if (a.what == verb::load) return {std::memory_order_acquire};
  if (a.what == verb::store) return {std::memory_order_release};
  return {std::memory_order_acq_rel};
}

struct weakening {
  std::string name;
  std::memory_order to;
};
/// Every way to weaken an order of include/escrow that some scene comes to.
std::map<std::string, weakening> weakenings() {
  std::map<std::string, weakening> found;
  for (auto const &s : code_scenes::all()) {
    model::options o;
    o.most_states = 2000;
    o.mutate = [&](model::access &a, std::string const &word) {
      if (a.order == std::memory_order_relaxed ||
          std::strstr(a.at.file, "include/escrow/") == nullptr)
        return;
      std::string const name = name_of(a, word);
      for (auto const to : weaker(a))
        found.insert({name + " to " + model::trace::order_name(to), {name, to}});
    };
    (void)model::explore(s, o);
  }
  return found;
}

/// The first scene that goes wrong; empty: none.
std::string found_out(std::function<void(model::access &, std::string const &)> const &change) {
  for (auto const &s : code_scenes::all()) {
    model::options o;
    o.mutate = change;
    if (!model::explore(s, o).failure.empty()) return s.name;
  }
  return "";
}

/// Stronger than these scenes need, and why.
constexpr char const *unneeded[][2] = {
    {"enter: current.load acquire to relaxed", "the gate's memory, which is there in every scene"},
};

TEST(Code, NoCodeRunsThatWasLetGo) {
  for (auto const &s : code_scenes::all()) {
    auto const r = model::explore(s);
    EXPECT_TRUE(r.clean()) << s.name << ": " << r.failure;
    std::printf("%-40s %7llu executions %8llu states %5.2f s\n", s.name.c_str(),
                static_cast<unsigned long long>(r.executions),
                static_cast<unsigned long long>(r.states), r.seconds);
  }
}

TEST(Code, EveryMemoryOrderIsNeeded) {
  auto const ways = weakenings();
  EXPECT_GE(ways.size(), 8u);
  for (auto const &[way, why] : unneeded)
    EXPECT_TRUE(ways.contains(way)) << "no scene comes to " << way;
  for (auto const &[way, weakened] : ways) {
    auto const scene = found_out([&w = weakened](model::access &a, std::string const &word) {
      if (a.order != std::memory_order_relaxed && name_of(a, word) == w.name) a.order = w.to;
    });
    bool expected = true;
    for (auto const &[name, why] : unneeded) expected = expected && way != name;
    EXPECT_EQ(!scene.empty(), expected) << way << (expected ? ": which scene needs it?" : "");
    std::printf("%-50s %s\n", way.c_str(), scene.empty() ? "not needed" : scene.c_str());
  }
}

TEST(Code, EveryStepIsNeeded) {
  auto const of = [](model::access const &a, char const *function) {
    return std::strncmp(a.at.function, function, std::strlen(function)) == 0;
  };
  struct mutation {
    char const *name;
    std::function<void(model::access &, std::string const &)> change;
  };
  mutation const all[] = {
      {"a call is not counted",
       [&](model::access &a, std::string const &) {
         if (of(a, "enter") && a.what == verb::add) a.operand = 0;
       }},
      {"a hold is not counted",
       [&](model::access &a, std::string const &) {
         if (of(a, "hold")) a.operand = 0;
       }},
      {"nobody is told that a version is retired",
       [&](model::access &a, std::string const &) {
         if (of(a, "retire") && a.what == verb::store) a.operand = 0;
       }},
  };
  for (auto const &m : all) EXPECT_NE(found_out(m.change), "") << m.name;
}

}  // namespace
