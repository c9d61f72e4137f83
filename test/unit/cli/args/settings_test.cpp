#include "cli/args/settings.hpp"

#include "cli/args/arguments.hpp"
#include "cli/args/known_commands.hpp"
#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::cli;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

/// Variables, and a folder for the files that a run reads.
class place_to_run {
public:
    place_to_run() {
        std::string name = "/tmp/getty-connect-test-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        std::filesystem::create_directories(folder_ / "getty-connect");
        set("XDG_CONFIG_HOME", folder_.string());
        set("HOME", "/home/somebody");
    }
    ~place_to_run() { std::filesystem::remove_all(folder_); }
    place_to_run(const place_to_run&) = delete;
    place_to_run& operator=(const place_to_run&) = delete;

    place_to_run& set(const std::string& name, const std::string& value) {
        variables_[name] = value;
        return *this;
    }
    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }
    std::string user_file(const std::string& text) { return write("getty-connect/config", text); }
    std::string system_file(const std::string& text) { return write("system.conf", text); }

    [[nodiscard]] surroundings around() const {
        surroundings found;
        found.variables = [this](const char* name) -> const char* {
            const auto at = variables_.find(name);
            return at == variables_.end() ? nullptr : at->second.c_str();
        };
        for (const auto& [name, value] : variables_) found.variable_names.push_back(name);
        found.system_file = (folder_ / "system.conf").string();
        return found;
    }
    [[nodiscard]] arguments read(words rest) const {
        rest.insert(rest.begin(), "getty-connect");
        return std::get<arguments>(read_arguments(rest, around()));
    }
    [[nodiscard]] std::string refusal(words rest) const {
        try {
            (void)read(std::move(rest));
        } catch (const usage_error& why) {
            return why.what();
        } catch (const local_failure& why) {
            return why.what();
        }
        return "accepted";
    }

private:
    std::filesystem::path folder_;
    std::map<std::string, std::string> variables_;
};

}  // namespace

TEST_CASE("U1: a flag goes before its variable, then the file named, the user's file, the system's") {
    // Every subset of the five places: the first that is there holds.
    for (unsigned present = 0; present < 32; ++present) {
        CAPTURE(present);
        place_to_run here;
        words line{"fetch"};
        if ((present & 1) != 0) line.insert(line.end(), {"--rate", "1"});
        if ((present & 2) != 0) here.set("GETTY_CONNECT_RATE", "2");
        const std::string named = here.write("named", (present & 4) != 0 ? "rate = 3\n" : "burst = 1\n");
        if ((present & 8) != 0) here.user_file("rate = 4\n");
        if ((present & 16) != 0) here.system_file("[fetch]\nrate = 5\n");
        line.insert(line.end(), {"--config", named});
        double expected = 0;
        for (unsigned place = 5; place > 0; --place) {
            if ((present & (1U << (place - 1))) != 0) expected = place;
        }
        CHECK(here.read(line).lookup.rate == expected);
    }
}

TEST_CASE("U1: a command's own section goes before what holds for all, within one file alone") {
    place_to_run here;
    here.user_file("timeout = 1m\n[fetch]\ntimeout = 2m\n");
    CHECK(here.read({"fetch"}).connection.timeout == 2min);
    CHECK(here.read({"get", "1"}).connection.timeout == 1min);
    CHECK(here.read({"token"}).connection.timeout == 1min);
    here.user_file("timeout = 1m\n");
    here.system_file("[fetch]\ntimeout = 2m\n");
    CHECK(here.read({"fetch"}).connection.timeout == 1min);
}

