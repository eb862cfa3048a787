#include "fetch/transfer_meter.hpp"

#include <algorithm>

namespace troupe {

transfer_meter::transfer_meter(metrics* into) {
  if (!into) return;
  constexpr std::string_view classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (size_t i = 0; i < responses_.size(); ++i)
    responses_[i] = into->count(metric::fetch_responses, {classes[i]});
  connections_ = into->count(metric::fetch_connections);
  name_lookup_ = into->times(metric::fetch_phase, {"name_lookup"});
  connect_ = into->times(metric::fetch_phase, {"connect"});
  tls_ = into->times(metric::fetch_phase, {"tls"});
  first_byte_ = into->times(metric::fetch_phase, {"first_byte"});
  total_ = into->times(metric::fetch_phase, {"total"});
}

/// A phase that a transfer had no part in has no time: a connection that was used again was not made.
void transfer_meter::ended(CURL* transfer) const {
  long status = 0;
  long opened = 0;
  curl_easy_getinfo(transfer, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(transfer, CURLINFO_NUM_CONNECTS, &opened);
  responses_[std::clamp<size_t>(static_cast<size_t>(status) / 100, 0, 5)].add();
  if (opened > 0) connections_.add(double(opened));
  const auto observe = [transfer](CURLINFO what, const metrics::histogram& into) {
    curl_off_t us = 0;
    curl_easy_getinfo(transfer, what, &us);
    if (us > 0) into.observe(std::chrono::microseconds{us});
  };
  if (opened > 0) {
    observe(CURLINFO_NAMELOOKUP_TIME_T, name_lookup_);
    observe(CURLINFO_CONNECT_TIME_T, connect_);
    observe(CURLINFO_APPCONNECT_TIME_T, tls_);
  }
  observe(CURLINFO_STARTTRANSFER_TIME_T, first_byte_);
  observe(CURLINFO_TOTAL_TIME_T, total_);
}

} // namespace troupe
