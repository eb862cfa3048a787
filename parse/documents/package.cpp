#include "parse/documents/package.hpp"

#include "model/text.hpp"

namespace troupe::documents {

result<package> package::open(std::string_view data) {
  auto opened = archive::open(data);
  if (!opened) return opened.error();
  return package{std::move(*opened)};
}

result<xml> package::part(std::string_view name) {
  const auto data = parts_.read(name);
  if (!data) return data.error();
  return parse_xml(*data);
}

std::string resolve_part(std::string_view from, std::string_view target) {
  std::string path{target.starts_with("/") ? target.substr(1) : target};
  if (!target.starts_with("/") && from.rfind('/') != from.npos)
    path = std::string(from.substr(0, from.rfind('/') + 1)) + path;
  std::vector<std::string_view> steps;
  std::string_view rest{path};
  while (!rest.empty()) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto step = rest.substr(0, end);
    if (step == ".." && !steps.empty())
      steps.pop_back();
    else if (!step.empty() && step != "." && step != "..")
      steps.push_back(step);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string out;
  for (const auto step : steps)
    out.append(out.empty() ? "" : "/").append(step);
  return out;
}

relations package::relations_of(std::string_view part) {
  relations out;
  const auto slash = part.rfind('/');
  const auto folder = slash == part.npos ? std::string_view{} : part.substr(0, slash + 1);
  const auto name = std::string(folder) + "_rels/" + std::string(part.substr(folder.size())) + ".rels";
  const auto document = this->part(name);
  if (!document) return out;
  for (const auto& r : (*document)->document_element().children()) {
    relation x;
    const std::string_view type = r.attribute("Type").value();
    x.type = type.substr(type.rfind('/') + 1);
    x.external = std::string_view(r.attribute("TargetMode").value()) == "External";
    x.target = x.external ? r.attribute("Target").value() : resolve_part(part, r.attribute("Target").value());
    out.emplace(r.attribute("Id").value(), std::move(x));
  }
  return out;
}

std::string package::main_part(std::string_view type, std::string_view usual) {
  for (const auto& [id, r] : relations_of(""))
    if (r.type == type && !r.target.empty()) return r.target;
  return std::string(usual);
}

html::metadata package::properties() {
  html::metadata about;
  const auto document = part(main_part("core-properties", "docProps/core.xml"));
  if (!document) return about;
  for (const auto& p : (*document)->document_element().children()) {
    const auto name = local(p);
    const std::string value{trim(p.text().get())};
    if (value.empty()) continue;
    if (name == "title") about.title = value;
    if (name == "creator") about.authors.push_back(value);
    if (name == "description") about.description = value;
    if (name == "language") about.language = value;
    if (name == "created") about.published = html::find_date(value);
  }
  return about;
}

std::string_view image_type(std::string_view data) {
  if (data.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (data.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (data.starts_with("GIF8")) return "image/gif";
  if (data.size() > 12 && data.starts_with("RIFF") && data.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

std::string image_shelf::link_to(const std::string& part) {
  if (const auto it = known_.find(part); it != known_.end()) return it->second;
  auto& target = known_[part];
  if (into_.size() >= limits_.max_images || !from_.has(part)) return target;
  auto data = from_.bytes(part);
  const auto type = data ? image_type(*data) : std::string_view{};
  if (type.empty() || bytes_ + data->size() > limits_.max_image_bytes) return target;
  bytes_ += data->size();
  const auto name = std::to_string(into_.size() + 1) + "." + std::string(type.substr(type.find('/') + 1));
  into_.push_back({name, std::string(type), std::move(*data)});
  return target = "images/" + name;
}

} // namespace troupe::documents
