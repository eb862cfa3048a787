/// The part of the ledger that leaves, replaces and drops sources, and the contents that they and uploads
/// use.
#include "storage/ledger.hpp"

namespace troupe {

namespace key = layout::key;

// -- sources ----------------------------------------------------------------------------------------

source_id ledger::same_text(notebook_id n, const digest& text) {
  const auto k = key::text(n, text);
  if (const auto it = texts_.find(k); it != texts_.end()) return it->second;
  const auto row = db_.get(table::index, k);
  if (!row) return {};
  return texts_[k] = source_id{key::number_at(*row, 0)};
}

failure ledger::store_original(const content_ref& body) {
  if (!body.path.empty()) {
    if (auto f = files_.keep(body.path, body.hash); f.code != errc::none) return f;
    kept_files_.push_back(body.hash);
  } else if (body.bytes) {
    // An upload is stored already, and comes by its name alone.
    set_->put(table::content, body.hash.view(), body.view());
  }
  return fail(errc::none);
}

void ledger::write_source(const source& row) {
  set_->put(table::sources, key::number(raw(row.id)), layout::encode(row));
  set_->put(table::index, key::content_use(row.markdown, row.id), {});
  if (!row.original.empty()) set_->put(table::index, key::content_use(row.original, row.id), {});
  set_->put(table::index, key::link(row.home, row.id), layout::encode(layout::source_link{{}, row.created}));
  set_->put(table::index, key::linked_to(row.id, row.home), {});
  const auto text = key::text(row.home, row.markdown);
  set_->put(table::index, text, key::number(raw(row.id)));
  texts_[text] = row.id;
}

failure ledger::leave_source(item& row, const batch& b, const finding& f) {
  const auto text = sha256(f.text.markdown);
  const auto before = own_source(row);
  row.source = same_text(b.home, text);
  row.duplicate = row.source != source_id{} && !(before && row.source == before->id);
  if (before && row.source == source_id{}) {
    row.source = before->id;
    replace_source(*before, f, text, row.updated);
  } else if (row.source == source_id{}) {
    if (auto failed = store_original(f.original.body); failed.code != errc::none) return failed;
    set_->put(table::content, text.view(), f.text.markdown);
    row.source = source_id{take_ids(1)};
    write_source({.id = row.source,
                  .home = b.home,
                  .item = row.id,
                  .url = row.url,
                  .filename = row.filename,
                  .final_url = f.original.final_url == row.url ? std::string{} : f.original.final_url,
                  .title = f.text.title,
                  .content_type = f.text.content_type,
                  .extraction_method = f.text.extraction_method,
                  .metadata = f.text.metadata,
                  .markdown = text,
                  .markdown_size = f.text.markdown.size(),
                  .original = f.original.body.hash,
                  .original_size = f.original.body.size,
                  .created = row.updated});
    write_images(row.source, f.text.images);
  }
  remember_url(row, b, f.original, row.source);
  return fail(errc::none);
}

/// What an item that is tried again had left by itself.
std::optional<source> ledger::own_source(const item& row) const {
  const auto bytes =
      row.source == source_id{} ? std::nullopt : db_.get(table::sources, key::number(raw(row.source)));
  source s;
  if (!bytes || !layout::decode(*bytes, s) || s.item != row.id) return std::nullopt;
  return s;
}

/// The item was tried again and its text is another: the source keeps its number.
void ledger::replace_source(const source& old, const finding& f, const digest& text, timestamp at) {
  erase_text(old.home, old);
  release(old.markdown, key::content_use(old.markdown, old.id), *set_, released_);
  const auto images = key::image(old.id, {});
  const auto stored = db_.snapshot();
  for (auto i = stored->scan(table::index, images, key::after(images)); i->valid(); i->next()) {
    source_image image;
    if (layout::decode(i->value(), image))
      release(image.hash, key::content_use(image.hash, old.id), *set_, released_);
    set_->erase(table::index, i->key());
  }
  auto row = old;
  if (const auto& body = f.original.body; !body.empty() && !(body.hash == old.original)) {
    if (!old.original.empty())
      release(old.original, key::content_use(old.original, old.id), *set_, released_);
    (void)store_original(body);
    row.original = body.hash;
    row.original_size = body.size;
  }
  set_->put(table::content, text.view(), f.text.markdown);
  row.final_url = f.original.final_url == row.url ? std::string{} : f.original.final_url;
  row.title = f.text.title;
  row.content_type = f.text.content_type;
  row.extraction_method = f.text.extraction_method;
  row.metadata = f.text.metadata;
  row.markdown = text;
  row.markdown_size = f.text.markdown.size();
  row.updated = at;
  set_->put(table::sources, key::number(raw(row.id)), layout::encode(row));
  set_->put(table::index, key::content_use(text, row.id), {});
  if (!row.original.empty()) set_->put(table::index, key::content_use(row.original, row.id), {});
  if (db_.get(table::index, key::link(row.home, row.id))) {
    set_->put(table::index, key::text(row.home, text), key::number(raw(row.id)));
    texts_[key::text(row.home, text)] = row.id;
  }
  write_images(row.id, f.text.images);
}

void ledger::write_images(source_id s, const std::vector<document::image>& images) {
  for (const auto& i : images) {
    const source_image row{i.type, sha256(i.data), i.data.size()};
    set_->put(table::content, row.hash.view(), i.data);
    set_->put(table::index, key::content_use(row.hash, s), {});
    set_->put(table::index, key::image(s, i.name), layout::encode(row));
  }
}

void ledger::remember_url(const item& row, const batch& b, const fetched& original, source_id s) {
  if (row.url.empty() || original.reparsed) return;
  set_->put(table::index, key::url(b.home, b.job, row.url),
            layout::encode(known_url{s, original.etag, original.last_modified, row.updated}));
}

/// The URL was asked for again and had not changed.
void ledger::touch_url(const item& row, const batch& b) {
  const auto k = key::url(b.home, b.job, row.url);
  const auto bytes = db_.get(table::index, k);
  known_url known;
  if (!bytes || !layout::decode(*bytes, known)) return;
  known.fetched = row.updated;
  set_->put(table::index, k, layout::encode(known));
}

bool ledger::link(notebook_id n, source_id s, std::string notes) {
  if (!db_.get(table::sources, key::number(raw(s)))) return false;
  const auto at = now();
  if (!db_.get(table::index, key::notebook(n)))
    set_->put(table::index, key::notebook(n), layout::encode(notebook{n, at}));
  set_->put(table::index, key::link(n, s), layout::encode(layout::source_link{std::move(notes), at}));
  set_->put(table::index, key::linked_to(s, n), {});
  return true;
}

result<bool> ledger::remove(notebook_id n, source_id s, bool force) {
  // What was staged may have made this source: it has to be stored before it is looked at.
  if (auto f = commit(); f.code != errc::none) return f;
  const auto bytes = db_.get(table::sources, key::number(raw(s)));
  source row;
  if (!bytes || !layout::decode(*bytes, row)) return false;
  if (n != row.home && !db_.get(table::index, key::link(n, s))) return false;
  if (!force && !db_.get(table::index, key::link(n, s))) return false;
  if (force) {
    if (auto f = drop_source(row); f.code != errc::none) return f;
    return true;
  }
  set_->erase(table::index, key::link(n, s));
  set_->erase(table::index, key::linked_to(s, n));
  erase_text(n, row);
  if (auto f = commit(); f.code != errc::none) return f;
  return true;
}

/// The notebook may have another source with the same text.
void ledger::erase_text(notebook_id n, const source& row) {
  if (same_text(n, row.markdown) != row.id) return;
  const auto k = key::text(n, row.markdown);
  set_->erase(table::index, k);
  texts_[k] = {};
}

failure ledger::drop_source(const source& row) {
  const auto links = key::linked_to(row.id, notebook_id{}).substr(0, 9);
  const auto stored = db_.snapshot();
  for (auto l = stored->scan(table::index, links, key::after(links)); l->valid(); l->next()) {
    const notebook_id n{key::number_at(l->key(), 9)};
    set_->erase(table::index, key::link(n, row.id));
    set_->erase(table::index, l->key());
    erase_text(n, row);
  }
  erase_text(row.home, row);
  set_->erase(table::sources, key::number(raw(row.id)));
  const auto images = key::image(row.id, {});
  for (auto i = stored->scan(table::index, images, key::after(images)); i->valid(); i->next()) {
    source_image image;
    if (layout::decode(i->value(), image))
      release(image.hash, key::content_use(image.hash, row.id), *set_, released_);
    set_->erase(table::index, i->key());
  }
  for (const auto& hash : {row.markdown, row.original})
    if (!hash.empty()) release(hash, key::content_use(hash, row.id), *set_, released_);
  return commit();
}

void ledger::release(const digest& hash, const std::string& use, write_set& changes,
                     std::vector<digest>& into) {
  changes.erase(table::index, use);
  changes.put(table::index, key::released(hash), {});
  into.push_back(hash);
}

/// Until its row goes, a released content is looked at again at the next start.
void ledger::collect(std::vector<digest> released) {
  std::move(released.begin(), released.end(), std::back_inserter(uncollected_));
  // What is staged may use what was released.
  if (uncollected_.empty() || files_.held() || staged()) return;
  const auto stored = db_.snapshot();
  const auto changes = db_.new_write_set();
  for (const auto& hash : std::exchange(uncollected_, {})) {
    const auto uses = std::string("c").append(hash.view());
    if (!stored->scan(table::index, uses, key::after(uses))->valid()) {
      // The same bytes may be kept twice: as a Markdown text, and as a large original that is Markdown
      // itself.
      changes->erase(table::content, hash.view());
      if (files_.holds(hash)) files_.remove(hash);
    }
    changes->erase(table::index, key::released(hash));
  }
  // A failure here is no loss: the rows stay, and the next start collects.
  db_.write(*changes, false);
}

// -- uploads ----------------------------------------------------------------------------------------

failure ledger::store_upload(const item& row, const content_ref& body, batch_id draft, write_set& changes) {
  if (body.hash.empty()) return fail(errc::none);
  if (!body.path.empty()) {
    if (auto f = files_.keep(body.path, body.hash); f.code != errc::none) return f;
    uploads_[draft].push_back(body.hash);
  } else if (body.bytes) {
    // Without bytes it is stored already, under this name.
    changes.put(table::content, body.hash.view(), body.view());
  }
  changes.put(table::index, key::content_use(body.hash, row.id), {});
  return fail(errc::none);
}

bool ledger::drop_upload(const item_key& k) {
  auto row = load_item(k);
  if (!row || !terminal(row->state) || row->input.empty()) return false;
  drop_input(*row);
  write_item(*row);
  return true;
}

void ledger::end_upload(item& row) {
  if (terminal(row.state) && row.state != item_state::failed) drop_input(row);
}

void ledger::drop_input(item& row) {
  if (row.input.empty()) return;
  release(row.input, key::content_use(row.input, row.id), *set_, released_);
  row.input = {};
  row.input_url.clear();
  row.input_type.clear();
}

} // namespace troupe
