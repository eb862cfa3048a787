/// Scripts that complete commands and options, made of the tree.
#include "cli/command_line.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::cli {
namespace {

/// A command as it is typed, without the program's name: `keys create`.
struct typed {
  std::string words;
  const CLI::App* command;
};

std::vector<typed> all_of(const CLI::App& app, const std::string& before = {}) {
  std::vector<typed> out;
  for (const auto* c : commands_of(app)) {
    const auto words = before + (before.empty() ? "" : " ") + c->get_name();
    out.push_back({words, c});
    const auto below = all_of(*c, words);
    out.insert(out.end(), below.begin(), below.end());
  }
  return out;
}

std::string names(const std::vector<const CLI::App*>& commands) {
  std::string out;
  for (const auto* c : commands)
    out += (out.empty() ? "" : " ") + c->get_name();
  return out;
}

std::string flags(const CLI::App& command) {
  std::string out = "--help";
  for (const auto* o : options_of(command))
    for (const auto& n : o->get_lnames())
      out += " --" + n;
  return out;
}

/// A word in single quotes.
std::string quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\'', at)) != text.npos; at += 4)
    text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

std::string bash(const CLI::App& app) {
  std::ostringstream out;
  out << "# bash completion of troupe\n_troupe() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} path= i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    [[ ${COMP_WORDS[i]} == -* ]] && break\n"
         "    path+=${path:+ }${COMP_WORDS[i]}\n"
         "  done\n"
         "  local found=0 next=\n"
         "  while :; do\n    case $path in\n"
         "    '') next="
      << quoted(names(commands_of(app)) + " --help --version") << "; found=1 ;;\n";
  for (const auto& c : all_of(app))
    out << "    " << quoted(c.words)
        << ") next=" << quoted((names(commands_of(*c.command)) + " " + flags(*c.command)))
        << "; found=1 ;;\n";
  // What is typed behind a command are its operands.
  out << "    esac\n    ((found)) && break\n    [[ $path == *' '* ]] && path=${path% *} || path=\n  done\n"
         "  COMPREPLY=($(compgen -W \"$next\" -- \"$word\"))\n"
         "}\ncomplete -o default -F _troupe troupe\n";
  return std::move(out).str();
}

std::string fish(const CLI::App& app) {
  std::ostringstream out;
  out << "# fish completion of troupe\n";
  for (const auto* c : commands_of(app))
    out << "complete -c troupe -n __fish_use_subcommand -f -a " << c->get_name() << " -d "
        << quoted(c->get_description()) << "\n";
  for (const auto& c : all_of(app)) {
    // Of `keys list` both words have to be there; `list` alone is another.
    std::string when;
    std::istringstream words{c.words};
    for (std::string word; words >> word;)
      when += (when.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    if (c.words == "list") when += "; and not __fish_seen_subcommand_from keys";
    when = quoted(when);
    for (const auto* sub : commands_of(*c.command))
      out << "complete -c troupe -n " << when << " -f -a " << sub->get_name() << " -d "
          << quoted(sub->get_description()) << "\n";
    for (const auto* o : options_of(*c.command))
      for (const auto& n : o->get_lnames())
        out << "complete -c troupe -n " << when << " -l " << n
            << (o->get_items_expected_max() > 0 ? " -r" : "") << " -d " << quoted(o->get_description())
            << "\n";
  }
  return std::move(out).str();
}

/// A text in a specification of _arguments: brackets and colons are its own.
std::string spec_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh(const CLI::App& app) {
  std::ostringstream out;
  out << "#compdef troupe\n_troupe() {\n  local -a words_before\n"
         "  words_before=(${words[2,CURRENT-1]})\n"
         "  words_before=(${words_before:#-*})\n  case \"${words_before[1]} ${words_before[2]}\" in\n";
  const auto describe = [&](const std::vector<const CLI::App*>& commands) {
    out << "local -a commands; commands=(";
    for (const auto* c : commands)
      out << quoted(spec_text(c->get_name()) + ":" + c->get_description()) << " ";
    out << "); _describe command commands";
  };
  auto all = all_of(app);
  // The longer ones first: `keys create` is `keys` too.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::count(a.words.begin(), a.words.end(), ' ') > std::count(b.words.begin(), b.words.end(), ' ');
  });
  for (const auto& c : all) {
    out << "  " << quoted(c.words) << (c.words.find(' ') == c.words.npos ? "' '" : "") << "*) ";
    if (const auto below = commands_of(*c.command); !below.empty()) {
      describe(below);
    } else {
      out << "_arguments";
      for (const auto* o : options_of(*c.command))
        for (const auto& n : o->get_lnames())
          out << " "
              << quoted("--" + n + "[" + spec_text(o->get_description()) + "]" +
                        (o->get_items_expected_max() > 0 ? ":" + spec_text(o->get_type_name()) + ":_files"
                                                         : ""));
      out << " '*:operand:_files'";
    }
    out << " ;;\n";
  }
  out << "  *) ";
  describe(commands_of(app));
  out << " ;;\n  esac\n}\n_troupe \"$@\"\n";
  return std::move(out).str();
}

} // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  return shell == "bash" ? bash(app) : shell == "zsh" ? zsh(app) : fish(app);
}

} // namespace troupe::cli
