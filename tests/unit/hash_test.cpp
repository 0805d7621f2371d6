#include "escrow/hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

using namespace escrow;

namespace {

u64 hash_text(std::string const &text, hash_seed const &seed) {
  return hash_bytes(text.data(), text.size(), seed);
}

/// How far counts are from even, in standard deviations of chi-square: about 0 for a random
/// function, negative for one that is more even.
double unevenness(std::vector<u32> const &counts, u64 total) {
  double const expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double sum = 0;
  for (auto const c : counts) {
    double const off = static_cast<double>(c) - expected;
    sum += off * off / expected;
  }
  double const freedom = static_cast<double>(counts.size()) - 1;
  return (sum - freedom) / std::sqrt(2 * freedom);
}

constexpr u64 keys_each = 16384;
constexpr u64 buckets = 4096;
constexpr double most_uneven = 12;  // a random function is above 6 once in 10^9

/// Bucket by the low bits, tag by the top byte, as a map uses them.
void expect_even(std::string const &what, std::function<u64(u64)> const &hash) {
  std::vector<u32> low(buckets);
  std::vector<u32> top(256);
  std::vector<u64> both;
  for (u64 i = 0; i < keys_each; ++i) {
    u64 const h = hash(i);
    ++low[h % buckets];
    ++top[h >> 56];
    both.push_back((h % buckets) << 8 | h >> 56);
  }
  EXPECT_LT(unevenness(low, keys_each), most_uneven) << what << ": buckets";
  EXPECT_LT(unevenness(top, keys_each), most_uneven) << what << ": tags";
  // Neighbours in a bucket share a tag once in 256: 128 pairs of these 32 Ki.
  std::sort(both.begin(), both.end());
  u64 same = 0;
  for (std::size_t i = 0; i < both.size();) {
    auto const end =
        std::upper_bound(both.begin() + static_cast<std::ptrdiff_t>(i), both.end(), both[i]);
    auto const run = static_cast<u64>(end - both.begin()) - i;
    same += run * (run - 1) / 2;
    i += run;
  }
  EXPECT_LT(same, 300u) << what << ": tags within a bucket";
}

template <class Key>
u64 word_of(Key key) {
  u64 word = 0;
  std::memcpy(&word, &key, sizeof key);
  return word;
}

}  // namespace

