#include "net/server_answer.hpp"

#include <string>

namespace pawl::net {

namespace {

class response_handle final : public server_response {
public:
  response_handle(io_handle io, std::weak_ptr<answer_writer> writer, std::shared_ptr<answer> a)
      : io_(std::move(io)), writer_(std::move(writer)), answer_(std::move(a)) {}

  // Not from within whatever lets go of it: the connection may be in the middle of something.
  ~response_handle() override {
    io_.post([w = writer_, a = answer_] {
      if (const auto writer = w.lock())
        writer->abort(*a);
    });
  }

  delivery head(int status, header_list headers, body_framing framing) override {
    return act([status, framing, h = std::move(headers)](answer_writer& w, answer& a) {
      w.head(a, status, h, framing);
    });
  }

  delivery write(std::string_view bytes) override {
    if (!io_.is_current())
      return act([b = std::string(bytes)](answer_writer& w, answer& a) { w.write(a, b); });
    if (const auto writer = writer_.lock())
      writer->write(*answer_, bytes);
    return answer_->status();
  }

  delivery end() override {
    return act([](answer_writer& w, answer& a) { w.end(a); });
  }
  delivery abort() override {
    return act([](answer_writer& w, answer& a) { w.abort(a); });
  }
  delivery close_clean() override {
    return act([](answer_writer& w, answer& a) { w.close_clean(a); });
  }
  delivery status() const override { return answer_->status(); }

  void on_closed(std::function<void()> callback) override {
    io_.post([a = answer_, cb = std::move(callback)]() mutable {
      if (!a->settled)
        a->on_closed = std::move(cb);
      else if (a->gone.load() && !a->aborted)
        cb();
    });
  }

private:
  template <class Action>
  delivery act(Action action) {
    if (!io_.is_current()) {
      io_.post([w = writer_, a = answer_, action = std::move(action)] {
        if (const auto writer = w.lock())
          action(*writer, *a);
      });
    } else if (const auto writer = writer_.lock()) {
      action(*writer, *answer_);
    }
    return answer_->status();
  }

  const io_handle io_;
  const std::weak_ptr<answer_writer> writer_;
  const std::shared_ptr<answer> answer_;
};

} // namespace

std::shared_ptr<server_response> make_response(io_handle io, std::weak_ptr<answer_writer> writer,
                                               std::shared_ptr<answer> a) {
  return std::make_shared<response_handle>(std::move(io), std::move(writer), std::move(a));
}

} // namespace pawl::net
