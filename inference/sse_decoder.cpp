#include "inference/sse_decoder.hpp"

#include <algorithm>
#include <utility>

namespace pawl::inference {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

} // namespace

result<void> sse_decoder::feed(std::string_view bytes, const visitor& visit) {
  if (failure_)
    return *failure_;
  skip_byte_order_mark(bytes);
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto found =
        std::find_if(bytes.begin(), bytes.end(), [](char c) { return c == '\n' || c == '\r'; });
    const auto part = bytes.substr(0, static_cast<std::size_t>(found - bytes.begin()));
    if (data_.size() + line_.size() + part.size() > event_bytes_max_) {
      failure_ = error(errc::refused, "server-sent event is larger than " +
                                          std::to_string(event_bytes_max_) + " bytes");
      return *failure_;
    }
    if (part.size() == bytes.size()) {
      line_.append(part);
      break;
    }
    after_cr_ = bytes[part.size()] == '\r';
    bytes.remove_prefix(part.size() + 1);
    if (line_.empty()) {
      end_line(part, visit);
    } else {
      line_.append(part);
      const std::string line = std::exchange(line_, {});
      end_line(line, visit);
    }
  }
  return {};
}

void sse_decoder::skip_byte_order_mark(std::string_view& bytes) {
  while (mark_bytes_ < byte_order_mark.size() && !bytes.empty()) {
    if (bytes.front() != byte_order_mark[mark_bytes_]) {
      line_ = byte_order_mark.substr(0, mark_bytes_); // it was the beginning of a line after all
      mark_bytes_ = byte_order_mark.size();
      return;
    }
    ++mark_bytes_;
    bytes.remove_prefix(1);
  }
}

void sse_decoder::end_line(std::string_view line, const visitor& visit) {
  if (line.empty())
    return dispatch(visit);
  const auto colon = line.find(':');
  if (colon == 0)
    return; // a comment
  if (colon == std::string_view::npos)
    return take_field(line, {});
  auto value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ')
    value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void sse_decoder::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_)
      data_.push_back('\n');
    data_.append(value);
    has_data_ = true;
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos)
      id_ = value;
  } else if (name == "retry") {
    // 9 digits are 11 days; a longer wait is no wait that anybody meant.
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && !value.empty() && value.size() <= 9)
      retry_ = std::chrono::milliseconds(std::stol(std::string(value)));
  }
}

void sse_decoder::dispatch(const visitor& visit) {
  sse_event out{std::exchange(event_, {}), std::exchange(data_, {}), id_};
  if (!std::exchange(has_data_, false))
    return;
  ++events_;
  visit(std::move(out));
}

} // namespace pawl::inference
