#pragma once
/// One media order from its beginning to its transcript.

#include "media/programs.hpp"
#include "model/spool.hpp"
#include "model/work.hpp"

namespace troupe::media {

/// Finds, listens, and leaves the words in `out`; `out.about` is kept when it fails, too. Blocks. What is
/// found behind a page goes to a spool of `make_spool`. Fails as `find_on_site` and `words_of_file`.
failure work_on(const media_order& order, programs& with, const spool_factory& make_spool, transcript& out);

} // namespace troupe::media
