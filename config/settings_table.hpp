#pragma once
/// Every setting with its key, unit, bounds and text, in the order of the shipped file. Included by
/// settings.cpp only: the template is walked there once for each thing that is done with settings.

#include "config/settings.hpp"

namespace troupe {

/// A whole number from low to high.
struct bounds {
  int64_t low = 0;
  int64_t high = 0;
  const char* unit = "";
};

/// One of these words.
struct choice {
  std::vector<std::string> of;
};

constexpr int64_t mib = 1'048'576;
constexpr int64_t gib = 1024 * mib;
constexpr int64_t hour = 3'600'000;

/// Names every setting once; `v` is called with key, member, what it may be, and what it is for.
template <class V>
void visit_settings(settings& s, V&& v) {
  v("http.listen", s.http.listen, "address:port",
    "Where the HTTP front listens. Beyond loopback it needs http.keys. Port 0 takes a free one.");
  v("http.tls_certificate", s.http.tls_certificate, "path",
    "Certificate and chain (PEM), with http.tls_key: the front speaks HTTPS alone, TLS 1.2 and 1.3. Read "
    "again "
    "on SIGHUP.");
  v("http.tls_key", s.http.tls_key, "path", "Private key (PEM) of http.tls_certificate.");
  v("http.keys", s.http.keys, "",
    "API keys: {\"name\", \"sha256\", \"notebooks\": [ids, none for all], \"write\": bool}. "
    "`troupe key` makes one. Without keys every client on this machine may do everything.");
  v("http.allowed_origins", s.http.allowed_origins, "",
    "Origins of web pages that may call, as \"https://app.example\".");
  v("http.allowed_hosts", s.http.allowed_hosts, "",
    "Names by which clients may call this server in Host, beside loopback names and the address listened "
    "on. Probes that speak HTTP/1.0 need not name any.");
  v("http.max_connections", s.http.max_connections, bounds{1, 1'000'000},
    "Connections at once; more wait to be accepted. Event streams are counted by http.max_listeners.");
  v("http.max_listeners", s.http.max_listeners, bounds{1, 1'000'000},
    "Event streams of the native API at once; more are answered 503.");
  v("http.header_bytes", s.http.header_bytes, bounds{1'024, mib, "bytes"}, "Longest request head.");
  v("http.body_bytes", s.http.body_bytes, bounds{1'024, 64 * gib, "bytes"}, "Longest request body.");
  v("http.spool_bytes", s.http.spool_bytes, bounds{0, 16 * mib, "bytes"},
    "Bodies longer than this wait in a file, not in memory.");
  v("http.spooling_requests", s.http.spooling_requests, bounds{1, 64},
    "Spooled bodies of the guide's routes read at once; more are answered 503. Those of the native API "
    "wait.");
  v("http.answer_bytes", s.http.answer_bytes, bounds{mib, 64 * gib, "bytes"},
    "Answers longer than 64 KiB that their clients have not taken yet, together; a further GET for one is "
    "answered 503.");
  v("http.header_timeout_ms", s.http.header_timeout, bounds{100, hour, "ms"},
    "For a request head to arrive.");
  v("http.body_timeout_ms", s.http.body_timeout, bounds{100, hour, "ms"},
    "For the next piece of a request body to arrive.");
  v("http.idle_timeout_ms", s.http.idle_timeout, bounds{100, hour, "ms"}, "A connection between requests.");
  v("http.write_timeout_ms", s.http.write_timeout, bounds{100, hour, "ms"},
    "For a client to take the next piece of an answer.");
  v("http.single_item_wait_ms", s.http.single_item_wait, bounds{0, hour, "ms"},
    "How long a request with one item waits for it; then 202.");
  v("http.heartbeat_ms", s.http.heartbeat, bounds{100, hour, "ms"},
    "Between comments on an event stream that has nothing to say.");
  v("http.session_lifetime_ms", s.http.session_lifetime, bounds{1'000, 10'000 * hour, "ms"},
    "How long a browser stays signed in.");
  v("http.cookie_same_site", s.http.cookie_same_site, choice{{"Lax", "Strict", "None"}},
    "SameSite of the cookies of a browser that signs in. None, for pages of another site, makes them "
    "Secure.");
  v("http.status_items", s.http.status_items, bounds{1, 1'000'000},
    "Most items in one answer of a batch's status; ask for more with limit and offset.");
  v("http.render_threads", s.http.render_threads, bounds{1, 64},
    "Threads that read spooled bodies and render long answers.");

  v("store.directory", s.store.directory, "path", "Where everything is kept.");
  v("store.node", s.store.node, bounds{0, max_node_number},
    "This node's number; taken once, when the directory is made.");
  v("store.write_buffer_bytes", s.store.write_buffer_bytes, bounds{mib, 4 * gib, "bytes"},
    "Memory for unwritten rows, all tables together.");
  v("store.block_cache_bytes", s.store.block_cache_bytes, bounds{mib, 64 * gib, "bytes"},
    "Memory for rows read.");
  v("store.inline_original_bytes", s.store.inline_original_bytes, bounds{0, 64 * mib, "bytes"},
    "Originals larger than this are kept as files.");
  v("store.commit_items", s.store.commit_items, bounds{1, 100'000}, "Most transitions in one synced write.");
  v("store.commit_interval_ms", s.store.commit_interval, bounds{0, 1'000, "ms"},
    "Between the begins of synced writes while one follows the other: more transitions share a sync. One "
    "that "
    "comes alone does not wait.");
  v("store.event_retention_ms", s.store.event_retention, bounds{1'000, 10'000 * hour, "ms"},
    "How long events can be replayed, deliveries of webhooks are told of, and removed batches answer 410.");
  v("store.receipt_retention_ms", s.store.receipt_retention, bounds{1'000, 10'000 * hour, "ms"},
    "How long a request with an Idempotency-Key is answered again with its first answer.");
  v("store.original_retention_ms", s.store.original_retention, bounds{1'000, 10'000 * hour, "ms"},
    "How long an original that was sent ahead waits for items.");
  v("store.sweep_interval_ms", s.store.sweep_interval, bounds{10, hour, "ms"},
    "Between two looks for what has had its time.");
  v("store.min_free_bytes", s.store.min_free_bytes, bounds{0, 1'024 * gib, "bytes"},
    "With less room on the disk nothing new is accepted.");
  v("store.backup_directory", s.store.backup_directory, "path",
    "Where backups are made; empty: in the store's directory, where they share its disk and much of its "
    "room.");
  v("store.max_backups", s.store.max_backups, bounds{0, 1'000}, "Backups kept; one more is refused.");

  v("limits.items_per_batch", s.limits.items_per_batch, bounds{1, 10'000'000}, "Items in one batch.");
  v("limits.open_batches", s.limits.open_batches, bounds{1, 10'000'000},
    "Unfinished batches; more are answered 503.");
  v("limits.open_batches_per_notebook", s.limits.open_batches_per_notebook, bounds{1, 10'000'000},
    "Unfinished batches of one notebook; more are answered 429.");
  v("limits.url_bytes", s.limits.url_bytes, bounds{16, 65'536, "bytes"}, "Longest URL.");
  v("limits.upload_id_bytes", s.limits.upload_id_bytes, bounds{1, 1'024, "bytes"},
    "Longest upload id of a client.");
  v("limits.file_bytes", s.limits.file_bytes, bounds{1, 64 * gib, "bytes"}, "Largest uploaded file.");
  v("limits.upload_bytes", s.limits.upload_bytes, bounds{1'024, 1'024 * gib, "bytes"},
    "Longest request that uploads files.");
  v("limits.files_per_request", s.limits.files_per_request, bounds{1, 1'000'000}, "Files in one upload.");
  v("limits.accept_chunk", s.limits.accept_chunk, bounds{1, 100'000},
    "Items stored at a time while a batch is accepted, 2 MiB at most; half as many the first time.");
  v("limits.append_items", s.limits.append_items, bounds{1, 100'000},
    "Items that one request adds to a batch.");
  v("limits.metadata_bytes", s.limits.metadata_bytes, bounds{2, 65'536, "bytes"},
    "Metadata of one item, as JSON.");
  v("limits.text_bytes", s.limits.text_bytes, bounds{1, 64 * mib, "bytes"},
    "Text of an item that is given with it.");
  v("limits.webhooks", s.limits.webhooks, bounds{0, 100'000}, "Webhooks for all batches of a notebook.");
  v("limits.keys", s.limits.keys, bounds{1, 1'000'000}, "Keys made through the API.");
  v("limits.sessions", s.limits.sessions, bounds{1, 1'000'000},
    "Browsers signed in; one more signs out who came first.");

  v("work.attempts", s.work.attempts, bounds{1, 100}, "Attempts at an item, the first included.");
  v("work.backoff_ms", s.work.backoff, bounds{1, hour, "ms"},
    "Before the second attempt; doubles each time, with jitter.");
  v("work.backoff_limit_ms", s.work.backoff_limit, bounds{1, 24 * hour, "ms"}, "Longest backoff.");
  v("work.retry_after_limit_ms", s.work.retry_after_limit, bounds{0, 24 * hour, "ms"},
    "Longest Retry-After of a host that is honoured.");
  v("work.parser_deaths", s.work.parser_deaths, bounds{1, 10},
    "A document that kills its parser this often is quarantined.");
  v("work.item_budget_ms", s.work.item_budget, bounds{100, 24 * hour, "ms"},
    "Longest attempt, all stages together.");
  v("work.window", s.work.window, bounds{1, 10'000},
    "Items between the end of their fetch and the store, all batches together.");
  v("work.lookahead", s.work.lookahead, bounds{1, 100'000},
    "Items of one batch that wait for a transfer; they cost no actor.");
  v("work.held_items", s.work.held_items, bounds{1, 10'000'000},
    "Items in memory, all batches together; beyond, each open batch has one.");
  v("work.scheduler_threads", s.work.scheduler_threads, bounds{0, 256},
    "Threads for actors; 0: one a core, at least 2.");
  v("work.nice", s.work.nice, bounds{0, 19},
    "How far threads of actors, and parsers, stand back behind those that answer requests (nice(2)); the "
    "writer of the store, its reader for actors, and timers stand back by half of it.");
  v("work.drain_timeout_ms", s.work.drain_timeout, bounds{0, hour, "ms"},
    "On SIGTERM: for items in hand to finish.");

  v("fetch.allow_networks", s.fetch.allow_networks, "CIDR",
    "Networks that may be fetched from although they are not public.");
  v("fetch.user_agent", s.fetch.user_agent, "", "How fetches name themselves, to hosts and to robots.txt.");
  v("fetch.robots", s.fetch.robots, "", "Respect robots.txt (RFC 9309).");
  v("fetch.robots_ttl_ms", s.fetch.robots_ttl, bounds{1'000, 24 * hour, "ms"},
    "How long a robots.txt is remembered.");
  v("fetch.robots_bytes", s.fetch.robots_bytes, bounds{1'024, 16 * mib, "bytes"},
    "How much of a robots.txt is read.");
  v("fetch.max_transfers", s.fetch.max_transfers, bounds{1, 20'000}, "Transfers at once.");
  v("fetch.max_per_host", s.fetch.max_per_host, bounds{1, 1'000},
    "Transfers at once from one host and port.");
  v("fetch.host_delay_ms", s.fetch.host_delay, bounds{0, hour, "ms"},
    "Least time between two transfers starting at one host and port.");
  v("fetch.connect_timeout_ms", s.fetch.connect_timeout, bounds{10, hour, "ms"},
    "For a connection, name resolution and TLS included.");
  v("fetch.total_timeout_ms", s.fetch.total_timeout, bounds{10, 24 * hour, "ms"},
    "For one transfer. A redirect begins another, within work.item_budget_ms.");
  v("fetch.stall_timeout_ms", s.fetch.stall_timeout, bounds{1'000, hour, "ms"},
    "A transfer slower than fetch.stall_bytes_per_second for this long is given up.");
  v("fetch.stall_bytes_per_second", s.fetch.stall_bytes_per_second, bounds{1, gib, "bytes/s"},
    "See fetch.stall_timeout_ms.");
  v("fetch.max_redirects", s.fetch.max_redirects, bounds{0, 50}, "Redirects followed.");
  v("fetch.max_body_bytes", s.fetch.max_body_bytes, bounds{1'024, 64 * gib, "bytes"},
    "Longest body, counted after decompression.");
  v("fetch.held_bytes", s.fetch.held_bytes, bounds{mib, 64 * gib, "bytes"},
    "Fetched bodies in memory, all items together; more transfers wait.");
  v("fetch.verify_tls", s.fetch.verify_tls, "", "Check certificates.");

  v("parse.processes", s.parse.processes, bounds{0, 256}, "Parser processes; 0: one a core.");
  v("parse.documents_per_process", s.parse.documents_per_process, bounds{1, 1'000'000},
    "A parser process is replaced after this many documents.");
  v("parse.memory_bytes", s.parse.memory_bytes, bounds{64 * mib, 64 * gib, "bytes"},
    "Address space a parser process may add to what it started with.");
  v("parse.cpu_timeout_ms", s.parse.cpu_timeout, bounds{1'000, hour, "ms"},
    "CPU time of one document, in whole seconds, rounded up.");
  v("parse.wall_timeout_ms", s.parse.wall_timeout, bounds{100, hour, "ms"}, "Wall time of one document.");
  v("parse.legacy_converter", s.parse.legacy_converter, "",
    "Program and arguments that turn DOC, PPT and XLS from standard input into HTML or text on standard "
    "output, "
    "as [\"catdoc\", \"-w\"]; it runs confined. Empty: such files fail with no_converter.");
  v("parse.max_images", s.parse.max_images, bounds{0, 100'000}, "Embedded images kept of one document.");
  v("parse.max_image_bytes", s.parse.max_image_bytes, bounds{0, gib, "bytes"},
    "Embedded images kept of one document, all together.");
  v("parse.chart_values", s.parse.chart_values, "",
    "Values of charts in presentations that show none beside their points, too, not only their names.");
  v("parse.max_markdown_bytes", s.parse.max_markdown_bytes, bounds{1'024, gib, "bytes"},
    "Longest Markdown of one document.");

  v("media.finder", s.media.finder, "",
    "Program and first arguments that find the media behind a page: yt-dlp, or one that takes its arguments. "
    "It runs confined, in a network of its own whose only door checks addresses as fetching does.");
  v("media.finder_reads", s.media.finder_reads, "path",
    "Folders that the finder reads beside the system's and its own, as that of a Python environment.");
  v("media.ffmpeg", s.media.ffmpeg, "path", "Takes subtitle tracks and sound out of media; runs confined.");
  v("media.ffprobe", s.media.ffprobe, "path", "Says what is in media; runs confined.");
  v("media.transcriber", s.media.transcriber, "",
    "Program and arguments that write what is said in a wav file (16 kHz, mono) to standard output, as "
    "WebVTT, SubRip or plain text; {wav} stands for the file, without it the sound comes on standard input. "
    "Empty: media without captions fails with no_transcript.");
  v("media.transcriber_network", s.media.transcriber_network, "", "The transcriber may use the network.");
  v("media.languages", s.media.languages, "",
    "Languages of captions, the first that there is; if none of them, any.");
  v("media.keep_original", s.media.keep_original, "", "Keep the media beside its transcript.");
  v("media.max_bytes", s.media.max_bytes, bounds{1'024, 64 * gib, "bytes"},
    "Largest media fetched, and largest file that a program may write on the way.");
  v("media.memory_bytes", s.media.memory_bytes, bounds{64 * mib, 1'024 * gib, "bytes"},
    "Address space of a program that works on media.");
  v("media.timeout_ms", s.media.timeout, bounds{1'000, 24 * hour, "ms"},
    "For all programs that work on one media item, beside work.item_budget_ms.");
  v("media.concurrent", s.media.concurrent, bounds{1, 256}, "Media items worked on at once; others wait.");
  v("media.lookahead", s.media.lookahead, bounds{1, 10'000},
    "Items of one batch of media that are fetched ahead.");

  v("webhooks.timeout_ms", s.webhooks.timeout, bounds{100, hour, "ms"}, "For a receiver to answer.");
  v("webhooks.delays", s.webhooks.delays, "",
    "Before each further attempt at a delivery, as 500ms, 5s, 5m or 2h; each up to a fifth longer. After the "
    "last it is given up.");
  v("webhooks.concurrent", s.webhooks.concurrent, bounds{1, 1'000}, "Deliveries to one webhook at once.");
  v("webhooks.rotation_ms", s.webhooks.rotation, bounds{0, 10'000 * hour, "ms"},
    "How long the secret before the present one signs too.");

  v("cluster.listen", s.cluster.listen, "address:port",
    "Where other nodes reach this one; empty: it joins no cluster. Beyond loopback it needs "
    "cluster.certificate.");
  v("cluster.join", s.cluster.join, "host:port", "Nodes to join; those that they know are joined as well.");
  v("cluster.name", s.cluster.name, "",
    "This node's name, different on every node, as in its certificate; empty: the machine's.");
  v("cluster.advertise", s.cluster.advertise, "host:port",
    "What others dial to reach this node; empty: cluster.listen.");
  v("cluster.owners", s.cluster.owners, "",
    "store.node of every serving node, the same list on each: notebooks are spread over them. Empty: this "
    "one alone.");
  v("cluster.certificate", s.cluster.certificate, "path",
    "Certificate (PEM) for this node, with cluster.key and cluster.authority: TLS 1.3, both sides show "
    "theirs.");
  v("cluster.key", s.cluster.key, "path", "Private key (PEM) of cluster.certificate.");
  v("cluster.authority", s.cluster.authority, "path",
    "Certificate (PEM) of the authority of this cluster alone: what it signed is a node.");
  v("cluster.heartbeat_ms", s.cluster.heartbeat, bounds{100, hour, "ms"},
    "Between two signs of life; the same on every node.");
  v("cluster.timeout_ms", s.cluster.timeout, bounds{200, hour, "ms"},
    "Without a sign of life for so long a node is given up, and what it had in hand is done elsewhere.");
  v("cluster.handshake_timeout_ms", s.cluster.handshake_timeout, bounds{100, hour, "ms"},
    "For a connection to the cluster port to say who it is.");
  v("cluster.max_handshakes", s.cluster.max_handshakes, bounds{1, 100'000},
    "Connections that have not yet said who they are; one more ends the oldest.");
  v("cluster.failed_handshakes", s.cluster.failed_handshakes, bounds{1, 100'000},
    "Of one source (an IPv4 address, an IPv6 network of 64 bits): after so many, one more each second; its "
    "other connections are closed unread. Of all unknown sources together eight times as many.");
  v("cluster.reconnect_ms", s.cluster.reconnect, bounds{10, hour, "ms"},
    "Before a node is dialled again; doubles each time, with jitter.");
  v("cluster.reconnect_limit_ms", s.cluster.reconnect_limit, bounds{10, hour, "ms"},
    "Longest wait before a node is dialled again.");
  v("cluster.chunk_bytes", s.cluster.chunk_bytes, bounds{4'096, mib, "bytes"},
    "Content crosses in pieces of this size; what is smaller goes along with its message.");
  v("cluster.message_bytes", s.cluster.message_bytes, bounds{2 * mib, gib, "bytes"},
    "Longest message between nodes: a connection that claims more is closed.");
  v("cluster.set_aside_ms", s.cluster.set_aside, bounds{0, hour, "ms"},
    "How long a node gets no work that failed again and again what others can do.");

  v("log.level", s.log.level, choice{{"trace", "debug", "info", "warn", "error", "off"}},
    "Least level that is logged.");
  v("log.format", s.log.format, choice{{"text", "json"}}, "Lines for people, or one JSON object a line.");
}

} // namespace troupe
