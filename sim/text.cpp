#include "sim/text.hpp"

#include <pawl/random.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace pawl::sim {

namespace {

// Some words have characters of two, three and four bytes, so that a cut at a byte is not always a
// cut at a character.
constexpr std::array<std::string_view, 64> vocabulary = {
    "amber",   "anchor", "autumn",  "basket",  "beacon",  "bridge", "bronze",  "candle",
    "canyon",  "cedar",  "clover",  "copper",  "coral",   "delta",  "ember",   "falcon",
    "feather", "forest", "garden",  "ginger",  "glacier", "harbor", "hazel",   "island",
    "ivory",   "jasper", "kettle",  "lantern", "maple",   "marble", "meadow",  "mirror",
    "nectar",  "oak",    "olive",   "orchard", "pebble",  "pepper", "quartz",  "quill",
    "raven",   "river",  "saffron", "silver",  "spruce",  "stone",  "thistle", "timber",
    "umber",   "velvet", "willow",  "winter",  "yarrow",  "zephyr", "grün",    "crème",
    "señal",   "måne",   "öster",   "река",    "λίμνη",   "山川",   "東風",    "🌿",
};

constexpr std::string_view tag_mark = "\xC2\xB7"; // U+00B7, middle dot
constexpr std::size_t piece_bytes_max = 8;

bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool is_nonce_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_utf8_boundary(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// The nonce characters that follow a mark at `at`, at most nonce_size.
std::string_view tag_at(std::string_view text, std::size_t at) {
  std::size_t end = at + tag_mark.size();
  while (end < text.size() && end < at + tag_mark.size() + nonce_size && is_nonce_char(text[end]))
    ++end;
  return text.substr(at + tag_mark.size(), end - at - tag_mark.size());
}

template <class Visit>
void for_each_word(std::string_view text, Visit visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && is_space(text[at]))
      ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_space(text[at]))
      ++at;
    if (at > begin)
      visit(text.substr(begin, at - begin));
  }
}

} // namespace

std::uint64_t hash_of(std::uint64_t seed, std::string_view bytes) noexcept {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (int i = 0; i < 8; ++i)
    h = (h ^ ((seed >> (8 * i)) & 0xff)) * 0x100000001b3ULL;
  for (const char c : bytes)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

token_list draw_words(std::uint64_t key, std::size_t count) {
  seeded_random source(key);
  token_list tokens;
  tokens.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string token = i == 0 ? "" : " ";
    token += vocabulary[draw_below(source, vocabulary.size())];
    tokens.push_back(std::move(token));
  }
  return tokens;
}

token_list tokenise(std::string_view text) {
  token_list tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && is_space(text[end]))
      ++end;
    const std::size_t word = end;
    while (end < text.size() && !is_space(text[end]) &&
           (end - word < piece_bytes_max || !is_utf8_boundary(text[end])))
      ++end;
    tokens.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

std::string concatenate(const token_list& tokens) {
  std::string text;
  for (const auto& token : tokens)
    text += token;
  return text;
}

std::size_t count_prompt_tokens(std::string_view text) noexcept {
  std::size_t count = 0;
  for_each_word(text, [&](std::string_view word) { count += (word.size() + 3) / 4; });
  return count == 0 && !text.empty() ? 1 : count;
}

std::string draw_nonce(std::uint64_t seed, std::uint64_t ordinal) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz0123456789";
  // A bijection of the ordinal modulo 36^4 (the factor is coprime to 36), so that no two of 1.6
  // million generations share a nonce.
  constexpr std::uint64_t nonces = 36ULL * 36 * 36 * 36;
  std::uint64_t value = (ordinal * 1'000'003ULL + hash_of(seed, "nonce") % nonces) % nonces;
  std::string nonce;
  for (std::size_t i = 0; i < nonce_size; ++i) {
    nonce += digits[value % digits.size()];
    value /= digits.size();
  }
  return nonce;
}

token_list tag_words(token_list words, std::string_view nonce) {
  for (auto& word : words) {
    word += tag_mark;
    word += nonce;
  }
  return words;
}

std::string nonce_of_prefix(std::string_view prefix, const std::string& fresh) {
  for (std::size_t at = prefix.find(tag_mark); at != std::string_view::npos;
       at = prefix.find(tag_mark, at + 1)) {
    const auto tag = tag_at(prefix, at);
    if (tag.size() == nonce_size)
      return std::string(tag);
    if (at + tag_mark.size() + tag.size() == prefix.size())
      return std::string(tag) + fresh.substr(tag.size());
  }
  return fresh;
}

bool coherent(std::string_view text) {
  std::optional<std::string_view> nonce;
  bool one = true;
  for_each_word(text, [&](std::string_view word) {
    const auto at = word.find(tag_mark);
    const auto tag = at == std::string_view::npos ? std::string_view() : tag_at(word, at);
    const bool whole =
        tag.size() == nonce_size && at + tag_mark.size() + nonce_size == word.size() && at > 0;
    one = one && whole && (!nonce || *nonce == tag);
    nonce = tag;
  });
  return one;
}

std::string strip_nonces(std::string_view text) {
  std::string plain;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto mark = text.find(tag_mark, at);
    if (mark == std::string_view::npos)
      break;
    const auto tag = tag_at(text, mark);
    plain += text.substr(at, mark - at);
    at = mark + tag_mark.size() + tag.size();
    if (tag.size() != nonce_size)
      plain += text.substr(mark, at - mark);
  }
  plain += text.substr(std::min(at, text.size()));
  return plain;
}

std::size_t joined_bytes(std::string_view prefix, std::string_view whole) {
  if (whole.empty())
    return 0;
  // Knuth, Morris, Pratt: border[i] is the longest proper head of whole[0..i] that is also its end.
  std::vector<std::size_t> border(whole.size(), 0);
  for (std::size_t i = 1, k = 0; i < whole.size(); ++i) {
    while (k > 0 && whole[i] != whole[k])
      k = border[k - 1];
    if (whole[i] == whole[k])
      ++k;
    border[i] = k;
  }
  std::size_t matched = 0;
  for (const char c : prefix) {
    if (matched == whole.size())
      matched = border[matched - 1];
    while (matched > 0 && c != whole[matched])
      matched = border[matched - 1];
    if (c == whole[matched])
      ++matched;
  }
  return matched;
}

rest_of_text continue_after(std::string_view prefix, const token_list& whole) {
  const std::size_t joined = joined_bytes(prefix, concatenate(whole));
  rest_of_text rest;
  std::size_t at = 0;
  for (const auto& token : whole) {
    const std::size_t end = at + token.size();
    if (end <= joined)
      ++rest.prefix_tokens;
    else
      rest.tokens.push_back(at < joined ? token.substr(joined - at) : token);
    at = end;
  }
  if (joined == 0 && !prefix.empty() && !is_space(prefix.back()) && !rest.tokens.empty())
    rest.tokens.front().insert(0, " ");
  return rest;
}

} // namespace pawl::sim
