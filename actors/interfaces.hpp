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
///
/// Between nodes:
///
///   members ─┬─ peer          what this process shows to the others: runs the stages that they place here
///            │    ├─ fetch actor     ┐ one stage of one attempt of another node's item, then gone
///            │    └─ parse actor     ┘
///            └─ link          one for each other node: the stages that this one places there
///                 └─ carrier  one content on its way, then gone

#include "actors/shared_hosts.hpp"
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
    // The open items of a batch from a place on, those that are more urgent than it first, at most so many.
    caf::replies_to<read_atom, batch, reading_mark, uint32_t>::with<item_page>,
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

// -- other nodes --------------------------------------------------------------------------------------

/// Who has contents in hand for an attempt and hands them over piece by piece.
using content_actor = caf::typed_actor<
    // The piece that begins at this offset, at most `cluster.chunk_bytes`; an error when the content is not
    // in hand (any more).
    caf::replies_to<pull_atom, item_id, attempt_token, digest, uint64_t>::with<std::string>>;

/// Who has an item's stages run: a SUPERVISOR, or, for another node, a PEER.
using stage_taker = progress_taker::extend<
    // From the fetch actor of an item's attempt.
    caf::reacts_to<fetched_atom, uint32_t, attempt_token, fetch_result>,
    // From the parse actor of an item's attempt.
    caf::reacts_to<parsed_atom, uint32_t, attempt_token, parse_result>>;

/// What a node does for others.
using work_actor = content_actor::extend<
    // Fetches, as TRANSFERS; the body stays here for the attempt's next order.
    caf::replies_to<fetch_atom, fetch_order>::with<fetch_result>,
    // Parses and, of media, listens; a body that the order only names is here already, or is pulled from the
    // one who asks, who hears of progress under this number.
    caf::replies_to<parse_atom, parse_order, uint32_t>::with<parse_answer>,
    // Gives up what is under way for an attempt, and lets go of what is in hand for it.
    caf::reacts_to<cancel_atom, item_id, attempt_token>,
    // The items that are in hand here for the one who asks.
    caf::replies_to<look_atom>::with<std::vector<uint64_t>>,
    // The other node is other than it was.
    caf::reacts_to<card_atom, node_card>,
    // Notebooks that an owner has although the hash would have them elsewhere; true: those were the last of
    // them.
    caf::reacts_to<home_atom, uint32_t, std::vector<uint64_t>, bool>,
    // For this node's gate, from that of an owner: about a host, what it asks for included.
    caf::reacts_to<host_atom, uint32_t, host_message>, caf::reacts_to<hold_atom, std::string, int64_t>,
    caf::reacts_to<pace_atom, std::string, int64_t>,
    // From the keeper: records that are the same everywhere; one that is gone.
    caf::reacts_to<keep_atom, record_part>, caf::reacts_to<remove_atom, uint64_t, std::string>,
    // Finish, then end this process.
    caf::reacts_to<drain_atom>>;

/// PEER: published to the other nodes, the same on every one. Runs the stages that they place here.
using peer_actor = work_actor::extend_with<stage_taker>::extend<
    // A node that has come, and its PEER (a WORK actor); answers who this one is. The one that dialled says
    // this.
    caf::replies_to<hello_atom, node_card, caf::strong_actor_ptr>::with<node_card>,
    // INTERNAL: this node's services, started anew.
    caf::reacts_to<start_atom, services_ref>,
    // INTERNAL: this node as it is now.
    caf::reacts_to<card_atom, node_card, bool>,
    // INTERNAL: look how room is shared, and what has been kept for too long.
    caf::reacts_to<wake_atom>>;

/// LINK: another node, as the actors of this one see it. Has their orders done there, and fails them at once
/// with `node_lost` when the node is gone.
using link_actor = caf::typed_actor<
    // As TRANSFERS; of a body, only its name comes here.
    caf::replies_to<fetch_atom, fetch_order>::with<fetch_result>,
    // As a parse actor: listens as well. The taker hears of progress under this index.
    caf::replies_to<parse_atom, parse_order, progress_taker, uint32_t>::with<parse_result>,
    // Gives up an order that nobody waits for any more.
    caf::reacts_to<cancel_atom, item_id, attempt_token>,
    // Brings a content that lies there to this node.
    caf::replies_to<read_atom, item_id, attempt_token, content_ref>::with<content_ref>,
    // From the node: it pulls what was named in an order.
    caf::replies_to<pull_atom, item_id, attempt_token, digest, uint64_t>::with<std::string>,
    // From the node: how far an order is, under a number of this link.
    caf::reacts_to<progress_atom, uint32_t, attempt_token, uint32_t>,
    // From the node: how many transfers and how many items behind them it takes from here.
    caf::reacts_to<room_atom, uint32_t, uint32_t>,
    // INTERNAL: this node's services, started anew: their gate is told of the node.
    caf::reacts_to<start_atom, services_ref>,
    // INTERNAL: the node as it says it is now.
    caf::reacts_to<card_atom, node_card>,
    // INTERNAL: it has come anew: what it had in hand it knows no more.
    caf::reacts_to<expire_atom>,
    // INTERNAL: compare with the node what it has in hand.
    caf::reacts_to<look_atom>>;