TEST_CASE("U1: switches are true or false everywhere, and can be put off again where they are on") {
    for (const char* yes : {"true", "yes", "1", "TRUE", "Yes"}) {
        CHECK(place_to_run().set("GETTY_CONNECT_ORDERED", yes).read({"fetch"}).lookup.order ==
              order::as_input);
    }
    for (const char* no : {"false", "no", "0", "False", ""}) {
        CHECK(place_to_run().set("GETTY_CONNECT_ORDERED", no).read({"fetch"}).lookup.order ==
              order::as_completed);
    }
    place_to_run here;
    here.user_file("ordered = true\nadaptive = true\n");
    here.set("GETTY_CONNECT_ADAPTIVE", "false");
    CHECK(here.read({"fetch"}).lookup.order == order::as_input);
    CHECK(here.read({"fetch", "--ordered=false"}).lookup.order == order::as_completed);
    CHECK(here.read({"fetch"}).lookup.adapts == concurrency::fixed);
    CHECK(here.read({"fetch", "--adaptive"}).lookup.adapts == concurrency::adaptive);
    CHECK(here.read({"fetch", "--json", "--json=false"}).summary == summary_form::text);
    CHECK(here.set("GETTY_CONNECT_HEDGE", "perhaps").refusal({"fetch"}) ==
          "GETTY_CONNECT_HEDGE=perhaps: is none of true|false|yes|no|1|0");
    CHECK(place_to_run().refusal({"fetch", "--hedge=perhaps"}) ==
          "--hedge perhaps: is none of true|false|yes|no|1|0");
}

TEST_CASE("U1: a value that cannot work is refused with the variable or line that it stands in") {
    CHECK(
        place_to_run().set("GETTY_CONNECT_RATE", "0").refusal({"fetch"}) ==
        "GETTY_CONNECT_RATE=0: must be a number of requests per second between 0.001 and 1,000,000; leave it "
        "out for no limit");
    place_to_run here;
    const std::string path = here.user_file("\n[fetch]\ntimeout = 10\nlanguage = de\n");
    CHECK(here.refusal({"fetch"}) == path + ":3: timeout = 10: the unit is missing; write 10ms, 10s or 10m");
    // What does not hold is not looked at.
    CHECK(here.refusal({"fetch", "--timeout", "1s"}) == "accepted");
    CHECK(here.refusal({"get", "1"}) == "accepted");
    // Flags that do not go together say where each of them is from.
    CHECK(place_to_run().set("GETTY_CONNECT_CERT", "c").refusal({"fetch"}) ==
          "--cert: a client certificate and its key go together; add --key; --cert is set by "
          "GETTY_CONNECT_CERT");
}

TEST_CASE("U1: what means nothing in a run is refused on the command line, and set aside from elsewhere") {
    const std::string common =
        "burst = 5\nfields = title\nids-per-request = 3\nauth = bearer\ndigest-order = strict\nhedge = true\n"
        "coordination-id = x\n[fetch]\nretry-failed = all\ncolumns = id\nwith-meta = true\n";
    place_to_run here;
    here.user_file(common);
    const arguments connect = here.read({"fetch", "--format", "raw"});
    CHECK(connect.lookup.burst == 1);
    CHECK(connect.lookup.fields.empty());
    CHECK_FALSE(connect.lookup.ids_per_request.has_value());
    CHECK(connect.connection.auth == auth_scheme::bearer);
    CHECK(connect.lookup.hedging == hedging::after_p95);
    CHECK_FALSE(connect.lookup.job.retry.has_value());
    CHECK(connect.lookup.columns.empty());
    CHECK_FALSE(connect.lookup.with_meta);
    const arguments v3 = here.read({"fetch", "--api", "v3", "--rate", "2", "--resume", "-o", "x"});
    CHECK(v3.lookup.burst == 5);
    CHECK(v3.lookup.fields == words{"title"});
    CHECK(v3.lookup.ids_per_request == 3);
    CHECK_FALSE(v3.connection.auth.has_value());
    CHECK(v3.connection.digest_order == digest_order::any);
    CHECK(v3.lookup.hedging == hedging::off);
    CHECK(v3.lookup.coordination_id.empty());
    CHECK(v3.lookup.job.retry == ingest::retry_failed::all);
    CHECK(v3.lookup.columns == words{"id"});
    CHECK(v3.lookup.with_meta);
    for (const words& line : std::vector<words>{{"fetch", "--burst", "5"},
                                                {"fetch", "--fields", "title"},
                                                {"fetch", "--ids-per-request", "3"},
                                                {"fetch", "--retry-failed", "all"},
                                                {"fetch", "--format", "raw", "--columns", "id"},
                                                {"fetch", "--format", "raw", "--with-meta"},
                                                {"fetch", "--api", "v3", "--auth", "bearer"},
                                                {"fetch", "--api", "v3", "--digest-order", "strict"},
                                                {"fetch", "--api", "v3", "--hedge"},
                                                {"fetch", "--api", "v3", "--coordination-id", "x"}}) {
        CAPTURE(line.back());
        CHECK(place_to_run().refusal(line) != "accepted");
        CHECK(here.refusal(line) != "accepted");
    }
}

