#include "workflows/expression_fast.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "workflows/expression_order.hpp"
#include "workflows/expression_scan.hpp"
#include "workflows/expression_scope.hpp"

namespace pawl::workflows {

namespace {

using node = fast_expression::node;
using kind = node::kind;

/// Recursive descent over the grammar in the header. Every function returns nullopt for "leave it
/// to jq".
class parser {
public:
  parser(std::string_view text, const std::vector<std::string>& names)
      : text_(text), names_(names) {}

  std::optional<node> whole() {
    auto root = expression();
    skip_blanks();
    if (!root || at_ != text_.size())
      return std::nullopt;
    return root;
  }

private:
  static constexpr int depth_max = 32;

  std::optional<node> expression() {
    if (++depth_ > depth_max)
      return std::nullopt;
    auto left = chain(&parser::conjunction, "or", kind::disjunction);
    while (left && take("|")) {
      if (!take_word("not"))
        return std::nullopt;
      node outer;
      outer.what = kind::negation;
      outer.parts.push_back(std::move(*left));
      left = std::move(outer);
    }
    --depth_;
    return left;
  }

  std::optional<node> conjunction() { return chain(&parser::relation, "and", kind::conjunction); }

  std::optional<node> chain(std::optional<node> (parser::*part)(), std::string_view word,
                            kind what) {
    auto left = (this->*part)();
    while (left && take_word(word)) {
      auto right = (this->*part)();
      if (!right)
        return std::nullopt;
      left = join(what, std::move(*left), std::move(*right));
    }
    return left;
  }

  std::optional<node> relation() {
    auto left = operand();
    if (!left)
      return std::nullopt;
    const auto what = relation_sign();
    if (!what)
      return left;
    auto right = operand();
    if (!right || relation_sign())
      return std::nullopt;
    return join(*what, std::move(*left), std::move(*right));
  }

  static node join(kind what, node left, node right) {
    node joined;
    joined.what = what;
    joined.parts.push_back(std::move(left));
    joined.parts.push_back(std::move(right));
    return joined;
  }

  std::optional<kind> relation_sign() {
    if (take("=="))
      return kind::equal;
    if (take("!="))
      return kind::not_equal;
    if (take("<="))
      return kind::less_equal;
    if (take(">="))
      return kind::greater_equal;
    if (take("<"))
      return kind::less;
    if (take(">"))
      return kind::greater;
    return std::nullopt;
  }

  std::optional<node> operand() {
    skip_blanks();
    if (take("(")) {
      auto inner = expression();
      if (!inner || !take(")") || peek() == '.' || peek() == '[')
        return std::nullopt;
      return inner;
    }
    const char c = peek();
    if (c == '.' || c == '$')
      return path();
    return literal();
  }

  std::optional<node> path() {
    node found;
    if (peek() == '$') {
      ++at_;
      found.variable = std::string(name());
      if (std::find(names_.begin(), names_.end(), found.variable) == names_.end() ||
          is_keyword(found.variable))
        return std::nullopt;
    } else if (++at_; is_identifier(text_.substr(at_, 1))) {
      found.steps.emplace_back(std::string(name()));
    }
    for (;;) {
      if (peek() == '.') {
        ++at_;
        const auto key = name();
        if (key.empty())
          return std::nullopt;
        found.steps.emplace_back(std::string(key));
      } else if (peek() == '[') {
        ++at_;
        if (!bracket(found))
          return std::nullopt;
      } else {
        return found;
      }
    }
  }

  bool bracket(node& found) {
    if (peek() == '"') {
      auto key = string();
      if (!key)
        return false;
      found.steps.emplace_back(std::move(*key));
    } else {
      const auto index = integer();
      if (!index)
        return false;
      found.steps.emplace_back(*index);
    }
    if (peek() != ']')
      return false;
    ++at_;
    return true;
  }

  std::optional<node> literal() {
    node found;
    found.what = kind::literal;
    if (peek() == '"') {
      auto text = string();
      if (!text)
        return std::nullopt;
      found.literal = std::move(*text);
    } else if (take_word("true")) {
      found.literal = true;
    } else if (take_word("false")) {
      found.literal = false;
    } else if (!take_word("null")) {
      return number();
    }
    return after_term(std::move(found));
  }

  /// What could go on as a suffix of a literal is jq's business.
  std::optional<node> after_term(node found) const {
    const char c = peek();
    if (c == '.' || c == '[' || c == '?' || c == ':' || c == '(' || is_identifier({&c, 1}))
      return std::nullopt;
    return found;
  }

  std::optional<node> number() {
    const auto from = at_;
    if (peek() == '-')
      ++at_;
    const auto digits_from = at_;
    skip_digits();
    bool integral = true;
    if (at_ > digits_from && peek() == '.') {
      integral = false;
      ++at_;
      const auto fraction_from = at_;
      skip_digits();
      if (at_ == fraction_from)
        return std::nullopt;
    }
    if (at_ == digits_from || at_ - digits_from > 16)
      return std::nullopt;
    node found;
    found.what = kind::literal;
    const char* const first = text_.data() + from;
    const char* const last = text_.data() + at_;
    if (integral) {
      std::int64_t value = 0;
      if (at_ - digits_from > 15 || std::from_chars(first, last, value).ptr != last)
        return std::nullopt;
      found.literal = value;
    } else {
      double value = 0;
      if (std::from_chars(first, last, value).ptr != last)
        return std::nullopt;
      found.literal = value;
    }
    return after_term(std::move(found));
  }

