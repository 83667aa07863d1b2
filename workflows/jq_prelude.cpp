#include "workflows/jq_prelude.hpp"

#include <array>

namespace pawl::workflows {

namespace {

struct definition {
  std::string_view name; ///< its occurrence anywhere in the text brings the definition in
  std::string_view text;
};

// "__x" keeps the builtin x reachable: within its own body, a definition of x means itself.
constexpr std::array<definition, 21> definitions{{
    // Time comes from the engine.
    {"now", "def now: $__now;"},
    // The process's environment, input, output and modules are not the expression's business.
    {"env", "def env: {};"},
    {"input", "def input: error(\"input is not available in an expression\");"},
    {"inputs", "def inputs: error(\"inputs is not available in an expression\");"},
    {"input_filename", "def input_filename: null;"},
    {"input_line_number", "def input_line_number: null;"},
    {"debug", "def debug: .;"},
    {"stderr", "def stderr: .;"},
    {"get_search_list", "def get_search_list: [];"},
    {"modulemeta", "def modulemeta: error(\"modulemeta is not available in an expression\");"},
    // Halting is how the watchdog stops a program, and jq aborts when something halts twice.
    {"halt", "def halt: error(\"halt is not available in an expression\");"},
    {"halt_error", "def halt_error: error(\"halt_error is not available in an expression\");"
                   "def halt_error(c): halt_error;"},
    // limit(0; f) yields one value in 1.6.
    {"limit", "def __limit(n; f): limit(n; f);"
              "def limit(n; f): n as $n | if $n <= 0 then empty else __limit($n; f) end;"},
    // Looking for an empty text never ends in 1.6, inside one builtin that cannot be halted.
    {"_strindices",
     "def __strindices(i): _strindices(i);"
     "def _strindices(i): i as $i | if $i == \"\" then [] else __strindices($i) end;"},
    {"indices", "def __indices(i): indices(i);"
                "def indices(i): i as $i |"
                " if $i == \"\" and type == \"string\" then [] else __indices($i) end;"},
    {"index", "def __index(i): index(i);"
              "def index(i): i as $i |"
              " if $i == \"\" and type == \"string\" then null else __index($i) end;"},
    {"rindex", "def __rindex(i): rindex(i);"
               "def rindex(i): i as $i |"
               " if $i == \"\" and type == \"string\" then null else __rindex($i) end;"},
    // 1.6 aborts on a format that is no text and on a time that has no year.
    {"strf", "def __strftime(f): strftime(f);"
             "def strftime(f): f as $f | if ($f | type) != \"string\" then"
             " error(\"strftime/1 requires a string format\")"
             " elif type == \"number\" and (. >= -6e16 and . <= 6e16 | not) then"
             " error(\"time is out of range\") else __strftime($f) end;"},
    {"date", "def todateiso8601:"
             " if type == \"number\" and (. >= -6e16 and . <= 6e16 | not) then"
             " error(\"time is out of range\") else strftime(\"%Y-%m-%dT%H:%M:%SZ\") end;"
             "def todate: todateiso8601; def date: todate;"},
    // The host's time zone would make results differ between hosts.
    {"localtime", "def localtime: gmtime;"},
    {"strflocaltime", "def strflocaltime(f): strftime(f);"},
}};

} // namespace

std::string jq_prelude(std::string_view expression) {
  std::string prelude;
  for (const auto& d : definitions)
    if (expression.find(d.name) != std::string_view::npos)
      prelude.append(d.text);
  return prelude;
}

} // namespace pawl::workflows
