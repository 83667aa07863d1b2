// `pawl sim`: the simulated provider behind a socket.
#include <pawl/time.hpp>

#include <csignal>
#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/exit_code.hpp"
#include "cli/follow.hpp"
#include "sim/script.hpp"
#include "sim/sim_server.hpp"

namespace pawl::cli {

namespace {

struct arguments {
  std::uint16_t port = 7412;
  std::uint64_t seed = 1;
  double tokens_per_second = 60;
  int tokens_per_event = 3;
  int first_token_ms = 200;
  std::string prefix = "taken";
  std::string on_disconnect = "stops";
  std::vector<std::string> faults;
  bool nonce = false;
  bool as_json = false;
};

result<sim::provider_options> provider_of(const arguments& args) {
  sim::provider_options options;
  options.seed = args.seed;
  // Ids of different processes must not meet in one ledger.
  options.request_id_tag = std::to_string(to_epoch_ms(system_clock().now())) + "-";
  options.mode = args.nonce ? sim::text_mode::nonce : sim::text_mode::plain;
  options.tokens_per_second = args.tokens_per_second;
  options.tokens_per_event = args.tokens_per_event;
  options.time_to_first_token = std::chrono::milliseconds(args.first_token_ms);
  options.prefix = args.prefix == "refused"   ? sim::prefix_behaviour::refused
                   : args.prefix == "ignored" ? sim::prefix_behaviour::ignored
                                              : sim::prefix_behaviour::taken;
  options.disconnect = args.on_disconnect == "stops" ? sim::disconnect_behaviour::stops
                                                     : sim::disconnect_behaviour::continues;
  for (const auto& text : args.faults) {
    auto rule = sim::parse_fault_rule(text);
    if (!rule)
      return rule.error();
    options.faults.push_back(std::move(*rule));
  }
  return options;
}

int serve(const arguments& args) {
  auto options = provider_of(args);
  if (!options)
    return report(options.error());
  hold_interrupts();
  const system_clock time;
  sim::sim_server_options where;
  where.provider = std::move(*options);
  where.port = args.port;
  const auto server = sim::sim_server::start(std::move(where), time);
  if (!server)
    return report(server.error());
  const auto url = "http://127.0.0.1:" + std::to_string((*server)->port());
  if (args.as_json)
    std::cout << json({{"url", url},
                       {"baseUrl", (*server)->base_url()},
                       {"port", (*server)->port()}})
                     .dump()
              << std::endl;
  else
    std::cout << url << std::endl;
  std::cerr << "simulated provider: Chat Completions at " << (*server)->base_url()
            << ", its bill at " << url << "/bill; Ctrl-C ends it\n";
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  int signal = 0;
  sigwait(&set, &signal);
  return exit_completed;
}

} // namespace

void add_sim(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand(
      "sim", "Serve a simulated provider (Chat Completions) on the loopback interface");
  command->add_option("--port", args->port, "0: any free one, printed on stdout")
      ->capture_default_str();
  command->add_option("--seed", args->seed, "decides what the model says")->capture_default_str();
  command->add_option("--tokens-per-second", args->tokens_per_second, "0: all at once")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--tokens-per-event", args->tokens_per_event)
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_option("--time-to-first-token", args->first_token_ms, "milliseconds")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--prefix", args->prefix,
                   "what a trailing assistant message is: taken, refused or ignored")
      ->capture_default_str()
      ->check(CLI::IsMember({"taken", "refused", "ignored"}));
  command
      ->add_option("--on-disconnect", args->on_disconnect,
                   "whether a closed connection stops the bill: stops or continues")
      ->capture_default_str()
      ->check(CLI::IsMember({"stops", "continues"}));
  command
      ->add_option("--fault", args->faults,
                   "KIND[:ARGUMENT][@MODEL][#REQUESTS], repeatable; see below")
      ->allow_extra_args(false);
  command->add_flag("--nonce", args->nonce,
                    "every word carries its generation's tag, so that spliced text is seen");
  command->add_flag("--json", args->as_json, "print the address as JSON");
  command->footer(
      "Faults: refuse[:STATUS], rate-limit[:SECONDS], server-error[:STATUS], and after N events "
      "drop:N, cut:N,\n"
      "stall:N, malformed:N, error-event:N; prefix-refused, prefix-ignored. Such as --fault "
      "drop:5@small#2:\n"
      "the second request to the model \"small\" loses its connection after five events.\n"
      "Prompts may steer the answer: [[say: TEXT]], [[json: {...}]], [[tokens: N]].\n\n"
      "  pawl sim --port 7412 --tokens-per-second 40\n"
      "  pawl sim --port 0 --fault drop:5@small#2 --json");
  command->callback([args, &chosen] { chosen = [args] { return serve(*args); }; });
}

} // namespace pawl::cli
