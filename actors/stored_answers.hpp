#pragma once
#include "actors/hub.hpp"
#include "actors/questions.hpp"
#include "storage/catalog.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <mutex>
#include <unordered_map>

namespace troupe {

/// Answers from the store, with what supervisors hold in memory laid over it; on threads of its own.
class stored_answers final : public questions {
public:
  /// Both outlive it.
  stored_answers(const catalog& store, const hub& listeners);
  /// Answers what was asked, and takes nothing more.
  void close();

  /// Items from `offset` on, at most `limit`.
  void batch_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit,
                    answer<batch_view> done) override;
  void single(batch_id id, answer<single_view> done) override;
  void find_batch(batch_id id, answer<batch_view> done) override;
  void batches(batch_filter f, batch_id before, uint32_t limit, answer<batch_page> done) override;
  void items(batch_id id, item_filter f, uint32_t from, uint32_t limit, answer<item_list> done) override;
  void find_item(item_id id, answer<item_view> done) override;
  void attempts(item_key item, answer<std::vector<attempt>> done) override;
  void results(batch_id id, end_position after, uint32_t limit, answer<result_page> done) override;
  void events(batch_id id, event_number after, uint32_t limit, answer<event_page> done) override;
  void notebook_events(notebook_id n, std::optional<event_number> after, uint32_t limit,
                       answer<event_page> done) override;
  void records(record kind, answer<std::vector<record>> done) override;
  void find_record(record kind, std::string name, answer<record> done) override;
  void find_receipt(digest k, answer<std::optional<receipt>> done) override;
  void deliveries(uint64_t webhook, uint32_t limit, answer<std::vector<delivery>> done) override;
  void find_upload(notebook_id n, std::string upload_id, answer<item_view> done) override;
  void sources(notebook_id n, uint64_t limit, uint64_t offset, answer<source_page> done) override;
  /// Sources of every notebook; each tells whether `n` holds it.
  void all_sources(notebook_id n, uint64_t limit, uint64_t offset, source_filter f,
                   answer<source_page> done) override;
  void text(source_id s, answer<source_text> done) override;
  void original(source_id s, answer<source_bytes> done) override;
  /// An image of the source's document; its type stands in for the source's.
  void image(source_id s, std::string name, answer<source_bytes> done) override;
  /// The source as notebook `n` holds it.
  void find_source(notebook_id n, source_id s, answer<held_source> done) override;

private:
  /// Threads that read, and the questions that wait for them.
  struct lane {
    const int64_t most_waiting;
    std::atomic<int64_t> waiting = 0;
    boost::asio::thread_pool threads{2};

    template <class T, class Work>
    void read(answer<T> done, Work work);
  };

  /// What is soon read.
  template <class T, class Work>
  void read(answer<T> done, Work work);
  result<batch_view> read_status(notebook_id n, batch_id id, uint32_t offset, uint32_t limit);
  std::optional<batch_view> read_counts(batch_id id);
  result<batch_view> read_batch(batch_id id, uint32_t offset, uint32_t limit);
  result<source_text> read_text(source_id s) const;
  result<item_list> read_items(batch_id id, const item_filter& f, uint32_t from, uint32_t limit) const;
  result<event_page> read_events(batch_id id, event_number after, uint32_t limit) const;
  item_view seen(item row) const;
  failure no_batch(batch_id id) const;

  /// The row of a batch as it was read after so many synced writes.
  struct seen_row {
    uint64_t synced = 0;
    batch row;
  };
  static constexpr size_t most_seen_rows = 1'024;

  const catalog& catalog_;
  const hub& hub_;
  std::mutex seen_lock_;
  std::unordered_map<batch_id, seen_row> seen_rows_;
  /// For answers of many items: others need not wait for them.
  lane long_;
  lane short_;
};

} // namespace troupe