TEST(Hash, SeedsMakeOddMultipliersOfMiddlingWeight) {
  std::set<u64> offsets;
  for (u64 s = 0; s < 20'000; ++s) {
    auto const seed = hash_seed::from(s);
    ASSERT_EQ(seed.multiplier & 1, 1u);
    ASSERT_EQ(seed.multiplier >> 63, 1u);
    ASSERT_GE(std::popcount(seed.multiplier), 24);
    ASSERT_LE(std::popcount(seed.multiplier), 40);
    offsets.insert(seed.offset);
  }
  EXPECT_EQ(offsets.size(), 20'000u);
}

TEST(Hash, RandomSeedsDoNotRepeat) {
  std::set<u64> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_seed());
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(Hash, ValuesNeverChange) {
  auto const zero = hash_seed::from(0);
  auto const other = hash_seed::from(0x123456789ABCDEF);
  EXPECT_EQ(zero.offset, 0xE220A8397B1DCDAFull);  // splitmix64's first number
  EXPECT_EQ(zero.multiplier, 0xEE789E6AA1B965F5ull);
  EXPECT_EQ(other.offset, 0x157A3807A48FAA9Dull);
  EXPECT_EQ(other.multiplier, 0xD573529B34A1D093ull);
  EXPECT_EQ(hash_word(0, zero), 0x006A16A4EE97F3BAull);
  EXPECT_EQ(hash_word(1, zero), 0xED26E8D608E23231ull);
  EXPECT_EQ(hash_word(~0ull, zero), 0x7AB60CD5BB183908ull);
  EXPECT_EQ(hash_word(0, other), 0x87EAE6608C09AE86ull);
  EXPECT_EQ(hash_word(1, other), 0xA3C2A475411015FBull);
  EXPECT_EQ(hash_word(~0ull, other), 0xA24A368916D19225ull);
  struct golden {
    std::size_t size;
    u64 under_zero;
    u64 under_other;
  };
  for (auto const &g : {
           golden{0, 0xD733693B6401400Bull, 0x4C193B0EDAED9755ull},
           golden{1, 0x5D561B3C611FF2D6ull, 0xE29161F8420067B8ull},
           golden{3, 0x29F420F88E041B33ull, 0x2D98832FFEDB4D6Eull},
           golden{4, 0xC514152D42CDBB6Full, 0x07069F085AD8BF69ull},
           golden{7, 0x1F03C14873B0AEC1ull, 0x51FD94FF7551D2BBull},
           golden{8, 0xD2087072BCAB41CBull, 0x28F280BE5A8EF078ull},
           golden{16, 0x65510B52ECEEB879ull, 0x63616CE64B51B562ull},
           golden{17, 0x432E6E59C88F61A7ull, 0x1A006FFB174E4A10ull},
           golden{48, 0x90AD3CA092D6C9ADull, 0x2CAF25474990FAF0ull},
           golden{49, 0x3D122DA9231F7AC6ull, 0xB612FDCAA1B65DCDull},
           golden{100, 0xF949525DEBEF7823ull, 0x5FAA3225962AB59Dull},
           golden{1000, 0x43194E7FEA9BDCBFull, 0xF6B44B25ECD0642Full},
           golden{65536, 0x933AFB1060352D62ull, 0x2E5257F6FF9D83CBull},
       }) {
    std::string text;
    for (std::size_t i = 0; i < g.size; ++i) text.push_back(static_cast<char>(i * 7 + 1));
    EXPECT_EQ(hash_text(text, zero), g.under_zero) << g.size;
    EXPECT_EQ(hash_text(text, other), g.under_other) << g.size;
  }
}

TEST(Hash, EveryBitOfAWordReachesHalfOfTheHash) {
  std::mt19937_64 random(1);
  for (u64 s = 0; s < 16; ++s) {
    auto const seed = hash_seed::from(s);
    for (int bit = 0; bit < 64; ++bit) {
      constexpr int samples = 1000;
      int flips = 0;
      for (int i = 0; i < samples; ++i) {
        u64 const key = random();
        flips += std::popcount(hash_word(key, seed) ^ hash_word(key ^ 1ull << bit, seed));
      }
      double const share = flips / (64.0 * samples);
      ASSERT_GT(share, 0.45) << "seed " << s << " bit " << bit;
      ASSERT_LT(share, 0.55) << "seed " << s << " bit " << bit;
    }
  }
}

TEST(Hash, EveryBitOfAStringReachesHalfOfTheHash) {
  std::mt19937_64 random(2);
  auto const seed = hash_seed::from(5);
  for (std::size_t const size : {1, 3, 4, 7, 8, 12, 16, 17, 31, 48, 49, 96, 97, 150}) {
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      constexpr int samples = 64;
      int flips = 0;
      for (int i = 0; i < samples; ++i) {
        std::string text(size, 0);
        for (auto &c : text) c = static_cast<char>(random());
        u64 const before = hash_text(text, seed);
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
        flips += std::popcount(before ^ hash_text(text, seed));
      }
      double const share = flips / (64.0 * samples);
      ASSERT_GT(share, 0.4) << "size " << size << " bit " << bit;
      ASSERT_LT(share, 0.6) << "size " << size << " bit " << bit;
    }
  }
}

