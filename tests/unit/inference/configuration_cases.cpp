#include "tests/unit/inference/configuration_cases.hpp"

namespace pawl::inference {

const char* const example_configuration = R"({
  "providers": {
    "local": { "protocol": "openai-chat", "baseUrl": "http://127.0.0.1:8080/v1",
      "apiKey": { "env": "LOCAL_API_KEY" } }
  },
  "models": {
    "local/small": { "deployments": [ {
      "provider": "local", "model": "small-1",
      "capabilities": { "prefix": "assistant" },
      "prices": { "inputPerMillion": "0.15", "cachedInputPerMillion": "0.075",
      "outputPerMillion": "0.60" } } ] }
  },
  "aliases": { "fast": "local/small" }
})";

const char* const rich_configuration = R"({"$schema": "x",
    "providers": {"p": {"protocol": "openai-chat", "baseUrl": "https://example.com/v1//"},
                  "q": {"protocol": "openai-chat", "baseUrl": "sim:///other",
                  "apiKey": {"env": "Q_KEY"}}},
    "models": {"m": {"deployments": [
      {"provider": "p", "model": "a", "maxOutputTokens": 100, "capabilities": {"stream": false,
      "resume": "none"},
       "prices": {"inputPerMillion": "1", "cacheWritePerMillion": "1.25", "outputPerMillion": "2"}},
      {"provider": "q", "model": "b", "capabilities": {"prefix": "continue-final-message"}}]}},
    "aliases": {"one": "two", "two": "m", "three": "q/x"}})";

const std::vector<configuration_mistake>& configuration_mistakes() {
  static const std::string first = "/models/local~1small/deployments/0";
  static const std::vector<configuration_mistake> all{
      {mistake_kind::shape, "/modells", "{}", "/modells", "did you mean \"models\"?"},
      {mistake_kind::shape, "/providers", "[]", "/providers", "expected an object, found an array"},
      {mistake_kind::shape, "/providers/local/baseURL", "\"x\"", "/providers/local/baseURL",
       "did you mean \"baseUrl\"?"},
      {mistake_kind::shape, "/providers/local/protocol", "\"openai-caht\"",
       "/providers/local/protocol", "did you mean \"openai-chat\"?"},
      {mistake_kind::meaning, "/providers/local/protocol", "\"anthropic\"",
       "/providers/local/protocol", "not supported yet by this version"},
      {mistake_kind::shape, "/providers/local/protocol", "5", "/providers/local/protocol",
       "found a number"},
      {mistake_kind::shape, "/providers/local/baseUrl", "\"127.0.0.1:80\"",
       "/providers/local/baseUrl", "does not begin with http://"},
      {mistake_kind::shape, "/providers/local/baseUrl", "\"ftp://x\"", "/providers/local/baseUrl",
       "does not begin with http://"},
      {mistake_kind::shape, "/providers/local/baseUrl", "\"http://\"", "/providers/local/baseUrl",
       "has no host"},
      {mistake_kind::shape, "/providers/local/baseUrl", "\"https://me:hunter2@x/v1\"",
       "/providers/local/baseUrl", "user name or password"},
      {mistake_kind::shape, "/providers/local/baseUrl", "\"https://x/v1?key=hunter2\"",
       "/providers/local/baseUrl", "has a query"},
      {mistake_kind::shape, "/providers/local/apiKey", "\"hunter2\"", "/providers/local/apiKey",
       "may not stand in the configuration"},
      {mistake_kind::shape, "/providers/local/apiKey", "{\"env\": \"hunter2!\"}",
       "/providers/local/apiKey/env", "is no name of an environment variable"},
      {mistake_kind::shape, "/providers/local/apiKey", "{}", "/providers/local/apiKey/env",
       "is no name of an environment variable"},
      {mistake_kind::shape, "/providers/local/apiKey", "[\"hunter2\"]", "/providers/local/apiKey",
       "found an array"},
      {mistake_kind::shape, "/providers/sim", "{}", "/providers/sim", "is built in"},
      {mistake_kind::shape, "/providers/a~1b", "{}", "/providers/a~1b", "has a '/' in it"},
      {mistake_kind::shape, "/models/x y", "{}", "/models/x y", "white space"},
      {mistake_kind::shape, "/models/x", "{\"deployments\": []}", "/models/x/deployments",
       "at least one deployment"},
      {mistake_kind::shape, "/models/x", "{}", "/models/x/deployments", "at least one deployment"},
      {mistake_kind::meaning, first + "/provider", "\"locl\"", first + "/provider",
       "did you mean \"local\"?"},
      {mistake_kind::shape, first + "/model", "\"\"", first + "/model", "is empty"},
      {mistake_kind::shape, first + "/capabilities/prefix", "\"asistant\"",
       first + "/capabilities/prefix", "did you mean \"assistant\"?"},
      {mistake_kind::shape, first + "/capabilities/prefix", "true", first + "/capabilities/prefix",
       "found a boolean"},
      {mistake_kind::meaning, first + "/capabilities/resume", "\"job\"",
       first + "/capabilities/resume", "not supported yet by this version"},
      {mistake_kind::shape, first + "/capabilities/resume", "\"jobs\"",
       first + "/capabilities/resume", "did you mean \"job\"?"},
      {mistake_kind::shape, first + "/capabilities/prefixes", "\"none\"",
       first + "/capabilities/prefixes", "did you mean \"prefix\"?"},
      {mistake_kind::shape, first + "/capabilities/stream", "\"no\"",
       first + "/capabilities/stream", "expected a boolean"},
      {mistake_kind::shape, first + "/prices/inputPerMillion", "0.15",
       first + "/prices/inputPerMillion", "a JSON number, which is not exact"},
      {mistake_kind::shape, first + "/prices/inputPerMillion", "\"1e-6\"",
       first + "/prices/inputPerMillion", "decimal string"},
      {mistake_kind::shape, first + "/prices/inputPerMillion", "\"-1\"",
       first + "/prices/inputPerMillion", "decimal string"},
      {mistake_kind::shape, first + "/prices/inputPerMilion", "\"1\"",
       first + "/prices/inputPerMilion", "did you mean \"inputPerMillion\"?"},
      {mistake_kind::shape, first + "/prices", "{\"outputPerMillion\": \"1\"}", first + "/prices",
       "\"inputPerMillion\" is missing"},
      {mistake_kind::shape, first + "/maxOutputTokens", "0", first + "/maxOutputTokens",
       "an integer of at least 1"},
      {mistake_kind::shape, first + "/maxTokens", "5", first + "/maxTokens",
       "key \"maxTokens\" is unknown"},
      {mistake_kind::shape, "/aliases/fast", "5", "/aliases/fast", "expected the name of a model"},
      {mistake_kind::meaning, "/aliases/fast", "\"local\"", "/aliases/fast", "which is no model"},
      {mistake_kind::meaning, "/aliases/fast", "\"fast\"", "/aliases/fast",
       "leads back to \"fast\""},
      {mistake_kind::meaning, "/aliases/fast", "\"sim/smal\"", "", ""},
      {mistake_kind::meaning, "/aliases/local~1small", "\"sim/small\"", "/aliases/local~1small",
       "has the name of a model"},
  };
  return all;
}

json apply(const configuration_mistake& mistake) {
  json configuration = json::parse(example_configuration);
  configuration[json::json_pointer(mistake.pointer)] = json::parse(mistake.patch);
  if (mistake.pointer == "/providers") { // the model needs its provider
    configuration.erase("models");
    configuration.erase("aliases");
  }
  return configuration;
}

} // namespace pawl::inference
