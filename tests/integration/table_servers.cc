// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/table_servers.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <thread>

#include "tests/support/answer_server.h"

namespace lastmile::test {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(60);

std::string missing(std::initializer_list<std::string> files, const std::string& package) {
  for (const std::string& file : files) {
    if (!is_executable(file)) {
      return file + " is not there (Debian: " + package + ")";
    }
  }
  return {};
}

/// Where Debian keeps the newest PostgreSQL.
std::string postgres_program(const std::string& name) {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    newest = std::max(newest, entry.path().string());
  }
  return (newest.empty() ? "/usr/lib/postgresql" : newest) + "/bin/" + name;
}

void must_run(const ProcessSpec& spec) {
  const ProcessResult result = run_process(spec);
  if (result.status != 0) {
    throw std::runtime_error(spec.arguments.front() + ": " + result.err + result.out);
  }
}

/// Runs a client until it succeeds: a server that listens may not be ready yet.
void run_until_ready(const ProcessSpec& spec) {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (run_process(spec).status != 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      must_run(spec);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

/// Who a server runs as. Nobody else's rights are given up where there are none.
std::optional<Identity> server_identity() {
  return geteuid() == 0 ? std::optional(unprivileged_identity()) : std::nullopt;
}

}  // namespace

// PostgreSQL

std::string postgres_unavailable() {
  return missing(
      {postgres_program("initdb"), postgres_program("postgres"), postgres_program("psql")},
      "postgresql");
}

PostgresServer::PostgresServer() : port_(closed_port()) {
  const std::string data = directory_.make_directory("data", 0700);
  give_to(data, unprivileged_identity());
  give_to(directory_.make_directory("socket"), unprivileged_identity());
  must_run({.arguments = {postgres_program("initdb"), "-D", data, "-U", "postgres", "-A", "trust",
                          "--no-sync", "-E", "UTF8", "--locale=C"},
            .identity = server_identity()});
  directory_.write("hba.conf", "local all all trust\nhost all all 127.0.0.1/32 md5\n");
  process_ = std::make_unique<ServerProcess>(ProcessSpec{
      .arguments = {postgres_program("postgres"), "-D", data, "-p", std::to_string(port_), "-c",
                    "hba_file=" + directory_.path("hba.conf"), "-c",
                    "unix_socket_directories=" + socket_directory(), "-c",
                    "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c",
                    "log_min_messages=panic"},
      .identity = server_identity()});
  const std::string socket = socket_directory() + "/.s.PGSQL." + std::to_string(port_);
  if (!process_->wait_for_socket(socket, kStartLimit)) {
    throw std::runtime_error("PostgreSQL does not start");
  }
  // `unix:DIRECTORY` cannot name a port.
  std::filesystem::create_symlink(socket, socket_directory() + "/.s.PGSQL.5432");
  run_until_ready({.arguments = {postgres_program("psql"), "-X", "-q", "-h", socket_directory(),
                                 "-U", "postgres", "-c", "SELECT 1"}});
  execute("CREATE ROLE mail SUPERUSER LOGIN PASSWORD 'secret''\\ word'");
}

void PostgresServer::execute(std::string_view sql) const {
  must_run({.arguments = {postgres_program("psql"), "-X", "-q", "-h", socket_directory(), "-U",
                          "postgres", "-v", "ON_ERROR_STOP=1", "-f", "-"},
            .input = std::string(sql)});
}

// MariaDB

std::string mariadb_unavailable() {
  return missing({"/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db", "/usr/bin/mariadb"},
                 "mariadb-server-core mariadb-client-core");
}

MariadbServer::MariadbServer() : port_(closed_port()) {
  give_to(directory_.path(), unprivileged_identity());
  const std::string data = directory_.make_directory("data", 0700);
  give_to(data, unprivileged_identity());
  // It makes files there whose names have its process ID alone, which two namespaces may share.
  const std::string temporary = directory_.make_directory("tmp", 0700);
  give_to(temporary, unprivileged_identity());
  must_run({.arguments = {"/usr/bin/mariadb-install-db", "--no-defaults", "--datadir=" + data,
                          "--tmpdir=" + temporary, "--auth-root-authentication-method=normal",
                          "--skip-test-db"},
            .identity = server_identity()});
  process_ = std::make_unique<ServerProcess>(ProcessSpec{
      .arguments = {"/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + data,
                    "--tmpdir=" + temporary, "--socket=" + socket(),
                    "--port=" + std::to_string(port_), "--bind-address=127.0.0.1",
                    "--pid-file=" + directory_.path("pid"), "--log-error=" + directory_.path("log"),
                    "--skip-log-bin", "--open-files-limit=256",
                    "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M"},
      .identity = server_identity()});
  if (!process_->wait_for_socket(socket(), kStartLimit)) {
    throw std::runtime_error("MariaDB does not start: " +
                             (directory_.exists("log") ? directory_.read("log") : ""));
  }
  run_until_ready({.arguments = {"/usr/bin/mariadb", "--no-defaults", "-S", socket(), "-u", "root",
                                 "-e", "SELECT 1"}});
  must_run({.arguments = {"/usr/bin/mariadb", "--no-defaults", "-S", socket(), "-u", "root"},
            .input = "CREATE DATABASE mail CHARACTER SET utf8mb4;"
                     "CREATE USER mail IDENTIFIED BY 'secret word';"
                     "GRANT ALL ON mail.* TO mail;"});
}

void MariadbServer::execute(std::string_view sql) const {
  must_run({.arguments = {"/usr/bin/mariadb", "--no-defaults", "--default-character-set=utf8mb4",
                          "-S", socket(), "-u", "root", "mail"},
            .input = std::string(sql)});
}

// OpenLDAP

namespace {

constexpr const char* kSlapdConfiguration = R"(
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/misc.schema
include /etc/ldap/schema/dyngroup.schema
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_v2
database mdb
suffix dc=example,dc=com
rootdn cn=admin,dc=example,dc=com
rootpw "secret word"
)";

/// Which entry somebody is who binds by SASL: NAME with a password, or an account of this host.
constexpr const char* kSaslConfiguration = R"(
password-hash {CLEARTEXT}
sasl-host localhost
sasl-secprops none
authz-policy to
authz-regexp "gidNumber=.*,cn=peercred,cn=external,cn=auth" "cn=admin,dc=example,dc=com"
authz-regexp "uid=([^,]*),.*cn=auth" "cn=$1,dc=example,dc=com"
)";

