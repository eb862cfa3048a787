#include "actors/gateway.hpp"

#include "fetch/url.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace troupe {
namespace {

constexpr size_t most_refusals = 1'000;

/// 64 bits of a URL's digest: two different URLs of a million share them with odds of one in 10^7.
uint64_t mark_of(std::string_view url) {
  const auto hash = sha256(url);
  uint64_t mark = 0;
  for (size_t i = 0; i < 8; ++i)
    mark = mark << 8 | hash.bytes[i];
  return mark;
}

bool is_reserved(std::string_view id) {
  uint64_t number = 0;
  return parse_id(id, number) || parse_file_id(id) != source_id{} || parse_upload_id(id) != item_id{};
}

failure check_upload_id(std::string_view id, size_t longest) {
  if (id.size() > longest)
    return fail(errc::invalid_request, "the upload id is longer than " + std::to_string(longest) + " bytes");
  // File, knowledge item and upload ids share one place in paths and must not be mistaken for each other.
  if (is_reserved(id))
    return fail(errc::invalid_request, "an upload id is no number, f_<number> or u_<number>");
  return fail(errc::none);
}

} // namespace

result<std::string> usable_url(std::string_view text, size_t longest) {
  return normalize_url(text, longest);
}

struct intake::seen {
  boost::unordered_flat_map<uint64_t, uint32_t> first;
};

intake::intake(const limits& l)
    : limits_(l)
    , seen_(std::make_unique<seen>()) {}
intake::~intake() = default;

bool intake::add(std::string_view url, std::string_view upload_id, std::string_view custom_id) {
  item_spec x;
  x.url = url;
  x.upload_id = upload_id;
  x.custom_id = custom_id;
  return add(std::move(x));
}

failure intake::judge(const item_spec& x) const {
  if (x.custom_id.size() > limits_.custom_id_bytes)
    return fail(errc::invalid_request,
                "custom_id: longer than " + std::to_string(limits_.custom_id_bytes) + " bytes");
  if (x.options.metadata.size() > limits_.metadata_bytes)
    return fail(errc::invalid_request, "metadata: longer than limits.metadata_bytes");
  return x.upload_id.empty() ? fail(errc::none) : check_upload_id(x.upload_id, limits_.upload_id_bytes);
}

bool intake::add(item_spec&& x) {
  if (count_ >= limits_.items) return false;
  auto verdict = judge(x);
  auto normal = x.filename.empty() ? normalize_url(x.url, limits_.url_bytes) : result<std::string>{x.url};
  if (!normal) verdict = normal.error();
  if (x.url.empty() && x.body.empty() && !x.filename.empty())
    verdict = fail(errc::empty_content, "the file is empty");
  if (verdict.code != errc::none) {
    auto shown = x.filename.empty() ? x.url : x.filename;
    shown.resize(std::min(shown.size(), limits_.url_bytes));
    item_spec refused;
    (x.filename.empty() ? refused.url : refused.filename) = shown;
    if (judge({.custom_id = x.custom_id}).code == errc::none) refused.custom_id = x.custom_id;
    return refuse_item(std::move(refused), std::move(shown), std::move(verdict));
  }
  const auto index = static_cast<uint32_t>(count_++);
  if (x.filename.empty()) {
    x.url = std::move(*normal);
    // With times of its own an item shares nobody's outcome, and nobody its.
    if (x.options.deadline == timestamp{} && x.not_before == timestamp{}) {
      const auto [it, fresh] = seen_->first.try_emplace(mark_of(x.url), index);
      if (!fresh) x.same_as = it->second;
    }
  }
  keep(std::move(x));
  return true;
}

bool intake::refuse(std::string shown, failure reason) {
  shown.resize(std::min(shown.size(), limits_.url_bytes));
  item_spec x;
  x.url = shown;
  return refuse_item(std::move(x), std::move(shown), std::move(reason));
}

bool intake::refuse_file(std::string filename, uint64_t size, failure reason) {
  item_spec x;
  x.filename = filename;
  x.body.size = size;
  return refuse_item(std::move(x), std::move(filename), std::move(reason));
}

bool intake::refuse_item(item_spec x, std::string shown, failure reason) {
  if (count_ >= limits_.items) return false;
  const auto index = static_cast<uint32_t>(count_++);
  ++refused_;
  x.refused = reason;
  keep(std::move(x));
  if (refusals_.size() < most_refusals) refusals_.push_back({index, std::move(shown), std::move(reason)});
  return true;
}

bool intake::add_file(std::string filename, content_ref body, std::string_view upload_id) {
  item_spec x;
  x.upload_id = upload_id;
  x.filename = std::move(filename);
  x.body = std::move(body);
  return add(std::move(x));
}

void intake::keep(item_spec&& x) {
  bytes_ += x.url.size() + x.upload_id.size() + x.custom_id.size() + x.filename.size() +
            x.options.metadata.size() + x.body.view().size();
  items_.push_back(std::move(x));
}

std::vector<item_spec> intake::take(size_t next) {
  bytes_ = 0;
  std::vector<item_spec> empty;
  empty.reserve(next);
  return std::exchange(items_, std::move(empty));
}

} // namespace troupe
