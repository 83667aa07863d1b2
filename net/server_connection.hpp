// One connection of an http_server: reads requests one after the other, writes their answers. No
// Asio in here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "net/connection_pool.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"

namespace pawl::net {

/// On the io thread only.
class server_connection {
public:
  virtual ~server_connection() = default;
  /// Ends it now; the peer sees a reset if it was owed an answer. Idempotent.
  virtual void close() = 0;
};

/// What a connection needs from its server; outlives the connection.
struct connection_settings {
  io_handle io;
  http_server_options options;
  http_server::handler handle;
};

/// Takes the accepted socket over and begins to read. `ended` is called once, when the connection
/// has ended. On the io thread only.
std::shared_ptr<server_connection>
start_connection(std::shared_ptr<const connection_settings> settings, unique_fd socket,
                 std::uint64_t number, std::function<void(std::uint64_t)> ended);

} // namespace pawl::net
