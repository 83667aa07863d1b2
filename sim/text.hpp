// What the simulated model says, as tokens: words drawn from a vocabulary, tags that show of which
// generation a word is, and the place where a partial answer joins the whole one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::sim {

/// Tokens of an answer. Their concatenation is its text; each ends at a UTF-8 boundary.
using token_list = std::vector<std::string>;

/// A number from 0 to 2^64-1 that the same arguments give on every machine (FNV-1a).
std::uint64_t hash_of(std::uint64_t seed, std::string_view bytes) noexcept;

/// `count` words that `key` decides, each a token with the space before it.
token_list draw_words(std::uint64_t key, std::size_t count);

/// A given text as tokens: words with the white space before them, long words in pieces of at most
/// 8 bytes.
token_list tokenise(std::string_view text);

std::string concatenate(const token_list& tokens);

/// The size of a prompt text: each word counts one token per 4 bytes begun. A text that is not
/// empty has at least one token and never more tokens than bytes.
std::size_t count_prompt_tokens(std::string_view text) noexcept;

// Nonces: "word·k3f9" is a word of the generation k3f9.

/// Characters of [a-z0-9] in a nonce.
inline constexpr std::size_t nonce_size = 4;

/// The nonce of the `ordinal`-th generation.
std::string draw_nonce(std::uint64_t seed, std::uint64_t ordinal);
/// Every word with its tag.
token_list tag_words(token_list words, std::string_view nonce);
/// The nonce that a partial answer began with. Where it was cut within its first tag, `fresh`
/// supplies the missing characters; where it has no tag yet, the result is `fresh`.
std::string nonce_of_prefix(std::string_view prefix, const std::string& fresh);
/// Whether all words of a finished text carry one and the same tag: text of two generations does
/// not. Empty: true.
bool coherent(std::string_view text);
/// The text without its tags.
std::string strip_nonces(std::string_view text);

// Continuation.

/// How many bytes at the head of `whole` the end of `prefix` already says: the length of the
/// longest suffix of `prefix` that is a head of `whole`. All of `prefix` if it is itself a head.
std::size_t joined_bytes(std::string_view prefix, std::string_view whole);

/// What remains to be said after a partial answer.
struct rest_of_text {
  token_list tokens;             ///< a token that was cut within begins with its remainder
  std::size_t prefix_tokens = 0; ///< tokens of the whole that the prefix holds completely
};

/// A prefix that is a head of the whole is followed by exactly the rest. A prefix that ends in a
/// head of the whole (an author's own beginning, and what was generated after it) joins there; any
/// other is followed by the whole text.
rest_of_text continue_after(std::string_view prefix, const token_list& whole);

} // namespace pawl::sim
