/// The field numbers of every row. Add new ones; never change or reuse one.
#include "storage/codec.hpp"
#include "storage/layout.hpp"

namespace troupe::layout {
namespace {

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, counters> {
  a(1, x.sequence);
  a(2, x.event);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, item_range> {
  a(1, x.batch);
  a(2, x.first);
  a(3, x.count);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, source_link> {
  a(1, x.notes);
  a(2, x.linked);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, item_key> {
  a(1, x.batch);
  a(2, x.index);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, notebook> {
  a(1, x.id);
  a(2, x.created);
}

template <class A, class T>
void counts(A& a, unsigned from, T& x) {
  a(from, x.total);
  a(from + 1, x.succeeded);
  a(from + 2, x.failed);
  a(from + 3, x.cancelled);
  a(from + 4, x.expired);
}

template <class A, class T>
void failure_fields(A& a, unsigned from, T& x) {
  a(from, x.code);
  a(from + 1, x.message);
  a(from + 2, x.http_status);
  a(from + 3, x.retry_after);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, batch> {
  a(1, x.id);
  a(2, x.home);
  a(3, x.job);
  a(4, x.state);
  a(5, x.options.max_age);
  a(6, x.created);
  a(7, x.updated);
  counts(a, 10, x.counts);
  a(15, x.first_event);
  a(16, x.last_event);
  a(17, x.paused);
  a(18, x.held);
  a(19, x.sealed);
  a(20, x.retry.next);
  a(21, x.retry.plan.all);
  a(22, x.retry.plan.reparse);
  a(23, x.options.priority);
  a(24, x.options.max_concurrency);
  a(25, x.options.not_before);
  a(26, x.options.deadline);
  a(27, x.options.cancel_on_error);
  a(28, x.options.expires_after);
  a(29, x.options.tags);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, item> {
  a(1, x.id);
  a(2, x.state);
  a(3, x.url);
  a(4, x.upload_id);
  a(5, x.same_as);
  a(6, x.attempts);
  a(7, x.parser_deaths);
  a(8, x.not_before);
  a(9, x.source);
  a(10, x.duplicate);
  a(11, x.created);
  a(12, x.updated);
  a(13, x.filename);
  a(14, x.input);
  a(15, x.input_size);
  failure_fields(a, 16, x.error);
  a(20, x.about);
  a(21, x.custom_id);
  a(22, x.input_url);
  a(23, x.input_type);
  a(24, x.options.priority);
  a(25, x.options.deadline);
  a(26, x.options.metadata);
  a(27, x.forgiven);
  a(28, x.finished);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, attempt> {
  a(1, x.token.epoch);
  a(2, x.token.number);
  a(3, x.started);
  a(4, x.ended);
  a(5, x.node);
  failure_fields(a, 8, x.error);
  a(12, x.worker);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, source> {
  a(1, x.id);
  a(2, x.home);
  a(3, x.item);
  a(4, x.url);
  a(5, x.final_url);
  a(6, x.title);
  a(7, x.content_type);
  a(8, x.extraction_method);
  a(9, x.metadata);
  a(10, x.markdown);
  a(11, x.markdown_size);
  a(12, x.original);
  a(13, x.original_size);
  a(14, x.created);
  a(15, x.filename);
  a(16, x.updated);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, known_url> {
  a(1, x.source);
  a(2, x.etag);
  a(3, x.last_modified);
  a(4, x.fetched);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, event> {
  a(1, x.number);
  a(2, x.kind);
  a(3, x.home);
  a(4, x.batch);
  a(5, x.index);
  a(6, x.item);
  a(7, x.item_now);
  a(8, x.code);
  a(9, x.source);
  a(10, x.batch_now);
  a(11, x.at);
  counts(a, 16, x.counts);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, source_image> {
  a(1, x.type);
  a(2, x.hash);
  a(3, x.size);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, tombstone> {
  a(1, x.home);
  a(2, x.removed);
  a(3, x.swept);
  a(4, x.first);
  a(5, x.last);
}

template <class T>
std::string encode_row(const T& x) {
  return codec::encode(x, [](auto& a, auto& row) { fields(a, row); });
}

template <class T>
bool decode_row(std::string_view bytes, T& x) {
  return codec::decode(bytes, x, [](auto& a, auto& row) { fields(a, row); });
}

} // namespace

std::string encode(const counters& x) {
  return encode_row(x);
}
std::string encode(const item_range& x) {
  return encode_row(x);
}
std::string encode(const source_link& x) {
  return encode_row(x);
}
std::string encode(const item_key& x) {
  return encode_row(x);
}
std::string encode(const notebook& x) {
  return encode_row(x);
}
std::string encode(const batch& x) {
  return encode_row(x);
}
std::string encode(const item& x) {
  return encode_row(x);
}
std::string encode(const attempt& x) {
  return encode_row(x);
}
std::string encode(const source& x) {
  return encode_row(x);
}
std::string encode(const known_url& x) {
  return encode_row(x);
}
std::string encode(const event& x) {
  return encode_row(x);
}
std::string encode(const source_image& x) {
  return encode_row(x);
}
std::string encode(const tombstone& x) {
  return encode_row(x);
}

bool decode(std::string_view in, counters& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, item_range& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, source_link& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, item_key& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, notebook& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, batch& x) {
  return decode_row(in, x) && x.state <= batch_state::expired && x.job <= job_type::file_upload;
}
bool decode(std::string_view in, item& x) {
  return decode_row(in, x) && x.id != item_id{} && x.state <= item_state::expired;
}
bool decode(std::string_view in, attempt& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, source& x) {
  return decode_row(in, x) && x.id != source_id{};
}
bool decode(std::string_view in, known_url& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, event& x) {
  return decode_row(in, x) && x.kind <= event_kind::batch_removed && x.item_now <= item_state::expired &&
         x.batch_now <= batch_state::expired;
}

bool decode(std::string_view in, tombstone& x) {
  return decode_row(in, x);
}
bool decode(std::string_view in, source_image& x) {
  return decode_row(in, x) && !x.hash.empty();
}

} // namespace troupe::layout
