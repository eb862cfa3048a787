#include "actors/gateway.hpp"

#include "fetch/url.hpp"

#include <unordered_map>

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

struct intake::seen {
  std::unordered_map<uint64_t, uint32_t> first;
};

intake::intake(const limits& l)
    : limits_(l)
    , seen_(std::make_unique<seen>()) {}
intake::~intake() = default;

bool intake::add(std::string_view url, std::string_view upload_id, std::string_view custom_id) {
  if (count_ >= limits_.items) return false;
  auto normal = normalize_url(url, limits_.url_bytes);
  if (!normal) return refuse(std::string(url), normal.error());
  if (!upload_id.empty())
    if (auto f = check_upload_id(upload_id, limits_.upload_id_bytes); f.code != errc::none)
      return refuse(std::string(url), std::move(f));
  if (custom_id.size() > limits_.custom_id_bytes)
    return refuse(std::string(url),
                  fail(errc::invalid_request,
                       "custom_id: longer than " + std::to_string(limits_.custom_id_bytes) + " bytes"));
  item_spec x;
  const auto index = static_cast<uint32_t>(count_++);
  const auto [it, fresh] = seen_->first.try_emplace(mark_of(*normal), index);
  if (!fresh) x.same_as = it->second;
  x.url = std::move(*normal);
  x.upload_id = upload_id;
  x.custom_id = custom_id;
  items_.push_back(std::move(x));
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
  items_.push_back(std::move(x));
  if (refusals_.size() < most_refusals) refusals_.push_back({index, std::move(shown), std::move(reason)});
  return true;
}

bool intake::add_file(std::string filename, content_ref body, std::string_view upload_id) {
  if (count_ >= limits_.items) return false;
  if (body.empty())
    return refuse_file(std::move(filename), 0, fail(errc::empty_content, "the file is empty"));
  if (!upload_id.empty())
    if (auto f = check_upload_id(upload_id, limits_.upload_id_bytes); f.code != errc::none)
      return refuse_file(std::move(filename), body.size, std::move(f));
  ++count_;
  item_spec x;
  x.upload_id = upload_id;
  x.filename = std::move(filename);
  x.body = std::move(body);
  items_.push_back(std::move(x));
  return true;
}

std::vector<item_spec> intake::take() {
  return std::exchange(items_, {});
}

} // namespace troupe
