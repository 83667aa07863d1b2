// The catalog: which models there are, where they can be had, what they can do and cost.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/usage.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::inference {

/// How a partial answer is handed back (DESIGN §12 names them).
enum class prefix_mode : std::uint8_t {
  none,
  assistant,
  prefix_true,
  partial_true,
  continue_final_message,
  quoted
};
/// "none", "assistant", "prefix-true", "partial-true", "continue-final-message", "quoted".
std::string_view to_string(prefix_mode m) noexcept;
/// Inverse of to_string.
std::optional<prefix_mode> parse_prefix_mode(std::string_view name) noexcept;

/// A reference to a secret; its value is read at dispatch and never stored.
struct secret_ref {
  std::string env; ///< name of an environment variable; empty: no secret
};

struct price_list {
  token_price input, cached_input, cache_write, output;
  bool operator==(const price_list&) const = default;
};

struct provider {
  std::string name;
  std::string protocol; ///< a name find_protocol knows
  std::string base_url; ///< without a trailing '/'
  secret_ref api_key;
};

/// One place a model can be had.
struct deployment {
  std::string provider;
  std::string protocol;
  std::string base_url;
  secret_ref api_key;
  std::string model; ///< its name at the provider
  prefix_mode prefix = prefix_mode::none;
  bool stream = true;
  std::optional<price_list> prices;
  std::optional<std::int64_t> output_tokens_max; ///< what the model never exceeds
  [[nodiscard]] std::string name() const { return provider + "/" + model; }
};

class catalog {
public:
  /// The built-in catalog: the in-process simulated provider `sim` (base URL "sim:///v1", no key)
  /// and its models. Priced and with prefix `assistant`: sim/small, sim/medium, sim/large;
  /// sim/refuses-prefix, whose provider refuses what the catalog promises; with prefix `none`:
  /// sim/no-prefix. Any other sim/NAME has prefix `assistant` and no price.
  catalog();

  /// Adds what a parsed pawl.json says under `providers`, `models` and `aliases`. Every mistake is
  /// named (invalid_configuration) with its JSON pointer in `where`; what stands under apiKey and
  /// baseUrl is never printed. With errors, nothing is added. Other members (but "$schema") are
  /// errors. An entry replaces one of the same name; the provider `sim` cannot be replaced.
  std::vector<error> add(const json& configuration);

  /// Deployments of a model (alias, entry, or "provider/model" of a configured provider) in order;
  /// empty: unknown model.
  [[nodiscard]] std::vector<deployment> resolve(const std::string& model) const;
  /// Names for messages: "did you mean".
  [[nodiscard]] std::vector<std::string> model_names() const;

private:
  friend class configuration_reader;
  std::map<std::string, provider> providers_;
  std::map<std::string, std::vector<deployment>> models_;
  std::map<std::string, std::string> aliases_;
};

/// Exact, rounded up once: cached_input and cache_write are parts of input with prices of their
/// own.
nano_usd cost_of(const usage& tokens, const price_list& prices);

/// The least and the most an attempt may have cost, when no usage was reported.
/// `output_deltas`: logged deltas with output, each at least a token. No maximum of output, or no
/// prices: no upper bound.
struct bounds_input {
  std::int64_t input_tokens_max = 0;
  std::int64_t output_deltas = 0;
  std::optional<std::int64_t> output_tokens_max;
  std::int64_t choices = 1;
};
cost_bounds bounds_of(const bounds_input& known, const std::optional<price_list>& prices);

} // namespace pawl::inference
