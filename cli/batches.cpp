/// Batches and their items: looked at and steered.
#include "cli/cli.hpp"
#include "cli/remote.hpp"

#include <iostream>

#include <unistd.h>

namespace troupe::cli {
namespace {

using nlohmann::json;

std::string percent_of(const json& batch) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f%%", batch.value("progress_percentage", 0.0));
  return text;
}

std::string count(const json& batch, const char* name) {
  return grouped(batch["counts"].value(name, 0u));
}

std::string tags_of(const json& batch) {
  std::string out;
  for (const auto& t : batch.value("tags", json::array()))
    out += (out.empty() ? "" : ",") + t.get<std::string>();
  return out;
}

/// `2026-01-02 03:04:05`.
std::string time_of(const json& x, const char* name) {
  auto text = x.value(name, "").substr(0, 19);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

void print_batch(const json& b) {
  const auto line = [](const char* name, const std::string& text) {
    if (!text.empty())
      std::cout << name << std::string(12 - std::string_view(name).size(), ' ') << clean(text) << "\n";
  };
  line("batch", b.value("id", ""));
  line("state", b.value("state", "") + (b.contains("reason") ? ": " + b.value("reason", "") : ""));
  line("progress", percent_of(b) + " of " + count(b, "total"));
  line("succeeded", count(b, "succeeded"));
  line("failed", count(b, "failed"));
  if (b["counts"].value("cancelled", 0u) > 0) line("cancelled", count(b, "cancelled"));
  if (b["counts"].value("expired", 0u) > 0) line("expired", count(b, "expired"));
  line("open", count(b, "open") + ", " + count(b, "processing") + " in work");
  line("notebook", std::to_string(b.value("notebook", uint64_t{0})));
  line("tags", tags_of(b));
  line("created", time_of(b, "created_at"));
  line("updated", time_of(b, "updated_at"));
}

/// One request a batch; what each answers is printed.
int for_each(const batch_command& c,
             const std::function<result<reply>(const client&, const std::string&)>& ask,
             const std::function<void(const json&)>& print) {
  const client server{c.to};
  int worst = ok;
  for (const auto& given : c.batches) {
    int code = ok;
    const auto answer = answer_of(ask(server, batch_of(given)), code);
    worst = std::max(worst, code);
    if (answer && c.json) std::cout << answer->dump() << "\n";
    if (answer && !c.json) print(*answer);
  }
  return worst;
}

void print_state(const json& b) {
  std::cout << b.value("id", "") << ": " << b.value("state", "") << "\n";
}

} // namespace

int status(const batch_command& c) {
  bool first = true;
  return for_each(
      c, [](const client& server, const std::string& b) { return server.get("/v1/batches/" + escaped(b)); },
      [&](const json& b) {
        if (!std::exchange(first, false)) std::cout << "\n";
        print_batch(b);
      });
}

int steer(const batch_command& c, const std::string& what, const std::string& body) {
  return for_each(
      c,
      [&](const client& server, const std::string& b) {
        return server.post("/v1/batches/" + escaped(b) + "/" + what, body);
      },
      print_state);
}

int retry(const retry_command& c) {
  const json body{{"items", c.all ? "all" : "failed"}, {"stage", c.reparse ? "parse" : "fetch"}};
  return steer(c, "retry", body.dump());
}

int list(const list_command& c) {
  const auto path = with_query("/v1/batches", {{"status", c.status}, {"tag", c.tag}});
  table t{{"batch", "state", ">done", ">items", ">failed", ">notebook", "created", "tags"}};
  int code = ok;
  const auto row = [&](const json& b) {
    if (c.json) {
      std::cout << b.dump() << "\n";
      return;
    }
    t.add({b.value("id", ""), b.value("state", ""), percent_of(b), count(b, "total"), count(b, "failed"),
           std::to_string(b.value("notebook", uint64_t{0})), time_of(b, "created_at"), tags_of(b)});
  };
  if (!each_row(client{c.to}, path, c.limit, c.all, row, code)) return code;
  if (!c.json) t.print(std::cout, screen::of(STDOUT_FILENO));
  return ok;
}

int items(const items_command& c) {
  const auto path =
      with_query("/v1/batches/" + escaped(batch_of(c.batch)) + "/items",
                 {{"status", c.status}, {"error_code", c.error_code}, {"host", c.host}, {"q", c.text}});
  table t{{">index", "item", "state", ">tries", "left", "what"}};
  int code = ok;
  const auto row = [&](const json& x) {
    if (c.json) {
      std::cout << x.dump() << "\n";
      return;
    }
    const auto left = x.contains("error") ? x["error"].value("code", "") : x.value("file_id", "");
    t.add({std::to_string(x.value("index", 0u)), x.value("id", ""), x.value("state", ""),
           std::to_string(x.value("attempts", 0u)), left, x.value("url", x.value("filename", ""))});
  };
  if (!each_row(client{c.to}, path, c.limit, c.all, row, code)) return code;
  if (!c.json) t.print(std::cout, screen::of(STDOUT_FILENO));
  return ok;
}

} // namespace troupe::cli