// With one folded product this fails for strides of powers of two: 261 of 1800 tables were crowded.
TEST(Hash, StructuredWordsSpreadOverBucketsAndTags) {
  struct key_set {
    std::string name;
    std::function<u64(u64)> key;
  };
  std::vector<key_set> sets;
  for (u64 k = 0; k <= 50; ++k)
    sets.push_back({"stride 2^" + std::to_string(k), [k](u64 i) { return i << k; }});
  sets.push_back({"downwards", [](u64 i) { return ~i; }});
  sets.push_back({"pointers", [](u64 i) { return 0x00007F0012340000ull + i * 48; }});
  sets.push_back({"whole doubles", [](u64 i) { return word_of(static_cast<double>(i)); }});
  sets.push_back({"thousandths", [](u64 i) { return word_of(static_cast<double>(i) / 1000); }});
  sets.push_back({"whole floats", [](u64 i) { return word_of(static_cast<float>(i)); }});
  sets.push_back({"pairs of halves", [](u64 i) { return i % 128 | (i / 128) << 32; }});
  sets.push_back({"four equal parts", [](u64 i) { return i * 0x0001000100010001ull; }});
  sets.push_back({"decimal steps", [](u64 i) { return i * 1000; }});
  sets.push_back({"spread bits", [](u64 i) {
                    u64 key = 0;
                    for (u64 b = 0; b < 14; ++b) key |= (i >> b & 1) << 4 * b;
                    return key;
                  }});
  sets.push_back({"random", [](u64 i) { return hash_seed::next(i); }});
  for (u64 s = 0; s < 12; ++s) {
    auto const seed = hash_seed::from(s);
    for (auto const &set : sets)
      expect_even(set.name + ", seed " + std::to_string(s),
                  [&](u64 i) { return hash_word(set.key(i), seed); });
  }
}

TEST(Hash, ShortStringsSpreadOverBucketsAndTags) {
  for (u64 s = 0; s < 8; ++s) {
    auto const seed = hash_seed::from(s);
    auto const name = ", seed " + std::to_string(s);
    expect_even("decimal" + name, [&](u64 i) { return hash_text(std::to_string(i), seed); });
    expect_even("prefixed" + name, [&](u64 i) {
      return hash_text("/service/region/eu-central/object/" + std::to_string(i), seed);
    });
    expect_even("lengths" + name, [&](u64 i) { return hash_text(std::string(i, 'a'), seed); });
    expect_even("three letters" + name, [&](u64 i) {
      std::array<char, 3> const text{static_cast<char>('a' + i % 26),
                                     static_cast<char>('a' + i / 26 % 26),
                                     static_cast<char>('a' + i / 676)};
      return hash_bytes(text.data(), text.size(), seed);
    });
  }
}

TEST(Hash, NoTwoOfAMillionKeysShareAWholeHash) {
  auto const seed = hash_seed::from(3);
  std::vector<u64> words;
  std::vector<u64> texts;
  for (u64 i = 0; i < 1'000'000; ++i) {
    words.push_back(hash_word(i << 20, seed));
    texts.push_back(hash_text(std::to_string(i), seed));
  }
  for (auto *const all : {&words, &texts}) {
    std::sort(all->begin(), all->end());
    EXPECT_EQ(std::adjacent_find(all->begin(), all->end()), all->end());
  }
}

TEST(Hash, EveryByteAndTheLengthCount) {
  auto const seed = hash_seed::from(9);
  std::mt19937_64 random(4);
  for (std::size_t size = 0; size <= 400; ++size) {
    // Of that exact size on the heap, so that AddressSanitizer sees a read past either end.
    auto const exact = std::make_unique<char[]>(size + 1);
    for (std::size_t i = 0; i < size; ++i) exact[i] = static_cast<char>(random());
    auto const tight = std::make_unique<char[]>(size == 0 ? 1 : size);
    std::memcpy(tight.get(), exact.get(), size);
    u64 const whole = hash_bytes(tight.get(), size, seed);
    ASSERT_NE(whole, hash_bytes(exact.get(), size + 1, seed)) << size;
    for (std::size_t i = 0; i < size; ++i) {
      tight[i] = static_cast<char>(tight[i] ^ 0x40);
      ASSERT_NE(hash_bytes(tight.get(), size, seed), whole) << size << " byte " << i;
      tight[i] = static_cast<char>(tight[i] ^ 0x40);
    }
    ASSERT_EQ(hash_bytes(tight.get(), size, seed), whole);
  }
  std::string const large(65536, 'x');
  std::string other = large;
  for (std::size_t i = 0; i < other.size(); i += 911) {
    other[i] = 'y';
    ASSERT_NE(hash_text(other, seed), hash_text(large, seed)) << i;
    other[i] = 'x';
  }
}