TEST_CASE("U1: of two flags that contradict each other the one from the nearer place holds") {
    place_to_run here;
    here.user_file("[fetch]\nresume = true\nmax-failures = 7\n");
    using ingest::existing;
    const auto files = [&here](words line) {
        line.insert(line.begin(), {"fetch", "-o", "x"});
        return here.read(line).lookup.job.if_existing;
    };
    CHECK(files({}) == existing::resumed);
    CHECK(files({"--overwrite"}) == existing::overwritten);
    CHECK(files({"--overwrite=false"}) == existing::resumed);
    CHECK(here.read({"fetch", "-o", "x"}).lookup.job.max_failures == 7U);
    CHECK(here.read({"fetch", "-o", "x", "--fail-early"}).lookup.job.max_failures == 0U);
    here.set("GETTY_CONNECT_OVERWRITE", "1").set("GETTY_CONNECT_FAIL_EARLY", "1");
    CHECK(files({}) == existing::overwritten);
    CHECK(here.read({"fetch", "-o", "x"}).lookup.job.max_failures == 0U);
    // The command that goes on with a run has --resume at its end.
    CHECK(files({"--resume"}) == existing::resumed);
    CHECK(here.read({"fetch", "-o", "x", "--max-failures", "5%"}).lookup.job.max_failed_percent == 5U);
    // In one place nobody can tell which of the two is meant.
    here.set("GETTY_CONNECT_RESUME", "1");
    CHECK(here.refusal({"fetch", "-o", "x"}) != "accepted");
    CHECK(place_to_run().refusal({"fetch", "-o", "x", "--resume", "--overwrite"}) != "accepted");
}

TEST_CASE("U1: a message says where the flags that it names come from, and of no others") {
    arguments read;
    read.origins = {{"--rate", "GETTY_CONNECT_RATE"}, {"--cert", "/c:2"}, {"--cacert", "/c:3"}};
    CHECK(with_origins("--rate-ids 5: too many", read) == "--rate-ids 5: too many");
    CHECK(with_origins("--rate: too many", read) == "--rate: too many; --rate is set by GETTY_CONNECT_RATE");
    CHECK(with_origins("add --rate", read) == "add --rate; --rate is set by GETTY_CONNECT_RATE");
    CHECK(with_origins("--cert and --rate differ", read) ==
          "--cert and --rate differ; --rate is set by GETTY_CONNECT_RATE; --cert is set by /c:2");
    // The first place is that of another flag.
    CHECK(with_origins("--rate-ids needs --rate", read).ends_with("; --rate is set by GETTY_CONNECT_RATE"));
    CHECK(with_origins("standard output: closed", read) == "standard output: closed");
}

