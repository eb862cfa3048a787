#pragma once
/// The endpoints of the guide's contract.

#include "http/router.hpp"

namespace troupe::http {

/// All of them, under /api/v1.
std::vector<route> guide_routes();

/// The parts, by what they are about.
void add_submission_routes(std::vector<route>& into);
void add_file_routes(std::vector<route>& into);
void add_upload_routes(std::vector<route>& into);
void add_source_routes(std::vector<route>& into);

/// Waits for a batch of one, at most `http.single_item_wait_ms`: 201 with what came of it, 422 when it
/// failed, 202 when it takes longer.
asio::awaitable<response> answer_single(exchange& x, batch_id id);

} // namespace troupe::http
