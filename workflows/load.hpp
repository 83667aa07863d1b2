// From the text of a workflow document to a definition that can run, or to everything that is wrong
// with it.
#pragma once

#include <pawl/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/expression.hpp"
#include "workflows/model.hpp"

namespace pawl::workflows {

struct load_options {
  /// Compiles the document's expressions; give the one that will evaluate them, so that each is
  /// compiled once. nullptr: a temporary one.
  expressions* compiler = nullptr;
  /// The keys that `with` of `call: inference` may have. Empty: any.
  std::vector<std::string> inference_keys;
};

/// A definition, or problems: exactly one of the two is empty.
struct loaded {
  std::shared_ptr<const definition> what;
  /// Every mistake found, in the order of the document, each of errc::invalid_definition. `where`
  /// is "SOURCE:LINE:COLUMN /json/pointer" (without LINE:COLUMN when there was no text), `hint`
  /// what to write instead.
  std::vector<error> problems;
};

/// Loads a JSON document. `source` names it in error texts (a file name); may be empty.
/// What the DSL has and this version does not is refused by name. Any bytes are safe to pass.
loaded load_definition(std::string_view text, std::string_view source,
                       const load_options& options = {});

/// The same from parsed JSON: without lines and columns, and without a check for duplicate keys.
loaded load_parsed_definition(json document, std::string_view source,
                              const load_options& options = {});

} // namespace pawl::workflows
