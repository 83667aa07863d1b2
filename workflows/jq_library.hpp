// libjq as C++ sees it: its headers have no `extern "C"` of their own. Included by jq_*.cpp only.
#pragma once

// What jq.h includes comes first, so that only jq's declarations are within the block.
#include <cstdarg>
#include <cstdint>
#include <cstdio>

extern "C" {
#include <jq.h>
}