TEST_CASE("U1: a variable is for each command that has the flag, those of serve have names of their own") {
    place_to_run here;
    here.set("GETTY_CONNECT_AUTH", "bearer")
        .set("GETTY_CONNECT_CERT", "c")
        .set("GETTY_CONNECT_CERT_KEY", "k");
    here.set("GETTY_CONNECT_RATE", "5").set("GETTY_CONNECT_CREDENTIALS", "~/c");
    for (const words& line : {words{"fetch"}, {"get", "1"}, {"token"}}) {
        const arguments read = here.read(line);
        CHECK(read.connection.auth == auth_scheme::bearer);
        CHECK(read.connection.private_key_file == "k");
        CHECK(read.connection.credentials_file == "/home/somebody/c");
        CHECK(read.warnings.empty());
    }
    CHECK(here.read({"serve"}).serve.scheme == "digest");
    here.set("GETTY_CONNECT_SERVE_AUTH", "none").set("GETTY_CONNECT_SERVE_LATENCY", "20ms");
    here.set("GETTY_CONNECT_SERVE_FAULT", " close:at=half \n drip ");
    const arguments serve = here.read({"serve"});
    CHECK(serve.serve.scheme == "none");
    CHECK(serve.serve.latency == 20ms);
    CHECK(serve.serve.faults == words{"close:at=half", "drip"});
    CHECK(serve.serve.key.empty());
    // One place holds: faults of the command line are not added to those of the variable.
    CHECK(here.read({"serve", "--fault", "html"}).serve.faults == words{"html"});
    CHECK(here.read({"fetch"}).connection.auth == auth_scheme::bearer);
    place_to_run files;
    files.user_file("auth = bearer\n[serve]\nseed = 1\n");
    CHECK(files.read({"serve"}).serve.scheme == "digest");
    files.user_file("auth = bearer\ntimeout = 1s\n[serve]\nfault = html\nfault = drip\nauth = none\n");
    CHECK(files.read({"serve"}).serve.scheme == "none");
    CHECK(files.read({"serve"}).serve.faults == words{"html", "drip"});
    CHECK(files.read({"token"}).connection.auth == auth_scheme::bearer);
}

TEST_CASE("U1: files are left alone on demand, and the one that is named is read all the same") {
    place_to_run here;
    here.user_file("rate = 4\n");
    here.system_file("burst = 5\n");
    const std::string named = here.write("named", "concurrency = 3\n");
    const arguments all = here.read({"fetch", "--config", named});
    CHECK(all.lookup.rate == 4);
    CHECK(all.lookup.burst == 5);
    CHECK(all.lookup.concurrency == 3);
    const arguments only = here.read({"fetch", "--config", named, "--no-config"});
    CHECK(only.lookup.rate == 0);
    CHECK(only.lookup.burst == 1);
    CHECK(only.lookup.concurrency == 3);
    here.set("GETTY_CONNECT_CONFIG", named);
    CHECK(here.read({"fetch"}).lookup.concurrency == 3);
    // The command line goes before the variable.
    CHECK_FALSE(here.read({"fetch", "--no-config"}).lookup.concurrency.has_value());
    here.set("GETTY_CONNECT_NO_CONFIG", "1");
    CHECK(here.read({"fetch"}).lookup.concurrency == 3);
    CHECK(here.read({"fetch"}).lookup.rate == 0);
    CHECK(here.read({"fetch", "--no-config=false"}).lookup.rate == 4);
    here.user_file("no such line\n");
    CHECK(here.refusal({"fetch"}) == "accepted");
    CHECK(here.refusal({"fetch", "--config", "/nonexistent/x"}) ==
          "/nonexistent/x: there is no such configuration file");
    CHECK(here.refusal({"serve", "--config", "/nonexistent/x"}) != "accepted");
    // A file that is wrong stops neither help nor version.
    here.set("GETTY_CONNECT_NO_CONFIG", "0");
    CHECK(here.refusal({"fetch"}) != "accepted");
    CHECK(here.read({"version"}).action == action::version);
}

TEST_CASE("U1: the user's file is where the XDG specification says") {
    std::map<std::string, std::string> set;
    const environment variables = [&](const char* name) -> const char* {
        return set.contains(name) ? set[name].c_str() : nullptr;
    };
    CHECK(user_config_file(variables).empty());
    set["HOME"] = "/home/a";
    CHECK(user_config_file(variables) == "/home/a/.config/getty-connect/config");
    set["XDG_CONFIG_HOME"] = "relative";
    CHECK(user_config_file(variables) == "/home/a/.config/getty-connect/config");
    set["XDG_CONFIG_HOME"] = "";
    CHECK(user_config_file(variables) == "/home/a/.config/getty-connect/config");
    set["XDG_CONFIG_HOME"] = "/x";
    CHECK(user_config_file(variables) == "/x/getty-connect/config");
    set["HOME"] = "";
    set.erase("XDG_CONFIG_HOME");
    CHECK(user_config_file(variables).empty());
}

