// Mistakes with who owns an object: cycles, containers, exceptions, threads, queues.
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "escrow/escrow.hpp"
#include "programs.h"
#include "verdict.h"

namespace {

int volatile sum;

struct peer {
  std::shared_ptr<peer> other;
};

LEAKS_SITE void link_peers() {
  auto const a = std::make_shared<peer>();
  auto const b = std::make_shared<peer>();
  a->other = b;
  b->other = a;
}

struct held_peer {
  escrow::owned<held_peer> other;
};

std::map<int, std::unique_ptr<int>> &sessions() {
  static std::map<int, std::unique_ptr<int>> all;
  return all;
}

LEAKS_SITE void log_in(int user) {
  sessions()[user] = std::make_unique<int>(user);
}

LEAKS_SITE int read_element(int const *element) {
  return *element;
}

LEAKS_SITE int read_view(std::string_view text) {
  return text[0];
}

LEAKS_SITE void delete_one(int *numbers) {
  delete numbers;  // of new[]
}

LEAKS_SITE void draw(bool fail) {
  auto *const canvas = new int[16];
  canvas[0] = 1;
  if (fail) throw std::runtime_error("no ink");
  sum = sum + canvas[0];
  delete[] canvas;
}

void draw_held(escrow::pool &pool, bool fail) {
  escrow::owned<> canvas;
  demand(pool.acquire(64, canvas) == ESCROW_OK, "a canvas");
  if (fail) throw std::runtime_error("no ink");
}

// The reader has begun, and reads when the owner is done, or after three seconds.
struct meeting {
  std::atomic<bool> begun{false};
  std::atomic<bool> ended{false};
  void wait(std::atomic<bool> const &that) const {
    for (int k = 0; k < 3000 && !that.load(); ++k)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

LEAKS_SITE int read_in_thread(int const *object) {
  return *object;
}

LEAKS_SITE void send(std::deque<int *> &queue) {
  queue.push_back(new int(1));
}

struct counted {
  int references = 1;
  void add() { ++references; }
  void drop() {
    if (--references == 0) delete this;
  }
};

LEAKS_SITE void keep_reference() {
  counted *volatile object = new counted;  // volatile: the compiler sees that nobody uses it
  object->add();                           // for somebody who never drops it
  object->drop();                          // the owner's
}

}  // namespace

extern "C" {

void naive_shared_ptr_cycle(void) {
  for (int i = 0; i < 32; ++i) link_peers();
}

char const *escrow_shared_ptr_cycle(void) {
  escrow::pool_of<held_peer> pool;
  demand(escrow::pool_of<held_peer>::open("peers", pool) == ESCROW_OK, "a pool opens");
  leaks_note_all(pool.untyped().id());
  {
    escrow::owned<held_peer> a, b, again;
    demand(pool.make(a) == ESCROW_OK && pool.make(b) == ESCROW_OK, "two peers");
    demand(a.dup(again) == ESCROW_OK, "a second reference");
    b->other = std::move(again);
    a->other = std::move(b);
  }
  return verdict_still(pool.untyped().id());
}

void naive_map_never_erased(void) {
  for (int user = 0; user < 100; ++user) log_in(user);
}

char const *escrow_map_never_erased(void) {
  escrow::sharded_map<int, int> sessions;
  demand(escrow::sharded_map<int, int>::open({}, sessions) == ESCROW_OK, "a map opens");
  for (int user = 0; user < 100; ++user) demand(sessions.put(user, user) >= 0, "an entry");
  static char text[64];
  std::snprintf(text, sizeof text, "report entries=%d", static_cast<int>(sessions.stats().entries));
  return text;
}

void naive_reference_into_vector(void) {
  std::vector<int> numbers(4, 1);
  int const *volatile first = numbers.data();
  numbers.resize(1 << 20);
  sum = sum + read_element(first);
}

// Objects of a pool do not move while the pool grows.
char const *escrow_reference_into_vector(void) {
  escrow::pool pool;
  demand(escrow::pool::open(escrow::pool::options(), pool) == ESCROW_OK, "a pool opens");
  std::vector<escrow::owned<int>> numbers(1000);
  int const *first = nullptr;
  for (auto &n : numbers) {
    demand(pool.acquire(sizeof(int), n) == ESCROW_OK, "a number");
    if (first == nullptr) {
      *n = 1;
      first = n.get();
    }
  }
  bool const right = read_element(first) == 1 && numbers[0].get() == first;
  numbers.clear();
  return verdict_cannot(right && leaks_pool_ended(pool.id()));
}

void naive_view_of_temporary(void) {
  std::string_view const view = std::string("a text too long to be kept in the string itself");
  sum = sum + read_view(view);
}

char const *escrow_view_of_temporary(void) {
  escrow::pool pool;
  demand(escrow::pool::open(escrow::pool::options(), pool) == ESCROW_OK, "a pool opens");
  escrow::borrowed<char> view;
  {
    escrow::owned<char> text;
    demand(pool.acquire(64, text) == ESCROW_OK, "a text");
    *text = 'a';
    demand(text.lend(view) == ESCROW_OK, "lent");
  }
  bool const right = read_view({view.get(), view.size()}) == 'a' && view.reset() == ESCROW_FREED;
  return verdict_cannot(right && leaks_pool_ended(pool.id()));
}

void naive_array_deleted_as_one(void) {
  delete_one(new int[16]);
}

char const *escrow_array_deleted_as_one(void) {
  escrow_pool const right = leaks_pool(0, 0);
  escrow_pool const wrong = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(right, 1);
  escrow_status const s = escrow_validate(handle, wrong, 0);
  demand(escrow_release(handle) == ESCROW_FREED, "one release for whatever was acquired");
  demand(leaks_pool_ended(right) && leaks_pool_ended(wrong), "nothing is out");
  return verdict_code(s);
}

void naive_thrown_past_delete(void) {
  for (int i = 0; i < 32; ++i) {
    try {
      draw(true);
    } catch (std::runtime_error const &) {
      draw(false);
    }
  }
}

char const *escrow_thrown_past_delete(void) {
  escrow::pool pool;
  demand(escrow::pool::open(escrow::pool::options(), pool) == ESCROW_OK, "a pool opens");
  bool caught = false;
  try {
    draw_held(pool, true);
  } catch (std::runtime_error const &) {
    caught = true;
  }
  return verdict_cannot(caught && leaks_pool_ended(pool.id()));
}

void naive_thread_outlives_object(void) {
  meeting m;
  auto *const object = new int(1);
  std::thread reader([&] {
    m.begun = true;
    m.wait(m.ended);
    sum = sum + read_in_thread(object);
  });
  m.wait(m.begun);
  delete object;
  m.ended = true;
  reader.join();
}

char const *escrow_thread_outlives_object(void) {
  escrow::pool pool;
  demand(escrow::pool::open(escrow::pool::options(), pool) == ESCROW_OK, "a pool opens");
  meeting m;
  escrow::owned<int> object;
  demand(pool.acquire(sizeof(int), object) == ESCROW_OK, "an object");
  *object = 1;
  int got = 0;
  std::thread reader([&, handle = object.handle()] {
    escrow::borrowed<int> lent;
    demand(escrow::borrowed<int>::of(handle, lent) == ESCROW_OK, "lent in time");
    m.begun = true;
    m.wait(m.ended);
    got = read_in_thread(lent.get());
  });
  m.wait(m.begun);
  bool const deferred = object.reset() == ESCROW_DEFERRED;
  m.ended = true;
  reader.join();
  return verdict_cannot(deferred && got == 1 && leaks_pool_ended(pool.id()));
}

void naive_queue_dropped(void) {
  std::deque<int *> queue;
  for (int i = 0; i < 32; ++i) send(queue);
}

// A ticket of C lies in a queue that is lost; in C++ escrow::ticket frees itself.
char const *escrow_queue_dropped(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  {
    std::deque<escrow_ticket> queue;
    escrow_ticket ticket = 0;
    demand(escrow_move_out(leaks_number(pool, 1), &ticket) == ESCROW_OK, "a ticket");
    queue.push_back(ticket);
  }
  return verdict_still(pool);
}

void naive_loan_dropped(void) {
  for (int i = 0; i < 32; ++i) keep_reference();
}

char const *escrow_loan_dropped(void) {
  escrow_pool const pool = leaks_pool(0, 0);
  escrow_handle const handle = leaks_number(pool, 1);
  escrow_loan loan = 0;
  demand(escrow_lend(handle, &loan, nullptr) == ESCROW_OK, "lent");
  demand(escrow_release(handle) == ESCROW_DEFERRED, "the owner's");
  return verdict_still(pool);
}

}  // extern "C"
