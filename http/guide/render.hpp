#pragma once
/// The guide's answers as JSON text. Pure; any thread.

#include "actors/gateway.hpp"

namespace troupe::http {

/// How the guide names a state: pending, processing, completed, failed, partially_completed.
std::string_view guide_status(const batch& b, uint32_t processing);
std::string_view guide_status(const item_view& x);

/// `{"batch_job": {…}, "items": […]}`; `items` is left out with `with_items` false. `next_offset` is there
/// when more items follow.
std::string render_status(const batch_view& v, uint32_t offset, bool with_items);

/// The answer to a batch: 202.
std::string render_accepted(const batch& b, const intake& from);
/// The answer to a single item that is done: 201.
std::string render_single(const item_view& x, const source_text& text);
/// The answer to a single item that goes on: 202.
std::string render_waiting(const item_view& x);

/// A frame of an upload's status, `{"status", "job_details"}`.
std::string render_upload(const item_view& x);
/// True when the upload's status cannot change any more.
bool upload_ended(const item_view& x);

std::string render_files(const source_page& page, uint64_t limit, uint64_t offset);
/// The same with `linked`, for the knowledge base: of a page that was asked for with one more than `limit`,
/// so that it tells whether more follow.
std::string render_knowledge(const source_page& page, uint64_t limit, uint64_t offset);
std::string render_content(const source_text& text);

} // namespace troupe::http
