// How the simulated provider behaves.
#pragma once

#include <pawl/error.hpp>
#include <pawl/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/script.hpp"

namespace pawl::sim {

enum class text_mode : std::uint8_t {
  plain, ///< words; the same prompt gives the same text
  nonce, ///< each word carries its generation's nonce, so that text of two generations is seen to
         ///< be so
};

/// What a trailing assistant message is to the model.
enum class prefix_behaviour : std::uint8_t {
  taken,   ///< a beginning to go on from
  refused, ///< an error: 400
  ignored, ///< input like any other: the answer begins at its head
};

/// What a reader's disconnection does to the generation, and with it to the bill.
enum class disconnect_behaviour : std::uint8_t { stops, continues };

/// Which input counts as cached.
enum class cache_behaviour : std::uint8_t {
  none,
  same_prompt, ///< a prompt that was served before, without its prefix
};

struct provider_options {
  std::uint64_t seed = 1; ///< decides texts and nonces
  text_mode mode = text_mode::plain;
  duration time_to_head = duration::zero(); ///< from the request to the status line
  duration time_to_first_token = std::chrono::milliseconds(50);
  double tokens_per_second = 100; ///< of generation; 0: all at once
  int tokens_per_event = 3;       ///< at least 1
  /// An event goes out when the model is this many tokens past it (or has ended).
  int generate_ahead_tokens = 6;
  int answer_tokens_min = 20; ///< the length of an answer is drawn per prompt
  int answer_tokens_max = 60;
  prefix_behaviour prefix = prefix_behaviour::taken;
  disconnect_behaviour disconnect = disconnect_behaviour::stops;
  cache_behaviour cache = cache_behaviour::none;
  std::string api_key;             ///< not empty: other keys are refused with 401
  std::vector<std::string> models; ///< not empty: other models are refused with 404
  std::string request_id_tag;      ///< request ids are "sim-" + tag + number
  std::vector<fault_rule> faults;  ///< the first that applies to a request is used
};

/// What is wrong with the options, if anything.
std::optional<error> find_problem(const provider_options& options);

} // namespace pawl::sim
