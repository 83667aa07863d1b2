// Every bound of the system, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pawl::limits {

/// A definition is written by a person or a generator; the largest official example has 4 KiB.
inline constexpr std::size_t definition_bytes_max = 4 * 1024 * 1024;
/// Deeper nesting than this is an attack on recursive readers, not a workflow.
inline constexpr int json_depth_max = 128;
/// Tasks nested in tasks: the interpreter's coroutines nest as deep.
inline constexpr int task_depth_max = 64;
/// One path segment: a task name. Long names make long keys in every record below them.
inline constexpr std::size_t task_name_bytes_max = 256;
inline constexpr std::size_t run_id_bytes_max = 128;
/// One server-sent event. A whole answer of 128 k tokens in one event has about 1 MiB.
inline constexpr std::size_t sse_event_bytes_max = 4 * 1024 * 1024;
/// All header lines of one HTTP message; Beast's own default is 8 KiB, providers send up to 4 KiB.
inline constexpr std::size_t http_header_bytes_max = 64 * 1024;
/// A body that is read whole (errors, answers that are not streamed).
inline constexpr std::size_t http_body_bytes_max = 64 * 1024 * 1024;
/// Everything that one call's stream may log. At 4 bytes a token and 200 bytes of framing this
/// is 1.2 M tokens.
inline constexpr std::size_t call_log_bytes_max = 256 * 1024 * 1024;
/// Restarts that one call may buy after failures of the provider (our own crashes count against
/// spend only).
inline constexpr int call_restarts_max = 2;
/// Ordinary retries of one call before its first event.
inline constexpr int call_retries_max = 5;
/// Continuations of one call: each needs a new interruption after progress.
inline constexpr int call_continuations_max = 16;
/// Times the host restarts an agent that throws, before it suspends the run.
inline constexpr int agent_restarts_max = 5;
/// How long a wait may be and still keep its agent awake: a wake costs a commit and a load.
inline constexpr std::chrono::milliseconds agent_moment{1000};
/// How long written stream events may stay unsynced: what a lost machine can lose.
inline constexpr std::chrono::milliseconds sync_interval_max{10};
/// Records in one group commit; larger groups add latency and no throughput (platform.md).
inline constexpr std::size_t commit_group_batches_max = 4096;
/// Runs awake at once in one host.
inline constexpr std::size_t runs_awake_max = 200'000;
/// Calls open at once in one gateway.
inline constexpr std::size_t calls_open_max = 100'000;
/// Every CAF request has an end: nothing waits for ever on a lost promise.
inline constexpr std::chrono::seconds actor_request_timeout{30};

} // namespace pawl::limits
