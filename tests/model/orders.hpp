// Shows for scenes that each memory order of the code in them is needed: weakened, it is found out
// in a scene.
#ifndef ESCROW_TESTS_MODEL_ORDERS_HPP
#define ESCROW_TESTS_MODEL_ORDERS_HPP

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "atomic.hpp"

namespace model {

template <class State>
void expect_clean(std::vector<scenario<State>> const &scenes) {
  for (auto const &s : scenes) {
    auto const r = explore(s);
    EXPECT_TRUE(r.clean()) << s.name << ": " << r.failure;
    std::printf("%-50s %6llu executions %7llu states %7llu steps %5.2f s\n", s.name.c_str(),
                static_cast<unsigned long long>(r.executions),
                static_cast<unsigned long long>(r.states), static_cast<unsigned long long>(r.steps),
                r.seconds);
  }
}

/// What is weakened, or what it becomes, and the scene that then goes wrong.
struct found_out {
  char const *weakened;
  char const *scene;
};
/// Stronger than the scenes need, and why.
struct stronger {
  char const *weakened;
  char const *why;
};

/// Function, kind of word, operation, order: "fill: key.store release".
inline std::string name_of(access const &a, std::string const &word) {
  std::string const function = a.at.function;
  std::string kind = word.substr(word.find(' ') + 1);
  while (!kind.empty() && std::isdigit(static_cast<unsigned char>(kind.back())) != 0)
    kind.pop_back();
  return function.substr(0, function.find('<')) + ": " + kind + "." + trace::verb_name(a.what) +
         " " + trace::order_name(a.order);
}

/// The next weaker orders: of acq_rel two, of seq_cst what the kind of access allows, else one.
inline std::vector<std::memory_order> weaker(access const &a) {
  auto const both = {std::memory_order_acquire, std::memory_order_release};
  if (a.order == std::memory_order_acq_rel) return both;
  if (a.order != std::memory_order_seq_cst) return {std::memory_order_relaxed};
  if (a.what == verb::load) return {std::memory_order_acquire};
  if (a.what == verb::store) return {std::memory_order_release};
  return {std::memory_order_acq_rel, std::memory_order_acquire, std::memory_order_release};
}

template <class State>
class orders {
 public:
  /// `thorough`: a seq_cst is made relaxed, too, so that one which need not be seq_cst is seen to
  /// need what is left of it.
  /// `concerned`: which accesses of the code this is about.
  explicit orders(
      std::vector<scenario<State>> scenes, bool thorough = false,
      std::function<bool(access const &, std::string const &word)> concerned =
          [](access const &, std::string const &) { return true; })
      : scenes_(std::move(scenes)), thorough_(thorough), concerned_(std::move(concerned)) {}

  [[nodiscard]] scenario<State> scene(std::string const &name) const {
    for (auto const &s : scenes_)
      if (s.name == name) return s;
    ADD_FAILURE() << "no scene is called " << name;
    return {};
  }

  /// Each way to weaken an order of include/escrow is in one of the lists, and those of the first
  /// are found out.
  template <class Needed, class Unneeded = std::vector<stronger>>
  void expect_needed(Needed const &needed, Unneeded const &unneeded = {}) const {
    auto const ways = weakenings();
    std::set<std::string> asked;
    for (found_out const &n : needed) {
      asked.insert(n.weakened);
      auto const at = ways.find(n.weakened);
      if (at == ways.end()) {
        ADD_FAILURE() << "no scene comes to " << n.weakened;
        continue;
      }
      auto const [name, to] = at->second;
      EXPECT_NE(failure(n.scene, name, to), "") << n.weakened << " in: " << n.scene;
    }
    for (stronger const &u : unneeded) {
      asked.insert(u.weakened);
      EXPECT_TRUE(ways.contains(u.weakened)) << "no scene comes to " << u.weakened;
    }
    for (auto const &[way, weakened] : ways) {
      if (asked.contains(way)) continue;
      ADD_FAILURE() << way << ": which scene needs it?" << candidates(weakened);
    }
  }

 private:
  using weakening = std::pair<std::string, std::memory_order>;

  /// Every way to weaken an order that include/escrow asks for in some scene.
  [[nodiscard]] std::map<std::string, weakening> weakenings() const {
    std::map<std::string, weakening> found;
    for (auto const &s : scenes_) {
      options o;
      o.most_states = 2000;
      o.mutate = [&](access &a, std::string const &word) {
        if (a.order == std::memory_order_relaxed ||
            std::strstr(a.at.file, "include/escrow/") == nullptr || !concerned_(a, word))
          return;
        std::string const name = name_of(a, word);
        auto ways = weaker(a);
        if (thorough_ && a.order == std::memory_order_seq_cst)
          ways.push_back(std::memory_order_relaxed);
        for (auto const to : ways) {
          std::string const as =
              to == std::memory_order_relaxed ? name : name + " to " + trace::order_name(to);
          found.insert({as, {name, to}});
        }
      };
      (void)explore(s, o);
    }
    return found;
  }
  [[nodiscard]] std::string failure(std::string const &in, std::string const &name,
                                    std::memory_order to) const {
    options o;
    o.mutate = [&](access &a, std::string const &word) {
      if (a.order != std::memory_order_relaxed && name_of(a, word) == name) a.order = to;
    };
    return explore(scene(in), o).failure;
  }
  /// The scenes that would find a weakening out that no list has.
  [[nodiscard]] std::string candidates(weakening const &w) const {
    std::string found;
    for (auto const &s : scenes_)
      if (!failure(s.name, w.first, w.second).empty()) found += "\n  " + s.name;
    return found.empty() ? " none" : found;
  }

  std::vector<scenario<State>> scenes_;
  bool thorough_;
  std::function<bool(access const &, std::string const &)> concerned_;
};

}  // namespace model

#endif
