#include <pawl/path.hpp>

namespace pawl {

std::string path::key() const {
  std::string key;
  key.reserve(text_.size());
  bool in_lap = false;
  for (const char c : text_) {
    if (c == '/')
      in_lap = false;
    else if (c == '~')
      in_lap = true;
    if (!in_lap)
      key += c;
  }
  return key;
}

path path::child(std::string_view segment) const {
  std::string text = text_;
  text += '/';
  text += segment;
  return path(std::move(text));
}

path path::with_lap(std::uint32_t lap) const {
  const auto slash = text_.rfind('/');
  const auto tilde = text_.find('~', slash == std::string::npos ? 0 : slash);
  std::string text = text_.substr(0, tilde);
  if (lap > 0)
    text += "~" + std::to_string(lap);
  return path(std::move(text));
}

std::string_view path::name() const noexcept {
  std::string_view last = text_;
  if (const auto slash = last.rfind('/'); slash != std::string_view::npos)
    last.remove_prefix(slash + 1);
  return last.substr(0, last.find('~'));
}

} // namespace pawl
