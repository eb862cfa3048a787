#pragma once
#include "model/error.hpp"

namespace troupe::documents {

/// True when the OLE container (MS-CFB) is, or holds, an encrypted document: an encrypted OOXML package, a
/// binary workbook with a FilePass record, a binary presentation with an encrypted summary.
bool is_encrypted_container(std::string_view data);

} // namespace troupe::documents
