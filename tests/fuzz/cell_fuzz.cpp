// Bytes become calls on two cells, one with a validator, one decided outside; answers and memory
// are compared with a vector of versions, held ones included. Guarantee L of docs/trust.md.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "escrow/cell.h"
#include "op_stream.hpp"

namespace {

using fuzz::source;

struct version {
  std::uint64_t number = 0;  // 0: prepared
  std::string content;
  std::string etag;
  std::uint64_t snapshot = 0;
};

escrow_bytes bytes_of(std::string const &s) {
  return {s.data(), s.size()};
}

/// 'N' is refused.
std::int32_t examine(void const *content, std::uint64_t, void *, escrow_cell_reason *out_reason) {
  if (*static_cast<char const *>(content) != 'N') return 0;
  std::strcpy(out_reason->text, "no");
  return 7;
}
void let_go(void *, std::uint64_t, void *count) {
  ++*static_cast<std::uint64_t *>(count);
}

class subject {
 public:
  subject(bool decided, unsigned char how) : decided_(decided), destroys_((how & 64) != 0) {
    escrow_cell_options o{};
    o.struct_size = sizeof o;
    o.flags = decided ? ESCROW_CELL_DECIDED : 0;
    o.history = history_ = how % 5;
    if (!decided) o.validator = examine;
    if (destroys_) {
      o.destructor = let_go;
      o.destructor_context = &let_go_;
    }
    FUZZ_EXPECT(escrow_cell_open(&o, &cell_) == ESCROW_OK);
  }
  ~subject() { finish(); }

  void step(source &in) {
    switch (in.byte() % 10) {
      case 3:
        return prepare(in);
      case 4:
        return publish(in);
      case 5:
        return discard(in);
      case 6:
        return propose(in);
      case 7:
        return roll_back(in);
      case 8:
        return load(in);
      case 9:
        return release(in);
      case 0:
        return close(in);
      case 1:
        return check();
      default:
        return swap(in);
    }
  }

 private:
  [[nodiscard]] version const *current() const { return kept_.empty() ? nullptr : &kept_.back(); }

