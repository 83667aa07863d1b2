// One call against a provider that is spoiled on order, and what everybody says of it afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/integration/rig.hpp"

namespace pawl::testing {

/// What one token costs at the test's provider, in nano-dollars.
inline constexpr std::int64_t input_nano_usd = 1000, output_nano_usd = 2000;
/// The provider sends this many tokens with an event.
inline constexpr std::int64_t tokens_per_event = 3;
/// What the model says: eight events.
extern const std::string whole_text;

/// Of desk/plain nobody takes a partial answer; desk/prefix is continued.
enum class model_kind { prefix, plain };

struct asked {
  model_kind model = model_kind::prefix;
  std::string on_interrupt = "restart";
  nlohmann::json timeout = nlohmann::json::object();
};

/// What came of a run, as its user, its ledger and its provider say.
struct told {
  exit_status status = -1;
  nlohmann::json result; ///< stdout with --json
  std::string err;
  std::vector<nlohmann::json> ledger; ///< in the order of the attempts
  std::vector<nlohmann::json> bill;   ///< in the order of the requests
};

/// Writes configuration and definition into the rig's folder; gives the words of `pawl run`.
std::vector<std::string> ask_command(const rig& r, int port, const asked& what);
/// The run's end, and its ledger; the bill is the caller's to add.
told read_end(const rig& r, process& engine);
std::vector<nlohmann::json> bill_rows(int port);
/// Rules become --fault arguments; the provider generates 200 tokens a second.
std::vector<std::string> fault_words(const std::vector<std::string>& rules);

/// Settled rows equal the bill; what the provider charges for an unknown row lies within its
/// bounds. `matched`: for each row the index of its request, or -1 where none came to the provider.
void expect_money(const told& all, const std::vector<int>& matched);

/// Of the words that had been logged, how many a later request generated again.
std::int64_t words_bought_again(const told& all, const std::vector<int>& matched);

} // namespace pawl::testing
