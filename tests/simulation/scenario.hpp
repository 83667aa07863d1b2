// Scenarios: what a definition, its input and a provider's behaviour must come to. Read from
// tests/scenarios/*.json.
//
// A file is an array of objects:
//
//   name      one line, unique
//   do        the definition's task list (document, use, ... come from `definition` when more is
//   needed) definition  a whole document, instead of `do`; or the name of a file in examples/ use,
//   timeout, output, input_from ...  further top-level members of the document, under "with" input
//   the run's input (default null) provider  {"faults": ["drop:3@small#1", ...], "prefix":
//   "taken|refused|ignored", "tokensPerEvent": n,
//             "nonce": true (each generation's words carry a tag; every text of the output must
//             have one tag)}
//   models    configuration merged into pawl.json's "models"/"aliases"/"providers"
//   expect    {"status": "completed|faulted|cancelled", "output": value}
//             or "outputs": [value, ...] (each is legal: races), or "outputHas": object whose
//             members must be equal, or "fault": object whose members must be equal
//   tasks     task names in the order in which they complete, undisturbed (optional)
//   calls     generations that the provider begins, undisturbed (optional)
//   seconds   virtual seconds that the run takes at the least, undisturbed (optional)
//   restarts  true: the ladder may have to buy again in this scenario (no prefix, several choices,
//   ...)
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/run.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/options.hpp"

namespace pawl::simulation {

struct expectation {
  run_status status = run_status::completed;
  std::vector<json> outputs; // any of these; empty: not compared
  json output_has;           // null: not compared
  json fault_has;            // null: not compared
};

struct scenario {
  std::string name;
  std::string file;
  std::string definition; // document text
  json input;
  json configuration; // null: built-in catalog only
  sim::provider_options provider;
  expectation expect;
  std::vector<std::string> tasks;
  std::optional<int> calls;
  std::optional<double> seconds;
  bool restarts = false;
};

/// All scenarios of a folder, in the order of files and entries. A mistake in a file is reported as
/// an exception that names it.
std::vector<scenario> load_scenarios(const std::filesystem::path& folder,
                                     const std::filesystem::path& examples);

/// Whether the end of a run is legal; empty: yes, else what is wrong.
std::string judge(const expectation& expected, const run_info& run);

} // namespace pawl::simulation
