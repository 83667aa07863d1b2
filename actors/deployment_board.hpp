// What the calls of one gateway know of the deployments: breakers and cooldowns. A plain part,
// thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "actors/policy/breaker.hpp"

namespace pawl::actors {

class deployment_board {
public:
  /// Deployments are named as in inference::deployment::name(). One that was never heard of is
  /// healthy.
  [[nodiscard]] policy::passage_decision ask(const std::string& deployment, time_point now) const;
  void passed(const std::string& deployment, time_point now);
  void succeeded(const std::string& deployment);
  void failed(const std::string& deployment, time_point now);
  void told_to_wait(const std::string& deployment, time_point until);

private:
  mutable std::mutex mutex_;
  std::map<std::string, policy::breaker>
      breakers_; // guarded by mutex_; as many as the configuration names
};

} // namespace pawl::actors
