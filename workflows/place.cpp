#include "workflows/place.hpp"

#include <utility>

namespace pawl::workflows {

place::place(context scope) : state_(std::make_shared<shared>()) {
  state_->where = scope.where();
  state_->scope.emplace(std::move(scope));
}

place place::below(std::string_view name, keeping how) const {
  if (state_->scope && how == keeping::journaled)
    return place(state_->scope->scope(name));
  auto inner = std::make_shared<shared>();
  inner->base = state_->where.child(name);
  inner->where = inner->base;
  return place(std::move(inner));
}

const outcome* place::closed() const noexcept {
  return state_->scope && state_->scope->closed() ? &*state_->scope->closed() : nullptr;
}

const json* place::saved() const noexcept {
  return state_->scope && state_->scope->saved() ? &*state_->scope->saved() : nullptr;
}

void place::save(json state) {
  if (state_->scope)
    state_->scope->save(std::move(state));
}

void place::next_lap() {
  if (state_->scope) {
    state_->scope->next_lap();
    state_->where = state_->scope->where();
  } else {
    state_->where = state_->base.with_lap(++state_->lap);
  }
}

void place::close(outcome what) {
  if (state_->scope)
    state_->scope->close(std::move(what));
}

} // namespace pawl::workflows