TEST(Hash, SwappedWordsAndRepeatedBlocksDiffer) {
  for (u64 s = 0; s < 64; ++s) {
    auto const seed = hash_seed::from(s);
    std::string const a = "abcdefghijklmnop";
    std::string const b = "ABCDEFGHIJKLMNOP";
    std::set<u64> seen;
    std::vector<std::string> const all{a + b,         b + a,         a + a,         b + b,
                                       a + b + a,     b + a + a,     a + a + b,     a + a + a,
                                       a + a + a + a, b + a + a + a, a + b + a + a, a + a + b + a,
                                       a + a + a + b};
    for (auto const &text : all) seen.insert(hash_text(text, seed));
    EXPECT_EQ(seen.size(), all.size());
    std::string const halves = a.substr(8) + a.substr(0, 8);
    EXPECT_NE(hash_text(a, seed), hash_text(halves, seed));
  }
}

// Whoever knows the seed can choose keys that crowd one bucket. Under a seed he does not know they
// spread like any others.
TEST(Hash, KeysThatCollideUnderOneSeedSpreadUnderAnother) {
  constexpr u64 low20 = (1u << 20) - 1;
  auto const known = hash_seed::from(1);
  u64 const target = hash_word(0, known) & low20;
  u64 const text_target = hash_text("0", known) & low20;
  std::vector<u64> words;
  std::vector<std::string> texts;
  for (u64 key = 0; words.size() < 30 || texts.size() < 30; ++key) {
    if (words.size() < 30 && (hash_word(key, known) & low20) == target) words.push_back(key);
    auto text = std::to_string(key);
    if (texts.size() < 30 && (hash_text(text, known) & low20) == text_target)
      texts.push_back(std::move(text));
  }
  for (u64 s = 2; s < 50; ++s) {
    auto const other = hash_seed::from(s);
    std::unordered_map<u64, unsigned> word_buckets;
    std::unordered_map<u64, unsigned> text_buckets;
    for (auto const key : words) ++word_buckets[hash_word(key, other) & low20];
    for (auto const &text : texts) ++text_buckets[hash_text(text, other) & low20];
    EXPECT_GE(word_buckets.size(), 28u) << s;
    EXPECT_GE(text_buckets.size(), 28u) << s;
  }
}

TEST(Hash, KeysAreHashedByTheirBytes) {
  auto const seed = hash_seed::from(7);
  EXPECT_EQ(seeded_hash<u64>{seed}(42), hash_word(42, seed));
  EXPECT_EQ(seeded_hash<u8>{seed}(42), hash_word(42, seed));
  EXPECT_EQ(seeded_hash<int>{seed}(-1), hash_word(0xFFFFFFFF, seed));
  struct wide_key {
    u64 first;
    u32 second;
    u32 third;
  };
  wide_key const wide{1, 2, 3};
  EXPECT_EQ(seeded_hash<wide_key>{seed}(wide),
            hash_bytes(reinterpret_cast<char const *>(&wide), sizeof wide, seed));
  static_assert(!plain_key<double> && plain_key<wide_key> && !plain_key<std::string>);
  std::string const one = "the same text";
  std::string const two = one;
  EXPECT_EQ((seeded_hash<bytes>{seed}(bytes{one.data(), one.size()})),
            (seeded_hash<bytes>{seed}(bytes{two.data(), two.size()})));
}

TEST(Bytes, AreEqualByContent) {
  std::string const one = "abc";
  std::string const two = "abcd";
  EXPECT_EQ((bytes{one.data(), 3}), (bytes{two.data(), 3}));
  EXPECT_FALSE((bytes{one.data(), 3} == bytes{two.data(), 4}));
  EXPECT_FALSE((bytes{one.data(), 2} == bytes{two.data() + 1, 2}));
  EXPECT_EQ((bytes{nullptr, 0}), (bytes{one.data(), 0}));
}
