#include "model/error.hpp"

#include <array>
#include <stdexcept>

namespace troupe {
namespace {

constexpr bool again = true;
constexpr bool final_ = false;

constexpr auto table = std::to_array<error_info>({
    {errc::none, stage::batch, "none", "No error.", final_},
    {errc::invalid_url, stage::accept, "invalid_url", "The URL cannot be understood.", final_},
    {errc::unsupported_scheme, stage::accept, "unsupported_scheme", "Only http and https URLs are fetched.",
     final_},
    {errc::url_too_long, stage::accept, "url_too_long", "The URL is longer than allowed.", final_},
    {errc::invalid_request, stage::accept, "invalid_request", "The request cannot be understood.", final_},
    {errc::upload_id_taken, stage::accept, "upload_id_taken", "The upload id is in use in this notebook.",
     final_},
    {errc::blocked_address, stage::fetch, "blocked_address", "The host's address may not be fetched from.",
     final_},
    {errc::robots_denied, stage::fetch, "robots_denied", "The site's robots.txt disallows this URL.", final_},
    {errc::dns_failure, stage::fetch, "dns_failure", "The host name could not be resolved.", again},
    {errc::connect_refused, stage::fetch, "connect_refused", "The host refused the connection.", again},
    {errc::connect_timeout, stage::fetch, "connect_timeout", "The host did not accept a connection in time.",
     again},
    {errc::tls_error, stage::fetch, "tls_error", "No trusted TLS connection could be made.", final_},
    {errc::read_timeout, stage::fetch, "read_timeout", "The transfer took longer than allowed.", again},
    {errc::stalled, stage::fetch, "stalled", "The transfer was slower than allowed.", again},
    {errc::connection_reset, stage::fetch, "connection_reset", "The host closed the connection.", again},
    {errc::truncated_body, stage::fetch, "truncated_body", "The body was shorter than announced.", again},
    {errc::protocol_error, stage::fetch, "protocol_error", "The host's answer breaks the protocol.", again},
    {errc::too_many_redirects, stage::fetch, "too_many_redirects", "Too many redirects.", final_},
    {errc::bad_redirect, stage::fetch, "bad_redirect", "The redirect leads to no URL that can be fetched.",
     final_},
    {errc::http_4xx, stage::fetch, "http_4xx", "The host refused the request.", final_},
    {errc::http_429, stage::fetch, "http_429", "The host asked for fewer requests.", again},
    {errc::http_5xx, stage::fetch, "http_5xx", "The host failed to answer the request.", again},
    {errc::http_other, stage::fetch, "http_other", "The host's status is not one that carries a page.",
     final_},
    {errc::too_large, stage::fetch, "too_large", "The body is larger than allowed.", final_},
    {errc::fetch_failed, stage::fetch, "fetch_failed", "The transfer failed.", again},
    {errc::unsupported_type, stage::parse, "unsupported_type", "There is no parser for this type of content.",
     final_},
    {errc::decode_error, stage::parse, "decode_error", "The content's encoding is broken.", final_},
    {errc::empty_content, stage::parse, "empty_content", "No text was found in the content.", final_},
    {errc::parse_failed, stage::parse, "parse_failed", "The content could not be parsed.", final_},
    {errc::parse_crashed, stage::parse, "parse_crashed", "The content crashes its parser.", again},
    {errc::parse_timeout, stage::parse, "parse_timeout", "Parsing took longer than allowed.", again},
    {errc::parse_memory, stage::parse, "parse_memory", "Parsing needs more memory than allowed.", final_},
    {errc::no_media, stage::parse, "no_media", "No media was found behind the URL.", final_},
    {errc::no_transcript, stage::parse, "no_transcript",
     "The media has no captions, and no transcriber is configured.", final_},
    {errc::unsafe_content, stage::parse, "unsafe_content",
     "The content declares what no document needs and attackers use.", final_},
    {errc::unsafe_archive, stage::parse, "unsafe_archive", "The container is built to harm who unpacks it.",
     final_},
    {errc::encrypted, stage::parse, "encrypted", "The document is encrypted.", final_},
    {errc::no_text, stage::parse, "no_text", "The document has pages but no text, as a scan.", final_},
    {errc::no_converter, stage::parse, "no_converter", "No program to convert this format is configured.",
     final_},
    {errc::storage_full, stage::persist, "storage_full", "The disk is full.", again},
    {errc::storage_error, stage::persist, "storage_error", "The store refused the write.", again},
    {errc::corrupt_row, stage::persist, "corrupt_row", "The stored row of the item cannot be read.", final_},
    {errc::worker_died, stage::batch, "worker_died", "The actor that worked on the item died.", again},
    {errc::node_lost, stage::batch, "node_lost", "The node that worked on the item is gone.", again},
    {errc::deadline_exceeded, stage::batch, "deadline_exceeded", "The work was not done before its deadline.",
     again},
    {errc::cancelled, stage::batch, "cancelled", "The item was cancelled.", final_},
    {errc::not_found, stage::batch, "not_found", "There is no such thing.", final_},
    {errc::overloaded, stage::batch, "overloaded", "The server has no room for this now.", again},
    {errc::internal_error, stage::batch, "internal_error", "Something failed that should not.", final_},
    {errc::batch_ended, stage::batch, "batch_ended", "The batch has ended.", final_},
    {errc::batch_open, stage::batch, "batch_open", "The batch has not ended.", final_},
    {errc::batch_sealed, stage::batch, "batch_sealed", "The batch takes no more items.", final_},
    {errc::in_progress, stage::batch, "in_progress", "The same is being done already.", again},
    {errc::gone, stage::batch, "gone", "It was there and has been removed.", final_},
    {errc::limit_reached, stage::batch, "limit_reached", "No more of these can be had.", final_},
    {errc::notebook_full, stage::batch, "notebook_full",
     "The notebook has as many open batches as one may have.", again},
});

constexpr bool in_order() {
  for (size_t i = 0; i < table.size(); ++i)
    if (static_cast<size_t>(table[i].code) != i) return false;
  return true;
}
static_assert(table.size() == static_cast<size_t>(errc::count_), "every code has its row");
static_assert(in_order(), "the rows stand in the order of the enum");

} // namespace

std::span<const error_info> error_table() {
  return table;
}

const error_info& info(errc code) {
  const auto i = static_cast<size_t>(code);
  return table[i < table.size() ? i : static_cast<size_t>(errc::internal_error)];
}

errc errc_from_name(std::string_view wanted) {
  for (const auto& row : table)
    if (row.name == wanted) return row.code;
  return errc::internal_error;
}

std::string_view name(stage s) {
  constexpr std::string_view names[] = {"accept", "fetch", "parse", "persist", "batch"};
  return names[static_cast<size_t>(s)];
}

failure fail(errc code, std::string message) {
  return {code, std::move(message), 0, std::nullopt};
}

void throw_exception_from_error(const failure& f, const boost::source_location&) {
  throw std::runtime_error(std::string(info(f.code).name) + ": " + std::string(f.text()));
}

} // namespace troupe
