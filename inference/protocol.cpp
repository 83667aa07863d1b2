#include "inference/protocol.hpp"

#include "inference/protocols/openai_chat.hpp"

namespace pawl::inference {

const protocol* find_protocol(std::string_view name) {
  static const openai_chat chat;
  if (name == "openai-chat")
    return &chat;
  return nullptr;
}

} // namespace pawl::inference
