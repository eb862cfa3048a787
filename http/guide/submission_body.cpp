#include "http/guide/submission_body.hpp"

#include "http/json_events.hpp"

namespace troupe::http {
namespace {

constexpr int64_t longest_age = 10LL * 366 * 24 * 3600;

/// Receives the parser's events. `path` of interest: depth 1 members, elements of `urls`, and the members of
/// objects among them.
class reader final : public json_events {
public:
  reader(intake& into, const std::function<failure()>& after_each)
      : into_(into)
      , after_each_(after_each) {}
  submission_request out;

  submission_request finish() {
    if (out.error.code != errc::none) return std::move(out);
    if (out.has_url && out.has_urls)
      out.error = fail(errc::invalid_request, "url, urls: give one of them, not both");
    else if (out.has_urls && !upload_id_.empty())
      out.error =
          fail(errc::invalid_request, "upload_url_id: goes with url; with urls each element has its own");
    else if (!out.has_url && !out.has_urls)
      out.error = fail(errc::invalid_request, "url: missing; give url or urls");
    else if (out.has_url && !single_.empty() && !into_.add(single_, upload_id_))
      return full();
    return std::move(out);
  }

  bool null() override { return value("null"); }
  bool boolean(bool v) override {
    if (depth_ == 1 && key_ == "max_age") return wrong("max_age: expected a whole number of seconds");
    if (depth_ == 1 && key_ == "strict") out.strict = v;
    return value(v ? "true" : "false");
  }
  bool integer(int64_t v) override { return whole(v); }
  bool large_integer(uint64_t) override { return whole(INT64_MAX); }
  bool number(double, std::string_view text) override {
    if (depth_ == 1 && key_ == "max_age") return wrong("max_age: expected a whole number of seconds");
    return value(std::string(text));
  }
  bool string(std::string_view s) override {
    if (depth_ == 1 && key_ == "url") {
      out.has_url = true;
      single_ = s;
      if (single_.empty()) return wrong("url: is empty");
    } else if (depth_ == 1 && key_ == "urls") {
      return wrong("urls: expected an array");
    } else if (depth_ == 1 && (key_ == "max_age" || key_ == "strict")) {
      return wrong(key_ +
                   (key_ == "strict" ? ": expected true or false" : ": expected a whole number of seconds"));
    } else if (depth_ == 1 && (key_ == "upload_url_id" || key_ == "upload_id")) {
      upload_id_ = s;
    } else if (in_urls_ && depth_ == 2) {
      return added(into_.add(s));
    } else if (in_urls_ && depth_ == 3 && in_element_) {
      if (key_ == "url")
        element_url_ = s;
      else if (key_ == "upload_url_id" || key_ == "upload_id")
        element_id_ = s;
    }
    return true;
  }

  bool begin_object() override {
    if (in_urls_ && depth_ == 2) {
      in_element_ = true;
      element_url_.clear();
      element_id_.clear();
    } else if (depth_ == 1 && (key_ == "url" || key_ == "urls")) {
      return wrong(key_ + ": expected " + (key_ == "url" ? "a text" : "an array"));
    }
    ++depth_;
    return true;
  }
  bool key(std::string_view k) override {
    if (depth_ == 1 || (in_element_ && depth_ == 3)) key_ = k;
    return true;
  }
  bool end_object() override {
    --depth_;
    if (!in_urls_ || depth_ != 2 || !in_element_) return true;
    in_element_ = false;
    return added(into_.add(element_url_, element_id_));
  }
  bool begin_array() override {
    if (depth_ == 0) return wrong("the body: expected an object");
    if (depth_ == 1 && key_ == "url") return wrong("url: expected a text");
    if (depth_ == 1 && key_ == "urls") {
      if (out.has_urls) return wrong("urls: given twice");
      out.has_urls = in_urls_ = true;
    } else if (in_urls_ && depth_ == 2) {
      ++depth_;
      return added(into_.refuse("[…]", fail(errc::invalid_url, "expected a text")));
    }
    ++depth_;
    return true;
  }
  bool end_array() override {
    if (--depth_ == 1) in_urls_ = false;
    return true;
  }

private:
  bool wrong(std::string what) {
    out.error = fail(errc::invalid_request, std::move(what));
    return false;
  }
  submission_request full() {
    out.error = fail(errc::invalid_request, "urls: more than limits.items_per_batch items");
    return std::move(out);
  }
  bool added(bool fits) {
    if (!fits) return wrong("urls: more than limits.items_per_batch items");
    if (!after_each_) return true;
    out.error = after_each_();
    return out.error.code == errc::none;
  }
  bool is_text_member() const { return key_ == "upload_url_id" || key_ == "upload_id"; }
  bool whole(int64_t v) {
    if (depth_ == 1 && key_ == "strict") return wrong("strict: expected true or false");
    if (depth_ == 1 && key_ == "max_age") {
      if (v < 0 || v > longest_age)
        return wrong("max_age: expected a whole number of seconds, at most ten years");
      out.options.max_age = std::chrono::seconds{v};
    }
    return value(std::to_string(v));
  }
  /// A value that is no text, where a URL may be expected.
  bool value(const std::string& shown) {
    if (depth_ == 0) return wrong("the body: expected an object");
    if (depth_ == 1 && shown != "null" && is_text_member()) return wrong(key_ + ": expected a text");
    if (depth_ == 1 && key_ == "url") return wrong("url: expected a text");
    if (depth_ == 1 && key_ == "urls") return wrong("urls: expected an array");
    if (in_urls_ && depth_ == 3 && in_element_ && shown != "null" && is_text_member())
      return wrong("urls: " + key_ + ": expected a text");
    if (in_urls_ && depth_ == 2)
      return added(into_.refuse(shown, fail(errc::invalid_url, "expected a text")));
    return true;
  }

  intake& into_;
  const std::function<failure()>& after_each_;
  unsigned depth_ = 0;
  bool in_urls_ = false;
  bool in_element_ = false;
  std::string key_;
  std::string single_;
  std::string upload_id_;
  std::string element_url_;
  std::string element_id_;
};

template <class Text>
submission_request read_any(Text text, intake& into, const std::function<failure()>& after_each) {
  reader r{into, after_each};
  auto f = read_json(text, r);
  if (f.code != errc::none) r.out.error = std::move(f);
  return r.finish();
}

} // namespace

submission_request read_submission(std::string_view text, intake& into,
                                   const std::function<failure()>& after_each) {
  return read_any(text, into, after_each);
}

submission_request read_submission(std::FILE* file, intake& into,
                                   const std::function<failure()>& after_each) {
  return read_any(file, into, after_each);
}

} // namespace troupe::http
