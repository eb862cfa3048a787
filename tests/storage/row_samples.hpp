#pragma once
/// One of each kind of row with every field set to something of its own, and the comparison of two.

#include "storage/layout.hpp"

#include <limits>

namespace troupe::test {

/// Calls `each(row with all fields set)` for every type of row.
template <class F>
void for_each_row(F each);

inline timestamp at(int64_t ms) {
  return timestamp{milliseconds{ms}};
}

inline failure full_failure() {
  return {errc::http_429, "slow \x01 down", 429, milliseconds{60'000}};
}

inline digest digest_of(uint8_t first) {
  digest d;
  for (size_t i = 0; i < d.bytes.size(); ++i)
    d.bytes[i] = static_cast<uint8_t>(first + i);
  return d;
}

inline item full_item() {
  return {.key = {},
          .id = item_id{max_id},
          .state = item_state::expired,
          .url = "https://a.example/?q=\xc3\xa9",
          .upload_id = std::string("up\0load", 7),
          .custom_id = "mine",
          .same_as = 0,
          .filename = "file.pdf",
          .input = digest_of(9),
          .input_size = 8,
          .input_url = "https://b.example/",
          .input_type = "text/html; charset=x",
          .options = {9, at(77), "{\"a\":1}"},
          .attempts = 5,
          .forgiven = 3,
          .parser_deaths = 2,
          .not_before = at(1'700'000'000'123),
          .source = source_id{77},
          .duplicate = true,
          .error = full_failure(),
          .about = "{}",
          .finished = event_number{88},
          .created = at(1),
          .updated = at(2)};
}

inline batch full_batch() {
  return {
      .id = batch_id{1},
      .home = notebook_id{max_id},
      .job = job_type::file_upload,
      .state = batch_state::expired,
      .options = {std::chrono::seconds{0}, 9, 8, at(3), at(4), true, std::chrono::seconds{5}, {"a", "b c"}},
      .counts = {std::numeric_limits<uint32_t>::max(), 2, 3, 4, 5},
      .paused = true,
      .held = true,
      .sealed = true,
      .retry = {7, {true, true}},
      .first_event = event_number{8},
      .last_event = event_number{9},
      .created = at(6),
      .updated = at(7)};
}

inline source full_source() {
  return {.id = source_id{1},
          .home = notebook_id{2},
          .item = item_id{3},
          .url = "u",
          .final_url = "f",
          .title = "t",
          .content_type = "c",
          .extraction_method = "e",
          .metadata = "{}",
          .markdown = digest_of(1),
          .markdown_size = std::numeric_limits<uint64_t>::max(),
          .original = digest_of(2),
          .original_size = 9,
          .created = at(10),
          .updated = at(11)};
}

inline event full_event() {
  return {.number = event_number{1},
          .kind = event_kind::batch_changed,
          .home = notebook_id{2},
          .batch = batch_id{3},
          .index = 4,
          .item = item_id{5},
          .item_now = item_state::cancelled,
          .code = errc::parse_failed,
          .source = source_id{6},
          .batch_now = batch_state::failed,
          .counts = {7, 8, 9, 10, 11},
          .at = at(12)};
}

template <class F>
void for_each_row(F each) {
  each(layout::counters{max_sequence, std::numeric_limits<uint64_t>::max()});
  each(layout::item_range{batch_id{1}, 2, 3});
  each(layout::source_link{"notes", at(5)});
  each(item_key{batch_id{4}, 5});
  each(notebook{notebook_id{1}, at(2)});
  each(full_batch());
  each(full_item());
  each(attempt{{1, 2}, at(3), at(4), full_failure(), max_node_number});
  each(full_source());
  each(known_url{source_id{1}, "\"etag\"", "Mon, 01 Jan 2024 00:00:00 GMT", at(2)});
  each(full_event());
  each(layout::tombstone{notebook_id{1}, at(2), true, item_id{3}, item_id{4}});
  each(delivery{1, event_number{2}, "t", 3, at(4), at(5), 410, "gone", true, true});
  each(receipt{digest_of(1), digest_of(2), 202, "/l", "c", std::string("b\0", 2), at(7)});
}

/// One of each kind, every field set.
inline std::vector<record> full_records() {
  return {
      record{access_key{"key_1", "n", "00ff", {1, max_id}, true, at(6)}},
      record{browser_session{"aa", "bb", "user", at(4)}},
      record{host_rule{"a.example:443", 0, milliseconds{5}, true}},
      record{webhook{1, "u", "s", "o", at(5), {"batch.completed", "x"}, {7, 300}, batch_id{8}, "d", at(9)}},
      record{bulk_action{1, "{}", batch_id{3}, 4, 5, 6, 7, "[]", true, {9}, at(10), at(11)}},
      record{stored_original{1, "f", "t", digest_of(3), 4, {5}, at(6)}},
  };
}

inline auto tied(const layout::counters& x) {
  return std::tie(x.sequence, x.event);
}
inline auto tied(const layout::item_range& x) {
  return std::tie(x.batch, x.first, x.count);
}
inline auto tied(const layout::source_link& x) {
  return std::tie(x.notes, x.linked);
}
inline auto tied(const item_key& x) {
  return std::tie(x.batch, x.index);
}
inline auto tied(const notebook& x) {
  return std::tie(x.id, x.created);
}
inline auto tied(const batch& x) {
  return std::tie(x.id, x.home, x.job, x.state, x.options, x.counts, x.paused, x.held, x.sealed, x.retry.next,
                  x.retry.plan.all, x.retry.plan.reparse, x.first_event, x.last_event, x.created, x.updated);
}
/// Without the key, which stands in the key of the row.
inline auto tied(const item& x) {
  return std::tie(x.id, x.state, x.url, x.upload_id, x.custom_id, x.same_as, x.filename, x.input,
                  x.input_size, x.input_url, x.input_type, x.options.priority, x.options.deadline,
                  x.options.metadata, x.attempts, x.forgiven, x.parser_deaths, x.not_before, x.source,
                  x.duplicate, x.error, x.about, x.finished, x.created, x.updated);
}
inline auto tied(const attempt& x) {
  return std::tie(x.token, x.started, x.ended, x.error, x.node);
}
inline auto tied(const source& x) {
  return std::tie(x.id, x.home, x.item, x.url, x.final_url, x.title, x.content_type, x.extraction_method,
                  x.metadata, x.markdown, x.markdown_size, x.original, x.original_size, x.created, x.updated);
}
inline auto tied(const known_url& x) {
  return std::tie(x.source, x.etag, x.last_modified, x.fetched);
}
inline auto tied(const layout::tombstone& x) {
  return std::tie(x.home, x.removed, x.swept, x.first, x.last);
}
inline auto tied(const delivery& x) {
  return std::tie(x.webhook, x.event, x.type, x.attempts, x.next, x.created, x.http_status, x.error,
                  x.succeeded, x.ended);
}
inline auto tied(const receipt& x) {
  return std::tie(x.key, x.fingerprint, x.status, x.location, x.content_type, x.body, x.created);
}
inline auto tied(const event& x) {
  return std::tie(x.number, x.kind, x.home, x.batch, x.index, x.item, x.item_now, x.code, x.source,
                  x.batch_now, x.counts, x.at);
}

} // namespace troupe::test
