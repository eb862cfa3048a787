#include "actors/supervising.hpp"

namespace troupe {
namespace {

supervisor_actor::behavior_type supervisor(supervising::pointer self, supervision what) {
  self->state.of = std::move(what);
  self->state.held = held_share{self->state.of.held};
  self->state.resting = held_share{self->state.of.resting};
  self->set_down_handler([self](const caf::down_msg& msg) { supervising(self).down(msg); });
  self->send(self, start_atom_v);
  return {
      [self](turn_atom, const std::vector<uint32_t>& indexes, const workplace& where) {
        supervising(self).turn(indexes, where);
      },
      [self](start_atom) { supervising(self).begin(); },
      [self](fetched_atom, uint32_t index, attempt_token token, fetch_result& r) {
        supervising(self).fetched(index, token, r);
      },
      [self](parsed_atom, uint32_t index, attempt_token token, parse_result& r) {
        supervising(self).parsed(index, token, r);
      },
      [self](stored_atom, uint32_t index, attempt_token token, const persist_result& r) {
        supervising(self).stored(index, token, r);
      },
      [self](progress_atom, uint32_t index, attempt_token token, uint32_t percent) {
        supervising(self).progress(index, token, percent);
      },
      [self](retry_atom, uint32_t index) { supervising(self).retry(index); },
      [self](read_atom, uint32_t index) { supervising(self).read_one(index); },
      [self](persist_atom, uint32_t index) { supervising(self).persist_again(index); },
      [self](cancel_atom) { return supervising(self).cancel(); },
      [self](cancel_atom, uint32_t index) { return supervising(self).cancel_item(index); },
      [self](changed_atom, const batch& row, uint32_t from) { supervising(self).changed(row, from); },
      [self](expire_atom) { supervising(self).expire(); },
      [self](expire_atom, uint32_t index) { supervising(self).expire_item(index); },
      [self](look_atom, uint32_t index) { return supervising(self).why(index); },
      [self](drain_atom) { supervising(self).drain(); },
      [self](wake_atom) { supervising(self).watch(); },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& sys, supervision what) {
  return sys.spawn(supervisor, std::move(what));
}

} // namespace troupe
