#include <pawl/context.hpp>

namespace pawl {

context context::scope(std::string_view name) {
  context inner(*world_);
  inner.base_ = here_.child(name);
  inner.view_ = world_->open_scope(inner.base_);
  inner.here_ = inner.base_.with_lap(inner.view_.lap);
  return inner;
}

void context::save(json state) {
  world_->save_scope(base_, state);
  view_.saved = std::move(state);
}

void context::next_lap() {
  view_.lap = world_->next_lap(base_);
  view_.saved.reset();
  view_.closed.reset();
  here_ = base_.with_lap(view_.lap);
}

void context::close(outcome what) {
  world_->close_scope(base_, what);
  view_.saved.reset();
  view_.closed = std::move(what);
}

} // namespace pawl