/// Where an item is worked on; without a link on this node.
struct workplace {
  link_actor link;
  std::string name;
  /// As the gate calls it.
  uint32_t number = 0;
};

/// The serving nodes that are there, by their numbers, beside this one.
struct serving_nodes {
  node_number own = 0;
  std::map<node_number, work_actor> others;
};

/// What came of dialling: the socket of a stream, and who is behind it.
struct dialled {
  failure error{errc::none, {}, 0, std::nullopt};
  int socket = -1;
  std::string instance;
  std::string name;
};

/// MEMBERS: which nodes there are. Dials those it should know, makes a link for each that has come.
using members_actor = caf::typed_actor<
    // From PEER: a node has said who it is.
    caf::reacts_to<hello_atom, node_card, work_actor>,
    // From PEER: a node is other than it was.
    caf::reacts_to<card_atom, node_card>,
    // From PEER: what an owner has out of order.
    caf::reacts_to<home_atom, uint32_t, std::vector<uint64_t>, bool>,
    // From PEER, or of this node when it is the keeper: records that are the same everywhere; one that is
    // gone.
    caf::reacts_to<keep_atom, record_part>, caf::reacts_to<remove_atom, uint64_t, std::string>,
    // INTERNAL: all records are to be told.
    caf::reacts_to<keep_atom>,
    // A stream that another node opened: its socket.
    caf::reacts_to<accept_atom, int>,
    // What came of dialling an address: a socket, or why there is none.
    caf::reacts_to<dial_atom, std::string, dialled>,
    // Services were started.
    caf::reacts_to<start_atom, services_ref>,
    // Tells all that this node takes no more.
    caf::reacts_to<drain_atom>,
    // Asks a node to drain; false: there is none of this name.
    caf::replies_to<drain_atom, std::string>::with<bool>,
    // INTERNAL: an address is due to be dialled.
    caf::reacts_to<wake_atom, std::string>>;

// -- the gate -----------------------------------------------------------------------------------------

/// Someone whose items wait for turns.
using turn_taker = caf::typed_actor<
    // These items may be fetched now, at this place.
    caf::reacts_to<turn_atom, std::vector<uint32_t>, workplace>>;

/// GATE: whose turn it is. Batches take turns one item each; a host is left alone while its limit or its
/// delay says so. A turn is held until the item leaves the transfer, a place in work until it is done.
using gate_actor = caf::typed_actor<
    // Items of a batch that want to be fetched, and how many of it may be in work at once (0: any number).
    // The taker is monitored: its turns end with it.
    caf::reacts_to<want_atom, batch_id, uint32_t, std::vector<wanted_turn>, turn_taker>,
    // The serving nodes that are there: hosts are counted by one of them each.
    caf::reacts_to<home_atom, serving_nodes>,
    // From the gate of an owner, about a host.
    caf::reacts_to<host_atom, uint32_t, host_message>,
    // INTERNAL: say anew what is asked of other gates.
    caf::reacts_to<flush_atom>,
    // Another node has so much room for work from here. The link is monitored.
    caf::reacts_to<room_atom, workplace, node_room>,
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
    // An item that had left its transfer is out of work; true: it failed as it might not have elsewhere.
    caf::reacts_to<done_atom, batch_id, uint32_t, bool>,
    // A host asked to be left alone for so many milliseconds.
    caf::reacts_to<hold_atom, std::string, int64_t>,
    // A host's robots.txt asks for so many milliseconds between transfers.
    caf::reacts_to<pace_atom, std::string, int64_t>,
    // INTERNAL: a host's delay is over.
    caf::reacts_to<wake_atom, std::string>>;

// -- batches ------------------------------------------------------------------------------------------

/// SUPERVISOR: one batch. Spawns the stage actors of its items, monitors them, decides what follows.
using supervisor_actor = turn_taker::extend_with<stage_taker>::extend<
    // INTERNAL: begin.
    caf::reacts_to<start_atom>,
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
    caf::reacts_to<drain_atom>,
    // INTERNAL: look for stages that are overdue.
    caf::reacts_to<wake_atom>>;

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
    // INTERNAL: the time of batches that were not to begin yet may have come; which timer it is.
    caf::reacts_to<look_atom, uint64_t>,
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
  /// Of work on another node: that node.
  link_actor elsewhere;
};

} // namespace troupe