  std::optional<std::int64_t> integer() {
    const auto from = at_;
    if (peek() == '-')
      ++at_;
    skip_digits();
    std::int64_t value = 0;
    const char* const last = text_.data() + at_;
    const auto read = std::from_chars(text_.data() + from, last, value);
    if (read.ec != std::errc() || read.ptr != last || at_ - from > 9)
      return std::nullopt;
    return value;
  }

  /// Behind the opening quote to behind the closing one.
  std::optional<std::string> string() {
    const auto from = ++at_;
    for (; at_ < text_.size(); ++at_) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"')
        return std::string(text_.substr(from, at_++ - from));
      if (c == '\\' || c < 0x20 || c >= 0x7f)
        return std::nullopt;
    }
    return std::nullopt;
  }

  /// The identifier at the current place, empty when there is none.
  std::string_view name() {
    const auto from = at_;
    auto length = text_.size() - at_ ? std::size_t(1) : std::size_t(0);
    if (!is_identifier(text_.substr(from, length)))
      return {};
    while (from + length < text_.size() && is_identifier(text_.substr(from, length + 1)))
      ++length;
    at_ += length;
    return text_.substr(from, length);
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    const auto from = at_;
    if (name() == word)
      return true;
    at_ = from;
    return false;
  }

  bool take(std::string_view sign) {
    skip_blanks();
    if (text_.substr(at_, sign.size()) != sign)
      return false;
    // "|=" and "//" are other operators, and so is whatever has a sign of this form as its head.
    if (sign == "|" && text_.substr(at_, 2) == "|=")
      return false;
    at_ += sign.size();
    return true;
  }

  void skip_digits() {
    while (peek() >= '0' && peek() <= '9')
      ++at_;
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n')
      ++at_;
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  const std::vector<std::string>& names_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// The constants that evaluation points to instead of copying.
struct constants {
  json null;
  json yes = true;
  json no = false;
};

/// Evaluates without copying: results point into the arguments, the literals or the constants.
/// nullptr stands for a failure, whose words are in `message`.
class walker {
public:
  walker(const json& dot, const arguments& args) : dot_(dot), args_(args) {}

  const json* walk(const node& n) {
    switch (n.what) {
    case kind::path: return path(n);
    case kind::literal: return &n.literal;
    case kind::conjunction: return logic(n, decided_by::no);
    case kind::disjunction: return logic(n, decided_by::yes);
    case kind::negation: {
      const json* const value = walk(n.parts[0]);
      return value ? answer(!truth(*value)) : nullptr;
    }
    default: return relation(n);
    }
  }

  std::string message;

private:
  enum class decided_by { no, yes };

  const json* answer(bool yes) const { return yes ? &constants_.yes : &constants_.no; }

  static bool truth(const json& value) {
    return !(jq_type(value) == "null" || (value.is_boolean() && !value.get<bool>()));
  }

  const json* logic(const node& n, decided_by early) {
    const json* const left = walk(n.parts[0]);
    if (!left)
      return nullptr;
    if (truth(*left) == (early == decided_by::yes))
      return answer(early == decided_by::yes);
    const json* const right = walk(n.parts[1]);
    return right ? answer(truth(*right)) : nullptr;
  }

  const json* relation(const node& n) {
    // jq evaluates the right side first, which decides whose failure is told.
    const json* const right = walk(n.parts[1]);
    const json* const left = right ? walk(n.parts[0]) : nullptr;
    if (!left)
      return nullptr;
    const int order = compare_values(*left, *right);
    switch (n.what) {
    case kind::equal: return answer(order == 0);
    case kind::not_equal: return answer(order != 0);
    case kind::less: return answer(order < 0);
    case kind::less_equal: return answer(order <= 0);
    case kind::greater: return answer(order > 0);
    default: return answer(order >= 0);
    }
  }

  const json* path(const node& n) {
    const json* at = n.variable.empty() ? &dot_ : find_value(args_, n.variable);
    if (!at)
      at = &constants_.null;
    for (const auto& step : n.steps) {
      const auto* const key = std::get_if<std::string>(&step);
      at = key ? member(*at, *key) : element(*at, std::get<std::int64_t>(step));
      if (!at)
        return nullptr;
    }
    return at;
  }

  const json* member(const json& value, const std::string& key) {
    if (value.is_object()) {
      const auto found = value.find(key);
      return found == value.end() ? &constants_.null : &*found;
    }
    if (jq_type(value) == "null")
      return &constants_.null;
    message = "Cannot index " + std::string(jq_type(value)) + " with string \"" + key + "\"";
    return nullptr;
  }

  const json* element(const json& value, std::int64_t index) {
    if (value.is_array()) {
      const auto size = static_cast<std::int64_t>(value.size());
      const auto at = index < 0 ? index + size : index;
      return at < 0 || at >= size ? &constants_.null : &value[static_cast<std::size_t>(at)];
    }
    if (jq_type(value) == "null")
      return &constants_.null;
    message = "Cannot index " + std::string(jq_type(value)) + " with number";
    return nullptr;
  }

  const json& dot_;
  const arguments& args_;
  constants constants_;
};

} // namespace

std::optional<fast_expression> fast_expression::parse(std::string_view text,
                                                      const std::vector<std::string>& names) {
  auto root = parser(text, names).whole();
  if (!root)
    return std::nullopt;
  return fast_expression(std::move(*root));
}

result<json> fast_expression::evaluate(const json& dot, const arguments& args) const {
  walker w(dot, args);
  const json* const value = w.walk(root_);
  if (!value)
    return error(errc::invalid_argument, std::move(w.message));
  if (value->is_number_float() && !std::isfinite(value->get<double>()))
    return json();
  return *value;
}

} // namespace pawl::workflows
