#pragma once
/// The certificates of a cluster: an authority of its own, and for each node a certificate (X.509 v3, RFC
/// 5280; keys on P-256, signed with ECDSA and SHA-256). They wait for the disk.

#include "model/error.hpp"

#include <string>
#include <vector>

namespace troupe::cluster {

/// Makes `ca.pem` and `ca-key.pem` in the directory, which is made when it is not there. What is there is
/// not written over. Fails with `invalid_request` and a text.
failure make_authority(const std::string& directory, int days);

/// Makes `NAME.pem` and `NAME-key.pem` in the directory of the authority, for a node of this name that is
/// dialled as one of these hosts (names or addresses), valid for so many days; a negative number makes one
/// that has expired. Fails with `invalid_request` and a text.
failure issue_certificate(const std::string& directory, const std::string& node,
                          const std::vector<std::string>& hosts, int days);

} // namespace troupe::cluster