  version take_content(source &in) {
    static constexpr char letters[] = "NYabcdef";
    unsigned char const b = in.byte();
    version v;
    v.content.assign(1 + b / 8 % 4 * 100, letters[b % 8]);
    unsigned char const e = in.byte();
    if (e % 4 != 0)
      v.etag.assign(e / 4 % 2 == 0 ? 1 : ESCROW_CELL_MOST_ETAG, static_cast<char>('p' + e / 8 % 3));
    return v;
  }
  escrow_cell_condition take_condition(source &in) {
    unsigned char const b = in.byte();
    escrow_cell_condition c{};
    c.kind = b % 5;  // 4: there is none
    c.version = next_ - 1 - b / 5 % 3;
    etag_ = current() != nullptr && b / 15 % 2 == 0 ? current()->etag : "other";
    c.etag = etag_.data();
    c.etag_size = static_cast<std::uint32_t>(etag_.size());
    return c;
  }
  escrow_status verdict(escrow_cell_condition const &c, version const &fresh) const {
    if (closed_) return ESCROW_E_CLOSED;
    std::uint64_t const now = current() == nullptr ? 0 : current()->number;
    if (c.kind == ESCROW_CELL_IF_VERSION && now != c.version) return ESCROW_E_DIFFERS;
    if (c.kind == ESCROW_CELL_IF_ETAG && (now == 0 || current()->etag != etag_))
      return ESCROW_E_DIFFERS;
    if (c.kind == ESCROW_CELL_IF_CHANGED && now != 0 && current()->etag == fresh.etag)
      return ESCROW_ALREADY;
    return ESCROW_OK;
  }
  [[nodiscard]] bool refused(version const &v) const { return !decided_ && v.content[0] == 'N'; }
  /// The ETag of a content that has none: the same for the same content, another for another.
  void settle_etag(version &v) {
    if (!v.etag.empty()) return;
    escrow_cell other = 0;
    auto const at = computed_.find(v.content);
    if (at == computed_.end()) {
      escrow_cell_options o{};
      o.struct_size = sizeof o;
      escrow_bytes const b = bytes_of(v.content);
      escrow_cell_view view{};
      FUZZ_EXPECT(escrow_cell_open(&o, &other) == ESCROW_OK);
      FUZZ_EXPECT(escrow_cell_swap(other, &b, nullptr, nullptr, nullptr) == ESCROW_OK);
      FUZZ_EXPECT(escrow_cell_load(other, &view) == ESCROW_OK);
      FUZZ_EXPECT(view.etag_size == ESCROW_CELL_ETAG && view.etag[0] == '"');
      std::string const etag(view.etag, view.etag_size);
      for (auto const &[content, is] : computed_) FUZZ_EXPECT(is != etag);
      computed_[v.content] = etag;
      FUZZ_EXPECT(escrow_cell_release(view.loan) == ESCROW_OK);
      FUZZ_EXPECT(escrow_cell_close(other) == ESCROW_OK && escrow_cell_destroy(other) == ESCROW_OK);
    }
    v.etag = computed_[v.content];
  }
  void published(version v, std::uint64_t number) {
    FUZZ_EXPECT(number == next_);
    v.number = next_++;
    escrow_cell_view view{};
    FUZZ_EXPECT(escrow_cell_load(cell_, &view) == ESCROW_OK);
    FUZZ_EXPECT(v.snapshot == 0 || v.snapshot == view.snapshot);
    v.snapshot = view.snapshot;
    kept_.push_back(v);
    if (kept_.size() > history_ + 1) kept_.erase(kept_.begin());
    same(view, v);
    FUZZ_EXPECT(escrow_cell_release(view.loan) == ESCROW_OK);
  }
  static void same(escrow_cell_view const &view, version const &v) {
    FUZZ_EXPECT(view.version == v.number && view.snapshot == v.snapshot);
    FUZZ_EXPECT(std::string(static_cast<char const *>(view.content), view.size) == v.content);
    FUZZ_EXPECT(std::string(view.etag, view.etag_size) == v.etag);
  }

