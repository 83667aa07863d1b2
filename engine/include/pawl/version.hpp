#pragma once

namespace pawl {

/// The engine's version, as `pawl --version` prints it.
inline constexpr const char* version = "0.1.0";

} // namespace pawl
