#include "tests/support/tiny_server.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

namespace troupe::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto patience = std::chrono::seconds(10);

std::string path_in(const std::string& head) {
  const auto from = head.find(' ') + 1;
  return head.substr(from, head.find(' ', from) - from);
}

} // namespace

scripted page(std::string body, std::string_view status, std::string_view more_header) {
  std::string bytes = "HTTP/1.1 " + std::string(status) +
                      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
                      std::string(more_header) + "\r\n";
  return {bytes + body};
}

scripted redirect(std::string_view target, std::string_view status) {
  return page("", status, "Location: " + std::string(target) + "\r\n");
}

tiny_server::tiny_server(const std::string& address)
    : acceptor_(io_, {asio::ip::make_address(address), 0})
    , host_(address)
    , port_(acceptor_.local_endpoint().port()) {
  if (host_.find(':') != std::string::npos) host_ = "[" + host_ + "]";
  acceptor_thread_ = std::thread([this] { accept(); });
}

tiny_server::~tiny_server() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    // Shutting down wakes the threads that read; closing would not.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    for (auto& c : clients_)
      if (c.is_open()) ::shutdown(c.native_handle(), SHUT_RDWR);
  }
  acceptor_thread_.join();
  for (auto& t : threads_)
    t.join();
}

void tiny_server::on(const std::string& path, scripted answer) {
  const std::lock_guard lock{mutex_};
  script_[path] = std::move(answer);
}

std::string tiny_server::url(std::string_view path) const {
  return "http://" + host_ + ":" + std::to_string(port_) + std::string(path);
}

std::vector<std::string> tiny_server::requests(const std::string& path) const {
  const std::lock_guard lock{mutex_};
  const auto it = requests_.find(path);
  return it == requests_.end() ? std::vector<std::string>{} : it->second;
}

bool tiny_server::wait(const std::function<bool()>& condition) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, condition);
}

bool tiny_server::wait_for_answers(const std::string& path, size_t count) const {
  return wait([&] {
    const auto it = answered_.find(path);
    return it != answered_.end() && it->second >= count;
  });
}

bool tiny_server::wait_for_hangup() const {
  return wait([&] { return hangups_ > 0; });
}

void tiny_server::accept() {
  for (;;) {
    boost::system::error_code error;
    auto client = acceptor_.accept(error);
    const std::lock_guard lock{mutex_};
    if (error || stopping_) return;
    auto& kept = clients_.emplace_back(std::move(client));
    threads_.emplace_back([this, &kept] { serve(kept); });
  }
}

void tiny_server::serve(socket& client) {
  boost::system::error_code error;
  std::string head;
  asio::read_until(client, asio::dynamic_buffer(head), "\r\n\r\n", error);
  if (!error) answer(client, head);
  const std::lock_guard lock{mutex_};
  client.close(error);
}

void tiny_server::answer(socket& client, const std::string& head) {
  const auto path = path_in(head);
  scripted what = page("nothing here", "404 Not Found");
  {
    const std::lock_guard lock{mutex_};
    requests_[path].push_back(head);
    if (const auto it = script_.find(path); it != script_.end()) what = it->second;
  }
  boost::system::error_code error;
  asio::write(client, asio::buffer(what.bytes), error);
  {
    const std::lock_guard lock{mutex_};
    ++answered_[path];
  }
  changed_.notify_all();
  if (what.then == afterwards::hold) return hold(client);
  // Closing with a linger time of zero sends a reset.
  if (what.then == afterwards::reset)
    client.set_option(asio::socket_base::linger(true, 0), error);
  else
    client.shutdown(tcp::socket::shutdown_send, error);
}

void tiny_server::hold(socket& client) {
  boost::system::error_code error;
  char byte = 0;
  while (!error)
    client.read_some(asio::buffer(&byte, 1), error);
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_) ++hangups_;
  }
  changed_.notify_all();
}

} // namespace troupe::test
