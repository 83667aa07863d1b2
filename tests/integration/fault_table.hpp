// The table of faults: what is done to one call, and what must come of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/integration/fault_rig.hpp"

namespace pawl::testing {

inline constexpr const char* communication =
    "https://serverlessworkflow.io/spec/1.0.0/errors/communication";
inline constexpr const char* timed_out = "https://serverlessworkflow.io/spec/1.0.0/errors/timeout";
inline constexpr const char* interrupted = "urn:pawl:error:interrupted";

/// What stderr says at a seam.
inline constexpr const char* goes_on = "the stream broke; going on where it ended";
inline constexpr const char* begins_again =
    "the stream broke; the text so far is void, asking again";

/// What the user sees: the whole text, or a fault.
struct seen {
  std::string type; ///< empty: the whole text
  int status = 0;
};

struct fault_case {
  std::string name;
  std::vector<std::string> rules; ///< of `pawl sim --fault`
  asked what;
  seen expected;
  /// Each as its ledger row and its request say it: "KIND STATE ENDING, ENDING OF THE REQUEST",
  /// with "none" where no request came to the provider.
  std::vector<std::string> attempts;
  std::vector<std::string> told_on_stderr = {};
  std::chrono::milliseconds pause_min{0}; ///< between the first request and the second
  std::int64_t words_again_max = 0;       ///< of a case without a restart
};
void PrintTo(const fault_case& c, std::ostream* out);

std::vector<fault_case> faults_before_the_first_event();
std::vector<fault_case> faults_with_a_prefix();
std::vector<fault_case> faults_without_a_prefix();

// What is asked, in words: patient(no_restart(plain()), "betweenEvents").
asked prefix();
asked plain();
asked no_restart(asked what);
/// One of the request's timeouts at 700 ms.
asked patient(asked what, const char* which);

} // namespace pawl::testing
