#include "workflows/fault_alias.hpp"

#include <pawl/error.hpp>

#include <algorithm>
#include <array>

namespace pawl::workflows {

namespace {

constexpr std::array hosts = {"https://serverlessworkflow.io",
                              "https://open-workflow-specification.org"};
constexpr std::array folders = {"/spec/1.0.0/errors/", "/dsl/errors/types/"};
constexpr std::array standard = {fault_type::configuration, fault_type::validation,
                                 fault_type::expression,    fault_type::authentication,
                                 fault_type::authorization, fault_type::timeout,
                                 fault_type::communication, fault_type::runtime};

/// "communication" of any of its URIs; the text itself of any other.
std::string_view canonical(std::string_view type) noexcept {
  for (const std::string_view host : hosts)
    for (const std::string_view folder : folders)
      if (type.starts_with(host) && type.substr(host.size()).starts_with(folder)) {
        const auto last = type.substr(host.size() + folder.size());
        return std::find(standard.begin(), standard.end(), last) != standard.end() ? last : type;
      }
  return type;
}

} // namespace

bool is_same_fault_type(std::string_view a, std::string_view b) noexcept {
  return canonical(a) == canonical(b);
}

} // namespace pawl::workflows
