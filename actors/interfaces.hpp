#pragma once
/// The map of the system: every actor's interface, a sentence for each message.
///
///   node ─┬─ writer       the only one that changes the store
///         ├─ reader       pages of open items for supervisors
///         ├─ transfers    the transfer loop, as an actor
///         ├─ parser       the pool of parser processes, as an actor
///         ├─ listener     the programs that work on media, as an actor
///         ├─ robots       robots.txt, remembered
///         ├─ dispatcher   sends events to webhooks
///         ├─ gate         whose turn it is to fetch, and from which host
///         ├─ bulk         one for each bulk action that has not ended
///         └─ supervisor   one for each open batch
///              ├─ fetch actor     ┐
///              ├─ parse actor     ├ one stage of one attempt each, then gone
///              └─ persist actor   ┘

#include "actors/wire_types.hpp"

namespace troupe {

// -- services -----------------------------------------------------------------------------------------

/// TRANSFERS: the bytes behind URLs.
using transfers_actor = caf::typed_actor<
    // Fetches a URL; answers within the order's budget.
    caf::replies_to<fetch_atom, fetch_order>::with<fetch_result>,
    // Closes the connection of an order that nobody waits for any more.
    caf::reacts_to<cancel_atom, item_id, attempt_token>>;

/// PARSER: documents from bytes, in processes that may die.
using parser_actor = caf::typed_actor<
    // Parses; answers within the order's budget.
    caf::replies_to<parse_atom, parse_order>::with<parse_result>,
    // Kills the process of an order that nobody waits for any more.
    caf::reacts_to<cancel_atom, item_id, attempt_token>>;

/// Someone who wants to know how far the work on an item is.
using progress_taker = caf::typed_actor<
    // So many percent of the stage of this attempt are done; 0: it has begun to wait for its programs.
    caf::reacts_to<progress_atom, uint32_t, attempt_token, uint32_t>>;

/// LISTENER: what is said in media, by programs beside the server that take their time.
using listener_actor = caf::typed_actor<
    // Finds and listens; answers within `media.timeout_ms` of its beginning. The taker hears of the item's
    // progress under this index.
    caf::replies_to<listen_atom, media_order, progress_taker, uint32_t>::with<listen_result>,
    // Kills the programs of an order that nobody waits for any more.
    caf::reacts_to<cancel_atom, item_id, attempt_token>>;

/// ROBOTS: what hosts let be fetched.
using robots_actor = caf::typed_actor<
    // Tells why the URL may not be fetched, or `none`; fetches the host's robots.txt when it is not
    // remembered. A robots.txt that cannot be had forbids the fetch with the reason why it cannot.
    caf::replies_to<allow_atom, std::string>::with<failure>>;

/// WRITER: the only one that changes the store. Gathers what has come in, then syncs once for all of it.
using writer_actor = caf::typed_actor<
    // Takes (a part of) a batch; answers the last part once the batch is durable.
    caf::replies_to<submit_atom, submission>::with<submitted>,
    // Drops the parts of a batch that is not going to be completed.
    caf::reacts_to<abandon_atom, batch_id>,
    // Records how an attempt ended; answers once it is durable.
    caf::replies_to<persist_atom, ending>::with<persist_result>,
    // Records the wish to cancel a batch; true once it is durable, false when there is nothing to cancel.
    caf::replies_to<cancel_atom, batch_id>::with<bool>,
    // Ends a stretch of items as cancelled or expired; answers the index to go on from, or ~0 at the end.
    caf::replies_to<cancel_atom, batch_id, uint32_t, item_state>::with<uint32_t>,
    // Pauses, resumes, seals, removes a batch, or begins to try its items again.
    caf::replies_to<steer_atom, steering>::with<steered>,
    // The next stretch of a batch whose items are tried again.
    caf::replies_to<retry_atom, batch_id>::with<steered>,
    // Stores a record; an original with its bytes.
    caf::replies_to<keep_atom, record>::with<kept>,
    caf::replies_to<keep_atom, record, content_ref>::with<kept>,
    caf::replies_to<keep_atom, receipt>::with<bool>,
    // Drops a record of this kind and name; false when there is none.
    caf::replies_to<remove_atom, uint64_t, std::string>::with<bool>,
    // What became of an attempt at a delivery: before, after.
    caf::replies_to<deliver_atom, delivery, delivery>::with<bool>,
    // Puts a delivery that has ended into the outbox again; false when there is none.
    caf::replies_to<deliver_atom, delivery>::with<bool>,
    // Shows a source in another notebook, with notes; false when there is no such source.
    caf::replies_to<link_atom, notebook_id, source_id, std::string>::with<bool>,
    // Takes a source out of a notebook, or with true drops it; false when it is not there.
    caf::replies_to<remove_atom, notebook_id, source_id, bool>::with<bool>,
    // Drops the content that a failed upload has kept; false when it keeps none.
    caf::replies_to<remove_atom, batch_id, uint32_t>::with<bool>,
    // INTERNAL: syncs what has gathered.
    caf::reacts_to<flush_atom>,
    // INTERNAL: erases old events.
    caf::reacts_to<trim_atom>>;

/// READER: reads for supervisors, on a thread of its own.
using reader_actor = caf::typed_actor<
    // The open items of a batch from an index on, at most so many.
    caf::replies_to<read_atom, batch, uint32_t, uint32_t>::with<item_page>,
    // Those that are more urgent than their batch, from a position on.
    caf::replies_to<read_atom, batch, std::string, uint32_t>::with<urgent_page>,
    // The bytes behind a name, small ones carried along; an error when they are not stored.
    caf::replies_to<read_atom, digest, uint64_t>::with<content_ref>,
    // All batches that are not final.
    caf::replies_to<read_atom>::with<std::vector<batch>>,
    // What a bulk action matches next.
    caf::replies_to<read_atom, bulk_action>::with<bulk_page>,
    // What is due to a webhook, at most so many; the numbers of all webhooks.
    caf::replies_to<deliver_atom, uint64_t, uint32_t>::with<due_page>,
    caf::replies_to<deliver_atom>::with<std::vector<uint64_t>>>;

/// DISPATCHER: sends what is in the outbox to webhooks.
using dispatcher_actor = caf::typed_actor<
    // These webhooks have something new, or are other than they were.
    caf::reacts_to<wake_atom, std::vector<uint64_t>>,
    // INTERNAL: begin; something is due to a webhook.
    caf::reacts_to<start_atom>, caf::reacts_to<wake_atom, uint64_t>>;

// -- the gate -----------------------------------------------------------------------------------------

/// Someone whose items wait for turns.
using turn_taker = caf::typed_actor<
    // These items may be fetched now.
    caf::reacts_to<turn_atom, std::vector<uint32_t>>>;

/// GATE: whose turn it is. Batches take turns one item each; a host is left alone while its limit or its
/// delay says so. A turn is held until the item leaves the transfer, a place in work until it is done.
using gate_actor = caf::typed_actor<
    // Items of a batch that want to be fetched, and how many of it may be in work at once (0: any number).
    // The taker is monitored: its turns end with it.
    caf::reacts_to<want_atom, batch_id, uint32_t, std::vector<wanted_turn>, turn_taker>,
    // How an operator wants a host to be treated.
    caf::reacts_to<rule_atom, host_rule>,
    // What is known of a host now.
    caf::replies_to<look_atom, std::string>::with<host_look>,
    // Why an item that wants to be fetched from this host is not.
    caf::replies_to<look_atom, batch_id, uint32_t, std::string>::with<wait_reason>,
    // Items that want no turn any more, or give theirs back unused.
    caf::reacts_to<cancel_atom, batch_id, std::vector<uint32_t>>,
    // An item's transfer is over: its host and its transfer are free.
    caf::reacts_to<leave_atom, batch_id, uint32_t>,
    // An item that had left its transfer is out of work.
    caf::reacts_to<done_atom, batch_id, uint32_t>,
    // A host asked to be left alone for so many milliseconds.
    caf::reacts_to<hold_atom, std::string, int64_t>,
    // A host's robots.txt asks for so many milliseconds between transfers.
    caf::reacts_to<pace_atom, std::string, int64_t>,
    // INTERNAL: a host's delay is over.
    caf::reacts_to<wake_atom, std::string>>;

// -- batches ------------------------------------------------------------------------------------------

/// SUPERVISOR: one batch. Spawns the stage actors of its items, monitors them, decides what follows.
using supervisor_actor = turn_taker::extend<
    // From the parse actor or the listener: how far an item's stage is.
    caf::reacts_to<progress_atom, uint32_t, attempt_token, uint32_t>,
    // INTERNAL: begin.
    caf::reacts_to<start_atom>,
    // From the fetch actor of an item's attempt.
    caf::reacts_to<fetched_atom, uint32_t, attempt_token, fetch_result>,
    // From the parse actor of an item's attempt.
    caf::reacts_to<parsed_atom, uint32_t, attempt_token, parse_result>,
    // From the persist actor of an item's attempt.
    caf::reacts_to<stored_atom, uint32_t, attempt_token, persist_result>,
    // INTERNAL: an item's backoff is over.
    caf::reacts_to<retry_atom, uint32_t>,
    // INTERNAL: the store may be asked again for an item.
    caf::reacts_to<read_atom, uint32_t>,
    // INTERNAL: the store may be asked again to take an item's ending.
    caf::reacts_to<persist_atom, uint32_t>,
    // Ends every item that is not final; those in work are stopped. True once the wish is durable.
    caf::replies_to<cancel_atom>::with<bool>,
    // Ends one item as cancelled; true once it is final, as that or as what it was about to be.
    caf::replies_to<cancel_atom, uint32_t>::with<bool>,
    // The batch after something was done with it; items from this index on may have been opened again.
    caf::reacts_to<changed_atom, batch, uint32_t>,
    // INTERNAL: the deadline of the batch has come, or that of an item.
    caf::reacts_to<expire_atom>, caf::reacts_to<expire_atom, uint32_t>,
    // What an item waits for.
    caf::replies_to<look_atom, uint32_t>::with<wait_reason>,
    // Starts nothing new; quits when the items in work are done.
    caf::reacts_to<drain_atom>>;

/// NODE: the root. Starts the services, recovers open batches, starts a supervisor for each batch and
/// starts it again should it die; drains and stops all in order.
using node_actor = caf::typed_actor<
    // Passes (a part of) a batch to the writer and starts the supervisor of a complete one.
    caf::replies_to<submit_atom, submission>::with<submitted>, caf::reacts_to<abandon_atom, batch_id>,
    // Cancels a batch; false when it is not open.
    caf::replies_to<cancel_atom, batch_id>::with<bool>,
    // Cancels an item of an open batch; true once it is final.
    caf::replies_to<cancel_atom, batch_id, uint32_t>::with<bool>,
    caf::replies_to<link_atom, notebook_id, source_id, std::string>::with<bool>,
    caf::replies_to<remove_atom, notebook_id, source_id, bool>::with<bool>,
    caf::replies_to<remove_atom, batch_id, uint32_t>::with<bool>,
    // As the writer; supervisors and the gate learn of it.
    caf::replies_to<steer_atom, steering>::with<steered>, caf::replies_to<keep_atom, record>::with<kept>,
    caf::replies_to<keep_atom, record, content_ref>::with<kept>,
    caf::replies_to<keep_atom, receipt>::with<bool>,
    caf::replies_to<remove_atom, uint64_t, std::string>::with<bool>,
    caf::replies_to<deliver_atom, delivery>::with<bool>,
    // What an item of a batch waits for; what is known of a host.
    caf::replies_to<look_atom, batch_id, uint32_t>::with<wait_reason>,
    caf::replies_to<look_atom, std::string>::with<host_look>,
    // Takes nothing more, lets items in work finish for the configured time, stops the services, quits.
    caf::reacts_to<drain_atom>,
    // INTERNAL: begin; recover.
    caf::reacts_to<start_atom>,
    // INTERNAL: a supervisor that died is started again.
    caf::reacts_to<retry_atom, batch_id>,
    // INTERNAL: the drain has taken long enough.
    caf::reacts_to<wake_atom>>;

/// What supervisors and stage actors work with.
struct services {
  gate_actor gate;
  robots_actor robots;
  transfers_actor transfers;
  parser_actor parser;
  listener_actor listener;
  writer_actor writer;
  reader_actor reader;
  dispatcher_actor dispatcher;
};

} // namespace troupe
