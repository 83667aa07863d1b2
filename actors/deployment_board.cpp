#include "actors/deployment_board.hpp"

namespace pawl::actors {

policy::passage_decision deployment_board::ask(const std::string& deployment,
                                               time_point now) const {
  std::lock_guard lock(mutex_);
  auto found = breakers_.find(deployment);
  return policy::may_pass(found == breakers_.end() ? policy::breaker() : found->second, now);
}

void deployment_board::passed(const std::string& deployment, time_point now) {
  std::lock_guard lock(mutex_);
  if (auto found = breakers_.find(deployment); found != breakers_.end())
    found->second = policy::passed(found->second, now);
}

void deployment_board::succeeded(const std::string& deployment) {
  std::lock_guard lock(mutex_);
  if (auto found = breakers_.find(deployment); found != breakers_.end())
    found->second = policy::succeeded(found->second);
}

void deployment_board::failed(const std::string& deployment, time_point now) {
  std::lock_guard lock(mutex_);
  auto& state = breakers_[deployment];
  state = policy::failed(state, now);
}

void deployment_board::told_to_wait(const std::string& deployment, time_point until) {
  std::lock_guard lock(mutex_);
  auto& state = breakers_[deployment];
  state = policy::told_to_wait(state, until);
}

} // namespace pawl::actors
