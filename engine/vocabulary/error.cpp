#include <pawl/error.hpp>

#include <nlohmann/json.hpp>

namespace pawl {

std::string_view to_string(errc code) noexcept {
  switch (code) {
  case errc::invalid_argument: return "invalid_argument";
  case errc::invalid_definition: return "invalid_definition";
  case errc::invalid_configuration: return "invalid_configuration";
  case errc::not_found: return "not_found";
  case errc::conflict: return "conflict";
  case errc::in_use: return "in_use";
  case errc::store_failed: return "store_failed";
  case errc::format_too_new: return "format_too_new";
  case errc::corrupt: return "corrupt";
  case errc::refused: return "refused";
  case errc::io: return "io";
  case errc::cancelled: return "cancelled";
  }
  return "unknown";
}

std::string error::render() const {
  std::string text;
  if (!where.empty())
    text += where + ": ";
  text += message;
  if (!hint.empty())
    text += " (" + hint + ")";
  return text;
}

fault::fault(std::string_view t, int s, std::string ti, std::string de)
    : type(t.find(':') == std::string_view::npos ? std::string(fault_type::base) + std::string(t)
                                                 : std::string(t)),
      status(s), title(std::move(ti)), detail(std::move(de)) {}

void to_json(nlohmann::json& out, const fault& f) {
  out = nlohmann::json::object();
  out["type"] = f.type;
  out["status"] = f.status;
  if (!f.title.empty())
    out["title"] = f.title;
  if (!f.detail.empty())
    out["detail"] = f.detail;
  if (!f.instance.empty())
    out["instance"] = f.instance;
}

void from_json(const nlohmann::json& in, fault& f) {
  f.type = in.value("type", std::string());
  f.status = in.value("status", 500);
  f.title = in.value("title", std::string());
  f.detail = in.value("detail", std::string());
  f.instance = in.value("instance", std::string());
}

} // namespace pawl
