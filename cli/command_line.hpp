#pragma once
/// The tree of commands and their options; what is chosen is run afterwards. Included by the files of the
/// tree only.

#include "cli/cli.hpp"
#include "cli/remote.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace troupe::cli {

/// Not the empty text, which would name something else.
inline const CLI::Validator given{
    [](std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, ""};

struct command_line {
  CLI::App app;
  /// The command that was chosen, its options set.
  std::function<int()> run;

  explicit command_line(const hooks& with);
};

/// A command of the tree: `run` is called with the options that it was given.
template <class Command>
CLI::App* add_command(command_line& to, CLI::App& under, const char* name, const char* text,
                      std::shared_ptr<Command> options, std::function<int(const Command&)> run) {
  auto* sub = under.add_subcommand(name, text);
  sub->callback([&to, options, run] { to.run = [options, run] { return run(*options); }; });
  return sub;
}

void add_server_command(command_line& to, const hooks& with);
void add_remote_commands(command_line& to);
void add_local_commands(command_line& to);

/// The manual page (man(7)), made of the tree.
std::string manual_page(const CLI::App& app);
/// A script that completes commands and options; `shell` is bash, zsh or fish.
std::string completion_script(const CLI::App& app, const std::string& shell);

/// Of the tree: commands below this one, and their options but for help.
std::vector<const CLI::App*> commands_of(const CLI::App& app);
std::vector<const CLI::Option*> options_of(const CLI::App& command);
std::vector<const CLI::Option*> operands_of(const CLI::App& command);

extern const char* const exit_codes_text;
extern const char* const examples_text;

} // namespace troupe::cli
