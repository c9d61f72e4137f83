"""Set-up of the tool: variables, configuration files, what holds, the manual, completion.

Usage: tool_setup_test.py TOOL PAGES [TEST...]    PAGES is the folder with man1/ and completions/
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from tool_support import SECRET, TOOL, ToolTest, credentials, environment, ids, lines_of

PAGES = os.path.abspath(sys.argv[2])


class Settings(ToolTest):
    """Variables and files in place of a command line."""

    def surroundings(self, **more):
        """An environment in which the user's configuration file counts."""
        kept = environment(XDG_CONFIG_HOME=self.folder, HOME=self.folder)
        del kept["GETTY_CONNECT_NO_CONFIG"]
        return {**kept, **more}

    def user_file(self, text, mode=0o644):
        os.makedirs(self.path("getty-connect"), exist_ok=True)
        path = self.write("getty-connect/config", text.encode())
        os.chmod(path, mode)
        return path

    def test_a_run_needs_no_flag_where_variables_and_files_have_them_all(self):
        secrets = self.write("getty-connect-credentials", b"key=test-key\nsecret=%s\n" % SECRET.encode())
        os.chmod(secrets, 0o600)
        wanted = ids(1000, 20)
        self.write("ids.txt", "\n".join(wanted).encode())
        self.user_file("base-url = %s\ncredentials = ~/getty-connect-credentials\n\n[fetch]\noutput = %s # images\n"
                       "ordered = yes\n[token]\noutput-of-nothing = 1\n" % (self.sandbox.base_url, self.path("out")))
        done = self.run_tool("fetch", self.path("ids.txt"), env=self.surroundings(GETTY_CONNECT_CACERT=self.sandbox.ca))
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"config:8: there is no such flag", done.stderr)
        self.user_file("base-url = %s\ncredentials = ~/getty-connect-credentials\n\n[fetch]\noutput = %s # images\n"
                       "ordered = yes\n" % (self.sandbox.base_url, self.path("out")))
        done = self.run_tool("fetch", self.path("ids.txt"), env=self.surroundings(GETTY_CONNECT_CACERT=self.sandbox.ca))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line["id"] for line in lines_of(self.read("out"))], wanted)
        # The same file does for the other commands; the flag of the command line goes before the variable.
        self.assertEqual(self.run_tool("get", wanted[0], "--cacert", self.sandbox.ca,
                                       env=self.surroundings(GETTY_CONNECT_CACERT="/nonexistent")).returncode, 0)
        self.assertEqual(self.run_tool("token", env=self.surroundings(GETTY_CONNECT_CACERT=self.sandbox.ca)).returncode, 0)

    def test_a_wrong_variable_or_line_ends_the_run_with_2_and_is_named(self):
        done = self.run_tool("fetch", env=self.surroundings(GETTY_CONNECT_RATE="0"))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertTrue(done.stderr.startswith(b"getty-connect: error: GETTY_CONNECT_RATE=0: must be a number"), done.stderr)
        path = self.user_file("rate = 5\nraet = 5\n")
        done = self.run_tool("fetch", env=self.surroundings())
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(("error: %s:2: there is no such flag; did you mean rate?" % path).encode(), done.stderr)
        # What the library refuses is told with the place as well.
        path = self.user_file("base-url = https://\n")
        done = self.run_tool("get", "1", env=self.surroundings(**credentials()))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"--base-url \"https://\": must name a host", done.stderr)
        self.assertTrue(done.stderr.endswith(("; --base-url is set by %s:1\n" % path).encode()), done.stderr)

    def test_secrets_in_a_configuration_file_are_refused_and_shown_nowhere(self):
        for text in ("secret = hunter2\n", "[fetch]\nkey = hunter2\n", "hunter2\n", "proxy = http://user:hunter2@localhost:1\n"):
            with self.subTest(text):
                path = self.user_file(text)
                done = self.fetch(env=self.surroundings(**credentials()))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(path.encode() + b":", done.stderr)
                self.assertNotIn(b"hunter2", done.stderr + done.stdout)
                shown = self.run_tool("config", env=self.surroundings())
                self.assertNotIn(b"hunter2", shown.stderr + shown.stdout)

    def test_a_file_that_others_may_write_to_is_refused_or_a_warning(self):
        path = self.user_file("retries = 0\n", 0o666)
        done = self.run_tool("config", "fetch", env=self.surroundings())
        self.assertEqual(done.returncode, 2)
        self.assertIn(("run: chmod go-w " + path).encode(), done.stderr)
        os.chmod(path, 0o664)
        done = self.run_tool("config", "fetch", env=self.surroundings())
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"warning: %s: its group may write" % path.encode(), done.stderr)
        os.chmod(path, 0o644)
        self.assertEqual(self.run_tool("config", "fetch", env=self.surroundings()).stderr, b"")

    def test_a_misspelt_variable_is_a_warning_in_every_command_and_kept_for_json(self):
        surroundings = self.surroundings(GETTY_CONNECT_RAET="5", **credentials())
        done = self.fetch(input=b"", env=surroundings)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"warning: GETTY_CONNECT_RAET: no flag has this variable; did you mean GETTY_CONNECT_RATE?", done.stderr)
        done = self.fetch("--json", input=b"", env=surroundings)
        self.assertIn("GETTY_CONNECT_RAET", json.loads(done.stderr)["warnings"][0])

    def test_json_may_be_asked_for_by_variable_and_by_file(self):
        done = self.fetch(input=b"", env=self.surroundings(GETTY_CONNECT_JSON="1", **credentials()))
        self.assertEqual(json.loads(done.stderr)["exit_code"], 0)
        done = self.fetch("--nonsense", env=self.surroundings(GETTY_CONNECT_JSON="1", **credentials()))
        self.assertEqual(json.loads(done.stderr)["exit_code"], 2)
        self.user_file("json = true\n")
        done = self.fetch(input=b"", env=self.surroundings(**credentials()))
        self.assertEqual(json.loads(done.stderr)["exit_code"], 0)
        done = self.fetch("--errors", "/nonexistent/x", input=b"", env=self.surroundings(**credentials()))
        self.assertEqual(json.loads(done.stderr)["exit_code"], 1)
        done = self.fetch("--json=false", "-q", input=b"", env=self.surroundings(**credentials()))
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_serve_takes_its_own_variables_and_section(self):
        path = self.user_file("auth = bearer\n[serve]\nseed = x\n")
        done = self.run_tool("serve", env=self.surroundings(GETTY_CONNECT_AUTH="nonsense"))
        self.assertEqual(done.returncode, 2)
        self.assertIn(("%s:3: seed = x: must be a whole number" % path).encode(), done.stderr)
        done = self.run_tool("serve", env=self.surroundings(GETTY_CONNECT_SERVE_SEED="1", GETTY_CONNECT_SERVE_AUTH="basic"))
        self.assertIn(b"GETTY_CONNECT_SERVE_AUTH=basic: is none of digest|", done.stderr)

    def test_config_tells_what_a_run_would_take_and_from_where(self):
        path = self.user_file("rate = 7\n[fetch]\ntimeout = 2m\n")
        surroundings = self.surroundings(GETTY_CONNECT_BURST="3", **credentials())
        done = self.run_tool("config", "fetch", "--json", env=surroundings)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        told = json.loads(done.stdout)
        flags = told["commands"]["fetch"]
        self.assertEqual(flags["rate"], {"value": "7", "from": path + ":1"})
        self.assertEqual(flags["timeout"], {"value": "2m", "from": path + ":3"})
        self.assertEqual(flags["burst"], {"value": "3", "from": "GETTY_CONNECT_BURST"})
        self.assertEqual(flags["retries"], {"value": "3", "from": "default"})
        self.assertEqual(told["files"], [path])
        self.assertEqual(told["credentials"], {"from": "the environment", "names": ["key", "secret"]})
        text = self.run_tool("config", env=surroundings).stdout.decode()
        self.assertIn("  timeout=2m                       %s:3\n" % path, text)
        for shown in (done.stdout, text.encode()):
            self.assertNotIn(SECRET.encode(), shown)
        secrets = self.write("c", b"token=%s\n" % SECRET.encode())
        os.chmod(secrets, 0o600)
        done = self.run_tool("config", "token", env=self.surroundings(GETTY_CONNECT_CREDENTIALS=secrets))
        self.assertIn(("credentials\n  token, from " + secrets).encode(), done.stdout)
        self.assertNotIn(SECRET.encode(), done.stdout)

    def test_config_names_every_flag_of_the_help(self):
        for command in ("get", "fetch", "serve", "token"):
            told = json.loads(self.run_tool("config", command, "--json").stdout)["commands"][command]
            text = self.run_tool(command, "--help").stdout.decode().split("Options:\n")[1].split("\n\n")[0]
            names = {name for name in re.findall(r"^  (?:-.,)?--([a-z0-9-]+)", text, re.M)}
            names -= {"help", "config", "no-config"} | ({"key"} if command == "serve" else set())
            self.assertEqual({"key" if name == "cert-key" else name for name in told}, names)

    def test_no_config_leaves_the_files_alone(self):
        self.user_file("nonsense\n")
        self.assertEqual(self.run_tool("config", env=self.surroundings()).returncode, 2)
        self.assertEqual(self.run_tool("config", "--no-config", env=self.surroundings()).returncode, 0)
        self.assertEqual(self.run_tool("config", env=self.surroundings(GETTY_CONNECT_NO_CONFIG="yes")).returncode, 0)
        self.assertEqual(self.run_tool("version", env=self.surroundings()).returncode, 0)
        self.assertEqual(self.run_tool("fetch", "--help", env=self.surroundings()).returncode, 0)


    def test_a_home_folder_that_may_not_be_entered_has_no_file(self):
        self.user_file("nonsense\n")
        # Root may enter every folder.
        other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        os.chmod(self.folder, 0o000)
        self.addCleanup(os.chmod, self.folder, 0o700)
        done = self.run_tool("config", env=self.surroundings(), cwd="/", **other)
        self.assertEqual((done.returncode, done.stderr), (0, b""))


