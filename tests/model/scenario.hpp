// A small encounter of a few threads, for whatever checks it: the explorer, schedules, or Relacy.
#ifndef ESCROW_TESTS_MODEL_SCENARIO_HPP
#define ESCROW_TESTS_MODEL_SCENARIO_HPP

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace model {

/// What to explore. Each run builds a State, lets `begin` prepare it, runs the threads, and when
/// all have ended lets `finished` look at it, which finds the last values in modification order.
template <class State>
struct scenario {
  using body = std::function<void(State &)>;
  std::vector<body> threads;
  body finished = {};
  body begin = {};
  std::string name = {};
};

template <class State>
std::vector<scenario<State>> joined(std::initializer_list<std::vector<scenario<State>>> parts) {
  std::vector<scenario<State>> all;
  for (auto const &part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace model

#endif