TEST_CASE("U1: ~/ is the home folder where no shell has replaced it, in names of files alone") {
    place_to_run here;
    here.user_file("output = ~/images\ncoordination-id = ~/x\n");
    CHECK(here.read({"fetch"}).lookup.output_file == "/home/somebody/images");
    CHECK(here.read({"fetch"}).lookup.coordination_id == "~/x");
    CHECK(here.read({"fetch", "--output", "~/images"}).lookup.output_file == "~/images");
    const std::string named = here.write("named", "rate = 3\n");
    here.set("HOME", std::filesystem::path(named).parent_path().string())
        .set("GETTY_CONNECT_CONFIG", "~/named");
    CHECK(here.read({"fetch"}).lookup.rate == 3);
    here.set("GETTY_CONNECT_CONFIG", "").set("HOME", "");
    CHECK(here.refusal({"fetch"}).find("HOME is not set") != std::string::npos);
}

TEST_CASE("U4: a variable that no flag has is a warning with the one that was perhaps meant") {
    place_to_run here;
    here.set("GETTY_CONNECT_RAET", "5")
        .set("GETTY_CONNECT_SERVE_PROT", "80")
        .set("GETTY_CONNECT_ZZZZZZZZ", "1");
    CHECK(here.read({"fetch"}).warnings ==
          words{"GETTY_CONNECT_RAET: no flag has this variable; did you mean GETTY_CONNECT_RATE?",
                "GETTY_CONNECT_SERVE_PROT: no flag has this variable; did you mean GETTY_CONNECT_SERVE_PORT?",
                "GETTY_CONNECT_ZZZZZZZZ: no flag has this variable"});
    for (const char* name : credential_variables)
        CHECK(place_to_run().set(name, "x").read({"fetch"}).warnings.empty());
}

TEST_CASE("U4: what Kubernetes sets for services of our name is neither a flag nor a mistake") {
    place_to_run here;
    for (const char* service : {"GETTY_CONNECT", "GETTY_CONNECT_SERVE", "GETTY_CONNECT_SANDBOX"}) {
        const std::string name(service);
        here.set(name + "_SERVICE_HOST", "10.0.0.11");
        here.set(name + "_SERVICE_PORT", "443");
        here.set(name + "_SERVICE_PORT_HTTPS", "443");
        here.set(name + "_PORT", "tcp://10.0.0.11:443");
        here.set(name + "_PORT_443_TCP", "tcp://10.0.0.11:443");
        here.set(name + "_PORT_443_TCP_PROTO", "tcp");
        here.set(name + "_PORT_443_TCP_PORT", "443");
        here.set(name + "_PORT_443_TCP_ADDR", "10.0.0.11");
    }
    const arguments read = here.read({"serve"});
    CHECK(read.warnings.empty());
    CHECK(read.serve.port == 0);
    here.set("GETTY_CONNECT_SERVE_PORT", "8443");
    CHECK(here.read({"serve"}).serve.port == 8443);
}

TEST_CASE("U1: JSON is asked for by its variable as well, of a command that has the flag") {
    std::map<std::string, std::string> set{{"GETTY_CONNECT_JSON", "yes"}};
    const environment variables = [&](const char* name) -> const char* {
        return set.contains(name) ? set[name].c_str() : nullptr;
    };
    CHECK(asks_for_json({"getty-connect", "fetch", "--nonsense"}, variables));
    CHECK_FALSE(asks_for_json({"getty-connect", "serve"}, variables));
    CHECK_FALSE(asks_for_json({"getty-connect", "fetch", "--json=false"}, variables));
    set["GETTY_CONNECT_JSON"] = "no";
    CHECK_FALSE(asks_for_json({"getty-connect", "fetch"}, variables));
}
