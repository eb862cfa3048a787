#pragma once
#include "parse/documents/reading.hpp"

namespace troupe::documents {

/// The program that lays a PDF's words out: reads the document from its standard input, writes what
/// `read_pdf` takes to its standard output.
constexpr const char* pdf_layout_command[] = {"pdftotext", "-bbox-layout", "-enc", "UTF-8", "-", "-"};

/// What the program says of a document that wants a password.
constexpr const char* pdf_password_complaint = "Incorrect password";

/// A PDF from its layout, as poppler's `pdftotext -bbox-layout` writes it: words with their boxes, in reading
/// order. Headings are lines of larger type, lists begin with bullets or numbers, tables are rows of words
/// that stand in columns; each page but the first begins with `<!-- page N -->`. Fails with `no_text` when
/// the pages hold none, as those of a scan.
result<reading> read_pdf(std::string_view layout, const reading_limits& limits);

} // namespace troupe::documents