class Manual(unittest.TestCase):
    PAGES = sorted(os.listdir(os.path.join(PAGES, "man1")))

    def rendered(self, page):
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", os.path.join(PAGES, "man1", page)],
                              env={**environment(), "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.returncode, 0)
        return re.sub(r".\x08", "", done.stdout.decode())

    def test_each_command_with_flags_has_a_page_and_the_tool_has_one(self):
        self.assertEqual([page for page in self.PAGES if page.endswith(".1")], self.PAGES)
        self.assertLessEqual({"getty-connect.1"} | {"getty-connect-%s.1" % name for name in
                                                    ("get", "fetch", "serve", "token", "config")}, set(self.PAGES))

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "needs man-db and groff")
    def test_each_page_is_rendered_without_a_warning_within_80_columns(self):
        for page in self.PAGES:
            with self.subTest(page):
                text = self.rendered(page)
                self.assertTrue(text.startswith(page[:-2].upper() + "(1)"), text[:80])
                self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])
                for device in ("ascii", "utf8"):
                    done = subprocess.run(["groff", "-ww", "-man", "-T" + device, os.path.join(PAGES, "man1", page)],
                                          capture_output=True, timeout=60)
                    self.assertEqual((done.stderr, done.returncode), (b"", 0))

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "needs man-db and groff")
    def test_a_page_has_every_word_of_the_help_of_its_flags(self):
        for command in ("get", "fetch", "serve", "token", "config"):
            text = subprocess.run([TOOL, command, "--help"], env=environment(), capture_output=True, timeout=60).stdout.decode()
            options = text.split("Options:\n")[1].split("\n\n")[0].split("Print this help message and exit")[1]
            words = re.findall(r"[^\s,]+", options.replace("\u2026", "..."))
            page = self.rendered("getty-connect-%s.1" % command)
            missing = [word for word in words if word not in page]
            self.assertEqual(missing, [])


