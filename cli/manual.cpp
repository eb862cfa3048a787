/// The manual page: man(7), sections as man-pages(7) has them.
#include "cli/command_line.hpp"

#include "config/settings.hpp"

#include <sstream>

namespace troupe::cli {
namespace {

/// Text as it stands: roff takes backslashes, hyphens, and points and apostrophes at the beginning for its
/// own.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_begins = c == '\n';
  }
  return out;
}

std::string names_of(const CLI::Option& o) {
  std::string out;
  for (const auto& n : o.get_snames())
    out += (out.empty() ? "" : ", ") + ("\\fB" + roff("-" + n) + "\\fR");
  for (const auto& n : o.get_lnames())
    out += (out.empty() ? "" : ", ") + ("\\fB" + roff("--" + n) + "\\fR");
  if (o.get_items_expected_max() > 0) out += " \\fI" + roff(o.get_type_name()) + "\\fR";
  return out;
}

void option(std::ostream& to, const std::string& names, const CLI::Option& o) {
  auto text = o.get_description();
  if (!o.get_default_str().empty()) text += " (" + o.get_default_str() + ")";
  if (!o.get_envname().empty()) text += "; also from the environment, " + o.get_envname();
  to << ".TP\n" << names << "\n" << roff(text) << ".\n";
}

std::string synopsis(const std::string& name, const CLI::App& command) {
  auto out = "\\fB" + roff(name) + "\\fR";
  if (!options_of(command).empty()) out += " [\\fIOPTION\\fR...]";
  for (const auto* o : operands_of(command))
    out += " \\fI" + roff(o->get_type_name()) + "\\fR";
  return out;
}

void command(std::ostream& to, const std::string& name, const CLI::App& c) {
  const auto below = commands_of(c);
  for (const auto* sub : below)
    command(to, name + " " + sub->get_name(), *sub);
  if (!below.empty()) return;
  to << ".SS \"" << roff(name) << "\"\n"
     << synopsis(name, c) << "\n.PP\n"
     << roff(c.get_description()) << ".\n";
  for (const auto* o : operands_of(c))
    option(to, "\\fI" + roff(o->get_type_name()) + "\\fR", *o);
  for (const auto* o : options_of(c))
    option(to, names_of(*o), *o);
}

void example_block(std::ostream& to, const char* title, const char* text) {
  to << ".SH " << title << "\n.nf\n" << roff(text) << "\n.fi\n";
}

} // namespace

std::string manual_page(const CLI::App& app) {
  std::ostringstream out;
  out << ".TH TROUPE 1 \"\" \"troupe " TROUPE_VERSION "\" \"User Commands\"\n"
      << ".SH NAME\ntroupe \\- batches of URLs and files, fetched and turned into Markdown\n"
      << ".SH SYNOPSIS\n\\fBtroupe\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.br\n"
      << "\\fBtroupe\\fR \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR\n"
      << ".SH DESCRIPTION\n"
      << roff(app.get_description()) << "\n.PP\n"
      << "Each command tells its options with \\fB\\-\\-help\\fR.\n"
      << ".SH COMMANDS\n";
  for (const auto* c : commands_of(app))
    command(out, "troupe " + c->get_name(), *c);
  example_block(out, "EXAMPLES", examples_text);
  example_block(out, "\"EXIT STATUS\"", exit_codes_text);
  out << ".SH SETTINGS\nAs \\fBtroupe config\\fR prints them; \\fB\\-\\-config\\fR reads a file like it, "
         "\\fB\\-\\-set\\fR overrides single ones.\n";
  for (const auto& s : describe_settings())
    out << ".TP\n\\fB" << roff(s.key) << "\\fR = " << roff(s.initial) << "\n"
        << roff(s.text +
                (s.bounds.empty() ? "" : " " + s.bounds + (s.unit.empty() ? "." : " " + s.unit + ".")))
        << "\n";
  out << ".SH SIGNALS\n\\fBtroupe serve\\fR drains and ends on SIGTERM and SIGINT, and reads its certificate "
         "again on "
         "SIGHUP.\n";
  return std::move(out).str();
}

} // namespace troupe::cli
