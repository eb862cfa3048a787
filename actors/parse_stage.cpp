#include "actors/open_order.hpp"
#include "actors/stages.hpp"
#include "media/facts.hpp"

namespace troupe {
namespace {

/// The state of a PARSE actor.
struct parse_state {
  services with;
  stage_taker boss;
  uint32_t index = 0;
  parse_order order;
  /// Of media: what was heard, while it is being parsed.
  transcript heard;
  open_order asked;
  static inline const char* name = "parse";
};

class parse_stage {
public:
  using pointer = caf::stateful_actor<parse_state>*;
  explicit parse_stage(pointer self)
      : self_(self)
      , s_(self->state) {}

  void begin() {
    const auto& body = s_.order.body;
    // What was fetched elsewhere lies there.
    if (s_.with.elsewhere && s_.order.lies_there) return place();
    if (body.bytes || !body.path.empty()) return parse();
    // An upload comes by its name: its bytes are with the store.
    self_->request(s_.with.reader, caf::infinite, read_atom_v, body.hash, body.size)
        .then(
            [self = self_](content_ref& found) {
              self->state.order.body = std::move(found);
              parse_stage(self).parse();
            },
            [self = self_](const caf::error&) {
              parse_stage(self).tell({fail(errc::storage_error, "the upload cannot be read")});
            });
  }

private:
  void parse() {
    if (s_.with.elsewhere) return place();
    ask_parser(s_.order, [self = self_](parse_result& r) { parse_stage(self).parsed(std::move(r)); });
  }

  /// On another node, which listens as well.
  void place() {
    s_.asked.begin(s_.with.elsewhere, s_.order.work);
    self_
        ->request(s_.with.elsewhere, caf::infinite, parse_atom_v, s_.order,
                  caf::actor_cast<progress_taker>(s_.boss), s_.index)
        .then(
            [self = self_](parse_result& r) {
              self->state.asked.end();
              parse_stage(self).bring_original(std::move(r));
            },
            [self = self_](const caf::error& e) {
              self->state.asked.end();
              parse_stage(self).report({unanswered(e, true)});
            });
  }

  template <class Then>
  void ask_parser(parse_order order, Then then) {
    s_.asked.begin(s_.with.parser, order.work);
    self_->request(s_.with.parser, caf::infinite, parse_atom_v, std::move(order))
        .then(
            [self = self_, then](parse_result& r) {
              self->state.asked.end();
              then(r);
            },
            [self = self_](const caf::error& e) {
              self->state.asked.end();
              parse_stage(self).tell({unanswered(e)});
            });
  }

  void parsed(parse_result r) {
    const bool page = r.error.code == errc::empty_content || r.text.content_type == "text/html";
    if (r.error.code == errc::none && r.text.media) return listen(s_.order.body);
    if (!s_.order.media) return tell(std::move(r));
    if (page) return listen({});
    tell({r.error.code == errc::none ? fail(errc::no_media, "the URL leads to " + r.text.content_type)
                                     : std::move(r.error)});
  }

  /// To the media at hand or, without, to that behind the page.
  void listen(content_ref media) {
    const media_order order{s_.order.work, s_.order.url, std::move(media)};
    // Programs take their time: who waits for them must keep nobody else from being worked on.
    self_->send(s_.boss, progress_atom_v, s_.index, order.work.token, uint32_t{0});
    s_.asked.begin(s_.with.listener, order.work);
    self_
        ->request(s_.with.listener, caf::infinite, listen_atom_v, order,
                  caf::actor_cast<progress_taker>(s_.boss), s_.index)
        .then(
            [self = self_](listen_result& r) {
              self->state.asked.end();
              parse_stage(self).heard(std::move(r));
            },
            [self = self_](const caf::error& e) {
              self->state.asked.end();
              parse_stage(self).tell({unanswered(e)});
            });
  }

  void heard(listen_result r) {
    s_.heard = std::move(r.words);
    if (r.error.code != errc::none) return tell({std::move(r.error)});
    ask_parser({s_.order.work, s_.heard.name, {}, s_.heard.text}, [self = self_](parse_result& parsed) {
      if (parsed.error.code == errc::unsupported_type)
        parsed.error = fail(errc::parse_failed, "what came of the media is no text");
      parse_stage(self).tell(std::move(parsed));
    });
  }

  void tell(parse_result r) {
    if (r.error.code == errc::none && !s_.heard.method.empty())
      media::describe(r.text, s_.heard, s_.order.url);
    if (!s_.heard.original.empty()) r.original = std::move(s_.heard.original);
    r.about = std::move(s_.heard.about.metadata);
    report(std::move(r));
  }

  /// What was worked on elsewhere and is to be kept comes here.
  void bring_original(parse_result r) {
    const auto wanted = r.original.empty() ? s_.order.body : r.original;
    const bool unwanted = !s_.order.keep_media && r.text.extraction_method.starts_with("media/");
    const bool here = wanted.empty() || wanted.bytes || !wanted.path.empty();
    if (here || unwanted || r.error.code == errc::node_lost) return report(std::move(r));
    const auto whole = std::make_shared<parse_result>(std::move(r));
    self_
        ->request(s_.with.elsewhere, caf::infinite, read_atom_v, s_.order.work.item, s_.order.work.token,
                  wanted)
        .then(
            [self = self_, whole](content_ref& original) {
              whole->original = std::move(original);
              parse_stage(self).report(std::move(*whole));
            },
            [self = self_](const caf::error&) {
              parse_stage(self).report({fail(errc::node_lost, "its content could not be brought here")});
            });
  }

  void report(parse_result r) {
    if (s_.with.elsewhere)
      self_->send(s_.with.elsewhere, cancel_atom_v, s_.order.work.item, s_.order.work.token);
    self_->send(s_.boss, parsed_atom_v, s_.index, s_.order.work.token, std::move(r));
    self_->quit();
  }

  pointer self_;
  parse_state& s_;
};

caf::behavior parse(parse_stage::pointer self, const services& with, const stage_taker& boss, uint32_t index,
                    const parse_order& order) {
  self->state.with = with;
  self->state.boss = boss;
  self->state.index = index;
  self->state.order = order;
  parse_stage(self).begin();
  // Answers to requests are all it hears.
  return {[](start_atom) {}};
}

} // namespace

caf::actor_addr spawn_parse(caf::local_actor* parent, const stage_taker& boss, const services& with,
                            uint32_t index, parse_order order) {
  return parent->spawn<caf::monitored>(parse, with, boss, index, std::move(order)).address();
}

} // namespace troupe
