#pragma once
/// The first words on a stream between two nodes: a line of JSON from the one that dials, a line back.
///
///   {"troupe":2,"stream":"actors","name":"b","instance":"5f0c…","role":"serve","number":2,"address":"b:9070"}
///   {"troupe":2,"name":"a","instance":"91ee…","role":"serve","number":1,"address":"a:9070"}
///   {"troupe":2,"refused":"two nodes are called a"}
///
/// `troupe` is the version of everything that follows; a node speaks with its own version only. What follows
/// the lines is the stream's own: BASP between actor systems, or HTTP/1.1 to the other node's front.

#include "config/settings.hpp"
#include "model/error.hpp"

#include <string>

namespace troupe::cluster {

/// Raised with every change of what nodes say to each other.
constexpr uint32_t wire_version = 2;
/// Longest line: the numbers of all owners that there can be fit.
constexpr size_t longest_line = 8'192;

enum class stream_kind : uint8_t { actors, front };
enum class node_role : uint8_t { serve, work };
std::string_view name(node_role r);

/// Who a node says it is.
struct identity {
  uint32_t wire = wire_version;
  std::string name;
  /// Different at each start: 32 hexadecimal digits.
  std::string instance;
  node_role role = node_role::serve;
  /// `store.node`; of a worker without meaning.
  node_number number = 0;
  /// Where it can be dialled; empty: nowhere.
  std::string address;
  /// `cluster.owners`, in rising order; of a worker empty.
  std::vector<int64_t> owners;
};

/// This process, by its settings.
identity identity_of(const settings& s, node_role role);

struct hello {
  identity from;
  stream_kind kind = stream_kind::actors;
};

std::string hello_line(const hello& x);
std::string welcome_line(const identity& x);
std::string refusal_line(const identity& from, const std::string& why);

/// Reads a line without its end. Fails with `invalid_request` and a text that says what is wrong: it is none
/// of these, the versions differ (both are named), or, of an answer, the other node's refusal.
result<hello> read_hello(std::string_view line, uint32_t own_version);
result<identity> read_answer(std::string_view line, uint32_t own_version);

} // namespace troupe::cluster