/// "%2Ftmp%2Fsocket" for "/tmp/socket".
std::string url_quoted(std::string path) {
  for (std::size_t at = 0; (at = path.find('/', at)) != std::string::npos;) {
    path.replace(at, 1, "%2F");
  }
  return path;
}

}  // namespace

std::string slapd_unavailable() {
  const std::string reason = missing({"/usr/sbin/slapd", "/usr/sbin/slapadd"}, "slapd");
  return reason.empty() ? missing({"/usr/bin/openssl"}, "openssl") : reason;
}

LdapServer::LdapServer(std::string_view ldif) : port_(closed_port()) {
  const std::string data = directory_.make_directory("data", 0700);
  give_to(data, unprivileged_identity());
  const std::string run = directory_.make_directory("run");
  give_to(run, unprivileged_identity());
  const std::string key = directory_.path("run/key.pem");
  must_run({.arguments = {"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc",
                          "-days", "2", "-subj", "/CN=localhost", "-addext",
                          "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out",
                          certificate()},
            .identity = server_identity()});
  const std::string configuration =
      directory_.write("slapd.conf", std::string(kSaslConfiguration) + "TLSCertificateFile " +
                                         certificate() + "\nTLSCertificateKeyFile " + key +
                                         kSlapdConfiguration + "directory " + data + "\n");
  must_run({.arguments = {"/usr/sbin/slapadd", "-f", configuration, "-l",
                          directory_.write("data.ldif", ldif)},
            .identity = server_identity()});
  process_ = std::make_unique<ServerProcess>(
      ProcessSpec{.arguments = {"/usr/sbin/slapd", "-f", configuration, "-d", "0", "-h",
                                url() + "/ " + socket_url()},
                  .identity = server_identity()});
  if (!process_->wait_for_socket(run + "/socket", kStartLimit)) {
    throw std::runtime_error("slapd does not start");
  }
}

std::string LdapServer::socket_url() const {
  return "ldapi://" + url_quoted(directory_.path("run/socket"));
}

// memcached

std::string memcached_unavailable() {
  return missing({"/usr/bin/memcached"}, "memcached");
}

MemcachedServer::MemcachedServer() {
  give_to(directory_.path(), unprivileged_identity());
  process_ = std::make_unique<ServerProcess>(
      ProcessSpec{.arguments = {"/usr/bin/memcached", "-s", socket(), "-m", "8", "-t", "1"},
                  .identity = server_identity()});
  if (!process_->wait_for_socket(socket(), kStartLimit)) {
    throw std::runtime_error("memcached does not start");
  }
}

void MemcachedServer::set(std::string_view key, std::string_view value) const {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket().c_str(), socket().size() + 1);
  const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to memcached");
  }
  write_all(connection, "set " + std::string(key) + " 0 0 " + std::to_string(value.size()) +
                            "\r\n" + std::string(value) + "\r\n");
  const std::string reply = read_until(connection, '\n');
  ::close(connection);
  if (reply != "STORED\r\n") {
    throw std::runtime_error("memcached does not store \"" + std::string(key) + "\": " + reply);
  }
}

}  // namespace lastmile::test
