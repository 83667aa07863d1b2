// What pawl.json says about providers, models and aliases (DESIGN §12).
#include <pawl/names.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include "inference/catalog.hpp"
#include "inference/json_text.hpp"
#include "inference/protocol.hpp"

namespace pawl::inference {
namespace {

using names = std::vector<std::string>;

bool is_one_of(std::string_view word, const names& allowed) {
  return std::find(allowed.begin(), allowed.end(), word) != allowed.end();
}

// One step further in a JSON pointer (RFC 6901, section 3).
std::string below(const std::string& pointer, std::string_view key) {
  std::string out = pointer + "/";
  for (const char c : key)
    out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return out;
}

bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](unsigned char c) { return c > 0x20 && c != 0x7f; });
}

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// What is wrong with a base URL, never with its text in it: it may hold a password.
std::string_view base_url_problem(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://", "sim://"}) {
    if (url.substr(0, scheme.size()) != scheme)
      continue;
    const std::string_view rest = url.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find('/'));
    if (!is_plain(url) || url.find_first_of("?#") != std::string_view::npos)
      return "has a query, a fragment or white space: expected scheme, host and path only";
    if (authority.find('@') != std::string_view::npos)
      return "has a user name or password in it: secrets are given as {\"env\": \"NAME\"} under "
             "apiKey";
    if (authority.empty() && scheme != "sim://")
      return "has no host";
    return {};
  }
  return "does not begin with http://, https:// or sim://";
}

} // namespace

// Reads into a copy; the catalog takes it over when there was no mistake.
class configuration_reader {
public:
  explicit configuration_reader(const catalog& base) : out_(base) {}

  void read(const json& configuration) {
    static const names keys{"$schema", "providers", "models", "aliases"};
    if (!is_object(configuration, ""))
      return;
    check_keys(configuration, "", keys);
    read_each(configuration, "providers", &configuration_reader::read_provider);
    read_each(configuration, "models", &configuration_reader::read_model);
    read_each(configuration, "aliases", &configuration_reader::read_alias);
    check_aliases();
  }

  std::vector<error> errors;
  catalog& result() noexcept { return out_; }

private:
  void wrong(const std::string& where, std::string message, std::string hint = {}) {
    errors.emplace_back(errc::invalid_configuration, std::move(message), where, std::move(hint));
  }

  bool is_object(const json& value, const std::string& where) {
    if (value.is_object())
      return true;
    wrong(where, "expected an object, found " + std::string(kind_of(value)));
    return false;
  }

  void check_keys(const json& object, const std::string& where, const names& allowed) {
    for (const auto& [key, value] : object.items())
      if (!is_one_of(key, allowed))
        wrong(below(where, key), "key " + quote(key) + " is unknown", suggest_name(key, allowed));
  }

  using entry_reader = void (configuration_reader::*)(const std::string&, const json&,
                                                      const std::string&);
  void read_each(const json& configuration, const char* section, entry_reader read_entry) {
    const auto found = configuration.find(section);
    const std::string where = below("", section);
    if (found == configuration.end() || !is_object(*found, where))
      return;
    for (const auto& [name, value] : found->items()) {
      if (!is_plain(name))
        wrong(below(where, name), "name is empty or has white space in it");
      else
        (this->*read_entry)(name, value, below(where, name));
    }
  }

  // A member that has to be a string; empty, with the mistake noted, when it is not.
  std::string required_text(const json& object, const char* key, const std::string& where,
                            const char* expected) {
    const auto found = object.find(key);
    if (found == object.end())
      wrong(where, "\"" + std::string(key) + "\" is missing", "expected " + std::string(expected));
    else if (!found->is_string())
      wrong(below(where, key),
            "expected " + std::string(expected) + ", found " + std::string(kind_of(*found)));
    else if (!is_plain(found->get_ref<const std::string&>()))
      wrong(below(where, key), "is empty or has white space in it",
            "expected " + std::string(expected));
    else
      return found->get<std::string>();
    return {};
  }

