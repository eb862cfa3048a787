#pragma once
/// The JSON body that submits URLs, read as a stream.

#include "actors/gateway.hpp"

#include <cstdio>
#include <functional>

namespace troupe::http {

/// What a body said beside its URLs.
struct submission_request {
  bool has_url = false;
  bool has_urls = false;
  bool strict = false;
  batch_options options;
  /// Why the body cannot be used: names the field.
  failure error{errc::none, {}, 0, std::nullopt};
};

/// Reads `{"url": …}` or `{"urls": […]}` with `upload_url_id`, `strict`, `max_age`; other members are passed
/// over. Each URL goes to `into` as it is read; `after_each`, if there is one, is called after each and stops
/// the reading when it returns a failure. An element of `urls` is a text, or an object
/// `{"url", "upload_url_id"}`.
submission_request read_submission(std::string_view text, intake& into,
                                   const std::function<failure()>& after_each);
submission_request read_submission(std::FILE* file, intake& into, const std::function<failure()>& after_each);

} // namespace troupe::http