class Completion(unittest.TestCase):
    SCRIPT = os.path.join(PAGES, "completions", "getty-connect")

    def complete(self, *words, folder="/"):
        """What bash offers for the last of the words of a command line, parted as bash parts it at '='."""
        line = ["getty-connect", *words]
        script = 'source "$1" && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && _getty_connect 2>&1 && ' \
                 'printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "--noprofile", "--norc", "-u", "-c", script, "bash", self.SCRIPT, *line],
                              env=environment(), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual((done.stderr, done.returncode), (b"", 0))
        return done.stdout.decode().split("\n")[:-1] if done.stdout.strip() else []

    def flags(self, command):
        text = subprocess.run([TOOL, command, "--help"], env=environment(), capture_output=True, timeout=60).stdout.decode()
        return set(re.findall(r"^  (?:-.,)?(--[a-z0-9-]+)", text.split("Options:\n")[1].split("\n\n")[0], re.M))

    def test_commands(self):
        self.assertEqual(self.complete("fe"), ["fetch"])
        commands = re.findall(r"^  ([a-z]+)  ", subprocess.run([TOOL, "--help"], env=environment(), capture_output=True,
                                                              timeout=60).stdout.decode(), re.M)
        self.assertEqual(self.complete(""), [*commands, "--help", "--version"])
        self.assertLessEqual({"fetch", "serve"}, set(self.complete("config", "")))
        self.assertNotIn("version", self.complete("config", ""))

    def test_flags_are_those_of_the_help(self):
        for command in ("get", "fetch", "serve", "token", "config", "version"):
            self.assertEqual(set(self.complete(command, "-")), self.flags(command))
        self.assertEqual(self.complete("fetch", "ids.txt", "--rate-"), ["--rate-ids"])
        self.assertEqual(self.complete("fetch", "--ordered", "--max-o"), ["--max-outage"])
        self.assertEqual(self.complete("version", "--r"), [])

    def test_values_of_choices(self):
        text = subprocess.run([TOOL, "fetch", "--help"], env=environment(), capture_output=True, timeout=60).stdout.decode()
        formats = re.search(r"--format ([a-z|]+)", text).group(1).split("|")
        self.assertLessEqual({"ndjson", "raw"}, set(formats))
        self.assertEqual(self.complete("fetch", "--format", ""), formats)
        self.assertEqual(self.complete("fetch", "--format", "r"), ["raw"])
        self.assertEqual(self.complete("fetch", "--format", "="), formats)
        self.assertEqual(self.complete("fetch", "--format", "=", "n"), ["ndjson"])
        self.assertEqual(self.complete("serve", "--auth", ""), ["digest", "digest-token", "bearer", "none"])
        self.assertEqual(self.complete("fetch", "--auth", "b"), ["bearer"])
        self.assertEqual(self.complete("fetch", "--rate", ""), [])

    def test_files_where_files_belong_and_nowhere_else(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("ids one.txt", "ids-two.txt", "other"):
                open(os.path.join(folder, name), "w").close()
            for words in (["--output"], ["-o"], ["--credentials"], ["--output", "="], []):
                with self.subTest(words):
                    self.assertEqual(sorted(self.complete("fetch", *words, "ids", folder=folder)),
                                     ["ids one.txt", "ids-two.txt"])
            self.assertEqual(self.complete("fetch", "--", "oth", folder=folder), ["other"])
            self.assertEqual(self.complete("fetch", "--", "--ra", folder=folder), [])
            self.assertEqual(self.complete("get", "oth", folder=folder), [])
            self.assertEqual(self.complete("token", "oth", folder=folder), [])

    def test_an_unknown_command_or_the_middle_of_a_line_offers_nothing_wrong(self):
        self.assertEqual(self.complete("ftech", ""), [])
        self.assertEqual(self.complete("ftech", "--"), [])
        script = 'source "$1"; COMP_WORDS=(getty-connect fetch --digest-order "" ids.txt); COMP_CWORD=3; _getty_connect; ' \
                 'printf "%s " "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", self.SCRIPT], env=environment(), capture_output=True,
                              timeout=60)
        self.assertEqual((done.stdout, done.stderr), (b"strict any ", b""))

    def test_the_script_registers_itself_for_the_tool(self):
        done = subprocess.run(["bash", "--norc", "-c", 'source "$1"; complete -p getty-connect', "bash", self.SCRIPT],
                              env=environment(), capture_output=True, timeout=60)
        self.assertEqual(done.stdout.strip(), b"complete -F _getty_connect getty-connect")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