  void read_provider(const std::string& name, const json& value, const std::string& where) {
    static const names keys{"protocol", "baseUrl", "apiKey"};
    if (name == "sim")
      return wrong(where, "provider \"sim\" is built in and cannot be configured",
                   "choose another name");
    if (name.find('/') != std::string::npos)
      return wrong(where, "provider's name has a '/' in it", "models are written provider/model");
    if (!is_object(value, where))
      return;
    check_keys(value, where, keys);
    provider p;
    p.name = name;
    p.protocol = read_protocol(value, where);
    p.base_url =
        required_text(value, "baseUrl", where, "a URL such as \"http://127.0.0.1:8080/v1\"");
    if (!p.base_url.empty())
      if (const auto problem = base_url_problem(p.base_url); !problem.empty())
        wrong(below(where, "baseUrl"), "base URL " + std::string(problem));
    while (!p.base_url.empty() && p.base_url.back() == '/')
      p.base_url.pop_back();
    if (const auto key = value.find("apiKey"); key != value.end())
      p.api_key = read_secret(*key, below(where, "apiKey"));
    out_.providers_[name] = std::move(p);
  }

  std::string read_protocol(const json& value, const std::string& where) {
    static const names known{"openai-chat", "openai-responses", "anthropic", "gemini"};
    const std::string protocol =
        required_text(value, "protocol", where, "a protocol such as \"openai-chat\"");
    if (protocol.empty() || find_protocol(protocol) != nullptr)
      return protocol;
    if (is_one_of(protocol, known))
      wrong(below(where, "protocol"),
            "protocol " + quote(protocol) + " is not supported yet by this version",
            "supported is openai-chat");
    else
      wrong(below(where, "protocol"), "protocol " + quote(protocol) + " is unknown",
            suggest_name(protocol, known));
    return protocol;
  }

  secret_ref read_secret(const json& value, const std::string& where) {
    static const names keys{"env"};
    static const std::string expected =
        "expected {\"env\": \"NAME\"}, the name of an environment variable that holds it";
    secret_ref secret;
    if (value.is_string()) {
      wrong(where,
            "a secret may not stand in the configuration itself; the text found here is not shown",
            expected);
    } else if (!value.is_object()) {
      wrong(where, "found " + std::string(kind_of(value)), expected);
    } else {
      check_keys(value, where, keys);
      const json& name = member(value, "env");
      if (name.is_string() && is_variable_name(name.get_ref<const std::string&>()))
        secret.env = name.get<std::string>();
      else
        wrong(below(where, "env"),
              "is no name of an environment variable; the text found here is not shown", expected);
    }
    return secret;
  }

