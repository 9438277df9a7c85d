// SPDX-License-Identifier: Apache-2.0
#include "transports/configuration_files.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/own_networks.h"
#include "transports/parameter_reader.h"

namespace lastmile {
namespace {

/// Octets of main.cf or master.cf. A longer file is a mistake.
constexpr std::size_t kMaxConfigurationFile = std::size_t{16} * 1024 * 1024;

/// Postfix reads its configuration as root.
const Rights kConfigurationReader = {0, 0, {}, "root"};

/// Reads a file of the configuration directory; nullopt when there is none.
Result<std::optional<std::string>> read_configuration(World& world, const std::string& path) {
  auto file = world.read_file(path, kConfigurationReader, Symlinks::follow, kMaxConfigurationFile);
  if (!file) {
    return std::move(file).error().during("reading the configuration");
  }
  if (!*file) {
    return std::optional<std::string>();
  }
  FileView& view = **file;
  if (view.type != FileType::regular || !view.unreadable.empty()) {
    return misconfigured(
        "cannot be read: " +
            (view.type != FileType::regular ? std::string("not a regular file") : view.unreadable),
        SourcePos{path, 0});
  }
  return std::optional(std::move(view.content));
}

/// The file of lastmile's own parameters. It need not be there, and main.cf has the last word.
Result<MainCf> load_lastmile_cf(World& world, const std::string& config_directory) {
  const std::string path = config_directory + "/lastmile.cf";
  auto content = read_configuration(world, path);
  if (!content) {
    return std::move(content).error();
  }
  return MainCf::parse(content->value_or(""), path);
}

Result<Ok> apply_overrides(MainCf& main_cf, const std::vector<std::string>& overrides) {
  for (const std::string& text : overrides) {
    auto one = MainCf::parse(text, std::string(kCommandLine));
    if (!one) {
      Error error = std::move(one).error();
      error.source = SourcePos{std::string(kCommandLine), 0};
      return error;
    }
    for (const std::string& name : one->set_names()) {
      RawParameter parameter = *one->find(name);
      parameter.source = SourcePos{std::string(kCommandLine), 0};
      main_cf.set(name, std::move(parameter));
    }
  }
  return Ok{};
}

/// The defaults of myhostname and mydomain, as Postfix derives them from the host's name and from
/// each other.
Result<Ok> set_host_defaults(MainCf& main_cf, const HostFacts& host) {
  if (!main_cf.find("myhostname")) {
    std::string name = host.hostname;
    if (name.find('.') == std::string::npos) {
      auto domain = main_cf.expand("mydomain");
      if (!domain) {
        return std::move(domain).error();
      }
      name += "." + domain->value_or("localdomain");
    }
    main_cf.set("myhostname", RawParameter{std::move(name), std::nullopt});
  }
  if (!main_cf.find("mydomain")) {
    auto name = main_cf.expand("myhostname");
    if (!name) {
      return std::move(name).error();
    }
    const std::size_t dot = (*name)->find('.');
    main_cf.set("mydomain",
                RawParameter{dot == std::string::npos ? "localdomain" : (*name)->substr(dot + 1),
                             std::nullopt});
  }
  return Ok{};
}

/// What `myorigin = /file` is.
enum class OriginFile { is_read, is_a_name };

/// Whether the Postfix of a host reads `myorigin = /file`: it is built so on Debian and what is
/// made of it, and nowhere else. A host that does not say what it is, is taken for one of these.
Result<OriginFile> meaning_of_origin(World& world) {
  const auto release = read_configuration(world, std::string(kOsRelease));
  if (!release) {
    return release.error();
  }
  if (!*release) {
    return OriginFile::is_read;
  }
  for (std::string_view rest = **release; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const bool names_system = line.starts_with("ID=") || line.starts_with("ID_LIKE=");
    if (names_system && (line.find("debian") != std::string_view::npos ||
                         line.find("ubuntu") != std::string_view::npos)) {
      return OriginFile::is_read;
    }
  }
  return OriginFile::is_a_name;
}

/// `myorigin = /file` stands for the first line of that file.
Result<Ok> resolve_origin_file(MainCf& main_cf, World& world) {
  auto origin = main_cf.expand_parameter("myorigin");
  if (!origin) {
    return std::move(origin).error();
  }
  const std::string path = *origin ? (*origin)->value : std::string();
  if (!path.starts_with('/')) {
    return Ok{};
  }
  const auto meaning = meaning_of_origin(world);
  if (!meaning) {
    return meaning.error();
  }
  if (*meaning == OriginFile::is_a_name) {
    return Ok{};
  }
  auto content = read_configuration(world, path);
  if (!content) {
    return std::move(content).error().during("reading myorigin = " + path);
  }
  const std::string text = content->value_or("");
  const auto words = split_list(std::string_view(text).substr(0, text.find('\n')));
  if (words.size() != 1) {
    return misconfigured("myorigin: \"" + path + "\": " +
                             (*content ? "its first line is not one domain name" : "no such file"),
                         (*origin)->source);
  }
  main_cf.set_meaning("myorigin", std::string(words.front()));
  return Ok{};
}

/// The release that lastmile_postfix_version names, else that of the host's own Postfix.
std::shared_ptr<const PostfixRelease> release_for(const MainCf& main_cf, World& world) {
  const auto directory = main_cf.expand("command_directory");
  PostfixRelease::Ask ask = [&world, program = (directory ? directory->value_or("") : "") +
                                               "/postconf"](const std::string& name) {
    return world.postconf_default(program, name);
  };
  const auto chosen = main_cf.expand_parameter("lastmile_postfix_version");
  const auto version = chosen && *chosen ? parse_postfix_version((*chosen)->value) : std::nullopt;
  if (!version) {
    return std::make_shared<const PostfixRelease>(std::move(ask));
  }
  const auto& source = (*chosen)->source;
  return std::make_shared<const PostfixRelease>(
      *version, "lastmile_postfix_version" + (source ? ", " + to_string(*source) : ""),
      std::move(ask));
}

}  // namespace

Result<MainCf> default_main_cf(World& world, const std::vector<std::string>& overrides) {
  MainCf chosen;
  if (auto applied = apply_overrides(chosen, overrides); !applied) {
    return std::move(applied).error();
  }
  MainCf main_cf;
  main_cf.follow(release_for(chosen, world));
  if (auto set = set_host_defaults(main_cf, world.host()); !set) {
    return std::move(set).error();
  }
  return main_cf;
}

Result<MainCf> load_main_cf(World& world, const std::string& config_directory,
                            const std::vector<std::string>& overrides) {
  auto main_cf = load_lastmile_cf(world, config_directory);
  if (!main_cf) {
    return std::move(main_cf).error();
  }
  const std::string path = config_directory + "/main.cf";
  auto content = read_configuration(world, path);
  if (!content) {
    return std::move(content).error();
  }
  if (!*content) {
    return misconfigured(
        std::string(kNoSuchFile) + " (use -c DIR for another configuration directory)",
        SourcePos{path, 0});
  }
  if (auto added = main_cf->add(**content, path); !added) {
    return std::move(added).error();
  }
  if (auto applied = apply_overrides(*main_cf, overrides); !applied) {
    return std::move(applied).error();
  }
  main_cf->set("config_directory", RawParameter{config_directory, std::nullopt});
  main_cf->follow(release_for(*main_cf, world));
  if (auto set = set_host_defaults(*main_cf, world.host()); !set) {
    return std::move(set).error();
  }
  if (auto resolved = resolve_origin_file(*main_cf, world); !resolved) {
    return std::move(resolved).error();
  }
  return main_cf;
}

void set_network_default(MainCf& main_cf, World& world) {
  if (main_cf.find("mynetworks")) {
    return;
  }
  ParameterReader reader(main_cf);
  Setting<std::vector<std::string>> interfaces;
  Setting<std::vector<std::string>> protocols;
  reader.list("inet_interfaces", interfaces);
  reader.list("inet_protocols", protocols);
  const auto networks = world.interface_networks();
  const auto style = main_cf.expand("mynetworks_style");
  if (!networks || !style || !*style) {
    return;
  }
  if (auto value = own_networks({**style, std::move(interfaces.value), std::move(protocols.value)},
                                *networks)) {
    main_cf.set("mynetworks", RawParameter{*std::move(value), std::nullopt});
  }
}

Result<MasterCf> load_master_cf(World& world, const std::string& config_directory,
                                const MainCf& main_cf) {
  const std::string path = config_directory + "/master.cf";
  auto content = read_configuration(world, path);
  if (!content) {
    return std::move(content).error();
  }
  if (!*content) {
    return MasterCf::standard();
  }
  auto old_defaults = main_cf.expand_text("${{$compatibility_level} <level {1} ? {yes} : {no}}");
  if (!old_defaults) {
    return std::move(old_defaults).error().during("reading compatibility_level");
  }
  return MasterCf::parse(**content, path, *old_defaults == "yes");
}

}  // namespace lastmile
