#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// An Internet message (RFC 5322, MIME): its subject as heading, its text (of alternatives the plain one,
/// else the HTML one as Markdown), attached messages below it. Sender, receivers, date and the attachments,
/// by name, type and size, are metadata. Fails with `parse_failed` when it is no message.
result<reading> read_mail(std::string_view data, const reading_limits& limits);

/// Loads the encodings that headers of messages are decoded from; any thread, before a message is read.
void warm_up_mail();

} // namespace troupe::documents
