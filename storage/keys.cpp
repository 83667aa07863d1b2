#include "storage/keys.hpp"

namespace pawl::storage::keys {

namespace {

constexpr std::size_t tag_bytes = 2;
constexpr std::size_t number_bytes = 8;
// Times before 1970 are negative: with the sign bit turned over they sort before the others.
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

void append_number(std::string& to, std::uint64_t n, std::size_t bytes = number_bytes) {
  for (std::size_t i = bytes; i-- > 0;)
    to.push_back(static_cast<char>((n >> (8 * i)) & 0xff));
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t n = 0;
  for (char c : bytes)
    n = (n << 8) | static_cast<unsigned char>(c);
  return n;
}

std::string plain(std::string_view tag, std::string_view id) {
  std::string key(tag);
  key += id;
  return key;
}

std::string listed(std::string_view tag, std::string_view id, std::uint64_t number) {
  std::string key = list_prefix(tag, id);
  append_number(key, number);
  return key;
}

} // namespace

std::string format() {
  return std::string(table::format);
}

std::string run_start(const run_id& id) {
  return plain(table::run_start, id.str());
}
std::string run_state(const run_id& id) {
  return plain(table::run_state, id.str());
}
std::string run_epoch(const run_id& id) {
  return plain(table::run_epoch, id.str());
}
std::string run_counters(const run_id& id) {
  return plain(table::run_counters, id.str());
}
std::string run_awake(const run_id& id) {
  return plain(table::run_awake, id.str());
}

std::string run_journal(const run_id& id, std::string_view path_key) {
  std::string key = list_prefix(table::run_journal, id.str());
  key += path_key;
  return key;
}

std::string run_history(const run_id& id, std::uint64_t number) {
  return listed(table::run_history, id.str(), number);
}

std::string inbox(const run_id& id, std::uint64_t number) {
  return listed(table::inbox, id.str(), number);
}

std::string inbox_tail(const run_id& id) {
  return plain(table::inbox_tail, id.str());
}

std::string outbox(const run_id& id, std::uint64_t number) {
  return listed(table::outbox, id.str(), number);
}

std::string wake(time_point due, const run_id& id) {
  std::string key = wake_bound(due);
  key += id.str();
  return key;
}

std::string definition(const digest& id) {
  return plain(table::definition, id.str());
}

std::string call(const call_id& id) {
  return plain(table::call, id.str());
}
std::string call_open(const call_id& id) {
  return plain(table::call_open, id.str());
}

std::string call_event(const call_id& id, std::uint64_t number) {
  return listed(table::call_event, id.str(), number);
}

std::string ledger_row(const call_id& id, std::uint32_t attempt) {
  return listed(table::ledger_row, id.str(), attempt);
}

std::string list_prefix(std::string_view tag, std::string_view id) {
  std::string key = plain(tag, id);
  key.push_back('\0');
  return key;
}

std::string wake_bound(time_point due) {
  std::string key(table::wake);
  append_number(key, static_cast<std::uint64_t>(due.time_since_epoch().count()) ^ sign_bit);
  return key;
}

std::optional<std::string> id_of(std::string_view tag, std::string_view key) {
  if (!key.starts_with(tag) || key.size() <= tag_bytes)
    return std::nullopt;
  return std::string(key.substr(tag_bytes));
}

std::optional<numbered> numbered_of(std::string_view tag, std::string_view key) {
  if (!key.starts_with(tag) || key.size() < tag_bytes + 1 + number_bytes)
    return std::nullopt;
  const std::size_t zero = key.size() - number_bytes - 1;
  if (key[zero] != '\0')
    return std::nullopt;
  numbered out;
  out.id = std::string(key.substr(tag_bytes, zero - tag_bytes));
  out.number = read_number(key.substr(zero + 1));
  return out;
}

std::optional<wake_parts> wake_of(std::string_view key) {
  if (!key.starts_with(table::wake) || key.size() <= tag_bytes + number_bytes)
    return std::nullopt;
  wake_parts out;
  const std::uint64_t n = read_number(key.substr(tag_bytes, number_bytes)) ^ sign_bit;
  out.due = time_point(duration(static_cast<std::int64_t>(n)));
  out.run = run_id(std::string(key.substr(tag_bytes + number_bytes)));
  return out;
}

std::string printable(std::string_view key) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      out.push_back(c);
    } else {
      out += "\\x";
      out.push_back(hex[byte >> 4]);
      out.push_back(hex[byte & 15]);
    }
  }
  return out;
}

} // namespace pawl::storage::keys
