#include "http/cluster/destination.hpp"

#include <algorithm>

namespace troupe::http {
namespace {

using kind = destination::kind;

/// What the first placeholder of a path names.
enum class subject : uint8_t { none, notebook, batch, item, source, bulk, keeper };

struct rule {
  std::string_view prefix;
  subject what;
  /// Only of this method; empty: of any.
  std::string_view method = {};
};

/// The first that fits holds.
constexpr rule rules[] = {
    {"/api/v1/notebooks/files/{}", subject::source},
    {"/api/v1/notebooks/{}", subject::notebook},
    {"/v1/notebooks/{}", subject::notebook},
    {"/v1/batches/{}", subject::batch},
    {"/v1/items/{}", subject::item},
    {"/v1/bulk/{}", subject::bulk},
    {"/v1/keys", subject::keeper},
    {"/v1/session", subject::keeper},
    {"/api/v1/users/login/", subject::keeper},
    {"/v1/hosts/{}", subject::keeper, "PATCH"},
    {"/v1/webhooks", subject::keeper},
};

subject subject_of(const route& r) {
  for (const auto& x : rules)
    if (r.pattern.starts_with(x.prefix) && (x.method.empty() || r.method == x.method)) return x.what;
  return subject::none;
}

destination at(node_number owner, const neighbours& all) {
  return owner == all.own() ? destination{} : destination{kind::owner, owner};
}

/// Whatever has a number has its owner's in it. A number of no owner is nothing anywhere: here as well.
destination of_number(uint64_t id, const neighbours& all) {
  const auto owners = all.owners();
  const auto owner = node_of(id);
  return std::binary_search(owners.begin(), owners.end(), owner) ? at(owner, all) : destination{};
}

uint64_t number_in(subject what, const std::string& text) {
  uint64_t id = 0;
  switch (what) {
  case subject::batch: return raw(parse_batch_name(text));
  case subject::item: return raw(parse_item_name(text));
  case subject::source: return raw(parse_file_id(text));
  default: return text.starts_with("blk_") && parse_id(std::string_view(text).substr(4), id) ? id : 0;
  }
}

} // namespace

destination destination_of(notebook_id n, const neighbours& all) {
  const auto home = all.home_of(n);
  return home ? at(*home, all) : destination{kind::unknown, 0};
}

destination destination_of(const route& r, const std::vector<std::string>& arguments, const neighbours& all) {
  const auto what = subject_of(r);
  if (what == subject::none) return {};
  if (what == subject::keeper) return at(all.keeper(), all);
  if (what != subject::notebook) return of_number(number_in(what, arguments.at(0)), all);
  uint64_t n = 0;
  return parse_id(arguments.at(0), n) ? destination_of(notebook_id{n}, all) : destination{};
}

} // namespace troupe::http
