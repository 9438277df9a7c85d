#include "transports/postfix_release.h"

#include <utility>

#include "aliases/text.h"

namespace lastmile {

void PostfixRelease::find_out() const {
  if (!ask_) {
    return;
  }
  const auto said = std::exchange(ask_, {})();
  if (!said) {
    reason_ = "assumed: no Postfix is here to be asked";
    return;
  }
  if (const auto version = parse_postfix_version(*said)) {
    version_ = *version;
    reason_ = "postconf mail_version";
    return;
  }
  reason_ = "assumed: postconf says \"" + printable(*said) + '"';
}

const PostfixVersion& PostfixRelease::version() const {
  find_out();
  return version_;
}

const std::string& PostfixRelease::reason() const {
  find_out();
  return reason_;
}

std::shared_ptr<const PostfixRelease> postfix_release(const MainCf& main_cf, World& world) {
  const auto chosen = main_cf.expand_parameter("lastmile_postfix_version");
  const auto version = chosen && *chosen ? parse_postfix_version((*chosen)->value) : std::nullopt;
  if (version) {
    const auto& source = (*chosen)->source;
    return std::make_shared<const PostfixRelease>(
        *version, "lastmile_postfix_version" + (source ? ", " + to_string(*source) : ""));
  }
  const auto directory = main_cf.expand("command_directory");
  std::string program = (directory ? directory->value_or("") : "") + "/postconf";
  return std::make_shared<const PostfixRelease>(
      [&world, program = std::move(program)] { return world.mail_version(program); });
}

}  // namespace lastmile