  void read_model(const std::string& name, const json& value, const std::string& where) {
    static const names keys{"deployments"};
    if (!is_object(value, where))
      return;
    check_keys(value, where, keys);
    const json& list = member(value, "deployments");
    if (!list.is_array() || list.empty())
      return wrong(below(where, "deployments"), "expected a list with at least one deployment");
    std::vector<deployment> deployments;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string here = below(below(where, "deployments"), std::to_string(i));
      if (is_object(list[i], here))
        deployments.push_back(read_deployment(list[i], here));
    }
    out_.aliases_.erase(name); // what is configured now replaces what was
    out_.models_[name] = std::move(deployments);
  }

  deployment read_deployment(const json& value, const std::string& where) {
    static const names keys{"provider", "model", "capabilities", "prices", "maxOutputTokens"};
    check_keys(value, where, keys);
    deployment d;
    d.provider = required_text(value, "provider", where, "the name of a provider");
    d.model = required_text(value, "model", where, "the model's name at the provider");
    if (const auto at = out_.providers_.find(d.provider); at != out_.providers_.end()) {
      d.protocol = at->second.protocol;
      d.base_url = at->second.base_url;
      d.api_key = at->second.api_key;
    } else if (!d.provider.empty()) {
      names configured;
      for (const auto& [name, unused] : out_.providers_)
        configured.push_back(name);
      wrong(below(where, "provider"), "provider " + quote(d.provider) + " is not configured",
            suggest_name(d.provider, configured));
    }
    if (const auto capabilities = value.find("capabilities"); capabilities != value.end())
      read_capabilities(*capabilities, below(where, "capabilities"), d);
    if (const auto prices = value.find("prices"); prices != value.end())
      d.prices = read_prices(*prices, below(where, "prices"));
    if (const auto most = value.find("maxOutputTokens"); most != value.end()) {
      d.output_tokens_max = to_integer(*most);
      if (d.output_tokens_max.value_or(0) < 1)
        wrong(below(where, "maxOutputTokens"), "expected an integer of at least 1");
    }
    return d;
  }

  void read_capabilities(const json& value, const std::string& where, deployment& out) {
    static const names keys{"prefix", "resume", "stream"};
    static const names prefixes{
        "none", "assistant", "prefix-true", "partial-true", "continue-final-message", "quoted"};
    static const names resumes{"none", "responses-background", "gemini-interactions", "job",
                               "pawl"};
    if (!is_object(value, where))
      return;
    check_keys(value, where, keys);
    if (value.contains("prefix")) {
      const std::string word =
          required_text(value, "prefix", where, "a word such as \"assistant\"");
      if (const auto mode = parse_prefix_mode(word))
        out.prefix = *mode;
      else if (!word.empty())
        wrong(below(where, "prefix"), "prefix capability " + quote(word) + " is unknown",
              suggest_name(word, prefixes));
    }
    if (value.contains("resume")) {
      const std::string word = required_text(value, "resume", where, "\"none\"");
      if (!word.empty() && !is_one_of(word, resumes))
        wrong(below(where, "resume"), "resume capability " + quote(word) + " is unknown",
              suggest_name(word, resumes));
      else if (!word.empty() && word != "none")
        wrong(below(where, "resume"),
              "resume capability " + quote(word) + " is not supported yet by this version",
              "expected \"none\"");
    }
    if (const auto stream = value.find("stream"); stream != value.end()) {
      if (stream->is_boolean())
        out.stream = stream->get<bool>();
      else
        wrong(below(where, "stream"), "expected a boolean, found " + std::string(kind_of(*stream)));
    }
  }

  std::optional<price_list> read_prices(const json& value, const std::string& where) {
    static const names keys{"inputPerMillion", "cachedInputPerMillion", "cacheWritePerMillion",
                            "outputPerMillion"};
    if (!is_object(value, where))
      return std::nullopt;
    check_keys(value, where, keys);
    price_list prices;
    for (const char* key : {"inputPerMillion", "outputPerMillion"})
      if (!value.contains(key))
        wrong(where, "\"" + std::string(key) + "\" is missing", "prices need input and output");
    prices.input = read_price(value, "inputPerMillion", where).value_or(token_price());
    prices.output = read_price(value, "outputPerMillion", where).value_or(token_price());
    prices.cached_input = read_price(value, "cachedInputPerMillion", where).value_or(prices.input);
    prices.cache_write = read_price(value, "cacheWritePerMillion", where).value_or(prices.input);
    return prices;
  }

  std::optional<token_price> read_price(const json& prices, const char* key,
                                        const std::string& where) {
    static const std::string expected =
        "expected US dollars per million tokens as a decimal string such as \"0.15\"";
    const auto found = prices.find(key);
    if (found == prices.end())
      return std::nullopt;
    if (!found->is_string()) {
      const bool number = found->is_number();
      wrong(below(where, key),
            number ? "price is a JSON number, which is not exact"
                   : "price is " + std::string(kind_of(*found)),
            expected);
      return std::nullopt;
    }
    auto parsed = token_price::from_usd_per_million(found->get_ref<const std::string&>());
    if (parsed)
      return *parsed;
    wrong(below(where, key), parsed.error().message, expected);
    return std::nullopt;
  }

  void read_alias(const std::string& name, const json& value, const std::string& where) {
    if (!value.is_string())
      return wrong(where, "expected the name of a model, found " + std::string(kind_of(value)));
    if (out_.models_.count(name) > 0)
      return wrong(where, "alias " + quote(name) + " has the name of a model",
                   "choose another name");
    out_.aliases_[name] = value.get<std::string>();
    read_aliases_.push_back(name);
  }

  // Every alias leads to a model, and none back to itself.
  void check_aliases() {
    names refused;
    for (const auto& name : read_aliases_) {
      std::set<std::string> seen;
      std::string at = name;
      for (auto next = out_.aliases_.find(at);
           next != out_.aliases_.end() && seen.insert(at).second; next = out_.aliases_.find(at))
        at = next->second;
      const std::string where = below("/aliases", name);
      if (seen.count(at) > 0) {
        wrong(where, "alias " + quote(name) + " leads back to " + quote(at) + ", never to a model");
        refused.push_back(name);
      }
    }
    for (const auto& name : refused)
      out_.aliases_.erase(name);
    for (const auto& name : read_aliases_)
      if (!is_one_of(name, refused) && out_.resolve(name).empty()) {
        const std::string& target = out_.aliases_[name];
        wrong(below("/aliases", name),
              "alias " + quote(name) + " leads to " + quote(target) + ", which is no model",
              suggest_name(target, out_.model_names()));
      }
  }

  catalog out_;
  names read_aliases_;
};

std::vector<error> catalog::add(const json& configuration) {
  configuration_reader reader(*this);
  reader.read(configuration);
  if (reader.errors.empty())
    *this = std::move(reader.result());
  return std::move(reader.errors);
}

} // namespace pawl::inference
