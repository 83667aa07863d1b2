#include "storage/record_codec.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>
#include <vector>

#include "storage/keys.hpp"

namespace pawl::storage {

namespace {

// Values nest at most limits::json_depth_max deep; the recursive reader below gets several times
// that and no more.
constexpr std::size_t record_depth_max = 1000;
constexpr unsigned fields_max = 23; // the map's head is one byte
constexpr unsigned char map_head = 0xa0;
constexpr unsigned char text_head = 0x60;

// Head of a CBOR item: major type and argument (RFC 8949, section 3).
struct item_head {
  unsigned major = 0;
  std::uint64_t argument = 0;
  std::size_t bytes = 0;
};

std::optional<item_head> read_head(std::string_view in) {
  if (in.empty())
    return std::nullopt;
  const auto first = static_cast<unsigned char>(in[0]);
  item_head head;
  head.major = first >> 5;
  const unsigned info = first & 31;
  if (info < 24) {
    head.argument = info;
    head.bytes = 1;
    return head;
  }
  if (info > 27) // reserved, or of indefinite length: the writer makes neither
    return std::nullopt;
  const std::size_t more = std::size_t{1} << (info - 24);
  if (in.size() < 1 + more)
    return std::nullopt;
  for (std::size_t i = 1; i <= more; ++i)
    head.argument = (head.argument << 8) | static_cast<unsigned char>(in[i]);
  head.bytes = 1 + more;
  return head;
}

// Whether the bytes are exactly one CBOR item that a recursive reader can take: lengths within the
// bytes, bounded depth.
bool is_sound(std::string_view in) {
  std::vector<std::uint64_t> open{1}; // items still to come, per level
  while (!open.empty()) {
    if (open.back() == 0) {
      open.pop_back();
      continue;
    }
    --open.back();
    const auto head = read_head(in);
    if (!head)
      return false;
    in.remove_prefix(head->bytes);
    constexpr unsigned bytes = 2, text = 3, array = 4, map = 5, tag = 6;
    if (head->major == tag)
      return false;
    if (head->major == bytes || head->major == text) {
      if (head->argument > in.size())
        return false;
      in.remove_prefix(head->argument);
    } else if (head->major == array || head->major == map) {
      // An item has a byte at least.
      if (head->argument > in.size() || open.size() >= record_depth_max)
        return false;
      open.push_back(head->major == map ? 2 * head->argument : head->argument);
    }
  }
  return in.empty();
}

bool is_signed_64(const json& n) {
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return n.is_number_integer() && !(n.is_number_unsigned() && n.get<std::uint64_t>() > max);
}

} // namespace

record_writer::record_writer(std::uint64_t version) {
  out_.push_back(static_cast<char>(map_head));
  number("v", version);
}

void record_writer::name(std::string_view text) {
  assert(text.size() < 24 && fields_ < fields_max);
  ++fields_;
  out_.push_back(static_cast<char>(text_head + text.size()));
  out_ += text;
}

record_writer& record_writer::value(std::string_view field, const json& value) {
  name(field);
  json::to_cbor(value, nlohmann::detail::output_adapter<char>(out_));
  return *this;
}

record_writer& record_writer::number(std::string_view field, std::uint64_t n) {
  return value(field, json(n));
}

record_writer& record_writer::signed_number(std::string_view field, std::int64_t n) {
  return value(field, json(n));
}

record_writer& record_writer::text(std::string_view field, std::string_view text) {
  return value(field, json(std::string(text)));
}

record_writer& record_writer::time(std::string_view field, time_point t) {
  return signed_number(field, t.time_since_epoch().count());
}

record_writer& record_writer::result(std::string_view field, const outcome& what) {
  if (what.is_value())
    return value(field, what.value());
  const fault& f = what.fault();
  json fields = json::object();
  fields["type"] = f.type;
  fields["status"] = f.status;
  fields["title"] = f.title;
  fields["detail"] = f.detail;
  fields["instance"] = f.instance;
  return value(std::string(field) + "_fault", fields);
}

std::string record_writer::take() && {
  out_[0] = static_cast<char>(map_head + fields_);
  return std::move(out_);
}

record_reader::record_reader(std::string_view bytes, std::string_view key,
                             std::uint64_t version_max)
    : key_(keys::printable(key)) {
  if (is_sound(bytes))
    fields_ = json::from_cbor(bytes.begin(), bytes.end(), true, false);
  if (!fields_.is_object()) {
    fields_ = json::object();
    failure_.emplace(errc::corrupt, "record is not one CBOR map", "key " + key_,
                     "restore the data directory from a backup");
    return;
  }
  const std::uint64_t version = number("v");
  if (!failure_ && version > version_max)
    failure_.emplace(errc::format_too_new,
                     "record has version " + std::to_string(version) +
                         ", this engine reads up to version " + std::to_string(version_max),
                     "key " + key_, "use the newer version of pawl that wrote it");
  else if (!failure_ && version == 0)
    fail("v", "is 0, versions begin with 1");
}

void record_reader::fail(std::string_view field, std::string_view what) {
  if (!failure_)
    failure_.emplace(errc::corrupt,
                     "record's field \"" + std::string(field) + "\" " + std::string(what),
                     "key " + key_, "restore the data directory from a backup");
}

json* record_reader::find(std::string_view name) {
  const auto it = fields_.find(std::string(name));
  if (it != fields_.end())
    return &*it;
  fail(name, "is missing");
  return nullptr;
}

bool record_reader::has(std::string_view name) const {
  return fields_.contains(std::string(name));
}

std::uint64_t record_reader::number(std::string_view name, std::uint64_t max) {
  const json* field = find(name);
  if (!field)
    return 0;
  if (!field->is_number_unsigned()) {
    fail(name, "is not a number from 0");
    return 0;
  }
  const auto n = field->get<std::uint64_t>();
  if (n <= max)
    return n;
  fail(name, "is above " + std::to_string(max));
  return 0;
}

std::int64_t record_reader::signed_number(std::string_view name) {
  const json* field = find(name);
  if (!field)
    return 0;
  if (!is_signed_64(*field)) {
    fail(name, "is not an integer of 64 bits");
    return 0;
  }
  return field->get<std::int64_t>();
}

std::vector<std::int64_t> record_reader::signed_numbers(std::string_view name, std::size_t count) {
  std::vector<std::int64_t> out(count, 0);
  const json* field = find(name);
  if (!field)
    return out;
  if (!field->is_array() || field->size() != count || !std::ranges::all_of(*field, is_signed_64)) {
    fail(name, "is not an array of " + std::to_string(count) + " integers");
    return out;
  }
  std::ranges::transform(*field, out.begin(), [](const json& n) { return n.get<std::int64_t>(); });
  return out;
}

std::string record_reader::text(std::string_view name) {
  json* field = find(name);
  if (field && field->is_string())
    return std::move(field->get_ref<std::string&>());
  fail(name, "is not a text");
  return {};
}

json record_reader::value(std::string_view name) {
  json* field = find(name);
  return field ? std::move(*field) : json();
}

time_point record_reader::time(std::string_view name) {
  return time_point(duration(signed_number(name)));
}

std::optional<time_point> record_reader::optional_time(std::string_view name) {
  if (!has(name))
    return std::nullopt;
  return time(name);
}

std::optional<outcome> record_reader::optional_result(std::string_view name) {
  const std::string fault_name = std::string(name) + "_fault";
  if (has(fault_name)) {
    auto f = read_fault(*find(fault_name), fault_name);
    if (!f)
      return std::nullopt;
    return outcome(*std::move(f));
  }
  if (!has(name))
    return std::nullopt;
  return outcome(value(name));
}

std::optional<fault> record_reader::read_fault(const json& in, std::string_view name) {
  const auto text = [&](const char* field) -> const std::string* {
    const auto it = in.find(field);
    return it != in.end() ? it->get_ptr<const std::string*>() : nullptr;
  };
  const auto* type = text("type");
  const auto* title = text("title");
  const auto* detail = text("detail");
  const auto* instance = text("instance");
  const auto status = in.find("status");
  if (!type || !title || !detail || !instance || status == in.end() ||
      !status->is_number_integer()) {
    fail(name, "is not a fault");
    return std::nullopt;
  }
  fault f;
  f.type = *type;
  f.status = status->get<int>();
  f.title = *title;
  f.detail = *detail;
  f.instance = *instance;
  return f;
}

} // namespace pawl::storage