  void swap(source &in) {
    version v = take_content(in);
    auto const condition = take_condition(in);
    escrow_bytes const content = bytes_of(v.content), etag = bytes_of(v.etag);
    std::uint64_t number = 99;
    escrow_cell_reason why{};
    auto const s = escrow_cell_swap_if(cell_, &condition, &content,
                                       v.etag.empty() ? nullptr : &etag, &number, &why);
    settle_etag(v);
    if (closed_ && s == ESCROW_E_CLOSED) return;
    if (decided_) return FUZZ_EXPECT_STATUS(s, closed_ ? ESCROW_E_CLOSED : ESCROW_E_KIND);
    if (condition.kind == 4) return FUZZ_EXPECT_STATUS(s, ESCROW_E_OPTION);
    if (refused(v)) {
      FUZZ_EXPECT(s == ESCROW_E_REFUSED && why.code == 7 && std::strcmp(why.text, "no") == 0);
      ++refused_;
      return;
    }
    FUZZ_EXPECT_STATUS(s, verdict(condition, v));
    if (s == ESCROW_E_DIFFERS) ++differed_;
    if (s == ESCROW_ALREADY) FUZZ_EXPECT(number == current()->number);
    if (s == ESCROW_OK) published(v, number);
  }
  void prepare(source &in) {
    version v = take_content(in);
    if (prepared_.size() == 4) return;
    escrow_bytes const content = bytes_of(v.content), etag = bytes_of(v.etag);
    std::uint64_t snapshot = 99;
    auto const s =
        escrow_cell_prepare(cell_, &content, v.etag.empty() ? nullptr : &etag, &snapshot, nullptr);
    if (closed_ && s == ESCROW_E_CLOSED) return;
    FUZZ_EXPECT_STATUS(s, closed_ ? ESCROW_E_CLOSED : refused(v) ? ESCROW_E_REFUSED : ESCROW_OK);
    refused_ += s == ESCROW_E_REFUSED ? 1 : 0;
    FUZZ_EXPECT((s == ESCROW_OK) == (snapshot != 0));
    if (s != ESCROW_OK) return;
    settle_etag(v);
    v.snapshot = snapshot;
    escrow_cell_view view{};
    FUZZ_EXPECT(escrow_cell_read_prepared(cell_, snapshot, &view) == ESCROW_OK && view.loan == 0);
    same(view, v);
    prepared_.push_back(v);
  }
  void publish(source &in) {
    std::size_t const which = in.byte();
    auto const condition = take_condition(in);
    std::uint64_t number = 99;
    if (prepared_.empty()) {  // what was published or discarded, or never was
      auto const s = escrow_cell_publish(cell_, current() == nullptr ? 0 : current()->snapshot,
                                         nullptr, &number);
      FUZZ_EXPECT(s < 0 && number == 0);
      return;
    }
    auto const at = prepared_.begin() + static_cast<long>(which % prepared_.size());
    auto const s = escrow_cell_publish(cell_, at->snapshot, &condition, &number);
    if (condition.kind == 4 && s == ESCROW_E_OPTION) return;
    FUZZ_EXPECT_STATUS(s, verdict(condition, *at));
    differed_ += s == ESCROW_E_DIFFERS ? 1 : 0;
    if (s != ESCROW_OK) return;
    version const v = *at;
    prepared_.erase(at);
    published(v, number);
    FUZZ_EXPECT(escrow_cell_discard(cell_, v.snapshot) == ESCROW_E_STALE);
  }
  void discard(source &in) {
    std::size_t const which = in.byte();
    if (prepared_.empty()) return;
    auto const at = prepared_.begin() + static_cast<long>(which % prepared_.size());
    FUZZ_EXPECT(escrow_cell_discard(cell_, at->snapshot) == ESCROW_OK);
    FUZZ_EXPECT(escrow_cell_discard(cell_, at->snapshot) == ESCROW_E_STALE);
    prepared_.erase(at);
  }
  void propose(source &in) {
    version v = take_content(in);
    auto const condition = take_condition(in);
    unsigned char const decision = in.byte();
    escrow_bytes const content = bytes_of(v.content), etag = bytes_of(v.etag);
    std::uint64_t number = 99, accepted = 99;
    escrow_cell_reason why{};
    escrow_status answer = ESCROW_OK;
    auto const ask = [&](std::uint64_t timeout) {
      answer = escrow_cell_propose(cell_, &condition, &content, v.etag.empty() ? nullptr : &etag,
                                   timeout, &number, &why);
    };
    if (!decided_ || closed_ || condition.kind == 4 || decision % 4 == 3) {
      ask(0);
      FUZZ_EXPECT(answer < 0 && number == 0);
      if (decided_ && !closed_ && condition.kind != 4) FUZZ_EXPECT_STATUS(answer, ESCROW_E_TIMEOUT);
      escrow_cell_view none{};
      FUZZ_EXPECT(escrow_cell_take(cell_, 0, &none) < 0 && none.loan == 0);
      return;
    }
    settle_etag(v);
    escrow_bytes const whole = bytes_of(v.etag);
    std::thread proposer([&] {
      answer =
          escrow_cell_propose(cell_, &condition, &content, &whole, ESCROW_FOREVER, &number, &why);
    });
    escrow_cell_view view{};
    FUZZ_EXPECT(escrow_cell_take(cell_, ESCROW_FOREVER, &view) == ESCROW_OK);
    v.snapshot = view.snapshot;
    same(view, v);
    auto expected = verdict(condition, v);
    escrow_cell_reason const because{9, "because"};
    if (decision % 4 == 0) {
      FUZZ_EXPECT(escrow_cell_refuse(cell_, view.snapshot, &because) == ESCROW_OK);
      expected = ESCROW_E_REFUSED;
      ++refused_;
    } else {
      FUZZ_EXPECT_STATUS(escrow_cell_accept(cell_, view.snapshot, &accepted), expected);
    }
    proposer.join();
    FUZZ_EXPECT_STATUS(answer, expected);
    differed_ += expected == ESCROW_E_DIFFERS ? 1 : 0;
    if (expected == ESCROW_E_REFUSED)
      FUZZ_EXPECT(why.code == 9 && std::strcmp(why.text, "because") == 0);
    FUZZ_EXPECT(escrow_cell_accept(cell_, view.snapshot, nullptr) == ESCROW_E_STALE);
    FUZZ_EXPECT(escrow_cell_release(view.loan) >= ESCROW_OK);
    FUZZ_EXPECT(expected != ESCROW_OK || accepted == number);
    if (expected == ESCROW_OK) published(v, number);
  }
  void roll_back(source &in) {
    std::uint64_t const to = next_ - in.byte() % 8;
    std::uint64_t number = 99;
    auto const s = escrow_cell_roll_back(cell_, to, &number);
    auto const at =
        std::find_if(kept_.begin(), kept_.end(), [&](version const &v) { return v.number == to; });
    if (closed_) return FUZZ_EXPECT_STATUS(s, ESCROW_E_CLOSED);
    if (decided_ || destroys_) return FUZZ_EXPECT_STATUS(s, ESCROW_E_KIND);
    if (at == kept_.end()) return FUZZ_EXPECT_STATUS(s, ESCROW_E_ABSENT);
    FUZZ_EXPECT_STATUS(s, &*at == current() ? ESCROW_ALREADY : ESCROW_OK);
    if (s != ESCROW_OK) return;
    version v = *at;
    v.snapshot = 0;
    ++rolled_back_;
    published(v, number);
  }
  void load(source &in) {
    unsigned char const b = in.byte();
    if (held_.size() == 8) return;
    std::uint64_t const to = next_ - b % 8;
    escrow_cell_view view{};
    version const *wanted = current();
    escrow_status s = ESCROW_OK;
    if (b < 128) {
      s = escrow_cell_load(cell_, &view);
    } else {
      s = escrow_cell_load_version(cell_, to, &view);
      auto const at = std::find_if(kept_.begin(), kept_.end(),
                                   [&](version const &v) { return v.number == to; });
      wanted = at == kept_.end() ? nullptr : &*at;
    }
    FUZZ_EXPECT_STATUS(s, wanted == nullptr ? ESCROW_E_ABSENT : ESCROW_OK);
    if (s != ESCROW_OK) return;
    same(view, *wanted);
    held_.push_back({view, *wanted});
  }
  void release(source &in) {
    std::size_t const which = in.byte();
    if (held_.empty()) return;
    auto const at = held_.begin() + static_cast<long>(which % held_.size());
    same(at->first, at->second);
    std::uint64_t const loan = at->first.loan, snapshot = at->second.snapshot;
    held_.erase(at);
    FUZZ_EXPECT_STATUS(escrow_cell_release(loan), in_memory(snapshot) ? ESCROW_OK : ESCROW_FREED);
    FUZZ_EXPECT(escrow_cell_release(loan) == ESCROW_E_STALE);
  }
  [[nodiscard]] bool in_memory(std::uint64_t snapshot) const {
    return std::any_of(kept_.begin(), kept_.end(),
                       [&](auto const &v) { return v.snapshot == snapshot; }) ||
           std::any_of(held_.begin(), held_.end(),
                       [&](auto const &h) { return h.second.snapshot == snapshot; });
  }
  void close(source &in) {
    if (in.byte() % 8 != 0) return;
    FUZZ_EXPECT_STATUS(escrow_cell_close(cell_), closed_ ? ESCROW_E_CLOSED : ESCROW_OK);
    closed_ = true;
  }
  void check() {
    std::vector<escrow_cell_entry> entries(64);
    std::uint32_t count = 0;
    FUZZ_EXPECT(escrow_cell_read_history(cell_, entries.data(), 64, &count) == ESCROW_OK);
    FUZZ_EXPECT(count == kept_.size());
    for (std::size_t i = 0; i < count; ++i) {
      version const &v = kept_[count - 1 - i];
      FUZZ_EXPECT(entries[i].version == v.number && entries[i].snapshot == v.snapshot &&
                  entries[i].size == v.content.size());
    }
    std::string room(512, 0);
    escrow_buffer buffer{room.data(), room.size(), 0};
    std::uint64_t number = 99;
    auto const s = escrow_cell_copy(cell_, &buffer, &number);
    FUZZ_EXPECT_STATUS(s, current() == nullptr ? ESCROW_E_ABSENT : ESCROW_OK);
    if (s == ESCROW_OK)
      FUZZ_EXPECT(room.substr(0, buffer.size) == current()->content && number == current()->number);
    escrow_cell_stats n{};
    n.struct_size = sizeof n;
    FUZZ_EXPECT(escrow_cell_read_stats(cell_, &n) == ESCROW_OK);
    FUZZ_EXPECT(n.version == (current() == nullptr ? 0 : current()->number) &&
                n.published == next_ - 1);
    FUZZ_EXPECT(n.refused == refused_ && n.differed == differed_ && n.rolled_back == rolled_back_);
    FUZZ_EXPECT(n.proposals == 0 && n.loans == held_.size());
    std::set<std::uint64_t> all;
    for (auto const &v : kept_) all.insert(v.snapshot);
    for (auto const &v : prepared_) all.insert(v.snapshot);
    for (auto const &h : held_) all.insert(h.second.snapshot);
    FUZZ_EXPECT(n.snapshots == all.size());
    if (destroys_) FUZZ_EXPECT(let_go_ == next_ - 1 - (all.size() - prepared_.size()));
    for (auto const &h : held_) same(h.first, h.second);
  }
  void finish() {
    check();
    if (!closed_)
      FUZZ_EXPECT(escrow_cell_destroy(cell_) == ESCROW_E_BUSY &&
                  escrow_cell_close(cell_) == ESCROW_OK);
    if (!held_.empty() || !prepared_.empty())
      FUZZ_EXPECT(escrow_cell_destroy(cell_) == ESCROW_E_LEAK);
    for (auto const &h : held_) FUZZ_EXPECT(escrow_cell_release(h.first.loan) >= ESCROW_OK);
    for (auto const &v : prepared_)
      FUZZ_EXPECT(escrow_cell_discard(cell_, v.snapshot) == ESCROW_OK);
    FUZZ_EXPECT(escrow_cell_destroy(cell_) == ESCROW_OK);
    FUZZ_EXPECT(escrow_cell_destroy(cell_) == ESCROW_E_STALE);
    if (destroys_) FUZZ_EXPECT(let_go_ == next_ - 1);
  }

  bool decided_;
  bool destroys_;
  bool closed_ = false;
  std::uint64_t history_ = 0;
  escrow_cell cell_ = 0;
  std::uint64_t next_ = 1;     // version
  std::vector<version> kept_;  // the current one last
  std::vector<version> prepared_;
  std::vector<std::pair<escrow_cell_view, version>> held_;
  std::map<std::string, std::string> computed_;
  std::string etag_;  // of the condition
  std::uint64_t refused_ = 0, differed_ = 0, rolled_back_ = 0, let_go_ = 0;
};

}  // namespace

void fuzz::run(std::uint8_t const *data, std::size_t size) {
  source in{data, size};
  unsigned char const how = in.byte();
  subject examined(false, how);
  subject decided(true, in.byte());
  while (!in.over()) (in.byte() % 3 != 0 ? examined : decided).step(in);
}
