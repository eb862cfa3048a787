#pragma once
/// How message types cross a wire: CAF 0.17 inspection, and the list of all types and atoms.

#include "actors/cluster/shared_records.hpp"
#include "actors/messages.hpp"
#include "actors/shared_hosts.hpp"

#include <caf/all.hpp>

namespace troupe {

template <class I>
typename I::result_type inspect(I& f, digest& x) {
  return f(caf::meta::type_name("digest"), x.bytes);
}

template <class I>
typename I::result_type inspect(I& f, item_key& x) {
  return f(caf::meta::type_name("item_key"), x.batch, x.index);
}

template <class I>
typename I::result_type inspect(I& f, attempt_token& x) {
  return f(caf::meta::type_name("attempt_token"), x.epoch, x.number);
}

// Times and durations cross as counts of milliseconds.

template <class I>
typename I::result_type inspect(I& f, failure& x) {
  int64_t wait = x.retry_after ? x.retry_after->count() : -1;
  auto load = [&]() -> caf::error {
    x.retry_after = wait < 0 ? std::nullopt : std::optional{milliseconds{wait}};
    return caf::none;
  };
  return f(caf::meta::type_name("failure"), x.code, x.message, x.http_status, wait,
           caf::meta::load_callback(load));
}

template <class I>
typename I::result_type inspect(I& f, content_ref& x) {
  // The file is this node's own: its path means nothing elsewhere.
  std::string bytes = x.bytes ? *x.bytes : std::string{};
  bool inline_bytes = x.bytes != nullptr;
  auto load = [&]() -> caf::error {
    if (inline_bytes) x.bytes = std::make_shared<const std::string>(std::move(bytes));
    return caf::none;
  };
  return f(caf::meta::type_name("content_ref"), x.hash, x.size, inline_bytes, bytes,
           caf::meta::load_callback(load));
}

template <class I>
typename I::result_type inspect(I& f, work_order& x) {
  int64_t budget = x.budget.count();
  auto load = [&]() -> caf::error {
    x.budget = milliseconds{budget};
    return caf::none;
  };
  return f(caf::meta::type_name("work_order"), x.item, x.token, budget, caf::meta::load_callback(load));
}

template <class I>
typename I::result_type inspect(I& f, known_url& x) {
  int64_t at = x.fetched.time_since_epoch().count();
  auto load = [&]() -> caf::error {
    x.fetched = timestamp{milliseconds{at}};
    return caf::none;
  };
  return f(caf::meta::type_name("known_url"), x.source, x.etag, x.last_modified, at,
           caf::meta::load_callback(load));
}

template <class I>
typename I::result_type inspect(I& f, fetch_order& x) {
  bool is_known = x.known.has_value();
  auto known = x.known.value_or(known_url{});
  int64_t timeout = x.timeout.count();
  bool posts = x.post.has_value();
  auto post = x.post.value_or(std::string{});
  auto load = [&]() -> caf::error {
    x.timeout = milliseconds{timeout};
    x.post = posts ? std::optional{std::move(post)} : std::nullopt;
    x.known = is_known ? std::optional{std::move(known)} : std::nullopt;
    return caf::none;
  };
  return f(caf::meta::type_name("fetch_order"), x.work, x.url, is_known, known, x.obey_robots, x.follow,
           x.truncate, x.max_bytes, timeout, posts, post, x.headers, caf::meta::load_callback(load));
}

template <class I>
typename I::result_type inspect(I& f, fetched& x) {
  return f(caf::meta::type_name("fetched"), x.unchanged, x.moved_to, x.http_status, x.final_url,
           x.content_type, x.etag, x.last_modified, x.body, x.reparsed);
}

template <class I>
typename I::result_type inspect(I& f, fetch_result& x) {
  return f(caf::meta::type_name("fetch_result"), x.error, x.page);
}

template <class I>
typename I::result_type inspect(I& f, parse_order& x) {
  return f(caf::meta::type_name("parse_order"), x.work, x.url, x.content_type, x.body, x.media);
}

template <class I>
typename I::result_type inspect(I& f, document::image& x) {
  return f(caf::meta::type_name("image"), x.name, x.type, x.data);
}

template <class I>
typename I::result_type inspect(I& f, document& x) {
  return f(caf::meta::type_name("document"), x.markdown, x.title, x.content_type, x.extraction_method,
           x.metadata, x.images, x.media);
}

template <class I>
typename I::result_type inspect(I& f, parse_result& x) {
  return f(caf::meta::type_name("parse_result"), x.error, x.text, x.original, x.about);
}

template <class I>
typename I::result_type inspect(I& f, media_facts& x) {
  return f(caf::meta::type_name("media_facts"), x.title, x.metadata);
}

template <class I>
typename I::result_type inspect(I& f, media_order& x) {
  return f(caf::meta::type_name("media_order"), x.work, x.url, x.body);
}

template <class I>
typename I::result_type inspect(I& f, transcript& x) {
  return f(caf::meta::type_name("transcript"), x.text, x.name, x.method, x.about, x.original, x.content_type);
}

template <class I>
typename I::result_type inspect(I& f, listen_result& x) {
  return f(caf::meta::type_name("listen_result"), x.error, x.words);
}

template <class I>
typename I::result_type inspect(I& f, parse_answer& x) {
  return f(caf::meta::type_name("parse_answer"), x.result, x.rest, x.original);
}

template <class I>
typename I::result_type inspect(I& f, node_card& x) {
  return f(caf::meta::type_name("node_card"), x.name, x.instance, x.role, x.number, x.address, x.version,
           x.transfers, x.window, x.media, x.draining, x.serving);
}

template <class I>
typename I::result_type inspect(I& f, record_part& x) {
  return f(caf::meta::type_name("record_part"), x.version, x.back, x.first, x.last, x.rows);
}

template <class I>
typename I::result_type inspect(I& f, host_message& x) {
  return f(caf::meta::type_name("host_message"), x.what, x.host, x.count, x.round);
}

struct serving_nodes;
struct services;
struct workplace;
struct node_room;
struct dialled;
/// Services cross between actors of one node by reference.
using services_ref = std::shared_ptr<const services>;

} // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(troupe, (troupe::errc))
CAF_ADD_TYPE_ID(troupe, (troupe::failure))
CAF_ADD_TYPE_ID(troupe, (troupe::batch_id))
CAF_ADD_TYPE_ID(troupe, (troupe::item_id))
CAF_ADD_TYPE_ID(troupe, (troupe::notebook_id))
CAF_ADD_TYPE_ID(troupe, (troupe::source_id))
CAF_ADD_TYPE_ID(troupe, (troupe::digest))
CAF_ADD_TYPE_ID(troupe, (troupe::item_key))
CAF_ADD_TYPE_ID(troupe, (troupe::attempt_token))
CAF_ADD_TYPE_ID(troupe, (troupe::content_ref))
CAF_ADD_TYPE_ID(troupe, (troupe::work_order))
CAF_ADD_TYPE_ID(troupe, (troupe::known_url))
CAF_ADD_TYPE_ID(troupe, (troupe::fetch_order))
CAF_ADD_TYPE_ID(troupe, (troupe::fetched))
CAF_ADD_TYPE_ID(troupe, (troupe::fetch_result))
CAF_ADD_TYPE_ID(troupe, (troupe::parse_order))
CAF_ADD_TYPE_ID(troupe, (troupe::document))
CAF_ADD_TYPE_ID(troupe, (troupe::parse_result))
CAF_ADD_TYPE_ID(troupe, (troupe::media_order))
CAF_ADD_TYPE_ID(troupe, (troupe::listen_result))
CAF_ADD_TYPE_ID(troupe, (troupe::parse_answer))
CAF_ADD_TYPE_ID(troupe, (troupe::node_card))
CAF_ADD_TYPE_ID(troupe, (troupe::host_message))
CAF_ADD_TYPE_ID(troupe, (troupe::record_part))
CAF_ADD_TYPE_ID(troupe, (std::vector<uint32_t>))
CAF_ADD_TYPE_ID(troupe, (std::vector<uint64_t>))
CAF_ADD_ATOM(troupe, troupe, fetch_atom, "fetch")
CAF_ADD_ATOM(troupe, troupe, parse_atom, "parse")
CAF_ADD_ATOM(troupe, troupe, persist_atom, "persist")
CAF_ADD_ATOM(troupe, troupe, cancel_atom, "cancel")
CAF_ADD_ATOM(troupe, troupe, allow_atom, "allow")
CAF_ADD_ATOM(troupe, troupe, want_atom, "want")
CAF_ADD_ATOM(troupe, troupe, turn_atom, "turn")
CAF_ADD_ATOM(troupe, troupe, leave_atom, "leave")
CAF_ADD_ATOM(troupe, troupe, done_atom, "done")
CAF_ADD_ATOM(troupe, troupe, hold_atom, "hold")
CAF_ADD_ATOM(troupe, troupe, pace_atom, "pace")
CAF_ADD_ATOM(troupe, troupe, wake_atom, "wake")
CAF_ADD_ATOM(troupe, troupe, submit_atom, "submit")
CAF_ADD_ATOM(troupe, troupe, abandon_atom, "abandon")
CAF_ADD_ATOM(troupe, troupe, read_atom, "read")
CAF_ADD_ATOM(troupe, troupe, flush_atom, "flush")
CAF_ADD_ATOM(troupe, troupe, trim_atom, "trim")
CAF_ADD_ATOM(troupe, troupe, link_atom, "link")
CAF_ADD_ATOM(troupe, troupe, remove_atom, "remove")
CAF_ADD_ATOM(troupe, troupe, retry_atom, "retry")
CAF_ADD_ATOM(troupe, troupe, drain_atom, "drain")
CAF_ADD_ATOM(troupe, troupe, start_atom, "start")
CAF_ADD_ATOM(troupe, troupe, fetched_atom, "fetched")
CAF_ADD_ATOM(troupe, troupe, parsed_atom, "parsed")
CAF_ADD_ATOM(troupe, troupe, stored_atom, "stored")
CAF_ADD_ATOM(troupe, troupe, listen_atom, "listen")
CAF_ADD_ATOM(troupe, troupe, progress_atom, "progress")
CAF_ADD_ATOM(troupe, troupe, steer_atom, "steer")
CAF_ADD_ATOM(troupe, troupe, changed_atom, "changed")
CAF_ADD_ATOM(troupe, troupe, expire_atom, "expire")
CAF_ADD_ATOM(troupe, troupe, look_atom, "look")
CAF_ADD_ATOM(troupe, troupe, rule_atom, "rule")
CAF_ADD_ATOM(troupe, troupe, keep_atom, "keep")
CAF_ADD_ATOM(troupe, troupe, deliver_atom, "deliver")
CAF_ADD_ATOM(troupe, troupe, pull_atom, "pull")
CAF_ADD_ATOM(troupe, troupe, hello_atom, "hello")
CAF_ADD_ATOM(troupe, troupe, card_atom, "card")
CAF_ADD_ATOM(troupe, troupe, room_atom, "room")
CAF_ADD_ATOM(troupe, troupe, accept_atom, "accept")
CAF_ADD_ATOM(troupe, troupe, dial_atom, "dial")
CAF_ADD_ATOM(troupe, troupe, home_atom, "home")
CAF_ADD_ATOM(troupe, troupe, host_atom, "host")
CAF_END_TYPE_ID_BLOCK(troupe)

// Between the owner's own actors only: these never leave their node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<troupe::wanted_turn>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::services_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::workplace)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::serving_nodes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::node_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::dialled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ending)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::persist_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::submission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::submitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::reading_mark)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::item_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<troupe::batch>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::steering)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::steered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::wait_reason)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_look)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_rule)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::kept)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::bulk_action)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::bulk_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::due_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::receipt)
